import Foundation
import StructuredValue
import Testing
import YAMLFormat

/// Real files whose values or text other programs recorded; skipped where they are not at hand.
struct CorpusTests {
    static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../../shared/corpus"
    )
    .standardized
    static var isAtHand: Bool { FileManager.default.fileExists(atPath: corpus.path()) }

    static func files(_ folder: String, _ suffix: String) -> [String] {
        let folder = corpus.appending(path: folder)
        let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path())) ?? []
        return names.filter { $0.hasSuffix(suffix) }.sorted().map { folder.appending(path: $0).path() }
    }

    @Test(.enabled(if: isAtHand, "the corpus is not beside the package"))
    func readsRenderedChartsAsHelmDoes() throws {
        var count = 0
        for file in Self.files("helm/golden", ".json") {
            let golden = try JSON.parse([UInt8](Data(contentsOf: URL(filePath: file))))
            guard let raw = golden["raw"]?.string, let manifests = golden["manifests"]?.array else { continue }
            // Helm's text ends each manifest with a line break, which the manifest itself may lack: both are read.
            let pieces = "\n\(raw)".components(separatedBy: "\n---")
                .map { $0.trimmingCharacters(in: .whitespacesAndNewlines) }
            let documents = ([raw] + pieces).flatMap { YAML.documents($0, file: file, .lenient) }
            let values = documents.compactMap(\.value)
            #expect(documents.flatMap(\.diagnostics).isEmpty)
            // Definitions and hooks stand elsewhere in the raw text, so the order is not compared.
            let found = Set(values)
            for manifest in manifests {
                guard let object = manifest["object"], !object.isNull, !found.contains(object) else { continue }
                let name = object[path: "metadata", "name"]?.string ?? ""
                let other = values.first {
                    $0["kind"] == object["kind"] && $0[path: "metadata", "name"]?.string == name
                }
                let lines = YAML.text(object).split(separator: "\n")
                let difference = lines.difference(from: YAML.text(other ?? .null).split(separator: "\n"))
                Issue.record("\(file): \(difference.prefix(4))")
            }
            count += values.count
        }
        #expect(count > 1_000)
    }

    @Test(.enabled(if: isAtHand, "the corpus is not beside the package"))
    func writesWhatKustomizeWrites() throws {
        var count = 0
        for file in Self.files("kustomize/golden", ".yaml") {
            let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
            let values = try YAML.values(text, file: file)
            let written = YAML.text(documents: values)
            if written != text,
                let line = zip(written.split(separator: "\n"), text.split(separator: "\n")).first(where: !=)
            {
                Issue.record("\(file): “\(line.0)” for “\(line.1)”")
            }
            count += values.count
        }
        #expect(count > 100)
    }

    @Test(.enabled(if: isAtHand, "the corpus is not beside the package"))
    func writesWhatTheTopologyControllerWrites() throws {
        for file in Self.files("topology", ".golden.yaml") {
            let text = try String(contentsOf: URL(filePath: file), encoding: .utf8)
            let body = text.split(separator: "\n", omittingEmptySubsequences: false).filter { !$0.hasPrefix("#") }
                .joined(separator: "\n")
            let values = try YAML.values(text, file: file)
            let written = values.map { "---\n" + YAML.text($0) }.joined()
            if written != body,
                let line = zip(written.split(separator: "\n"), body.split(separator: "\n")).first(where: !=)
            {
                Issue.record("\(file): “\(line.0)” for “\(line.1)”")
            }
        }
    }

    @Test(.enabled(if: isAtHand, "the corpus is not beside the package"))
    func readsAndWritesDefinitionsWithoutLoss() throws {
        for file in Self.files("crds", ".yaml") {
            let bytes = try [UInt8](Data(contentsOf: URL(filePath: file)))
            for document in YAML.documents(bytes, file: file) {
                let value = try document.content.get()
                #expect(try YAML.value(YAML.text(value)) == value, "\(file)")
                #expect(try YAML.value(YAML.text(value, .pretty)) == value, "\(file)")
            }
        }
    }
}
