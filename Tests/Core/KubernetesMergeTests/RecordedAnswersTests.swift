import Foundation
import StructuredValue
import Testing

@testable import KubernetesMerge

/// Replays recorded requests to a real API server against the merge code alone: what is stored after each step, who
/// owns what, and which conflicts are reported. What a server does besides merging (validation, names, versions of the
/// store) is left to the server's own tests, so refused requests are only compared where merging refuses them.
@Suite struct RecordedAnswersTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/corpus/api").standardizedFileURL

    static let scenarios = [
        "managed-fields-update", "ssa-before-first-apply", "ssa-configmap", "ssa-cr-basic", "ssa-list-map",
        "ssa-null-preserve-embedded", "ssa-status", "json-and-merge-patch", "configmap-crud", "finalizers",
        "generation-status-scale",
    ]

    @Test(arguments: scenarios)
    func answersAreThoseOfARealServer(_ scenario: String) throws {
        let file = Self.folder.appending(path: "\(scenario).json")
        guard let data = try? Data(contentsOf: file) else {
            // The recordings are not part of the repository.
            print("skipped: no recordings at \(file.path())")
            return
        }
        let transcript = try JSON.parse(String(decoding: data, as: UTF8.self))
        var server = RecordedServer()
        for step in transcript["setup"]?.array ?? [] { if let crd = step["crd"] { server.add(crd: crd) } }
        for step in transcript["steps"]?.array ?? [] {
            guard step["request"] != nil, step["response"] != nil else { continue }
            for difference in server.play(step) {
                Issue.record("\(scenario) / \(step["name"]?.string ?? ""): \(difference)")
            }
        }
        #expect(server.comparedSteps > 0)
    }
}
