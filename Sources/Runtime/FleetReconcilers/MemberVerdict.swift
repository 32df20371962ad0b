internal import ClusterInspection
internal import ControllerRuntime
internal import FleetModel
internal import FleetPlanning
internal import KubernetesClient
internal import KubernetesModel
internal import ManifestApply
internal import SourceDiagnostics

/// What a pass comes to: everything is read off the pass, once.
struct MemberVerdict {
    private let pass: MemberPass
    /// Steps that may not be done until somebody does something.
    let blocked: [PlanStep]
    /// Steps whose time comes by itself.
    let waiting: [PlanStep]
    let failures: [(step: PlanStep, failure: KubernetesFailure)]
    let diagnostics: [Diagnostic]
    let clusters: [ClusterSummary]
    let apps: [AppStatus]
    /// What the objects themselves say.
    private let objectHealth: MemberReport.Health

    init(_ pass: MemberPass) {
        self.pass = pass
        let held = pass.results.flatMap { $0.plan.steps.filter { $0.verdict == .blocked } }
        blocked = held.filter { !$0.isWaiting }
        waiting = held.filter(\.isWaiting)
        failures = pass.results.flatMap(\.changes.failures)
        diagnostics = (pass.rendered.state.diagnostics + pass.results.flatMap(\.plan.diagnostics)).unique
        clusters = summarizeClusters(pass.clusterObjects)
        var objects = ObjectTally()
        for result in pass.results {
            // The plan's keys: objects that exist keep names that the render cannot know.
            for step in result.plan.steps { objects.take(step, result.observed.objects[step.key]) }
        }
        apps = objects.apps(of: pass.rendered.state)
        objectHealth = objects.health
    }

    private var state: DesiredState { pass.rendered.state }
    private var results: [TargetResult] { pass.results }

    /// Whether the whole revision is on the clusters: complete, every step done, nothing held up that Git asks for.
    var isApplied: Bool {
        state.isComplete && pass.unreachable.isEmpty && results.allSatisfy(\.changes.isComplete)
            && !(blocked + waiting).contains { $0.source != nil }
    }

    /// Whether something is to be written that another daemon must write.
    private var isLeftToLeader: Bool { results.contains(where: \.changes.isLeftToLeader) }

    /// What the member tells the rollout. Blocked deletions do not count: nobody waits for them.
    var health: MemberReport.Health {
        if let problem = state.diagnostics.first(where: { $0.severity == .error && !$0.isOfTheWorld }) {
            return .failed("\(problem)")
        }
        // The revision is not to blame for a catalog that does not answer: the rollout waits, it does not halt.
        if let problem = state.diagnostics.first(where: \.isOfTheWorld) { return .progressing("\(problem)") }
        if let refused = failures.first(where: { !$0.failure.isRetryable }) {
            return .failed("\(refused.step.key): \(refused.failure.message)")
        }
        if let step = blocked.first(where: { $0.source != nil }) { return .failed("\(step.key): \(step.reason)") }
        if let (step, failure) = failures.first {
            let words = "\(step.key): \(failure.message)"
            return failure.kind == .serverError ? .stuck(words) : .progressing(words)
        }
        if let failure = results.compactMap(\.changes.inventoryFailure).first { return .progressing(failure.message) }
        if isLeftToLeader { return .progressing("the leader has not written everything yet") }
        if let step = waiting.first(where: { $0.source != nil }) {
            return .progressing("\(step.key): \(step.reason)")
        }
        if let words = pass.unreachable.first { return .progressing(words) }
        if objectHealth != .healthy { return objectHealth }
        if let cluster = clusters.first(where: \.isRemediating) {
            return .progressing("Cluster \(cluster.namespace)/\(cluster.name): sick Machines are being replaced")
        }
        // What was just written has not been seen to work yet; the watches start the next pass.
        return results.allSatisfy(\.changes.changes.isEmpty) ? .healthy : .progressing("just applied")
    }

    /// The state that goes with a health, for people.
    func state(_ health: MemberReport.Health, isBehind: Bool) -> MemberStatus.State {
        if pass.obstacle != nil { return .standby }
        switch health {
        case .healthy:
            if !blocked.isEmpty { return .blocked }
            return isBehind ? .waiting : waiting.isEmpty ? .synced : .progressing
        case .progressing: return .progressing
        case .failed: return failures.isEmpty && !blocked.isEmpty ? .blocked : .failed
        case .degraded, .stuck: return .progressing
        case .unknown: return .unknown
        }
    }

    /// When the next pass is due although no watch reports anything.
    var outcome: Outcome {
        if results.contains(where: \.changes.isWorthRetrying) || !pass.unreachable.isEmpty {
            return .retry(failures.first?.failure.message ?? pass.unreachable.first ?? "")
        }
        if let problem = state.diagnostics.first(where: \.isOfTheWorld) { return .retry(problem.message) }
        // What the leader writes comes back through the watches as well, all but the end of its inventory.
        if isLeftToLeader { return .again(after: .seconds(5)) }
        // Our own writes come back through the watches; one more look makes sure that none was missed.
        if results.contains(where: { !$0.changes.changes.isEmpty }) { return .again(after: .milliseconds(200)) }
        if results.contains(where: { !$0.observed.unreadableKinds.isEmpty }) { return .again(after: .seconds(5)) }
        // A chart may be published after the commit that asks for it.
        let codes = Set(state.diagnostics.map(\.code))
        if !codes.isDisjoint(with: ["unknown-version", "unknown-chart"]) { return .again(after: .seconds(60)) }
        return .done
    }

    /// Lines for `status`: what is blocked, what failed, what waits.
    var findings: [MemberStatus.Finding] {
        let failed = failures.map { finding("\($0.step.key): \($0.failure.message)", $0.step) }
        let held = blocked.map { finding("blocked: \($0.key): \($0.reason)", $0) }
        let drifted = results.flatMap { result in
            result.plan.drift.map { drift in
                finding("drift: \(drift.key): \(drift.sentence)", result.plan.steps.first { $0.key == drift.key })
            }
        }
        let late = waiting.map { finding("waiting: \($0.key): \($0.reason)", $0) }
        let all = failed + held + drifted + pass.unreachable.map { finding($0, nil) } + late
        return all.count > 50 ? Array(all.prefix(50)) + [finding("and \(all.count - 50) more", nil)] : all
    }

    private func finding(_ text: String, _ step: PlanStep?) -> MemberStatus.Finding {
        MemberStatus.Finding(text, cluster: step?.cluster)
    }
}

/// The health of a pass's objects, all together and by app.
private struct ObjectTally {
    private(set) var health = MemberReport.Health.healthy
    private var byApp: [ObjectSource: (count: Int, health: Health)] = [:]

    /// Takes one step with the object as it was observed; objects that left Git do not count.
    mutating func take(_ step: PlanStep, _ live: Manifest?) {
        guard let source = step.source else { return }
        let own = live.map { assessHealth(of: $0) } ?? Health(.progressing, reason: "\(step.key) is not there yet")
        if case .app = source {
            var tally = byApp[source] ?? (0, .healthy)
            tally.count += 1
            if own.state != .healthy { tally.health = own }
            byApp[source] = tally
        }
        if live != nil { count(own, of: step.key) }
    }

    private mutating func count(_ own: Health, of key: ObjectKey) {
        if case .degraded = health { return }
        let words = "\(key): \(own.reason)"
        switch own.state {
        case .healthy, .deleting: return
        // Machines that come and go may stop remediation for a while; that alone breaks no rollout.
        case .degraded where key.groupKind == .machineHealthCheck: health = .progressing(words)
        case .degraded: health = .degraded(words)
        case .progressing, .unknown: if case .healthy = health { health = .progressing(words) }
        }
    }

    func apps(of state: DesiredState) -> [AppStatus] {
        let holds = Dictionary(state.holds.map { ($0.app, $0) }, uniquingKeysWith: { $1 })
        return state.resolutions.map { resolution in
            let tally = byApp[.app(namespace: resolution.namespace, name: resolution.app)] ?? (0, .healthy)
            let hold = holds[resolution.app]
            return AppStatus(
                namespace: resolution.namespace,
                name: resolution.app,
                catalog: resolution.catalog,
                chart: resolution.chart,
                requested: hold?.wantedVersion ?? resolution.requested,
                version: resolution.version,
                hold: hold?.reason ?? "",
                objects: tally.count,
                health: tally.health
            )
        }
    }
}

extension Diagnostic {
    /// Whether it is about a catalog that could not be read just now, which is nobody's mistake.
    fileprivate var isOfTheWorld: Bool { code == "catalog-unavailable" }
}

extension [Diagnostic] {
    /// Each once, in order.
    fileprivate var unique: [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return filter { seen.insert($0).inserted }
    }
}
