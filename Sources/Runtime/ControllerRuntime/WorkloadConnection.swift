internal import FoundationEssentials
package import KubernetesClient
package import KubernetesModel
internal import SourceDiagnostics
internal import StructuredValue

extension APIClient {
    /// How a workload cluster is reached, by its kubeconfig Secret on this management cluster. The kubeconfig is read by
    /// the rules for untrusted ones: no programs, no files, no switched-off checks.
    package func workloadConnection(of cluster: ObjectKey) async throws(KubernetesFailure) -> ServerConnection {
        let operation = "connect to workload cluster \(cluster.namespace)/\(cluster.name)"
        let secret = "\(cluster.name)-kubeconfig"
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Secret")
        guard let object = try await get(kind, namespace: cluster.namespace, name: secret) else {
            throw KubernetesFailure(.unreachable, operation: operation, message: "there is no Secret \(secret) yet")
        }
        guard let encoded = object.value["data"]?["value"]?.string, let bytes = Data(base64Encoded: encoded) else {
            throw KubernetesFailure(
                .configuration,
                operation: operation,
                message: "the Secret \(secret) has no key “value”"
            )
        }
        do {
            let text = String(decoding: bytes, as: UTF8.self)
            let file = "Secret \(cluster.namespace)/\(secret)"
            return try Kubeconfig(text: text, file: file, rules: .untrusted).connection()
        } catch {
            throw KubernetesFailure(.configuration, operation: operation, message: "\(error)")
        }
    }
}
