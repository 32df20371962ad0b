import Foundation
import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

/// The story of `examples/machine-pool`: a pool follows its commits, and nothing is left of it at the end.
@Suite(.timeLimit(.minutes(5))) struct MachinePoolExampleTests {
    private static let core = "cluster.x-k8s.io"
    private static let infrastructure = "infrastructure.cluster.x-k8s.io"
    private static let file = "fleets/home/management-clusters/home-1/clusters/ash.yaml"

    @Test func aPoolFollowsItsCommits() async throws {
        let daemon = try await ExampleDaemon.start("machine-pool", context: "home-1", ["--time-scale", "40"])
        func pool() async throws -> Manifest? {
            let kind = GroupVersionKind(group: Self.core, version: "v1beta2", kind: "MachinePool")
            return try await daemon.client.get(kind, namespace: "trees", name: "ash-pool")
        }
        func nodes(_ pool: Manifest?) -> [String] {
            (pool?.status["nodeRefs"]?.array ?? []).compactMap { $0["name"]?.string }
        }
        func runs(_ count: Int, version: String) async throws -> Bool {
            let pool = try await pool()
            return pool?.status["phase"] == "Running" && nodes(pool).count == count
                && pool?.status["versions"] == [["version": .string(version), "replicas": .int(count)]]
        }
        try await ExampleDaemon.until("three run") { try await runs(3, version: "v1.33.3") }
        let first = try await pool()
        #expect(first?.finalizers == ["machinepool.cluster.x-k8s.io"])
        #expect(first?.ownerReferences.map(\.name) == ["ash"])

        try daemon.edit(Self.file, "replicas: 3", "replicas: 5")
        try await ExampleDaemon.until("five run") { try await runs(5, version: "v1.33.3") }
        #expect(Set(nodes(first)).isSubset(of: nodes(try await pool())), "those that were there stay")

        try daemon.edit(Self.file, "replicas: 5", "replicas: 2")
        try await ExampleDaemon.until("two run") { try await runs(2, version: "v1.33.3") }
        let two = nodes(try await pool())
        let workload = try await daemon.workload("ash")
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Node")
        try await ExampleDaemon.until("the Nodes of the others are gone") {
            try await workload.list(try await workload.resource(for: kind)).items.count == 3
        }

        try daemon.edit(Self.file, "version: v1.33.3", "version: v1.33.4")
        try await ExampleDaemon.until("both are of the new version") { try await runs(2, version: "v1.33.4") }
        #expect(Set(two).isDisjoint(with: nodes(try await pool())))

        let tombstone = "{managementCluster: home-1, kind: Cluster, namespace: trees, name: ash, reason: felled}"
        try FileManager.default.removeItem(at: daemon.folder.appending(path: Self.file))
        try daemon.edit(
            "fleets/home/fleet.yaml",
            "  createNamespaces: true",
            "  createNamespaces: true\n  deletions: [\(tombstone)]"
        )
        let kinds = [
            ("Cluster", Self.core), ("Machine", Self.core), ("MachinePool", Self.core), ("MachineSet", Self.core),
            ("LabCluster", Self.infrastructure), ("LabMachine", Self.infrastructure),
            ("LabMachinePool", Self.infrastructure), ("LabMachineTemplate", Self.infrastructure),
            ("KubeadmControlPlane", "controlplane.\(Self.core)"), ("KubeadmConfig", "bootstrap.\(Self.core)"),
        ]
        for (kind, group) in kinds {
            try await ExampleDaemon.until("no \(kind) is left") {
                let kind = GroupVersionKind(group: group, version: "v1beta2", kind: kind)
                return try await daemon.client.list(try await daemon.client.resource(for: kind)).items.isEmpty
            }
        }
        try await ExampleDaemon.until("no Secret of the cluster is left") {
            let secret = GroupVersionKind(group: "", version: "v1", kind: "Secret")
            let all = try await daemon.client.list(try await daemon.client.resource(for: secret), namespace: "trees")
            return all.items.allSatisfy { !$0.name.hasPrefix("ash") }
        }
    }
}
