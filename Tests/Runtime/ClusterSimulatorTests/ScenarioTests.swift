import APIServer
import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing

@testable import ClusterSimulator

@Suite(.timeLimit(.minutes(2))) struct ScenarioTests {
    private static func scenario(_ spec: String) throws(RejectedSource) -> Scenario {
        let head = "apiVersion: martlet.dev/v1alpha1\nkind: Scenario\nmetadata: {name: test}\nspec:\n"
        return try readScenario(Array((head + spec).utf8), file: "scenario.yaml")
    }

    // MARK: Decisions

    private static let start = Timestamp(seconds: 1_790_000_000)

    /// A cluster with Machines, which have joined unless they are named as waiting.
    private static func view(_ machines: [String], waiting: [String] = [], of name: String = "c") -> ClusterView {
        var cluster = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
            "metadata": [
                "name": .string(name), "namespace": "n", "uid": .string(name),
                "creationTimestamp": .string(start.description),
            ],
            "spec": ["infrastructureRef": [:]],
        ])
        cluster.setCondition("ControlPlaneInitialized", .yes, "Initialized", now: start.advanced(by: .seconds(60)))
        var view = ClusterView(key: ClusterKey(namespace: "n", name: name), objects: [cluster.key: cluster])
        for (index, machine) in (machines + waiting).enumerated() {
            var object = Manifest([
                "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
                "metadata": [
                    "name": .string(machine), "namespace": "n", "uid": .string(machine),
                    "creationTimestamp": .string(start.advanced(by: .seconds(index)).description),
                ],
                "spec": ["clusterName": .string(name)],
            ])
            if !waiting.contains(machine) {
                object.set("spec", "providerID", to: .string("lab:///\(machine)"))
                object.set("status", "nodeRef", to: ["name": .string(machine)])
            }
            view.objects[object.key] = object
        }
        view.census = view.objects.values.filter { $0.kind == "Machine" }
        return view
    }

    /// Follows a scenario at so many seconds after the start, and goes on from what came out.
    private static func follow(_ scenario: Scenario?, _ view: inout ClusterView, at seconds: Int) -> Draft {
        var draft = Draft(
            view,
            now: start.advanced(by: .seconds(seconds)),
            rules: LabRules(timeScale: 2, scenario: scenario, managementCluster: "mc-1")
        )
        draft.followScenario()
        for key in view.objects.keys { view.objects[key] = draft[key] }
        view.census = view.objects.values.filter { $0.kind == "Machine" }
        return draft
    }

    private static func marked(_ annotation: String, _ view: ClusterView) -> [String] {
        view.objects.values.filter { $0.annotation(annotation) != nil }.map(\.name).sorted()
    }

    @Test func nodesDieAtTheirTimeAndComeBack() throws {
        // Times are simulated: with a scale of 2, ten seconds are five.
        let scenario = try Self.scenario("  faults: [{name: dead, type: NodeDown, at: 10s, for: 20s, count: 2}]")
        var view = Self.view(["a", "b", "c", "d"])
        let early = Self.follow(scenario, &view, at: 4)
        #expect(Self.marked(CAPI.nodeFault, view).isEmpty)
        #expect(early.due == Self.start.advanced(by: .seconds(5)))
        let first = Self.follow(scenario, &view, at: 5)
        let victims = Self.marked(CAPI.nodeFault, view)
        #expect(victims.count == 2)
        #expect(first.requests.count == 2)
        #expect(first.due == Self.start.advanced(by: .seconds(15)))
        // A victim that is replaced is not succeeded by another.
        let gone = try #require(view.objects.values.first { $0.annotation(CAPI.nodeFault) != nil })
        view.objects[gone.key] = nil
        let second = Self.follow(scenario, &view, at: 6)
        #expect(second.requests.isEmpty)
        #expect(Self.marked(CAPI.nodeFault, view).count == 1)
        _ = Self.follow(scenario, &view, at: 15)
        #expect(Self.marked(CAPI.nodeFault, view).isEmpty && Self.marked(CAPI.scenarioMark, view).isEmpty)
    }

    @Test func anEqualSeedChoosesEqually() throws {
        func victims(seed: Int) throws -> [String] {
            let scenario = try Self.scenario("  seed: \(seed)\n  faults: [{name: dead, type: NodeDown, count: 3}]")
            var view = Self.view((0..<20).map { "m\($0)" })
            _ = Self.follow(scenario, &view, at: 1)
            return Self.marked(CAPI.nodeFault, view)
        }
        #expect(try victims(seed: 1) == victims(seed: 1))
        #expect(Set(try (0..<5).map(victims)).count > 1)
    }

    @Test func aFlappingNodeIsAlwaysTheSame() throws {
        let scenario = try Self.scenario("  faults: [{name: flap, type: NodeDown, flap: {down: 10s, up: 10s}}]")
        var view = Self.view(["a", "b", "c"])
        var seen: [[String]] = []
        for second in [0, 4, 5, 9, 10] {
            _ = Self.follow(scenario, &view, at: second)
            seen.append(Self.marked(CAPI.nodeFault, view))
        }
        #expect(seen[0].count == 1 && seen[0] == seen[1] && seen[4] == seen[0])
        #expect(seen[2].isEmpty && seen[3].isEmpty)
    }

    @Test func eachOccurrenceChoosesAnew() throws {
        let scenario = try Self.scenario(
            "  faults: [{name: dead, type: NodeDown, from: Initialization, every: 20s, for: 10s}]"
        )
        var view = Self.view((0..<20).map { "m\($0)" })
        var victims: Set<[String]> = []
        for second in stride(from: 60, to: 120, by: 10) {
            _ = Self.follow(scenario, &view, at: second)
            #expect(Self.marked(CAPI.nodeFault, view).count == 1)
            victims.insert(Self.marked(CAPI.nodeFault, view))
            _ = Self.follow(scenario, &view, at: second + 5)
            #expect(Self.marked(CAPI.nodeFault, view).isEmpty)
        }
        #expect(victims.count > 2)
        #expect(view.objects.values.first { $0.kind == "Cluster" }?.annotation(CAPI.scenarioStrikes) == "dead/5")
    }

    @Test func aClusterThatIsCutOffComesBackAndHandsStayAway() throws {
        let scenario = try Self.scenario("  faults: [{name: cut, type: APIServerDown, at: 10s, for: 10s}]")
        var view = Self.view([])
        _ = Self.follow(scenario, &view, at: 5)
        #expect(Self.marked(CAPI.apiFault, view) == ["c"])
        _ = Self.follow(scenario, &view, at: 10)
        #expect(Self.marked(CAPI.apiFault, view).isEmpty)
        // What a person has set is nobody else's to take back.
        let key = try #require(view.objects.keys.first)
        view.objects[key]?.setAnnotation(CAPI.apiFault, "Down")
        _ = Self.follow(scenario, &view, at: 5)
        _ = Self.follow(scenario, &view, at: 10)
        #expect(Self.marked(CAPI.apiFault, view) == ["c"])
    }

    @Test func aShareOfTheNewMachinesCannotBeMade() throws {
        let scenario = try Self.scenario(
            "  faults: [{name: bad, type: ProvisioningFailure, for: 10s, share: 50%, terminal: true, message: no image}]"
        )
        var view = Self.view(["old"], waiting: (0..<40).map { "m\($0)" })
        _ = Self.follow(scenario, &view, at: 1)
        let refused = Self.marked(CAPI.provisioningFault, view)
        #expect((10...30).contains(refused.count) && !refused.contains("old"))
        let first = try #require(view.objects.values.first { $0.name == refused[0] })
        let fault = try #require(ProvisioningFault(first))
        #expect(fault.isTerminal && fault.message == "no image")
        _ = Self.follow(scenario, &view, at: 5)
        #expect(Self.marked(CAPI.provisioningFault, view).isEmpty)
    }

    @Test func aQuotaLetsTheOldestIn() throws {
        let scenario = try Self.scenario("  faults: [{name: full, type: QuotaExceeded, limit: 4}]")
        var view = Self.view(["a", "b"], waiting: ["c", "d", "e", "f"])
        // Another cluster's Machine counts as well, and is older than those that wait.
        view.census += Self.view(["z"], of: "other").census
        var draft = Draft(view, now: Self.start, rules: LabRules(timeScale: 2, scenario: scenario))
        draft.followScenario()
        func waiting(_ draft: Draft) -> [String] {
            draft.all("Machine").filter { $0.annotation(CAPI.provisioningFault) != nil }.map(\.name).sorted()
        }
        #expect(waiting(draft) == ["d", "e", "f"])
        #expect(draft.due == Self.start.advanced(by: .seconds(5)), "providers try again every ten seconds")
        #expect(
            draft.all("Machine").compactMap(ProvisioningFault.init).map(\.reason)
                == Array(repeating: "QuotaExceeded", count: 3)
        )
        for key in view.objects.keys { view.objects[key] = draft[key] }
        // One that runs goes: the next one may come.
        let gone = try #require(view.objects.keys.first { $0.name == "a" })
        view.objects[gone] = nil
        view.census.removeAll { $0.name == "a" }
        draft = Draft(view, now: Self.start, rules: LabRules(timeScale: 2, scenario: scenario))
        draft.followScenario()
        #expect(waiting(draft) == ["e", "f"])
    }

    @Test func aScenarioThatIsGoneLeavesNothing() throws {
        let scenario = try Self.scenario("  faults: [{name: dead, type: NodeDown}, {name: cut, type: APIServerDown}]")
        var view = Self.view(["a"])
        _ = Self.follow(scenario, &view, at: 1)
        #expect(Self.marked(CAPI.scenarioMark, view) == ["a", "c"])
        _ = Self.follow(nil, &view, at: 2)
        #expect(Self.marked(CAPI.scenarioMark, view).isEmpty && Self.marked(CAPI.nodeFault, view).isEmpty)
        #expect(Self.marked(CAPI.apiFault, view).isEmpty)
    }

    @Test func exceptionsDelayOnlyWhatTheyCover() throws {
        let scenario = try Self.scenario(
            """
              delays: {machine: 40s, jitter: 0%}
              exceptions:
                - {target: {machineSelector: {matchLabels: {pool: slow}}}, delays: {machine: 4m}}
                - {target: {managementCluster: elsewhere}, delays: {machine: 1h}}
            """
        )
        let rules = LabRules(timeScale: 2, scenario: scenario, managementCluster: "mc-1")
        let view = Self.view(["a"])
        let cluster = view.objects.values.first { $0.kind == "Cluster" }
        var machine = try #require(view.objects.values.first { $0.kind == "Machine" })
        #expect(rules.delays(for: machine, in: cluster).machine == .seconds(20))
        machine.merge(labels: ["pool": "slow"])
        #expect(rules.delays(for: machine, in: cluster).machine == .seconds(120))
        #expect(rules.delays(for: machine, in: cluster).removal == .seconds(2.5))
    }

    // MARK: Lives

    /// The names of all Machines of a cluster's life.
    private static func names(seed: Int) async throws -> [String] {
        var names: [String] = []
        try await TestLab.run(scenario: try scenario("  seed: \(seed)")) { lab in
            for object in demoCluster(version: "v1.33.1", replicas: 3) { try lab.client.create(object) }
            try await lab.until("all run") { lab.running(version: "v1.33.1") == 6 }
            names = lab.machines.map(\.name).sorted()
        }
        return names
    }

    @Test func equalSeedsMakeEqualNames() async throws {
        let first = try await Self.names(seed: 42)
        #expect(try await Self.names(seed: 42) == first)
        #expect(try await Set(Self.names(seed: 43)).isDisjoint(with: first))
    }

    @Test func whoWaitsForAQuotaSaysSoAndComesWhenThereIsRoom() async throws {
        let scenario = try Self.scenario("  faults: [{name: full, type: QuotaExceeded, limit: 4}]")
        let message = "the account may have no more than 4 machines"
        try await TestLab.run(scenario: scenario) { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            func waiting() -> [String] {
                lab.machines.filter { $0.condition("InfrastructureReady")?.message == message }.map(\.name)
            }
            try await lab.until("the fifth waits") { lab.running(version: "v1.33.1") == 4 && waiting().count == 1 }
            let fifth = try #require(waiting().first)
            let other = try #require(
                lab.machines.first { $0.label("pool") != nil && $0.name != fifth }
                    ?? lab.machines.first { $0.label("pool") != nil }
            )
            try lab.client.delete(lab.kind("Machine"), namespace: "default", name: other.name)
            try await lab.until("one goes, one comes") {
                lab.machines.contains { $0.name == fifth && $0.status["phase"] == "Running" } || other.name == fifth
            }
            #expect(lab.running(version: "v1.33.1") <= 4)
        }
    }
}
