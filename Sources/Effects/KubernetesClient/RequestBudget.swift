/// Time as a client needs it: a monotonic reading and a way to wait. Handed in, so that tests decide.
package struct Pace: Sendable {
    /// Time since some fixed moment.
    package var now: @Sendable () -> Duration
    package var sleep: @Sendable (Duration) async throws -> Void
    /// A number in 0..<1 for jitter.
    package var random: @Sendable () -> Double

    /// Follows a clock.
    package init(clock: some Clock<Duration>, random: @escaping @Sendable () -> Double) {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        self.random = random
    }
}

/// How many requests one server gets: so many at once, and so many per second after a burst.
package actor RequestBudget {
    package struct Limits: Sendable, Hashable {
        package var concurrent: Int
        package var perSecond: Double
        package var burst: Double

        package init(concurrent: Int = 8, perSecond: Double = 1_000, burst: Double = 2_000) {
            self.concurrent = concurrent
            self.perSecond = perSecond
            self.burst = burst
        }
    }

    private let limits: Limits
    private let pace: Pace
    private var tokens: Double
    private var refilled: Duration
    private var running = 0
    /// How many requests were let through so far.
    package private(set) var total = 0
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var firstWaiting = 0

    package init(_ limits: Limits, pace: Pace) {
        self.limits = limits
        self.pace = pace
        tokens = limits.burst
        refilled = pace.now()
    }

    /// Waits for a place and a token. Each call is followed by one of `leave`.
    func enter() async {
        if running < limits.concurrent {
            running += 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        while true {
            refill()
            if tokens >= 1 {
                tokens -= 1
                total += 1
                return
            }
            // Only cancellation ends the wait early; the request that follows notices it too.
            guard (try? await pace.sleep(.seconds((1 - tokens) / limits.perSecond))) != nil else { return }
        }
    }

    /// Gives the place to the next in line.
    func leave() {
        guard firstWaiting < waiting.count else {
            running -= 1
            return
        }
        waiting[firstWaiting].resume()
        firstWaiting += 1
        if firstWaiting > 1_024, firstWaiting * 2 > waiting.count {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
    }

    private func refill() {
        let now = pace.now()
        let parts = (now - refilled).components
        refilled = now
        let seconds = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
        tokens = min(limits.burst, tokens + seconds * limits.perSecond)
    }
}
