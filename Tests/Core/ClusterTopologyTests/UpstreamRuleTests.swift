import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

/// Rules that Cluster API's own engine keeps and that are easily missed; found by comparing with it.
struct UpstreamRuleTests {
    private func patch(_ template: String, enabledIf: String = "") -> String {
        let condition = enabledIf.isEmpty ? "" : "enabledIf: '\(enabledIf)', "
        return """
            [{name: p, \(condition)definitions: [{selector: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, \
            kind: TestClusterTemplate, matchResources: {infrastructureCluster: true}}, jsonPatches: [{op: add, \
            path: /spec/template/spec/new, valueFrom: {template: '\(template)'}}]}]}]
            """
    }

    private func value(_ template: String, variables: String = "[]", values: String = "[]") throws -> Value? {
        let expansion = try Example.expand(
            Example.classText(variables: variables, patches: patch(template)),
            Example.clusterText(topology: "    variables: \(values)")
        )
        return expansion.manifests.first { $0.kind == "TestCluster" }?.value[path: "spec", "new"]
    }

    // MARK: Templates

    @Test(arguments: [
        ("{{ .absent }}", Value.string("<no value>")), ("{{ .absent.below.it }}", "<no value>"),
        ("{{ if .absent.below }}a{{ else }}b{{ end }}", "b"), ("{{ .absent.below | default \"d\" }}", "d"),
        ("{{ .builtin.controlPlane.version }}", "<no value>"), ("{{ range .absent.list }}x{{ end }}none", "none"),
    ])
    func aNameBelowAnAbsentVariableIsNothing(template: String, expected: Value) throws {
        #expect(try value(template) == expected)
    }

    @Test func aNameBelowANullIsAnError() throws {
        let variables = "[{name: part, schema: {openAPIV3Schema: {x-kubernetes-preserve-unknown-fields: true}}}]"
        let rejection = #expect(throws: TopologyRejection.self) {
            try value("{{ .part.a.b }}", variables: variables, values: "[{name: part, value: {a: null}}]")
        }
        #expect(rejection?.description.contains("nil pointer evaluating interface {}.b") == true)
    }

    @Test func aNamingTemplateMayNotAskForWhatItDoesNotGet() throws {
        let text = Example.classText().replacing(
            "  controlPlane:\n",
            with: "  controlPlane:\n    naming: {template: '{{ if .foo }}a{{ else }}b{{ end }}'}\n"
        )
        let rejection = #expect(throws: TopologyRejection.self) { try Example.expand(text, Example.clusterText()) }
        #expect(rejection?.description.contains("spec.controlPlane.naming.template") == true)
        #expect(rejection?.description.contains("map has no entry for key \"foo\"") == true)
    }

    // MARK: Variables

    @Test(arguments: [
        "type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a], items: {type: object, properties: {a: {type: string}}}",
        "type: array, uniqueItems: true, items: {type: object, properties: {a: {type: string}}}",
        "type: array, title: t, nullable: true, '$ref': x, items: {type: object, properties: {a: {type: string, multipleOf: 2}}}",
        "type: array, items: {type: object, x-kubernetes-preserve-unknown-fields: false, properties: {a: {type: string}}}",
    ])
    func keywordsThatVariablesDoNotHaveAreLeftOut(schema: String) throws {
        let variables = "[{name: v, schema: {openAPIV3Schema: {\(schema)}}}]"
        #expect(try value("{{ (index .v 0).a }}", variables: variables, values: "[{name: v, value: [{a: x}]}]") == "x")
    }

    @Test func anItemOfAListVariableIsNamedAsTheAPIServerDoes() throws {
        let variables = "[{name: v, schema: {openAPIV3Schema: {type: array, items: {type: string}}}}]"
        let rejection = #expect(throws: TopologyRejection.self) {
            try value("x", variables: variables, values: "[{name: v, value: [a, 1]}]")
        }
        #expect(rejection?.description.contains("spec.topology.variables[v].value.[1]: ") == true)
    }

    // MARK: Classes and topologies

    @Test func everyMistakeOfAClassIsTold() throws {
        let text = Example.classText(
            patches: """
                [{name: p, definitions: [{selector: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, \
                kind: TestClusterTemplate, matchResources: {infrastructureCluster: true}}, jsonPatches: [{op: move, \
                path: /spec/template/spec/new, value: 1}]}]}, {name: p, definitions: []}]
                """
        ).replacing("  controlPlane:\n", with: "  controlPlane:\n    naming: {template: '{{ .foo }}'}\n")
        let rejection = #expect(throws: TopologyRejection.self) { try Example.expand(text, Example.clusterText()) }
        let message = rejection?.description ?? ""
        #expect(message.contains("spec.controlPlane.naming.template"))
        #expect(message.contains("spec.patches[0].definitions[0].jsonPatches[0].op"))
        #expect(message.contains("/spec/template/spec/new"))
        #expect(message.contains("spec.patches[1].name"))
    }

    @Test func onlyOneLetterIsTakenOffAVersion() throws {
        let rejection = #expect(throws: TopologyRejection.self) {
            try Example.expand(Example.classText(), Example.clusterText(version: "vv1.34.0"))
        }
        #expect(rejection?.description.contains("spec.topology.version") == true)
    }

    @Test func emptyListsOfATopologyGiveWayToTheClass() throws {
        let cluster = Example.clusterText().replacing(
            "{class: worker, name: a, replicas: 1}",
            with:
                "{class: worker, name: a, replicas: 1, readinessGates: [], taints: [{key: k, value: '', effect: NoSchedule, propagation: Always}]}"
        )
        let text = Example.classText().replacing(
            "- class: worker",
            with: "- class: worker\n      readinessGates: [{conditionType: Ready}]"
        )
        let expansion = try Example.expand(text, cluster)
        let machines = expansion.manifests.first { $0.kind == "MachineDeployment" }?.value[
            path: "spec",
            "template",
            "spec"
        ]
        #expect(machines?["readinessGates"] == [["conditionType": "Ready"]])
        #expect(machines?["taints"] == [["key": "k", "effect": "NoSchedule", "propagation": "Always"]])
    }

    @Test func aControlPlaneHasNoLimitOfRemediations() throws {
        let cluster = Example.clusterText().replacing(
            "controlPlane: {replicas: 3}",
            with: "controlPlane: {replicas: 3, healthCheck: {enabled: true, remediation: {maxInFlight: 2}}}"
        )
        let rejection = #expect(throws: TopologyRejection.self) { try Example.expand(Example.classText(), cluster) }
        #expect(rejection?.description.contains("spec.topology.controlPlane.healthCheck.enable") == true)
    }
}
