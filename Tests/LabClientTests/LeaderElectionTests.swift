import ControllerRuntime
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

/// Elections on a real server; time is the test's own, so that a busy machine loses no lead.
@Suite(.timeLimit(.minutes(1))) struct LeaderElectionTests {
    static let timing = LeaseTiming(duration: .seconds(30), renewDeadline: .seconds(20), retryPeriod: .seconds(5))

    final class Counter: Sendable {
        private let count = Mutex(0)

        func next() -> Int {
            count.withLock { count in
                count += 1
                return count
            }
        }
    }

    /// One process that wants to lead, with a clock of its own or a shared one.
    final class Candidate: Sendable {
        enum Report: Sendable {
            case leads(Leadership)
            case stopped
        }

        let clock: ManualClock
        let reports: AsyncStream<Report>
        private let task: Task<Void, any Error>

        init(_ name: String, _ cluster: TestCluster, namespace: String? = nil, _ clock: ManualClock) {
            self.clock = clock
            let (stream, continuation) = AsyncStream<Report>.makeStream()
            reports = stream
            let (seen, noteSighting) = AsyncStream<LeaseSighting>.makeStream()
            sighted = seen
            let writes = Counter()
            let election = LeaderElection(
                client: cluster.client(pace: Pace(clock: clock, random: { 0.5 })),
                namespace: namespace ?? cluster.namespace,
                name: "leader",
                identity: name,
                timing: LeaderElectionTests.timing,
                // A write that changes nothing is no sign of life: servers do not even store it.
                wallClock: { Timestamp(seconds: 1_800_000_000 + writes.next()) },
                onSighting: { noteSighting.yield($0) }
            )
            task = Task {
                try await election.run { leadership in
                    continuation.yield(.leads(leadership))
                    // Lasts until it is cancelled, whatever the clock says.
                    let (never, hold) = AsyncStream<Void>.makeStream()
                    for await _ in never {}
                    hold.finish()
                    continuation.yield(.stopped)
                }
            }
        }

        /// What it saw while somebody else led.
        let sighted: AsyncStream<LeaseSighting>

        /// Ends the process in an orderly way.
        func stop() async {
            task.cancel()
            _ = await task.result
        }
    }

    /// Lets time pass in steps of a retry, each only when everybody waits for it.
    private func pass(_ periods: Int, _ clock: ManualClock, waiting: Int) async {
        for _ in 0..<periods {
            await wait(for: waiting, on: clock)
            clock.advance(by: .milliseconds(5_001))
        }
        await wait(for: waiting, on: clock)
    }

    private func wait(for sleepers: Int, on clock: ManualClock) async {
        while clock.sleeperCount < sleepers { await Task.yield() }
    }

    private func leadership(_ report: Candidate.Report?) throws -> Leadership {
        guard case .leads(let leadership)? = report else { throw NobodyLeads() }
        return leadership
    }

    struct NobodyLeads: Error {}

    @Test func oneLeadsAndTheOtherFollowsWhenItLetsGo() async throws {
        try await TestCluster.with { cluster in
            let clock = ManualClock()
            let first = Candidate("a", cluster, clock)
            var firstReports = first.reports.makeAsyncIterator()
            let one = try leadership(await firstReports.next())
            await wait(for: 1, on: clock)
            let second = Candidate("b", cluster, clock)
            var sightings = second.sighted.makeAsyncIterator()
            #expect(await sightings.next() == .held(by: "a"))
            // Far beyond the Lease's duration: it is renewed all the time.
            await pass(12, clock, waiting: 2)
            #expect(one.isHeld)

            await first.stop()
            #expect(!one.isHeld)
            // Freed at the end: the next look of the other takes it, without waiting for it to run out.
            clock.advance(by: .milliseconds(5_001))
            var secondReports = second.reports.makeAsyncIterator()
            let two = try leadership(await secondReports.next())
            #expect(two.token > one.token)
            #expect(two.isHeld)
            await second.stop()
        }
    }

    @Test func aLeaderThatStandsStillIsFollowedAndDoesNotWriteWhenItWakes() async throws {
        try await TestCluster.with { cluster in
            let (frozen, running) = (ManualClock(), ManualClock())
            let first = Candidate("a", cluster, frozen)
            var firstReports = first.reports.makeAsyncIterator()
            let one = try leadership(await firstReports.next())
            await wait(for: 1, on: frozen)
            let second = Candidate("b", cluster, running)
            await pass(7, running, waiting: 1)
            var secondReports = second.reports.makeAsyncIterator()
            let two = try leadership(await secondReports.next())
            #expect(two.token > one.token)

            // It wakes: its own clock says at once that the lead is over, before any request.
            frozen.advance(by: .seconds(60))
            #expect(!one.isHeld)
            #expect(two.isHeld)
            if case .leads? = await firstReports.next() { Issue.record("it must stop") }
            await first.stop()
            await second.stop()
        }
    }

    @Test func theNamespaceIsMadeWhenItIsMissing() async throws {
        try await TestCluster.with { cluster in
            let namespace = "\(cluster.namespace)-leases"
            let candidate = Candidate("a", cluster, namespace: namespace, ManualClock())
            var reports = candidate.reports.makeAsyncIterator()
            #expect(try leadership(await reports.next()).isHeld)
            await candidate.stop()
            let kind = GroupVersionKind(group: "", version: "v1", kind: "Namespace")
            try await cluster.client().delete(kind, namespace: "", name: namespace)
        }
    }
}
