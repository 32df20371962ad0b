package import FleetModel
package import KubernetesModel
internal import SourceDiagnostics

/// When releases may start: weekly windows in time zones, minus freezes.
package struct ReleaseCalendar: Sendable, Hashable {
    package enum Answer: Sendable, Hashable {
        case open
        /// Not now, and why, and until when if that is known.
        case closed(reason: String, until: Timestamp?)
    }

    private var windows: [Window]
    private var freezes: [Freeze]
    private var zones: [String: TimeZoneRules]

    /// `zones` holds the rules of every time zone that the windows name; a window whose zone is missing never opens.
    package init(_ policy: RolloutPolicy, zones: [String: TimeZoneRules] = [:]) {
        windows = policy.windows
        freezes = policy.freezes
        self.zones = zones
        self.zones["UTC"] = self.zones["UTC"] ?? .utc
    }

    package func answer(at now: Timestamp) -> Answer {
        if let freeze = freezes.filter({ $0.covers(now) }).max(by: { $0.to < $1.to }) {
            return .closed(reason: freeze.reason.isEmpty ? "freeze" : "freeze: \(freeze.reason)", until: freeze.to)
        }
        if windows.isEmpty || windows.contains(where: { isOpen($0, at: now) }) { return .open }
        if let missing = windows.first(where: { zones[$0.timeZone.value] == nil }) {
            return .closed(reason: "the time zone “\(missing.timeZone.value)” is not known", until: nil)
        }
        return .closed(reason: "outside the maintenance windows", until: nextOpening(after: now))
    }

    private func isOpen(_ window: Window, at now: Timestamp) -> Bool {
        guard let zone = zones[window.timeZone.value] else { return false }
        let local = Timestamp(seconds: now.seconds + zone.offset(at: now)).calendar
        let minute = local.hour * 60 + local.minute
        let isDay = { (weekday: Int) in window.days.isEmpty || window.days.contains(weekday) }
        if window.from < window.to { return isDay(local.weekday) && minute >= window.from && minute < window.to }
        // Over midnight: the evening of a day, and the morning of the day after.
        return isDay(local.weekday) && minute >= window.from || isDay((local.weekday + 6) % 7) && minute < window.to
    }

    /// The first whole minute within two weeks at which a window is open; freezes are looked at when it comes.
    private func nextOpening(after now: Timestamp) -> Timestamp? {
        var moment = Timestamp(seconds: (now.seconds / 60 + 1) * 60)
        for _ in 0..<(14 * 24 * 60) {
            if windows.contains(where: { isOpen($0, at: moment) }) { return moment }
            moment = Timestamp(seconds: moment.seconds + 60)
        }
        return nil
    }
}
