import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

struct PatchTests {
    private static let variables = """
        [{name: size, required: true, schema: {openAPIV3Schema: {type: integer, default: 1000000}}}, \
        {name: net, required: false, schema: {openAPIV3Schema: {type: object, properties: {zones: {type: array, items: {type: string}}}, \
        default: {zones: [east, west]}}}}]
        """

    private func spec(_ operations: String, enabledIf: String = "") throws -> Value {
        let text = Example.classText(
            variables: Self.variables,
            patches: Example.patch(operations, enabledIf: enabledIf)
        )
        return try Example.expand(text, Example.clusterText())[.infrastructureCluster]?.spec ?? .null
    }

    @Test(
        arguments: [
            ("[{op: add, path: /spec/template/spec/n, value: 1}]", ["zone": "a", "n": 1]),
            ("[{op: replace, path: /spec/template/spec/zone, value: b}]", ["zone": "b"]),
            ("[{op: remove, path: /spec/template/spec/zone}]", [:]),
            ("[{op: add, path: /spec/template/spec/n, valueFrom: {variable: size}}]", ["zone": "a", "n": 1_000_000]),
            (
                "[{op: add, path: /spec/template/spec/n, valueFrom: {variable: 'net.zones[1]'}}]",
                ["zone": "a", "n": "west"]
            ),
            (
                "[{op: add, path: /spec/template/spec/n, valueFrom: {template: '{{ .size }}'}}]",
                ["zone": "a", "n": 1_000_000]
            ),
            (
                "[{op: add, path: /spec/template/spec/n, valueFrom: {template: '{{ .size | int }}'}}]",
                ["zone": "a", "n": 1_000_000]
            ),
            (
                "[{op: add, path: /spec/template/spec/n, valueFrom: {template: '{{ .builtin.cluster.name }}'}}]",
                ["zone": "a", "n": "c1"]
            ),
            (
                "[{op: add, path: /spec/template/spec/n, valueFrom: {template: 'a: [1, yes]'}}]",
                ["zone": "a", "n": ["a": [1, true]]]
            ),
            (
                "[{op: add, path: /spec/template/spec/l, value: [2]}, {op: add, path: /spec/template/spec/l/0, value: 1}, {op: add, path: /spec/template/spec/l/-, value: 3}]",
                ["zone": "a", "l": [1, 2, 3]]
            ),
        ] as [(String, Value)]
    )
    func changesTheTemplate(_ operations: String, _ expected: Value) throws {
        #expect(try spec(operations) == expected)
    }

    @Test(arguments: [
        ("{{ eq .size 1e6 }}", true), ("yes", true), ("{{ if false }}true{{ end }}", false), ("'true'", false),
        ("1", false),
    ])
    func runsOnlyWhenEnabled(_ condition: String, _ runs: Bool) throws {
        let made = try spec("[{op: add, path: /spec/template/spec/n, value: 1}]", enabledIf: condition)
        #expect((made["n"] != nil) == runs)
    }

    @Test(arguments: [
        ("[{op: add, path: /spec/template/spec/a/b, value: 1}]", "doc is missing path: \"/spec/template/spec/a/b\""),
        ("[{op: replace, path: /spec/template/spec/a, value: 1}]", "doc is missing key: /spec/template/spec/a"),
        ("[{op: remove, path: /spec/template/spec/a}]", "Unable to remove nonexistent key: a"),
        (
            "[{op: add, path: /spec/template/spec/n, valueFrom: {variable: 'net.nope'}}]",
            "failed to lookup segment \"nope\""
        ),
        (
            "[{op: add, path: /spec/template/spec/n, valueFrom: {template: '{{ .builtin.cluster.name.first }}'}}]",
            "failed to render template"
        ),
        ("[{op: add, path: /metadata/labels/a, value: b}]", "must start with \"/spec\""),
        ("[{op: replace, path: /spec/template/spec/l/1, value: b}]", "elements in arrays can not be accessed"),
        ("[{op: copy, path: /spec/template/spec/a}]", "jsonPatches[0].op: Unsupported value: "),
        (
            "[{op: add, path: /spec/template/spec/n, valueFrom: {variable: missing}}]",
            "variable with name missing cannot be found"
        ),
        ("[{op: add, path: /spec/template/spec/n}]", "must define one of value or valueFrom"),
        (
            "[{op: add, path: /spec/template/spec/n, valueFrom: {template: '{{ now }}'}}]",
            "function \"now\" not defined"
        ),
        ("[{op: add, path: /spec/template/spec/n, valueFrom: {template: '{{ randInt 1 9 }}'}}]", "randInt"),
    ])
    func namesTheOperationThatFails(_ operations: String, _ message: String) {
        let rejection = #expect(throws: TopologyRejection.self) { try spec(operations) }
        #expect(rejection?.description.contains(message) == true, "\(rejection?.description ?? "")")
        #expect(rejection?.findings.first?.path.starts(with: ["spec", "patches", "0"]) == true)
    }

    @Test func externalPatchesNeedAFixture() throws {
        let text = Example.classText(patches: "[{name: ext, external: {generatePatchesExtension: gen.example}}]")
        let rejection = #expect(throws: TopologyRejection.self) { try Example.expand(text, Example.clusterText()) }
        #expect(rejection?.description.contains("gen.example") == true)
        let fixture = ExternalPatch(
            kind: "TestClusterTemplate",
            operations: [["op": "add", "path": "/spec/template/spec/ext", "value": true]]
        )
        let expansion = try Example.expand(
            text,
            Example.clusterText(),
            options: TopologyOptions(externalPatches: ["ext": [fixture]])
        )
        #expect(expansion[.infrastructureCluster]?.spec["ext"] == true)
    }

    @Test func olderReleasesPatchTheSpecAlone() throws {
        let operations = "[{op: add, path: /spec/template/metadata/labels/extra, value: added}]"
        let text = Example.classText(patches: Example.patch(operations))
        #expect(try Example.expand(text, Example.clusterText())[.infrastructureCluster]?.label("extra") == "added")
        // Before 1.14 a template without metadata has no labels that could be patched.
        #expect(throws: TopologyRejection.self) {
            try Example.expand(text, Example.clusterText(), options: TopologyOptions(release: .release13))
        }
    }
}
