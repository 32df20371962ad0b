import APIServer
import KubernetesModel
import StructuredValue
import Testing

@testable import ClusterSimulator

/// How owners replace Machines that a health check has handed over.
@Suite(.timeLimit(.minutes(1)))
struct RemediationTests {
    /// Says about a Machine what a MachineHealthCheck says.
    private static func tell(_ lab: TestLab, _ name: String, isHealthy: Bool) async throws {
        try await lab.until("\(name) takes the verdict") {
            var machine = try lab.get("Machine", name)
            let now = lab.clock.now()
            if isHealthy {
                machine.setCondition("HealthCheckSucceeded", .yes, "HealthCheckSucceeded", now: now)
            } else {
                machine.setCondition("HealthCheckSucceeded", .no, "UnhealthyNode", now: now)
                machine.setCondition("OwnerRemediated", .no, "WaitingForRemediation", now: now)
            }
            // Somebody else may have been quicker: then it is tried again.
            return (try? lab.client.updateStatus(machine.value)) != nil
        }
    }

    private static func start(_ lab: TestLab, replicas: Int = 2) async throws {
        for object in demoCluster(version: "v1.33.1", replicas: replicas) { try lab.client.create(object) }
        try await lab.until("all Machines run") { lab.running(version: "v1.33.1") == 3 + replicas }
        try await lab.until("the cluster is available") { try lab.get("Cluster", "c1").isTrue("Available") }
    }

    private static func controlPlanes(_ lab: TestLab) -> [Manifest] {
        lab.machines.filter { $0.label(CAPI.controlPlaneLabel) != nil }
    }

    private static func stop(_ lab: TestLab, _ name: String) async throws {
        try lab.patch("Machine", name, ["metadata": ["annotations": [CAPI.nodeFault: "Down"]]])
        try await lab.until("\(name) is down") {
            try lab.get("Machine", name).condition("NodeHealthy")?.status == .unknown
        }
    }

    @Test func aSickControlPlaneMachineIsReplacedByOneThatSaysSo() async throws {
        try await TestLab.run { lab in
            try await Self.start(lab)
            let victim = try #require(Self.controlPlanes(lab).first?.name)
            try await Self.stop(lab, victim)
            try await Self.tell(lab, victim, isHealthy: false)
            var least = 3
            try await lab.until("three run without it") {
                let machines = Self.controlPlanes(lab).filter { !$0.isBeingDeleted }
                least = min(least, machines.count)
                let running = machines.filter { $0.status["phase"] == "Running" }
                return running.count == 3 && !running.contains { $0.name == victim }
            }
            #expect(least >= 2)
            let replacements = Self.controlPlanes(lab).compactMap { $0.annotation(CAPI.remediationForAnnotation) }
            #expect(replacements.compactMap { RemediationAttempt($0)?.machine } == [victim])
            let controlPlane = try lab.get("KubeadmControlPlane", "c1", group: CAPI.controlPlane)
            #expect(controlPlane.annotation(CAPI.remediationAnnotation) == nil)
            #expect(controlPlane.status[path: "lastRemediation", "machine"]?.string == victim)
        }
    }

    @Test func etcdKeepsItsQuorum() async throws {
        try await TestLab.run { lab in
            try await Self.start(lab)
            let names = Self.controlPlanes(lab).map(\.name).prefix(2)
            for name in names { try await Self.stop(lab, name) }
            for name in names { try await Self.tell(lab, name, isHealthy: false) }
            try await lab.until("both say why they stay") {
                let reasons = try names.map { try lab.get("Machine", $0).condition("OwnerRemediated")?.reason }
                return Set(reasons) == ["CannotBeRemediated", "RemediationDeferred"]
            }
            let texts = try names.compactMap { try lab.get("Machine", $0).condition("OwnerRemediated")?.message }
            #expect(texts.contains { $0.contains("quorum") })
            #expect(Self.controlPlanes(lab).count { !$0.isBeingDeleted } == 3)
            // One is well again: now the other can go.
            try lab.patch("Machine", names[0], ["metadata": ["annotations": [CAPI.nodeFault: .null]]])
            try await Self.tell(lab, names[0], isHealthy: true)
            try await lab.until("the sick one is replaced") {
                let machines = Self.controlPlanes(lab).filter { !$0.isBeingDeleted }
                return machines.count == 3 && !machines.contains { $0.name == names[1] }
            }
            #expect(try lab.get("Machine", names[0]).condition("OwnerRemediated") == nil)
        }
    }

    @Test func aDeploymentReplacesAsManyWorkersAtOnceAsItAllows() async throws {
        try await TestLab.run { lab in
            try await Self.start(lab, replicas: 3)
            try lab.patch("MachineDeployment", "c1-md-0", ["spec": ["remediation": ["maxInFlight": 1]]])
            // Held until a person lets them go, so that there is time to look.
            let hook = "\(CAPI.preTerminateHook)/test"
            let workers = lab.machines.filter { $0.label("pool") != nil }.map(\.name).sorted()
            for name in workers { try lab.patch("Machine", name, ["metadata": ["annotations": [hook: "x"]]]) }
            for name in workers.prefix(2) { try await Self.tell(lab, name, isHealthy: false) }
            try await lab.until("one goes, one waits") {
                let machines = try workers.prefix(2).map { try lab.get("Machine", $0) }
                return Set(machines.compactMap { $0.condition("OwnerRemediated")?.reason })
                    == ["MachineDeleting", "RemediationDeferred"] && machines.count(where: \.isBeingDeleted) == 1
            }
            for name in workers { try lab.patch("Machine", name, ["metadata": ["annotations": [hook: .null]]]) }
            try await lab.until("both are replaced") {
                let present = lab.machines.filter { $0.label("pool") != nil && !$0.isBeingDeleted }
                return present.count == 3 && present.allSatisfy { !workers.prefix(2).contains($0.name) }
            }
        }
    }

    @Test func aWorkerThatIsWellAgainStays() async throws {
        try await TestLab.run { lab in
            try await Self.start(lab)
            try lab.patch("MachineDeployment", "c1-md-0", ["spec": ["remediation": ["maxInFlight": 0]]])
            let name = try #require(lab.machines.first { $0.label("pool") != nil }?.name)
            try await Self.tell(lab, name, isHealthy: false)
            try await lab.until("it waits") {
                try lab.get("Machine", name).condition("OwnerRemediated")?.reason == "RemediationDeferred"
            }
            try await Self.tell(lab, name, isHealthy: true)
            try await lab.until("nothing is left of it") {
                try lab.get("Machine", name).condition("OwnerRemediated") == nil
            }
        }
    }

    struct Try: Sendable, CustomTestStringConvertible {
        var text: String
        var expected: RemediationAttempt?
        var testDescription: String { text }
    }

    @Test(arguments: [
        Try(
            text: #"{"machine":"m","timestamp":"2026-01-01T00:00:00Z","retryCount":2}"#,
            expected: RemediationAttempt(
                machine: "m",
                timestamp: Timestamp(seconds: 1_767_225_600),
                retryCount: 2
            )
        ),
        Try(text: "", expected: nil), Try(text: "{}", expected: nil),
        Try(text: #"{"machine":"m","timestamp":"yesterday"}"#, expected: nil),
    ])
    func attemptsAreReadFromAnnotations(_ example: Try) {
        let attempt = RemediationAttempt(example.text)
        #expect(attempt == example.expected)
        if let attempt { #expect(RemediationAttempt(attempt.text) == attempt) }
    }
}
