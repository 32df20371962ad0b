package import ArgumentParser
internal import FleetModel
internal import FleetPlanning
internal import RepositoryEdits
internal import SourceDiagnostics

/// `martlet hold APP`.
package struct HoldCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Keep an app at a version, whatever later commits say, by an entry in the fleet's holds.",
        discussion: """
            The hold is written into fleet.yaml, with its reason and, if wanted, its end. It is a change like any other: \
            the plan is shown, and --commit commits it.
            """
    )

    @Argument(help: "The app.")
    var app: String

    @Option(help: "Why.")
    var reason: String

    @Option(help: "The version to stay at; the one it has now when not given.")
    var version: String?

    @Option(help: "The first day or moment at which it holds no more: 2026-12-01, 2026-12-01T20:00:00Z.")
    var until: String?

    @Option(name: .customLong("on"), help: "Only on this management cluster; may be given more than once.")
    var members: [String] = []

    @OptionGroup var editing: EditOptions

    package init() {}

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let hold = HoldRequest(app: app, version: version, reason: reason, until: until, managementClusters: members)
        let change = try desk.reporting { try holdApp(hold, in: desk.before.repository, states: desk.before.states) }
        try await desk.finish(change.edits, title: change.title)
    }
}

/// `martlet unhold APP`.
package struct UnholdCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "unhold",
        abstract: "Remove the holds of an app from the fleet's file."
    )

    @Argument(help: "The app.")
    var app: String

    @OptionGroup var editing: EditOptions

    package init() {}

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let change = try desk.reporting { try releaseHold(of: app, in: desk.before.repository, fleet: editing.fleet) }
        try await desk.finish(change.edits, title: change.title)
    }
}
