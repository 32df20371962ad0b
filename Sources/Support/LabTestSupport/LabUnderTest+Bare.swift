import ClusterSimulator
package import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import ServerTestSupport
import StructuredValue

/// Management clusters without any provider: what providers would do, tests do by hand.
///
/// The server is the one that MARTLET_TEST_KUBECONFIG names, which must have Cluster API's kinds and should have nobody
/// who reconciles them; else an API server of ours in this process. It is its own workload cluster as well.
extension LabUnderTest {
    /// Runs the work that is under test beside the body, in a namespace of its own that is taken away afterwards.
    package static func bare(
        _ work: @escaping @Sendable (ReconcilerSite) async -> Void,
        _ body: @escaping @Sendable (LabUnderTest) async throws -> Void
    ) async throws {
        guard let path = ProcessInfo.processInfo.environment["MARTLET_TEST_KUBECONFIG"] else {
            let server = try TestServer(definitions: allDefinitions(given: []).map(\.value))
            return try await server.serving { address in try await bare(on: address.kubeconfig, work, body) }
        }
        let text = try String(contentsOf: URL(filePath: path), encoding: .utf8)
        // One server for all tests: two services on it would do the same work.
        await Turns.shared.take()
        let result = await Result { try await bare(on: text, work, body) }
        await Turns.shared.giveBack()
        try result.get()
    }

    private static func bare(
        on kubeconfig: String,
        _ work: @escaping @Sendable (ReconcilerSite) async -> Void,
        _ body: @escaping @Sendable (LabUnderTest) async throws -> Void
    ) async throws {
        let connection = try Kubeconfig(text: kubeconfig, file: "kubeconfig", rules: .untrusted).connection()
        let client = makeClient(connection)
        try await client.discoverAll()
        let namespace = "martlet-test-\(UUID().uuidString.prefix(8).lowercased())"
        let lab = LabUnderTest(client: client, namespace: namespace, kubeconfig: kubeconfig)
        try await lab.create("{apiVersion: v1, kind: Namespace, metadata: {name: \(namespace)}}")
        let result = await Result {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await host(work, client) }
                try await body(lab)
                group.cancelAll()
            }
        }
        try await lab.clean()
        try result.get()
    }

    /// A Cluster whose API server is the management cluster's own, with its kubeconfig Secret.
    package func createCluster(_ name: String = "c1", labels: String = "{}") async throws {
        let time = Self.now().advanced(by: .seconds(-3600))
        try await create(
            """
            apiVersion: cluster.x-k8s.io/v1beta2
            kind: Cluster
            metadata: {name: \(name), labels: \(labels)}
            spec:
              controlPlaneEndpoint: {host: 127.0.0.1, port: 6443}
            status:
              initialization: {controlPlaneInitialized: true, infrastructureProvisioned: true}
              conditions:
                - {type: ControlPlaneInitialized, status: "True", reason: R, message: "", lastTransitionTime: "\(time)"}
                - {type: InfrastructureReady, status: "True", reason: R, message: "", lastTransitionTime: "\(time)"}
            """
        )
        try await setKubeconfig(of: name)
    }

    /// Says how a Cluster's API server is reached: as the management cluster's own, unless a text says otherwise.
    package func setKubeconfig(of cluster: String, _ text: String? = nil) async throws {
        let data: Value = ["value": .string(Data((text ?? kubeconfig).utf8).base64EncodedString())]
        if try await get("Secret", "\(cluster)-kubeconfig", group: "") != nil {
            return try await patch("Secret", "\(cluster)-kubeconfig", group: "", ["data": data])
        }
        let secret: Value = [
            "apiVersion": "v1", "kind": "Secret", "type": "cluster.x-k8s.io/secret",
            "metadata": ["name": .string("\(cluster)-kubeconfig"), "namespace": .string(namespace)], "data": data,
        ]
        try await client.create(Manifest(secret), fieldManager: "test")
    }

    /// A Node of the workload cluster. Nodes have no namespace, so its name begins with the test's.
    package func createNode(_ name: String, ready: String = "True", since seconds: Int = 3600) async throws {
        let time = Self.now().advanced(by: .seconds(-seconds))
        try await create(
            """
            apiVersion: v1
            kind: Node
            metadata: {name: \(namespace)-\(name), labels: {martlet.dev/test: \(namespace)}}
            spec: {providerID: "hand:///\(namespace)/\(name)"}
            status:
              conditions: [{type: Ready, status: "\(ready)", reason: R, message: "", lastTransitionTime: "\(time)"}]
            """
        )
    }

    /// Sets the condition Ready of a Node, as of some time ago.
    package func setReady(_ status: String, since seconds: Int = 300, of name: String) async throws {
        let time = Self.now().advanced(by: .seconds(-seconds)).description
        let condition: Value = [
            "type": "Ready", "status": .string(status), "reason": "R", "message": "",
            "lastTransitionTime": .string(time),
        ]
        try await patch(
            "Node",
            "\(namespace)-\(name)",
            group: "",
            subresource: "status",
            ["status": ["conditions": [condition]]]
        )
    }

    /// How often an object is written within a moment in which nobody should.
    package func writesWhileIdle(
        of kind: String,
        _ name: String,
        group: String = "",
        for duration: Duration = .milliseconds(700)
    ) async throws -> Int {
        let before = try await get(kind, name, group: group)?.resourceVersion
        try await Task.sleep(for: duration)
        return try await get(kind, name, group: group)?.resourceVersion == before ? 0 : 1
    }

    /// Takes away what a test has left, finalizers or not.
    private func clean() async throws {
        let kinds = [
            ("ClusterResourceSet", "addons.cluster.x-k8s.io"), ("ClusterResourceSetBinding", "addons.cluster.x-k8s.io"),
            ("MachineHealthCheck", "cluster.x-k8s.io"), ("MachinePool", "cluster.x-k8s.io"),
            ("Machine", "cluster.x-k8s.io"), ("Cluster", "cluster.x-k8s.io"),
        ]
        for (kind, group) in kinds {
            for object in try await all(kind, group: group) where object.namespace == namespace {
                if !object.finalizers.isEmpty {
                    try await patch(kind, object.name, group: group, ["metadata": ["finalizers": .null]])
                }
                try await delete(kind, object.name, group: group)
            }
        }
        for node in try await all("Node", group: "") where node.label("martlet.dev/test") == namespace {
            try await delete("Node", node.name, group: "")
        }
        try await delete("Namespace", namespace, group: "")
    }
}

/// Lets one test after the other have what there is once.
private actor Turns {
    static let shared = Turns()
    private var isTaken = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func take() async {
        if isTaken { await withCheckedContinuation { waiting.append($0) } } else { isTaken = true }
    }

    func giveBack() {
        if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
    }
}

extension Result where Failure == any Error, Success: Sendable {
    /// What became of an operation.
    fileprivate init(_ work: () async throws -> Success) async {
        do { self = .success(try await work()) } catch { self = .failure(error) }
    }
}
