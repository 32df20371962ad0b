package import ArgumentParser
internal import FleetModel
internal import FleetPlanning
internal import FleetRendering
internal import GitStore
internal import KubernetesModel
internal import OfflineCommands
internal import RepositoryEdits
internal import SourceDiagnostics
internal import SourceFiles
internal import StructuredValue

/// `martlet upgrade …`.
package struct UpgradeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Change a version in the repository's files, after checking and showing what it would do.",
        discussion: """
            The line that decides the version is edited in place; every other byte of the file stays. The plan compares \
            the repository before and after the edit and asks no cluster. When the plan blocks the change, for example \
            because it skips a minor version, nothing is written and the command ends with exit code 1.
            """,
        subcommands: [UpgradeClusterCommand.self, UpgradeAppCommand.self]
    )

    package init() {}
}

/// `martlet upgrade cluster C --to V`.
package struct UpgradeClusterCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Give a cluster another version: Kubernetes of its control plane and all workers, or its Release.",
        discussion: """
            A cluster whose version is a Giant Swarm Release gets another Release: the components and apps that change \
            are shown, and what may not be done, such as to skip a major release, is refused with the reason.
            """
    )

    @Argument(help: "The cluster.")
    var name: String

    @Option(help: "The Kubernetes version, such as v1.34.2, or the Release's, such as 34.5.0.")
    var to: String

    @Option(name: .shortAndLong, help: "The cluster's namespace.")
    var namespace: String?

    @OptionGroup var editing: EditOptions

    package init() {}

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let change = try desk.reporting {
            try upgradeRelease(
                of: name,
                namespace: namespace,
                to: to,
                states: desk.before.states,
                in: desk.before.repository,
                now: World.now()
            ) { app, state in
                desk.before.explain(app, in: state)
            }
                ?? upgradeCluster(
                    name,
                    namespace: namespace,
                    to: to,
                    states: desk.before.states,
                    in: desk.before.repository
                ) { app, state in
                    desk.before.explain(app, in: state)
                }
        }
        try await desk.finish(change)
    }
}

/// `martlet upgrade app A --to V`.
package struct UpgradeAppCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "app",
        abstract: "Give an app, or an app of a collection, another version of its chart."
    )

    @Argument(help: "The app.")
    var name: String

    @Option(help: "The chart's version.")
    var to: String

    @OptionGroup var editing: EditOptions

    package init() {}

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let change = try desk.reporting {
            try upgradeApp(name, to: to, states: desk.before.states, in: desk.before.repository)
        }
        try await desk.finish(change)
    }
}

extension EditDesk {
    /// Shows the change, its plan and what stands against it; writes it when nothing does.
    func finish(_ change: VersionChange) async throws {
        if change.edits.isEmpty || change.lines.isEmpty {
            print("The \(change.subject) is at \(change.new) already.")
            return
        }
        Terminal.write(change.text, to: options.output == .text ? .output : .error)
        let after = try await rendered(change.edits)
        let plan = await plan(to: after)
        show(plan, with: change.release)
        let problems =
            (change.release?.blocks ?? [])
            + findProblems(
                of: plan,
                before: before.repository.allDiagnostics + before.states.flatMap(\.diagnostics),
                after: after.states.flatMap(\.diagnostics)
            )
        if !problems.isEmpty {
            for problem in problems { writeError("blocked: \(problem)") }
            let steps = change.release == nil ? upgradeSteps(from: change.old, to: change.new) : []
            if !steps.isEmpty { writeError("  hint: go through \(steps.joined(separator: ", then "))") }
            writeError("Nothing was written.")
            throw ExitCode(1)
        }
        try await write(change.edits, title: change.title, plan: plan)
    }
}
