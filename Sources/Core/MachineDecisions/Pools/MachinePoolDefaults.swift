package import KubernetesModel
internal import SemanticVersion
internal import StructuredValue

/// What Cluster API's admission fills in and refuses.
package enum MachinePoolDefaults {
    static let minimumAnnotation = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size"
    static let maximumAnnotation = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"

    /// How many replicas a pool gets that names no number: what an autoscaler may choose from what was there before,
    /// else one. Nil when an annotation is no number.
    package static func replicas(of pool: Manifest, before: Int?, isNew: Bool) -> Int? {
        if let given = pool.spec["replicas"]?.int { return given }
        guard let least = pool.annotation(minimumAnnotation), let most = pool.annotation(maximumAnnotation) else {
            return before ?? 1
        }
        guard let least = Int(least), let most = Int(most) else { return nil }
        if isNew { return least }
        guard let before else { return least }
        return min(max(before, least), most)
    }

    /// A version as admission stores it, with its leading `v`.
    package static func version(_ text: String) -> String { text.hasPrefix("v") ? text : "v\(text)" }

    /// What admission would refuse, in words; nothing for a good pool.
    package static func problems(of pool: Manifest, before: Manifest? = nil) -> [String] {
        let spec = MachinePoolSpec(pool)
        var problems: [String] = []
        if spec.bootstrap == nil, spec.dataSecretName == nil {
            problems.append("spec.template.spec.bootstrap needs a configRef or a dataSecretName")
        }
        if let before, MachinePoolSpec(before).clusterName != spec.clusterName {
            problems.append("spec.clusterName cannot be changed")
        }
        let inner = pool.spec[path: "template", "spec", "clusterName"]?.string
        if let inner, inner != spec.clusterName {
            problems.append("spec.template.spec.clusterName must be spec.clusterName")
        }
        if let version = spec.version, !isVersion(Self.version(version)) {
            problems.append("spec.template.spec.version “\(version)” is no semantic version")
        }
        if pool.spec[path: "template", "spec", "taints"]?.isEmpty == false {
            problems.append("spec.template.spec.taints cannot be set for a MachinePool")
        }
        return problems
    }

    private static func isVersion(_ text: String) -> Bool {
        // Why it is none does not matter here.
        (try? SemanticVersion(strictly: String(text.dropFirst()))) != nil
    }
}

extension PoolDraft {
    /// Fills in what admission would have filled in, for servers that have none: the number of replicas, and how long
    /// the deletion of Nodes is tried. What stands in the pool is never changed.
    mutating func fillDefaults() {
        if spec.replicas == nil {
            let isNew = status.phase == nil
            if let replicas = MachinePoolDefaults.replicas(of: view.pool, before: nil, isNew: isNew) {
                spec.replicas = replicas
                decision.pool.value[path: "spec", "replicas"] = .int(replicas)
            }
        }
        let isOld = MachinePoolStatus.isOld(view.pool)
        let path =
            isOld
            ? ["spec", "template", "spec", "nodeDeletionTimeout"]
            : ["spec", "template", "spec", "deletion", "nodeDeletionTimeoutSeconds"]
        if decision.pool.value[path: path] == nil { decision.pool.value[path: path] = isOld ? "10s" : 10 }
    }
}
