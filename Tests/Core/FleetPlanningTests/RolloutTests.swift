import FleetModel
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import TestSupport
import Testing

@Suite struct RolloutTests {
    private static let position = SourcePosition(file: "fleet.yaml", line: 1, column: 1)
    private let start = Timestamp(seconds: 1_800_000_000)
    private let open = ReleaseCalendar(RolloutPolicy())

    private func wave(
        _ name: String,
        _ members: [String],
        soak: Duration = .zero,
        maxUnavailable: Amount? = nil,
        needsApproval: Bool = false
    ) -> Rollout.FrozenWave {
        Rollout.FrozenWave(
            name: name,
            members: members,
            soak: soak,
            maxUnavailable: maxUnavailable,
            needsApproval: needsApproval
        )
    }

    private func rollout(_ waves: [Rollout.FrozenWave], previous: String? = "old") -> Rollout {
        var released: [String: Rollout.Release] = [:]
        if let previous {
            let release = Rollout.Release(revision: previous, moment: start.advanced(by: .seconds(-60)))
            for member in waves.flatMap(\.members) { released[member] = release }
        }
        return Rollout(fleet: "edge", revision: "new", waves: waves, previous: released, now: start)
    }

    private func well(_ members: [String], at revision: String = "new") -> [String: MemberReport] {
        Dictionary(
            uniqueKeysWithValues: members.map { ($0, MemberReport(observedRevision: revision, health: .healthy)) }
        )
    }

    private func released(_ rollout: Rollout) -> [String] {
        rollout.waves.flatMap(\.members).filter { rollout.isReleased($0) }
    }

    @Test func waveAfterWaveEachAfterItsSoak() {
        var it = rollout([wave("canary", ["a"], soak: .seconds(60)), wave("rest", ["b", "c"])])
        it = planRollout(it, reports: well(["a", "b", "c"], at: "old"), calendar: open, now: start)
        #expect(released(it) == ["a"] && it.state == .progressing)
        let reports = well(["b", "c"], at: "old").merging(well(["a"])) { $1 }
        it = planRollout(it, reports: reports, calendar: open, now: start.advanced(by: .seconds(10)))
        #expect(it.state == .soaking && released(it) == ["a"])
        #expect(it.nextLook(calendar: open, now: start) == start.advanced(by: .seconds(70)))
        it = planRollout(it, reports: reports, calendar: open, now: start.advanced(by: .seconds(69)))
        #expect(released(it) == ["a"])
        it = planRollout(it, reports: reports, calendar: open, now: start.advanced(by: .seconds(70)))
        #expect(released(it) == ["a", "b", "c"] && it.state == .progressing)
        it = planRollout(it, reports: well(["a", "b", "c"]), calendar: open, now: start.advanced(by: .seconds(80)))
        #expect(it.state == .done)
        #expect(it.release(for: "c")?.revision == "new")
    }

    @Test func whereNothingChangesNothingSoaks() {
        let waves = [
            wave("canary", ["a", "b"], soak: .seconds(60)), wave("early", ["c"], soak: .seconds(60)),
            wave("rest", ["d"]),
        ]
        var it = rollout(waves)
        it = planRollout(it, reports: [:], calendar: open, now: start)
        var reports = well(["a"])
        let untouched = MemberReport(observedRevision: "new", health: .healthy, wroteNothing: true)
        reports["b"] = untouched
        it = planRollout(it, reports: reports, calendar: open, now: start)
        #expect(it.state == .soaking, "one of the two was written")
        it = planRollout(it, reports: reports, calendar: open, now: start.advanced(by: .seconds(60)))
        #expect(released(it) == ["a", "b", "c"])
        // Something is in the way: whether it will write is not known yet.
        let held = MemberReport(observedRevision: nil, health: .progressing("waits"), wroteNothing: true)
        reports["c"] = held
        it = planRollout(it, reports: reports, calendar: open, now: start.advanced(by: .seconds(61)))
        #expect(released(it) == ["a", "b", "c"])
        reports["c"] = untouched
        it = planRollout(it, reports: reports, calendar: open, now: start.advanced(by: .seconds(62)))
        #expect(released(it) == ["a", "b", "c", "d"])
    }

    @Test func whatARestartInterruptedSoaks() throws {
        var it = rollout([wave("canary", ["a"], soak: .seconds(60)), wave("rest", ["b"])])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        it = try #require(Rollout(try JSON.parse(JSON.text(it.value))))
        it.takeUnreportedForWritten()
        let untouched = MemberReport(observedRevision: "new", health: .healthy, wroteNothing: true)
        it = planRollout(it, reports: ["a": untouched], calendar: open, now: start)
        #expect(it.state == .soaking)
    }

    @Test func aRelapseBeginsTheSoakAnew() {
        var it = rollout([wave("canary", ["a"], soak: .seconds(60)), wave("rest", ["b"])])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        let busy = ["a": MemberReport(observedRevision: "new", health: .progressing("a machine is replaced"))]
        it = planRollout(it, reports: busy, calendar: open, now: start.advanced(by: .seconds(50)))
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start.advanced(by: .seconds(55)))
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start.advanced(by: .seconds(70)))
        #expect(it.state == .soaking)
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start.advanced(by: .seconds(115)))
        #expect(released(it) == ["a", "b"])
    }

    @Test func noMoreAreUnderWayThanAllowed() {
        var it = rollout([wave("rest", ["a", "b", "c", "d"], maxUnavailable: .percent(50))])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        #expect(released(it) == ["a", "b"])
        it = planRollout(it, reports: well(["b"]), calendar: open, now: start)
        #expect(released(it) == ["a", "b", "c"])
    }

    @Test func anUnreachableMemberStopsItsWaveOnly() {
        var it = rollout([wave("canary", ["a", "b"]), wave("rest", ["c"])])
        let reports = well(["a"]).merging(["b": MemberReport(observedRevision: nil, health: .unknown("no answer"))]) {
            $1
        }
        for _ in 0..<3 { it = planRollout(it, reports: reports, calendar: open, now: start) }
        #expect(released(it) == ["a", "b"])
        #expect(it.state == .progressing && it.reason == "wave canary: b is unknown: no answer")
    }

    @Test func aRefusedRevisionHaltsUntilANewOneComes() {
        var it = rollout([wave("canary", ["a"]), wave("rest", ["b"])])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        let reports = [
            "a": MemberReport(observedRevision: nil, health: .failed("ConfigMap Not A Valid Name: bad name"))
        ]
        it = planRollout(it, reports: reports, calendar: open, now: start)
        #expect(it.state == .halted && it.reason == "a: ConfigMap Not A Valid Name: bad name")
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start.advanced(by: .seconds(9)))
        #expect(it.state == .halted && released(it) == ["a"])
        // The revert is a revision of its own.
        var next = Rollout(fleet: "edge", revision: "revert", waves: it.waves, previous: it.released, now: start)
        next = planRollout(next, reports: well(["a"]), calendar: open, now: start)
        #expect(next.release(for: "a") == next.release && next.release(for: "b")?.revision == "old")
        it.resume(now: start)
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        #expect(released(it) == ["a", "b"])
    }

    @Test func whatWasHealthyAndIsNotAnyMoreHalts() {
        var it = rollout([wave("canary", ["a"], soak: .seconds(60)), wave("rest", ["b"])])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        let sick = ["a": MemberReport(observedRevision: "new", health: .degraded("Machine m1 failed"))]
        it = planRollout(it, reports: sick, calendar: open, now: start)
        #expect(it.state == .halted && it.reason == "a was healthy and is not any more: Machine m1 failed")
    }

    @Test(arguments: [MemberReport.Health.degraded("x"), .stuck("the server fails on it")])
    func whatNeverGetsHealthyHaltsWhenPatienceIsOver(_ health: MemberReport.Health) {
        var it = rollout([wave("canary", ["a"])])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        let sick = ["a": MemberReport(observedRevision: "new", health: health)]
        it = planRollout(it, reports: sick, calendar: open, now: start)
        #expect(it.state == .progressing)
        it = planRollout(it, reports: sick, calendar: open, now: start.advanced(by: .seconds(600)))
        #expect(it.state == .halted)
    }

    @Test func aManualWaveWaitsForItsApproval() {
        var it = rollout([wave("canary", ["a"]), wave("rest", ["b"], needsApproval: true)])
        it = planRollout(it, reports: [:], calendar: open, now: start)
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        #expect(it.state == .waiting && it.reason == "wave rest waits for approval")
        let isKnown = it.approve(wave: "nonsense")
        #expect(!isKnown)
        _ = it.approve(wave: "rest")
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        #expect(released(it) == ["a", "b"])
    }

    @Test func aPauseReleasesNothing() {
        var it = rollout([wave("canary", ["a"]), wave("rest", ["b"])])
        it.pause()
        it = planRollout(it, reports: [:], calendar: open, now: start)
        #expect(it.state == .paused && released(it).isEmpty)
        it.resume(now: start)
        it = planRollout(it, reports: [:], calendar: open, now: start)
        #expect(released(it) == ["a"])
    }

    @Test func windowsAndFreezesGateTheStartOfReleases() throws {
        let night = Timestamp(seconds: start.seconds / 86_400 * 86_400 + 3600)
        let window = Window(days: [], from: 480, to: 960, timeZone: Located("UTC", at: Self.position))
        var calendar = ReleaseCalendar(RolloutPolicy(windows: [window]))
        var it = planRollout(rollout([wave("all", ["a"])]), reports: [:], calendar: calendar, now: night)
        #expect(it.state == .waiting && released(it).isEmpty)
        let morning = Timestamp(seconds: night.seconds + 7 * 3600)
        #expect(it.nextLook(calendar: calendar, now: night) == morning)
        let freeze = Freeze(from: night, to: morning.advanced(by: .seconds(60)), reason: "holidays")
        calendar = ReleaseCalendar(RolloutPolicy(windows: [window], freezes: [freeze]))
        it = planRollout(it, reports: [:], calendar: calendar, now: morning)
        #expect(it.reason.contains("freeze: holidays"))
        it = planRollout(it, reports: [:], calendar: calendar, now: morning.advanced(by: .seconds(60)))
        #expect(released(it) == ["a"])
    }

    @Test func theWavesAreFrozenFromThePolicy() {
        func member(_ name: String, _ labels: [String: String]) -> ManagementCluster {
            var member = ManagementCluster(
                name: name,
                position: Self.position,
                connection: .lab,
                directory: "",
                homeFleet: "edge"
            )
            member.labels = labels
            return member
        }
        let members = [member("c", [:]), member("b", ["wave": "early"]), member("a", ["wave": "canary"])]
        let canary = Wave(
            name: "canary",
            selector: LabelSelector(matchLabels: ["wave": "canary"]),
            position: Self.position
        )
        let early = Wave(
            name: "early",
            selector: LabelSelector(matchLabels: ["wave": "early"]),
            position: Self.position
        )
        let rest = Wave(name: "rest", position: Self.position)
        #expect(Rollout.freeze(RolloutPolicy(), members: members).map(\.members) == [["a", "b", "c"]])
        #expect(
            Rollout.freeze(RolloutPolicy(waves: [canary, early, rest]), members: members).map(\.members)
                == [["a"], ["b"], ["c"]]
        )
        #expect(
            Rollout.freeze(RolloutPolicy(waves: [canary]), members: members).map { "\($0.name) \($0.members)" }
                == ["canary [\"a\"]", "others [\"b\", \"c\"]"]
        )
    }

    // MARK: The law

    /// Random failures, restarts (the value is written out and read back), clock jumps and new revisions. At every step:
    /// a member of a wave gets the revision only when every member of all earlier waves has observed it and is healthy,
    /// and no more are under way than allowed.
    @Test(arguments: 0..<60)
    func noWaveBeginsBeforeTheOnesBeforeItAreWell(_ seed: UInt64) throws {
        var random = SeededGenerator(state: seed &* 7919 &+ 1)
        let names = (0..<9).map { "m\($0)" }
        var waves: [Rollout.FrozenWave] = []
        var rest = names[...]
        while !rest.isEmpty {
            let size = Int.random(in: 1...4, using: &random)
            waves.append(
                wave(
                    "w\(waves.count)",
                    Array(rest.prefix(size)),
                    soak: .seconds(Int.random(in: 0...30, using: &random)),
                    maxUnavailable: [nil, .count(1), .percent(50)].randomElement(using: &random) ?? nil,
                    needsApproval: Int.random(in: 0..<4, using: &random) == 0
                )
            )
            rest = rest.dropFirst(size)
        }
        var it = rollout(waves)
        var world = well(names, at: "old")
        var now = start
        var revisions = 0
        for _ in 0..<400 {
            now = now.advanced(by: .seconds(Int.random(in: -20...40, using: &random)))
            disturb(&world, it, &random)
            let before = it
            it = planRollout(it, reports: world, calendar: open, now: now)
            for (index, wave) in it.waves.enumerated() {
                let fresh = wave.members.filter { it.isReleased($0) && !before.isReleased($0) }
                guard !fresh.isEmpty else { continue }
                for earlier in it.waves[..<index].flatMap(\.members) {
                    #expect(world[earlier] == MemberReport(observedRevision: it.revision, health: .healthy))
                }
                let underway = wave.members.filter { it.isReleased($0) && world[$0]?.observedRevision != it.revision }
                #expect(underway.count <= wave.maxUnavailable?.atLeastOne(of: wave.members.count) ?? wave.members.count)
                #expect(before.state != .halted)
            }
            // Calling it again changes nothing.
            #expect(planRollout(it, reports: world, calendar: open, now: now).released == it.released)
            switch Int.random(in: 0..<12, using: &random) {
            case 0: it = try #require(Rollout(try JSON.parse(JSON.text(it.value))))
            case 1: if let wave = it.wave { _ = it.approve(wave: wave.name) }
            case 2: if it.state == .halted { it.resume(now: now) }
            case 3 where Int.random(in: 0..<8, using: &random) == 0:
                revisions += 1
                it = Rollout(fleet: "edge", revision: "r\(revisions)", waves: waves, previous: it.released, now: now)
            default: break
            }
        }
    }

    /// Members apply what was released to them, sometimes fail, and sometimes recover.
    private func disturb(_ world: inout [String: MemberReport], _ it: Rollout, _ random: inout SeededGenerator) {
        for name in world.keys.sorted() {
            switch Int.random(in: 0..<40, using: &random) {
            case 0: world[name]?.health = .unknown("gone")
            case 1: world[name]?.health = .degraded("sick")
            case 2: world[name]?.health = .progressing("busy")
            case 3...20:
                world[name] = MemberReport(observedRevision: it.release(for: name)?.revision, health: .healthy)
            default: break
            }
        }
    }

    @Test func aRolloutReadsBackAsItWasWritten() throws {
        var it = rollout([
            wave("canary", ["a"], soak: .seconds(60), maxUnavailable: .percent(25)),
            wave("rest", ["b"], maxUnavailable: .count(2), needsApproval: true),
        ])
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        it = planRollout(it, reports: well(["a"]), calendar: open, now: start)
        #expect(Rollout(try JSON.parse(JSON.text(it.value))) == it)
        #expect(Rollout(["format": 2]) == nil)
    }
}
