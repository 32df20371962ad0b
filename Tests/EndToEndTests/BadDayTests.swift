import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

/// The story of `examples/bad-day`: a scenario, and a daemon that lives through it.
@Suite(.timeLimit(.minutes(5))) struct BadDayTests {
    private static let machine = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Machine")
    private static let cluster = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Cluster")
    private static let event = GroupVersionKind(group: "", version: "v1", kind: "Event")
    private static let mark = "lab.martlet.dev/scenario"

    @Test func theDayGoesAsItIsWritten() async throws {
        let daemon = try await ExampleDaemon.start(
            "bad-day",
            context: "home-1",
            ["--time-scale", "20", "--scenario", "FOLDER/scenario.yaml"]
        )
        func workers() async throws -> [Manifest] {
            let all = try await daemon.client.list(try await daemon.client.resource(for: Self.machine)).items
            return all.filter { $0.label("pool") != nil && !$0.isBeingDeleted }.sorted { $0.name < $1.name }
        }
        func marked(_ fault: String) async throws -> [String] {
            try await workers().filter { $0.annotation(Self.mark) == "\(fault)/0" }.map(\.name)
        }
        func areSettled(_ machines: [Manifest]) -> Bool {
            machines.count == 5 && machines.allSatisfy { $0.status["phase"] == "Running" && $0.isTrue("NodeReady") }
        }
        try await ExampleDaemon.until("a worker dies") { try await marked("dead-worker").count == 1 }
        let dead = try await marked("dead-worker")
        try await ExampleDaemon.until("it is replaced") {
            let present = try await workers()
            return areSettled(present) && !present.contains { dead.contains($0.name) }
        }

        let healthy = try await workers().map(\.name)
        try await ExampleDaemon.until("a worker flaps") { try await marked("flapping-worker").count == 1 }
        let flapping = try await marked("flapping-worker")
        try await ExampleDaemon.until("it is down") { try await workers().contains { $0.isTrue("NodeReady") == false } }
        try await ExampleDaemon.until("it is up again") { areSettled(try await workers()) }

        try await ExampleDaemon.until("the network is cut") {
            try await daemon.client.get(Self.cluster, namespace: "trees", name: "elm")?.annotation(Self.mark)
                == "cut-cable/0"
        }
        #expect(try await workers().map(\.name) == healthy, "who flaps is left alone: \(flapping)")
        try await ExampleDaemon.until("two die behind it") { try await marked("behind-the-cable").count == 2 }
        try await ExampleDaemon.until("the network is back") {
            try await daemon.client.get(Self.cluster, namespace: "trees", name: "elm")?.isTrue("RemoteConnectionProbe")
                == true
        }
        #expect(try await workers().map(\.name) == healthy, "nobody is replaced unseen")

        try await ExampleDaemon.until("a successor waits for room") {
            try await workers().contains {
                $0.condition("InfrastructureReady")?.message == "the account may have no more than 7 machines"
            }
        }
        try await ExampleDaemon.until("it comes when there is room") { areSettled(try await workers()) }
        #expect(try await Set(workers().map(\.name)).subtracting(healthy).count == 1)

        let events = try await daemon.client.list(try await daemon.client.resource(for: Self.event)).items
        let reasons = Set(events.compactMap { $0.value["reason"]?.string })
        #expect(reasons.isSuperset(of: ["NodeDown", "APIServerDown", "QuotaExceeded"]))
    }
}
