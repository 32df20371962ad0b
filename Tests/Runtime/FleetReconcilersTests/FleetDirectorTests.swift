import FleetLedger
import FleetModel
import FleetPlanning
import FleetReconcilers
import KubernetesModel
import SourceFiles
import Testing

@Suite struct FleetDirectorTests {
    private func repository(_ revision: String, fleet: String = Self.twoWaves) -> Repository {
        var cache = SourceCache()
        return cache.load(
            SourceTree(
                revision: revision,
                texts: [
                    "fleets/edge/fleet.yaml": fleet,
                    "fleets/edge/management-clusters/mc-1/management-cluster.yaml": Self.member("mc-1", "canary"),
                    "fleets/edge/management-clusters/mc-2/management-cluster.yaml": Self.member("mc-2", "rest"),
                ]
            )
        )
    }

    private static let twoWaves = """
        apiVersion: martlet.dev/v1alpha1
        kind: Fleet
        metadata: {name: edge}
        spec:
          rollout:
            waves:
              - {name: canary, select: {matchLabels: {wave: canary}}}
              - {name: rest}
        """

    private static func member(_ name: String, _ wave: String) -> String {
        """
        apiVersion: martlet.dev/v1alpha1
        kind: ManagementCluster
        metadata: {name: \(name), labels: {fleet: edge, wave: \(wave)}}
        spec: {connection: {lab: {}}}
        """
    }

    private func director(_ ledger: Ledger) -> FleetDirector {
        FleetDirector(ledger: ledger, now: { Timestamp(seconds: 1_800_000_000) }, zones: { _ in nil })
    }

    /// What the members run of a revision; time stands still.
    private func target(_ revision: String) -> Rollout.Release {
        Rollout.Release(revision: revision, moment: Timestamp(seconds: 1_800_000_000))
    }

    private let first = MemberKey(fleet: "edge", managementCluster: "mc-1")
    private let second = MemberKey(fleet: "edge", managementCluster: "mc-2")

    /// Reports both members healthy at a revision until the rollout is done.
    private func finish(_ director: FleetDirector, at revision: String) async throws {
        for key in [first, second] {
            let report = MemberReport(observedRevision: revision, health: .healthy)
            _ = try await director.report(key, report, about: target(revision))
        }
    }

    @Test func theSecondWaveGetsARevisionWhenTheFirstHasObservedIt() async throws {
        let director = try director(Ledger(path: nil))
        let step = try #require(try await director.follow(repository("r1"))["edge"])
        #expect(step.released == [first])
        #expect(await director.target(of: second) == nil)
        let healthy = MemberReport(observedRevision: "r1", health: .healthy)
        let next = try await director.report(first, healthy, about: target("r1"))
        #expect(next.released == [second])
    }

    @Test func aPauseHoldsForTheCommitsThatComeAfterIt() async throws {
        let director = try director(Ledger(path: nil))
        _ = try await director.follow(repository("r1"))
        try await finish(director, at: "r1")
        #expect(try await director.setPaused(true, "edge"))

        let step = try #require(try await director.follow(repository("r2"))["edge"])
        #expect(step.released.isEmpty)
        #expect(step.rollout?.state == .paused)
        #expect(await director.target(of: first)?.revision == "r1")

        #expect(try await director.setPaused(false, "edge"))
        #expect(try await director.step("edge").released == [first])
    }

    @Test func whatWasSaidOfABadRevisionDoesNotHaltTheRevert() async throws {
        let director = try director(Ledger(path: nil))
        _ = try await director.follow(repository("good"))
        try await finish(director, at: "good")
        _ = try await director.follow(repository("bad"))
        let failed = MemberReport(observedRevision: nil, health: .failed("refused"))
        #expect(try await director.report(first, failed, about: target("bad")).rollout?.state == .halted)

        let step = try #require(try await director.follow(repository("revert"))["edge"])
        #expect(step.released == [first])
        #expect(try await director.step("edge").rollout?.state == .progressing)
        // A pass that began before the revert reports after it.
        #expect(try await director.report(first, failed, about: target("bad")).rollout?.state == .progressing)
        try await finish(director, at: "revert")
        #expect(await director.rollout(of: "edge")?.state == .done)
    }

    @Test func aRestartGoesOnWhereTheRolloutWas() async throws {
        let ledger = try Ledger(path: nil)
        let before = director(ledger)
        _ = try await before.follow(repository("r1"))
        try await finish(before, at: "r1")
        _ = try await before.setPaused(true, "edge")
        _ = try await before.follow(repository("r2"))

        let after = director(ledger)
        let step = try #require(try await after.follow(repository("r2"))["edge"])
        #expect(step.released.isEmpty)
        #expect(step.rollout?.isPaused == true)
        #expect(await after.target(of: first)?.revision == "r1")
    }

    @Test func aBrokenFleetFileLeavesEveryMemberWhereItIs() async throws {
        let director = try director(Ledger(path: nil))
        _ = try await director.follow(repository("r1"))
        try await finish(director, at: "r1")
        let steps = try await director.follow(repository("r2", fleet: "kind: Fleet\nspec: {waves: nonsense}\n"))
        #expect(steps.isEmpty)
        #expect(await director.target(of: first)?.revision == "r1")
        #expect(await director.target(of: second)?.revision == "r1")
    }

    @Test func anUnknownFleetCannotBePausedOrApproved() async throws {
        let director = try director(Ledger(path: nil))
        _ = try await director.follow(repository("r1"))
        #expect(try await director.setPaused(true, "other") == false)
        #expect(try await director.approve("edge", wave: "nowhere") == false)
    }
}
