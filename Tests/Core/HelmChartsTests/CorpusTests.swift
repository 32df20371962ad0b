import Foundation
import HelmCharts
import SourceDiagnostics
import StructuredValue
import Testing

/// Public charts with the text that Helm makes of them, where the corpus lies beside the package.
@Suite struct CorpusTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/corpus/helm").standardized

    struct Case: CustomTestStringConvertible, Sendable {
        var entry: Value
        var testDescription: String { entry["id"]?.string ?? "" }
    }

    static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: path))) }

    static let cases: [Case] = {
        // Without the corpus there is nothing to compare with.
        guard let index = try? bytes("index.jsonl") else { return [] }
        let all = index.split(separator: 0x0A).compactMap { line in
            (try? JSON.parse(Array(line))).map { Case(entry: $0) }
        }
        // A third and all that must fail: the checker outside runs every case.
        return all.enumerated().filter { $0.offset % 3 == 0 || $0.element.entry["ok"]?.bool == false }.map(\.element)
    }()

    @Test(.enabled(if: !cases.isEmpty, "the chart corpus is not beside the package"), arguments: cases)
    func helmsTextComesOut(_ example: Case) throws {
        let entry = example.entry
        func text(_ key: String) -> String { entry[key]?.string ?? "" }
        var document = Value.object(Object())
        for file in entry["values"]?.array ?? [] {
            let path = file.string ?? ""
            document = Chart.merge(document, try Chart.values(Self.bytes(path), file: path))
        }
        let settings = (entry["set"]?.array ?? []).map { ChartValues.Setting.typed($0.string ?? "") }
        func rendered() throws -> String {
            try ChartEngine().render(
                try Chart(archive: Self.bytes(text("chartFile")), name: text("chart")),
                values: ChartValues(document, settings: settings),
                release: ChartRelease(
                    name: text("release"),
                    namespace: text("namespace"),
                    isUpgrade: entry["isUpgrade"]?.bool ?? false
                ),
                capabilities: ChartCapabilities(
                    kubeVersion: text("kubeVersion"),
                    apiVersions: (entry["apiVersions"]?.array ?? []).compactMap(\.string)
                ),
                includesCRDs: entry["includeCrds"]?.bool ?? true
            ).text
        }
        if entry["ok"]?.bool == true {
            let golden = try JSON.parse(Self.bytes(text("golden")))
            let output = try rendered()
            #expect(output == golden["raw"]?.string, "differs from \(text("golden"))")
        } else {
            let message = rejection { _ = try rendered() } ?? "accepted"
            // Helm ends some texts with a line break.
            var expected = text("error")
            while expected.hasSuffix("\n") { expected.removeLast() }
            #expect(message == expected)
        }
    }
}
