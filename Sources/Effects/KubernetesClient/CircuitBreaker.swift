internal import Synchronization

/// Stops asking a server that does not answer, and tries it again now and then.
///
/// ```
///   closed ── failures reach the limit ──► open ── its pause is over ──► half open ── success ──► closed
///                                           ▲                               │
///                                           └─────────── failure ───────────┘
/// ```
package struct CircuitBreaker: Sendable, Hashable {
    package enum State: Hashable, Sendable {
        case closed
        /// Until that time of the pace.
        case open(until: Duration)
        case halfOpen
    }

    package private(set) var state = State.closed
    private var failures = 0
    private let limit: Int
    private let base: Duration
    private let ceiling: Duration

    /// Opens after `limit` failures in a row, for pauses that double from `base` up to `ceiling`.
    package init(limit: Int = 5, base: Duration = .milliseconds(500), ceiling: Duration = .seconds(5)) {
        self.limit = limit
        self.base = base
        self.ceiling = ceiling
    }

    /// Whether a request may be sent now. Asking moves an open breaker whose pause is over to half open.
    package mutating func allows(now: Duration) -> Bool {
        guard case .open(let until) = state else { return true }
        if now < until { return false }
        state = .halfOpen
        return true
    }

    /// The server answered.
    package mutating func succeed() {
        failures = 0
        state = .closed
    }

    /// The server did not answer. `random` in 0..<1 spreads the pauses.
    package mutating func fail(now: Duration, random: Double) {
        // Requests that were under way when it opened say nothing new.
        if case .open = state { return }
        failures += 1
        guard failures >= limit || state == .halfOpen else { return }
        let pause = min(base * (1 << min(max(failures - limit, 0), 16)), ceiling)
        state = .open(until: now + pause * (0.9 + 0.2 * random))
    }
}

/// The circuit breaker of one server, for all who ask it: while it is open requests fail at once, as the last one did,
/// and no worker waits for a server that is known not to answer.
package final class ServerBreaker: Sendable {
    private struct Content {
        var breaker: CircuitBreaker
        var last: KubernetesFailure?
        var isOpen = false
    }

    private let content: Mutex<Content>
    private let pace: Pace
    private let onChange: @Sendable (KubernetesFailure?) -> Void

    /// `onChange` is told why the breaker has opened, and nil when the server answers again.
    package init(
        _ breaker: CircuitBreaker = CircuitBreaker(),
        pace: Pace,
        onChange: @escaping @Sendable (KubernetesFailure?) -> Void = { _ in }
    ) {
        content = Mutex(Content(breaker: breaker))
        self.pace = pace
        self.onChange = onChange
    }

    /// Throws the failure that opened it while the breaker is open.
    func check(_ operation: String) throws(KubernetesFailure) {
        let now = pace.now()
        let refusal = content.withLock { content in content.breaker.allows(now: now) ? nil : content.last }
        guard var refusal else { return }
        refusal.operation = operation
        throw refusal
    }

    /// Takes note of how a request ended; nil when the server answered, whatever it said.
    func note(_ failure: KubernetesFailure?) {
        if let failure, !failure.isUnreachable { return }
        let (now, random) = (pace.now(), pace.random())
        let change = content.withLock { content -> KubernetesFailure?? in
            if let failure {
                content.last = failure
                content.breaker.fail(now: now, random: random)
            } else {
                content.last = nil
                content.breaker.succeed()
            }
            let isOpen = content.breaker.state != .closed
            defer { content.isOpen = isOpen }
            return isOpen == content.isOpen ? .none : .some(failure)
        }
        if let change { onChange(change) }
    }
}
