internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import StructuredValue
internal import Synchronization

/// The Nodes of workload clusters: one watch for each cluster that somebody asks about.
///
/// A cluster is seen or it is not. As soon as its watch breaks it is not, and stays so until a new list has arrived:
/// what was known before says nothing about what is now.
final class WorkloadNodes: Sendable {
    /// What can be seen of a cluster.
    enum Sight: Sendable {
        case nodes([String: Manifest], client: APIClient)
        case unknown(String)
    }

    /// What makes somebody look again.
    enum News: Sendable {
        case node(ClusterID, name: String)
        /// A cluster is seen now.
        case seen(ClusterID)
    }

    private struct Feed {
        /// Tells a feed from an earlier one of the same cluster, which may still be ending.
        var number: Int
        var stop: AsyncStream<Void>.Continuation
        /// Ends a pause between two tries; nil while there is none.
        var retry: AsyncStream<Void>.Continuation?
        var live: (cache: WatchCache, client: APIClient)?
        var problem = "it has not answered yet"
    }

    private let management: APIClient
    private let makeClient: @Sendable (ServerConnection) -> APIClient
    private let onNews: @Sendable (News) -> Void
    private let feeds = Mutex<[ClusterID: Feed]>([:])
    private let count = Atomic(0)
    private let starts: AsyncStream<@Sendable () async -> Void>
    private let starter: AsyncStream<@Sendable () async -> Void>.Continuation

    /// `onNews` is called by watches and must be quick.
    init(
        management: APIClient,
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient,
        onNews: @escaping @Sendable (News) -> Void
    ) {
        self.management = management
        self.makeClient = makeClient
        self.onNews = onNews
        (starts, starter) = AsyncStream.makeStream()
    }

    /// Keeps the watches going until cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await work in starts { group.addTask { await work() } }
            group.cancelAll()
        }
    }

    /// Follows a cluster from now on.
    func follow(_ id: ClusterID) {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let number = count.add(1, ordering: .relaxed).newValue
        let isNew = feeds.withLock { feeds in
            if feeds[id] != nil { return false }
            feeds[id] = Feed(number: number, stop: stop)
            return true
        }
        guard isNew else { return }
        starter.yield {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.serve(id, number) }
                for await _ in stops {}
                group.cancelAll()
            }
        }
    }

    /// Follows a cluster no longer.
    func leave(_ id: ClusterID) { feeds.withLock { $0.removeValue(forKey: id) }?.stop.finish() }

    /// Tries at once to reach a cluster that is not seen.
    func retry(_ id: ClusterID) { feeds.withLock { $0[id]?.retry }?.yield() }

    func sight(of id: ClusterID) -> Sight {
        let (live, problem) = feeds.withLock { ($0[id]?.live, $0[id]?.problem) }
        guard let live, live.cache.state == .live else {
            return .unknown("the API server of \(id) is not reached: \(problem ?? "nobody follows it yet")")
        }
        let nodes = live.cache.objects.values
        return .nodes(Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { $1 }), client: live.client)
    }

    /// Connects, watches until something breaks, and connects again, with growing delays between failures.
    private func serve(_ id: ClusterID, _ number: Int) async {
        var failures = 0
        while !Task.isCancelled {
            let (wasSeen, failure) = await watch(id, number)
            update(id, number) {
                $0.live = nil
                $0.problem = failure?.message ?? "the watch has ended"
            }
            failures = wasSeen ? 1 : failures + 1
            let delay = min(.milliseconds(500) * (1 << min(failures - 1, 6)), .seconds(15))
            await pause(id, number, delay * (0.8 + 0.4 * management.pace.random()))
        }
    }

    /// Watches the Nodes of a cluster until that fails.
    private func watch(_ id: ClusterID, _ number: Int) async -> (wasSeen: Bool, failure: KubernetesFailure?) {
        let client: APIClient
        let resource: APIResource
        do {
            client = makeClient(try await management.workloadConnection(of: id.key))
            resource = try await client.resource(for: GroupVersionKind(group: "", version: "v1", kind: "Node"))
        } catch {
            return (false, error)
        }
        let (states, stateFeed) = AsyncStream.makeStream(of: WatchCache.State.self)
        let onNews = onNews
        let cache = WatchCache(
            resource,
            client: client,
            transform: Self.kept,
            onChange: { change in
                if let name = Self.changed(change) { onNews(.node(id, name: name)) }
            },
            onState: { stateFeed.yield($0) }
        )
        var wasSeen = false
        var failure: KubernetesFailure?
        await withDiscardingTaskGroup { group in
            group.addTask { await cache.run() }
            for await state in states {
                switch state {
                case .starting: break
                case .live:
                    wasSeen = true
                    update(id, number) { $0.live = (cache, client) }
                    onNews(.seen(id))
                case .failing(let reason): failure = reason
                }
                if failure != nil { break }
            }
            group.cancelAll()
        }
        return (wasSeen, failure)
    }

    /// Waits, but not longer than until somebody wants a try at once.
    private func pause(_ id: ClusterID, _ number: Int, _ delay: Duration) async {
        let (wishes, wish) = AsyncStream<Void>.makeStream()
        update(id, number) { $0.retry = wish }
        let pace = management.pace
        await withTaskGroup { group in
            group.addTask {
                // A cancelled sleep has done its work.
                _ = try? await pace.sleep(delay)
            }
            group.addTask { for await _ in wishes { return } }
            await group.next()
            group.cancelAll()
        }
        update(id, number) { $0.retry = nil }
    }

    private func update(_ id: ClusterID, _ number: Int, _ change: (inout Feed) -> Void) {
        feeds.withLock { feeds in
            guard var feed = feeds[id], feed.number == number else { return }
            change(&feed)
            feeds[id] = feed
        }
    }

    /// A Node's name and conditions are all that a health check looks at; heartbeats are not kept.
    static func kept(_ node: Manifest) -> Manifest {
        let conditions = (node.status["conditions"]?.array ?? []).map { condition in
            var kept = Object()
            for field in ["type", "status", "lastTransitionTime"] { kept[field] = condition[field] }
            return Value.object(kept)
        }
        var metadata: Object = ["name": .string(node.name)]
        metadata["resourceVersion"] = node.resourceVersion.map(Value.string)
        return Manifest([
            "apiVersion": "v1", "kind": "Node", "metadata": .object(metadata),
            "status": ["conditions": .array(conditions)],
        ])
    }

    /// The Node about which there is something new; nil for heartbeats.
    private static func changed(_ change: WatchCache.Change) -> String? {
        switch change {
        case .removed(let node): node.name
        case .put(let node, let previous): previous?.status == node.status ? nil : node.name
        }
    }
}
