import ClusterTopology
import FleetModel
import FleetPlanning
import KubernetesModel
import StructuredValue
import Testing

/// Clusters that Cluster API expands: what edits will do to their machines is told before anything is applied.
struct PassthroughForecastTests {
    private func passedThrough() throws -> TopologyWorld {
        var world = TopologyWorld()
        try world.comeUp()
        world.isExpanded = false
        try world.comeUp()
        return world
    }

    private func clusterStep(_ plan: ApplyPlan) throws -> PlanStep {
        try #require(plan.steps.first { $0.key.kind == "Cluster" })
    }

    @Test func anEditOfTheClassNamesItsClusterAndThePatch() throws {
        var world = try passedThrough()
        #expect(try world.verdicts() == [])
        world.classText = TopologyWorld.classText(size: "{template: \"x{{ .size }}\"}")
        let plan = try world.plan()
        let step = try clusterStep(plan)
        #expect(step.verdict == .roll && step.machines?.rolled == 5 && !step.action.isWrite)
        #expect(step.reason.hasPrefix("5 machines roll because spec.template.spec.size of LabMachineTemplate"))
        #expect(step.reason.contains("(patch size, class.yaml:"))
        #expect(step.reason.hasSuffix("(by Cluster API, from class small)"))
        #expect(FleetPlan(revision: "r", plans: [plan]).forecast.machinesRolled == 5)
    }

    @Test func aVariableOfTheClusterIsForecast() throws {
        var world = try passedThrough()
        world.clusterText = TopologyWorld.clusterText(variables: "[{name: size, value: xl}]")
        let step = try clusterStep(try world.plan())
        #expect(step.verdict == .roll && step.machines?.rolled == 5 && step.action.isWrite)
    }

    @Test func labelsRollNothing() throws {
        var world = try passedThrough()
        world.clusterText = TopologyWorld.clusterText(labels: "{team: b}")
        let step = try clusterStep(try world.plan())
        #expect(step.verdict != .roll && step.machines == nil)
    }

    @Test func everyVersionOnTheWayCounts() throws {
        var world = try passedThrough()
        world.clusterText = TopologyWorld.clusterText(version: "v1.33.0")
        let step = try clusterStep(try world.plan())
        #expect(step.verdict == .roll && step.machines?.rolled == 11)
        #expect(step.machines?.because == "spec.version" || step.machines?.because == "spec.topology.version")
    }

    @Test func aNewDeploymentIsCounted() throws {
        var world = try passedThrough()
        world.clusterText = TopologyWorld.clusterText(
            deployments:
                "[{class: pool, name: a, replicas: 2}, {class: pool, name: b, replicas: 3}, {class: pool, name: c, replicas: 4}]"
        )
        let step = try clusterStep(try world.plan())
        #expect(step.machines?.created == 4 && step.machines?.rolled == 0)
    }

    @Test func withoutAnEditNothingIsForecast() throws {
        var world = try passedThrough()
        // Somebody changed what Cluster API made: that is between them.
        for (key, object) in world.objects where key.kind == "MachineDeployment" {
            world.objects[key]?.value[path: "spec", "template", "spec", "version"] = "v1.30.0"
            #expect(object.kind == key.kind)
        }
        #expect(try world.verdicts() == [])
    }

    @Test func revisionsAreComparedWithoutAsking() throws {
        var world = TopologyWorld()
        world.isExpanded = false
        let before = try world.state()
        #expect(
            planBetweenRevisions(from: before, to: before, now: Timestamp(seconds: 1)).steps.allSatisfy {
                $0.verdict == .none
            }
        )
        world.classText = TopologyWorld.classText(size: "{template: \"x{{ .size }}\"}")
        let plan = planBetweenRevisions(from: before, to: try world.state(), now: Timestamp(seconds: 1))
        #expect(try clusterStep(plan).machines?.rolled == 5)
    }

    // MARK: Memory

    @Test func expansionsAreMadeAgainOnlyForChanges() throws {
        var world = TopologyWorld()
        try world.comeUp()
        for key in world.objects.keys {
            world.objects[key]?.value[path: "metadata", "resourceVersion"] = "1"
        }
        let cache = ExpansionCache()
        let state = try world.state()
        func plan() -> [String] {
            let plan = planApply(
                state,
                ObservedState(objects: world.objects),
                inventory: world.inventory,
                now: Timestamp(seconds: 1_800_000_000),
                expansions: cache
            )
            return plan.steps.map { "\($0.key) \($0.verdict) \($0.contentHash)" }
        }
        let first = plan()
        #expect(plan() == first && cache.expansions == 1)
        let deployment = try #require(world.objects.keys.first { $0.kind == "MachineDeployment" })
        world.objects[deployment]?.value[path: "metadata", "resourceVersion"] = "2"
        #expect(plan() == first && cache.expansions == 2)
        world.objects[deployment]?.value[path: "metadata", "resourceVersion"] = Optional.none
        #expect(plan() == first && cache.expansions == 2)
    }
}
