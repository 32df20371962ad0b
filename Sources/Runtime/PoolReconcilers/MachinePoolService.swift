internal import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import Logging
internal import MachineDecisions
internal import StructuredValue

/// Reconciles the MachinePools of one management cluster until it is cancelled.
package struct MachinePoolService: Sendable {
    let managementCluster: String
    let client: APIClient
    let makeClient: @Sendable (ServerConnection) -> APIClient
    let now: @Sendable () -> Timestamp
    let log: Logger

    /// `makeClient` makes the clients of workload clusters.
    package init(
        managementCluster: String,
        client: APIClient,
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient,
        now: @escaping @Sendable () -> Timestamp,
        log: Logger
    ) {
        self.managementCluster = managementCluster
        self.client = client
        self.makeClient = makeClient
        self.now = now
        var log = log
        log[metadataKey: "managementCluster"] = "\(managementCluster)"
        self.log = log
    }

    static let pool = MachinePoolSpec.groupKind
    static let cluster = GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")
    static let machine = GroupKind(group: "cluster.x-k8s.io", kind: "Machine")

    /// Waits until the server has the kinds, then follows them.
    package func run() async {
        let patience = Backoff(base: .seconds(1), ceiling: .seconds(60))
        var tries = 0
        while !Task.isCancelled {
            tries += 1
            do {
                try await client.discoverAll()
                if let kinds = await kinds() { await serve(kinds) }
            } catch {
                if !error.isRetryable, error.kind != .cancelled {
                    log.warning("the API cannot be discovered", metadata: ["error": "\(error)"])
                }
            }
            // Only cancellation ends the pause early, and the loop sees it.
            _ = try? await client.pace.sleep(patience.delay(failures: tries, random: client.pace.random()))
        }
    }

    private func kinds() async -> [APIResource]? {
        var found: [APIResource] = []
        for kind in [Self.pool, Self.cluster, Self.machine] {
            guard let resource = await client.discovery.preferredResource(for: kind) else { return nil }
            found.append(resource)
        }
        return found
    }

    private func serve(_ kinds: [APIResource]) async {
        let queue = WorkQueue<ObjectKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(ceiling: .seconds(15)),
            random: client.pace.random
        )
        let (news, feed) = AsyncStream.makeStream(of: PoolNews.self)
        let pump = TaskPump()
        let caches = kinds.map { kind in
            WatchCache(kind, client: client, transform: Self.kept, onChange: { feed.yield(.changed($0)) })
        }
        let pass = PoolPass(
            service: self,
            pools: caches[0],
            clusters: caches[1],
            machines: caches[2],
            providers: ProviderWatches(client: client, pump: pump, tell: { feed.yield($0) }),
            nodes: WorkloadNodes(service: self, pump: pump, tell: { feed.yield($0) })
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await pump.run() }
            for cache in caches { group.addTask { await cache.run() } }
            group.addTask {
                for cache in caches {
                    // Only cancellation ends the wait early.
                    guard (try? await cache.waitForFirstFill()) != nil else { return }
                }
                for key in caches[0].objects.keys.sorted() { await queue.add(key) }
                await withDiscardingTaskGroup { inner in
                    inner.addTask {
                        for await entry in news {
                            for key in pass.keys(for: entry) { await queue.add(key) }
                        }
                    }
                    inner.addTask { await queue.run(width: 8) { key in await pass.run(key) } }
                }
            }
        }
    }

    /// What decisions never look at is not kept.
    private static func kept(_ object: Manifest) -> Manifest {
        var object = object
        switch object.kind {
        case "Cluster": object.value[path: "spec", "topology"] = nil
        case "Machine":
            if object.label(MachinePoolSpec.poolLabel) != nil { return object }
            object.value["spec"] = nil
            object.value["status"] = nil
        default: break
        }
        object.value[path: "metadata", "managedFields"] = nil
        return object
    }
}

/// What may make a pass necessary.
enum PoolNews: Sendable {
    /// An object of the management cluster.
    case changed(WatchCache.Change)
    /// A kind of a provider was read for the first time, or can be read again.
    case kindIsLive
    /// The Nodes of a workload cluster, or whether it answers.
    case nodes(ObjectKey)
}
