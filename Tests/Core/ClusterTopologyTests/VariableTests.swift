import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

struct VariableTests {
    private static let variables = """
        [{name: zone, required: true, schema: {openAPIV3Schema: {type: string, enum: [a, b]}}}, \
        {name: count, required: false, schema: {openAPIV3Schema: {type: integer, minimum: 1, default: 3}}}, \
        {name: net, required: false, schema: {openAPIV3Schema: {type: object, properties: {cidr: {type: string}, mtu: {type: integer, default: 1500}}, \
        x-kubernetes-validations: [{rule: 'isCIDR(self.cidr)', message: 'cidr must be one'}]}}}]
        """

    private func expand(_ variables: String) throws -> Value {
        let cluster = Example.clusterText(topology: "    variables: \(variables)")
        return try Example.expand(Example.classText(variables: Self.variables), cluster)[.cluster]?
            .spec[path: "topology", "variables"] ?? .null
    }

    @Test func fillsInDefaultsAfterWhatIsSet() throws {
        #expect(
            try expand("[{name: net, value: {cidr: 10.0.0.0/8}}, {name: zone, value: a}]") == [
                ["name": "net", "value": ["cidr": "10.0.0.0/8", "mtu": 1500]], ["name": "zone", "value": "a"],
                ["name": "count", "value": 3],
            ]
        )
    }

    @Test(arguments: [
        ("[]", "spec.topology.variables: Required value: required variable \"zone\" must be set"),
        (
            "[{name: zone, value: c}]",
            "spec.topology.variables[zone].value: Unsupported value: \"c\": supported values: \"a\", \"b\""
        ),
        (
            "[{name: zone, value: a}, {name: nope, value: 1}]",
            "spec.topology.variables[nope]: Invalid value: \"1\": variable is not defined"
        ),
        ("[{name: zone, value: a}, {name: zone, value: b}]", "variable \"zone\" is set more than once"),
        ("[{name: zone, value: a}, {name: count, value: 0}]", "spec.topology.variables[count].value: Invalid value: 0"),
        (
            "[{name: zone, value: a}, {name: count, value: x}]",
            "spec.topology.variables[count].value: Invalid value: \"string\""
        ),
        (
            "[{name: zone, value: a}, {name: net, value: {cidr: x}}]",
            "spec.topology.variables[net].value: Invalid value: cidr must be one"
        ),
        (
            "[{name: zone, value: a}, {name: net, value: {cidr: 10.0.0.0/8, odd: 1}}]",
            "\"odd\" field(s) are not specified"
        ),
    ])
    func refuses(_ variables: String, _ message: String) {
        let rejection = #expect(throws: TopologyRejection.self) { try expand(variables) }
        #expect(rejection?.description.contains(message) == true, "\(rejection?.description ?? "")")
    }

    @Test func overridesReachOnlyTheirOwner() throws {
        let patches = """
            [{name: size, definitions: [{selector: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestMachineTemplate, \
            matchResources: {controlPlane: true, machineDeploymentClass: {names: ['work*']}}}, \
            jsonPatches: [{op: replace, path: /spec/template/spec/size, valueFrom: {variable: size}}]}]}]
            """
        let classText = Example.classText(
            variables: "[{name: size, required: true, schema: {openAPIV3Schema: {type: string, default: m}}}]",
            patches: patches
        )
        let cluster = Example.clusterText().replacing(
            "{class: worker, name: a, replicas: 1}",
            with: "{class: worker, name: a, variables: {overrides: [{name: size, value: xl}]}}"
        )
        let expansion = try Example.expand(classText, cluster)
        func size(_ role: TopologyExpansion.Role) -> String? {
            expansion[role]?.spec[path: "template", "spec", "size"]?.string
        }
        #expect(size(.controlPlaneMachineTemplate) == "m")
        #expect(size(.deploymentMachineTemplate("a")) == "xl")
        #expect(size(.deploymentMachineTemplate("b")) == "m")
    }
}
