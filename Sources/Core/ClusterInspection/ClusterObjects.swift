package import KubernetesModel
internal import StructuredValue

/// One Cluster with everything that belongs to it, found by owner references, labels and references.
package struct ClusterObjects: Sendable {
    package var cluster: Manifest
    package var infrastructure: Manifest?
    package var controlPlane: Manifest?
    package var machineDeployments: [Manifest] = []
    package var machinePools: [Manifest] = []
    package var machineSets: [Manifest] = []
    package var machines: [Manifest] = []
    package var healthChecks: [Manifest] = []

    /// What owns worker Machines directly under the Cluster.
    package var workerOwners: [Manifest] { machineDeployments + machinePools }

    /// The Clusters among these objects with what belongs to each; sorted by namespace and name. One pass.
    package static func grouping(_ objects: some Sequence<Manifest>) -> [ClusterObjects] {
        var clusters: [String: ClusterObjects] = [:]
        var parts: [Manifest] = []
        var byReference: [ObjectKey: Manifest] = [:]
        for object in objects where object.isClusterAPI {
            if object.groupKind == .cluster {
                clusters["\(object.namespace)/\(object.name)"] = ClusterObjects(cluster: object)
            } else {
                parts.append(object)
                byReference[object.key] = object
            }
        }
        for part in parts {
            guard let name = part.clusterName else { continue }
            let id = "\(part.namespace)/\(name)"
            guard clusters[id] != nil else { continue }
            switch part.groupKind {
            case .machineDeployment: clusters[id]?.machineDeployments.append(part)
            case .machinePool: clusters[id]?.machinePools.append(part)
            case .machineSet: clusters[id]?.machineSets.append(part)
            case .machine: clusters[id]?.machines.append(part)
            case .machineHealthCheck: clusters[id]?.healthChecks.append(part)
            default: break
            }
        }
        return clusters.values.map { group in
            var group = group
            group.infrastructure = byReference[reference(group.cluster, "infrastructureRef")]
            group.controlPlane = byReference[reference(group.cluster, "controlPlaneRef")]
            group.machineDeployments.sort { $0.name < $1.name }
            group.machinePools.sort { $0.name < $1.name }
            group.machineSets.sort { $0.name < $1.name }
            group.machines.sort { $0.name < $1.name }
            group.healthChecks.sort { $0.name < $1.name }
            return group
        }.sorted { ($0.cluster.namespace, $0.cluster.name) < ($1.cluster.namespace, $1.cluster.name) }
    }

    /// The object that a reference in the Cluster's spec names; v1beta1 has `apiVersion`, v1beta2 `apiGroup`.
    private static func reference(_ cluster: Manifest, _ field: String) -> ObjectKey {
        let reference = cluster.spec[field]
        let group =
            reference?["apiGroup"]?.string
            ?? GroupVersionKind(apiVersion: reference?["apiVersion"]?.string ?? "", kind: "").group
        return ObjectKey(
            groupKind: GroupKind(group: group, kind: reference?["kind"]?.string ?? ""),
            namespace: cluster.namespace,
            name: reference?["name"]?.string ?? ""
        )
    }
}
