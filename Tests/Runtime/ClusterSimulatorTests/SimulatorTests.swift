import APIServer
import APIStore
import KubernetesModel
import Logging
import StructuredValue
import Testing

@testable import ClusterSimulator

/// A cluster's whole life, with real stores, a real server and hurried time.
@Suite(.timeLimit(.minutes(1)))
struct SimulatorTests {
    @Test func aClusterComesUpRollsToANewVersionAndGoes() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            try await lab.until("five Machines run") { lab.running(version: "v1.33.1") == 5 }
            let cluster = try lab.get("Cluster", "c1")
            #expect(cluster.status["phase"] == "Provisioned")
            try await lab.until("the cluster is available") { try lab.get("Cluster", "c1").isTrue("Available") }
            #expect(try lab.get("KubeadmControlPlane", "c1", group: CAPI.controlPlane).status["version"] == "v1.33.1")
            let first = Set(lab.machines.map(\.name))

            var versions: Set<String> = []
            try lab.patch("KubeadmControlPlane", "c1", group: CAPI.controlPlane, ["spec": ["version": "v1.34.0"]])
            try lab.patch("MachineDeployment", "c1-md-0", ["spec": ["template": ["spec": ["version": "v1.34.0"]]]])
            try await lab.until("all Machines are replaced") {
                let machines = lab.machines
                let isControlPlaneDone = machines.filter {
                    $0.label(CAPI.controlPlaneLabel) != nil && !$0.isBeingDeleted
                }
                .allSatisfy { $0.spec["version"] == "v1.34.0" }
                if !isControlPlaneDone {
                    let early = machines.filter {
                        $0.label(CAPI.controlPlaneLabel) == nil && $0.spec["version"] == "v1.34.0"
                    }
                    versions.formUnion(early.map(\.name))
                }
                return lab.running(version: "v1.34.0") == 5 && machines.count == 5
            }
            #expect(versions.isEmpty, "workers wait for the control plane")
            #expect(first.isDisjoint(with: lab.machines.map(\.name)))

            try lab.client.delete(lab.kind("Cluster"), namespace: "default", name: "c1")
            try await lab.until("nothing is left") {
                lab.machines.isEmpty
                    && lab.all("LabMachineTemplate", group: CAPI.infrastructure).isEmpty
                    && lab.all("LabMachine", group: CAPI.infrastructure).isEmpty && lab.all("Cluster").isEmpty
                    && lab.all("LabCluster", group: CAPI.infrastructure).isEmpty
            }
        }
    }

    @Test func aSettledClusterWritesNothing() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            try await lab.until("five Machines run") { lab.running(version: "v1.33.1") == 5 }
            try await lab.until("the cluster is available") { try lab.get("Cluster", "c1").isTrue("Available") }
            try await Task.sleep(for: .milliseconds(200))
            let revision = lab.store.revision
            try lab.patch("Cluster", "c1", ["metadata": ["annotations": ["touched": "yes"]]])
            try await Task.sleep(for: .milliseconds(300))
            #expect(lab.store.revision == revision + 1)
        }
    }

    @Test func aNodeThatIsDownIsNotHealthyUntilItIsHealed() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            try await lab.until("five Machines run") { lab.running(version: "v1.33.1") == 5 }
            let name = try #require(lab.machines.first { $0.label("pool") != nil }?.name)
            try lab.patch("Machine", name, ["metadata": ["annotations": [CAPI.nodeFault: "Down"]]])
            try await lab.until("it is sick") {
                try lab.get("Machine", name).condition("NodeHealthy")?.status == .unknown
            }
            try lab.patch("Machine", name, ["metadata": ["annotations": [CAPI.nodeFault: .null]]])
            try await lab.until("it is well") { try lab.get("Machine", name).isTrue("Ready") }
        }
    }

    @Test func aMachineHandedOverForRemediationIsReplaced() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            try await lab.until("five Machines run") { lab.running(version: "v1.33.1") == 5 }
            var victim = try #require(lab.machines.first { $0.label("pool") != nil })
            victim.setCondition("OwnerRemediated", .no, "WaitingForRemediation", now: lab.clock.now())
            try lab.client.updateStatus(victim.value)
            try await lab.until("another is there") {
                lab.running(version: "v1.33.1") == 5 && !lab.machines.contains { $0.name == victim.name }
            }
        }
    }

    @Test func aPoolFollowsItsReplicasAndItsVersion() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") + demoPool(version: "v1.33.1") {
                try lab.client.create(object)
            }
            try lab.adoptPool()
            func identities() throws -> [String] {
                let pool = try lab.get("LabMachinePool", "c1-mp-0", group: CAPI.infrastructure)
                return (pool.spec["providerIDList"]?.array ?? []).compactMap(\.string)
            }
            try await lab.until("three instances run") { try identities().count == 3 }
            let first = Set(try identities())
            try lab.patch("MachinePool", "c1-mp-0", ["spec": ["replicas": 2]])
            try await lab.until("one goes") { try identities().count == 2 }
            #expect(first.isSuperset(of: try identities()))
            try lab.patch("MachinePool", "c1-mp-0", ["spec": ["template": ["spec": ["version": "v1.33.2"]]]])
            try await lab.until("all are replaced") {
                let now = try identities()
                return now.count == 2 && first.isDisjoint(with: now)
            }
        }
    }

    @Test func anUnreachableClusterSaysSoAndComesBackOnItsPort() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            try await lab.until("the cluster is available") { try lab.get("Cluster", "c1").isTrue("Available") }
            let port = try lab.get("Cluster", "c1").annotation(CAPI.portAnnotation)
            try lab.patch("Cluster", "c1", ["metadata": ["annotations": [CAPI.apiFault: "Down"]]])
            try await lab.until("the probe fails") {
                try lab.get("Cluster", "c1").condition("RemoteConnectionProbe")?.status == .no
            }
            try lab.patch("Cluster", "c1", ["metadata": ["annotations": [CAPI.apiFault: .null]]])
            try await lab.until("it answers again") { try lab.get("Cluster", "c1").isTrue("Available") }
            #expect(try lab.get("Cluster", "c1").annotation(CAPI.portAnnotation) == port)
        }
    }
}
