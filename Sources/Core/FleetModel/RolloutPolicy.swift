package import KubernetesModel
package import SourceDiagnostics

/// How a revision spreads over the members of a fleet.
package struct RolloutPolicy: Sendable, Hashable {
    /// In order. Members that no wave selects belong to the last wave without a selector, or to a wave of their own at
    /// the end.
    package var waves: [Wave] = []
    /// When releases may start; no windows means always.
    package var windows: [Window] = []
    package var freezes: [Freeze] = []

    package init(waves: [Wave] = [], windows: [Window] = [], freezes: [Freeze] = []) {
        self.waves = waves
        self.windows = windows
        self.freezes = freezes
    }
}

/// Members that get a revision together, and what must hold before the next wave.
package struct Wave: Sendable, Hashable {
    package enum Approval: String, Sendable, CaseIterable {
        case automatic = "Automatic"
        case manual = "Manual"
    }

    package var name: String
    /// Nil selects every member that no earlier wave took.
    package var selector: LabelSelector?
    /// How long the wave must have been healthy at the revision before the next one starts.
    package var soak: Duration = .zero
    /// How many members may be on their way at once; nil means all.
    package var maxUnavailable: Amount?
    package var approval: Approval = .automatic
    package var position: SourcePosition

    package init(name: String, selector: LabelSelector? = nil, position: SourcePosition) {
        self.name = name
        self.selector = selector
        self.position = position
    }
}

/// A count, or a percentage of a total.
package enum Amount: Sendable, Hashable {
    case count(Int)
    case percent(Int)

    /// How many of `total`, rounded down, but at least one so that work goes on.
    package func atLeastOne(of total: Int) -> Int {
        switch self {
        case .count(let count): max(1, count)
        case .percent(let percent): max(1, total * percent / 100)
        }
    }
}

/// A weekly stretch of time in which releases may start.
package struct Window: Sendable, Hashable {
    /// 0 is Sunday. Empty means every day.
    package var days: Set<Int>
    /// Minutes after midnight. When `to` is not after `from`, the window ends on the next day.
    package var from: Int
    package var to: Int
    /// A name of the time zone database, `UTC` by default.
    package var timeZone: Located<String>

    package init(days: Set<Int>, from: Int, to: Int, timeZone: Located<String>) {
        self.days = days
        self.from = from
        self.to = to
        self.timeZone = timeZone
    }
}

/// A stretch of time in which no release starts.
package struct Freeze: Sendable, Hashable {
    package var from: Timestamp
    package var to: Timestamp
    package var reason: String

    package init(from: Timestamp, to: Timestamp, reason: String) {
        self.from = from
        self.to = to
        self.reason = reason
    }

    package func covers(_ now: Timestamp) -> Bool { from <= now && now < to }
}
