package import ArgumentParser
internal import FleetModel
internal import OfflineCommands
internal import RepositoryEdits
internal import SourceDiagnostics
internal import StructuredValue
internal import YAMLFormat

/// `martlet add …`.
package struct AddCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Write the file of a new management cluster, cluster or app, after checking and planning it.",
        subcommands: [AddManagementClusterCommand.self, AddClusterCommand.self, AddAppCommand.self]
    )

    package init() {}
}

/// `martlet add management-cluster M`.
package struct AddManagementClusterCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "management-cluster",
        abstract: "Add a management cluster to a fleet."
    )

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The kubeconfig: a file of the repository, or a name below the daemon's --kubeconfig-dir.")
    var kubeconfig: String?

    @Option(help: "The context of the kubeconfig.")
    var context: String?

    @Flag(help: "It is the cluster that Martlet runs on. Without this and --kubeconfig it is simulated by the lab.")
    var inCluster = false

    @Option(name: .shortAndLong, help: "A label, KEY=VALUE, such as wave=canary; may be given more than once.")
    var label: [String] = []

    @OptionGroup var editing: EditOptions

    package init() {}

    package func validate() throws {
        if inCluster, kubeconfig != nil { throw ValidationError("--in-cluster and --kubeconfig exclude each other") }
        for text in label where !text.contains("=") { throw ValidationError("--label takes KEY=VALUE, not “\(text)”") }
    }

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let labels = label.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return (parts[0], parts[1])
        }
        let connection: Scaffold.Connection =
            kubeconfig.map { .kubeconfig(file: $0, context: context) } ?? (inCluster ? .inCluster : .lab)
        let change = try desk.reporting {
            try Scaffold.addManagementCluster(
                name,
                fleet: try desk.fleetName(),
                connection: connection,
                labels: labels,
                in: desk.before.repository
            )
        }
        try await desk.finish(change.edits, title: change.title)
    }
}

/// `martlet add cluster C`.
package struct AddClusterCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Add a cluster of a ClusterClass to a management cluster."
    )

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The Kubernetes version, such as v1.34.2.")
    var version: String

    @Option(name: .customLong("class"), help: "The ClusterClass; not needed when there is only one.")
    var className: String?

    @Option(name: .shortAndLong, help: "The cluster's namespace.")
    var namespace = "default"

    @Option(help: "How many control plane machines.")
    var controlPlane = 3

    @Option(help: "How many workers.")
    var workers = 2

    @Option(help: "A variable of the class, NAME=VALUE with the value in YAML; may be given more than once.")
    var variable: [String] = []

    @OptionGroup var editing: EditOptions

    package init() {}

    package func validate() throws {
        for text in variable where !text.contains("=") {
            throw ValidationError("--variable takes NAME=VALUE, not “\(text)”")
        }
        if controlPlane < 1 || workers < 0 {
            throw ValidationError("machines are counted from 0, control planes from 1")
        }
    }

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let change = try desk.reporting {
            let variables = try variable.map { text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                return (name: parts[0], value: try YAML.value(Array(parts[1].utf8), file: "--variable \(parts[0])"))
            }
            return try Scaffold.addCluster(
                Scaffold.NewCluster(
                    name: name,
                    namespace: namespace,
                    className: className,
                    version: version,
                    controlPlaneReplicas: controlPlane,
                    workerReplicas: workers,
                    variables: variables
                ),
                fleet: try desk.fleetName(),
                managementCluster: try desk.memberName(),
                in: desk.before.repository
            )
        }
        try await desk.finish(change.edits, title: change.title)
    }
}

/// `martlet add app A`.
package struct AddAppCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "app",
        abstract: "Add an app to a management cluster, or with --common to every member of a fleet."
    )

    @Argument(help: "Its name.")
    var name: String

    @Option(help: "The catalog.")
    var catalog: String

    @Option(help: "The chart; named like the app when not given.")
    var chart: String?

    @Option(help: "The chart's version, or a range such as ^1.2.")
    var version: String

    @Option(name: .shortAndLong, help: "The app's namespace.")
    var namespace = "default"

    @Flag(help: "On every member of the fleet.")
    var common = false

    @OptionGroup var editing: EditOptions

    package init() {}

    package func run() async throws {
        let desk = try await EditDesk(editing)
        let app = Scaffold.NewApp(
            name: name,
            namespace: namespace,
            catalog: catalog,
            chart: chart ?? name,
            version: version
        )
        let change = try desk.reporting {
            try Scaffold.addApp(
                app,
                fleet: try desk.fleetName(),
                managementCluster: common ? nil : try desk.memberName(),
                in: desk.before.repository
            )
        }
        try await desk.finish(change.edits, title: change.title)
    }
}

extension EditDesk {
    /// The fleet that is meant: the named one, that of the named management cluster, or the only one.
    func fleetName() throws -> String {
        if let name = options.fleet { return name }
        let fleets = before.repository.fleets
        if let member = options.managementCluster, let home = fleets.first(where: { $0.member(member) != nil }) {
            return home.name
        }
        if let only = fleets.first, fleets.count == 1 { return only.name }
        throw CommandFailure(
            fleets.isEmpty ? "the repository has no fleet" : "the repository has several fleets",
            hint: fleets.isEmpty ? "make one with `martlet init`" : "say which with --fleet"
        )
    }

    /// The management cluster that is meant: the named one, or the fleet's only one.
    func memberName() throws -> String {
        if let name = options.managementCluster { return name }
        let members = before.repository.fleet(try fleetName())?.members ?? []
        if let only = members.first, members.count == 1 { return only.name }
        throw CommandFailure(
            "the fleet has \(members.isEmpty ? "no" : "several") management clusters",
            hint: "say which with --management-cluster"
        )
    }
}
