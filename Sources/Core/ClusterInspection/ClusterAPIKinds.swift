package import KubernetesModel
internal import StructuredValue

extension GroupKind {
    package static let cluster = GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")
    package static let machine = GroupKind(group: "cluster.x-k8s.io", kind: "Machine")
    package static let machineSet = GroupKind(group: "cluster.x-k8s.io", kind: "MachineSet")
    package static let machineDeployment = GroupKind(group: "cluster.x-k8s.io", kind: "MachineDeployment")
    package static let machinePool = GroupKind(group: "cluster.x-k8s.io", kind: "MachinePool")
    package static let machineHealthCheck = GroupKind(group: "cluster.x-k8s.io", kind: "MachineHealthCheck")
    package static let kubeadmControlPlane = GroupKind(
        group: "controlplane.cluster.x-k8s.io",
        kind: "KubeadmControlPlane"
    )
}

extension Manifest {
    /// Whether its kind belongs to Cluster API or one of its providers.
    package var isClusterAPI: Bool { groupKind.isClusterAPI }

    /// The name of the Cluster it belongs to, by label or by `spec.clusterName`.
    package var clusterName: String? {
        label("cluster.x-k8s.io/cluster-name") ?? value["spec"]?["clusterName"]?.string
    }
}

extension GroupKind {
    /// Whether the kind belongs to Cluster API or one of its providers.
    package var isClusterAPI: Bool { group == "cluster.x-k8s.io" || group.hasSuffix(".cluster.x-k8s.io") }
}
