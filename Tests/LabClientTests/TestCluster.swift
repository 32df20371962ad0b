import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import ServerTestSupport
import StructuredValue
import Testing

/// A cluster to test against: the one that MARTLET_TEST_KUBECONFIG names, else an API server of ours in this process.
///
/// A named cluster may be shared and used before, so every test works in a namespace of its own.
struct TestCluster: Sendable {
    static let transport = HTTPTransport()
    static let pace = Pace(clock: ContinuousClock(), random: { Double.random(in: 0..<1) })
    static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")

    var connection: ServerConnection
    /// Exists already.
    var namespace: String

    static func with(_ body: @escaping @Sendable (TestCluster) async throws -> Void) async throws {
        if let path = ProcessInfo.processInfo.environment["MARTLET_TEST_KUBECONFIG"] {
            let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
            try await with(kubeconfig: text, directory: URL(filePath: path).deletingLastPathComponent().path(), body)
        } else {
            try await TestServer().serving { address in
                try await with(kubeconfig: address.kubeconfig, directory: "/", body)
            }
        }
    }

    private static func with(
        kubeconfig text: String,
        directory: String,
        _ body: @Sendable (TestCluster) async throws -> Void
    ) async throws {
        let kubeconfig = try Kubeconfig(text: text, file: "kubeconfig", rules: .operatorGiven(directory: directory))
        let namespace = "martlet-test-\(UUID().uuidString.prefix(8).lowercased())"
        let cluster = TestCluster(connection: try kubeconfig.connection(), namespace: namespace)
        let client = cluster.client()
        let object = Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]])
        try await client.create(object, fieldManager: "test")
        try await body(cluster)
        try await client.delete(object.groupVersionKind, namespace: "", name: namespace)
    }

    func client(
        server: String? = nil,
        limits: RequestBudget.Limits = .init(),
        pace: Pace = Self.pace
    ) -> APIClient {
        var connection = connection
        if let server { connection.server = server }
        return APIClient(connection, transport: Self.transport, pace: pace, limits: limits)
    }

    func settings(_ name: String, _ data: Value = ["colour": "blue"]) -> Manifest {
        Manifest([
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": ["name": .string(name), "namespace": .string(namespace)], "data": data,
        ])
    }
}

/// The failure of an operation that must fail.
func failure(
    sourceLocation: Testing.SourceLocation = #_sourceLocation,
    _ body: () async throws(KubernetesFailure) -> Void
) async -> KubernetesFailure? {
    do {
        try await body()
        Issue.record("nothing failed", sourceLocation: sourceLocation)
        return nil
    } catch {
        return error
    }
}
