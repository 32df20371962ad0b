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
        var owned: [MemberTarget: Set<ObjectKey>] = [:]
        /// Kinds that charts look up.
        var lookedUp: [MemberKey: Set<GroupKind>] = [:]
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
            let isOurs = state.owned.contains { place, keys in
                place.member.managementCluster == managementCluster && place.target == target
                    && keys.contains(object.key)
            }
            let isLookedUp = state.lookedUp.contains { member, kinds in
                member.managementCluster == managementCluster && kinds.contains(object.groupKind)
            }
            guard isOurs || (target == .managementCluster && (object.isClusterAPI || isLookedUp)) else { return false }
            return state.dirty.insert(managementCluster).inserted
        }
        if isRelevant { waker.yield() }
    }

    /// Asks for a pass although no object changed.
    package func touch(_ managementCluster: String) {
        state.withLock { _ = $0.dirty.insert(managementCluster) }
        waker.yield()
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
        state.withLock { $0.owned[place] = keys }
    }

    /// Replaces the kinds that a member's charts look up on its management cluster.
    func lookUp(_ kinds: Set<GroupKind>, for member: MemberKey) { state.withLock { $0.lookedUp[member] = kinds } }

    /// Heartbeats: nothing but the version and the bookkeeping of who wrote changed.
    private func isNoise(_ old: Manifest, _ new: Manifest) -> Bool {
        guard old.generation == new.generation, old.generation != nil, !new.isClusterAPI else { return false }
        return old.value["metadata"]?["labels"] == new.value["metadata"]?["labels"]
            && old.value["metadata"]?["annotations"] == new.value["metadata"]?["annotations"]
            && old.value["status"] == new.value["status"]
    }
}
