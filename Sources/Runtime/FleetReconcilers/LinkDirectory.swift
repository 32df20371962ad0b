package import ControllerRuntime
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
    package typealias Companions = @Sendable (ManagementCluster, WatchCaches) -> [@Sendable () async -> Void]

    /// The election for a management cluster; nil where nobody else could write. It tells what it sees to the closure.
    package typealias Contest =
        @Sendable (ManagementCluster, APIClient, @escaping @Sendable (LeaseSighting) -> Void) -> LeaderElection?

    /// Makes the client of a server, of the management cluster of this name or, without a name, of a workload cluster.
    package typealias MakeClient = @Sendable (ServerConnection, _ managementCluster: String?) -> APIClient

    private struct Place: Hashable {
        var name: String
        var target: ObjectTarget
    }

    /// Our part in the election for one management cluster.
    private struct Candidacy {
        var connection: ServerConnection
        var seat: LeaderSeat
        var stop: AsyncStream<Void>.Continuation
    }

    /// What companions depend on.
    private struct Terms: Hashable {
        var connection: ServerConnection
        var reconcilers: Reconcilers
        var remediation: RemediationPolicy
    }

    private let locate: Locate
    private let makeClient: MakeClient
    private let redaction: SecretRedaction
    /// What the objects of all clusters have in common.
    private let parts = LiveParts()
    private let onChange: @Sendable (_ managementCluster: String, ObjectTarget, WatchCache.Change) -> Void
    private let onState: @Sendable (_ managementCluster: String) -> Void
    private let companions: Companions
    private let contest: Contest
    private let onStanding: @Sendable (_ managementCluster: String) -> Void
    private var candidacies: [String: Candidacy] = [:]
    private var links: [Place: (connection: ServerConnection, link: ClusterLink)] = [:]
    /// The workload clusters that the newest pass of each member used.
    private var used: [MemberKey: Set<ObjectTarget>] = [:]
    private var companies: [String: (terms: Terms, stop: AsyncStream<Void>.Continuation)] = [:]
    private let starts: AsyncStream<@Sendable () async -> Void>
    private let starter: AsyncStream<@Sendable () async -> Void>.Continuation

    /// How long a pass waits to hear for the first time who leads.
    private static let patience = Duration.seconds(3)

    /// `onChange` is told of every change that a watch reports, `onState` when a watch was lost or is back, `onStanding`
    /// when the lead of a management cluster was won or lost; all must be quick.
    package init(
        redaction: SecretRedaction,
        locate: @escaping Locate,
        makeClient: @escaping MakeClient,
        onChange: @escaping @Sendable (String, ObjectTarget, WatchCache.Change) -> Void,
        onState: @escaping @Sendable (String) -> Void = { _ in },
        companions: @escaping Companions = { _, _ in [] },
        contest: @escaping Contest = { _, _, _ in nil },
        onStanding: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.contest = contest
        self.onStanding = onStanding
        self.redaction = redaction
        self.locate = locate
        self.makeClient = makeClient
        self.onChange = onChange
        self.onState = onState
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
        let link = link(Place(name: member.name, target: .managementCluster), connection, interest: .clusterAPI)
        compete(for: member, connection, link.client)
        return link
    }

    /// Whether this daemon may write to a management cluster whose link was made.
    package func standing(on managementCluster: String) async -> Standing {
        guard let seat = candidacies[managementCluster]?.seat,
            let client = existing(managementCluster)?.client
        else { return .following("there is no connection yet") }
        let deadline = client.pace.now() + Self.patience
        while true {
            if let standing = seat.standing { return standing }
            // Only cancellation ends the wait early, and then nobody reads the answer.
            guard client.pace.now() < deadline, (try? await client.pace.sleep(.milliseconds(5))) != nil else {
                return .following("it is not known yet which daemon leads here")
            }
        }
    }

    /// Takes part in the election for a management cluster, once for each connection to it.
    private func compete(for member: ManagementCluster, _ connection: ServerConnection, _ client: APIClient) {
        let name = member.name
        if candidacies[name]?.connection == connection { return }
        candidacies[name]?.stop.finish()
        let seat = LeaderSeat()
        let (stops, stop) = AsyncStream<Void>.makeStream()
        candidacies[name] = Candidacy(connection: connection, seat: seat, stop: stop)
        guard let election = contest(member, client, { seat.see($0) }) else { return seat.take(.unopposed) }
        let onStanding = onStanding
        starter.yield {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    // The body below ends by cancellation alone, so there is no other error.
                    try? await election.run { leadership in
                        seat.take(.leading(leadership))
                        onStanding(name)
                        // Only cancellation ends a pause early: then the lead is lost or given up.
                        while !Task.isCancelled { _ = try? await client.pace.sleep(.seconds(86_400)) }
                        seat.take(.following("the lead was lost"))
                        await self.dismissCompany(of: name)
                        onStanding(name)
                    }
                }
                for await _ in stops {}
                group.cancelAll()
            }
        }
    }

    private func dismissCompany(of managementCluster: String) {
        companies[managementCluster]?.stop.finish()
        companies[managementCluster] = nil
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
        let works = companions(member, link.watches)
        starter.yield {
            await withDiscardingTaskGroup { group in
                for work in works { group.addTask { await work() } }
                for await _ in stops {}
                group.cancelAll()
            }
        }
    }

    /// Ends the links and companions of management clusters that no member is on any more, and gives their lead to whoever
    /// wants it.
    package func keepOnly(_ members: Set<MemberKey>) {
        let managementClusters = Set(members.map(\.managementCluster))
        for name in companies.keys where !managementClusters.contains(name) { dismissCompany(of: name) }
        for (name, candidacy) in candidacies where !managementClusters.contains(name) {
            candidacy.stop.finish()
            candidacies[name] = nil
        }
        used = used.filter { members.contains($0.key) }
        for place in links.keys where !managementClusters.contains(place.name) { unlink(place) }
        for name in managementClusters { unlinkUnused(on: name) }
    }

    /// Says which workload clusters a member's pass used; links that no member of the management cluster uses end.
    package func use(_ targets: [ObjectTarget], by member: MemberKey) {
        used[member] = Set(targets)
        unlinkUnused(on: member.managementCluster)
    }

    private func unlinkUnused(on managementCluster: String) {
        let wanted = used.filter { $0.key.managementCluster == managementCluster }.values.reduce(into: Set()) {
            $0.formUnion($1)
        }
        for place in links.keys where place.name == managementCluster && place.target != .managementCluster {
            if !wanted.contains(place.target) { unlink(place) }
        }
    }

    private func unlink(_ place: Place) { links.removeValue(forKey: place)?.link.stop() }

    /// How many links there are, for tests.
    package var count: Int { links.count }

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
        let parts = parts
        let onChange = onChange
        let onState = onState
        let link = ClusterLink(
            name: place.name,
            client: makeClient(connection, place.target == .managementCluster ? place.name : nil),
            interest: interest,
            transform: { parts.shared(redaction.redacted($0)) },
            onChange: { onChange(place.name, place.target, $0) },
            onState: { onState(place.name) }
        )
        links[place]?.link.stop()
        links[place] = (connection, link)
        starter.yield { await link.run() }
        return link
    }
}
