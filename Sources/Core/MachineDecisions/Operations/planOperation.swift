package import KubernetesModel
package import StructuredValue

/// What a person may ask to be done with Machines or their owners.
package enum MachineOperation: String, Sendable, CaseIterable {
    /// A Machine is declared sick: its health check hands it over.
    case remediate
    /// A Machine is taken out: its Node is emptied, it goes, and its owner makes another.
    case drain
    /// Every Machine of a MachineDeployment or control plane is replaced, as by a new version.
    case restart
}

/// How an operation is put to Cluster API, in its own fields and annotations.
package enum OperationStep: Hashable, Sendable {
    /// A merge patch of the object.
    case patch(Value)
    case delete(uid: String)
    /// It has been asked for already.
    case nothing
}

/// Why an operation is not done.
package struct RefusedOperation: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String

    init(_ description: String) { self.description = description }
}

/// Plans an operation on an object, in view of everything that belongs to its Cluster.
///
/// Cluster API does the work; what it would leave undone, or what would take a control plane apart, is refused.
package func planOperation(
    _ operation: MachineOperation,
    on object: Manifest,
    among objects: [Manifest],
    now: Timestamp
) throws(RefusedOperation) -> OperationStep {
    if object.isBeingDeleted { throw RefusedOperation("\(object.kind) \(object.name) is being deleted already") }
    try checkPause(of: object, among: objects)
    switch (operation, object.kind) {
    case (.remediate, "Machine"): return try planRemediation(of: object, among: objects)
    case (.drain, "Machine"): return try planDrain(of: object, among: objects)
    case (.restart, "MachineDeployment"), (.restart, "KubeadmControlPlane"):
        let isOld = object.apiVersion.hasSuffix("/v1beta1")
        let after = Value.string(now.description)
        return .patch(["spec": isOld ? ["rolloutAfter": after] : ["rollout": ["after": after]]])
    case (.restart, _):
        throw RefusedOperation(
            "only a MachineDeployment or a KubeadmControlPlane can be restarted, not a \(object.kind)"
        )
    default: throw RefusedOperation("this is done with Machines, not with a \(object.kind)")
    }
}

private func checkPause(of object: Manifest, among objects: [Manifest]) throws(RefusedOperation) {
    let paused = "it is paused, so Cluster API would do nothing"
    if object.annotation(HealthCheckWords.pausedAnnotation) != nil || object.spec["paused"]?.bool == true {
        throw RefusedOperation("\(object.kind) \(object.name): \(paused)")
    }
    let name = clusterName(of: object)
    let cluster = objects.first { $0.kind == "Cluster" && $0.namespace == object.namespace && $0.name == name }
    if let cluster, cluster.spec["paused"]?.bool == true {
        throw RefusedOperation("Cluster \(cluster.name): \(paused)")
    }
}

private func clusterName(of object: Manifest) -> String? {
    object.spec["clusterName"]?.string ?? object.label(HealthCheckWords.clusterLabel)
}

private func planRemediation(of machine: Manifest, among objects: [Manifest]) throws(RefusedOperation) -> OperationStep
{
    if machine.annotation(HealthCheckWords.skipAnnotation) != nil {
        throw RefusedOperation(
            "Machine \(machine.name) has the annotation \(HealthCheckWords.skipAnnotation): health checks spare it"
        )
    }
    let checks = objects.filter { $0.kind == "MachineHealthCheck" && $0.namespace == machine.namespace }
    guard checks.contains(where: { MachineHealthCheckSpec($0).selects(machine) }) else {
        throw RefusedOperation("no MachineHealthCheck follows Machine \(machine.name), so nobody would act")
    }
    if machine.annotation(HealthCheckWords.remediateAnnotation) != nil { return .nothing }
    return .patch(["metadata": ["annotations": [HealthCheckWords.remediateAnnotation: ""]]])
}

private func planDrain(of machine: Manifest, among objects: [Manifest]) throws(RefusedOperation) -> OperationStep {
    guard let owner = machine.controllerReference, let uid = machine.uid else {
        throw RefusedOperation("Machine \(machine.name) has no owner that would make another")
    }
    guard machine.label(HealthCheckWords.controlPlaneLabel) != nil else { return .delete(uid: uid) }
    let others = objects.filter {
        $0.kind == "Machine" && $0.controllerReference?.uid == owner.uid && $0.name != machine.name
    }
    // etcd needs a majority of what is left, and all of it must be well.
    if others.count < 2 {
        throw RefusedOperation("Machine \(machine.name) is of a control plane of fewer than three: etcd would stop")
    }
    let sick = others.filter { $0.isBeingDeleted || !$0.isTrue("NodeHealthy") }
    if let first = sick.first {
        throw RefusedOperation(
            "Machine \(first.name) of the same control plane is not well: etcd could lose its quorum"
        )
    }
    return .delete(uid: uid)
}
