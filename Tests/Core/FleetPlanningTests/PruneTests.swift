import FleetModel
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import TestSupport
import Testing
import YAMLFormat

@Suite struct PruneTests {
    private static let config = "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}}"
    private static let other = "{apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: default}}"

    private func tombstone(_ kind: String, _ namespace: String, _ name: String) -> Tombstone {
        let position = SourcePosition(file: "fleets/edge/fleet.yaml", line: 9, column: 7)
        return Tombstone(
            managementCluster: Located("mc-1", at: position),
            kind: kind,
            namespace: namespace,
            name: name,
            reason: "test",
            position: position
        )
    }

    @Test func whatLeavesGitIsPruned() throws {
        let plan = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other).plan()
        let step = try #require(plan.steps.first { $0.verdict == .delete })
        #expect(step.key.name == "settings")
        guard case .delete(let uid) = step.action else {
            Issue.record("not deleted")
            return
        }
        #expect(uid == "uid-ConfigMap-settings")
        #expect(plan.intent[step.key]?.state == .deleting)
    }

    @Test func aRemovedClusterFileDeletesNothing() throws {
        let fixture = try PlanningFixture(
            applied: clusterText("v1.34.0") + "\n---\n" + Self.config,
            desired: Self.config,
            statuses: ["KubeadmControlPlane": settled("v1.34.0")]
        )
        let plan = fixture.plan()
        #expect(plan.steps.allSatisfy { !$0.action.isWrite })
        #expect(plan.steps.filter { $0.verdict == .blocked }.count == 6)
        let cluster = try #require(plan.steps.first { $0.key.kind == "Cluster" })
        #expect(cluster.reason.contains("no tombstone stands in the fleet's `deletions` for Cluster default/c1"))
        let template = try #require(plan.steps.first { $0.key.name == "c1-cp" })
        #expect(template.reason.contains("belongs to Cluster default/c1"))
        #expect(plan.intent.keys == fixture.inventory.keys)
    }

    @Test func anEmptyRenderDeletesNothing() throws {
        var fixture = try PlanningFixture(applied: Self.config, desired: Self.config)
        fixture.desired.objects = []
        let plan = fixture.plan()
        #expect(plan.steps.map(\.verdict) == [.blocked])
        #expect(plan.steps.first?.reason.contains("an empty render deletes nothing") == true)
    }

    @Test func anIncompleteRenderDeletesNothing() throws {
        var fixture = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other)
        fixture.desired.isComplete = false
        #expect(fixture.plan().steps.first { $0.key.name == "settings" }?.verdict == .blocked)
    }

    @Test func anotherObjectOfTheSameNameIsNotOurs() throws {
        var fixture = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other)
        let key = try #require(fixture.inventory.keys.first { $0.name == "settings" })
        fixture.observed.objects[key]?.value[path: "metadata", "uid"] = "somebody else's"
        let plan = fixture.plan()
        #expect(plan.step(for: key) == nil)
        #expect(plan.intent[key] == nil)
    }

    @Test func whatWasNeverConfirmedIsNotDeleted() throws {
        var fixture = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other)
        let key = try #require(fixture.inventory.keys.first { $0.name == "settings" })
        fixture.inventory[key]?.uid = nil
        #expect(fixture.plan().step(for: key)?.verdict == .blocked)
    }

    @Test func kindsThatCannotBeReadAreLeftAlone() throws {
        var fixture = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other)
        let key = try #require(fixture.inventory.keys.first { $0.name == "settings" })
        fixture.observed.objects = [:]
        fixture.observed.unreadableKinds[key.groupKind] = "the list failed"
        let plan = fixture.plan()
        #expect(!plan.writesAnything)
        #expect(plan.intent[key] != nil)
    }

    @Test func theBudgetLimitsDeletionsOfOnePass() throws {
        let many = (0..<9).map { "{apiVersion: v1, kind: ConfigMap, metadata: {name: c\($0), namespace: default}}" }
        var fixture = try PlanningFixture(
            applied: (many + [Self.other]).joined(separator: "\n---\n"),
            desired: Self.other
        )
        fixture.settings.maxDeletionsPerPass = 4
        let plan = fixture.plan()
        #expect(plan.steps.filter { $0.verdict == .delete }.count == 4)
        #expect(plan.steps.filter { $0.verdict == .blocked }.count == 5)
    }

    @Test func aTombstoneDeletesTheClusterFirstAndTheRestAfterIt() throws {
        var fixture = try PlanningFixture(
            applied: clusterText("v1.34.0") + "\n---\n" + Self.config,
            desired: Self.config,
            statuses: ["KubeadmControlPlane": settled("v1.34.0")]
        )
        fixture.desired.tombstones = [tombstone("Cluster", "default", "c1")]
        var plan = fixture.plan()
        #expect(plan.steps.filter { $0.action.isDeletion }.map(\.key.kind) == ["Cluster"])
        #expect(plan.steps.filter { $0.verdict == .delete }.count == 6)
        #expect(plan.steps.contains { $0.reason == "goes after Cluster default/c1" })
        // Cluster API has taken the Cluster, its control plane and its workers away; templates remain.
        for kind in ["Cluster", "KubeadmControlPlane", "MachineDeployment", "DockerCluster"] {
            for key in fixture.observed.objects.keys where key.kind == kind { fixture.observed.objects[key] = nil }
        }
        // What belongs to the Cluster is known from the inventory now.
        fixture.inventory = plan.intent
        for key in fixture.inventory.keys {
            fixture.inventory[key]?.cluster = key.name == "settings" ? nil : "default/c1"
        }
        plan = fixture.plan()
        #expect(
            plan.steps.filter { $0.action.isDeletion }.map(\.key.kind).sorted() == [
                "DockerMachineTemplate", "KubeadmConfigTemplate",
            ]
        )
        #expect(plan.steps.filter { $0.verdict == .delete }.allSatisfy { $0.reason.contains("tombstone") })
    }

    @Test func aTombstoneForWhatGitStillHoldsDoesNothing() throws {
        var fixture = try PlanningFixture(
            applied: clusterText("v1.34.0"),
            desired: clusterText("v1.34.0"),
            statuses: ["KubeadmControlPlane": settled("v1.34.0")]
        )
        fixture.desired.tombstones = [tombstone("Cluster", "default", "c1")]
        let plan = fixture.plan()
        #expect(!plan.writesAnything)
        #expect(plan.steps.first { $0.key.kind == "Cluster" }?.verdict == .blocked)
    }

    @Test func workersGoWithoutATombstoneWhileTheirClusterIsRendered() throws {
        let without = clusterText("v1.34.0").components(separatedBy: "\n---\n").filter {
            !$0.contains("kind: MachineDeployment\n")
        }
        let fixture = try PlanningFixture(
            applied: clusterText("v1.34.0"),
            desired: without.joined(separator: "\n---\n"),
            statuses: ["KubeadmControlPlane": settled("v1.34.0")]
        )
        let step = try #require(fixture.plan().steps.first { $0.verdict == .delete })
        #expect(step.key.kind == "MachineDeployment" && step.machines?.deleted == 2)
    }

    @Test func namespacesAndDefinitionsNeedATombstone() throws {
        let text = """
            {apiVersion: v1, kind: Namespace, metadata: {name: team}}
            ---
            {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: a.b.c}, spec: {group: b.c}}
            """
        var fixture = try PlanningFixture(applied: text + "\n---\n" + Self.other, desired: Self.other)
        #expect(fixture.plan().steps.filter { $0.verdict == .blocked }.count == 2)
        fixture.desired.tombstones = [tombstone("Namespace", "", "team")]
        let plan = fixture.plan()
        #expect(
            plan.steps.filter { $0.verdict == .delete }.map(\.key.kind) == ["Namespace"],
            "\(plan.steps.map(\.reason))"
        )
    }

    @Test func whatAnotherFleetRendersIsHandedOver() throws {
        var fixture = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other)
        let key = try #require(fixture.inventory.keys.first { $0.name == "settings" })
        fixture.settings.claimedElsewhere = [key: "fleet core"]
        let plan = fixture.plan()
        #expect(plan.step(for: key)?.verdict == .handover)
        #expect(plan.intent[key] == nil && !plan.writesAnything)
    }

    @Test func objectsOfAPausedAppStayAsTheyAre() throws {
        var fixture = try PlanningFixture(applied: Self.config + "\n---\n" + Self.other, desired: Self.other)
        fixture.desired.frozenSources = ["git.yaml": "the app is paused"]
        #expect(fixture.plan().steps.allSatisfy { $0.verdict == .none && !$0.action.isWrite })
    }

    /// Stops carrying a plan out after every single step: whatever happens, replaying ends in the same place, and nothing
    /// goes that was not to go.
    @Test func aCrashAfterAnyStepConverges() throws {
        let before = clusterText("v1.33.1") + "\n---\n" + Self.config
        let after = clusterText("v1.33.1", template: "{size: large}", replicas: 4) + "\n---\n" + Self.other
        let fixture = try PlanningFixture(
            applied: before,
            desired: after,
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        let whole = carryOut(fixture, stoppingAfter: .max, confirming: true)
        for stop in 0...fixture.plan().steps.count {
            for confirming in [true, false] {
                var world = carryOut(fixture, stoppingAfter: stop, confirming: confirming)
                for _ in 0..<3 { world = carryOut(world, stoppingAfter: .max, confirming: true) }
                #expect(
                    Set(world.observed.objects.keys)
                        == Set(carryOut(whole, stoppingAfter: .max, confirming: true).observed.objects.keys)
                )
                #expect(world.verdicts() == [])
                #expect(!world.plan().writesAnything)
            }
        }
    }

    /// An applier in miniature: intent first, then the steps, then what became of each.
    private func carryOut(_ start: PlanningFixture, stoppingAfter limit: Int, confirming: Bool) -> PlanningFixture {
        var world = start
        let plan = start.plan()
        world.inventory = plan.intent
        for step in plan.steps.filter({ $0.action.isWrite }).prefix(limit) {
            switch step.action {
            case .nothing: continue
            case .delete:
                world.observed.objects[step.key] = nil
                if confirming { world.inventory.recordDeleted(step.key) }
            case .apply(let manifest, _), .recreate(let manifest, _):
                var live = PlanningFixture.applied(manifest)
                live.value["status"] = world.observed.objects[step.key]?.value["status"]
                world.observed.objects[step.key] = live
                if confirming { world.inventory.recordApplied(step, uid: live.uid ?? "") }
            }
        }
        return world
    }
}

extension String {
    fileprivate func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
