internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import MachineDecisions
internal import StructuredValue
internal import Synchronization

/// The Nodes of workload clusters, each watched over the connection of its kubeconfig Secret while a pool asks for them.
///
/// ```
///  (asked) ─► connecting ─► watching ◄──► failing ── the Secret changed ──► connecting
/// ```
final class WorkloadNodes: Sendable {
    /// How long a connection may be lost before it counts as lost: watches break now and then and are back at once.
    static let grace = Duration.seconds(3)

    private struct Link: Sendable {
        let stop: AsyncStream<Void>.Continuation
        var client: APIClient?
        var cache: WatchCache?
        var problem: String?
        /// Since when it fails, in the pace's time.
        var failingSince: Duration?
    }

    private let service: MachinePoolService
    private let pump: TaskPump
    private let tell: @Sendable (PoolNews) -> Void
    private let links = Mutex<[ObjectKey: Link]>([:])

    private static let resource = APIResource(
        groupVersionKind: GroupVersionKind(group: "", version: "v1", kind: "Node"),
        name: "nodes",
        isNamespaced: false
    )

    init(service: MachinePoolService, pump: TaskPump, tell: @escaping @Sendable (PoolNews) -> Void) {
        self.service = service
        self.pump = pump
        self.tell = tell
    }

    /// What is known of a cluster's Nodes now. News come when that changes.
    func look(at cluster: ObjectKey) -> MachinePoolView.Nodes {
        guard let link = links.withLock({ $0[cluster] }) else {
            begin(cluster)
            return .notConnected("connecting to workload cluster \(cluster.name)")
        }
        let problem = link.problem ?? "connecting to workload cluster \(cluster.name)"
        guard let since = link.failingSince else {
            guard let cache = link.cache, cache.state == .live else { return .notConnected(problem) }
            return .known(Array(cache.objects.values))
        }
        return service.client.pace.now() - since >= Self.grace ? .unreachable(problem) : .notConnected(problem)
    }

    /// The client of a cluster whose Nodes are known.
    func client(of cluster: ObjectKey) -> APIClient? { links.withLock { $0[cluster]?.client } }

    /// Ends the watches of clusters that no pool asks for any more.
    func forget(allBut used: Set<ObjectKey>) {
        let unused = links.withLock { links in
            let unused = links.filter { !used.contains($0.key) }
            for key in unused.keys { links[key] = nil }
            return unused
        }
        for link in unused.values { link.stop.finish() }
    }

    private func begin(_ cluster: ObjectKey) {
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let isNew = links.withLock { links in
            if links[cluster] != nil { return false }
            links[cluster] = Link(stop: stop)
            return true
        }
        guard isNew else { return }
        pump.add {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.follow(cluster) }
                for await _ in stops {}
                group.cancelAll()
            }
        }
    }

    private func follow(_ cluster: ObjectKey) async {
        let backoff = Backoff(base: .seconds(1), ceiling: .seconds(15))
        var tries = 0
        while !Task.isCancelled {
            do throws(KubernetesFailure) {
                let connection = try await service.client.workloadConnection(of: cluster)
                tries = 0
                await watch(cluster, connection)
            } catch {
                note(error, of: cluster)
                tries += 1
                await pause(backoff.delay(failures: tries, random: service.client.pace.random()))
            }
        }
    }

    /// Only cancellation ends a pause early; whoever pauses looks for it afterwards.
    private func pause(_ duration: Duration) async { _ = try? await service.client.pace.sleep(duration) }

    /// Watches until the cluster is to be reached in another way.
    private func watch(_ cluster: ObjectKey, _ connection: ServerConnection) async {
        let client = service.makeClient(connection)
        let (states, feed) = AsyncStream.makeStream(of: WatchCache.State.self)
        let cache = WatchCache(
            Self.resource,
            client: client,
            transform: Self.kept,
            onChange: { if Self.matters($0) { self.tell(.nodes(cluster)) } },
            onState: { feed.yield($0) }
        )
        update(cluster) { link in
            link.client = client
            link.cache = cache
        }
        let (troubles, trouble) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask { await cache.run() }
            group.addTask {
                for await state in states {
                    self.note(state, of: cluster)
                    if case .failing = state { trouble.yield() }
                }
            }
            for await _ in troubles where await hasAnotherConnection(than: connection, cluster) { break }
            group.cancelAll()
        }
    }

    /// Takes note of what becomes of the watch, and says so.
    private func note(_ state: WatchCache.State, of cluster: ObjectKey) {
        switch state {
        case .starting: break
        case .live:
            update(cluster) { link in
                link.problem = nil
                link.failingSince = nil
            }
            tell(.nodes(cluster))
        case .failing(let failure): note(failure, of: cluster)
        }
    }

    private func note(_ failure: KubernetesFailure, of cluster: ObjectKey) {
        if failure.kind == .cancelled { return }
        let now = service.client.pace.now()
        let isNew = links.withLock { links in
            guard var link = links[cluster] else { return false }
            link.problem = "\(failure)"
            let isNew = link.failingSince == nil
            if isNew { link.failingSince = now }
            links[cluster] = link
            return isNew
        }
        guard isNew else { return }
        pump.add {
            await self.pause(Self.grace)
            if !Task.isCancelled { self.tell(.nodes(cluster)) }
        }
    }

    private func update(_ cluster: ObjectKey, _ change: (inout Link) -> Void) {
        links.withLock { links in
            guard var link = links[cluster] else { return }
            change(&link)
            links[cluster] = link
        }
    }

    /// Reads the Secret of a cluster that does not answer now and then, until it answers: it may have got another address
    /// or other certificates. True when it has.
    private func hasAnotherConnection(than connection: ServerConnection, _ cluster: ObjectKey) async -> Bool {
        let backoff = Backoff(base: .seconds(2), ceiling: .seconds(30))
        var tries = 0
        while !Task.isCancelled {
            tries += 1
            await pause(backoff.delay(failures: tries, random: service.client.pace.random()))
            guard links.withLock({ $0[cluster]?.failingSince }) != nil else { return false }
            // A Secret that cannot be read now says nothing about another way.
            guard let current = try? await service.client.workloadConnection(of: cluster) else { continue }
            if current != connection { return true }
        }
        return false
    }

    // MARK: Nodes

    /// What decisions look at; kubelets write much more, and often.
    private static func kept(_ node: Manifest) -> Manifest {
        var kept = Object()
        kept["apiVersion"] = "v1"
        kept["kind"] = "Node"
        var metadata = node.metadata
        for field in ["managedFields", "labels"] { metadata[field] = nil }
        kept["metadata"] = .object(metadata)
        var spec = Object()
        for field in ["providerID", "taints"] { spec[field] = node.spec[field] }
        kept["spec"] = .object(spec)
        var ready: [Value] = []
        for entry in node.status["conditions"]?.array ?? [] where entry["type"] == "Ready" {
            var entry = entry
            entry["lastHeartbeatTime"] = nil
            ready.append(entry)
        }
        var status: Object = ["conditions": .array(ready)]
        if let version = node.status[path: "nodeInfo", "kubeletVersion"] {
            status["nodeInfo"] = ["kubeletVersion": version]
        }
        kept["status"] = .object(status)
        return Manifest(.object(kept))
    }

    private static func matters(_ change: WatchCache.Change) -> Bool {
        guard case .put(var node, var before?) = change else { return true }
        node.value[path: "metadata", "resourceVersion"] = nil
        before.value[path: "metadata", "resourceVersion"] = nil
        return node != before
    }
}
