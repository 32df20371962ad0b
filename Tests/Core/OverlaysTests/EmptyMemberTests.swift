import Overlays
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

/// Members without a value (`key:`) through several layers.
@Suite struct EmptyMemberTests {
    private static let merge = "{patch: '{apiVersion: x.example/v1, kind: T, metadata: {name: t}, spec: {new: 1}}'}"
    private static let json = "{target: {kind: T}, patch: '- {op: add, path: /spec/json, value: 1}'}"

    /// Merging drops them in lists that merge item by item, and leaves lists that are replaced as they are.
    @Test(arguments: [
        ("", #"[{"name":"a","args":null,"env":[{"name":"E","value":null},{"name":"F","value":null}]}]"#),
        ("patches: [{path: p.yaml}]", #"[{"name":"a","env":[{"name":"E"},{"name":"F","value":null}]}]"#),
        (
            "patchesJson6902: [{target: {kind: Deployment}, patch: '[{\"op\":\"add\",\"path\":\"/spec/x\",\"value\":1}]'}]",
            #"[{"name":"a","args":null,"env":[{"name":"E","value":null},{"name":"F","value":null}]}]"#
        ),
    ])
    func itemsOfKeyedListsAreCleared(fields: String, containers: String) throws {
        let object = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n"
        let objects = try OverlayTests.build([
            "kustomization.yaml": "resources: [d.yaml]\n\(fields)\n",
            "p.yaml": object + "  replicas: 2\n",
            "d.yaml": object + """
                  template:
                    spec:
                      containers:
                      - name: a
                        args:
                        env:
                        - name: E
                          value:
                        - {name: F, value: null}
                """,
        ])
        let found = objects.first?[path: "spec", "template", "spec", "containers"]
        #expect(try found == JSON.parse(containers))
    }

    /// In braces nothing is an empty text, unless a merge has dropped it.
    @Test(arguments: [
        ("", #"{"flow":{"n":"","m":null},"list":[{"n":""}],"block":null}"#),
        ("patches: [{path: p.yaml}]", #"{"flow":{"m":null},"list":[{"n":""}],"new":1}"#),
        (
            "patches: [{path: l.yaml}]",
            #"{"flow":{"m":null},"list":[{"o":"","p":null}]}"#
        ),
        (
            "patchesJson6902: [{target: {kind: T}, patch: '[{\"op\":\"add\",\"path\":\"/spec/x\",\"value\":1}]'}]",
            #"{"flow":{"n":"","m":null},"list":[{"n":""}],"block":null,"x":1}"#
        ),
    ])
    func nothingInBracesIsAnEmptyText(fields: String, spec: String) throws {
        let object = "apiVersion: x.example/v1\nkind: T\nmetadata: {name: t}\nspec:\n"
        let objects = try OverlayTests.build([
            "kustomization.yaml": "resources: [t.yaml]\n\(fields)\n",
            "p.yaml": object + "  new: 1\n",
            "l.yaml": object + "  list: [{o: , p: null}]\n",
            "t.yaml": object + "  flow: {n: , m: null}\n  list: [{n: }]\n  block:\n",
        ])
        #expect(try objects.first?["spec"] == JSON.parse(spec))
    }

    @Test(
        arguments: [
            ([merge], ["new": 1]), ([json], ["empty": nil, "json": 1]),
            ([json, merge], ["empty": nil, "json": 1, "new": 1]),
            ([merge, json], ["new": 1, "json": 1]),
        ] as [([String], Value)]
    )
    func jsonPatchesMakeThemWritten(patches: [String], spec: Value) throws {
        let objects = try OverlayTests.build([
            "kustomization.yaml": "resources: [t.yaml]\npatches: [\(patches.joined(separator: ", "))]",
            "t.yaml": "apiVersion: x.example/v1\nkind: T\nmetadata: {name: t}\nspec:\n  empty:\n",
        ])
        #expect(objects.map { $0["spec"] } == [spec])
    }
}
