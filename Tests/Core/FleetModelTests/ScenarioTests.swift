import FleetModel
import SourceDiagnostics
import TestSupport
import Testing

@Suite struct ScenarioTests {
    static func read(_ text: String) throws(RejectedSource) -> Scenario {
        try readScenario(Array(text.utf8), file: "scenario.yaml")
    }

    @Test func aScenarioIsReadWithEveryField() throws {
        let scenario = try Self.read(
            """
            apiVersion: martlet.dev/v1alpha1
            kind: Scenario
            metadata: {name: bad-day}
            spec:
              seed: 7
              delays: {infrastructure: 1s, machine: 2m, node: 30s, removal: 5s, managedControlPlane: 10m, jitter: 20%}
              exceptions:
                - target: {cluster: slow, role: Worker, machineSelector: {matchLabels: {pool: gpu}}}
                  delays: {machine: 20m}
              faults:
                - {name: one, type: NodeDown, from: Initialization, at: 5m, for: 1m, count: 40%, flap: {down: 10s, up: 20s}}
                - {name: two, type: APIServerDown, at: 1h, every: 1h, times: 3, for: 5m, share: 30%, target: {namespace: a}}
                - {name: three, type: ProvisioningFailure, share: 10%, terminal: true, message: no such image}
                - {name: four, type: QuotaExceeded, limit: 12, target: {managementCluster: mc-1}}
            """
        )
        #expect(scenario.name == "bad-day" && scenario.seed == 7)
        #expect(scenario.delays.machine == .seconds(120) && scenario.delays.jitter == 20)
        #expect(scenario.exceptions.map(\.target.role) == [.worker])
        #expect(scenario.exceptions.map(\.delays.machine) == [.seconds(1200)])
        let kinds: [Scenario.Fault.Kind] = [
            .nodeDown(.percent(40)), .apiServerDown(percent: 30),
            .provisioningFailure(percent: 10, isTerminal: true, message: "no such image"),
            .quotaExceeded(limit: 12, message: "the account may have no more than 12 machines"),
        ]
        #expect(scenario.faults.map(\.kind) == kinds)
        let first = scenario.faults[0].schedule
        #expect(first.origin == .initialization && first.start == .seconds(300) && first.length == .seconds(60))
        #expect(first.flap == .init(down: .seconds(10), up: .seconds(20)))
        #expect(scenario.faults[1].schedule.period == .seconds(3600) && scenario.faults[1].schedule.times == 3)
        #expect(scenario.faults[3].target.managementCluster == "mc-1")
    }

    @Test func everyMistakeIsFoundAtOnceAndNamed() throws {
        let text = """
            apiVersion: martlet.dev/v1alpha1
            kind: Scenario
            metadata: {name: bad}
            spec:
              sed: 7
              seed: -1
              delays: {machine: soon, jitter: 200%, nodes: 3s}
              exceptions: [{target: {role: Master}}]
              faults:
                - {name: one, type: NodeDead}
                - {name: one, type: NodeDown, limit: 3, count: 0}
                - {name: one, type: NodeDown, times: 3}
                - {name: Two, type: QuotaExceeded}
                - {name: three, type: ProvisioningFailure, share: 30, flap: {down: 1s, up: 1s}}
                - {name: four, type: APIServerDown, for: 10m, every: 5m, target: {role: Worker}}
                - {name: five, type: NodeDown, for: 0s, flap: {down: 1s}}
                - {at: 3s}
            """
        let rejection = try #require(throws: RejectedSource.self) { try Self.read(text) }
        try expectGolden(
            rejection.diagnostics.map(\.description).joined(separator: "\n") + "\n",
            "scenario-mistakes.txt"
        )
    }

    @Test(arguments: [
        ("", "scenario.yaml:1:1: error: a scenario is one document, not 0 [scenario-document]"),
        ("a: 1\n---\nb: 2\n", "scenario.yaml:3:1: error: a scenario is one document, not 2 [scenario-document]"),
        (
            "kind: Scenario\n",
            "scenario.yaml:1:7: error: this is no Scenario [scenario-document]\n"
                + "  hint: it begins with apiVersion: martlet.dev/v1alpha1 and kind: Scenario"
        ),
    ])
    func anotherFileIsRefused(_ text: String, _ expected: String) throws {
        let rejection = try #require(throws: RejectedSource.self) { try Self.read(text) }
        #expect(rejection.diagnostics.map(\.description) == [expected])
    }

    struct Moment: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var schedule: Scenario.Schedule
        /// At so many seconds: occurrence (-1 for none), whether it bites, seconds of the next change (-1 for none).
        var expected: [(at: Int, occurrence: Int, isDown: Bool, next: Int)]
    }

    private static func schedule(
        _ start: Int,
        length: Int? = nil,
        every period: Int? = nil,
        times: Int? = nil,
        flap: (Int, Int)? = nil
    ) -> Scenario.Schedule {
        var schedule = Scenario.Schedule()
        schedule.start = .seconds(start)
        schedule.length = length.map { .seconds($0) }
        schedule.period = period.map { .seconds($0) }
        schedule.times = times
        schedule.flap = flap.map { .init(down: .seconds($0.0), up: .seconds($0.1)) }
        return schedule
    }

    static let moments: [Moment] = [
        Moment(
            testDescription: "for ever",
            schedule: schedule(10),
            expected: [(0, -1, false, 10), (9, -1, false, 10), (10, 0, true, -1), (9999, 0, true, -1)]
        ),
        Moment(
            testDescription: "for a while",
            schedule: schedule(10, length: 5),
            expected: [(10, 0, true, 15), (14, 0, true, 15), (15, -1, false, -1)]
        ),
        Moment(
            testDescription: "again and again",
            schedule: schedule(10, length: 5, every: 20),
            expected: [(12, 0, true, 15), (15, -1, false, 30), (30, 1, true, 35), (211, 10, true, 215)]
        ),
        Moment(
            testDescription: "twice",
            schedule: schedule(0, length: 5, every: 20, times: 2),
            expected: [(5, -1, false, 20), (21, 1, true, 25), (25, -1, false, -1), (41, -1, false, -1)]
        ),
        Moment(
            testDescription: "the last of several that have no end stays",
            schedule: schedule(0, every: 20, times: 2),
            expected: [(5, 0, true, 20), (20, 1, true, -1), (100, 1, true, -1)]
        ),
        Moment(
            testDescription: "up and down",
            schedule: schedule(10, length: 25, flap: (4, 6)),
            expected: [
                (10, 0, true, 14), (14, 0, false, 20), (20, 0, true, 24), (30, 0, true, 34), (34, 0, false, 35),
                (35, -1, false, -1),
            ]
        ),
        Moment(
            testDescription: "up and down for ever, in each occurrence anew",
            schedule: schedule(0, every: 9, flap: (4, 6)),
            expected: [(5, 0, false, 9), (9, 1, true, 13), (14, 1, false, 18)]
        ),
    ]

    @Test(arguments: moments)
    func schedulesSayWhereTheyStand(_ example: Moment) {
        for expected in example.expected {
            let phase = example.schedule.phase(at: .seconds(expected.at))
            let wanted = Scenario.Schedule.Phase(
                occurrence: expected.occurrence < 0 ? nil : expected.occurrence,
                isDown: expected.isDown,
                next: expected.next < 0 ? nil : .seconds(expected.next)
            )
            #expect(phase == wanted, "at \(expected.at) s")
        }
    }
}
