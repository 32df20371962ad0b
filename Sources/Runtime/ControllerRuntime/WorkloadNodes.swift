package import KubernetesClient
package import KubernetesModel
package import Logging
internal import StructuredValue
internal import Synchronization

/// The Nodes of workload clusters: one watch for each cluster that somebody asks about, whoever asks.
///
/// ```
///            follow                  the list has arrived
///   (none) ─────────► connecting ──────────────────────────► seen
///                        ▲  │ fails for the grace              │ the watch breaks
///                        │  ▼                                  │
///                        └─ unreachable ◄── fails on ── connecting
/// ```
/// A cluster is seen or it is not. As soon as its watch breaks it is not, and stays so until a new list has arrived:
/// what was known before says nothing about what is now.
package final class WorkloadNodes: Sendable {
    /// What can be seen of a cluster.
    package enum Sight: Sendable {
        case nodes([String: Manifest], client: APIClient)
        /// There was no answer yet, or it is missing for a moment only.
        case connecting(String)
        /// It has been asked for a while and does not answer.
        case unreachable(String)
    }

    /// What makes somebody look again.
    package enum News: Sendable {
        /// Something about a Node that is no heartbeat.
        case node(ClusterID, WatchCache.Change)
        /// A cluster is seen now.
        case seen(ClusterID)
        /// A cluster has become unreachable.
        case lost(ClusterID)
    }

    /// How long a connection may be lost before it counts as lost: watches break now and then and are back at once.
    package static let grace = Duration.seconds(3)

    private struct Feed {
        /// Tells a feed from an earlier one of the same cluster, which may still be ending.
        var number: Int
        var followers: Set<Int>
        var stop: AsyncStream<Void>.Continuation
        /// Ends a pause between two tries; nil while there is none.
        var retry: AsyncStream<Void>.Continuation?
        var live: (cache: WatchCache, client: APIClient)?
        var problem = "it has not answered yet"
        /// Since when it fails, in the pace's time.
        var failingSince: Duration?
    }

    private struct State {
        var feeds: [ClusterID: Feed] = [:]
        var followers: [Int: @Sendable (News) -> Void] = [:]
        var count = 0

        mutating func nextNumber() -> Int {
            count += 1
            return count
        }
    }

    private let management: APIClient
    private let makeClient: @Sendable (ServerConnection) -> APIClient
    private let log: Logger
    private let state = Mutex(State())
    private let starts: AsyncStream<@Sendable () async -> Void>
    private let starter: AsyncStream<@Sendable () async -> Void>.Continuation

    package init(
        management: APIClient,
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient,
        log: Logger
    ) {
        self.management = management
        self.makeClient = makeClient
        self.log = log
        (starts, starter) = AsyncStream.makeStream()
    }

    /// Keeps the watches going until cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await work in starts { group.addTask { await work() } }
            group.cancelAll()
        }
    }

    // MARK: Followers

    /// One of those who ask. A cluster is watched while somebody follows it.
    package struct Follower: Sendable {
        fileprivate let nodes: WorkloadNodes
        fileprivate let number: Int

        /// Follows a cluster from now on.
        package func follow(_ id: ClusterID) { nodes.follow(id, number) }

        /// Follows a cluster no longer.
        package func leave(_ id: ClusterID) { nodes.leave(number) { $0 == id } }

        /// Follows no other clusters than these any longer.
        package func leave(allBut used: Set<ClusterID>) { nodes.leave(number) { !used.contains($0) } }

        /// Follows nothing any more, and hears no news.
        package func end() {
            nodes.leave(number) { _ in true }
            nodes.state.withLock { $0.followers[number] = nil }
        }

        /// Tries at once to reach a cluster that is not seen.
        package func retry(_ id: ClusterID) { nodes.state.withLock { $0.feeds[id]?.retry }?.yield() }

        /// What can be seen of a cluster now.
        package func sight(of id: ClusterID) -> Sight { nodes.sight(of: id) }
    }

    /// Somebody new, who hears of the clusters that he follows. `onNews` is called by watches and must be quick.
    package func follower(onNews: @escaping @Sendable (News) -> Void) -> Follower {
        let number = state.withLock { state in
            let number = state.nextNumber()
            state.followers[number] = onNews
            return number
        }
        return Follower(nodes: self, number: number)
    }

    private func follow(_ id: ClusterID, _ follower: Int) {
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let number = state.withLock { state -> Int? in
            if state.feeds[id] != nil {
                state.feeds[id]?.followers.insert(follower)
                return nil
            }
            let number = state.nextNumber()
            state.feeds[id] = Feed(number: number, followers: [follower], stop: stop)
            return number
        }
        guard let number else { return }
        starter.yield {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.serve(id, number) }
                for await _ in stops {}
                group.cancelAll()
            }
        }
    }

    private func leave(_ follower: Int, _ isLeft: (ClusterID) -> Bool) {
        let ended = state.withLock { state in
            var ended: [AsyncStream<Void>.Continuation] = []
            for (id, var feed) in state.feeds where feed.followers.contains(follower) && isLeft(id) {
                feed.followers.remove(follower)
                if feed.followers.isEmpty { ended.append(feed.stop) }
                state.feeds[id] = feed.followers.isEmpty ? nil : feed
            }
            return ended
        }
        for stop in ended { stop.finish() }
    }

    private func tell(_ news: News, of id: ClusterID) {
        let observers = state.withLock { state in
            (state.feeds[id]?.followers ?? []).compactMap { state.followers[$0] }
        }
        for observer in observers { observer(news) }
    }

    private func sight(of id: ClusterID) -> Sight {
        guard let feed = state.withLock({ $0.feeds[id] }) else {
            return .connecting("the API server of \(id) is not reached: nobody follows it yet")
        }
        if let live = feed.live, live.cache.state == .live {
            let nodes = live.cache.objects.values
            return .nodes(Dictionary(nodes.map { ($0.name, $0) }, uniquingKeysWith: { $1 }), client: live.client)
        }
        let problem = "the API server of \(id) is not reached: \(feed.problem)"
        guard let since = feed.failingSince, management.pace.now() - since >= Self.grace else {
            return .connecting(problem)
        }
        return .unreachable(problem)
    }

    // MARK: Watching

    /// Connects, watches until something breaks, and connects again, with growing delays between failures.
    private func serve(_ id: ClusterID, _ number: Int) async {
        var failures = 0
        while !Task.isCancelled {
            let (wasSeen, failure) = await watch(id, number)
            if Task.isCancelled { return }
            failures = wasSeen ? 1 : failures + 1
            note(failure, of: id, number)
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
        let cache = WatchCache(
            resource,
            client: client,
            transform: Self.kept,
            onChange: { if Self.matters($0) { self.tell(.node(id, $0), of: id) } },
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
                    update(id, number) { feed in
                        feed.live = (cache, client)
                        feed.failingSince = nil
                    }
                    tell(.seen(id), of: id)
                case .failing(let reason): failure = reason
                }
                if failure != nil { break }
            }
            group.cancelAll()
        }
        return (wasSeen, failure)
    }

    /// Takes note that a cluster is not seen, and tells so when that lasts.
    private func note(_ failure: KubernetesFailure?, of id: ClusterID, _ number: Int) {
        let now = management.pace.now()
        let problem = failure.map { "\($0.message)" } ?? "the watch has ended"
        var isFirst = false
        var isNew = false
        update(id, number) { feed in
            isFirst = feed.failingSince == nil
            isNew = feed.problem != problem
            feed.live = nil
            feed.problem = problem
            if isFirst { feed.failingSince = now }
        }
        if isNew {
            let needsSomebody = failure.map { !$0.isRetryable && $0.kind != .cancelled } ?? false
            log.log(
                level: needsSomebody ? .warning : .debug,
                "a workload cluster is not reached",
                metadata: ["cluster": "\(id)", "reason": "\(problem)"]
            )
        }
        guard isFirst else { return }
        starter.yield {
            // Only cancellation ends the pause early.
            guard (try? await self.management.pace.sleep(Self.grace)) != nil else { return }
            if case .unreachable = self.sight(of: id) { self.tell(.lost(id), of: id) }
        }
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
        state.withLock { state in
            guard var feed = state.feeds[id], feed.number == number else { return }
            change(&feed)
            state.feeds[id] = feed
        }
    }

    // MARK: Nodes

    /// What decisions look at; kubelets write much more, and often.
    package static func kept(_ node: Manifest) -> Manifest {
        let conditions = (node.status["conditions"]?.array ?? []).map { condition in
            var kept = Object()
            for field in ["type", "status", "lastTransitionTime"] { kept[field] = condition[field] }
            // Of what is as it should be nobody asks why.
            let isWell = (condition["type"] == "Ready") == (condition["status"] == "True")
            if !isWell { kept["reason"] = condition["reason"] }
            return Value.object(kept)
        }
        var metadata = Object()
        for field in ["name", "uid", "resourceVersion", "deletionTimestamp", "annotations"] {
            metadata[field] = node.metadata[field]
        }
        var spec = Object()
        for field in ["providerID", "taints"] { spec[field] = node.spec[field] }
        var status: Object = ["conditions": .array(conditions)]
        if let version = node.status[path: "nodeInfo", "kubeletVersion"] {
            status["nodeInfo"] = ["kubeletVersion": version]
        }
        return Manifest([
            "apiVersion": "v1", "kind": "Node", "metadata": .object(metadata), "spec": .object(spec),
            "status": .object(status),
        ])
    }

    private static func matters(_ change: WatchCache.Change) -> Bool {
        guard case .put(var node, var before?) = change else { return true }
        node.value[path: "metadata", "resourceVersion"] = nil
        before.value[path: "metadata", "resourceVersion"] = nil
        return node != before
    }
}
