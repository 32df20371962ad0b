/// Growing delays between tries of something that fails: doubled each time up to a ceiling, with jitter so that many
/// do not come back at once.
package struct Backoff: Sendable, Hashable {
    package var base: Duration
    package var ceiling: Duration
    /// How much of each delay is random, 0...1.
    package var jitter: Double

    package init(base: Duration = .milliseconds(500), ceiling: Duration = .seconds(60), jitter: Double = 0.2) {
        self.base = base
        self.ceiling = ceiling
        self.jitter = jitter
    }

    /// The delay after so many failures in a row (1 after the first). `random` is in 0..<1.
    package func delay(failures: Int, random: Double) -> Duration {
        var delay = base * (1 << min(max(failures - 1, 0), 20))
        if delay > ceiling { delay = ceiling }
        return delay * (1 - jitter / 2 + jitter * random)
    }
}
