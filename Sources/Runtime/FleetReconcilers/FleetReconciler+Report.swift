internal import ClusterInspection
internal import ControllerRuntime
internal import FleetLedger
internal import FleetModel
internal import FleetPlanning
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import ManifestApply
internal import SourceDiagnostics
internal import StructuredValue
internal import Telemetry

/// The one place where a pass becomes status, history, metrics, a log line and an outcome.
extension FleetReconciler {
    func markWaiting(_ key: MemberKey) async {
        let wave = await director.wave(of: key)
        let reason = await director.rollout(of: key.fleet)?.reason ?? ""
        board.updateMember(key.managementCluster, of: key.fleet, at: now()) { member in
            member.wave = wave
            if member.state == .pending { member.state = .waiting }
            member.reason = reason
        }
    }

    /// After a pass that got through.
    func report(_ pass: MemberPass) async -> MemberOutcome {
        let verdict = MemberVerdict(pass)
        let health = verdict.health
        let revision = pass.rendered.state.revision
        let entries = pass.results.flatMap { ledgerEntries(pass.key, $0) }
        let wave = await director.wave(of: pass.key)
        let newest = await director.newest?.revision ?? revision
        board.updateMember(pass.key.managementCluster, of: pass.key.fleet, at: now()) { member in
            member.wave = wave
            member.state = verdict.state(health, isBehind: newest != revision)
            member.reason = [pass.obstacle ?? "", health.words].filter { !$0.isEmpty }.joined(separator: "; ")
            member.targetRevision = revision
            if verdict.isApplied { member.appliedRevision = revision }
            member.objects = pass.results.reduce(0) { $0 + $1.changes.inventory.entries.count }
            member.blocked = verdict.blocked.count
            member.waiting = verdict.waiting.count
            member.drifted = pass.results.reduce(0) { $0 + $1.plan.drift.count }
            member.findings = verdict.findings
            member.diagnostics = verdict.diagnostics
            member.clusters = verdict.clusters
            member.apps = verdict.apps
            member.lastPass = now()
        }
        await remember(entries)
        let written = pass.results.reduce(0) { $0 + $1.changes.changes.count }
        if written > 0 {
            log.info(
                "applied plan",
                metadata: [
                    "fleet": "\(pass.key.fleet)", "cluster": "\(pass.key.managementCluster)",
                    "revision": "\(revision.prefix(10))", "changed": "\(written)",
                    "failed": "\(verdict.failures.count)", "blocked": "\(verdict.blocked.count)",
                    "waiting": "\(verdict.waiting.count)",
                ]
            )
        }
        metrics.add("martlet_objects_written_total", Double(entries.count(where: \.isWrite)))
        metrics.add("martlet_drift_total", Double(entries.count(where: \.isDrift)))
        let outcome = verdict.outcome
        metrics.add("martlet_passes_total", 1, ["outcome": outcome.label])
        return await finish(
            pass.key,
            pass.release,
            outcome,
            MemberReport(
                observedRevision: verdict.isApplied ? revision : nil,
                health: health,
                // Of what another daemon writes nothing is known.
                wroteNothing: written == 0 && pass.obstacle == nil
            )
        )
    }

    /// After a pass that could not even look.
    func report(
        _ key: MemberKey,
        _ release: Rollout.Release,
        problem: any Error,
        _ rendered: RenderedMember? = nil
    ) async -> MemberOutcome {
        let words = sentence(of: problem)
        let failure = problem as? KubernetesFailure
        let isUnknown = failure?.isUnreachable ?? false
        let wave = await director.wave(of: key)
        board.updateMember(key.managementCluster, of: key.fleet, at: now()) { member in
            member.wave = wave
            member.state = isUnknown ? .unknown : .failed
            member.reason = words
            member.targetRevision = release.revision
            member.lastPass = now()
            if isUnknown { member.forgetHealth(at: now()) }
            if let rendered { member.diagnostics = rendered.state.diagnostics }
            if let rejected = problem as? RejectedSource { member.diagnostics += rejected.diagnostics }
        }
        log.warning(
            "pass failed",
            metadata: ["fleet": "\(key.fleet)", "cluster": "\(key.managementCluster)", "reason": "\(words)"]
        )
        metrics.add("martlet_passes_total", 1, ["outcome": isUnknown ? "unknown" : "failed"])
        let health: MemberReport.Health = isUnknown ? .unknown(words) : .failed(words)
        let outcome: Outcome =
            (problem as? RejectedSource).map { .stalled($0.diagnostics) } ?? .retry(words)
        return await finish(key, release, outcome, MemberReport(observedRevision: nil, health: health))
    }

    private func finish(
        _ key: MemberKey,
        _ release: Rollout.Release,
        _ outcome: Outcome,
        _ report: MemberReport
    ) async -> MemberOutcome {
        do {
            let step = try await director.report(key, report, about: release)
            return MemberOutcome(key: key, outcome: outcome, step: step)
        } catch {
            log.error("the rollout's state could not be written", metadata: ["reason": "\(error)"])
            return MemberOutcome(key: key, outcome: .retry("\(error)"))
        }
    }

    /// Writes history; a full disk costs the lines, not the pass.
    func remember(_ entries: [LedgerEntry]) async {
        do {
            try await ledger.append(entries)
        } catch {
            log.error("history could not be written", metadata: ["reason": "\(error)"])
        }
    }

    private func ledgerEntries(_ key: MemberKey, _ result: TargetResult) -> [LedgerEntry] {
        let drift = Dictionary(result.plan.drift.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        var entries: [LedgerEntry] = []
        var corrected: Set<ObjectKey> = []
        for change in result.changes.changes {
            var entry = LedgerEntry(
                time: now(),
                event: .updated,
                fleet: key.fleet,
                managementCluster: key.managementCluster,
                revision: result.plan.revision,
                object: change.step.key,
                fields: change.step.fields.map { .init(path: $0.path, old: $0.old, new: $0.new) },
                message: change.step.reason
            )
            switch change.result {
            case .applied:
                if let finding = drift[change.step.key] {
                    entry.event = .corrected
                    entry.manager = finding.managers
                    entry.message = finding.sentence
                    corrected.insert(change.step.key)
                } else if change.step.verdict == .create {
                    entry.event = .created
                    entry.fields = []
                }
            case .deleted: entry.event = .deleted
            // The daemon was asked to end: that is no failure, and the next one sees what became of it.
            case .failed(let failure) where failure.kind == .cancelled: continue
            case .failed(let failure):
                entry.event = .failed
                entry.message = failure.message
            case .skipped: continue
            }
            entries.append(entry)
        }
        for finding in result.newDrift where !corrected.contains(finding.key) {
            entries.append(
                LedgerEntry(
                    time: now(),
                    event: .drifted,
                    fleet: key.fleet,
                    managementCluster: key.managementCluster,
                    revision: result.plan.revision,
                    object: finding.key,
                    fields: finding.fields.map { .init(path: $0.path, old: $0.wanted, new: $0.found) },
                    manager: finding.managers,
                    message: finding.sentence
                )
            )
        }
        return entries
    }
}

/// What to tell a person about an error.
func sentence(of error: any Error) -> String {
    switch error {
    case let rejected as RejectedSource: rejected.diagnostics.first.map { "\($0)" } ?? "the source is rejected"
    default: "\(error)"
    }
}

extension Outcome {
    /// A closed set, for metrics.
    var label: String {
        switch self {
        case .done: "done"
        case .again: "again"
        case .retry: "retry"
        case .stalled: "stalled"
        }
    }
}

extension LedgerEntry {
    /// Whether an object was written or deleted.
    fileprivate var isWrite: Bool { [.created, .updated, .corrected, .deleted].contains(event) }

    /// Whether somebody else's change was found for the first time, left or corrected.
    fileprivate var isDrift: Bool { event == .drifted || event == .corrected }
}

extension DriftFinding {
    var managers: String {
        Set(fields.map(\.manager).filter { !$0.isEmpty }).sorted().joined(separator: ", ")
    }
}

extension MemberReport.Health {
    var words: String {
        switch self {
        case .healthy: ""
        case .progressing(let words), .failed(let words), .degraded(let words), .stuck(let words),
            .unknown(let words):
            words
        }
    }
}
