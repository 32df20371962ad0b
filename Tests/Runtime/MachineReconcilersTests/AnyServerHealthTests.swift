import KubernetesClient
import KubernetesModel
import LabTestSupport
import MachineDecisions
import MachineReconcilers
import StructuredValue
import Testing

/// Health checks on a server without providers, which may be a real one.
@Suite(.timeLimit(.minutes(3))) struct AnyServerHealthTests {
    private func withChecks(
        _ budget: RemediationBudget = RemediationBudget(),
        _ body: @escaping @Sendable (LabUnderTest) async throws -> Void
    ) async throws {
        let budget = FleetRemediationBudget(budget)
        try await LabUnderTest.bare({ await MachineHealthCheckService($0, budget: budget).run() }, body)
    }

    /// Machines of these names with ready Nodes.
    private func createMachines(_ lab: LabUnderTest, _ names: String...) async throws {
        for name in names {
            try await lab.createNode(name)
            try await lab.create(
                """
                apiVersion: cluster.x-k8s.io/v1beta2
                kind: Machine
                metadata: {name: \(name), labels: {cluster.x-k8s.io/cluster-name: c1, pool: md-0}}
                spec:
                  clusterName: c1
                  bootstrap: {dataSecretName: x}
                  infrastructureRef: {apiGroup: x.example, kind: X, name: \(name)}
                status:
                  nodeRef: {name: \(lab.namespace)-\(name)}
                """
            )
        }
    }

    private static func check(_ more: String = "") -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: MachineHealthCheck
        metadata: {name: mhc}
        spec:
          clusterName: c1
          selector: {matchLabels: {pool: md-0}}
          checks: {unhealthyNodeConditions: [{type: Ready, status: Unknown, timeoutSeconds: 60}]}
        \(more)
        """
    }

    private func check(_ lab: LabUnderTest) async throws -> Manifest? { try await lab.get("MachineHealthCheck", "mhc") }

    private func machine(_ name: String, _ type: String, _ lab: LabUnderTest) async throws -> Condition? {
        try await lab.get("Machine", name)?.condition(type)
    }

    @Test func aSickMachineIsHandedOverAndAHealthyOneIsNot() async throws {
        try await withChecks { lab in
            try await lab.createCluster()
            try await createMachines(lab, "a", "b", "c")
            try await lab.create(Self.check())
            try await lab.until("all are healthy") { try await check(lab)?.status["currentHealthy"] == 3 }
            let seen = try #require(try await check(lab))
            #expect(seen.ownerReferences.map(\.name) == ["c1"])
            #expect(seen.label("cluster.x-k8s.io/cluster-name") == "c1")
            #expect(seen.status["targets"] == ["a", "b", "c"])
            #expect(seen.status["observedGeneration"] == seen.generation.map { .int($0) })
            #expect(seen.isTrue("RemediationAllowed"))
            // A person's wish need not wait for a fault to settle.
            let wish: Value = ["metadata": ["annotations": ["cluster.x-k8s.io/remediate-machine": ""]]]
            try await lab.patch("Machine", "b", wish)
            try await lab.until("b is handed over") { try await machine("b", "OwnerRemediated", lab)?.status == .no }
            #expect(try await machine("b", "OwnerRemediated", lab)?.reason == "WaitingForRemediation")
            #expect(try await machine("b", "HealthCheckSucceeded", lab)?.reason == "HasRemediateAnnotation")
            #expect(try await machine("a", "OwnerRemediated", lab) == nil)
            let legacy = try await lab.get("Machine", "b")?.status[path: "deprecated", "v1beta1", "conditions"]
            #expect(legacy?.array?.contains { $0["reason"] == "HasRemediateMachineAnnotation" } == true)
            #expect(try await lab.get("Machine", "b")?.isBeingDeleted == false, "its owner deletes it, nobody else")
            try await lab.until("it is told") {
                try await lab.all("Event", group: "").contains {
                    $0.namespace == lab.namespace && $0.value["reason"] == "MachineMarkedUnhealthy"
                }
            }
            try await lab.until("it is counted") { try await check(lab)?.status["currentHealthy"] == 2 }
            #expect(try await lab.writesWhileIdle(of: "Machine", "b", group: "cluster.x-k8s.io") == 0)
        }
    }

    @Test func tooManySickOnesStopIt() async throws {
        try await withChecks { lab in
            try await lab.createCluster()
            try await createMachines(lab, "a", "b", "c")
            for name in ["a", "b"] { try await lab.setReady("Unknown", of: name) }
            try await lab.create(Self.check("  remediation: {triggerIf: {unhealthyLessThanOrEqualTo: 40%}}"))
            try await lab.until("it stops") {
                try await check(lab)?.condition("RemediationAllowed")?.reason == "TooManyUnhealthy"
            }
            #expect(try await check(lab)?.status["remediationsAllowed"] == 0)
            let sick = try await machine("a", "HealthCheckSucceeded", lab)
            #expect(sick?.reason == "UnhealthyNode")
            #expect(sick?.message.contains("Ready has been Unknown (R) for more than 1m") == true)
            #expect(try await machine("a", "OwnerRemediated", lab) == nil)
            let message = try await check(lab)?.condition("RemediationAllowed")?.message ?? ""
            #expect(message.contains("2 of 3") && message.contains("40%"), "\(message)")
        }
    }

    @Test func aDeletedNodeIsAReason() async throws {
        try await withChecks { lab in
            try await lab.createCluster()
            try await createMachines(lab, "a", "b")
            try await lab.delete("Node", "\(lab.namespace)-a", group: "")
            try await lab.create(Self.check())
            try await lab.until("a is handed over") { try await machine("a", "OwnerRemediated", lab)?.status == .no }
            #expect(try await machine("a", "HealthCheckSucceeded", lab)?.reason == "NodeDeleted")
            try await lab.until("b is healthy") { try await machine("b", "HealthCheckSucceeded", lab)?.status == .yes }
        }
    }

    @Test func anUnreachableClusterIsNotJudged() async throws {
        try await withChecks { lab in
            try await lab.createCluster()
            try await createMachines(lab, "a")
            try await lab.setReady("Unknown", of: "a")
            let elsewhere = """
                apiVersion: v1
                kind: Config
                clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
                users: [{name: u, user: {token: x}}]
                contexts: [{name: c, context: {cluster: c, user: u}}]
                current-context: c
                """
            try await lab.setKubeconfig(of: "c1", elsewhere)
            try await lab.create(Self.check())
            try await lab.until("it is adopted") { try await check(lab)?.ownerReferences.isEmpty == false }
            #expect(try await lab.writesWhileIdle(of: "Machine", "a", group: "cluster.x-k8s.io") == 0)
            #expect(try await check(lab)?.status["expectedMachines"] == nil)
            try await lab.setKubeconfig(of: "c1")
            try await lab.until("it is judged") { try await machine("a", "OwnerRemediated", lab)?.status == .no }
        }
    }

    /// A kind of requests that nobody serves must neither stop the judgement nor be asked for all the time.
    @Test func aTemplateThatIsMissingIsSaid() async throws {
        try await withChecks { lab in
            try await lab.createCluster()
            try await createMachines(lab, "a", "b")
            try await lab.setReady("Unknown", of: "a")
            try await lab.create(
                Self.check(
                    "  remediation: {templateRef: {apiVersion: repair.example/v1, kind: RebootTemplate, name: reboot}}"
                )
            )
            try await lab.until("it is said on the Machine") {
                try await machine("a", "ExternallyRemediated", lab)?.reason == "RemediationTemplateNotFound"
            }
            #expect(try await machine("a", "OwnerRemediated", lab) == nil)
            try await lab.until("b is healthy") { try await machine("b", "HealthCheckSucceeded", lab)?.status == .yes }
            let before = await lab.client.requestCount
            #expect(try await lab.writesWhileIdle(of: "Machine", "a", group: "cluster.x-k8s.io") == 0)
            #expect(await lab.client.requestCount - before < 12)
        }
    }

    /// Within its range nothing is left, and what is sick is handed over nevertheless.
    @Test func aRangeOfOneHandsOneOver() async throws {
        try await withChecks { lab in
            try await lab.createCluster()
            try await createMachines(lab, "a", "b")
            try await lab.setReady("Unknown", of: "a")
            let check = """
                apiVersion: cluster.x-k8s.io/v1beta2
                kind: MachineHealthCheck
                metadata: {name: mhc}
                spec:
                  clusterName: c1
                  selector: {matchLabels: {pool: md-0}}
                  checks:
                    nodeStartupTimeoutSeconds: 0
                    unhealthyNodeConditions: [{type: Ready, status: Unknown, timeoutSeconds: 60}]
                  remediation: {triggerIf: {unhealthyInRange: "[1-1]"}}
                """
            try await lab.create(check)
            try await lab.until("a is handed over") { try await machine("a", "OwnerRemediated", lab)?.status == .no }
            try await lab.until("it is counted") { try await self.check(lab)?.status["remediationsAllowed"] == 0 }
            #expect(try await self.check(lab)?.isTrue("RemediationAllowed") == true)
        }
    }
}
