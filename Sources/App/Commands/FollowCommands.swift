package import ArgumentParser
internal import OfflineCommands
internal import StructuredValue

/// `martlet logs`.
package struct LogsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show the daemon's newest log lines, and with --follow those that come."
    )

    @Option(name: [.customShort("n"), .long], help: "How many lines.")
    var lines = 100

    @Flag(name: .shortAndLong, help: "Go on until it is ended with Ctrl-C.")
    var follow = false

    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws {
        var last = 0
        var limit = lines
        while true {
            let answer = try await server.get("/api/v1/logs", [("after", "\(last)"), ("limit", "\(limit)")])
            for line in answer["lines"]?.array ?? [] {
                Terminal.write("\(line["text"]?.string ?? "")\n")
                last = max(last, line["number"]?.int ?? 0)
            }
            if !follow { return }
            limit = 5_000
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// `martlet events`.
package struct EventsCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what happened, oldest first, and with --follow what happens from now on."
    )

    @Flag(name: .shortAndLong, help: "Go on until it is ended with Ctrl-C.")
    var follow = false

    @OptionGroup var filter: HistoryFilter
    @OptionGroup var server: ServerOptions

    @Option(name: .shortAndLong, help: "table, or json for one object per line.")
    var output = OutputFormat.table

    package init() {}

    package func run() async throws {
        var known = try await newest(filter.limit)
        show(known)
        while follow {
            try await Task.sleep(for: .seconds(1))
            let entries = try await newest(Self.perSecond)
            show(Array(entries.prefix { entry in entry != known.first }), withHeader: false)
            known = entries
        }
    }

    /// More than this does not happen within a second.
    private static let perSecond = 1_000

    private func newest(_ limit: Int) async throws -> [Value] {
        let query = filter.query.filter { $0.0 != "limit" } + [("limit", "\(limit)")]
        return try await server.get("/api/v1/history", query)["entries"]?.array ?? []
    }

    /// Prints entries, newest first, in the order in which they happened.
    private func show(_ entries: [Value], withHeader: Bool = true) {
        guard !entries.isEmpty else { return }
        switch output {
        case .json: for entry in entries.reversed() { Terminal.write(JSON.text(entry) + "\n") }
        case .yaml, .table, .wide:
            Terminal.write(historyText(["entries": .array(entries.reversed())], withHeader: withHeader))
        }
    }
}
