package import FleetLedger
package import FleetModel
package import FleetPlanning
package import KubernetesModel
internal import SourceDiagnostics
internal import StructuredValue

/// Which member runs which revision: keeps one rollout per fleet and takes its steps.
///
/// Rollouts are remembered in the ledger after every step, so that a restart goes on where it was: a wave that waits for
/// approval still waits.
package actor FleetDirector {
    private let ledger: Ledger
    private let now: @Sendable () -> Timestamp
    private let zones: @Sendable (String) -> TimeZoneRules?
    private var repository: Repository?
    private var rollouts: [String: Rollout] = [:]
    private var reports: [String: [String: MemberReport]] = [:]

    /// `zones` gives the rules of a time zone by its name; nil when there is no such zone.
    package init(
        ledger: Ledger,
        now: @escaping @Sendable () -> Timestamp,
        zones: @escaping @Sendable (String) -> TimeZoneRules?
    ) {
        self.ledger = ledger
        self.now = now
        self.zones = zones
    }

    /// What a step changed: who has something to do, and when to look again.
    package struct Step: Sendable {
        package var released: [MemberKey] = []
        package var rollout: Rollout?
        package var lookAgain: Duration?
        /// The holds in force.
        package var holds: [Hold] = []
        /// History lines about the rollout's own moves.
        package var entries: [LedgerEntry] = []
    }

    /// The fleets of the newest revision.
    package var fleets: [FleetFolder] { repository?.fleets ?? [] }
    package var newest: Repository? { repository }

    /// Every member of every fleet that the newest revision can read.
    package var members: [MemberKey] {
        fleets.flatMap { folder in
            folder.members.map { MemberKey(fleet: folder.name, managementCluster: $0.name) }
        }
    }

    /// Takes a new revision: starts a rollout for every fleet that is well-formed in it. Fleets with a broken
    /// `fleet.yaml`, and fleets that vanished, keep what they have.
    package func follow(_ repository: Repository) async throws -> [String: Step] {
        self.repository = repository
        var steps: [String: Step] = [:]
        for folder in repository.fleets {
            guard let fleet = folder.fleet else { continue }
            var entries: [LedgerEntry] = []
            if rollouts[fleet.name] == nil { rollouts[fleet.name] = try await recall(fleet.name) }
            if rollouts[fleet.name]?.revision != repository.revision {
                begin(folder, fleet)
                entries.append(entry(.revision, fleet.name, repository.revision, "follows the new revision"))
            }
            var step = try await step(fleet.name)
            step.entries = entries + step.entries
            steps[fleet.name] = step
        }
        return steps
    }

    /// Starts the rollout of the newest revision, with the holds of this moment.
    private func begin(_ folder: FleetFolder, _ fleet: Fleet) {
        guard let revision = repository?.revision else { return }
        let known = rollouts[fleet.name]
        var fresh = Rollout(
            fleet: fleet.name,
            revision: revision,
            waves: Rollout.freeze(fleet.rollout, members: folder.members),
            previous: known?.released ?? [:],
            // A moment is never used twice for one revision.
            now: known?.revision == revision ? max(now(), known?.latest ?? now()) : now()
        )
        // Who paused a fleet means the fleet, not the commit of that moment.
        if known?.isPaused == true { fresh.pause() }
        rollouts[fleet.name] = fresh
    }

    /// What a member shall run now; nil while nothing was released to it.
    package func target(of key: MemberKey) -> Rollout.Release? {
        rollouts[key.fleet]?.release(for: key.managementCluster)
    }

    /// The name of the wave a member is in.
    package func wave(of key: MemberKey) -> String {
        rollouts[key.fleet]?.waves.first { $0.members.contains(key.managementCluster) }?.name ?? ""
    }

    package func rollout(of fleet: String) -> Rollout? { rollouts[fleet] }

    /// Takes a member's report about a release and the step that follows from it. A report about another one than the
    /// member shall run now comes too late to mean anything.
    package func report(_ key: MemberKey, _ report: MemberReport, about release: Rollout.Release) async throws -> Step {
        if release == target(of: key) { reports[key.fleet, default: [:]][key.managementCluster] = report }
        return try await step(key.fleet)
    }

    /// Takes the next step of a fleet's rollout, if it has one.
    package func step(_ name: String) async throws -> Step {
        guard let folder = repository?.fleet(name), let fleet = folder.fleet, let known = rollouts[name] else {
            return Step()
        }
        var entries: [LedgerEntry] = []
        // Time that went back brings no hold back.
        let latest = max(now(), known.latest)
        // What halted goes on only when somebody says so.
        if known.revision == repository?.revision, known.haltReason == nil,
            holds(of: fleet, at: latest) != holds(of: fleet, at: known.release.moment)
        {
            begin(folder, fleet)
            entries.append(entry(.revision, name, known.revision, "holds ended"))
        }
        guard let before = rollouts[name] else { return Step() }
        let calendar = calendar(of: fleet)
        let after = planRollout(before, reports: reports[name] ?? [:], calendar: calendar, now: now())
        var step = Step(rollout: after)
        step.released = after.waves.flatMap(\.members)
            .filter { after.release(for: $0) != before.release(for: $0) }
            .map { MemberKey(fleet: name, managementCluster: $0) }
        // What a member said before was about the revision that it had.
        for key in step.released { reports[name]?[key.managementCluster] = nil }
        let ends = holds(of: fleet, at: latest).compactMap(\.until)
        if let moment = (ends + [after.nextLook(calendar: calendar, now: now())].compactMap(\.self)).min() {
            step.lookAgain = max(.milliseconds(50), now().duration(to: moment) + .milliseconds(10))
        }
        step.holds = holds(of: fleet, at: latest)
        step.entries = entries + moves(from: before, to: after)
        rollouts[name] = after
        // Time alone changes `latest`; that is not worth a write.
        if !sameDecision(before, after) { try await ledger.remember("rollout/\(name)", after.value) }
        return step
    }

    /// Lets a wave begin that waits for approval. False when the fleet has no such wave.
    package func approve(_ fleet: String, wave: String) async throws -> Bool {
        guard var rollout = rollouts[fleet], rollout.approve(wave: wave) else { return false }
        rollouts[fleet] = rollout
        try await ledger.remember("rollout/\(fleet)", rollout.value)
        return true
    }

    /// Stops or continues a fleet's rollout. False when there is no such fleet.
    package func setPaused(_ isPaused: Bool, _ fleet: String) async throws -> Bool {
        guard var rollout = rollouts[fleet] else { return false }
        if isPaused { rollout.pause() } else { rollout.resume(now: now()) }
        rollouts[fleet] = rollout
        try await ledger.remember("rollout/\(fleet)", rollout.value)
        return true
    }

    private func recall(_ fleet: String) async throws -> Rollout? {
        var rollout = try await ledger.recall("rollout/\(fleet)").flatMap { Rollout($0) }
        rollout?.takeUnreportedForWritten()
        return rollout
    }

    private func holds(of fleet: Fleet, at moment: Timestamp) -> [Hold] {
        fleet.holds.filter { $0.isActive(at: moment) }
    }

    private func calendar(of fleet: Fleet) -> ReleaseCalendar {
        var rules: [String: TimeZoneRules] = [:]
        for window in fleet.rollout.windows { rules[window.timeZone.value] = zones(window.timeZone.value) }
        return ReleaseCalendar(fleet.rollout, zones: rules)
    }

    private func sameDecision(_ left: Rollout, _ right: Rollout) -> Bool {
        left.released == right.released && left.state == right.state && left.currentWave == right.currentWave
            && left.soakingSince == right.soakingSince && left.haltReason == right.haltReason
            && left.release == right.release && left.effects == right.effects
    }

    private func moves(from before: Rollout, to after: Rollout) -> [LedgerEntry] {
        guard before.state != after.state || before.currentWave != after.currentWave else { return [] }
        let wave = after.wave.map { " at wave \($0.name)" } ?? ""
        let reason = after.reason.isEmpty ? "" : ": \(after.reason)"
        return [entry(.rollout, after.fleet, after.revision, "\(after.state.rawValue)\(wave)\(reason)")]
    }

    private func entry(_ event: LedgerEntry.Event, _ fleet: String, _ revision: String, _ message: String)
        -> LedgerEntry
    {
        LedgerEntry(time: now(), event: event, fleet: fleet, revision: revision, message: message)
    }
}
