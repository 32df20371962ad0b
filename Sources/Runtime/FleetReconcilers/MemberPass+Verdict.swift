internal import ClusterInspection
internal import ControllerRuntime
internal import FleetModel
internal import FleetPlanning
internal import KubernetesClient
internal import KubernetesModel
internal import ManifestApply
internal import SourceDiagnostics

/// What a pass comes to. Pure: everything is read off the pass itself.
extension MemberPass {
    var blocked: [PlanStep] { results.flatMap { $0.plan.steps.filter { $0.verdict == .blocked } } }
    var failures: [(step: PlanStep, failure: KubernetesFailure)] { results.flatMap(\.changes.failures) }
    var diagnostics: [Diagnostic] { unique(rendered.state.diagnostics + results.flatMap(\.plan.diagnostics)) }

    /// Whether the whole revision is on the clusters: complete, every step done, nothing blocked that Git asks for.
    var isApplied: Bool {
        rendered.state.isComplete && unreachable.isEmpty && results.allSatisfy(\.changes.isComplete)
            && !blocked.contains { $0.source != nil }
    }

    /// Whether something is to be written that another daemon must write.
    var isLeftToLeader: Bool { results.contains(where: \.changes.isLeftToLeader) }

    /// What the member tells the rollout. Blocked deletions do not count: nobody waits for them.
    var health: MemberReport.Health {
        if let problem = rendered.state.diagnostics.first(where: { $0.severity == .error && !isOfTheWorld($0) }) {
            return .failed("\(problem)")
        }
        // The revision is not to blame for a catalog that does not answer: the rollout waits, it does not halt.
        if let problem = rendered.state.diagnostics.first(where: isOfTheWorld) { return .progressing("\(problem)") }
        if let refused = failures.first(where: { !$0.failure.isRetryable }) {
            return .failed("\(refused.step.key): \(refused.failure.message)")
        }
        if let step = blocked.first(where: { $0.source != nil && !$0.isWaiting }) {
            return .failed("\(step.key): \(step.reason)")
        }
        if let (step, failure) = failures.first {
            let words = "\(step.key): \(failure.message)"
            return failure.kind == .serverError ? .stuck(words) : .progressing(words)
        }
        if let failure = results.compactMap(\.changes.inventoryFailure).first { return .progressing(failure.message) }
        if isLeftToLeader { return .progressing("the leader has not written everything yet") }
        if let step = blocked.first(where: { $0.source != nil }) {
            return .progressing("\(step.key): \(step.reason)")
        }
        if let words = unreachable.first { return .progressing(words) }
        return objectHealth
    }

    private var objectHealth: MemberReport.Health {
        var worst: MemberReport.Health = .healthy
        for result in results {
            // The plan's keys: objects that exist keep names that the render cannot know.
            for step in result.plan.steps where step.source != nil {
                guard let live = result.observed.objects[step.key] else { continue }
                let health = assessHealth(of: live)
                let words = "\(step.key): \(health.reason)"
                switch health.state {
                case .healthy, .deleting: continue
                // Machines that come and go may stop remediation for a while; that alone breaks no rollout.
                case .degraded where step.key.groupKind == .machineHealthCheck: worst = .progressing(words)
                case .degraded: return .degraded(words)
                case .progressing, .unknown: if case .healthy = worst { worst = .progressing(words) }
                }
            }
        }
        if case .healthy = worst, let cluster = clusters.first(where: \.isRemediating) {
            worst = .progressing("Cluster \(cluster.namespace)/\(cluster.name): sick Machines are being replaced")
        }
        for result in results where !result.changes.changes.isEmpty {
            // What was just written has not been seen to work yet; the watches start the next pass.
            if case .healthy = worst { worst = .progressing("just applied") }
        }
        return worst
    }

    func state(_ health: MemberReport.Health, isBehind: Bool) -> MemberStatus.State {
        if obstacle != nil { return .standby }
        return switch health {
        case .healthy: blocked.isEmpty ? (isBehind ? .waiting : .synced) : .blocked
        case .progressing: .progressing
        case .failed: failures.isEmpty && !blocked.isEmpty ? .blocked : .failed
        case .degraded, .stuck: .progressing
        case .unknown: .unknown
        }
    }

    /// Whether a finding is about a catalog that could not be read just now.
    private func isOfTheWorld(_ diagnostic: Diagnostic) -> Bool { diagnostic.code == "catalog-unavailable" }

    /// When the next pass is due although no watch reports anything.
    var outcome: Outcome {
        if results.contains(where: \.changes.isWorthRetrying) || !unreachable.isEmpty {
            return .retry(failures.first?.failure.message ?? unreachable.first ?? "")
        }
        if let problem = rendered.state.diagnostics.first(where: isOfTheWorld) { return .retry(problem.message) }
        // What the leader writes comes back through the watches as well, all but the end of its inventory.
        if isLeftToLeader { return .again(after: .seconds(5)) }
        // Our own writes come back through the watches; one more look makes sure that none was missed.
        if results.contains(where: { !$0.changes.changes.isEmpty }) { return .again(after: .milliseconds(200)) }
        if results.contains(where: { !$0.observed.unreadableKinds.isEmpty }) { return .again(after: .seconds(5)) }
        // A chart may be published after the commit that asks for it.
        let codes = Set(rendered.state.diagnostics.map(\.code))
        if !codes.isDisjoint(with: ["unknown-version", "unknown-chart"]) { return .again(after: .seconds(60)) }
        return .done
    }

    /// Lines for `status`: what is blocked, what failed.
    var findings: [String] {
        let failed = failures.map { "\($0.step.key): \($0.failure.message)" }
        let held = blocked.map { "blocked: \($0.key): \($0.reason)" }
        let drifted = results.flatMap(\.plan.drift).map { "drift: \($0.key): \($0.sentence)" }
        let all = failed + held + drifted + unreachable
        return all.count > 50 ? Array(all.prefix(50)) + ["and \(all.count - 50) more"] : all
    }

    var clusters: [ClusterSummary] { summarizeClusters(clusterObjects) }

    var apps: [AppStatus] {
        let holds = Dictionary(rendered.state.holds.map { ($0.app, $0) }, uniquingKeysWith: { $1 })
        return rendered.state.resolutions.map { resolution in
            var health = Health.healthy
            var count = 0
            for result in results {
                for object in rendered.state.objects where object.target == result.target {
                    guard object.source == .app(namespace: resolution.namespace, name: resolution.app) else { continue }
                    count += 1
                    guard let live = result.observed.objects[object.key] else {
                        health = Health(.progressing, reason: "\(object.key) is not there yet")
                        continue
                    }
                    let own = assessHealth(of: live)
                    if own.state != .healthy { health = own }
                }
            }
            let hold = holds[resolution.app]
            return AppStatus(
                namespace: resolution.namespace,
                name: resolution.app,
                catalog: resolution.catalog,
                chart: resolution.chart,
                requested: hold?.wantedVersion ?? resolution.requested,
                version: resolution.version,
                hold: hold?.reason ?? "",
                objects: count,
                health: health
            )
        }
    }

    private func unique(_ diagnostics: [Diagnostic]) -> [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return diagnostics.filter { seen.insert($0).inserted }
    }
}
