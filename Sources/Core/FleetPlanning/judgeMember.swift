import ClusterInspection
package import FleetModel
package import KubernetesModel
import SourceDiagnostics

/// How a member of a fleet does with the revision that it got: what a rollout asks before it goes on.
///
/// `plan` is the newest one, made from what was observed after the last apply; `failures` are steps that the server
/// refused for good, by object.
package func judgeMember(
    _ plan: ApplyPlan,
    desired: DesiredState,
    observed: ObservedState,
    failures: [ObjectKey: String] = [:]
) -> MemberReport {
    let health = memberHealth(plan, desired, observed, failures)
    let isApplied =
        plan.isComplete && !plan.writesAnything && failures.isEmpty && !plan.steps.contains(where: holdsBack)
    return MemberReport(observedRevision: isApplied ? desired.revision : nil, health: health)
}

/// Whether a desired object is not as wanted, for whatever reason. What merely may not be deleted is no obstacle.
private func holdsBack(_ step: PlanStep) -> Bool { step.verdict == .blocked && step.source != nil }

private func memberHealth(
    _ plan: ApplyPlan,
    _ desired: DesiredState,
    _ observed: ObservedState,
    _ failures: [ObjectKey: String]
) -> MemberReport.Health {
    if let error = plan.diagnostics.first(where: { $0.severity == .error }) {
        return .failed("\(error.position.map { "\($0): " } ?? "")\(error.message)")
    }
    if !plan.isComplete { return .failed("the revision cannot be rendered completely") }
    if let failure = failures.min(by: { $0.key < $1.key }) { return .failed("\(failure.key): \(failure.value)") }
    if let step = plan.steps.first(where: { holdsBack($0) && !$0.isWaiting }) {
        return .failed("\(step.key) is blocked: \(step.reason)")
    }
    if let step = plan.steps.first(where: { holdsBack($0) || $0.action.isWrite }) {
        return .progressing("\(step.key): \(step.reason.isEmpty ? step.verdict.rawValue : step.reason)")
    }
    return liveHealth(desired, observed)
}

/// The health of what runs: the desired objects, and the Machines and health checks behind them.
private func liveHealth(_ desired: DesiredState, _ observed: ObservedState) -> MemberReport.Health {
    var progressing: String?
    func look(_ live: Manifest) -> MemberReport.Health? {
        let health = assessHealth(of: live)
        switch health.state {
        case .healthy: return nil
        case .degraded: return .degraded("\(live.key): \(health.reason)")
        case .progressing, .deleting, .unknown:
            progressing = progressing ?? "\(live.key): \(health.reason)"
            return nil
        }
    }
    for object in desired.objects {
        guard let live = observed.objects[object.key] else { continue }
        if let trouble = look(live) { return trouble }
    }
    return progressing.map { .progressing($0) } ?? .healthy
}
