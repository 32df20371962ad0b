import ClusterTopology
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing

struct TopologyPlanTests {
    private func running(_ change: (inout TopologyWorld) -> Void = { _ in }) throws -> TopologyWorld {
        var world = TopologyWorld()
        change(&world)
        try world.comeUp()
        return world
    }

    @Test func aNewClusterComesToRest() throws {
        let world = try running()
        #expect(try world.verdicts() == [])
        #expect(world.versions == "v1.31.0 v1.31.0 v1.31.0")
    }

    @Test func ownersComeWithTheLiveClustersUid() throws {
        let world = try running()
        let templates = world.objects.values.filter { $0.kind.hasSuffix("Template") }
        #expect(templates.count == 5)
        #expect(templates.allSatisfy { $0.ownerReferences.map(\.uid) == ["uid-Cluster-c1"] })
        let controlPlane = try #require(world.objects.values.first { $0.kind == "KubeadmControlPlane" })
        #expect(controlPlane.ownerReferences.isEmpty)
    }

    @Test func theClusterIsAppliedAfterWhatItRefersTo() throws {
        let steps = try TopologyWorld().plan().steps
        let order = steps.map(\.key.kind)
        let cluster = try #require(order.firstIndex(of: "Cluster"))
        #expect(try #require(order.firstIndex(of: "KubeadmControlPlane")) < cluster)
        #expect(try #require(order.firstIndex(of: "LabCluster")) < cluster)
        #expect(
            steps.filter { $0.key.kind.hasSuffix("Template") }.allSatisfy { $0.action.manifest?.ownerReferences == [] }
        )
    }

    // MARK: Changes without versions

    @Test(arguments: [
        TopologyWorld.clusterText(labels: "{tier: gold}"),
        TopologyWorld.clusterText(variables: "[{name: team, value: b}]"),
    ])
    func aChangedLabelRollsNothing(_ clusterText: String) throws {
        var world = try running()
        world.clusterText = clusterText
        let plan = try world.plan()
        #expect(plan.steps.allSatisfy { $0.machines == nil })
        #expect(try world.verdicts() == ["Cluster/c1 metadata", "KubeadmControlPlane/cp metadata"])
    }

    @Test func aChangedVariableRollsExactlyItsMachines() throws {
        var world = try running()
        world.clusterText = TopologyWorld.clusterText(
            deployments: """
                [{class: pool, name: a, replicas: 2}, \
                {class: pool, name: b, replicas: 3, variables: {overrides: [{name: size, value: xl}]}}]
                """
        )
        let plan = try world.plan()
        #expect(
            try world.verdicts() == ["Cluster/c1 metadata", "LabMachineTemplate/b rotate", "MachineDeployment/b roll"]
        )
        let roll = try #require(plan.steps.first { $0.verdict == .roll })
        #expect(roll.machines?.rolled == 3)
        #expect(
            roll.reason.contains("3 machines roll because spec.template.spec.size of LabMachineTemplate"),
            "\(roll.reason)"
        )
        #expect(roll.reason.contains("(patch size, class.yaml:23:25)"), "\(roll.reason)")
        try world.comeUp()
        #expect(try world.verdicts() == [])
    }

    @Test func theOldTemplateGoesWhenNothingRefersToIt() throws {
        var world = try running()
        let before = Set(world.objects.keys.filter { $0.kind == "LabMachineTemplate" })
        world.clusterText = TopologyWorld.clusterText(variables: "[{name: size, value: xl}]")
        try world.pass()
        let between = Set(world.objects.keys.filter { $0.kind == "LabMachineTemplate" })
        #expect(between.isSuperset(of: before) && between.count == before.count + 2)
        // A MachineSet still has machines of one of the old templates.
        let old = try #require(
            before.subtracting(between.subtracting(before)).sorted().first { $0.name.contains("-a-") }
        )
        let set = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineSet",
            "metadata": ["name": "old", "namespace": "org", "labels": ["cluster.x-k8s.io/cluster-name": "c1"]],
            "spec": [
                "template": [
                    "spec": [
                        "infrastructureRef": [
                            "apiGroup": .string(old.groupKind.group), "kind": .string(old.kind),
                            "name": .string(old.name),
                        ]
                    ]
                ]
            ],
        ])
        world.objects[set.key] = set
        try world.comeUp()
        #expect(world.objects[old] != nil)
        #expect(world.objects.keys.filter { $0.kind == "LabMachineTemplate" }.count == before.count + 1)
        world.objects[set.key] = nil
        try world.comeUp()
        #expect(world.objects[old] == nil)
        #expect(world.objects.keys.filter { $0.kind == "LabMachineTemplate" }.count == before.count)
    }

    @Test func anEditOfTheClassIsForecastForItsCluster() throws {
        var world = try running()
        world.classText = TopologyWorld.classText(size: "{template: \"x{{ .size }}\"}")
        let plan = try world.plan()
        #expect(plan.steps.filter { $0.verdict == .roll }.map { $0.machines?.rolled } == [2, 3])
        #expect(FleetPlan(revision: "r", plans: [plan]).forecast.sentence.contains("5 machines roll"))
    }

    @Test func namesOfWhatExistsAreKept() throws {
        var world = try running()
        world.classText = world.classText.replacing(
            "      - class: pool\n",
            with: "      - class: pool\n        naming: {template: 'other-{{ .machineDeployment.topologyName }}'}\n"
        )
        #expect(try world.verdicts() == [])
    }

    @Test func aDeploymentThatLeftTheTopologyIsDeletedAlone() throws {
        var world = try running()
        world.clusterText = TopologyWorld.clusterText(deployments: "[{class: pool, name: a, replicas: 2}]")
        let deleted = try world.plan().steps.filter { $0.verdict == .delete }
        #expect(deleted.contains { $0.key.kind == "MachineDeployment" && $0.machines?.deleted == 3 })
        #expect(!deleted.contains { $0.key.name.contains("-a-") || $0.key.kind == "KubeadmControlPlane" })
    }

    // MARK: Versions

    @Test func twoMinorsRunAsSteps() throws {
        var world = try running()
        world.clusterText = TopologyWorld.clusterText(version: "v1.33.0")
        let forecast = FleetPlan(revision: "r", plans: [try world.plan()]).forecast
        // The control plane rolls for both versions, the workers for the last.
        #expect(forecast.machinesRolled == 11)
        #expect(forecast.waiting == 2)
        var seen: [String] = []
        for _ in 0..<20 {
            let plan = try world.plan()
            world.take(plan)
            if seen.last != world.versions { seen.append(world.versions) }
            // One thing at a time comes to rest, so that what waits has something to wait for.
            if plan.steps.contains(where: { $0.key.kind == "KubeadmControlPlane" && $0.action.isWrite }) {
                #expect(!(try world.plan().steps.contains { $0.key.kind == "MachineDeployment" && $0.action.isWrite }))
                try world.settleControlPlane()
            } else if plan.steps.contains(where: { $0.key.name.hasPrefix("c1-a") && $0.action.isWrite }) {
                try world.settle("a")
            } else if plan.steps.contains(where: { $0.key.name.hasPrefix("c1-b") && $0.action.isWrite }) {
                try world.settle("b")
            }
        }
        #expect(
            seen == [
                "v1.32.0 v1.31.0 v1.31.0", "v1.33.0 v1.31.0 v1.31.0", "v1.33.0 v1.33.0 v1.31.0",
                "v1.33.0 v1.33.0 v1.33.0",
            ]
        )
        #expect(try world.verdicts() == [])
    }

    @Test func whatWaitsSaysWhyAndWhatComes() throws {
        var world = try running()
        world.clusterText = TopologyWorld.clusterText(version: "v1.33.0")
        let steps = try world.plan().steps
        let controlPlane = try #require(steps.first { $0.key.kind == "KubeadmControlPlane" })
        #expect(
            controlPlane.reason
                == "3 machines roll because spec.version changes (v1.31.0 → v1.32.0), then on to v1.33.0"
        )
        let workers = try #require(steps.first { $0.key.kind == "MachineDeployment" })
        #expect(workers.verdict == .blocked && workers.isWaiting && workers.machines?.rolled == 2)
        #expect(
            workers.reason.hasPrefix("waits: the control plane goes first; then 2 machines roll"),
            "\(workers.reason)"
        )
    }

    @Test func aDeferredDeploymentIsNoFailure() throws {
        let annotation = "{annotations: {topology.cluster.x-k8s.io/defer-upgrade: ''}}"
        let deployments =
            "[{class: pool, name: a, replicas: 2, metadata: \(annotation)}, {class: pool, name: b, replicas: 3}]"
        var world = try running { $0.clusterText = TopologyWorld.clusterText(deployments: deployments) }
        world.clusterText = TopologyWorld.clusterText(version: "v1.32.0", deployments: deployments)
        try world.comeUp()
        try world.comeUp()
        #expect(world.versions == "v1.32.0 v1.31.0 v1.32.0")
        #expect(try world.verdicts() == [])
    }

    @Test func anImpossibleVersionTouchesNothing() throws {
        var world = try running()
        world.classText = TopologyWorld.classText(versions: "[]")
        world.clusterText = TopologyWorld.clusterText(version: "v1.33.0")
        let plan = try world.plan()
        #expect(!plan.writesAnything)
        #expect(plan.diagnostics.map(\.code) == ["topology-upgrade"])
        #expect(plan.diagnostics.first?.position?.file == "cluster.yaml")
        #expect(plan.steps.filter { $0.verdict == .delete }.isEmpty)
    }

    @Test func nothingIsDecidedWhileAKindCannotBeRead() throws {
        var world = try running()
        world.clusterText = TopologyWorld.clusterText(version: "v1.32.0")
        var observed = ObservedState(objects: world.objects.filter { $0.key.kind != "KubeadmControlPlane" })
        observed.unreadableKinds[
            GroupKind(group: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane")
        ] = "timeout"
        let plan = planApply(
            try world.state(),
            observed,
            inventory: world.inventory,
            now: Timestamp(seconds: 1_800_000_000)
        )
        #expect(!plan.writesAnything)
        #expect(plan.steps.allSatisfy { $0.verdict == .blocked || $0.verdict == .none })
    }

    @Test func revisionsAreComparedWithoutAsking() throws {
        var world = TopologyWorld()
        let before = try world.state()
        #expect(
            planBetweenRevisions(from: before, to: before, now: Timestamp(seconds: 1)).steps.allSatisfy {
                $0.verdict == .none
            }
        )
        world.clusterText = TopologyWorld.clusterText(version: "v1.32.0", variables: "[{name: size, value: xl}]")
        let plan = planBetweenRevisions(from: before, to: try world.state(), now: Timestamp(seconds: 1))
        #expect(FleetPlan(revision: "r", plans: [plan]).forecast.machinesRolled == 8)
    }
}
