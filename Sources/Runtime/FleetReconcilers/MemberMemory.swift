internal import FleetPlanning
internal import KubernetesModel
internal import ManifestApply

/// What one member's loop keeps between passes: how often fields were put back, and which drift was reported already.
struct MemberMemory: Sendable {
    private(set) var drift = DriftMemory()
    /// Drift of the newest pass that the one before did not have.
    private(set) var newDrift: [DriftFinding] = []
    private var reported: Set<DriftFinding> = []

    mutating func take(_ plan: ApplyPlan, _ changes: ChangeSet, at now: Timestamp) {
        let findings = Set(plan.drift)
        newDrift = plan.drift.filter { !reported.contains($0) }
        reported = findings
        let byKey = Dictionary(plan.drift.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        for change in changes.changes {
            guard case .applied = change.result, let finding = byKey[change.step.key] else { continue }
            drift.recordCorrection(of: finding, contentHash: change.step.contentHash, now: now)
            // Put back: when it comes again it is news again.
            reported.remove(finding)
        }
    }
}
