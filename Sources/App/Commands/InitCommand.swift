package import ArgumentParser
internal import GitStore
internal import OfflineCommands
internal import RepositoryEdits
internal import SourceDiagnostics

/// `martlet init`.
package struct InitCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Start a repository: a fleet and a management cluster of the lab.",
        discussion: """
            A directory that is no Git repository becomes one. Files that are there stay as they are. Nothing is committed.
            """
    )

    @Argument(help: "The directory.")
    var directory = "."

    @Option(help: "The fleet's name.")
    var fleet = "main"

    @Option(help: "The management cluster's name.")
    var managementCluster = "first"

    package init() {}

    package func run() async throws {
        let edits: [FileEdit]
        do {
            edits = try Scaffold.repository(fleet: fleet, managementCluster: managementCluster)
        } catch {
            try reportFindings(error.diagnostics)
            return
        }
        if try GitMirror.makeRepository(directory) { writeError("Made a Git repository in \(directory).") }
        for edit in edits {
            let path = "\(directory)/\(edit.path)"
            if LocalFiles.exists(path) {
                writeError("\(edit.path) is there already.")
            } else {
                try LocalFiles.replace(path, by: edit.bytes)
                writeError("Wrote \(edit.path).")
            }
        }
        print(
            """
            Next:
              martlet lint --worktree          check what is there
              martlet add management-cluster   add another management cluster
              martlet add app, add cluster     add what shall run
              git add -A && git commit         nothing happens without a commit
              martlet run --repo . --lab       see it run, simulated
            """
        )
    }
}
