import FleetPlanning
import KubernetesModel
import StructuredValue
import Testing

struct TopologyHandoverTests {
    private func expanded() throws -> TopologyWorld {
        var world = TopologyWorld()
        try world.comeUp()
        return world
    }

    private func passedThrough() throws -> TopologyWorld {
        var world = try expanded()
        world.isExpanded = false
        try world.comeUp()
        return world
    }

    private func managers(_ world: TopologyWorld, _ kind: String) -> Set<String> {
        Set(
            world.objects.values.filter { $0.kind == kind }.flatMap {
                ($0.value[path: "metadata", "managedFields"]?.array ?? []).compactMap { $0["manager"]?.string }
            }
        )
    }

    @Test func aClusterGoesToClusterAPIWithoutARollout() throws {
        var world = try expanded()
        let machines = world.objects.keys.filter { $0.kind == "Machine" }
        world.isExpanded = false
        let plan = try world.plan()
        #expect(plan.steps.allSatisfy { $0.machines == nil && $0.verdict != .delete })
        let handed = plan.steps.filter { $0.verdict == .handover }.map(\.key.kind).sorted()
        #expect(
            handed == [
                "Cluster", "KubeadmConfigTemplate", "KubeadmConfigTemplate", "KubeadmControlPlane", "LabCluster",
                "LabMachineTemplate", "LabMachineTemplate", "LabMachineTemplate", "MachineDeployment",
                "MachineDeployment",
            ]
        )
        world.take(plan)
        let cluster = try #require(world.objects.values.first { $0.kind == "Cluster" })
        #expect(cluster.spec["topology"] != nil && cluster.spec["infrastructureRef"] != nil)
        #expect(managers(world, "MachineDeployment") == ["capi-topology"])
        try world.comeUp()
        #expect(try world.verdicts() == [])
        #expect(Set(world.objects.keys.filter { $0.kind == "Machine" }) == Set(machines))
        #expect(!world.inventory.keys.contains { $0.kind == "MachineDeployment" || $0.kind == "LabCluster" })
        #expect(world.objects.values.first { $0.kind == "Cluster" }?.spec["controlPlaneRef"] != nil)
    }

    @Test func aClusterComesFromClusterAPIWithoutARollout() throws {
        var world = try passedThrough()
        let before = Set(world.objects.keys)
        world.isExpanded = true
        let plan = try world.plan()
        #expect(plan.steps.allSatisfy { $0.machines == nil })
        #expect(plan.steps.filter { $0.verdict == .handover }.count == 10)
        world.take(plan)
        #expect(world.objects.values.first { $0.kind == "Cluster" }?.spec["topology"] == nil)
        try world.comeUp()
        #expect(managers(world, "MachineDeployment") == ["martlet"])
        #expect(try world.verdicts() == [])
        #expect(before.subtracting(world.objects.keys).allSatisfy { $0.kind == "ClusterClass" || $0.name == "small" })
    }

    @Test func nothingChangesHandsWhenMachinesWouldRoll() throws {
        var world = try passedThrough()
        world.isExpanded = true
        world.classText = TopologyWorld.classText(size: "{template: \"x{{ .size }}\"}")
        let plan = try world.plan()
        #expect(!plan.writesAnything)
        #expect(plan.steps.filter { $0.key.kind == "MachineDeployment" }.allSatisfy { $0.verdict == .blocked })
        #expect(
            plan.steps.first { $0.key.kind == "Cluster" }?.reason.contains("would change hands with a rollout") == true
        )
        // The class stays as long as Cluster API expands a Cluster of it.
        #expect(plan.steps.first { $0.key.kind == "ClusterClass" }?.reason.hasPrefix("kept while Cluster c1") == true)
    }

    @Test func nothingGoesToClusterAPIThatItWouldChange() throws {
        var world = try expanded()
        world.isExpanded = false
        world.classText = TopologyWorld.classText(size: "{template: \"x{{ .size }}\"}")
        let plan = try world.plan()
        let cluster = try #require(plan.steps.first { $0.key.kind == "Cluster" })
        #expect(cluster.verdict == .blocked)
        #expect(cluster.reason.contains("differs from what the class makes"), "\(cluster.reason)")
        #expect(plan.steps.filter { $0.verdict == .delete || $0.verdict == .handover }.isEmpty)
    }

    @Test func anUpgradeIsFinishedFirst() throws {
        var world = try expanded()
        world.clusterText = TopologyWorld.clusterText(version: "v1.32.0")
        try world.pass()
        world.isExpanded = false
        let cluster = try #require(try world.plan().steps.first { $0.key.kind == "Cluster" })
        #expect(cluster.verdict == .blocked && cluster.isWaiting)
    }
}
