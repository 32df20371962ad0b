import FleetLedger
import FleetModel
import FleetPlanning
import FleetReconcilers
import KubernetesModel
import SourceFiles
import Synchronization
import TestSupport
import Testing

/// The law of rollouts, on the director as the daemon uses it: *no target of wave n+1 is written before every target of
/// wave n has observed the revision and is healthy*. Passes take time and may be overtaken, members fail and recover, the
/// daemon dies between a write and its report, clocks jump, commits and reverts come in between, holds end by themselves,
/// and windows, freezes, approvals, pauses and limits are mixed in.
@Suite(.timeLimit(.minutes(3))) struct RolloutLawTests {
    @Test func noTargetIsWrittenBeforeTheWavesBeforeItAreWell() async throws {
        var laterWrites = 0
        for seed in UInt64(0)..<30 {
            var world = try RandomFleet(seed: seed)
            try await world.commit()
            for _ in 0..<800 { try await world.disturb() }
            laterWrites += world.laterWrites
            try await world.settle()
        }
        #expect(laterWrites > 150, "so few writes after the first wave prove little")
    }
}

/// A fleet of nine management clusters in a world of accidents.
private struct RandomFleet {
    /// What is true of a management cluster, whatever was reported.
    private struct Truth {
        var release: Rollout.Release?
        var content = ""
    }

    private struct Pass {
        var release: Rollout.Release
        var content: String
        var wroteNothing: Bool
    }

    /// Shared with the director, which asks for the time.
    private final class WallClock: Sendable {
        let now = Mutex(Timestamp(seconds: 1_800_000_000))
    }

    private let seed: UInt64
    private var random: SeededGenerator
    private let clock = WallClock()
    private let ledger: Ledger
    private var director: FleetDirector
    private let names = (0..<9).map { "m\($0)" }
    private var repository: Repository?
    private var commits = 0
    /// What each commit makes of members, so that reverts bring content back.
    private var contents: [String: String] = [:]

    private var truth: [String: Truth] = [:]
    private var passes: [String: Pass] = [:]
    /// What each member said last, since the daemon started.
    private var reports: [String: (release: Rollout.Release, isHealthy: Bool)] = [:]
    /// Who was ever reported healthy at a release.
    private var proven: [Rollout.Release: Set<String>] = [:]
    private var approved: Set<String> = []
    /// New releases that were written to members after the first wave.
    private(set) var laterWrites = 0

    init(seed: UInt64) throws {
        self.seed = seed
        random = SeededGenerator(state: seed &* 7919 &+ 13)
        ledger = try Ledger(path: nil)
        director = Self.director(ledger, clock)
    }

    private static func director(_ ledger: Ledger, _ clock: WallClock) -> FleetDirector {
        FleetDirector(ledger: ledger, now: { clock.now.withLock { $0 } }, zones: { _ in nil })
    }

    private var now: Timestamp { clock.now.withLock { $0 } }

    private mutating func chance(_ one: Int, in all: Int) -> Bool { Int.random(in: 0..<all, using: &random) < one }

    private func key(_ name: String) -> MemberKey { MemberKey(fleet: "edge", managementCluster: name) }

    // MARK: What happens

    mutating func disturb() async throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0 where chance(1, in: 4): try await commit()
        case 1 where chance(1, in: 2): try await restart()
        case 2 where chance(1, in: 3): jump(by: -90_000...90_000)
        case 2..<20: jump(by: -30...120)
        case 20..<23: try await approve()
        case 23 where chance(1, in: 3): _ = try await change { try await $0.setPaused(true, "edge") }
        case 24..<29: _ = try await change { try await $0.setPaused(false, "edge") }
        case 29..<35: _ = try await change { try await $0.step("edge") }
        case 35..<65: try await beginPass()
        default: try await endPass()
        }
    }

    private mutating func jump(by seconds: ClosedRange<Int>) {
        let jump = Duration.seconds(Int.random(in: seconds, using: &random))
        clock.now.withLock { $0 = $0.advanced(by: jump) }
    }

    /// A commit with another policy; one in three reverts to an earlier content.
    mutating func commit(gates: Bool = true) async throws {
        commits += 1
        let revision = "r\(commits)"
        contents[revision] = chance(1, in: 3) ? contents.values.sorted().randomElement(using: &random) : "c\(commits)"
        let loaded = load(revision, policy: gates ? policy() : "{}")
        repository = loaded
        approved = []
        _ = try await change { try await $0.follow(loaded) }
    }

    private mutating func policy() -> String {
        let waves = (0..<3).map { number in
            let soak = "soak: \(Int.random(in: 0...90, using: &random))s"
            let limit = ["1", "50%", "100%"].randomElement(using: &random) ?? "1"
            let approval = chance(1, in: 4) ? ", approval: Manual" : ""
            let select = "select: {matchLabels: {wave: w\(number)}}"
            return "{name: w\(number), \(select), \(soak), maxUnavailable: \(limit)\(approval)}"
        }
        var parts = ["rollout: {waves: [\(waves.joined(separator: ", "))]"]
        if chance(1, in: 4) { parts[0] += ", windows: [{from: \"06:00\", to: \"20:00\", timeZone: UTC}]" }
        if chance(1, in: 4) {
            parts[0] += ", freeze: [{from: \"\(now)\", to: \"\(now.advanced(by: .seconds(600)))\"}]"
        }
        parts[0] += "}"
        if chance(1, in: 2) {
            let end = now.advanced(by: .seconds(Int.random(in: 60...4_000, using: &random)))
            parts.append("holds: [{app: a, version: 1.0.0, reason: r, until: \"\(end.description)\"}]")
        }
        return "{\(parts.joined(separator: ", "))}"
    }

    private func load(_ revision: String, policy: String) -> Repository {
        let head = "apiVersion: martlet.dev/v1alpha1, metadata: "
        var texts = ["fleets/edge/fleet.yaml": "{kind: Fleet, \(head){name: edge}, spec: \(policy)}"]
        for (number, name) in names.enumerated() {
            let labels = "{fleet: edge, wave: w\(number / 3)}"
            texts["fleets/edge/management-clusters/\(name)/management-cluster.yaml"] =
                "{kind: ManagementCluster, \(head){name: \(name), labels: \(labels)}, spec: {connection: {lab: {}}}}"
        }
        var cache = SourceCache()
        return cache.load(SourceTree(revision: revision, texts: texts))
    }

    private mutating func restart() async throws {
        // What was under way may have been written all the same.
        for (name, pass) in passes.sorted(by: { $0.key < $1.key }) where chance(1, in: 2) {
            truth[name] = Truth(release: pass.release, content: pass.content)
        }
        passes = [:]
        reports = [:]
        let before = await targets()
        director = Self.director(ledger, clock)
        guard let repository else { return }
        _ = try await change(from: before) { try await $0.follow(repository) }
    }

    private mutating func approve() async throws {
        let wave = "w\(Int.random(in: 0..<3, using: &random))"
        _ = try await change { try await $0.approve("edge", wave: wave) }
        approved.insert(wave)
    }

    /// A pass reads what it shall run, and writes it.
    private mutating func beginPass() async throws {
        let targets = await targets()
        let free = names.filter { passes[$0] == nil && targets[$0] != nil }
        let late = free.filter { targets[$0] != truth[$0]?.release }
        let choice = late.isEmpty || chance(1, in: 2) ? free : late
        guard let name = choice.randomElement(using: &random), let release = targets[name] else { return }
        let content = content(of: release)
        let isNew = truth[name]?.release != release
        if isNew { await checkWrite(of: release, to: name) }
        passes[name] = Pass(release: release, content: content, wroteNothing: truth[name]?.content == content)
        truth[name]?.content = content
    }

    /// Holds in force make a difference to what a commit means.
    private func content(of release: Rollout.Release) -> String {
        let fleet = repository?.fleet("edge")?.fleet
        let holds = fleet?.holds.filter { $0.isActive(at: release.moment) } ?? []
        return (contents[release.revision] ?? "") + (holds.isEmpty ? "" : " held")
    }

    private mutating func endPass() async throws {
        guard let name = passes.keys.sorted().randomElement(using: &random), let pass = passes.removeValue(forKey: name)
        else { return }
        truth[name] = Truth(release: pass.release, content: pass.content)
        var report = MemberReport(
            observedRevision: pass.release.revision,
            health: .healthy,
            wroteNothing: pass.wroteNothing
        )
        switch Int.random(in: 0..<200, using: &random) {
        case 0: report.health = .degraded("sick")
        case 1: report = MemberReport(observedRevision: nil, health: .unknown("gone"))
        case 2: report = MemberReport(observedRevision: nil, health: .failed("refused"))
        case 3...30: report.health = .progressing("machines roll")
        default: break
        }
        try await deliver(report, name, pass.release)
    }

    private mutating func deliver(_ report: MemberReport, _ name: String, _ release: Rollout.Release) async throws {
        let isHealthy = report.health == .healthy && report.observedRevision == release.revision
        let key = key(name)
        if await director.target(of: key) == release {
            reports[name] = (release, isHealthy)
            if isHealthy { proven[release, default: []].insert(name) }
        }
        _ = try await change { try await $0.report(key, report, about: release) }
    }

    /// Without accidents every rollout comes to its end.
    mutating func settle() async throws {
        try await commit(gates: false)
        _ = try await change { try await $0.setPaused(false, "edge") }
        passes = [:]
        for _ in 0..<40 {
            clock.now.withLock { $0 = $0.advanced(by: .seconds(100_000)) }
            for name in names {
                guard let release = await director.target(of: key(name)) else { continue }
                if truth[name]?.release != release { await checkWrite(of: release, to: name) }
                truth[name] = Truth(release: release, content: content(of: release))
                try await deliver(MemberReport(observedRevision: release.revision, health: .healthy), name, release)
            }
        }
        #expect(await director.rollout(of: "edge")?.state == .done)
        #expect(names.allSatisfy { truth[$0]?.release?.revision == "r\(commits)" })
    }

    // MARK: The law

    private func targets() async -> [String: Rollout.Release] {
        var targets: [String: Rollout.Release] = [:]
        for name in names { targets[name] = await director.target(of: key(name)) }
        return targets
    }

    /// Does something to the director and checks what it released.
    private mutating func change<Result>(
        from known: [String: Rollout.Release]? = nil,
        _ body: (FleetDirector) async throws -> Result
    ) async throws -> Result {
        var before = await targets()
        if let known { before = known }
        let wasHalted = await director.rollout(of: "edge").map { ($0.release, $0.haltReason != nil) }
        let result = try await body(director)
        guard let rollout = await director.rollout(of: "edge") else { return result }
        for (index, wave) in rollout.waves.enumerated() {
            let fresh = wave.members.filter { rollout.isReleased($0) && before[$0] != rollout.release }
            if fresh.isEmpty { continue }
            for earlier in rollout.waves[..<index].flatMap(\.members) {
                let report = reports[earlier]
                #expect(report?.release == rollout.release && report?.isHealthy == true, "seed \(seed): \(fresh) first")
            }
            checkGates(rollout, wave)
            if let wasHalted, wasHalted.0 == rollout.release { #expect(!wasHalted.1, "seed \(seed)") }
            let underway = wave.members.filter {
                rollout.isReleased($0) && !(reports[$0]?.release == rollout.release && reports[$0]?.isHealthy == true)
            }
            #expect(underway.count <= wave.maxUnavailable?.atLeastOne(of: wave.members.count) ?? wave.members.count)
        }
        return result
    }

    private func checkGates(_ rollout: Rollout, _ wave: Rollout.FrozenWave) {
        #expect(!rollout.isPaused)
        #expect(!wave.needsApproval || approved.contains(wave.name), "seed \(seed)")
        guard let policy = repository?.fleet("edge")?.fleet?.rollout else { return }
        #expect(ReleaseCalendar(policy).answer(at: now) == .open)
    }

    private mutating func checkWrite(of release: Rollout.Release, to name: String) async {
        guard let rollout = await director.rollout(of: "edge"), rollout.release == release,
            let wave = rollout.waves.firstIndex(where: { $0.members.contains(name) })
        else { return }
        if wave > 0 { laterWrites += 1 }
        for earlier in rollout.waves[..<wave].flatMap(\.members) {
            #expect(proven[release]?.contains(earlier) == true, "seed \(seed): \(name) before \(earlier)")
        }
    }
}
