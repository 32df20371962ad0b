import FleetModel
import FleetPlanning
import KubernetesModel
import StructuredValue
import Testing

@Suite struct DriftTests {
    private static let text =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings, namespace: default}, data: {colour: blue}}"

    private func drifted(_ mode: DriftPolicy.Mode = .correct, ignored: [IgnoredFields] = []) throws -> PlanningFixture {
        var fixture = try PlanningFixture(applied: Self.text, desired: Self.text)
        try fixture.interfere("ConfigMap", "settings", path: ["data", "colour"], to: "red", by: "kubectl-patch")
        fixture.settings.drift = DriftPolicy(mode: mode, ignored: ignored)
        return fixture
    }

    private func decision(_ fixture: PlanningFixture, _ memory: DriftMemory = DriftMemory()) throws -> DriftDecision {
        let object = try #require(fixture.desired.objects.first)
        return decideDrift(
            of: object,
            live: try #require(fixture.observed.objects[object.key]),
            entry: fixture.inventory[object.key],
            settings: fixture.settings,
            memory: memory,
            now: fixture.now
        )
    }

    @Test func driftIsNamedAndPutBack() throws {
        let fixture = try drifted()
        guard case .correct(let finding) = try decision(fixture) else {
            Issue.record("not corrected")
            return
        }
        #expect(finding.fields.map(\.path) == ["data.colour"])
        #expect(finding.fields.first?.wanted == "blue" && finding.fields.first?.found == "red")
        #expect(finding.fields.first?.manager == "kubectl-patch")
        let plan = fixture.plan()
        #expect(plan.drift == [finding])
        #expect(plan.steps.first?.verdict == .inPlace)
        #expect(plan.steps.first?.reason == "drift: data.colour was changed by kubectl-patch")
        guard case .apply(_, force: true)? = plan.steps.first?.action else {
            Issue.record("not forced")
            return
        }
    }

    @Test func driftIsOnlyReportedWhenTheFleetSaysSo() throws {
        let fixture = try drifted(.report)
        guard case .report = try decision(fixture) else {
            Issue.record("not reported")
            return
        }
        #expect(!fixture.plan().writesAnything)
        #expect(fixture.plan().drift.count == 1)
    }

    @Test func ignoredFieldsAreNoDrift() throws {
        let fixture = try drifted(ignored: [IgnoredFields(kind: "ConfigMap", fields: ["data"])])
        #expect(try decision(fixture) == .none)
        #expect(!fixture.plan().writesAnything)
    }

    @Test func ourOwnChangeIsNoDrift() throws {
        #expect(try decision(PlanningFixture(applied: Self.text, desired: Self.text)) == .none)
        // A new commit is not drift either.
        #expect(
            try decision(PlanningFixture(applied: Self.text, desired: Self.text.replacing("blue", with: "green")))
                == .none
        )
    }

    @Test func fieldsThatTheServerWritesDifferentlyAreNoDrift() throws {
        var fixture = try PlanningFixture(applied: Self.text, desired: Self.text)
        let key = try #require(fixture.inventory.keys.first)
        fixture.observed.objects[key]?.value[path: "data", "colour"] = "BLUE"
        #expect(try decision(fixture) == .none)
        #expect(!fixture.plan().writesAnything)
    }

    @Test func afterThreeCorrectionsTheFieldIsLeftToTheOtherManager() throws {
        var fixture = try drifted()
        var memory = DriftMemory()
        let hash = fixture.desired.objects[0].contentHash
        for round in 0..<3 {
            guard case .correct(let finding) = try decision(fixture, memory) else {
                Issue.record("gave up in round \(round)")
                return
            }
            memory.recordCorrection(of: finding, contentHash: hash, now: fixture.now)
        }
        guard case .giveUp(let finding, let abandoned) = try decision(fixture, memory) else {
            Issue.record("went on")
            return
        }
        #expect(abandoned == ["data.colour"] && finding.fields.first?.manager == "kubectl-patch")
        let key = finding.key
        fixture.settings.abandonedFields = memory.abandonedFields(now: fixture.now)
        #expect(!fixture.plan().writesAnything)
        // A new commit starts afresh, and so does another day.
        #expect(memory.abandonedFields(of: key, contentHash: "new", now: fixture.now).isEmpty)
        #expect(
            memory.abandonedFields(of: key, contentHash: hash, now: fixture.now.advanced(by: .seconds(90_000))).isEmpty
        )
        memory.forget(everythingBut: [], now: fixture.now)
        #expect(memory == DriftMemory())
    }
}
