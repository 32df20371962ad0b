import KubernetesModel

extension PoolDraft {
    /// The providers' objects go first, then the Nodes, then the pool.
    mutating func decideDeletion() {
        var isLeft = false
        for part in [view.bootstrap, view.infrastructure] {
            switch part {
            case .unnamed, .missing: break
            case .unknown(let reason):
                isLeft = true
                decision.failures.append(reason)
            case .found(let object, _):
                isLeft = true
                if !object.isBeingDeleted { decision.deletions.append(object) }
            }
        }
        if isLeft {
            decision.waits.append("the bootstrap and infrastructure objects are being deleted")
            return
        }
        guard deleteNodes() else { return }
        setFinalizers(view.pool.finalizers.filter { $0 != MachinePoolSpec.finalizer })
    }

    /// Deletes the Nodes of a pool whose machines are gone. True when there is nothing more to do about them.
    ///
    /// Cluster API looks for Nodes that are not in the list of provider ids, which is still full then, and so leaves
    /// them all to the cloud. Nodes of a cluster that goes as a whole go with it.
    private mutating func deleteNodes() -> Bool {
        guard let cluster = view.cluster, !cluster.isBeingDeleted, !status.nodeReferences.isEmpty else { return true }
        let start = view.pool.deletionTimestamp.flatMap { Timestamp($0) } ?? now
        if let timeout = spec.nodeDeletionTimeout {
            let left = timeout - start.duration(to: now)
            if left <= .zero { return true }
            recheck(in: left)
        }
        switch view.nodes {
        case .notConnected(let reason), .unreachable(let reason):
            decision.waits.append(reason)
            return false
        case .known(let nodes):
            let own = Set(status.nodeReferences)
            let left = nodes.filter { own.contains(.init(name: $0.name, uid: $0.uid ?? "")) }
            for node in left where !node.isBeingDeleted {
                decision.nodeDeletions.append(.init(name: node.name, uid: node.uid ?? ""))
            }
            if !left.isEmpty { decision.waits.append("Nodes of the pool are being deleted") }
            return left.isEmpty
        }
    }
}
