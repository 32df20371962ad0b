import ClusterInspection
import KubernetesModel
import SemanticVersion
import StructuredValue

/// What planning knows of Cluster API's kinds, whatever the provider.
extension GroupKind {
    static let clusterClass = GroupKind(group: "cluster.x-k8s.io", kind: "ClusterClass")
    static let namespace = GroupKind(group: "", kind: "Namespace")
    static let customResourceDefinition = GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition")
    static let secret = GroupKind(group: "", kind: "Secret")

    var isControlPlane: Bool { group == "controlplane.cluster.x-k8s.io" && !kind.hasSuffix("Template") }

    /// Immutable templates: a new spec needs a new object.
    var isImmutableTemplate: Bool { group.hasSuffix(".cluster.x-k8s.io") && kind.hasSuffix("Template") }

    /// A provider's pool of machines that a MachinePool points to.
    var isInfrastructurePool: Bool {
        group == "infrastructure.cluster.x-k8s.io" && kind.hasSuffix("MachinePool")
    }

    /// Whether its replicas are machines.
    var ownsMachines: Bool { isControlPlane || ownsWorkers }

    /// Whether it runs workers at a version that must not be ahead of the control plane.
    var ownsWorkers: Bool { self == .machineDeployment || self == .machinePool }

    /// Whether it goes only when a tombstone stands in Git.
    var needsTombstone: Bool {
        self == .cluster || isControlPlane || self == .namespace || self == .customResourceDefinition
    }
}

extension Manifest {
    /// The Kubernetes version its machines shall have.
    var machineVersion: SemanticVersion? {
        let spec = value["spec"]
        let text =
            switch groupKind {
            case .machineDeployment, .machinePool: spec?["template"]?["spec"]?["version"]?.string
            case .cluster: spec?["topology"]?["version"]?.string
            default: spec?["version"]?.string
            }
        return text.flatMap { SemanticVersion($0) }
    }

    /// How many machines it shall have; one when it does not say.
    var wantedReplicas: Int { value["spec"]?["replicas"]?.int ?? 1 }

    /// How many machines it has now, as far as its status tells.
    var currentReplicas: Int { value["status"]?["replicas"]?.int ?? wantedReplicas }

    /// Whether somebody else owns its `spec.replicas`: an autoscaler, or the provider.
    var isAutoscaled: Bool {
        guard groupKind.ownsWorkers else { return false }
        if let manager = annotation("cluster.x-k8s.io/replicas-managed-by"), manager != "false" { return true }
        return annotation("cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size") != nil
            && annotation("cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size") != nil
    }
}

extension SemanticVersion {
    /// How many minor versions `other` is newer; negative when it is older. A major counts as very many.
    func minors(to other: SemanticVersion) -> Int {
        (Int(clamping: other.major) - Int(clamping: major)) * 1000 + Int(clamping: other.minor) - Int(clamping: minor)
    }
}
