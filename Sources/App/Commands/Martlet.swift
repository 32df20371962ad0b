package import ArgumentParser
internal import OfflineCommands

/// The `martlet` command.
package struct Martlet: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "martlet",
        abstract: "GitOps for fleets of Cluster API management clusters.",
        discussion: """
            A daemon (`martlet run`) follows a Git repository and keeps every management cluster of every fleet as the \
            repository says. The other commands look, plan and ask.
            """,
        version: version,
        groupedSubcommands: [
            CommandGroup(name: "Daemon", subcommands: [RunCommand.self, LabCommand.self]),
            CommandGroup(
                name: "Look",
                subcommands: [
                    StatusCommand.self, GetCommand.self, DescribeCommand.self, DriftCommand.self, HistoryCommand.self,
                    EventsCommand.self, LogsCommand.self,
                    KubeconfigCommand.self,
                ]
            ),
            CommandGroup(
                name: "Change",
                subcommands: [
                    PlanCommand.self, DiffCommand.self, ApplyCommand.self, ApproveCommand.self, PauseCommand.self,
                    ResumeCommand.self, RemediateCommand.self, DrainCommand.self, RolloutCommand.self,
                    UpgradeCommand.self, HoldCommand.self, UnholdCommand.self,
                ]
            ),
            CommandGroup(
                name: "Repository",
                subcommands: [
                    InitCommand.self, AddCommand.self, LintCommand.self, RenderCommand.self, ValuesCommand.self,
                ]
            ),
            CommandGroup(
                name: "Offline",
                subcommands: OfflineCommand.all + [BenchCommand.self, CompletionsCommand.self]
            ),
        ]
    )

    package static let version = "0.1.0"

    package init() {}
}
