import ClusterInspection
import ClusterTopology
import FleetModel
import KubernetesModel
import StructuredValue

/// What left the source. Deletion needs proof: a complete render, an inventory entry with the live object's uid, a
/// tombstone where losing the object loses a cluster, nobody who still refers to it, and a budget.
extension PlanDraft {
    mutating func prune() {
        var budget = settings.maxDeletionsPerPass
        for key in pruneOrder() {
            // A step is there already for what changes hands.
            guard let entry = inventory[key], steps[key] == nil else { continue }
            guard let live = observed.objects[key] else {
                if observed.unreadableKinds[key.groupKind] == nil { intent[key] = nil }
                continue
            }
            if let uid = entry.uid, uid != live.uid {
                // Somebody deleted ours and made another of the same name.
                intent[key] = nil
                continue
            }
            var step = PlanStep(
                key: key,
                apiVersion: entry.apiVersion,
                verdict: .delete,
                cluster: relations.cluster(of: key)
            )
            decideDeletion(of: live, entry, &step)
            if step.action.isDeletion {
                if budget > 0 {
                    budget -= 1
                } else {
                    step.verdict = .blocked
                    step.reason =
                        "the budget of \(count(settings.maxDeletionsPerPass, "deletion")) in one pass is used up"
                    step.action = .nothing
                }
            }
            if step.verdict == .delete, key.groupKind.ownsMachines, step.action.isDeletion {
                step.machines = MachineForecast(deleted: live.currentReplicas)
            }
            if step.verdict != .none || !step.reason.isEmpty { steps[key] = step }
        }
    }

    /// Clusters first, because the rest follows them; then by key.
    private func pruneOrder() -> [ObjectKey] {
        inventory.keys.filter { index[$0] == nil }.sorted { left, right in
            let first = (left.groupKind == .cluster ? 0 : 1, right.groupKind == .cluster ? 0 : 1)
            return first.0 == first.1 ? left < right : first.0 < first.1
        }
    }

    private mutating func decideDeletion(of live: Manifest, _ entry: Inventory.Entry, _ step: inout PlanStep) {
        let key = step.key
        if let claim = settings.claimedElsewhere[key] {
            step.verdict = .handover
            step.reason = "now made by \(claim)"
            intent[key] = nil
        } else if let reason = state.frozenSources[entry.source] {
            step.verdict = .none
            step.reason = "left as it is: \(reason)"
        } else if let reason = state.keptSources[entry.source] {
            step.verdict = .none
            step.reason = "kept: \(reason)"
        } else if let halt = topologyNotes.halted.first(where: { $0.key.description == entry.source })?.value {
            step.verdict = .none
            step.reason = "left as it is: \(halt.reason)"
        } else if entry.source == ObjectSource.namespace.description {
            // A namespace made on demand holds more than what we know of: it stays.
            step.verdict = .none
            intent[key] = nil
        } else if live.isBeingDeleted {
            step.reason = "is being deleted"
        } else if let reason = missingProof(live, entry) {
            step.verdict = .blocked
            step.reason = reason
        } else if let keeper = keeper(of: key) {
            step.verdict = key.groupKind.isImmutableTemplate ? .none : .blocked
            step.reason = "kept while \(keeper.kind) \(keeper.name) refers to it"
        } else if let cluster = tombstonedCluster(of: key), cluster != key, observed.objects[cluster] != nil {
            step.reason = "goes after \(cluster.kind) \(cluster.namespace)/\(cluster.name)"
        } else if let uid = live.uid {
            step.action = .delete(uid: uid)
            step.reason = reasonForDeletion(of: key)
        }
    }

    /// What is missing before the object may be deleted; nil when nothing is.
    private func missingProof(_ live: Manifest, _ entry: Inventory.Entry) -> String? {
        let key = live.key
        guard state.isComplete else {
            return "it left Git, but the render has errors; nothing is deleted until all of it is known"
        }
        guard entry.uid != nil else { return "it left Git, but whether it is ours was never confirmed" }
        if tombstone(for: key) != nil { return nil }
        let cluster = relations.cluster(of: key).map(ClusterRelations.key)
        if let cluster, tombstone(for: cluster) != nil { return nil }
        let name = key.namespace.isEmpty ? key.name : "\(key.namespace)/\(key.name)"
        if key.groupKind.needsTombstone {
            return "it left Git, but no tombstone stands in the fleet's `deletions` for \(key.kind) \(name)"
        }
        if let cluster, index[cluster] == nil, observed.objects[cluster] != nil {
            return
                "it left Git, but it belongs to Cluster \(cluster.namespace)/\(cluster.name), which is not rendered any "
                + "more and has no tombstone in the fleet's `deletions`"
        }
        if desired.isEmpty { return "it left Git together with everything else; an empty render deletes nothing" }
        return nil
    }

    private func tombstone(for key: ObjectKey) -> Tombstone? { state.tombstones.first { $0.names(key) } }

    /// The Cluster that the object belongs to, when it has a tombstone.
    private func tombstonedCluster(of key: ObjectKey) -> ObjectKey? {
        guard let cluster = relations.cluster(of: key).map(ClusterRelations.key) else { return nil }
        return tombstone(for: cluster) == nil ? nil : cluster
    }

    /// An object that stays and refers to this one.
    private func keeper(of key: ObjectKey) -> ObjectKey? {
        guard key.groupKind.isClusterAPI else { return nil }
        if key.groupKind == .clusterClass { return cluster(ofClass: key) }
        if let cluster = tombstonedCluster(of: key), observed.objects[cluster] != nil { return nil }
        return relations.referrers(to: key).first { referrer in
            referrer != key && observed.objects[referrer]?.isBeingDeleted == false
        }
    }

    /// A Cluster that Cluster API expands from this class.
    private func cluster(ofClass key: ObjectKey) -> ObjectKey? {
        observed.objects.keys.filter { $0.groupKind == .cluster }.sorted().first { cluster in
            guard let live = observed.objects[cluster], live.spec["topology"]?.object != nil else { return false }
            let named = TopologyInput.classKey(of: live)
            return named.name == key.name && named.namespace == key.namespace
        }
    }

    private func reasonForDeletion(of key: ObjectKey) -> String {
        if let tombstone = tombstone(for: key) {
            return tombstone.reason.isEmpty ? "tombstone" : "tombstone: \(tombstone.reason)"
        }
        if let cluster = tombstonedCluster(of: key) {
            return "belonged to Cluster \(cluster.namespace)/\(cluster.name), which has a tombstone"
        }
        return "it left Git"
    }
}
