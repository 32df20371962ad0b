package import ArgumentParser
internal import StructuredValue

/// `martlet remediate MACHINE`.
package struct RemediateCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "remediate",
        abstract: "Have a Machine replaced as its health check would, without waiting for a symptom."
    )

    @Argument(help: "The Machine's name.")
    var machine: String

    @OptionGroup var place: ClusterPlace
    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws { try await server.operate("remediate", "Machine", machine, place) }
}

/// `martlet drain MACHINE`.
package struct DrainCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract: "Take a Machine out: its Node is emptied, it is deleted, and its owner makes another.",
        discussion: "A control plane must have two more Machines, all well; otherwise nothing is done."
    )

    @Argument(help: "The Machine's name.")
    var machine: String

    @OptionGroup var place: ClusterPlace
    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws { try await server.operate("drain", "Machine", machine, place) }
}

/// `martlet rollout …`.
package struct RolloutCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "rollout",
        abstract: "Replace the Machines of a MachineDeployment or of a control plane.",
        subcommands: [RolloutRestartCommand.self]
    )

    package init() {}
}

/// `martlet rollout restart KIND/NAME`.
package struct RolloutRestartCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "restart",
        abstract: "Replace all Machines, a few at a time, with nothing else changed."
    )

    @Argument(help: "MachineDeployment/NAME or KubeadmControlPlane/NAME; md and kcp will do.")
    var target: String

    @OptionGroup var place: ClusterPlace
    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws {
        let parts = target.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
            throw ValidationError("“\(target)” is not KIND/NAME, such as MachineDeployment/workers")
        }
        let short = ["md": "MachineDeployment", "kcp": "KubeadmControlPlane"]
        try await server.operate("restart", short[parts[0].lowercased()] ?? parts[0], parts[1], place)
    }
}

extension ServerOptions {
    /// Asks the daemon for an operation and prints what it did.
    fileprivate func operate(_ operation: String, _ kind: String, _ name: String, _ place: ClusterPlace) async throws {
        let path = "/api/v1/objects/\(escaped(kind))/\(escaped(name))/\(operation)"
        print(try await post(path, place.query)["message"]?.string ?? "")
    }
}
