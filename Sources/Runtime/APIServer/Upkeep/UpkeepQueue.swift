import APIStore
import KubernetesModel
import Synchronization

/// What the server has to look after when nobody asks.
enum UpkeepItem: Hashable, Sendable {
    /// A namespace that is going away.
    case namespace(String)
    /// A definition that is going away.
    case definition(String)
    /// An object whose owners may be gone.
    case dependent(StoreKey)
    /// An object that waits for what it owns.
    case owner(StoreKey)
}

/// Items with the time from which they are due. Each stands in the queue once.
final class UpkeepQueue: Sendable {
    private struct State {
        var due: [UpkeepItem: Timestamp] = [:]
    }

    private let state = Mutex(State())
    /// Yields when there is something new. One reader.
    let signals: AsyncStream<Void>
    private let signal: AsyncStream<Void>.Continuation

    init() { (signals, signal) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1)) }

    func add(_ item: UpkeepItem, due: Timestamp) {
        let isNew = state.withLock { state in
            guard state.due[item] == nil else { return false }
            state.due[item] = due
            return true
        }
        if isNew { signal.yield() }
    }

    /// Takes the items that are due; with none, tells when the next one is.
    func take(now: Timestamp) -> (items: [UpkeepItem], next: Timestamp?) {
        state.withLock { state in
            let items = state.due.filter { $0.value <= now }.sorted { $0.value < $1.value }.map(\.key)
            for item in items { state.due[item] = nil }
            return (items, state.due.values.min())
        }
    }
}
