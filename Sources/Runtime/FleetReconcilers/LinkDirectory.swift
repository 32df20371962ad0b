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
    /// cancelled. Asked again when the management cluster's file wants other reconcilers.
    package typealias Companions = @Sendable (ManagementCluster, APIClient) -> [@Sendable () async -> Void]

    private struct Place: Hashable {
        var name: String
        var target: ObjectTarget
    }

    /// What companions depend on.
    private struct Terms: Hashable {
        var connection: ServerConnection
        var reconcilers: Reconcilers
        var remediation: RemediationPolicy
    }

    private let locate: Locate
    private let makeClient: @Sendable (ServerConnection) -> APIClient
    private let redaction: SecretRedaction
    private let onChange: @Sendable (_ managementCluster: String, ObjectTarget, WatchCache.Change) -> Void
    private let companions: Companions
    private var links: [Place: (connection: ServerConnection, link: ClusterLink)] = [:]
    private var companies: [String: (terms: Terms, stop: AsyncStream<Void>.Continuation)] = [:]
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
        return link(Place(name: member.name, target: .managementCluster), connection, interest: .clusterAPI)
    }

    /// Starts what goes with the link to a management cluster, in place of what went with it before, as a pass of this
    /// fleet wants it. Other fleets may be at other revisions: its own decides.
    package func accompany(_ member: ManagementCluster, passOf fleet: String) {
        let place = Place(name: member.name, target: .managementCluster)
        guard fleet == member.homeFleet, let (connection, link) = links[place] else { return }
        let terms = Terms(
            connection: connection,
            reconcilers: member.reconcilers,
            remediation: member.remediation
        )
        if companies[member.name]?.terms == terms { return }
        companies[member.name]?.stop.finish()
        let (stops, stop) = AsyncStream<Void>.makeStream()
        companies[member.name] = (terms, stop)
        let works = companions(member, link.client)
        starter.yield {
            await withDiscardingTaskGroup { group in
                for work in works { group.addTask { await work() } }
                for await _ in stops {}
                group.cancelAll()
            }
        }
    }

    /// Ends the companions of management clusters that left the repository.
    package func keepOnly(_ managementClusters: Set<String>) {
        for (name, company) in companies where !managementClusters.contains(name) {
            company.stop.finish()
            companies[name] = nil
        }
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
