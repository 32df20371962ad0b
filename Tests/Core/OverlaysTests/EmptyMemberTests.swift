import Overlays
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

/// Members without a value (`key:`) through several layers.
@Suite struct EmptyMemberTests {
    private static let merge = "{patch: '{apiVersion: x.example/v1, kind: T, metadata: {name: t}, spec: {new: 1}}'}"
    private static let json = "{target: {kind: T}, patch: '- {op: add, path: /spec/json, value: 1}'}"

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
