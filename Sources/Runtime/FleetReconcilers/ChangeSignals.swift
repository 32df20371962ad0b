internal import ClusterInspection
package import FleetModel
internal import FleetPlanning
package import KubernetesClient
internal import KubernetesModel
internal import StructuredValue
internal import Synchronization

/// Turns watch events into “this management cluster wants a pass”, dropping those that no plan looks at.
///
/// Many events become one signal: what is dirty is a set, and the wake-up holds at most one.
package final class ChangeSignals: Sendable {
    private struct State {
        var dirty: Set<String> = []
        /// What is ours, by cluster: changes of other objects of the same kinds concern nobody.
        var owned: [Cluster: [MemberKey: Set<ObjectKey>]] = [:]
        /// Kinds that charts look up, by management cluster.
        var lookedUp: [String: [MemberKey: Set<GroupKind>]] = [:]

        /// Whether a plan looks at the object.
        func isRelevant(_ object: Manifest, _ cluster: Cluster) -> Bool {
            if owned[cluster]?.values.contains(where: { $0.contains(object.key) }) ?? false { return true }
            guard cluster.target == .managementCluster else { return false }
            return object.isClusterAPI
                || lookedUp[cluster.managementCluster]?.values.contains { $0.contains(object.groupKind) } ?? false
        }
    }

    private struct Cluster: Hashable {
        var managementCluster: String
        var target: ObjectTarget
    }

    private let state = Mutex(State())
    /// Yields when something became dirty.
    package let wakeups: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    package init() {
        (wakeups, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes a watch event; quick, from any thread.
    package func note(_ managementCluster: String, _ target: ObjectTarget, _ change: WatchCache.Change) {
        let object: Manifest
        switch change {
        case .put(let manifest, let previous):
            object = manifest
            if let previous, isNoise(previous, manifest) { return }
        case .removed(let manifest): object = manifest
        }
        let isRelevant = state.withLock { state in
            guard state.isRelevant(object, Cluster(managementCluster: managementCluster, target: target)) else {
                return false
            }
            return state.dirty.insert(managementCluster).inserted
        }
        if isRelevant { waker.yield() }
    }

    /// Asks for a pass although no object changed.
    package func touch(_ managementCluster: String) {
        if state.withLock({ $0.dirty.insert(managementCluster).inserted }) { waker.yield() }
    }

    /// The management clusters that want a pass; forgets them.
    package func takeDirty() -> Set<String> {
        state.withLock { state in
            defer { state.dirty = [] }
            return state.dirty
        }
    }

    /// Replaces what is ours on one cluster.
    func own(_ keys: Set<ObjectKey>, at place: MemberTarget) {
        let cluster = Cluster(managementCluster: place.member.managementCluster, target: place.target)
        state.withLock { $0.owned[cluster, default: [:]][place.member] = keys }
    }

    /// Replaces the kinds that a member's charts look up on its management cluster.
    func lookUp(_ kinds: Set<GroupKind>, for member: MemberKey) {
        state.withLock { $0.lookedUp[member.managementCluster, default: [:]][member] = kinds.isEmpty ? nil : kinds }
    }

    /// Forgets what belongs to other members.
    func keepOnly(_ members: Set<MemberKey>) {
        state.withLock { state in
            for (cluster, owners) in state.owned {
                let left = owners.filter { members.contains($0.key) }
                state.owned[cluster] = left.isEmpty ? nil : left
            }
            state.lookedUp = state.lookedUp.mapValues { $0.filter { members.contains($0.key) } }
        }
    }

    /// Heartbeats: nothing but the version and the bookkeeping of who wrote changed.
    private func isNoise(_ old: Manifest, _ new: Manifest) -> Bool {
        guard old.generation == new.generation, old.generation != nil, !new.isClusterAPI else { return false }
        return old.value["metadata"]?["labels"] == new.value["metadata"]?["labels"]
            && old.value["metadata"]?["annotations"] == new.value["metadata"]?["annotations"]
            && old.value["status"] == new.value["status"]
    }
}
