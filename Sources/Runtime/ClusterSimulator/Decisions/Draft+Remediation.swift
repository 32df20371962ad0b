import KubernetesModel
import StructuredValue

/// How owners of Machines replace those that a MachineHealthCheck has handed over.
extension Draft {
    // MARK: MachineSets

    /// Replaces sick Machines of a MachineSet, as many at once as its deployment allows.
    mutating func remediateWorkers(_ machines: [Manifest], of set: Manifest) {
        for machine in machines { takeBackRemediation(of: machine) }
        let sick = machines.compactMap { self[$0.key] }.filter(needsRemediation).sorted(by: Self.isMoreUrgentWorker)
        guard !sick.isEmpty else { return }
        let deployment = all("MachineDeployment").first { set.isControlled(by: $0.uid) }
        if let deployment, !isCurrent(set, of: deployment) {
            for machine in sick { hold(machine, "CannotBeRemediated", "the rollout under way removes the Machine") }
            return
        }
        if let reason = blockage(of: set) {
            for machine in sick { hold(machine, "RemediationDeferred", reason) }
            return
        }
        var room = sick.count
        if let deployment, let limit = deployment.spec[path: "remediation", "maxInFlight"] {
            let inFlight = machines.count { $0.isBeingDeleted && $0.isBeingRemediated }
            // Percentages are rounded up, as those of a surge are.
            room = max(0, RolloutLimits(["maxSurge": limit], desired: deployment.replicas).surge - inFlight)
        }
        for machine in sick.prefix(room) { remediate(machine) }
        for machine in sick.dropFirst(room) {
            hold(machine, "RemediationDeferred", "as many Machines as allowed are being remediated")
        }
    }

    /// Those that a person named first, then the newest.
    private static func isMoreUrgentWorker(_ left: Manifest, _ right: Manifest) -> Bool {
        if left.isNamedForRemediation != right.isNamedForRemediation { return left.isNamedForRemediation }
        if left.created != right.created { return left.created > right.created }
        return left.name < right.name
    }

    // MARK: Control planes

    /// Replaces a sick control-plane Machine, one at a time and only while etcd keeps its quorum. Answers whether a step
    /// was taken, after which nothing else may be done in this round.
    mutating func remediateControlPlane(_ controlPlane: Manifest, _ machines: [Manifest], isStarted: Bool) -> Bool {
        for machine in machines { takeBackRemediation(of: machine) }
        endRemediation(controlPlane, machines)
        let machines = machines.compactMap { self[$0.key] }
        let sick = machines.filter(needsRemediation).sorted(by: Self.isMoreUrgentControlPlane)
        guard let first = sick.first else { return false }
        for machine in sick.dropFirst() {
            hold(machine, "RemediationDeferred", "Machine \(first.name) is remediated first")
        }
        if controlPlane.annotation(CAPI.remediationAnnotation) != nil {
            hold(first, "RemediationDeferred", "another Machine is being replaced")
            return false
        }
        let attempt: RemediationAttempt
        switch nextAttempt(first, controlPlane) {
        case .allowed(let next): attempt = next
        case .refused(let reason, let message):
            hold(first, reason, message)
            return false
        }
        if isStarted, let (reason, message) = danger(of: first, machines) {
            hold(first, reason, message)
            return false
        }
        edit(controlPlane.key) {
            $0.setAnnotation(CAPI.remediationAnnotation, attempt.text)
            $0.set("status", "lastRemediation", to: attempt.status)
        }
        remediate(first)
        return true
    }

    /// A Machine that is gone and needs no replacement, because the control plane has become smaller.
    private mutating func endRemediation(_ controlPlane: Manifest, _ machines: [Manifest]) {
        let attempt = controlPlane.annotation(CAPI.remediationAnnotation).flatMap { RemediationAttempt($0) }
        guard let attempt, machines.count >= controlPlane.replicas,
            !machines.contains(where: { $0.name == attempt.machine })
        else { return }
        edit(controlPlane.key) { $0.set("metadata", "annotations", CAPI.remediationAnnotation, to: nil) }
    }

    private static func isMoreUrgentControlPlane(_ left: Manifest, _ right: Manifest) -> Bool {
        func rank(_ machine: Manifest) -> Int {
            if machine.isNamedForRemediation { return 0 }
            if machine.status["nodeRef"] == nil { return 1 }
            return machine.isTrue("NodeHealthy") ? 3 : 2
        }
        return (rank(left), left.created, left.name) < (rank(right), right.created, right.name)
    }

    private enum Attempt {
        case allowed(RemediationAttempt)
        case refused(reason: String, message: String)
    }

    /// Counts the tries: the replacement of a sick Machine that gets sick itself is the next try.
    private mutating func nextAttempt(_ machine: Manifest, _ controlPlane: Manifest) -> Attempt {
        let first = RemediationAttempt(machine: machine.name, timestamp: now, retryCount: 0)
        guard let last = machine.annotation(CAPI.remediationForAnnotation).flatMap({ RemediationAttempt($0) }) else {
            return .allowed(first)
        }
        let settings = controlPlane.spec["remediation"]
        let healthy = settings?["minHealthyPeriodSeconds"]?.int ?? 3600
        if last.timestamp.advanced(by: .seconds(healthy)) < now { return .allowed(first) }
        let period = settings?["retryPeriodSeconds"]?.int ?? 0
        if period > 0, !isDue(last.timestamp.advanced(by: .seconds(period))) {
            return .refused(
                reason: "RemediationDeferred",
                message: "the last try was less than \(period) seconds ago"
            )
        }
        if let most = settings?["maxRetry"]?.int, last.retryCount >= most {
            return .refused(reason: "CannotBeRemediated", message: "\(most) tries were in vain")
        }
        return .allowed(
            RemediationAttempt(machine: machine.name, timestamp: now, retryCount: last.retryCount + 1)
        )
    }

    /// Why the removal of a Machine could break the control plane; nil when it cannot.
    private func danger(of machine: Manifest, _ machines: [Manifest]) -> (reason: String, message: String)? {
        if !isReachable { return ("RemediationDeferred", "the members of etcd are not known") }
        let others = machines.filter { $0.name != machine.name }
        if others.isEmpty { return ("CannotBeRemediated", "it is the only Machine of the control plane") }
        if others.contains(where: \.isBeingDeleted) {
            return ("RemediationDeferred", "another Machine is being deleted")
        }
        if others.contains(where: { $0.status["nodeRef"] == nil && !needsRemediation($0) }) {
            return ("RemediationDeferred", "another Machine is being made")
        }
        let members = others.filter { $0.status["nodeRef"] != nil }
        let healthy = members.count { $0.isTrue("NodeHealthy") && !needsRemediation($0) }
        let quorum = members.count / 2 + 1
        if healthy < quorum {
            return (
                "CannotBeRemediated", "etcd would lose its quorum: \(healthy) of \(members.count) members are healthy"
            )
        }
        return nil
    }

    // MARK: Machines

    /// Begins the replacement of a Machine.
    mutating func remediate(_ machine: Manifest) {
        let now = now
        let message = "the Machine is being replaced"
        edit(machine.key) {
            $0.setCondition("OwnerRemediated", .no, "MachineDeleting", message, now: now)
            // In the older form the owner's work is done here.
            $0.setCondition("OwnerRemediated", .yes, "", now: now, at: Self.olderConditions)
        }
        if let machine = self[machine.key] { delete(machine) }
    }

    private static let olderConditions = ["status", "deprecated", "v1beta1", "conditions"]

    /// Says why a sick Machine is not replaced now.
    private mutating func hold(_ machine: Manifest, _ reason: String, _ message: String) {
        let now = now
        edit(machine.key) { $0.setCondition("OwnerRemediated", .no, reason, message, now: now) }
    }

    /// A Machine that is well again needs no replacement.
    private mutating func takeBackRemediation(of machine: Manifest) {
        guard !machine.isBeingDeleted, machine.isTrue("HealthCheckSucceeded"), needsRemediation(machine) else { return }
        edit(machine.key) {
            $0.removeCondition("OwnerRemediated")
            $0.removeCondition("OwnerRemediated", at: Self.olderConditions)
        }
    }
}

/// Whether a MachineHealthCheck has handed the Machine over to be replaced.
func needsRemediation(_ machine: Manifest) -> Bool {
    if machine.isBeingDeleted { return false }
    if let condition = machine.condition("OwnerRemediated") { return condition.status == .no }
    let legacy = machine.status[path: "deprecated", "v1beta1", "conditions"]?.array ?? []
    return legacy.contains { $0["type"]?.string == "OwnerRemediated" && $0["status"]?.string == "False" }
}

/// One replacement of a control-plane Machine, as annotations of the control plane and of the new Machine tell it.
struct RemediationAttempt: Hashable, Sendable {
    var machine: String
    var timestamp: Timestamp
    var retryCount: Int

    init(machine: String, timestamp: Timestamp, retryCount: Int) {
        self.machine = machine
        self.timestamp = timestamp
        self.retryCount = retryCount
    }

    /// Nil for a text that tells nothing.
    init?(_ text: String) {
        // An annotation that a person broke counts as none.
        guard let value = try? JSON.parse(Array(text.utf8)), let machine = value["machine"]?.string,
            let timestamp = value["timestamp"]?.string.flatMap({ Timestamp($0) })
        else { return nil }
        self.init(machine: machine, timestamp: timestamp, retryCount: value["retryCount"]?.int ?? 0)
    }

    /// As the control plane's status shows it.
    var status: Value {
        ["machine": .string(machine), "time": .string(timestamp.description), "retryCount": .int(retryCount)]
    }

    var text: String {
        let value: Value = [
            "machine": .string(machine), "timestamp": .string(timestamp.description), "retryCount": .int(retryCount),
        ]
        return String(decoding: JSON.bytes(value), as: UTF8.self)
    }
}

extension Manifest {
    fileprivate var isNamedForRemediation: Bool { annotation("cluster.x-k8s.io/remediate-machine") != nil }
    fileprivate var isBeingRemediated: Bool { condition("OwnerRemediated")?.reason == "MachineDeleting" }
}
