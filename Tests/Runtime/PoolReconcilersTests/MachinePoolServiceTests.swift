import FoundationEssentials
import KubernetesClient
import KubernetesModel
import LabTestSupport
import PoolReconcilers
import StructuredValue
import Testing

/// The service against the lab: real servers, providers simulated.
@Suite(.timeLimit(.minutes(2))) struct MachinePoolServiceTests {
    private static let infrastructure = "infrastructure.cluster.x-k8s.io"

    private func withPools(_ body: @escaping @Sendable (LabUnderTest) async throws -> Void) async throws {
        try await LabUnderTest.run({ await MachinePoolService($0).run() }, body)
    }

    private static func names(_ pool: Manifest?) -> [String] {
        (pool?.status["nodeRefs"]?.array ?? []).compactMap { $0["name"]?.string }
    }

    private static func runs(_ lab: LabUnderTest, with count: Int) async throws -> Bool {
        let pool = try await lab.get("MachinePool", "p")
        return pool?.status["phase"] == "Running" && names(pool).count == count && pool?.spec["replicas"] == .int(count)
    }

    private static func legacy(_ pool: Manifest?, _ type: String) -> String? {
        let list = pool?.status[path: "deprecated", "v1beta1", "conditions"]?.array ?? []
        return list.first { $0["type"]?.string == type }?["status"]?.string
    }

    @Test func aPoolRunsScalesRollsAndGoes() async throws {
        try await withPools { lab in
            try await lab.create(sampleCluster() + samplePool())
            try await lab.until("three run") { try await Self.runs(lab, with: 3) }
            let pool = try #require(try await lab.get("MachinePool", "p"))
            #expect(pool.finalizers == ["machinepool.cluster.x-k8s.io"])
            #expect(pool.ownerReferences.map(\.kind) == ["Cluster"])
            #expect(pool.status["initialization"]?["infrastructureProvisioned"] == true)
            #expect(Self.legacy(pool, "Ready") == "True")
            #expect(pool.status["versions"] == [["version": "v1.33.1", "replicas": 3]])
            for (kind, group) in [("LabMachinePool", Self.infrastructure), ("KubeadmConfig", "bootstrap.\(core)")] {
                let object = try await lab.get(kind, "p", group: group)
                #expect(object?.controllerReference?.uid == pool.uid)
            }
            let nodes = try await lab.nodes(of: "c1")
            let own = nodes.filter { $0.annotation("cluster.x-k8s.io/owner-name") == "p" }
            #expect(own.map(\.name) == Self.names(pool).sorted())
            let events = try await lab.all("Event", group: "")
            #expect(events.contains { $0.value["reason"] == "SuccessfulSetNodeRefs" })

            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 5]])
            try await lab.until("five run") { try await Self.runs(lab, with: 5) }
            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 2]])
            try await lab.until("two run") { try await Self.runs(lab, with: 2) }
            try await lab.until("three Nodes are gone") { try await lab.nodes(of: "c1").count == 3 }

            let before = Set(Self.names(try await lab.get("MachinePool", "p")))
            try await lab.patch("MachinePool", "p", ["spec": ["template": ["spec": ["version": "v1.33.2"]]]])
            try await lab.until("all are of the new version") {
                let pool = try await lab.get("MachinePool", "p")
                return pool?.status["versions"] == [["version": "v1.33.2", "replicas": 2]]
            }
            let after = try await lab.get("MachinePool", "p")
            #expect(before.isDisjoint(with: Self.names(after)))
            try await lab.until("it is calm, and nothing is written any more") {
                guard try await Self.runs(lab, with: 2) else { return false }
                return try await lab.writesWhileIdle() == 0
            }

            try await lab.delete("MachinePool", "p")
            try await lab.until("nothing is left") {
                let rest = try await lab.all("LabMachinePool", group: Self.infrastructure)
                let pools = try await lab.all("MachinePool")
                let nodes = try await lab.nodes(of: "c1")
                return rest.isEmpty && pools.isEmpty && nodes.count == 1
            }
        }
    }

    @Test func anUnreachableClusterIsUnknownAndNothingChanges() async throws {
        try await withPools { lab in
            try await lab.create(sampleCluster() + samplePool(replicas: 2))
            try await lab.until("two run") { try await Self.runs(lab, with: 2) }
            let before = Self.names(try await lab.get("MachinePool", "p"))
            try await lab.patch("Cluster", "c1", ["metadata": ["annotations": ["lab.martlet.dev/api": "Down"]]])
            try await lab.until("it is unknown") {
                Self.legacy(try await lab.get("MachinePool", "p"), "ReplicasReady") == "Unknown"
            }
            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 1]])
            try await lab.until("the provider has one") {
                try await lab.get("LabMachinePool", "p", group: Self.infrastructure)?.status["replicas"] == 1
            }
            let pool = try await lab.get("MachinePool", "p")
            #expect(Self.names(pool) == before)
            #expect(pool?.spec["providerIDList"]?.array?.count == 2)
            #expect(Self.legacy(pool, "Ready") == "Unknown")
            try await lab.patch("Cluster", "c1", ["metadata": ["annotations": ["lab.martlet.dev/api": .null]]])
            try await lab.until("one runs") { try await Self.runs(lab, with: 1) }
            #expect(Self.legacy(try await lab.get("MachinePool", "p"), "Ready") == "True")
        }
    }

    @Test func aPausedPoolWaits() async throws {
        try await withPools { lab in
            try await lab.create(sampleCluster() + samplePool(replicas: 1))
            try await lab.until("one runs") { try await Self.runs(lab, with: 1) }
            try await lab.patch("MachinePool", "p", ["metadata": ["annotations": ["cluster.x-k8s.io/paused": "true"]]])
            try await lab.until("it says so") { try await lab.get("MachinePool", "p")?.isTrue("Paused") == true }
            try await lab.patch("MachinePool", "p", ["spec": ["replicas": 2]])
            try await lab.until("the provider has two") {
                let object = try await lab.get("LabMachinePool", "p", group: Self.infrastructure)
                return object?.spec["providerIDList"]?.array?.count == 2
            }
            #expect(try await lab.get("MachinePool", "p")?.spec["providerIDList"]?.array?.count == 1)
            try await lab.patch("MachinePool", "p", ["metadata": ["annotations": ["cluster.x-k8s.io/paused": .null]]])
            try await lab.until("two run") { try await Self.runs(lab, with: 2) }
        }
    }

    @Test func aPoolsInfrastructureMachinesGetMachines() async throws {
        try await withPools { lab in
            try await lab.create(sampleCluster() + samplePool(replicas: 1))
            try await lab.until("one runs") { try await Self.runs(lab, with: 1) }
            let identity = try await lab.get("MachinePool", "p")?.spec["providerIDList"]?[0] ?? ""
            try await lab.create(
                """
                apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
                kind: LabMachine
                metadata:
                  {name: p-0, namespace: default,
                   labels: {cluster.x-k8s.io/cluster-name: c1, cluster.x-k8s.io/pool-name: p}}
                spec: {providerID: "\(identity.string ?? "")"}
                """
            )
            let status: Value = ["status": ["infrastructureMachineKind": "LabMachine"]]
            try await lab.patch(
                "LabMachinePool",
                "p",
                group: Self.infrastructure,
                subresource: "status",
                status
            )
            try await lab.until("there is a Machine") { try await lab.get("Machine", "p-0") != nil }
            let pool = try #require(try await lab.get("MachinePool", "p"))
            let machine = try #require(try await lab.get("Machine", "p-0"))
            #expect(machine.controllerReference?.uid == pool.uid)
            #expect(machine.label("tier") == "web")
            #expect(machine.spec["version"] == "v1.33.1")
            try await lab.until("it is up to date") { try await lab.get("Machine", "p-0")?.isTrue("UpToDate") == true }
            try await lab.patch("MachinePool", "p", ["spec": ["template": ["metadata": ["labels": ["tier": "db"]]]]])
            try await lab.until("it follows the template") {
                try await lab.get("Machine", "p-0")?.label("tier") == "db"
            }
        }
    }

    /// With a provider played by hand: the simulator leaves what is paused alone.
    @Test func theServiceItselfDeletesRetiredNodesAndClaimsNewOnes() async throws {
        try await withPools { lab in
            try await lab.create(sampleCluster())
            try await lab.until("the cluster answers") {
                try await lab.get("Cluster", "c1")?.status[path: "initialization", "controlPlaneInitialized"] == true
            }
            var objects = try LabUnderTest.objects(samplePool(replicas: 2))
            objects[0].setAnnotation("cluster.x-k8s.io/paused", "")
            for object in objects { try await lab.client.create(object, fieldManager: "test") }
            func provide(_ names: [String]) async throws {
                try await lab.patch(
                    "LabMachinePool",
                    "p",
                    group: Self.infrastructure,
                    ["spec": ["providerIDList": .array(names.map { .string("hand:///\($0)") })]]
                )
                let status: Value = ["ready": true, "replicas": .int(names.count)]
                try await lab.patch(
                    "LabMachinePool",
                    "p",
                    group: Self.infrastructure,
                    subresource: "status",
                    ["status": status]
                )
            }
            let workload = try #require(try await lab.workload("c1"))
            for name in ["x", "y"] {
                let node: Value = [
                    "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)],
                    "spec": [
                        "providerID": .string("hand:///\(name)"),
                        "taints": [["key": "node.cluster.x-k8s.io/uninitialized", "effect": "NoSchedule"]],
                    ],
                    "status": ["conditions": [["type": "Ready", "status": "True", "reason": "Test"]]],
                ]
                try await workload.create(Manifest(node), fieldManager: "test")
            }
            try await provide(["x", "y"])
            try await lab.until("two have joined") { Self.names(try await lab.get("MachinePool", "p")) == ["x", "y"] }
            try await lab.until("both are claimed") {
                try await lab.nodes(of: "c1").count {
                    $0.annotation("cluster.x-k8s.io/owner-name") == "p" && $0.spec["taints"] == nil
                } == 2
            }
            try await provide(["y"])
            try await lab.until("one has gone") { Self.names(try await lab.get("MachinePool", "p")) == ["y"] }
            let left = try await lab.nodes(of: "c1").map(\.name)
            #expect(left.contains("y") && !left.contains("x") && left.count == 2)
        }
    }

    @Test func aKubeconfigThatRunsAProgramIsRefused() async throws {
        try await withPools { lab in
            try await lab.create(sampleCluster())
            try await lab.until("the cluster answers") {
                try await lab.get("Cluster", "c1")?.status[path: "initialization", "controlPlaneInitialized"] == true
            }
            let secret = try #require(try await lab.get("Secret", "c1-kubeconfig", group: ""))
            let good = try #require(secret.value["data"]?["value"])
            let bad = """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
                users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: touch}}}]
                contexts: [{name: c, context: {cluster: c, user: u}}]
                current-context: c
                """
            let encoded = Value.string(Data(bad.utf8).base64EncodedString())
            try await lab.patch("Secret", "c1-kubeconfig", group: "", ["data": ["value": encoded]])
            try await lab.create(samplePool(replicas: 1))
            try await lab.until("the provider is done") {
                try await lab.get("LabMachinePool", "p", group: Self.infrastructure)?.status["replicas"] == 1
            }
            #expect(Self.names(try await lab.get("MachinePool", "p")).isEmpty)
            try await lab.patch("Secret", "c1-kubeconfig", group: "", ["data": ["value": good]])
            try await lab.until("one runs") { try await Self.runs(lab, with: 1) }
        }
    }
}

private let core = "cluster.x-k8s.io"
