internal import FoundationEssentials
internal import KubernetesClient
internal import KubernetesModel
internal import SourceDiagnostics
internal import StructuredValue
internal import Synchronization

/// The clients of workload clusters, made from their kubeconfig Secrets and kept while those stay the same.
final class WorkloadClients: Sendable {
    private let management: APIClient
    private let makeClient: @Sendable (ServerConnection) -> APIClient
    private let known = Mutex<[String: (connection: ServerConnection, client: APIClient)]>([:])

    init(management: APIClient, makeClient: @escaping @Sendable (ServerConnection) -> APIClient) {
        self.management = management
        self.makeClient = makeClient
    }

    /// The client of a Cluster whose API server answers.
    func client(of cluster: Manifest) async throws(KubernetesFailure) -> APIClient {
        let operation = "connect to workload cluster \(cluster.namespace)/\(cluster.name)"
        let secret = "\(cluster.name)-kubeconfig"
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Secret")
        guard let object = try await management.get(kind, namespace: cluster.namespace, name: secret) else {
            throw KubernetesFailure(.unreachable, operation: operation, message: "there is no Secret \(secret) yet")
        }
        guard let encoded = object.value["data"]?["value"]?.string, let bytes = Data(base64Encoded: encoded) else {
            throw KubernetesFailure(
                .configuration,
                operation: operation,
                message: "the Secret \(secret) has no key “value”"
            )
        }
        let connection: ServerConnection
        do {
            let text = String(decoding: bytes, as: UTF8.self)
            let file = "Secret \(cluster.namespace)/\(secret)"
            connection = try Kubeconfig(text: text, file: file, rules: .untrusted).connection()
        } catch {
            throw KubernetesFailure(.configuration, operation: operation, message: "\(error)")
        }
        let key = "\(cluster.namespace)/\(cluster.name)"
        let client = known.withLock { known in
            if let old = known[key], old.connection == connection { return old.client }
            let client = makeClient(connection)
            known[key] = (connection, client)
            return client
        }
        _ = try await client.raw("/version")
        return client
    }

    func forget(_ namespace: String, _ name: String) {
        _ = known.withLock { $0.removeValue(forKey: "\(namespace)/\(name)") }
    }
}
