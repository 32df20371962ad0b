internal import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import Logging
internal import MachineDecisions
internal import StructuredValue

/// Reconciles the ClusterResourceSets of one management cluster until it is cancelled.
package struct ResourceSetService: Sendable {
    let managementCluster: String
    let client: APIClient
    let makeClient: @Sendable (ServerConnection) -> APIClient
    let now: @Sendable () -> Timestamp
    let log: Logger

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
        self.log = log
    }

    static let set = GroupKind(group: "addons.cluster.x-k8s.io", kind: "ClusterResourceSet")
    static let binding = GroupKind(group: "addons.cluster.x-k8s.io", kind: "ClusterResourceSetBinding")
    static let cluster = GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")
    static let configMap = GroupKind(group: "", kind: "ConfigMap")
    static let secret = GroupKind(group: "", kind: "Secret")

    /// Waits until the server has the kinds, then follows them.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await client.discoverAll()
                if let kinds = await kinds() { await serve(kinds) }
                try await client.pace.sleep(.seconds(3))
            } catch {
                // Cancelled or not reachable: the loop's condition tells which, and the pause is the same.
                _ = try? await client.pace.sleep(.seconds(3))
            }
        }
    }

    private func kinds() async -> [APIResource]? {
        var found: [APIResource] = []
        for kind in [Self.set, Self.binding, Self.cluster, Self.configMap, Self.secret] {
            guard let resource = await client.discovery.preferredResource(for: kind) else { return nil }
            found.append(resource)
        }
        return found
    }

    private func serve(_ kinds: [APIResource]) async {
        let pace = client.pace
        let queue = WorkQueue<ObjectKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(ceiling: .seconds(15)),
            random: pace.random
        )
        let (news, feed) = AsyncStream.makeStream(of: ResourceSetNews.self)
        let pump = TaskPump()
        let caches = kinds.map { kind in
            WatchCache(kind, client: client, transform: Self.kept, onChange: { feed.yield(.changed($0)) })
        }
        let pass = ResourceSetPass(
            service: self,
            bindingVersion: kinds[1].groupVersionKind,
            caches: caches,
            clients: WorkloadClients(management: client, makeClient: makeClient),
            workloads: WorkloadObjects(pump: pump, tell: { feed.yield(.workload($0)) })
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await pump.run() }
            for cache in caches { group.addTask { await cache.run() } }
            group.addTask {
                for cache in caches {
                    // Only cancellation ends the wait early.
                    guard (try? await cache.waitForFirstFill()) != nil else { return }
                }
                for key in caches[0].objects.keys { await queue.add(key) }
                for key in caches[1].objects.keys { await queue.add(key) }
                await withDiscardingTaskGroup { inner in
                    inner.addTask {
                        for await entry in news {
                            switch entry {
                            case .changed(let change): for key in pass.keys(for: change) { await queue.add(key) }
                            case .workload(let cluster):
                                for key in pass.keys(forWorkload: cluster) { await queue.add(key) }
                            }
                        }
                    }
                    inner.addTask { await queue.run(width: 8) { key in await pass.run(key) } }
                }
            }
        }
    }

    /// Only metadata of ConfigMaps and Secrets is kept; their data is read when it is applied.
    private static func kept(_ object: Manifest) -> Manifest {
        guard object.kind == "ConfigMap" || object.kind == "Secret" else { return object }
        var object = object
        for field in ["data", "stringData", "binaryData"] { object.value[field] = nil }
        return object
    }
}

/// What may make a pass necessary.
enum ResourceSetNews: Sendable {
    /// An object of the management cluster.
    case changed(WatchCache.Change)
    /// Something that was applied to a workload cluster.
    case workload(ObjectKey)
}
