import KubernetesModel
import StructuredValue

/// What there is to say in a Cluster's status, seen from outside of it.
struct ClusterPicture {
    var phase: String
    /// As the infrastructure tells them; nil keeps those that are known.
    var failureDomains: Value?
    var controlPlane: Manifest?
    /// The control plane's.
    var machines: [Manifest]
    /// Whatever owns worker Machines.
    var owners: [Manifest]
    var workers: [Manifest]
    var isInfrastructureReady: Bool
    /// Whether the control plane is initialized.
    var isStarted: Bool
    /// Whether the control plane is available.
    var isAvailable: Bool
    /// Whether the workload cluster's API server can be reached.
    var isAnswering: Bool
    var now: Timestamp

    /// Writes it all into the Cluster.
    func note(in cluster: inout Manifest) {
        cluster.set("status", "observedGeneration", to: cluster.generation.map(Value.int))
        cluster.set("status", "phase", to: .string(phase))
        if let failureDomains { cluster.set("status", "failureDomains", to: failureDomains) }
        noteCounters(in: &cluster)
        noteReadiness(in: &cluster)
        noteActivity(in: &cluster)
        if !cluster.isBeingDeleted { cluster.setCondition("Deleting", .no, "NotDeleting", now: now) }
        cluster.noteAvailable(now: now)
    }

    private func noteCounters(in cluster: inout Manifest) {
        if let controlPlane {
            let counters = Self.counters([controlPlane], desired: controlPlane.replicas, machines)
            cluster.set("status", "controlPlane", to: counters)
        }
        let desired = owners.reduce(0) { $0 + $1.replicas }
        cluster.set("status", "workers", to: owners.isEmpty ? nil : Self.counters(owners, desired: desired, workers))
    }

    private func noteReadiness(in cluster: inout Manifest) {
        let notStarted = "the control plane has not started yet"
        cluster.setCondition(
            "InfrastructureReady",
            isInfrastructureReady,
            yes: "Ready",
            no: "NotReady",
            "the infrastructure is being made",
            now: now
        )
        cluster.setCondition(
            "ControlPlaneInitialized",
            isStarted,
            yes: "Initialized",
            no: "NotInitialized",
            notStarted,
            now: now
        )
        cluster.setCondition(
            "ControlPlaneAvailable",
            isAvailable,
            yes: "Available",
            no: "NotAvailable",
            "the control plane is not available",
            now: now
        )
        cluster.noteMachines("ControlPlane", machines, now: now)
        cluster.setCondition(
            "WorkersAvailable",
            owners.allSatisfy(Self.isAvailable),
            yes: "Available",
            no: "NotAvailable",
            "not all workers are available",
            now: now
        )
        cluster.noteMachines("Worker", workers, now: now)
        cluster.setCondition(
            "RemoteConnectionProbe",
            isStarted && isAnswering,
            yes: "ProbeSucceeded",
            no: "ProbeFailed",
            isStarted ? "the workload cluster does not answer" : notStarted,
            now: now
        )
    }

    /// What the parts say they are doing.
    private func noteActivity(in cluster: inout Manifest) {
        let parts = owners + [controlPlane].compactMap { $0 }
        for type in ["RollingOut", "ScalingUp", "ScalingDown", "Remediating"] {
            let names = parts.filter { $0.isTrue(type) }.map { "\($0.kind) \($0.name)" }
            let reason = names.isEmpty ? "Not\(type)" : type
            cluster.setCondition(type, names.isEmpty ? .no : .yes, reason, names.joined(separator: ", "), now: now)
        }
    }

    private static func isAvailable(_ owner: Manifest) -> Bool {
        if let condition = owner.condition("Available") { return condition.status == .yes }
        return (owner.status["availableReplicas"]?.int ?? owner.status["readyReplicas"]?.int ?? 0) >= owner.replicas
    }

    private static func counters(_ owners: [Manifest], desired: Int, _ machines: [Manifest]) -> Value {
        var result: Object = ["desiredReplicas": .int(desired)]
        for field in ["replicas", "readyReplicas", "availableReplicas", "upToDateReplicas"] {
            result.append(field, .int(owners.reduce(0) { $0 + ($1.status[field]?.int ?? 0) }))
        }
        let versions = countVersions(machines)
        if !versions.isEmpty { result.append("versions", versions) }
        return .object(result)
    }
}

extension Manifest {
    fileprivate mutating func noteMachines(_ prefix: String, _ machines: [Manifest], now: Timestamp) {
        let sick = machines.filter { !$0.isTrue("Ready") }.map(\.name)
        let outdated = machines.filter { $0.condition("UpToDate")?.status == .no }.map(\.name)
        setCondition(
            "\(prefix)MachinesReady",
            sick.isEmpty,
            yes: "Ready",
            no: "NotReady",
            "not ready: " + Self.few(sick),
            now: now
        )
        setCondition(
            "\(prefix)MachinesUpToDate",
            outdated.isEmpty,
            yes: "UpToDate",
            no: "NotUpToDate",
            "not up to date: " + Self.few(outdated),
            now: now
        )
    }

    /// The first names of a list that may be long.
    private static func few(_ names: [String]) -> String {
        names.count <= 3
            ? names.joined(separator: ", ") : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
    }

    fileprivate mutating func noteAvailable(now: Timestamp) {
        var problems: [String] = []
        if isBeingDeleted { problems.append("Deleting: \(condition("Deleting")?.reason ?? "")") }
        var parts = ["RemoteConnectionProbe", "InfrastructureReady", "ControlPlaneAvailable", "WorkersAvailable"]
        parts += (spec["availabilityGates"]?.array ?? []).compactMap { $0["conditionType"]?.string }
        for part in parts {
            guard let condition = condition(part) else {
                problems.append("\(part): not reported")
                continue
            }
            if condition.status != .yes {
                problems.append("\(part): \(condition.message.isEmpty ? condition.reason : condition.message)")
            }
        }
        setCondition(
            "Available",
            problems.isEmpty,
            yes: "Available",
            no: "NotAvailable",
            problems.map { "* \($0)" }.joined(separator: "\n"),
            now: now
        )
    }
}
