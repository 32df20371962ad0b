internal import ControllerRuntime
internal import FleetModel
internal import FleetReconcilers
internal import KubernetesClient
internal import Logging
internal import MachineDecisions
internal import MachineReconcilers
internal import PoolReconcilers
internal import ResourceSetReconcilers
internal import Telemetry

/// What the embedded reconcilers of all management clusters share.
struct ReconcilerSurroundings: Sendable {
    /// The client of a workload cluster.
    let makeClient: @Sendable (ServerConnection) -> APIClient
    let board: StatusBoard
    let metrics: MetricsRegistry
    let budgets: FleetRemediationBudgets
    let log: Logger
}

/// The embedded reconcilers that a management cluster asks for, each as work that lasts until it is cancelled.
///
/// The lab has no controllers of Cluster API. Elsewhere those may run, and doubling them would be worse than doing
/// nothing: there a reconciler runs only while none of them is found.
func embeddedReconcilers(
    for member: ManagementCluster,
    watches: WatchCaches,
    in surroundings: ReconcilerSurroundings
) -> [@Sendable () async -> Void] {
    let site = ReconcilerSite(
        managementCluster: member.name,
        watches: watches,
        makeClient: surroundings.makeClient,
        now: World.now,
        log: surroundings.log
    )
    let budget = surroundings.budgets[member.homeFleet]
    budget.follow(limit: member.remediation.maxMachines, window: member.remediation.window)
    func denial(_ reconciler: EmbeddedReconciler) -> @Sendable (String?) -> Void {
        { surroundings.board.setNotice($0, topic: "\(reconciler.rawValue)/access", of: member.name) }
    }
    let sets = ResourceSetService(site, onDenial: denial(.clusterResourceSet))
    let pools = MachinePoolService(site, onDenial: denial(.machinePool))
    var reports = MachineHealthCheckService.Reports()
    reports.onDenial = denial(.machineHealthCheck)
    reports.onRestriction = { surroundings.board.setNotice($0, topic: "RemediationRestricted", of: member.name) }
    reports.onHandOver = {
        surroundings.metrics.add(
            "martlet_remediations_total",
            1,
            ["fleet": member.homeFleet, "management_cluster": member.name]
        )
    }
    let checks = MachineHealthCheckService(site, budget: budget, reports: reports)
    let all: [(EmbeddedReconciler, Reconcilers.Runner, @Sendable () async -> Void)] = [
        (.clusterResourceSet, member.clusterResourceSetRunner, { await sets.run() }),
        (.machinePool, member.machinePoolRunner, { await pools.run() }),
        (.machineHealthCheck, member.machineHealthCheckRunner, { await checks.run() }),
    ]
    let wanted = all.filter { $0.1 == .martlet }.map { reconciler, _, work -> @Sendable () async -> Void in
        if member.connection == .lab { return work }
        let host = EmbeddedReconcilerHost(
            reconciler,
            on: site,
            onVerdict: { sign in
                let text = sign.map { "Martlet does not reconcile \(reconciler.rawValue)s: \($0.reason)" }
                surroundings.board.setNotice(text, topic: reconciler.rawValue, of: member.name)
            },
            onDenial: denial(reconciler)
        )
        return { await host.run(work) }
    }
    return wanted.isEmpty ? [] : wanted + [{ await site.nodes.run() }]
}
