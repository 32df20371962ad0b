import Synchronization

/// A store that lives as long as the process.
package final class MemoryStore: ObjectStore {
    struct State {
        var index: VersionedIndex
        var watchers = WatcherList()
    }

    private let state: Mutex<State>
    private let queueLimit: Int

    /// - Parameters:
    ///   - historyLimit: how many changes of each resource can be watched or listed later.
    ///   - queueLimit: how many events a watcher may be behind before its watch ends.
    package init(historyLimit: Int = 256, queueLimit: Int = 4_096) {
        state = Mutex(State(index: VersionedIndex(historyLimit: historyLimit)))
        self.queueLimit = queueLimit
    }

    package var revision: Int { state.withLock { $0.index.revision } }
    package func object(_ key: StoreKey) -> StoredObject? { state.withLock { $0.index.object(key) } }
    package func count(of resource: String) -> Int { state.withLock { $0.index.count(of: resource) } }
    package func beginHistory(of resource: String) { state.withLock { $0.index.beginHistory(of: resource) } }
    package func compact(through revision: Int) { state.withLock { $0.index.compact(through: revision) } }
    package func rest(through revision: Int) -> Int {
        // Packed one by one, so that nobody waits for all of it.
        let resting = state.withLock { $0.index.takeResting(through: revision) }
        return resting.count { $0.rest() }
    }

    package func list(_ query: StoreQuery) throws(StoreFailure) -> StoreList {
        try state.withLock { (state) throws(StoreFailure) in try state.index.list(query) }
    }

    @discardableResult
    package func commit(_ change: StoreChange) throws(StoreFailure) -> StoredObject {
        try state.withLock { (state) throws(StoreFailure) in
            let event = try state.index.prepare(change)
            state.index.apply(event)
            state.watchers.send(event)
            return event.object
        }
    }

    package func watch(_ scope: StoreScope, after revision: Int?) throws(StoreFailure) -> StoreWatch {
        try state.withLock { (state) throws(StoreFailure) in
            try state.watch(scope, after: revision, limit: queueLimit) { [weak self] number in
                self?.state.withLock { $0.watchers.remove(number, resource: scope.resource) }
            }
        }
    }
}

extension MemoryStore.State {
    /// Registers a watch that first gets what happened since its revision.
    mutating func watch(
        _ scope: StoreScope,
        after revision: Int?,
        limit: Int,
        unregister: @escaping @Sendable (Int) -> Void
    ) throws(StoreFailure) -> StoreWatch {
        let now = index.revision
        if let revision, revision > now {
            throw StoreFailure(.future(revision), operation: "watch", message: "revision \(revision) is in the future")
        }
        let backlog = try revision.map { (since) throws(StoreFailure) in try index.events(scope, after: since) } ?? []
        let number = watchers.reserve()
        let watch = StoreWatch(scope: scope, startRevision: now, backlog: backlog, limit: limit) { unregister(number) }
        watchers.add(watch, number: number)
        return watch
    }
}
