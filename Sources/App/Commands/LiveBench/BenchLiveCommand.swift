package import ArgumentParser
internal import ClusterSimulator
internal import FoundationEssentials
internal import Logging
internal import OfflineCommands

/// `martlet bench live`: a daemon against a lab of many management clusters, over HTTPS.
package struct BenchLiveCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Let a daemon reconcile a fleet in a lab, and measure time, requests, processor time and memory.",
        discussion: """
            The lab runs in this process and the daemon in one of its own, as it would beside real management clusters. \
            Time of one changed cluster counts from before the commit is made until the object has changed in the lab.
            """
    )

    @Option(help: "Workload clusters.")
    var clusters = 1000

    @Option(help: "Management clusters they are spread over.")
    var members = 20

    @Option(help: "The repository whose catalogs/demo holds the chart cluster-lab.")
    var repo = "."

    @Option(help: "How many times faster than in life simulated machines come and go.")
    var timeScale = 100.0

    @Option(help: "How long to look at the idle daemon: 60s, 1m.")
    var idle = "60s"

    @Option(name: .short, help: "How often one cluster is changed.")
    var n = 5

    @Option(help: "How long a phase may take: 10m.")
    var patience = "10m"

    @Option(help: "The martlet program to measure; this one when not given.")
    var program: String?

    @Flag(help: "Leave the folder with the repository and the daemon's log, and say where it is.")
    var keep = false

    package init() {}

    package func run() async throws {
        guard let idle = duration(idle), let patience = duration(patience) else {
            throw CommandFailure("--idle and --patience take a number with a unit, such as 60s")
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "martlet-bench-\(World.randomName)").path()
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            if keep {
                writeError("kept: \(folder)")
            } else {
                try? FileManager.default.removeItem(atPath: folder)  // it lies in the temporary folder
            }
        }
        let lab = Lab(
            Lab.Settings(dataDirectory: nil, definitions: [], timeScale: timeScale),
            clock: World.serverClock,
            logger: makeLogger(.error)
        )
        var fleet = BenchFleet(clusters: clusters, members: members)
        fleet.hasWaves = true
        fleet.connection = { "{kubeconfig: {file: \($0)}}" }
        let bench = LiveBench(
            folder: folder,
            program: program ?? World.ownProgram,
            catalogs: repo + "/catalogs",
            lab: lab,
            fleet: fleet,
            patience: patience
        )
        Terminal.write("\(clusters) clusters on \(members) management clusters\n")
        Terminal.write("phase                         ms     reads    writes   watches   CPU ms   RSS MiB\n")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lab.run() }
            var running = bench
            try await running.run(changes: n, idle: idle) { Terminal.write(Self.line($0)) }
            group.cancelAll()
        }
    }

    private static func line(_ result: LiveBench.Result) -> String {
        let parts = result.time.components
        let numbers = [
            Int(parts.seconds) * 1000 + Int(parts.attoseconds / 1_000_000_000_000_000), result.usage.reads,
            result.usage.writes, result.usage.watches, Int(result.usage.processorSeconds * 1000),
            result.usage.residentBytes >> 20,
        ]
        return padded(result.phase, 22) + numbers.map { padded("\($0)", -10) }.joined() + "\n"
    }
}

/// A text at the left, or with a negative width at the right, of a column.
func padded(_ text: String, _ width: Int) -> String {
    let space = String(repeating: " ", count: max(0, abs(width) - text.count))
    return width < 0 ? space + text : text + space
}
