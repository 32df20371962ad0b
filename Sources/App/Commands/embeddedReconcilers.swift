internal import FleetModel
internal import HTTPTransport
internal import KubernetesClient
internal import Logging
internal import PoolReconcilers
internal import ResourceSetReconcilers

/// The embedded reconcilers that a management cluster asks for, each as work that lasts until it is cancelled:
/// ClusterResourceSet and MachinePool.
///
/// They run on the lab only. On a real management cluster Cluster API's own controllers do this work, and doubling them
/// would be worse than doing nothing.
func embeddedReconcilers(
    for member: ManagementCluster,
    client: APIClient,
    transport: HTTPTransport,
    log: Logger
) -> [@Sendable () async -> Void] {
    let runners = [member.clusterResourceSetRunner, member.machinePoolRunner]
    guard runners.contains(.martlet) else { return [] }
    guard member.connection == .lab else {
        log.warning("embedded reconcilers run on the lab only", metadata: ["cluster": "\(member.name)"])
        return []
    }
    let makeClient: @Sendable (ServerConnection) -> APIClient = {
        APIClient($0, transport: transport, pace: World.pace, timeout: .seconds(10))
    }
    var work: [@Sendable () async -> Void] = []
    if member.clusterResourceSetRunner == .martlet {
        let service = ResourceSetService(
            managementCluster: member.name,
            client: client,
            makeClient: makeClient,
            now: World.now,
            log: log
        )
        work.append { await service.run() }
    }
    if member.machinePoolRunner == .martlet {
        let service = MachinePoolService(
            managementCluster: member.name,
            client: client,
            makeClient: makeClient,
            now: World.now,
            log: log
        )
        work.append { await service.run() }
    }
    return work
}
