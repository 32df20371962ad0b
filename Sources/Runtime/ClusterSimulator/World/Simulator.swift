import APIServer
import ControllerRuntime
import KubernetesModel
import Logging
import StructuredValue
import Synchronization

/// Cluster API's life cycle for one management cluster: watches its objects and keeps every workload cluster moving.
/// All decisions are in `decide`; here is only what drives them.
struct Simulator: Sendable {
    private let client: InProcessClient
    private let pass: ClusterPass
    private let mirror: ClusterMirror
    private let kinds: KindDirectory
    private let queue: WorkQueue<ClusterKey, ContinuousClock>
    private let watchers = TaskPump()
    private let clock: ServerClock
    private let logger: Logger

    init(client: InProcessClient, workloads: WorkloadClusters, clock: ServerClock, rules: LabRules, logger: Logger) {
        self.client = client
        self.clock = clock
        self.logger = logger
        let mirror = ClusterMirror()
        let kinds = KindDirectory(client)
        let queue = WorkQueue<ClusterKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(base: .milliseconds(200), ceiling: .seconds(15)),
            random: { Double(clock.random() >> 11) / Double(1 << 53) }
        )
        let watchers = watchers
        self.mirror = mirror
        self.kinds = kinds
        self.queue = queue
        pass = ClusterPass(
            client: client,
            mirror: mirror,
            kinds: kinds,
            workloads: workloads,
            clock: clock,
            rules: rules,
            logger: logger,
            onNewWorkload: { cluster in
                watchers.add { await Self.watchNodes(of: cluster, queue, clock) }
            }
        )
    }

    /// Runs until the task is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await watchers.run() }
            // Nothing is decided before everything has been read once: what is not known yet would be made again.
            kinds.refresh()
            var first: Set<ClusterKey> = []
            for kind in kinds.followed { first.formUnion(follow(kind)) }
            for cluster in first.sorted() { await queue.add(cluster) }
            watchers.add { await watchDefinitions() }
            await queue.run(width: 4) { await pass.run($0) }
            group.cancelAll()
        }
    }

    /// Reads a kind and starts its watch.
    private func follow(_ kind: GroupVersionKind) -> Set<ClusterKey> {
        guard kinds.begin(kind) else { return [] }
        let labels = kind.group.isEmpty ? CAPI.clusterLabel : ""
        guard let list = try? client.list(kind, labels: labels) else {
            // The kind is gone again.
            kinds.end(kind)
            return []
        }
        let concerned = mirror.replace(kind.groupKind, with: list.items.map { Manifest($0) })
        watchers.add { await watch(kind, labels: labels, after: list.resourceVersion) }
        return concerned
    }

    private func watch(_ kind: GroupVersionKind, labels: String, after version: String) async {
        var version = version
        while !Task.isCancelled {
            do {
                let feed = try client.watch(kind, after: version, labels: labels)
                try await feed.events { event in
                    let object = Manifest(event.object)
                    var concerned: Set<ClusterKey> = []
                    switch event.kind {
                    case .added, .modified: concerned = mirror.store(object)
                    case .deleted: concerned = mirror.remove(object, isOwn: false)
                    case .bookmark, .error: break
                    }
                    for cluster in concerned { await queue.add(cluster) }
                }
                if Task.isCancelled { return }
                // The watch fell behind or its time is over: begin anew.
                let list = try client.list(kind, labels: labels)
                version = list.resourceVersion
                for cluster in mirror.replace(kind.groupKind, with: list.items.map { Manifest($0) }) {
                    await queue.add(cluster)
                }
            } catch is CancellationError {
                return
            } catch {
                // The kind is not served any more.
                kinds.end(kind)
                return
            }
        }
    }

    /// Follows kinds that come later.
    private func watchDefinitions() async {
        let definitions = GroupVersionKind(
            group: "apiextensions.k8s.io",
            version: "v1",
            kind: "CustomResourceDefinition"
        )
        while !Task.isCancelled {
            do {
                let feed = try client.watch(definitions)
                try await feed.events { event in
                    guard event.object[path: "spec", "group"]?.string?.hasSuffix(CAPI.core) == true else { return }
                    kinds.refresh()
                    for kind in kinds.followed { for cluster in follow(kind) { await queue.add(cluster) } }
                }
            } catch is CancellationError {
                return
            } catch {
                logger.warning("definitions cannot be watched", metadata: ["error": "\(error)"])
                guard (try? await clock.sleep(.seconds(5))) != nil else { return }  // cancelled
            }
        }
    }

    /// Looks at a cluster again when somebody touches its Nodes.
    private static func watchNodes(
        of cluster: WorkloadCluster,
        _ queue: WorkQueue<ClusterKey, ContinuousClock>,
        _ clock: ServerClock
    ) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                while !Task.isCancelled {
                    do {
                        let feed = try cluster.client.watch(GroupVersionKind(group: "", version: "v1", kind: "Node"))
                        try await feed.events { _ in await queue.add(cluster.key, after: .milliseconds(20)) }
                    } catch {
                        // Cancelled, or there is no such kind, which cannot be.
                        return
                    }
                }
            }
            for await _ in cluster.life {}
            group.cancelAll()
        }
    }
}
