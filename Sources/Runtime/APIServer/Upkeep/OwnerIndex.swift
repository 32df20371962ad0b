import APIStore
import StructuredValue
import Synchronization

/// Who owns whom: found by uid, kept up to date with every write.
final class OwnerIndex: Sendable {
    private struct State {
        var keys: [String: StoreKey] = [:]
        var dependents: [String: Set<StoreKey>] = [:]
        var owners: [StoreKey: (revision: Int, uids: [String])] = [:]
    }

    private let state = Mutex(State())

    /// Takes note of a version of an object; answers whether its owners are others than before.
    @discardableResult
    func update(_ object: StoredObject) -> Bool {
        let metadata = object.value["metadata"]
        let uid = metadata?["uid"]?.string ?? ""
        let uids = (metadata?["ownerReferences"]?.array ?? []).compactMap { $0["uid"]?.string }
        return state.withLock { state in
            state.keys[uid] = object.key
            let before = state.owners[object.key]
            // Commits may be noted in another order than they were made.
            if let before, before.revision > object.revision { return false }
            if before == nil, uids.isEmpty { return false }
            for old in before?.uids ?? [] where !uids.contains(old) {
                state.dependents[old]?.remove(object.key)
                if state.dependents[old]?.isEmpty == true { state.dependents[old] = nil }
            }
            for owner in uids { state.dependents[owner, default: []].insert(object.key) }
            state.owners[object.key] = uids.isEmpty ? nil : (object.revision, uids)
            return (before?.uids ?? []) != uids
        }
    }

    func remove(_ object: StoredObject) {
        let uid = object.value[path: "metadata", "uid"]?.string ?? ""
        state.withLock { state in
            state.keys[uid] = nil
            for owner in state.owners.removeValue(forKey: object.key)?.uids ?? [] {
                state.dependents[owner]?.remove(object.key)
                if state.dependents[owner]?.isEmpty == true { state.dependents[owner] = nil }
            }
        }
    }

    func key(of uid: String) -> StoreKey? { state.withLock { $0.keys[uid] } }
    func dependents(of uid: String) -> [StoreKey] { state.withLock { $0.dependents[uid].map { $0.sorted() } ?? [] } }
}
