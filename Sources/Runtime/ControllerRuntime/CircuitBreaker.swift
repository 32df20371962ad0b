/// Stops asking a server that does not answer, and tries it again now and then.
///
/// ```
///   closed ── failures reach the limit ──► open ── its pause is over ──► half open ── success ──► closed
///                                           ▲                               │
///                                           └─────────── failure ───────────┘
/// ```
package struct CircuitBreaker<Instant: InstantProtocol & Sendable>: Sendable where Instant.Duration == Duration {
    package enum State: Hashable, Sendable {
        case closed
        case open(until: Instant)
        case halfOpen
    }

    package private(set) var state = State.closed
    private var failures = 0
    private let limit: Int
    private let backoff: Backoff

    /// Opens after `limit` failures in a row, for pauses that grow by `backoff`.
    package init(limit: Int = 3, backoff: Backoff = Backoff(base: .seconds(1), ceiling: .seconds(30))) {
        self.limit = limit
        self.backoff = backoff
    }

    /// Whether a request may be sent now. Asking moves an open breaker whose pause is over to half open.
    package mutating func allows(now: Instant) -> Bool {
        switch state {
        case .closed, .halfOpen: return true
        case .open(let until):
            if now < until { return false }
            state = .halfOpen
            return true
        }
    }

    /// The server answered.
    package mutating func succeed() {
        failures = 0
        state = .closed
    }

    /// The server did not answer. `random` in 0..<1 spreads the pauses.
    package mutating func fail(now: Instant, random: Double) {
        failures += 1
        guard failures >= limit || state == .halfOpen else { return }
        state = .open(until: now.advanced(by: backoff.delay(failures: failures - limit + 1, random: random)))
    }
}
