internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Synchronization

/// Which objects of a cache belong to which workload cluster, so that nobody has to walk the whole cache.
final class ClusterIndex: Sendable {
    private let cache: WatchCache
    private let members = Mutex<[ClusterID: Set<ObjectKey>]>([:])

    /// Of a cache that need not have been filled yet.
    init(_ cache: WatchCache) { self.cache = cache }

    /// Reads the whole cache, once it has been filled.
    func fill() {
        for object in cache.objects.values { note(object) }
    }

    /// Follows a change of the cache.
    func note(_ change: WatchCache.Change) {
        switch change {
        case .put(let object, _): note(object)
        case .removed(let object):
            guard let id = ClusterID(of: object) else { return }
            members.withLock { members in
                members[id]?.remove(object.key)
                if members[id]?.isEmpty == true { members[id] = nil }
            }
        }
    }

    private func note(_ object: Manifest) {
        guard let id = ClusterID(of: object) else { return }
        _ = members.withLock { $0[id, default: []].insert(object.key) }
    }

    /// The objects of a cluster as they are now.
    func objects(of id: ClusterID) -> [Manifest] {
        let keys = members.withLock { $0[id] ?? [] }
        return keys.compactMap { cache.object($0) }
    }

    /// Whether a cluster has any.
    func isKnown(_ id: ClusterID) -> Bool { members.withLock { $0[id] != nil } }

    /// The clusters that have any.
    var clusters: Set<ClusterID> { Set(members.withLock { $0.keys }) }
}
