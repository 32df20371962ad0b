import FleetModel
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import TestSupport
import Testing
import YAMLFormat

@Suite struct FleetPlanTests {
    private func fleetPlan() throws -> FleetPlan {
        var plans: [ApplyPlan] = []
        for number in 1...2 {
            var fixture = try PlanningFixture(
                applied: clusterText("v1.33.1") + Self.configs("old"),
                desired: clusterText("v1.34.0") + Self.configs("new | `x` <y>"),
                statuses: ["KubeadmControlPlane": settled("v1.33.1")]
            )
            fixture.desired.managementCluster = "mc-\(number)"
            plans.append(fixture.plan())
        }
        var idle = try PlanningFixture(applied: clusterText("v1.33.1"), desired: clusterText("v1.33.1"))
        idle.desired.managementCluster = "mc-3"
        plans.append(idle.plan())
        return FleetPlan(
            revision: "r2",
            base: "r1",
            plans: plans,
            diagnostics: [
                Diagnostic(
                    .warning,
                    "unknown-management-cluster",
                    "no management cluster is named “mc-9”",
                    at: SourcePosition(file: "fleets/edge/fleet.yaml", line: 3, column: 4),
                    hint: "did you mean “mc-1”?"
                )
            ]
        )
    }

    private static func configs(_ text: String) -> String {
        """

        ---
        {apiVersion: v1, kind: ConfigMap, metadata: {name: notes, namespace: default}, data: {text: "\(text)"}}
        """
    }

    @Test func aReviewerReadsItAtAGlance() throws {
        #expect(
            try fleetPlan().forecast.sentence
                == "2 management clusters, 2 clusters touched; 10 machines roll because spec.version changes; "
                + "2 objects wait; nothing is deleted"
        )
    }

    @Test func textForATerminal() throws { try expectGolden(try fleetPlan().text, "plan.txt") }
    @Test func markdownForAPullRequest() throws { try expectGolden(try fleetPlan().markdown, "plan.md") }

    @Test func jsonForPrograms() throws {
        try expectGolden(YAML.text(try fleetPlan().value(), .readable), "plan.yaml")
    }

    @Test func annotationsThatHoldJSONAreComparedInside() throws {
        func topology(_ version: String, _ zone: String) -> Value {
            .string(
                #"{"version":"\#(version)","variables":[{"name":"zone","value":"\#(zone)"},{"name":"size","value":1}]}"#
            )
        }
        let name = "metadata.annotations[\"martlet.dev/topology"
        var plan = try fleetPlan()
        plan.plans[0].steps = [
            PlanStep(
                key: ObjectKey(
                    groupKind: GroupKind(group: "cluster.x-k8s.io", kind: "Cluster"),
                    namespace: "default",
                    name: "c1"
                ),
                apiVersion: "cluster.x-k8s.io/v1beta2",
                verdict: .metadata,
                fields: [
                    PlannedField(path: "\(name)\"]", old: topology("v1.33.1", "a"), new: topology("v1.34.0", "b")),
                    PlannedField(path: "\(name)-hash\"]", old: "x", new: "y"),
                ],
                contentHash: ""
            )
        ]
        let lines = plan.text.split(separator: "\n").prefix { !$0.contains("mc-2") }
        #expect(
            lines.dropFirst(2) == [
                "      spec.topology.variables[name=zone].value: a → b",
                "      spec.topology.version: v1.33.1 → v1.34.0",
            ]
        )
    }

    @Test func nothingToDoIsSaidInTwoWords() {
        #expect(FleetPlan(revision: "r", plans: []).text == "nothing changes\n")
    }

    @Test func twoRevisionsAreComparedWithoutAnyCluster() throws {
        let base = try PlanningFixture.state(clusterText("v1.33.1") + Self.configs("old"))
        let next = try PlanningFixture.state(clusterText("v1.34.0", template: "{size: large}"))
        let plan = planBetweenRevisions(from: base, to: next, now: Timestamp(seconds: 0))
        let verdicts = plan.steps.filter { $0.verdict != .none }.map { "\($0.key.kind): \($0.verdict.rawValue)" }
        #expect(
            verdicts.sorted() == [
                "ConfigMap: delete", "DockerMachineTemplate: rotate", "KubeadmControlPlane: roll",
                "MachineDeployment: roll",
            ]
        )
        #expect(Forecast([plan]).machinesRolled == 5)
        let new = planBetweenRevisions(from: nil, to: next, now: Timestamp(seconds: 0))
        #expect(new.steps.allSatisfy { $0.verdict == .create })
        let same = planBetweenRevisions(from: base, to: base, now: Timestamp(seconds: 0))
        #expect(same.steps.allSatisfy { $0.verdict == .none })
    }
}
