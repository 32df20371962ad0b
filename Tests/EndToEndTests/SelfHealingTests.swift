import Foundation
import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

/// The story of `examples/self-healing`, told to a daemon that runs as a process.
@Suite(.timeLimit(.minutes(5))) struct SelfHealingTests {
    @Test func theExampleHeals() async throws {
        let scene = try await Scene.start()
        try await scene.replacesADeadWorker()
        try await scene.sparesThreeOfFive()
        try await scene.sparesWhatCannotBeSeen()
        try await scene.replacesAControlPlane()
        try await scene.actsOnCommand()
    }
}

/// A daemon on a copy of the example.
private struct Scene {
    let daemon: ExampleDaemon

    var server: String { daemon.server }
    var client: APIClient { daemon.client }

    static let machine = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Machine")
    static let cluster = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Cluster")
    static let check = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "MachineHealthCheck")
    static let nodeFault = "lab.martlet.dev/node"

    static func start() async throws -> Scene {
        let daemon = try await ExampleDaemon.start("self-healing", context: "home-1", ["--time-scale", "20"])
        let scene = Scene(daemon: daemon)
        try await until("five workers and three control planes run") {
            let machines = try await scene.machines()
            return machines.count == 8 && machines.allSatisfy { $0.status["phase"] == "Running" }
        }
        try await until("all are healthy") { try await scene.healthy() == 5 }
        return scene
    }

    /// Waits until something holds. What is not there yet counts as not holding.
    private static func until(
        _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ holds: () async throws -> Bool
    ) async throws {
        try await ExampleDaemon.until(what, sourceLocation: sourceLocation, holds)
    }

    // MARK: What is seen

    private func machines() async throws -> [Manifest] {
        try await client.list(try await client.resource(for: Self.machine)).items
    }

    private func workers() async throws -> [Manifest] {
        try await machines().filter { $0.label("pool") != nil }.sorted { $0.name < $1.name }
    }

    private func names() async throws -> Set<String> { Set(try await workers().map(\.name)) }

    private func healthy() async throws -> Int? {
        try await client.get(Self.check, namespace: "trees", name: "oak-workers")?.status["currentHealthy"]?.int
    }

    private func areSettled(_ machines: [Manifest], _ count: Int) -> Bool {
        machines.count == count && machines.allSatisfy { $0.status["phase"] == "Running" && !$0.isBeingDeleted }
    }

    // MARK: What is done

    private func annotate(_ kind: GroupVersionKind, _ name: String, _ annotation: String, _ text: String?) async throws
    {
        let value = text.map(Value.string) ?? .null
        try await client.patch(
            kind,
            namespace: "trees",
            name: name,
            with: ["metadata": ["annotations": .object(Object([.init(key: annotation, value: value)]))]],
            as: .merge,
            fieldManager: "test"
        )
    }

    private func stop(_ names: some Sequence<String>) async throws {
        for name in names { try await annotate(Self.machine, name, Self.nodeFault, "Down") }
    }

    private func heal(_ names: some Sequence<String>) async throws {
        for name in names { try await annotate(Self.machine, name, Self.nodeFault, nil) }
    }

    private func martlet(_ arguments: String...) throws -> CommandTests.Answer {
        try CommandTests.martlet(arguments + ["--server", server])
    }

    // MARK: The story

    func replacesADeadWorker() async throws {
        let before = try await names()
        let victim = try #require(before.min())
        try await stop([victim])
        try await Self.until("another worker is there") {
            let workers = try await workers()
            return areSettled(workers, 5) && !workers.contains { $0.name == victim }
        }
        #expect(try await before.intersection(names()).count == 4)
        try await Self.until("all are healthy again") { try await healthy() == 5 }
    }

    func sparesThreeOfFive() async throws {
        let before = try await names()
        let three = before.sorted().prefix(3)
        try await stop(three)
        try await Self.until("the check says why it stops") {
            let check = try await client.get(Self.check, namespace: "trees", name: "oak-workers")
            let condition = check?.condition("RemediationAllowed")
            return condition?.status == .no && condition?.message.contains("3 of 5") == true
        }
        try await Self.until("the sick ones say so") {
            let workers = try await workers()
            return workers.count { $0.condition("HealthCheckSucceeded")?.status == .no } == 3
        }
        let answer = try martlet("describe", "cluster", "oak")
        #expect(answer.output.contains("MachineHealthCheck/oak-workers"), "\(answer.errors)")
        #expect(answer.output.contains("3 of 5 Machines are not healthy"), "\(answer.output)")
        try await heal(three)
        try await Self.until("all are healthy again") { try await healthy() == 5 }
        #expect(try await names() == before)
    }

    func sparesWhatCannotBeSeen() async throws {
        let before = try await names()
        let two = before.sorted().prefix(2)
        try await annotate(Self.cluster, "oak", "lab.martlet.dev/api", "Down")
        try await stop(two)
        // Twice as long as it would take to see and replace them.
        try await Task.sleep(for: .seconds(8))
        #expect(try await names() == before)
        #expect(try await workers().allSatisfy { $0.condition("OwnerRemediated") == nil })
        #expect(try await healthy() == 5, "what nobody sees is not counted")
        try await heal(two)
        try await annotate(Self.cluster, "oak", "lab.martlet.dev/api", nil)
        try await Self.until("the cluster is seen again") {
            try await client.get(Self.cluster, namespace: "trees", name: "oak")?.isTrue("Available") == true
        }
        #expect(try await names() == before)
    }

    func replacesAControlPlane() async throws {
        func controlPlanes() async throws -> [Manifest] {
            try await machines().filter { $0.label("cluster.x-k8s.io/control-plane") != nil }
        }
        let victim = try #require(try await controlPlanes().map(\.name).min())
        try await stop([victim])
        try await Self.until("another control plane is there") {
            let present = try await controlPlanes()
            return areSettled(present, 3) && !present.contains { $0.name == victim }
        }
        let annotation = "controlplane.cluster.x-k8s.io/remediation-for"
        #expect(try await controlPlanes().contains { $0.annotation(annotation)?.contains(victim) == true })
    }

    func actsOnCommand() async throws {
        for command in ["remediate", "drain"] {
            let victim = try #require(try await names().min())
            let answer = try martlet(command, victim)
            #expect(answer.status == 0, "\(answer.errors)")
            #expect(answer.output.contains("Machine trees/\(victim)"))
            try await Self.until("\(command): another worker is there") {
                let workers = try await workers()
                return areSettled(workers, 5) && !workers.contains { $0.name == victim }
            }
        }
        let before = try await names()
        #expect(try martlet("rollout", "restart", "md/oak-workers").status == 0)
        try await Self.until("all workers are new") {
            let workers = try await workers()
            return areSettled(workers, 5) && before.isDisjoint(with: workers.map(\.name))
        }
        let refused = try martlet("rollout", "restart", "Machine/nobody")
        #expect(refused.status == 1 && refused.errors.contains("no Machine named “nobody”"), "\(refused.errors)")
    }
}
