internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Synchronization

/// The clients of workload clusters, made from their kubeconfig Secrets and kept while those stay the same.
final class WorkloadClients: Sendable {
    private let management: APIClient
    private let makeClient: @Sendable (ServerConnection) -> APIClient
    private let known = Mutex<[ObjectKey: (connection: ServerConnection, client: APIClient)]>([:])

    init(management: APIClient, makeClient: @escaping @Sendable (ServerConnection) -> APIClient) {
        self.management = management
        self.makeClient = makeClient
    }

    /// The client of a Cluster whose API server answers.
    func client(of cluster: Manifest) async throws(KubernetesFailure) -> APIClient {
        let connection = try await management.workloadConnection(of: cluster.key)
        let key = cluster.key
        let client = known.withLock { known in
            if let old = known[key], old.connection == connection { return old.client }
            let client = makeClient(connection)
            known[key] = (connection, client)
            return client
        }
        _ = try await client.raw("/version")
        return client
    }

    func forget(_ cluster: ObjectKey) { _ = known.withLock { $0.removeValue(forKey: cluster) } }
}
