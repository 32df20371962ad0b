/// Runs passes for keys: several keys at once, never one key twice at once.
///
/// Time is handed in, so that tests decide how it flows. `run` lasts until it is cancelled.
package actor WorkQueue<Key: Hashable & Sendable, QueueClock: Clock> where QueueClock.Duration == Duration {
    package typealias State = WorkQueueState<Key, QueueClock.Instant>

    private let clock: QueueClock
    private let backoff: Backoff
    private let random: @Sendable () -> Double
    private var state = State()
    private var sleeper: CheckedContinuation<Void, Never>?
    private var hasNews = false
    private var alarm: QueueClock.Instant?

    /// `random` gives numbers in 0..<1 for the jitter of delays.
    package init(clock: QueueClock, backoff: Backoff = Backoff(), random: @escaping @Sendable () -> Double) {
        self.clock = clock
        self.backoff = backoff
        self.random = random
    }

    /// Wants a pass for this key, now or after a delay.
    package func add(_ key: Key, after delay: Duration = .zero, priority: State.Priority = .observed) {
        state.add(key, due: clock.now.advanced(by: delay), priority: priority)
        wake()
    }

    /// Forgets a key; a pass that runs goes on to its end.
    package func remove(_ key: Key) { state.remove(key) }

    /// How many keys wait and run, for metrics.
    package var counts: (waiting: Int, running: Int) { (state.waitingCount, state.runningCount) }

    /// Whether nothing waits and nothing runs.
    package var isIdle: Bool { state.isIdle }

    /// Calls `work` for each key that is due, at most `width` at once, until cancelled; then waits for what runs.
    package func run(width: Int, work: @escaping @Sendable (Key) async -> Outcome) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                while state.runningCount < width, let key = state.start(now: clock.now) {
                    group.addTask { await self.perform(key, work) }
                }
                if state.runningCount < width, let due = state.nextDue, alarm.map({ due < $0 }) ?? true {
                    alarm = due
                    group.addTask { await self.ring(at: due) }
                }
                await sleepUntilNews()
            }
            group.cancelAll()
        }
    }

    private func perform(_ key: Key, _ work: @Sendable (Key) async -> Outcome) async {
        let outcome = await work(key)
        state.finish(key, outcome, now: clock.now, backoff: backoff, random: random())
        wake()
    }

    private func ring(at due: QueueClock.Instant) async {
        // A cancelled sleep means that the queue ends; there is nobody left to wake.
        guard (try? await clock.sleep(until: due, tolerance: nil)) != nil else { return }
        if alarm == due { alarm = nil }
        wake()
    }

    private func wake() {
        hasNews = true
        sleeper?.resume()
        sleeper = nil
    }

    private func sleepUntilNews() async {
        if hasNews {
            hasNews = false
            return
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if hasNews || Task.isCancelled { continuation.resume() } else { sleeper = continuation }
            }
        } onCancel: {
            // Owner: ends as soon as it has woken the queue, which is being cancelled.
            Task { await self.wake() }
        }
        hasNews = false
    }
}
