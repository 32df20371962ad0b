package import KubernetesModel
internal import StructuredValue

/// A Machine that a health check follows, with what was seen of its Node.
package struct HealthTarget: Hashable, Sendable {
    package enum Node: Hashable, Sendable {
        /// There is no Node yet, or nobody can look.
        case none
        case found(Manifest)
        /// The Machine names a Node that the workload cluster does not have.
        case missing
    }

    package var machine: Manifest
    package var node: Node

    package init(_ machine: Manifest, node: Node) {
        self.machine = machine
        self.node = node
    }

    /// What a target is that nothing speaks against: healthy if it has a Node and stays.
    var unblamed: TargetHealth {
        guard case .found = node, !machine.isBeingDeleted else { return .unjudged }
        return .healthy
    }

    var isControlPlane: Bool { machine.label(HealthCheckWords.controlPlaneLabel) != nil }
    var hasRemediateAnnotation: Bool { machine.annotation(HealthCheckWords.remediateAnnotation) != nil }
}

/// The Machines of a check: those it selects, but not those that are paused or that somebody wants to be spared.
/// Machines that are being deleted are among them.
package func selectTargets(
    of spec: MachineHealthCheckSpec,
    in namespace: String,
    from machines: some Sequence<Manifest>
)
    -> [Manifest]
{
    machines.filter { machine in
        machine.namespace == namespace && spec.selects(machine)
            && machine.annotation(HealthCheckWords.pausedAnnotation) == nil
            && machine.annotation(HealthCheckWords.skipAnnotation) == nil
    }.sorted { $0.name < $1.name }
}

/// What a look at one target came to.
package enum TargetHealth: Hashable, Sendable {
    /// Why a target is unhealthy, as its conditions say it.
    package enum Reason: String, Sendable {
        case annotation = "HasRemediateAnnotation"
        case machine = "UnhealthyMachine"
        case node = "UnhealthyNode"
        case nodeDeleted = "NodeDeleted"
        case startup = "NodeStartupTimeout"

        /// The word of the older form.
        package var older: String {
            switch self {
            case .annotation: "HasRemediateMachineAnnotation"
            case .nodeDeleted: "NodeNotFound"
            case .machine, .node, .startup: rawValue
            }
        }
    }

    case healthy
    /// It will be unhealthy after this long, if nothing changes.
    case pending(Duration)
    /// Nothing can be said: it counts neither as healthy nor as unhealthy.
    case unjudged
    case unhealthy(Reason, [String])
}

/// Judges one target. Order matters: a person's wish comes first, a cluster that is not up yet is not judged.
package func assessTarget(
    _ target: HealthTarget,
    _ spec: MachineHealthCheckSpec,
    cluster: Manifest,
    now: Timestamp
) -> TargetHealth {
    if target.hasRemediateAnnotation {
        return .unhealthy(.annotation, ["the Machine has the annotation \(HealthCheckWords.remediateAnnotation)"])
    }
    let conditions = DualConditions(cluster)
    let isInitialized = conditions["ControlPlaneInitialized"]?.status == .yes
    if !isInitialized, !target.isControlPlane { return target.unblamed }
    guard conditions["InfrastructureReady"]?.status == .yes else { return target.unblamed }

    var assessment = Assessment(now: now)
    let machine = DualConditions(target.machine)
    for symptom in spec.machineSymptoms {
        guard let condition = machine.inCurrentForm(symptom.type) else { continue }
        assessment.check(symptom, condition, of: "Machine")
    }
    let hasMachineSymptom = !assessment.messages.isEmpty
    var reason = TargetHealth.Reason.node
    switch target.node {
    case .missing:
        reason = .nodeDeleted
        let name = target.machine.status[path: "nodeRef", "name"]?.string ?? ""
        assessment.messages.append("its Node \(name) does not exist any more")
    case .none:
        reason = .startup
        if spec.startupTimeout != .zero, let start = startOfWait(target.machine, machine, conditions) {
            assessment.check(
                start,
                spec.startupTimeout,
                "the Node did not join within \(GoTime.text(spec.startupTimeout))"
            )
        }
    case .found(let node):
        for symptom in spec.nodeSymptoms {
            guard let condition = node.condition(symptom.type) else { continue }
            assessment.check(symptom, condition, of: "Node")
        }
    }
    if !assessment.messages.isEmpty { return .unhealthy(hasMachineSymptom ? .machine : reason, assessment.messages) }
    if let next = assessment.next { return .pending(next) }
    return target.unblamed
}

/// Since when a Node could have been expected: whatever came last of the Machine, its infrastructure and its cluster's.
private func startOfWait(_ object: Manifest, _ machine: DualConditions, _ cluster: DualConditions) -> Timestamp? {
    let steps = [cluster["ControlPlaneInitialized"], cluster["InfrastructureReady"], machine["InfrastructureReady"]]
    let times = steps.compactMap { $0?.status == .yes ? $0?.lastTransitionTime : nil }
    return ([object.creationTimestamp].compactMap { $0 } + times).compactMap { Timestamp($0) }.max()
}

private struct Assessment {
    let now: Timestamp
    var messages: [String] = []
    /// When the first of what is not too old yet will be.
    var next: Duration?

    init(now: Timestamp) { self.now = now }

    mutating func check(_ symptom: MachineHealthCheckSpec.Symptom, _ condition: Condition, of kind: String) {
        guard condition.status.rawValue == symptom.status,
            let since = condition.lastTransitionTime.flatMap({ Timestamp($0) })
        else { return }
        let reason = condition.reason.isEmpty ? "" : " (\(condition.reason))"
        let wait = GoTime.text(symptom.timeout)
        check(
            since,
            symptom.timeout,
            "\(kind) condition \(symptom.type) has been \(symptom.status)\(reason) for more than \(wait)"
        )
    }

    /// Too old is what is older than the timeout; exactly as old is not.
    mutating func check(_ since: Timestamp, _ timeout: Duration, _ message: String) {
        if since.advanced(by: timeout) < now {
            messages.append(message)
        } else {
            let left = timeout - since.duration(to: now) + .seconds(1)
            next = min(next ?? left, left)
        }
    }
}
