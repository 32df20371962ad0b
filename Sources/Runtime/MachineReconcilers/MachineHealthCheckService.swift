package import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import Synchronization

/// Reconciles the MachineHealthChecks of one management cluster until it is cancelled.
///
/// It watches health checks, Machines and Clusters there, and the Nodes of every workload cluster that has a health
/// check. Nothing is polled: a pass begins with a change, or when a timeout of what was seen has passed.
package struct MachineHealthCheckService: Sendable {
    let site: ReconcilerSite
    let budget: FleetRemediationBudget
    let reports: Reports
    let denials: Denials
    private let restrictions = Restrictions()

    static let manager = "martlet-health-checks"

    /// Whom to tell what beside the objects themselves.
    package struct Reports: Sendable {
        /// Told what the reconciler may not do, or nil when it may do everything.
        package var onDenial: @Sendable (String?) -> Void = { _ in }
        /// Told why sick Machines are not remediated, or nil when none is held back.
        package var onRestriction: @Sendable (String?) -> Void = { _ in }
        /// Told of each Machine that is handed over.
        package var onHandOver: @Sendable () -> Void = {}

        package init() {}
    }

    package init(_ site: ReconcilerSite, budget: FleetRemediationBudget, reports: Reports = Reports()) {
        self.site = site
        self.budget = budget
        self.reports = reports
        denials = Denials("MachineHealthCheck", log: site.log, onChange: reports.onDenial)
    }

    private final class Restrictions: Sendable {
        let messages = Mutex(StandingMessages())
    }

    /// Takes note of why a check holds sick Machines back; nil when it does not.
    func restrict(_ reason: String?, _ check: ObjectKey) {
        let (before, after) = restrictions.messages.withLock { messages in
            let before = messages.shown
            messages["\(check.namespace)/\(check.name)"] = reason.map {
                "MachineHealthCheck \(check.namespace)/\(check.name): \($0)"
            }
            return (before, messages.shown)
        }
        if before != after { reports.onRestriction(after) }
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
        reports.onRestriction(nil)
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
