package import KubernetesModel

/// How many Machines of a whole fleet may be handed over for remediation in some time, over all its management clusters:
/// when much breaks at once, replacing everything makes it worse.
package struct RemediationBudget: Hashable, Sendable {
    package private(set) var limit: Int
    package private(set) var window: Duration
    /// When what counts was handed over.
    package private(set) var spent: [Timestamp] = []

    package init(limit: Int = 20, window: Duration = .seconds(600)) {
        self.limit = limit
        self.window = window
    }

    /// Takes over what was spent before a restart.
    package mutating func resume(_ earlier: [Timestamp], now: Timestamp) {
        // A clock that was ahead must not hold everything up for long.
        spent += earlier.filter { $0 <= now }
        forget(now)
    }

    /// Follows another limit; what was spent stays spent.
    package mutating func follow(limit: Int, window: Duration) {
        self.limit = limit
        self.window = window
    }

    /// Takes as much as there is, up to what is wanted; answers how much.
    package mutating func take(_ wanted: Int, now: Timestamp) -> Int {
        forget(now)
        let granted = max(0, min(wanted, limit - spent.count))
        spent += Array(repeating: now, count: granted)
        return granted
    }

    /// Gives back what was taken at a moment and not used.
    package mutating func giveBack(_ count: Int, takenAt moment: Timestamp) {
        for _ in 0..<max(0, count) {
            guard let place = spent.lastIndex(of: moment) else { return }
            spent.remove(at: place)
        }
    }

    /// How long until something is free again; nil when something is.
    package mutating func wait(now: Timestamp) -> Duration? {
        forget(now)
        guard spent.count >= limit else { return nil }
        // Without a limit above zero nothing is ever free; somebody may change that.
        guard let first = spent.min() else { return window }
        return max(.seconds(1), window - first.duration(to: now))
    }

    private mutating func forget(_ now: Timestamp) {
        spent.removeAll { $0.duration(to: now) >= window }
    }
}
