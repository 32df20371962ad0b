package import FleetModel
package import FleetPlanning
package import KubernetesClient
internal import KubernetesModel
package import SourceFiles
internal import StructuredValue

/// The connections to management clusters, and through them to workload clusters; each made once and kept.
package actor LinkDirectory {
    /// Where a management cluster is. Throws a `RejectedSource` for what a person must change, a `KubernetesFailure` for
    /// the world.
    package typealias Locate = @Sendable (ManagementCluster, SourceTree) async throws -> ServerConnection

    /// Work that goes with the link to a management cluster, such as the embedded reconcilers; each lasts until it is
    /// cancelled.
    package typealias Companions = @Sendable (ManagementCluster, APIClient) -> [@Sendable () async -> Void]

    private struct Place: Hashable {
        var name: String
        var target: ObjectTarget
    }

    private let locate: Locate
    private let makeClient: @Sendable (ServerConnection) -> APIClient
    private let redaction: SecretRedaction
    private let onChange: @Sendable (_ managementCluster: String, ObjectTarget, WatchCache.Change) -> Void
    private let companions: Companions
    private var links: [Place: (connection: ServerConnection, link: ClusterLink)] = [:]
    private let starts: AsyncStream<@Sendable () async -> Void>
    private let starter: AsyncStream<@Sendable () async -> Void>.Continuation

    /// `onChange` is told of every change that a watch reports, and must be quick.
    package init(
        redaction: SecretRedaction,
        locate: @escaping Locate,
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient,
        onChange: @escaping @Sendable (String, ObjectTarget, WatchCache.Change) -> Void,
        companions: @escaping Companions = { _, _ in [] }
    ) {
        self.redaction = redaction
        self.locate = locate
        self.makeClient = makeClient
        self.onChange = onChange
        self.companions = companions
        (starts, starter) = AsyncStream.makeStream()
    }

    /// Keeps every link's watches and companions going, until cancelled.
    package nonisolated func run() async {
        await withDiscardingTaskGroup { group in
            for await work in starts { group.addTask { await work() } }
        }
    }

    /// The link to a management cluster as its file describes it now.
    package func link(to member: ManagementCluster, in tree: SourceTree) async throws -> ClusterLink {
        let connection = try await locate(member, tree)
        let place = Place(name: member.name, target: .managementCluster)
        if let known = links[place], known.connection == connection { return known.link }
        let link = link(place, connection, interest: .clusterAPI)
        for work in companions(member, link.client) { starter.yield(work) }
        return link
    }

    /// The link to a workload cluster, through the kubeconfig Secret on its management cluster.
    package func link(to target: ObjectTarget, of managementCluster: ClusterLink) async throws -> ClusterLink {
        guard case .workloadCluster(let namespace, let name, let secret) = target else { return managementCluster }
        let operation = "connect to workload cluster \(namespace)/\(name)"
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Secret")
        guard let object = try await managementCluster.client.get(kind, namespace: namespace, name: secret) else {
            throw KubernetesFailure(
                .unreachable,
                operation: operation,
                message: "the Secret \(secret) is not there yet"
            )
        }
        guard let encoded = object.value["data"]?["value"]?.string, let text = Base64.text(encoded) else {
            throw KubernetesFailure(
                .configuration,
                operation: operation,
                message: "the Secret \(secret) has no key “value”"
            )
        }
        let config = try Kubeconfig(text: text, file: "Secret \(namespace)/\(secret)", rules: .untrusted)
        let place = Place(name: managementCluster.name, target: target)
        return link(place, try config.connection(), interest: .wantedKinds)
    }

    /// The link to a management cluster, if one was made.
    package func existing(_ managementCluster: String) -> ClusterLink? {
        links[Place(name: managementCluster, target: .managementCluster)]?.link
    }

    private func link(_ place: Place, _ connection: ServerConnection, interest: ClusterLink.Interest) -> ClusterLink {
        if let known = links[place], known.connection == connection { return known.link }
        let redaction = redaction
        let onChange = onChange
        let link = ClusterLink(
            name: place.name,
            client: makeClient(connection),
            interest: interest,
            transform: { redaction.redacted($0) },
            onChange: { onChange(place.name, place.target, $0) }
        )
        links[place]?.link.stop()
        links[place] = (connection, link)
        starter.yield { await link.run() }
        return link
    }
}
