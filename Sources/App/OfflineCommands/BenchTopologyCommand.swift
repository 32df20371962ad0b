package import ArgumentParser
import ClusterTopology
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import YAMLFormat

/// `martlet bench topology`: expands the Clusters of files and prints the time of each phase.
package struct BenchTopologyCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Expand Clusters with a topology, phase by phase."
    )

    @Argument(help: "A file with classes, templates and Clusters, or a folder of such files.")
    var path: String

    @Option(name: .short, help: "Repetitions; the best and the median of each case count.")
    var n = 20

    package init() {}

    private static let phases = ["parse", "compile", "expand"]

    package func run() throws {
        try failing {
            var files = [path]
            if LocalFiles.isDirectory(path) {
                files = try LocalFiles.tree(path).files.map(\.path).filter {
                    $0.hasSuffix(".yaml") && !$0.hasSuffix(".golden.yaml")
                }
                .map { path + "/" + $0 }
            }
            var best: [String: Double] = [:]
            var median: [String: Double] = [:]
            var clusters = 0
            var rejected = 0
            for file in files {
                guard let (measured, count) = try measure(file) else {
                    rejected += 1
                    continue
                }
                clusters += count
                for phase in Self.phases {
                    best[phase, default: 0] += measured.best(phase)
                    median[phase, default: 0] += measured.median(phase)
                }
            }
            Terminal.write(
                "phase       best ms  median ms   (sums over \(clusters) clusters, \(rejected) files rejected)\n"
            )
            for phase in Self.phases {
                let label = phase + String(repeating: " ", count: 9 - phase.count)
                Terminal.write(
                    "\(label)\(Measurement.column(best[phase] ?? 0)) \(Measurement.column(median[phase] ?? 0))\n"
                )
            }
            let mean = (median["expand"] ?? 0) / Double(max(clusters, 1))
            Terminal.write(
                "expansion \((mean * 1000).rounded() / 1000) ms each, \(Int(1000 / max(mean, 0.0001))) per second, "
                    + "peak RSS \(Int(Measurement.peakMemory)) MiB\n"
            )
        }
    }

    private func measure(_ file: String) throws -> (Measurement, Int)? {
        let bytes = try LocalFiles.bytes(file)
        var measured = Measurement()
        var clusters = 0
        do {
            for _ in 0..<max(n, 1) {
                let input = try measured.time("parse") {
                    TopologyInput(try YAML.values(bytes, file: file).filter { !$0.isNull }.map { Manifest($0) })
                }
                let classes = try measured.time("compile") { try input.compileClasses() }
                let observed = try input.clusters.map { try ObservedTopology(of: $0, among: input.objects) }
                clusters = input.clusters.count
                try measured.time("expand") {
                    for (cluster, observed) in zip(input.clusters, observed) {
                        let key = TopologyInput.classKey(of: cluster)
                        _ = try classes["\(key.namespace)/\(key.name)"]?.expand(cluster, observed: observed)
                    }
                }
            }
        } catch is TopologyRejection {
            return nil
        }
        return (measured, clusters)
    }
}
