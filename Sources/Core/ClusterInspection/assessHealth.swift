package import KubernetesModel
internal import StructuredValue

/// The health of any object: Cluster API's kinds by their conditions and counters, others by the kstatus rules.
///
/// kstatus: an object that is being deleted is deleting; one whose controller has not seen its newest generation is
/// progressing; `Stalled` is a failure; kinds of apps/v1 and the like are judged by their counters; a `Ready` or
/// `Available` condition that is not True is progressing; everything else is as it should be.
package func assessHealth(of object: Manifest) -> Health {
    if let since = object.deletionTimestamp { return Health(.deleting, reason: "being deleted", since: since) }
    let status = object.status
    if let observed = status["observedGeneration"]?.int, let generation = object.generation, observed < generation {
        return Health(.progressing, reason: "its controller has not seen generation \(generation) yet")
    }
    if let stalled = object.condition("Stalled"), stalled.status == .yes {
        return Health(.degraded, reason: words(for: stalled), since: stalled.lastTransitionTime)
    }
    switch object.groupKind {
    case .cluster: return clusterHealth(object)
    case .kubeadmControlPlane: return replicaHealth(object)
    case .machineDeployment, .machineSet, .machinePool: return replicaHealth(object)
    case .machine: return machineHealth(object)
    case .machineHealthCheck: return remediationHealth(object)
    default: break
    }
    if object.groupKind.group.isEmpty || object.groupKind.group == "apps" || object.groupKind.group == "batch",
        let health = workloadHealth(object)
    {
        return health
    }
    return conditionHealth(object)
}

private func words(for condition: Condition) -> String {
    if condition.message.isEmpty { return condition.reason.isEmpty ? condition.type : condition.reason }
    let message = oneLine(condition.message)
    return condition.reason.isEmpty ? message : "\(condition.reason): \(message)"
}

/// Summaries of several conditions are lists of lines that start with stars; here they are one sentence.
private func oneLine(_ message: String) -> String {
    let lines = message.split(whereSeparator: \.isNewline).map { line in
        String(line.trimmingPrefix { $0 == " " || $0 == "*" })
    }
    return lines.joined(separator: "; ")
}

private func conditionHealth(_ object: Manifest) -> Health {
    if object.groupKind == GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition") {
        return object.isTrue("Established") ? .healthy : Health(.progressing, reason: "not established yet")
    }
    for type in ["Available", "Ready"] {
        guard let condition = object.condition(type) else { continue }
        if condition.status == .yes { return .healthy }
        return Health(.progressing, reason: words(for: condition), since: condition.lastTransitionTime)
    }
    return .healthy
}

private func clusterHealth(_ cluster: Manifest) -> Health {
    let phase = cluster.status["phase"]?.string ?? "Pending"
    if phase == "Failed" {
        return Health(.degraded, reason: cluster.status["failureMessage"]?.string ?? "the Cluster failed")
    }
    if phase != "Provisioned" { return Health(.progressing, reason: phase) }
    if let available = cluster.condition("Available") {
        if available.status == .yes { return .healthy }
        return Health(.progressing, reason: words(for: available), since: available.lastTransitionTime)
    }
    return conditionHealth(cluster)
}

private func machineHealth(_ machine: Manifest) -> Health {
    let phase = machine.status["phase"]?.string ?? "Pending"
    if phase == "Failed" {
        return Health(.degraded, reason: machine.status["failureMessage"]?.string ?? "the Machine failed")
    }
    if phase != "Running" { return Health(.progressing, reason: phase) }
    for type in ["HealthCheckSucceeded", "NodeHealthy", "Ready"] {
        guard let condition = machine.condition(type), condition.status != .yes else { continue }
        return Health(
            condition.status == .no ? .degraded : .unknown,
            reason: words(for: condition),
            since: condition.lastTransitionTime
        )
    }
    return .healthy
}

private func replicaHealth(_ object: Manifest) -> Health {
    let counts = ReplicaCounts(object)
    if object.groupKind == .kubeadmControlPlane, let version = object.spec["version"]?.string,
        let live = object.status["version"]?.string, live != version
    {
        return Health(.progressing, reason: "upgrading from \(live) to \(version)")
    }
    if let upToDate = counts.upToDate, upToDate < counts.desired {
        return Health(.progressing, reason: "\(upToDate) of \(counts.desired) machines are up to date")
    }
    if counts.current != counts.desired {
        return Health(.progressing, reason: "\(counts.current) of \(counts.desired) machines exist")
    }
    if counts.ready < counts.desired {
        return Health(.progressing, reason: "\(counts.ready) of \(counts.desired) machines are ready")
    }
    return .healthy
}

private func remediationHealth(_ check: Manifest) -> Health {
    if let allowed = check.condition("RemediationAllowed"), allowed.status == .no {
        return Health(.degraded, reason: words(for: allowed), since: allowed.lastTransitionTime)
    }
    let expected = check.status["expectedMachines"]?.int ?? 0
    let healthy = check.status["currentHealthy"]?.int ?? 0
    if healthy < expected { return Health(.progressing, reason: "\(healthy) of \(expected) machines are healthy") }
    return .healthy
}

private func workloadHealth(_ object: Manifest) -> Health? {
    let spec = object.spec
    let status = object.status
    func behind(_ have: Int, _ want: Int, _ what: String) -> Health? {
        have < want ? Health(.progressing, reason: "\(have) of \(want) \(what)") : nil
    }
    switch object.kind {
    case "Deployment", "StatefulSet", "ReplicaSet":
        let want = spec["replicas"]?.int ?? 1
        if let condition = object.condition("Progressing"), condition.status == .no {
            return Health(.degraded, reason: words(for: condition), since: condition.lastTransitionTime)
        }
        if object.kind != "ReplicaSet",
            let health = behind(status["updatedReplicas"]?.int ?? 0, want, "replicas are updated")
        {
            return health
        }
        return behind(status["readyReplicas"]?.int ?? 0, want, "replicas are ready") ?? .healthy
    case "DaemonSet":
        guard let want = status["desiredNumberScheduled"]?.int else {
            return Health(.progressing, reason: "not scheduled yet")
        }
        return behind(status["updatedNumberScheduled"]?.int ?? 0, want, "pods are updated")
            ?? behind(status["numberReady"]?.int ?? 0, want, "pods are ready") ?? .healthy
    case "Job":
        if let failed = object.condition("Failed"), failed.status == .yes {
            return Health(.degraded, reason: words(for: failed), since: failed.lastTransitionTime)
        }
        return object.isTrue("Complete") ? .healthy : Health(.progressing, reason: "not complete yet")
    case "Pod":
        switch status["phase"]?.string {
        case "Succeeded": return .healthy
        case "Failed": return Health(.degraded, reason: status["message"]?.string ?? "the Pod failed")
        default: return object.isTrue("Ready") ? .healthy : Health(.progressing, reason: "not ready yet")
        }
    case "PersistentVolumeClaim":
        return status["phase"]?.string == "Bound" ? .healthy : Health(.progressing, reason: "not bound yet")
    case "Service":
        let waits = spec["type"]?.string == "LoadBalancer" && (status["loadBalancer"]?["ingress"]?.array ?? []).isEmpty
        return waits ? Health(.progressing, reason: "no load balancer address yet") : .healthy
    case "Namespace":
        return status["phase"]?.string == "Terminating" ? Health(.deleting, reason: "terminating") : .healthy
    default: return nil
    }
}
