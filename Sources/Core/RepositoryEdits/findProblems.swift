package import FleetPlanning
import KubernetesModel
import SemanticVersion
package import SourceDiagnostics

/// Why a change may not be made, each in a sentence: what its plan blocks, and what it breaks that was whole before.
package func findProblems(of plan: FleetPlan, before: [Diagnostic], after: [Diagnostic]) -> [String] {
    var problems: [String] = []
    let known = Set(before.map { "\($0.code) \($0.message)" })
    for finding in plan.diagnostics + after where finding.severity == .error {
        if !known.contains("\(finding.code) \(finding.message)") { problems.append("\(finding)") }
    }
    // A render with errors blocks deletions too; the errors are what there is to do about.
    if problems.isEmpty {
        for part in plan.plans {
            for step in part.steps where step.verdict == .blocked && !step.isWaiting {
                problems.append("\(part.managementCluster): \(step.key): \(step.reason)")
            }
        }
    }
    var seen: Set<String> = []
    return problems.filter { seen.insert($0).inserted }
}

/// The versions to go through one after the other when a wanted one is more than one minor away; empty when it is not.
package func upgradeSteps(from old: String, to new: String) -> [String] {
    guard let start = SemanticVersion(old), let end = SemanticVersion(new), start.major == end.major,
        end.minor > start.minor + 1
    else { return [] }
    let mark = old.hasPrefix("v") ? "v" : ""
    let between = (start.minor + 1)..<end.minor
    return between.map { "\(mark)\(start.major).\($0).x" } + [VersionText.adapt(new, to: old)]
}
