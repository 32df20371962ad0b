internal import ControllerRuntime
package import KubernetesClient
package import KubernetesModel
package import Logging
internal import MachineDecisions
internal import StructuredValue

/// Reconciles the MachineHealthChecks of one management cluster until it is cancelled.
///
/// It watches health checks, Machines and Clusters there, and the Nodes of every workload cluster that has a health
/// check. Nothing is polled: a pass begins with a change, or when a timeout of what was seen has passed.
package struct MachineHealthCheckService: Sendable {
    let managementCluster: String
    let client: APIClient
    let makeClient: @Sendable (ServerConnection) -> APIClient
    let budget: FleetRemediationBudget
    let now: @Sendable () -> Timestamp
    let log: Logger

    static let manager = "martlet-health-checks"

    package init(
        managementCluster: String,
        client: APIClient,
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient,
        budget: FleetRemediationBudget,
        now: @escaping @Sendable () -> Timestamp,
        log: Logger
    ) {
        self.managementCluster = managementCluster
        self.client = client
        self.makeClient = makeClient
        self.budget = budget
        self.now = now
        var log = log
        log[metadataKey: "managementCluster"] = "\(managementCluster)"
        self.log = log
    }

    static let check = GroupKind(group: "cluster.x-k8s.io", kind: "MachineHealthCheck")
    static let machine = GroupKind(group: "cluster.x-k8s.io", kind: "Machine")
    static let cluster = GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")

    /// Waits until the server has the kinds, then follows them.
    package func run() async {
        while !Task.isCancelled {
            do {
                try await client.discoverAll()
                if let kinds = await kinds() { return await serve(kinds) }
            } catch {
                log.debug("health checks wait for the server", metadata: ["error": "\(error)"])
            }
            // Only cancellation ends the pause early, and the loop sees it.
            _ = try? await client.pace.sleep(.seconds(3))
        }
    }

    private func kinds() async -> [APIResource]? {
        var found: [APIResource] = []
        for kind in [Self.check, Self.machine, Self.cluster] {
            guard let resource = await client.discovery.preferredResource(for: kind) else { return nil }
            found.append(resource)
        }
        return found
    }

    private func serve(_ kinds: [APIResource]) async {
        let queue = WorkQueue<ObjectKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(ceiling: .seconds(30)),
            random: client.pace.random
        )
        let (news, feed) = AsyncStream.makeStream(of: HealthCheckNews.self)
        let caches = kinds.map { kind in
            WatchCache(kind, client: client, transform: Self.kept, onChange: { feed.yield(.change($0)) })
        }
        let nodes = WorkloadNodes(management: client, makeClient: makeClient) { feed.yield(.workload($0)) }
        let world = HealthCheckWorld(checks: caches[0], machines: caches[1], clusters: caches[2], nodes: nodes)
        let pass = HealthCheckPass(service: self, world: world)
        await withDiscardingTaskGroup { group in
            for cache in caches { group.addTask { await cache.run() } }
            group.addTask { await nodes.run() }
            group.addTask {
                for cache in caches {
                    // Only cancellation ends the wait early.
                    guard (try? await cache.waitForFirstFill()) != nil else { return }
                }
                for key in world.begin() { await queue.add(key) }
                await withDiscardingTaskGroup { inner in
                    inner.addTask {
                        for await item in news {
                            // What comes together is looked at together.
                            for key in world.note(item) { await queue.add(key, after: .milliseconds(200)) }
                        }
                    }
                    inner.addTask { await queue.run(width: 8) { key in await pass.run(key) } }
                }
            }
        }
    }

    /// Managed fields are half of every object, and nobody here reads them.
    private static func kept(_ object: Manifest) -> Manifest {
        var object = object
        object.value[path: "metadata", "managedFields"] = nil
        return object
    }
}
