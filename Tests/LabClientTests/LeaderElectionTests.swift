import ControllerRuntime
import Foundation
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct LeaderElectionTests {
    @Test func oneLeadsAndTheOtherFollowsWhenItLetsGo() async throws {
        try await TestCluster.with { cluster in
            let timing = LeaseTiming(
                duration: .seconds(30),
                renewDeadline: .seconds(20),
                retryPeriod: .milliseconds(100)
            )
            func election(_ name: String) -> LeaderElection {
                LeaderElection(
                    client: cluster.client(),
                    namespace: cluster.namespace,
                    name: "leader",
                    identity: name,
                    timing: timing,
                    wallClock: { Timestamp(seconds: Int(Date().timeIntervalSince1970)) }
                )
            }
            let (leaders, continuation) = AsyncStream<(String, Int)>.makeStream()
            func compete(_ name: String) -> Task<Void, any Error> {
                let election = election(name)
                return Task {
                    try await election.run { leadership in
                        continuation.yield((name, leadership.token))
                        while !Task.isCancelled {
                            #expect(leadership.isHeld)
                            try await Task.sleep(for: .milliseconds(20))
                        }
                    }
                }
            }
            let first = compete("a")
            var reports = leaders.makeAsyncIterator()
            let one = await reports.next()
            #expect(one?.0 == "a")
            let second = compete("b")
            try await Task.sleep(for: .milliseconds(500))
            first.cancel()
            _ = await first.result
            // Freed at the end, so nobody waits for it to run out.
            let start = ContinuousClock.now
            let two = await reports.next()
            #expect(two?.0 == "b")
            #expect((two?.1 ?? 0) > (one?.1 ?? 0))
            #expect(start.duration(to: .now) < .seconds(20))
            second.cancel()
            _ = await second.result
        }
    }
}
