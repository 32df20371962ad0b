internal import FleetModel
internal import HTTPTransport
internal import KubernetesClient
internal import Logging
internal import ResourceSetReconcilers

/// The embedded reconcilers that a management cluster asks for, each as work that lasts until it is cancelled:
/// ClusterResourceSet so far.
///
/// They run on the lab only. On a real management cluster Cluster API's own controllers do this work, and doubling them
/// would be worse than doing nothing.
func embeddedReconcilers(
    for member: ManagementCluster,
    client: APIClient,
    transport: HTTPTransport,
    log: Logger
) -> [@Sendable () async -> Void] {
    guard member.clusterResourceSetRunner == .martlet else { return [] }
    guard member.connection == .lab else {
        log.warning("embedded reconcilers run on the lab only", metadata: ["cluster": "\(member.name)"])
        return []
    }
    let makeClient: @Sendable (ServerConnection) -> APIClient = {
        APIClient($0, transport: transport, pace: World.pace, timeout: .seconds(10))
    }
    let service = ResourceSetService(
        managementCluster: member.name,
        client: client,
        makeClient: makeClient,
        now: World.now,
        log: log
    )
    return [{ await service.run() }]
}
