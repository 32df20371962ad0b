package import KubernetesModel
internal import StructuredValue

/// A request for the external remediation of a Machine: a copy of the template's `spec.template`, named like the Machine
/// and owned by it.
package func makeRemediationRequest(
    from template: Manifest,
    _ reference: MachineHealthCheckSpec.Template,
    for machine: Manifest,
    of clusterName: String
) -> Manifest {
    var request = Manifest(template.spec["template"] ?? [:])
    let metadata = Manifest(["metadata": request.value["metadata"] ?? [:]])
    let kind = reference.requestKind
    request.value["apiVersion"] = .string(kind.apiVersion)
    request.value["kind"] = .string(kind.kind)
    request.value["metadata"] = ["name": .string(machine.name), "namespace": .string(machine.namespace)]
    var labels = metadata.labels
    labels[HealthCheckWords.clusterLabel] = clusterName
    for (name, text) in labels.sorted(by: { $0.key < $1.key }) { request.setLabel(name, text) }
    var annotations = metadata.annotations
    annotations["cluster.x-k8s.io/cloned-from-name"] = reference.name
    annotations["cluster.x-k8s.io/cloned-from-groupkind"] = reference.kind.groupKind.description
    for (name, text) in annotations.sorted(by: { $0.key < $1.key }) { request.setAnnotation(name, text) }
    request.value[path: "metadata", "ownerReferences"] = [OwnerReference(to: machine).value]
    return request
}
