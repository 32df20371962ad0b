/// When to look at a repository next: at a steady pace with jitter, slower after failures, at once when poked.
package struct PollSchedule: Sendable, Hashable {
    package enum Outcome: Sendable, Hashable {
        case unchanged, changed
        case failed(isRetryable: Bool)
    }

    package var interval: Duration
    /// The longest pause, which repeated failures approach.
    package var ceiling: Duration
    /// How far a pause may differ from its nominal length, as a fraction of it.
    package var jitter: Double
    package private(set) var failures = 0
    private var isPoked = false

    package init(interval: Duration, ceiling: Duration = .seconds(300), jitter: Double = 0.1) {
        self.interval = interval
        self.ceiling = max(ceiling, interval)
        self.jitter = jitter
    }

    /// A look was asked for. True when a pause that is under way should end.
    package mutating func poke() -> Bool {
        defer { isPoked = true }
        return !isPoked
    }

    /// The pause after a look; `random` is uniform in 0..<1.
    package mutating func pause(after outcome: Outcome, random: Double) -> Duration {
        if isPoked {
            isPoked = false
            return .zero
        }
        var nominal = interval
        switch outcome {
        case .unchanged, .changed: failures = 0
        case .failed(let isRetryable):
            failures = min(failures + 1, 16)
            // What will not heal by itself is not worth a quick second look.
            let doublings = isRetryable ? failures - 1 : failures
            for _ in 0..<doublings where nominal < ceiling { nominal = nominal * 2 }
            nominal = min(nominal, ceiling)
        }
        return nominal * (1 + jitter * (2 * random - 1))
    }

    /// A pause has begun; forgets pokes that the pause's end answers.
    package mutating func pauseEnded() { isPoked = false }
}
