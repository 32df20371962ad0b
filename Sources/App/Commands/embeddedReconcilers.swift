internal import FleetModel
internal import FleetReconcilers
internal import HTTPTransport
internal import KubernetesClient
internal import Logging
internal import MachineDecisions
internal import MachineReconcilers
internal import PoolReconcilers
internal import ResourceSetReconcilers

/// What the embedded reconcilers of all management clusters share.
struct ReconcilerSurroundings: Sendable {
    let transport: HTTPTransport
    let board: StatusBoard
    let budgets = FleetRemediationBudgets()
    let log: Logger
}

/// The embedded reconcilers that a management cluster asks for, each as work that lasts until it is cancelled.
///
/// The lab has no controllers of Cluster API. Elsewhere those may run, and doubling them would be worse than doing
/// nothing: there a reconciler runs only while none of them is found.
func embeddedReconcilers(
    for member: ManagementCluster,
    client: APIClient,
    in surroundings: ReconcilerSurroundings
) -> [@Sendable () async -> Void] {
    let makeClient: @Sendable (ServerConnection) -> APIClient = {
        APIClient($0, transport: surroundings.transport, pace: World.pace, timeout: .seconds(10))
    }
    let sets = ResourceSetService(
        managementCluster: member.name,
        client: client,
        makeClient: makeClient,
        now: World.now,
        log: surroundings.log
    )
    let budget = surroundings.budgets[member.homeFleet]
    budget.follow(limit: member.remediation.maxMachines, window: member.remediation.window)
    let checks = MachineHealthCheckService(
        managementCluster: member.name,
        client: client,
        makeClient: makeClient,
        budget: budget,
        now: World.now,
        log: surroundings.log
    )
    let pools = MachinePoolService(
        managementCluster: member.name,
        client: client,
        makeClient: makeClient,
        now: World.now,
        log: surroundings.log
    )
    let all: [(EmbeddedReconciler, Reconcilers.Runner, @Sendable () async -> Void)] = [
        (.clusterResourceSet, member.clusterResourceSetRunner, { await sets.run() }),
        (.machinePool, member.machinePoolRunner, { await pools.run() }),
        (.machineHealthCheck, member.machineHealthCheckRunner, { await checks.run() }),
    ]
    return all.filter { $0.1 == .martlet }.map { reconciler, _, work in
        if member.connection == .lab { return work }
        return { await host(reconciler, on: member.name, client, surroundings).run(work) }
    }
}

private func host(
    _ reconciler: EmbeddedReconciler,
    on managementCluster: String,
    _ client: APIClient,
    _ surroundings: ReconcilerSurroundings
) -> EmbeddedReconcilerHost {
    EmbeddedReconcilerHost(
        reconciler,
        managementCluster: managementCluster,
        client: client,
        now: World.now,
        log: surroundings.log,
        onVerdict: { sign in
            let text = sign.map { "Martlet does not reconcile \(reconciler.rawValue)s: \($0.reason)" }
            surroundings.board.setNotice(text, topic: reconciler.rawValue, of: managementCluster)
        }
    )
}
