import ControllerRuntime
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct WorkQueueTests {
    typealias State = WorkQueueState<String, ManualClock.Instant>

    let clock = ManualClock()

    @Test func neverRunsEqualKeysAtOnce() {
        var state = State()
        state.add("a", due: clock.now, priority: .observed)
        let answer1 = state.start(now: clock.now)
        #expect(answer1 == "a")
        state.add("a", due: clock.now, priority: .observed)
        let answer2 = state.start(now: clock.now)
        #expect(answer2 == nil)
        state.finish("a", .done, now: clock.now, backoff: Backoff(), random: 0)
        let answer3 = state.start(now: clock.now)
        #expect(answer3 == "a")
    }

    @Test func keepsTheEarliestTimeAndTheHighestPriority() {
        var state = State()
        state.add("slow", due: clock.now.advanced(by: .seconds(9)), priority: .resync)
        state.add("slow", due: clock.now.advanced(by: .seconds(2)), priority: .resync)
        state.add("slow", due: clock.now.advanced(by: .seconds(5)), priority: .user)
        #expect(state.nextDue == clock.now.advanced(by: .seconds(2)))
        state.add("other", due: clock.now, priority: .observed)
        let later = clock.now.advanced(by: .seconds(3))
        let answer4 = state.start(now: later)
        #expect(answer4 == "slow")
        let answer5 = state.start(now: later)
        #expect(answer5 == "other")
    }

    @Test func failuresComeBackLaterAndLater() {
        var state = State()
        let backoff = Backoff(base: .seconds(1), ceiling: .seconds(4), jitter: 0)
        var delays: [Duration] = []
        for _ in 0..<4 {
            state.add("a", due: clock.now, priority: .observed)
            _ = state.start(now: clock.now.advanced(by: .seconds(100)))
            state.finish("a", .retry("no answer"), now: clock.now, backoff: backoff, random: 0)
            if let due = state.nextDue { delays.append(clock.now.duration(to: due)) }
        }
        #expect(delays == [.seconds(1), .seconds(2), .seconds(4), .seconds(4)])
    }

    @Test func runsWhatIsDueAndWaitsForTheRest() async throws {
        let queue = WorkQueue<String, ManualClock>(clock: clock, random: { 0 })
        let done = Record()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await queue.run(width: 2) { key in
                    done.append(key)
                    return .done
                }
            }
            await queue.add("now")
            await queue.add("later", after: .seconds(5))
            while clock.sleeperCount == 0 || done.all != ["now"] { await Task.yield() }
            clock.advance(by: .seconds(5))
            while done.all != ["now", "later"] { await Task.yield() }
            group.cancelAll()
            try await group.waitForAll()
        }
    }
}

private final class Record: Sendable {
    private let keys = Mutex<[String]>([])
    func append(_ key: String) { keys.withLock { $0.append(key) } }
    var all: [String] { keys.withLock { $0 } }
}
