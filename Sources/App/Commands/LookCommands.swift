package import ArgumentParser
internal import ClusterInspection
internal import StructuredValue

/// `martlet status`.
package struct StatusCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show what is wanted, what runs, and what is wrong."
    )

    @OptionGroup var server: ServerOptions

    @Option(name: .shortAndLong, help: "table, wide, json or yaml.")
    var output = OutputFormat.table

    package init() {}

    package func run() async throws {
        let status = try await server.get("/api/v1/status")
        print(output.text(status) { statusText(status, at: World.now(), wide: $0) }, terminator: "")
    }
}

/// `martlet get …`.
package struct GetCommand: AsyncParsableCommand {
    enum Listing: String, ExpressibleByArgument, CaseIterable {
        case fleets
        case managementClusters = "management-clusters"
        case clusters
        case apps
        case catalogs
    }

    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "List fleets, management clusters, clusters, apps or catalogs."
    )

    @Argument(help: "fleets, management-clusters, clusters, apps or catalogs.")
    var listing: Listing

    @OptionGroup var server: ServerOptions

    @Option(name: .shortAndLong, help: "table, wide, json or yaml.")
    var output = OutputFormat.table

    package init() {}

    package func run() async throws {
        let now = World.now()
        if listing == .catalogs {
            let catalogs = try await server.get("/api/v1/catalogs")
            print(output.text(catalogs) { catalogsText(catalogs, at: now, wide: $0) }, terminator: "")
            return
        }
        let status = try await server.get("/api/v1/status")
        let text = output.text(rows(status)) { wide in
            switch listing {
            case .fleets: fleetsText(status)
            case .managementClusters: managementClustersText(status, at: now)
            case .clusters: clustersText(status, at: now, wide: wide)
            case .apps: appsText(status)
            case .catalogs: ""
            }
        }
        print(text, terminator: "")
    }

    private func rows(_ status: Value) -> Value {
        let fleets = status["fleets"]?.array ?? []
        let members = fleets.flatMap { $0["managementClusters"]?.array ?? [] }
        func nested(_ key: String) -> [Value] {
            members.flatMap { member in
                (member[key]?.array ?? []).map { entry in
                    var entry = entry
                    entry["fleet"] = member["fleet"] ?? .null
                    entry["managementCluster"] = member["name"] ?? .null
                    return entry
                }
            }
        }
        let items: [Value] =
            switch listing {
            case .fleets: fleets
            case .managementClusters: members
            case .clusters: nested("clusters")
            case .apps: nested("apps")
            case .catalogs: []
            }
        return ["items": .array(items)]
    }
}

/// `martlet describe cluster C`.
package struct DescribeCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "describe",
        abstract: "Show one cluster: its parts, what blocks it, and what happened.",
        subcommands: [DescribeClusterCommand.self]
    )

    package init() {}
}

/// `martlet describe cluster C`.
package struct DescribeClusterCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "Draw a cluster as a tree with the health of every part."
    )

    @Argument(help: "The cluster's name.")
    var name: String

    @OptionGroup var place: ClusterPlace

    @Option(help: "Conditions too: of all objects (all), of a kind (Machine), or of one (Machine/name). Repeatable.")
    var showConditions: [String] = []

    @Option(help: "Whether many healthy machines are drawn as one line.")
    var grouping = true

    @OptionGroup var server: ServerOptions

    @Option(name: .shortAndLong, help: "table, json or yaml.")
    var output = OutputFormat.table

    package init() {}

    package func run() async throws {
        let query = place.query + [("grouping", String(grouping))]
        let description = try await server.get("/api/v1/clusters/\(escaped(name))", query)
        let filters = showConditions.map { ClusterTree.ConditionFilter($0) }
        print(
            output.text(description) { _ in describeText(description, showing: filters, at: World.now()) },
            terminator: ""
        )
    }
}

/// Where a cluster is, when its name alone does not say.
struct ClusterPlace: ParsableArguments {
    @Option(name: .shortAndLong, help: "The cluster's namespace.")
    var namespace: String?

    @Option(help: "The management cluster it lives on.")
    var managementCluster: String?

    init() {}

    var query: [(String, String?)] { [("namespace", namespace), ("managementCluster", managementCluster)] }
}

/// `martlet history`.
package struct HistoryCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what happened: what was applied, what drifted, what failed, newest first."
    )

    @OptionGroup var filter: HistoryFilter
    @OptionGroup var server: ServerOptions

    @Option(name: .shortAndLong, help: "table, json or yaml.")
    var output = OutputFormat.table

    package init() {}

    package func run() async throws {
        let history = try await server.get("/api/v1/history", filter.query)
        print(output.text(history) { _ in historyText(history) }, terminator: "")
    }
}

/// `martlet drift`.
package struct DriftCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "drift",
        abstract: "Show what others changed: which field, from what to what, and who did it."
    )

    @OptionGroup var filter: HistoryFilter
    @OptionGroup var server: ServerOptions

    @Option(name: .shortAndLong, help: "table, json or yaml.")
    var output = OutputFormat.table

    @Flag(help: "Exit with 3 when something has drifted and was not put back.")
    var exitCode = false

    package init() {}

    package func run() async throws {
        let drift = try await server.get("/api/v1/history", filter.query + [("event", "drifted,corrected")])
        print(output.text(drift) { _ in historyText(drift) }, terminator: "")
        guard exitCode else { return }
        let status = try await server.get("/api/v1/status")
        let drifted = (status["fleets"]?.array ?? []).flatMap { $0["managementClusters"]?.array ?? [] }
            .reduce(0) { $0 + ($1["drifted"]?.int ?? 0) }
        if drifted > 0 { throw ExitCode(3) }
    }
}

/// Which history lines to show.
struct HistoryFilter: ParsableArguments {
    @Option(help: "Only this fleet.")
    var fleet: String?

    @Option(help: "Only this management cluster.")
    var managementCluster: String?

    @Option(help: "Only objects of this kind.")
    var kind: String?

    @Option(help: "Only objects of this name.")
    var name: String?

    @Option(help: "At most so many lines.")
    var limit = 50

    init() {}

    var query: [(String, String?)] {
        [
            ("fleet", fleet), ("managementCluster", managementCluster), ("kind", kind), ("name", name),
            ("limit", String(limit)),
        ]
    }
}

/// `martlet kubeconfig get C`.
package struct KubeconfigCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "kubeconfig",
        abstract: "Get the kubeconfig of a workload cluster.",
        subcommands: [KubeconfigGetCommand.self]
    )

    package init() {}
}

/// `martlet kubeconfig get C`.
package struct KubeconfigGetCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Print a workload cluster's kubeconfig, from its Secret."
    )

    @Argument(help: "The cluster's name.")
    var name: String

    @OptionGroup var place: ClusterPlace
    @OptionGroup var server: ServerOptions

    package init() {}

    package func run() async throws {
        print(try await server.getText("/api/v1/clusters/\(escaped(name))/kubeconfig", place.query), terminator: "")
    }
}
