package import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions

/// Reconciles the MachineHealthChecks of one management cluster until it is cancelled.
///
/// It watches health checks, Machines and Clusters there, and the Nodes of every workload cluster that has a health
/// check. Nothing is polled: a pass begins with a change, or when a timeout of what was seen has passed.
package struct MachineHealthCheckService: Sendable {
    let site: ReconcilerSite
    let budget: FleetRemediationBudget
    let denials: Denials

    static let manager = "martlet-health-checks"

    /// `onDenial` is told what the reconciler may not do, or nil when it may do everything.
    package init(
        _ site: ReconcilerSite,
        budget: FleetRemediationBudget,
        onDenial: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        self.site = site
        self.budget = budget
        denials = Denials("MachineHealthCheck", log: site.log, onChange: onDenial)
    }

    var client: APIClient { site.client }

    static let check = GroupKind(group: "cluster.x-k8s.io", kind: "MachineHealthCheck")
    static let machine = GroupKind(group: "cluster.x-k8s.io", kind: "Machine")

    /// Waits until the server has the kinds, then follows them.
    package func run() async {
        if let kinds = await site.waitForKinds([Self.check, Self.machine, ClusterID.kind], denials) {
            await serve(kinds)
        }
        denials.end()
    }

    private func serve(_ kinds: [APIResource]) async {
        let queue = WorkQueue<ObjectKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(ceiling: .seconds(30)),
            random: client.pace.random
        )
        let (news, feed) = AsyncStream.makeStream(of: HealthCheckNews.self)
        let nodes = site.nodes.follower { feed.yield(.workload($0)) }
        await site.observing(kinds, denials, onChange: { feed.yield(.change($0)) }) { caches in
            let world = HealthCheckWorld(checks: caches[0], machines: caches[1], clusters: caches[2], nodes: nodes)
            let pass = HealthCheckPass(service: self, world: world)
            for cache in caches {
                // Only cancellation ends the wait early.
                guard (try? await cache.waitForFirstFill()) != nil else { return }
            }
            for key in world.begin() { await queue.add(key) }
            await withDiscardingTaskGroup { group in
                group.addTask {
                    for await item in news {
                        // What comes together is looked at together.
                        for key in world.note(item) { await queue.add(key, after: .milliseconds(200)) }
                    }
                }
                group.addTask { await queue.run(width: 8) { key in await pass.run(key) } }
            }
        }
        nodes.end()
    }
}
