import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

/// A mistake in a class or a Cluster, and the path under which Cluster API's own webhooks would tell it.
private struct Mistake: CustomTestStringConvertible, Sendable {
    var name: String
    /// What is replaced by what, in the class or in the Cluster.
    var old: String
    var new: String
    var inCluster = false
    var variables = "[]"
    var patches = "[]"
    var release = TopologyRelease.newest
    var expected: String
    var testDescription: String { name }
}

struct RejectionTests {
    private static func patched(_ name: String, _ operation: String, _ expected: String, variables: String = "[]")
        -> Mistake
    {
        Mistake(
            name: name,
            old: "",
            new: "",
            variables: variables,
            patches: Example.patch("[\(operation)]"),
            expected: expected
        )
    }

    private static func selecting(_ name: String, _ selector: String, _ expected: String) -> Mistake {
        Mistake(
            name: name,
            old: "",
            new: "",
            patches: """
                [{name: p1, definitions: [{selector: {\(selector)}, jsonPatches: [{op: add, path: /spec/template/spec/x, value: 1}]}]}]
                """,
            expected: expected
        )
    }

    private static let machines =
        "apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestMachineTemplate, matchResources: "

    private static let mistakes = [
        Mistake(
            name: "a reference without a name",
            old: "kind: TestClusterTemplate, name: infra}",
            new: "kind: TestClusterTemplate}",
            expected: "spec.infrastructure.ref.name: Required value"
        ),
        Mistake(
            name: "a reference to no template",
            old: "kind: KubeadmConfigTemplate, name: boot}",
            new: "kind: KubeadmConfig, name: boot}",
            expected: "spec.workers.machineDeployments[0].template.bootstrap.ref.kind: Invalid value: \"KubeadmConfig\""
        ),
        Mistake(
            name: "a name that no object may have",
            old: "- class: worker\n",
            new: "- class: worker\n      naming: {template: '{{ .cluster.name }}_x'}\n",
            expected: "spec.workers.machineDeployments[worker].naming.template: Invalid value"
        ),
        Mistake(
            name: "a template of a name that cannot be read",
            old: "  workers:\n",
            new: "    naming: {template: '{{ .cluster'}\n  workers:\n",
            expected: "spec.controlPlane.naming.template: Invalid value"
        ),
        Mistake(
            name: "versions that skip a minor",
            old: "  workers:\n",
            new: "  kubernetesVersions: [v1.32.0, v1.34.0]\n  workers:\n",
            expected: "spec.kubernetesVersion[1]: Invalid value: \"v1.34.0\": expecting a version with minor 32 or 33"
        ),
        Mistake(
            name: "a label that is none",
            old: "- class: worker\n",
            new: "- class: worker\n      metadata: {labels: {'a b': x}}\n",
            expected: "spec.workers.machineDeployments[worker].template.metadata.labels: Invalid value: \"a b\""
        ),
        Mistake(
            name: "a reserved taint",
            old: "- class: worker\n",
            new:
                "- class: worker\n      taints: [{key: node.kubernetes.io/x, effect: NoSchedule, propagation: Always}]\n",
            expected: "spec.workers.machineDeployments[worker].taints[0].key: Invalid value"
        ),
        Mistake(
            name: "a label's value in the Cluster",
            old: "controlPlane: {replicas: 3}",
            new: "controlPlane: {replicas: 3, metadata: {labels: {a: 'x y'}}}",
            inCluster: true,
            expected: "spec.topology.controlPlane.metadata.labels: Invalid value: \"x y\""
        ),
        Mistake(
            name: "a taint in the Cluster",
            old: "name: b, replicas: 1}",
            new: "name: b, replicas: 1, taints: [{key: node-role.kubernetes.io/master, effect: NoSchedule}]}",
            inCluster: true,
            expected: "spec.topology.workers.machineDeployments[b].taints[0].key: Invalid value"
        ),
        Mistake(
            name: "a name that is no label",
            old: "metadata: {name: c1,",
            new: "metadata: {name: c1-,",
            inCluster: true,
            expected: "metadata.name: Invalid value: \"c1-\""
        ),
        Mistake(
            name: "a class that is not there",
            old: "{class: worker, name: b",
            new: "{class: workers, name: b",
            inCluster: true,
            expected: "spec.topology.workers.machineDeployments[1].class: Invalid value: \"workers\""
        ),
        patched(
            "a whole as variable",
            "{op: add, path: /spec/template/spec/x, valueFrom: {variable: builtin}}",
            "spec.patches[0].definitions[0].jsonPatches[0].valueFrom.variable: Invalid value: \"builtin\""
        ),
        patched(
            "an unknown builtin variable",
            "{op: add, path: /spec/template/spec/x, valueFrom: {variable: builtin.cluster.nope}}",
            "not a defined builtin variable (for patch \"p1\")"
        ),
        patched(
            "a variable that is gone",
            "{op: add, path: /spec/template/spec/x, valueFrom: {variable: builtin.cluster.network.ipFamily}}",
            "spec.patches[0].definitions[0].jsonPatches[0].valueFrom.variable"
        ),
        patched(
            "a path beside the spec",
            "{op: add, path: /metadata/labels, value: {}}",
            "spec.patches[0].definitions[0].jsonPatches[0].path"
        ),
        patched(
            "an index",
            "{op: add, path: /spec/template/spec/x/1, value: 1}",
            "arrays can only be accessed using \"0\" (prepend) or \"-\" (append)"
        ),
        patched(
            "a replaced element",
            "{op: replace, path: /spec/template/spec/x/0, value: 1}",
            "elements in arrays can not be accessed in a replace operation"
        ),
        patched(
            "no value",
            "{op: add, path: /spec/template/spec/x}",
            "jsonPatch must define one of value or valueFrom"
        ),
        selecting("nothing selected", machines + "{}", "spec.patches[0].definitions[0].selector: Invalid value"),
        selecting(
            "two stars",
            machines + "{machineDeploymentClass: {names: ['*a*']}}",
            "spec.patches[0].definitions[0].selector.matchResources.machineDeploymentClass.names[0]"
        ),
        selecting(
            "a star inside",
            machines + "{machineDeploymentClass: {names: ['w*r']}}",
            "\"*\" rune can only appear at the beginning, or ending of the selector"
        ),
        Mistake(
            name: "an extension that makes nothing",
            old: "",
            new: "",
            patches: "[{name: p1, external: {discoverVariablesExtension: x}}]",
            expected: "spec.patches[0].external: Invalid value: one of validateTopologyExtension and"
        ),
    ]

    @Test(arguments: mistakes)
    private func isToldWithItsPath(_ mistake: Mistake) throws {
        var classText = Example.classText(variables: mistake.variables, patches: mistake.patches)
        var clusterText = Example.clusterText()
        if mistake.inCluster {
            clusterText = clusterText.replacing(mistake.old, with: mistake.new)
        } else if !mistake.old.isEmpty {
            #expect(classText.contains(mistake.old))
            classText = classText.replacing(mistake.old, with: mistake.new)
        }
        let rejection = #expect(throws: TopologyRejection.self) { try Example.expand(classText, clusterText) }
        #expect(rejection?.description.contains(mistake.expected) == true, "\(rejection?.description ?? "")")
    }

    @Test func theFamilyOfAddressesIsKnownToOlderReleases() throws {
        let operation =
            "[{op: add, path: /spec/template/spec/x, valueFrom: {variable: builtin.cluster.network.ipFamily}}]"
        let cluster = Example.clusterText(topology: "  clusterNetwork: {pods: {cidrBlocks: [10.0.0.0/8]}}")
        let expansion = try Example.expand(
            Example.classText(patches: Example.patch(operation)),
            cluster,
            options: TopologyOptions(release: .release10)
        )
        #expect(expansion[.infrastructureCluster]?.spec["x"] == "IPv4")
    }

    @Test func variablesOfExtensionsAreForTheirOwnPatches() throws {
        let status = """
            status:
              variables:
              - name: zone
                definitions: [{from: ext, required: false, schema: {openAPIV3Schema: {type: string, default: z}}}]
            """
        let expansion = try Example.expand(Example.classText(more: status), Example.clusterText())
        let variables = expansion[.cluster]?.spec["topology"]?["variables"]
        #expect(variables == [["name": "zone", "value": "z"]])
        let rejection = #expect(throws: TopologyRejection.self) {
            let operation = "[{op: add, path: /spec/template/spec/x, valueFrom: {variable: zone}}]"
            return try Example.expand(
                Example.classText(patches: Example.patch(operation), more: status),
                Example.clusterText()
            )
        }
        #expect(rejection?.description.contains("variable with name zone cannot be found") == true)
    }

    @Test func definitionsMustAgree() {
        let status = """
            status:
              variables:
              - name: zone
                definitions: [{from: inline, schema: {openAPIV3Schema: {type: string}}}, {from: ext, schema: {openAPIV3Schema: {type: integer}}}]
            """
        let rejection = #expect(throws: TopologyRejection.self) {
            try Example.expand(
                Example.classText(variables: "[{name: zone, schema: {openAPIV3Schema: {type: string}}}]", more: status),
                Example.clusterText()
            )
        }
        #expect(rejection?.description.contains("variable \"zone\" has conflicting definitions") == true)
    }
}
