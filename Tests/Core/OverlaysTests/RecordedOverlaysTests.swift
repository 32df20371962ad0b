import Foundation
import StructuredValue
import Testing
import YAMLFormat

@testable import Overlays

/// Builds the overlays of public repositories and compares with what kustomize 5.5 made of them.
@Suite struct RecordedOverlaysTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/corpus/kustomize").standardizedFileURL

    static let files = OverlayFiles(
        load: { path in
            var isDirectory: ObjCBool = false
            let full = folder.appending(path: path).path()
            guard
                FileManager.default.fileExists(atPath: full.removingPercentEncoding ?? full, isDirectory: &isDirectory),
                !isDirectory.boolValue
            else { return nil }
            return try [UInt8](Data(contentsOf: folder.appending(path: path)))
        },
        isDirectory: { path in
            var isDirectory: ObjCBool = false
            let full = folder.appending(path: path).path()
            return FileManager.default.fileExists(
                atPath: full.removingPercentEncoding ?? full,
                isDirectory: &isDirectory
            )
                && isDirectory.boolValue
        }
    )

    @Test func resultsAreThoseOfKustomize() throws {
        guard let index = try? String(contentsOf: Self.folder.appending(path: "index.jsonl"), encoding: .utf8) else {
            // The recordings are not part of the repository.
            print("skipped: no recordings at \(Self.folder.path())")
            return
        }
        var cases = 0
        for line in index.split(separator: "\n") {
            let entry = try JSON.parse(String(line))
            let id = entry["id"]?.string ?? ""
            let directory = entry["dir"]?.string ?? ""
            cases += 1
            do {
                let overlay = try Overlay.build(directory, in: Self.files)
                guard entry["ok"]?.bool == true else {
                    Issue.record("\(id) must fail")
                    continue
                }
                let golden = try String(
                    contentsOf: Self.folder.appending(path: entry["golden"]?.string ?? ""),
                    encoding: .utf8
                )
                let expected = try YAML.values(golden)
                let actual = try YAML.values(overlay.text)
                func key(_ value: Value) -> String {
                    "\(value["kind"]?.string ?? "")/\(value[path: "metadata", "namespace"]?.string ?? "")/\(value[path: "metadata", "name"]?.string ?? "")"
                }
                if actual.map(key) != expected.map(key) {
                    Issue.record("\(id): objects \(actual.map(key)) are not \(expected.map(key))")
                    continue
                }
                for (one, two) in zip(actual, expected) where JSON.text(one, .canonical) != JSON.text(two, .canonical) {
                    Issue.record(
                        "\(id): \(key(two))\n  got \(JSON.text(one, .canonical))\n  not \(JSON.text(two, .canonical))"
                    )
                    break
                }
            } catch let error where entry["ok"]?.bool == true {
                Issue.record("\(id): \(error)")
            } catch {}
        }
        #expect(cases > 0)
    }
}
