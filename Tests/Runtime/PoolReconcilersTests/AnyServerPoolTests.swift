import KubernetesClient
import KubernetesModel
import LabTestSupport
import PoolReconcilers
import StructuredValue
import Testing

/// MachinePools on a server without providers, which may be a real one: bootstrap data is a given Secret, and a
/// ConfigMap-like kind of the test's own plays the infrastructure.
@Suite(.timeLimit(.minutes(3))) struct AnyServerPoolTests {
    private static let group = "hand.martlet.dev"

    private func withPools(_ body: @escaping @Sendable (LabUnderTest) async throws -> Void) async throws {
        try await LabUnderTest.bare({ await MachinePoolService($0).run() }) { lab in
            try await Self.defineInfrastructure(lab)
            try await body(lab)
            if try await lab.get("HandPool", "p", group: Self.group) != nil {
                try await lab.delete("HandPool", "p", group: Self.group)
            }
        }
    }

    /// The kind of the infrastructure; it stays when it is there already.
    private static func defineInfrastructure(_ lab: LabUnderTest) async throws {
        do {
            try await lab.create(
                """
                apiVersion: apiextensions.k8s.io/v1
                kind: CustomResourceDefinition
                metadata:
                  name: handpools.hand.martlet.dev
                  labels: {cluster.x-k8s.io/v1beta2: v1}
                spec:
                  group: hand.martlet.dev
                  scope: Namespaced
                  names: {kind: HandPool, plural: handpools, singular: handpool}
                  versions:
                    - name: v1
                      served: true
                      storage: true
                      subresources: {status: {}}
                      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
                """
            )
        } catch let failure as KubernetesFailure where failure.kind == .alreadyExists {
            // An earlier test made it.
        }
        try await lab.until("the kind is served") {
            try await lab.client.discoverAll()
            return await lab.client.discovery.preferredResource(for: GroupKind(group: group, kind: "HandPool")) != nil
        }
    }

    private static func pool(replicas: Int?, annotations: String = "{}") -> String {
        """
        apiVersion: hand.martlet.dev/v1
        kind: HandPool
        metadata: {name: p}
        spec: {}
        ---
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: MachinePool
        metadata: {name: p, annotations: \(annotations)}
        spec:
          clusterName: c1
          \(replicas.map { "replicas: \($0)" } ?? "")
          template:
            spec:
              clusterName: c1
              version: v1.33.1
              bootstrap: {dataSecretName: p-data}
              infrastructureRef: {apiGroup: hand.martlet.dev, kind: HandPool, name: p}
        """
    }

    /// What a provider says: these machines, so many replicas.
    private func provide(_ names: [String], ready: Bool = true, _ lab: LabUnderTest) async throws {
        let identities = names.map { Value.string("hand:///\(lab.namespace)/\($0)") }
        try await lab.patch("HandPool", "p", group: Self.group, ["spec": ["providerIDList": .array(identities)]])
        let status: Value = [
            "ready": .bool(ready), "replicas": .int(names.count), "initialization": ["provisioned": .bool(ready)],
        ]
        try await lab.patch("HandPool", "p", group: Self.group, subresource: "status", ["status": status])
    }

    private func pool(_ lab: LabUnderTest) async throws -> Manifest? { try await lab.get("MachinePool", "p") }

    private func phase(_ lab: LabUnderTest) async throws -> String? { try await pool(lab)?.status["phase"]?.string }

    private func nodes(_ lab: LabUnderTest) async throws -> [String] {
        let references = try await pool(lab)?.status["nodeRefs"]?.array ?? []
        return references.compactMap { $0["name"]?.string }.map { String($0.dropFirst(lab.namespace.count + 1)) }
    }

    @Test func aPoolRunsScalesToZeroAndBackAndGoes() async throws {
        try await withPools { lab in
            try await lab.createCluster()
            try await lab.create(Self.pool(replicas: 2))
            try await lab.until("it is adopted") {
                try await lab.get("HandPool", "p", group: Self.group)?.controllerReference?.name == "p"
            }
            #expect(try await pool(lab)?.finalizers == ["machinepool.cluster.x-k8s.io"])
            #expect(try await pool(lab)?.ownerReferences.map(\.kind) == ["Cluster"])
            try await lab.createNode("x")
            try await lab.createNode("y")
            try await provide(["x", "y"], lab)
            try await lab.until("it runs") { try await phase(lab) == "Running" }
            #expect(try await nodes(lab) == ["x", "y"])
            let seen = try #require(try await pool(lab))
            #expect(seen.status["readyReplicas"] == 2)
            #expect(seen.status["initialization"]?["infrastructureProvisioned"] == true)
            #expect(seen.condition("Paused")?.status == .no)
            try await lab.until("its Nodes are claimed") {
                let node = try await lab.get("Node", "\(lab.namespace)-x", group: "")
                return node?.annotation("cluster.x-k8s.io/owner-name") == "p"
            }

            try await lab.setReady("Unknown", of: "y")
            try await lab.until("a failed Node is seen") { try await phase(lab) == "ScalingUp" }
            try await lab.setReady("True", of: "y")
            try await lab.until("and its recovery") { try await phase(lab) == "Running" }
            #expect(try await lab.writesWhileIdle(of: "MachinePool", "p", group: "cluster.x-k8s.io") == 0)

            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 0]])
            try await lab.until("it scales down") { try await phase(lab) == "ScalingDown" }
            try await provide([], lab)
            try await lab.until("it runs with nothing") {
                let isEmpty = try await nodes(lab).isEmpty
                let phase = try await phase(lab)
                return isEmpty && phase == "Running"
            }
            #expect(try await lab.get("Node", "\(lab.namespace)-x", group: "") == nil)

            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 1]])
            try await lab.createNode("z")
            try await provide(["z"], lab)
            try await lab.until("it runs again") {
                let nodes = try await nodes(lab)
                let phase = try await phase(lab)
                return nodes == ["z"] && phase == "Running"
            }

            try await lab.delete("MachinePool", "p")
            try await lab.until("it is gone with what it had") {
                let rest = try await lab.get("HandPool", "p", group: Self.group)
                let pool = try await pool(lab)
                let node = try await lab.get("Node", "\(lab.namespace)-z", group: "")
                return rest == nil && pool == nil && node == nil
            }
        }
    }

    @Test func replicasOfAnAutoscalerAreLeftToIt() async throws {
        try await withPools { lab in
            try await lab.createCluster()
            try await lab.create(
                Self.pool(replicas: 3, annotations: "{cluster.x-k8s.io/replicas-managed-by: external-autoscaler}")
            )
            try await lab.createNode("x")
            try await provide(["x"], lab)
            try await lab.until("it scales") { try await phase(lab) == "Scaling" }
            #expect(try await pool(lab)?.spec["replicas"] == 3)
            // The provider writes what the autoscaler chose.
            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 1]])
            try await lab.until("it runs") { try await phase(lab) == "Running" }
            #expect(try await pool(lab)?.spec["replicas"] == 1)
        }
    }

    @Test func anEmptyListWithReplicasIsNotBelieved() async throws {
        try await withPools { lab in
            try await lab.createCluster()
            try await lab.create(Self.pool(replicas: 1))
            try await lab.createNode("x")
            try await provide(["x"], lab)
            try await lab.until("it runs") { try await phase(lab) == "Running" }
            try await lab.patch("HandPool", "p", group: Self.group, ["spec": ["providerIDList": []]])
            #expect(try await lab.writesWhileIdle(of: "Node", "\(lab.namespace)-x") == 0)
            #expect(try await nodes(lab) == ["x"])
            #expect(try await pool(lab)?.spec["providerIDList"]?.array?.count == 1)
        }
    }
}
