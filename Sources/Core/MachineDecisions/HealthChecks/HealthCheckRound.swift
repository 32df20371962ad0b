package import KubernetesModel
package import StructuredValue

/// Everything that a decision about one MachineHealthCheck looks at.
package struct HealthCheckView: Sendable {
    package var check: Manifest
    package var cluster: Manifest
    /// Those that `selectTargets` chose, with their Nodes.
    package var targets: [HealthTarget]
    /// The requests that exist for external remediation, by the name of their Machine.
    package var requests: [String: Manifest] = [:]
    /// What requests are made from; nil when it is not there or not asked for.
    package var template: Manifest?
    /// How many Machines may be handed over now; the rest waits for the fleet's budget.
    package var budget: Int
    /// How much longer the first sick Machine waits for others: what breaks together is not seen at one moment.
    package var patience: Duration
    package var now: Timestamp

    package init(
        check: Manifest,
        cluster: Manifest,
        targets: [HealthTarget],
        requests: [String: Manifest] = [:],
        template: Manifest? = nil,
        budget: Int = .max,
        patience: Duration = .zero,
        now: Timestamp
    ) {
        self.check = check
        self.cluster = cluster
        self.targets = targets
        self.requests = requests
        self.template = template
        self.budget = budget
        self.patience = patience
        self.now = now
    }
}

/// What a look at a MachineHealthCheck makes necessary.
package struct HealthCheckRound: Sendable {
    /// The check's whole status.
    package var status: Value
    /// The Machines that something is said about, in the order in which they are dealt with.
    package var machines: [MachineStep] = []
    /// Machines that would be handed over if the fleet's budget were endless.
    package var budgetNeed = 0
    /// Why nothing, or not everything, is remediated; for an event when it is new.
    package var restriction: String?
    /// When to look again although nothing changes.
    package var next: Duration?

    /// What happens to one Machine.
    package struct MachineStep: Sendable {
        package enum Request: Sendable, Hashable {
            case create(Manifest)
            case delete(Manifest)
            case templateMissing
        }

        package var machine: Manifest
        package var health: TargetHealth
        /// Whether its owner, or an external system, is told to remediate it, and was not before.
        package var isHandedOver = false
        package var request: Request?
        /// Whether its owner was told before and has not finished.
        var isWithOwner = false
        let now: Timestamp
    }
}

/// How long remediation stays off after it was stopped because of too many unhealthy Machines. A fault that ends is
/// seen Machine by Machine; the last ones to recover must not be taken for dead.
package let settlingTime = Duration.seconds(10)

/// How long the first sick Machine waits for others before it is handed over.
package let gatheringTime = Duration.seconds(2)

/// Decides about one MachineHealthCheck: counts, stops when too many targets are unhealthy, else hands them over.
///
/// Its Cluster must be reachable if its control plane is initialized: who cannot look must not decide.
package func decideHealthCheck(_ view: HealthCheckView, _ spec: MachineHealthCheckSpec) -> HealthCheckRound {
    if let pause = pauseReason(check: view.check, cluster: view.cluster) {
        return HealthCheckRound(status: HealthCheckStatus(view).paused(pause))
    }
    guard spec.problems.isEmpty else {
        let text = spec.problems.joined(separator: "; ")
        return HealthCheckRound(status: HealthCheckStatus(view).refused(text), restriction: text)
    }
    var draft = RoundDraft(view, spec)
    draft.assess()
    draft.restrict()
    draft.handOver()
    return draft.round
}

/// Why a check is paused; nil when it is not.
package func pauseReason(check: Manifest, cluster: Manifest) -> String? {
    if cluster.spec["paused"]?.bool == true { return "Cluster \(cluster.name) is paused" }
    if check.annotation(HealthCheckWords.pausedAnnotation) != nil {
        return "the MachineHealthCheck has the annotation \(HealthCheckWords.pausedAnnotation)"
    }
    return nil
}

private struct RoundDraft {
    let view: HealthCheckView
    let spec: MachineHealthCheckSpec
    var counts: HealthCheckStatus
    var steps: [HealthCheckRound.MachineStep] = []
    var next: Duration?
    var need = 0

    init(_ view: HealthCheckView, _ spec: MachineHealthCheckSpec) {
        self.view = view
        self.spec = spec
        counts = HealthCheckStatus(view)
    }

    /// Judges all targets at the same moment. The unhealthy come first, and of them those that a person named.
    mutating func assess() {
        counts.targets = view.targets.map(\.machine.name).sorted()
        for target in view.targets.sorted(by: { $0.machine.name < $1.machine.name }) {
            let health = assessTarget(target, spec, cluster: view.cluster, now: view.now)
            switch health {
            case .healthy: counts.healthy += 1
            case .pending(let delay):
                lookAgain(after: delay)
                continue
            case .unjudged: continue
            case .unhealthy: break
            }
            steps.append(HealthCheckRound.MachineStep(machine: target.machine, health: health, now: view.now))
        }
        steps =
            steps.filter(\.isNamed) + steps.filter { $0.isUnhealthy && !$0.isNamed }
            + steps.filter { !$0.isUnhealthy }
    }

    /// The short circuit. What is not known to be healthy counts as unhealthy here.
    mutating func restrict() {
        let total = counts.targets.count
        let unhealthy = total - counts.healthy
        let answer = spec.limit.answer(targets: total, unhealthy: unhealthy)
        counts.allowed = answer.remaining
        guard !answer.isAllowed else { return }
        let name = if case .range = spec.limit { "unhealthyInRange" } else { "unhealthyLessThanOrEqualTo" }
        counts.restriction = (
            "TooManyUnhealthy",
            "nothing is remediated: \(unhealthy) of \(total) Machines are not healthy, "
                + "\(name) is \(spec.limit.text)"
        )
    }

    mutating func handOver() {
        guard counts.restriction == nil else { return }
        let wait = max(settling, view.patience)
        var left = view.budget
        for index in steps.indices {
            guard steps[index].isUnhealthy else {
                release(index)
                continue
            }
            guard isNew(steps[index]) else {
                steps[index].isWithOwner = spec.template == nil && !steps[index].machine.isBeingDeleted
                continue
            }
            if !steps[index].isNamed {
                if wait > .zero {
                    lookAgain(after: wait)
                    continue
                }
                need += 1
                if left <= 0 { continue }
                left -= 1
            }
            handOver(index)
        }
        let waiting = need - max(0, view.budget)
        guard waiting > 0 else { return }
        counts.restriction = (
            "RemediationBudgetSpent",
            "\(waiting) unhealthy Machines wait: the fleet's remediation budget is spent"
        )
    }

    /// How much longer remediation stays off after it was not allowed.
    private var settling: Duration {
        let known = DualConditions(view.check).inCurrentForm(HealthCheckWords.allowed)
        switch known?.status {
        case .no? where known?.reason == "TooManyUnhealthy": return settlingTime
        case .yes?:
            guard let since = known?.lastTransitionTime.flatMap({ Timestamp($0) }) else { return .zero }
            return max(.zero, settlingTime - since.duration(to: view.now))
        default: return .zero
        }
    }

    /// Whether nobody has been told about an unhealthy Machine yet.
    private func isNew(_ step: HealthCheckRound.MachineStep) -> Bool {
        if spec.template != nil { return view.requests[step.machine.name] == nil }
        if step.machine.isBeingDeleted { return false }
        return DualConditions(step.machine).isOpen(HealthCheckWords.ownerRemediated)
    }

    private mutating func handOver(_ index: Int) {
        steps[index].isHandedOver = true
        guard let template = spec.template else { return }
        guard let object = view.template else {
            steps[index].isHandedOver = false
            steps[index].request = .templateMissing
            return
        }
        let request = makeRemediationRequest(from: object, template, for: steps[index].machine, of: spec.clusterName)
        steps[index].request = .create(request)
    }

    /// A healthy Machine needs no external remediation any more.
    private mutating func release(_ index: Int) {
        guard let request = view.requests[steps[index].machine.name], !request.isBeingDeleted else { return }
        steps[index].request = .delete(request)
    }

    private mutating func lookAgain(after delay: Duration) {
        if delay > .zero { next = min(next ?? delay, delay) }
    }

    var round: HealthCheckRound {
        var counts = counts
        counts.templateIsMissing = steps.contains { $0.request == .templateMissing }
        let hasUnhealthy = steps.contains(where: \.isUnhealthy)
        return HealthCheckRound(
            status: counts.value,
            machines: steps,
            budgetNeed: need,
            restriction: hasUnhealthy ? counts.restriction?.message : nil,
            next: next
        )
    }
}

extension HealthCheckRound.MachineStep {
    package var isUnhealthy: Bool { if case .unhealthy = health { true } else { false } }
    /// Whether a person asked for its remediation, which no budget holds up.
    package var isNamed: Bool { if case .unhealthy(.annotation, _) = health { true } else { false } }
}
