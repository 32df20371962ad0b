import KubernetesModel
import StructuredValue

/// The Nodes of a pool, found by the list of provider ids.
extension PoolDraft {
    private static let uninitializedTaint = "node.cluster.x-k8s.io/uninitialized"
    private static let annotationPrefix = "cluster.x-k8s.io/"

    /// Counts in every pass. Cluster API stops when as many Nodes were ready before as are wanted, and so misses Nodes
    /// that fail later and Nodes that become available later.
    mutating func decideNodes() {
        if case .unreachable(let reason) = view.nodes, !status.nodeReferences.isEmpty {
            setLegacy(
                MachinePoolConditions.replicasReady,
                .init(status: .unknown, reason: "WorkloadClusterUnreachable", message: reason)
            )
        }
        guard case .known(let all) = view.nodes else {
            isBlind = true
            return
        }
        if spec.providerIDs.isEmpty, spec.replicas != 0 { return }
        let wanted = Set(spec.providerIDs)
        let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for reference in status.nodeReferences {
            guard let node = byName[reference.name], let uid = node.uid, uid == reference.uid, !node.isBeingDeleted,
                let identity = Self.identity(of: node), !wanted.contains(identity)
            else { continue }
            decision.nodeDeletions.append(.init(name: node.name, uid: uid))
        }
        let byIdentity = Dictionary(
            all.compactMap { node in Self.identity(of: node).map { ($0, node) } },
            uniquingKeysWith: { first, second in first.isBeingDeleted ? second : first }
        )
        let nodes = spec.providerIDs.compactMap { byIdentity[$0] }
        if nodes.isEmpty, !spec.providerIDs.isEmpty {
            decision.waits.append("no Node of the pool has joined yet")
            // Those that were there are gone; what was counted of them must not stay.
            if !status.nodeReferences.isEmpty || status.legacyReadyReplicas != 0 { count([]) }
            recheck(in: .seconds(30))
            return
        }
        let references = nodes.map { MachinePoolStatus.NodeReference(name: $0.name, uid: $0.uid ?? "") }
        if references != status.nodeReferences {
            status.nodeReferences = references
            decision.events.append(
                .init(reason: "SuccessfulSetNodeRefs", message: references.map(\.name).joined(separator: ", "))
            )
        }
        for node in nodes where !node.isBeingDeleted { claim(node) }
        count(nodes)
    }

    private static func identity(of node: Manifest) -> String? {
        node.spec["providerID"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func count(_ nodes: [Manifest]) {
        var ready = 0
        var available = 0
        for node in nodes {
            guard let condition = node.condition("Ready"), condition.status == .yes else { continue }
            ready += 1
            let since = condition.lastTransitionTime.flatMap { Timestamp($0) } ?? now
            let left = spec.minimumReadyTime - since.duration(to: now)
            if spec.minimumReadyTime == .zero || left <= .zero { available += 1 } else { recheck(in: left) }
        }
        status.legacyReadyReplicas = ready
        status.legacyAvailableReplicas = available
        status.legacyUnavailableReplicas = max(0, (status.replicas ?? 0) - available)
        if status.replicas ?? 0 != ready || status.nodeReferences.count != ready {
            setLegacy(
                MachinePoolConditions.replicasReady,
                .init(status: .no, reason: "WaitingForReplicasReady", severity: .info)
            )
            recheck(in: .seconds(30))
        } else {
            setLegacy(MachinePoolConditions.replicasReady, .isTrue)
        }
    }

    /// Writes on a Node whose it is, and that it has been seen.
    private mutating func claim(_ node: Manifest) {
        var patch = Manifest(.object(Object()))
        let annotations = [
            ("cluster-name", spec.clusterName), ("cluster-namespace", spec.namespace), ("owner-kind", "MachinePool"),
            ("owner-name", spec.name),
        ]
        for (name, text) in annotations where node.annotation(Self.annotationPrefix + name) != text {
            patch.setAnnotation(Self.annotationPrefix + name, text)
        }
        let taints = node.spec["taints"]?.array ?? []
        let rest = taints.filter { $0["key"]?.string != Self.uninitializedTaint }
        if rest.count != taints.count {
            patch.value[path: "spec", "taints"] = rest.isEmpty ? .null : .array(rest)
        }
        guard !patch.value.isEmpty else { return }
        // Taints are replaced as a whole, so nobody else may have changed them meanwhile.
        patch.value[path: "metadata", "resourceVersion"] = node.resourceVersion.map { .string($0) }
        decision.nodeChanges.append(.init(name: node.name, patch: patch))
    }
}
