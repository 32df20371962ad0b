package import ArgumentParser
import FleetModel
import FleetPlanning
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles

/// `martlet bench fleet`: renders and plans a made-up fleet whose clusters are apps of the demo catalog.
package struct BenchFleetCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "fleet",
        abstract: "Render and plan a fleet of many clusters, cold, unchanged and with one of them changed."
    )

    @Option(name: .long, help: "Workload clusters.")
    var clusters = 1000

    @Option(name: .long, help: "Management clusters they are spread over.")
    var members = 20

    @Option(name: .long, help: "The repository whose catalogs/demo holds the chart cluster-lab.")
    var repo = "."

    @Option(name: .short, help: "Repetitions; the best and the median of each phase count.")
    var n = 5

    package init() {}

    package func run() throws {
        try failing {
            var measured = Measurement()
            var objects = 0
            let charts = try LocalFiles.tree("\(repo)/catalogs").files.map { file in
                SourceTree.File(path: "catalogs/" + file.path, contentID: file.contentID) { try file.bytes() }
            }
            for round in 0..<max(n, 1) {
                let cache = RenderCache()
                let first = measured.time("cold render") { states(tree(charts, version: 0), cache) }
                objects = first.reduce(0) { $0 + $1.objects.count }
                if round == 0, let problem = first.flatMap(\.diagnostics).first { throw RejectedSource([problem]) }
                let worlds = first.map { PretendedWorld($0, fieldManager: "martlet") }
                measured.time("plan, nothing changed") { plan(first, worlds) }
                _ = measured.time("render, nothing changed") { states(tree(charts, version: 0), cache) }
                let second = measured.time("render, one changed") { states(tree(charts, version: 1), cache) }
                let touched = zip(second, worlds).first { state, world in
                    state.objects.contains { world.inventory[$0.key]?.contentHash != $0.contentHash }
                }
                measured.time("plan of the member with it") {
                    plan([touched].compactMap { $0?.0 }, [touched].compactMap { $0?.1 })
                }
            }
            Terminal.write("\(clusters) clusters on \(members) management clusters, \(objects) objects\n")
            Terminal.write("phase                          best ms  median ms\n")
            for phase in [
                "cold render", "plan, nothing changed", "render, nothing changed", "render, one changed",
                "plan of the member with it",
            ] {
                let label = phase + String(repeating: " ", count: max(0, 28 - phase.count))
                Terminal.write(
                    "\(label)\(Measurement.column(measured.best(phase))) \(Measurement.column(measured.median(phase)))\n"
                )
            }
            Terminal.write("peak RSS \(Measurement.column(Measurement.peakMemory)) MiB\n")
        }
    }

    private static let now = Timestamp(seconds: 1_800_000_000)

    private func states(_ tree: SourceTree, _ cache: RenderCache) -> [DesiredState] {
        let repository = cache.sources.load(tree)
        guard let folder = repository.fleet("bench"), let fleet = folder.fleet else { return [] }
        return folder.members.map { render(repository, fleet: fleet, member: $0, now: Self.now, cache: cache) }
    }

    private func plan(_ states: [DesiredState], _ worlds: [PretendedWorld]) {
        for (state, world) in zip(states, worlds) {
            _ = planApply(state, world.observed, inventory: world.inventory, now: Self.now)
        }
    }

    private func tree(_ charts: [SourceTree.File], version: Int) -> SourceTree {
        var fleet = BenchFleet(clusters: clusters, members: members)
        fleet.changes = version
        let files = fleet.texts.map { path, text in
            SourceTree.File(path: path, contentID: "\(text.hashValue)") { Array(text.utf8) }
        }
        return SourceTree(revision: "r\(version)", files: charts + files)
    }
}
