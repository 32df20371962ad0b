package import ArgumentParser
import HelmCharts
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// `martlet bench charts`: renders all cases of an index and prints the time of each phase, summed over the cases.
package struct BenchChartsCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "charts",
        abstract: "Render the cases of an index.jsonl, phase by phase."
    )

    @Argument(help: "A file with one case per line: chartFile, values, release, namespace, kubeVersion, ….")
    var index: String

    @Option(name: .short, help: "Repetitions; the best and the median of each case count.")
    var n = 5

    @Option(name: .long, help: "Only cases whose id contains this.")
    var only = ""

    package init() {}

    private static let phases = ["load", "prep", "render", "sort"]

    package func run() throws {
        try failing {
            let folder = String(index[..<(index.lastIndex(of: "/") ?? index.startIndex)])
            let lines = String(decoding: try LocalFiles.bytes(index), as: UTF8.self).split(separator: "\n")
            var best: [String: Double] = [:]
            var median: [String: Double] = [:]
            var cases = 0
            for line in lines {
                let entry = try JSON.parse(Array(line.utf8))
                if !only.isEmpty, !(entry["id"]?.string ?? "").contains(only) { continue }
                let measured = try measure(entry, folder.isEmpty ? "." : folder)
                for phase in Self.phases + ["warm"] {
                    best[phase, default: 0] += measured.best(phase)
                    median[phase, default: 0] += measured.median(phase)
                }
                cases += 1
            }
            Terminal.write("phase     best ms  median ms   (sums over \(cases) cases)\n")
            for phase in Self.phases { row(phase, best[phase] ?? 0, median[phase] ?? 0) }
            row(
                "total",
                Self.phases.reduce(0) { $0 + (best[$1] ?? 0) },
                Self.phases.reduce(0) { $0 + (median[$1] ?? 0) }
            )
            row("warm", best["warm"] ?? 0, median["warm"] ?? 0)
            Terminal.write("peak RSS \(Measurement.column(Measurement.peakMemory)) MiB\n")
        }
    }

    private func row(_ name: String, _ best: Double, _ median: Double) {
        let label = name + String(repeating: " ", count: max(0, 7 - name.count))
        Terminal.write("\(label)\(Measurement.column(best)) \(Measurement.column(median))\n")
    }

    private func measure(_ entry: Value, _ folder: String) throws -> Measurement {
        let archive = try LocalFiles.bytes("\(folder)/\(entry["chartFile"]?.string ?? "")")
        let name = entry["chart"]?.string ?? "chart"
        let files = try (entry["values"]?.array ?? []).map { try LocalFiles.bytes("\(folder)/\($0.string ?? "")") }
        let settings = (entry["set"]?.array ?? []).map { ChartValues.Setting.typed($0.string ?? "") }
        let capabilities = ChartCapabilities(
            kubeVersion: entry["kubeVersion"]?.string ?? "v1.36.0",
            apiVersions: (entry["apiVersions"]?.array ?? []).compactMap(\.string)
        )
        let release = ChartRelease(
            name: entry["release"]?.string ?? "release-name",
            namespace: entry["namespace"]?.string ?? "default",
            isUpgrade: entry["isUpgrade"]?.bool ?? false
        )
        var measured = Measurement()
        for _ in 0..<max(n, 1) {
            let engine = ChartEngine(nonDeterminism: .theWorld, zones: .system)
            do {
                let (chart, values) = try measured.time("load") {
                    let chart = try Chart(archive: archive, name: name)
                    var document = Value.object(Object())
                    for file in files { document = Chart.merge(document, try Chart.values(file, file: "values")) }
                    return (chart, ChartValues(document, settings: settings))
                }
                let prepared = try measured.time("prep") {
                    try engine.prepare(chart, values: values, release: release, capabilities: capabilities)
                }
                let texts = try measured.time("render") { try engine.renderTemplates(prepared) }
                _ = try measured.time("sort") { try engine.sort(prepared, texts, includesCRDs: true) }
                // The same chart again, as after a change of values: everything parsed is at hand, no result is kept.
                _ = try measured.time("warm") {
                    try engine.render(chart, values: values, release: release, capabilities: capabilities)
                }
            } catch is RejectedSource {
                // Cases that must fail take their time too, up to where they fail.
                continue
            }
        }
        return measured
    }
}
