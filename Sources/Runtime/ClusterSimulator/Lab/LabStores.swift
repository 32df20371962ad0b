import APIStore
import Synchronization

/// All stores of a lab: what they hold is put to rest when nobody writes it, and what was written is counted.
final class LabStores: Sendable {
    private struct Entry {
        var store: any ObjectStore
        /// The revision at the last look.
        var seen: Int
        /// The revision at the last look but several.
        var old: Int
    }

    private struct State {
        var entries: [String: Entry] = [:]
        /// Writes to stores that are gone.
        var formerWrites = 0
        var requests = 0
        var looks = 0
    }

    private let state = Mutex(State())

    /// How often `rest` is called.
    static let pause = Duration.seconds(10)
    /// History is kept for as many looks, as long as a real server keeps it.
    private static let looksOfHistory = 30

    func add(_ store: any ObjectStore, named name: String) {
        remove(name)
        let revision = store.revision
        state.withLock { $0.entries[name] = Entry(store: store, seen: revision, old: revision) }
    }

    func remove(_ name: String) {
        state.withLock { state in
            if let entry = state.entries.removeValue(forKey: name) { state.formerWrites += entry.store.revision }
        }
    }

    func noteRequest() { state.withLock { $0.requests += 1 } }

    var requests: Int { state.withLock { $0.requests } }

    /// How many writes there were in all stores.
    var writes: Int {
        let (stores, former) = state.withLock { ($0.entries.values.map(\.store), $0.formerWrites) }
        return stores.reduce(former) { $0 + $1.revision }
    }

    /// Puts to rest what was not written since the last call. Answers whether there was anything.
    func rest() -> Bool {
        let (entries, forgets) = state.withLock { state -> ([String: Entry], Bool) in
            state.looks += 1
            return (state.entries, state.looks % Self.looksOfHistory == 0)
        }
        var isChanged = false
        for (name, entry) in entries {
            let revision = entry.store.revision
            if entry.store.rest(through: entry.seen) > 0 { isChanged = true }
            if forgets, entry.old > 0 { entry.store.compact(through: entry.old) }
            state.withLock { state in
                state.entries[name]?.seen = revision
                if forgets { state.entries[name]?.old = revision }
            }
        }
        return isChanged
    }
}
