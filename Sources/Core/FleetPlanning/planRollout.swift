import FleetModel
package import KubernetesModel

/// What is known about one member of a fleet when a rollout takes its next step.
package struct MemberReport: Sendable, Hashable {
    package enum Health: Sendable, Hashable {
        case healthy
        /// On its way: objects are applied, machines roll, a health check remediates.
        case progressing(String)
        /// The server fails on an object again and again. It may recover, as a webhook that is down does, or never.
        case stuck(String)
        /// The revision itself is refused or failed to apply; waiting will not help.
        case failed(String)
        /// Something on it says that it is broken.
        case degraded(String)
        /// Nobody answers.
        case unknown(String)
    }

    /// The revision that was last applied whole and observed; nil when none was.
    package var observedRevision: String?
    package var health: Health
    /// Whether the pass wrote nothing.
    package var wroteNothing: Bool

    package init(observedRevision: String?, health: Health, wroteNothing: Bool = false) {
        self.observedRevision = observedRevision
        self.health = health
        self.wroteNothing = wroteNothing
    }
}

/// What a rollout follows beside its waves.
package struct RolloutSettings: Sendable, Hashable {
    /// A member that is degraded this long after it got the revision counts as a regression, even if it was never
    /// healthy at it.
    package var patience: Duration

    package init(patience: Duration = .seconds(600)) { self.patience = patience }
}

/// Takes the next step of a rollout: which members may take the revision now, and what state it is in.
///
/// A pure function of the rollout's value, the members' reports, the calendar and the time. Calling it again with the
/// same arguments releases nothing more.
package func planRollout(
    _ rollout: Rollout,
    reports: [String: MemberReport],
    calendar: ReleaseCalendar,
    settings: RolloutSettings = RolloutSettings(),
    now: Timestamp
) -> Rollout {
    var next = rollout
    next.latest = max(rollout.latest, now)
    next.noteHealth(reports, next.latest)
    next.noteEffects(reports)
    if let reason = next.haltReason ?? next.regression(reports, settings, next.latest) {
        next.haltReason = reason
        next.state = .halted
        next.reason = reason
        return next
    }
    next.advance(reports, calendar, now)
    return next
}

extension Rollout {
    /// Lets a wave with manual approval begin.
    package mutating func approve(wave: String) -> Bool {
        guard waves.contains(where: { $0.name == wave }) else { return false }
        approvedWaves.insert(wave)
        return true
    }

    package mutating func pause() { isPaused = true }

    /// Goes on after a pause or a halt; what made it halt must be new to halt it again.
    package mutating func resume(now: Timestamp) {
        isPaused = false
        haltReason = nil
        troubledSince = [:]
        provenMembers = []
        if state == .halted || state == .paused { state = .progressing }
    }

    /// After a restart: what was under way may have been written without a report.
    package mutating func takeUnreportedForWritten() {
        for member in waves.flatMap(\.members) where isReleased(member) && effects[member] == nil {
            effects[member] = .written
        }
    }

    /// When it is worth looking again although nobody reports anything; nil when only a report can change something.
    package func nextLook(calendar: ReleaseCalendar, now: Timestamp) -> Timestamp? {
        switch state {
        case .soaking: return wave.flatMap { wave in soakingSince?.advanced(by: wave.soak) }
        case .waiting:
            if case .closed(_, let until?) = calendar.answer(at: now) { return until }
            return nil
        case .progressing: return troubledSince.isEmpty ? nil : now.advanced(by: .seconds(30))
        case .halted, .paused, .done: return nil
        }
    }

    // MARK: Steps

    fileprivate mutating func noteHealth(_ reports: [String: MemberReport], _ now: Timestamp) {
        for member in waves.flatMap(\.members) where isReleased(member) {
            guard let report = reports[member] else { continue }
            switch report.health {
            case .degraded, .stuck:
                if troubledSince[member] == nil { troubledSince[member] = now }
            case .unknown:
                break
            case .healthy:
                troubledSince[member] = nil
                if report.observedRevision == revision { provenMembers.insert(member) }
            case .progressing, .failed:
                troubledSince[member] = nil
            }
        }
    }

    /// The first look at the whole release decides; drift that is put back later is no effect of it.
    fileprivate mutating func noteEffects(_ reports: [String: MemberReport]) {
        for member in waves.flatMap(\.members) where isReleased(member) && effects[member] == nil {
            guard let report = reports[member] else { continue }
            if !report.wroteNothing {
                effects[member] = .written
            } else if report.observedRevision == revision {
                effects[member] = .untouched
            }
        }
    }

    /// Why the rollout must stop; nil when it may go on.
    fileprivate func regression(_ reports: [String: MemberReport], _ settings: RolloutSettings, _ now: Timestamp)
        -> String?
    {
        guard state != .done else { return nil }
        for member in waves.flatMap(\.members) where isReleased(member) {
            switch reports[member]?.health {
            case .failed(let reason): return "\(member): \(reason)"
            case .degraded(let reason):
                let duration = troubledSince[member]?.duration(to: now) ?? .zero
                if provenMembers.contains(member) { return "\(member) was healthy and is not any more: \(reason)" }
                if duration >= settings.patience { return "\(member) does not get healthy: \(reason)" }
            case .stuck(let reason):
                let duration = troubledSince[member]?.duration(to: now) ?? .zero
                if duration >= settings.patience { return "\(member) does not take it: \(reason)" }
            default: continue
            }
        }
        return nil
    }

    fileprivate mutating func advance(_ reports: [String: MemberReport], _ calendar: ReleaseCalendar, _ now: Timestamp)
    {
        while let wave {
            let unfinished = wave.members.filter { !isReleased($0) || !isSettled(reports[$0]) }
            if unfinished.isEmpty {
                guard soakIsOver(wave) else { return }
                guard earlierWavesHold(reports) else { return }
                currentWave += 1
                soakingSince = nil
                continue
            }
            soakingSince = nil
            release(wave, unfinished, reports, calendar, now)
            return
        }
        state = .done
        reason = ""
    }

    /// Whether a member runs the revision and is well.
    private func isSettled(_ report: MemberReport?) -> Bool {
        guard let report, report.observedRevision == revision, case .healthy = report.health else { return false }
        return true
    }

    /// Soaking begins in the step that first sees the whole wave settled, and is measured on time that never goes back.
    /// A wave in which the release changed nothing has nothing to prove.
    private mutating func soakIsOver(_ wave: FrozenWave) -> Bool {
        guard wave.soak > .zero, wave.members.contains(where: { effects[$0] != .untouched }) else { return true }
        let since = soakingSince ?? latest
        soakingSince = since
        let passed = since.duration(to: latest)
        if passed >= wave.soak { return true }
        state = isPaused ? .paused : .soaking
        reason = "wave \(wave.name) soaks until \(since.advanced(by: wave.soak))"
        return false
    }

    /// The next wave may begin only when all earlier ones are at the revision and well, not only the last.
    private mutating func earlierWavesHold(_ reports: [String: MemberReport]) -> Bool {
        for wave in waves[..<currentWave] {
            guard let member = wave.members.first(where: { !isSettled(reports[$0]) }) else { continue }
            state = .progressing
            reason = "wave \(wave.name): \(Self.words(member, reports[member]))"
            return false
        }
        return true
    }

    private mutating func release(
        _ wave: FrozenWave,
        _ unfinished: [String],
        _ reports: [String: MemberReport],
        _ calendar: ReleaseCalendar,
        _ now: Timestamp
    ) {
        let waiting = unfinished.filter { !isReleased($0) }
        let underway = unfinished.filter { isReleased($0) }
        if !waiting.isEmpty {
            guard gateIsOpen(wave, calendar, now), earlierWavesHold(reports) else { return }
            let limit = wave.maxUnavailable?.atLeastOne(of: wave.members.count) ?? wave.members.count
            let free = max(0, limit - underway.count)
            for member in waiting.prefix(free) { released[member] = release }
        }
        state = .progressing
        let blocker = underway.first { !isHealthyOrUnderWay(reports[$0]) } ?? underway.first
        reason =
            blocker.map { "wave \(wave.name): \(Self.words($0, reports[$0]))" }
            ?? "wave \(wave.name): \(count(waiting.count, "member")) got the revision"
    }

    private func isHealthyOrUnderWay(_ report: MemberReport?) -> Bool {
        switch report?.health {
        case .healthy?, .progressing?: true
        case nil, .failed?, .degraded?, .stuck?, .unknown?: false
        }
    }

    private mutating func gateIsOpen(_ wave: FrozenWave, _ calendar: ReleaseCalendar, _ now: Timestamp) -> Bool {
        if isPaused {
            state = .paused
            reason = "paused before wave \(wave.name)"
            return false
        }
        if wave.needsApproval, !approvedWaves.contains(wave.name) {
            state = .waiting
            reason = "wave \(wave.name) waits for approval"
            return false
        }
        if case .closed(let why, let until) = calendar.answer(at: now) {
            state = .waiting
            reason = "wave \(wave.name) waits: \(why)" + (until.map { ", until \($0)" } ?? "")
            return false
        }
        return true
    }

    private static func words(_ member: String, _ report: MemberReport?) -> String {
        switch report?.health {
        case nil: "\(member) has not reported yet"
        case .healthy: "\(member) has not observed the revision yet"
        case .progressing(let reason): "\(member) is on its way: \(reason)"
        case .failed(let reason): "\(member) failed: \(reason)"
        case .degraded(let reason): "\(member) is degraded: \(reason)"
        case .stuck(let reason): "\(member) is stuck: \(reason)"
        case .unknown(let reason): "\(member) is unknown: \(reason)"
        }
    }
}
