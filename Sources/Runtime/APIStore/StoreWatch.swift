import Synchronization

/// A running watch: a sequence of changes and ticks. It ends when it is stopped, or when its reader falls so far behind
/// that the queue is full; `hasOverflowed` tells which.
package final class StoreWatch: Sendable {
    package enum Item: Sendable {
        case event(StoreEvent)
        /// Nothing happened up to this revision (asked for by `tick`).
        case progress(Int)
    }

    package let scope: StoreScope
    /// The store's revision when the watch began.
    package let startRevision: Int
    /// What is to be read. One reader only.
    package let items: AsyncStream<Item>
    private let continuation: AsyncStream<Item>.Continuation
    private let overflow = Atomic<Bool>(false)
    private let unregister: @Sendable () -> Void

    init(
        scope: StoreScope,
        startRevision: Int,
        backlog: [StoreEvent],
        limit: Int,
        unregister: @escaping @Sendable () -> Void
    ) {
        self.scope = scope
        self.startRevision = startRevision
        self.unregister = unregister
        (items, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(limit + backlog.count))
        for event in backlog { continuation.yield(.event(event)) }
    }

    package var hasOverflowed: Bool { overflow.load(ordering: .relaxed) }

    /// Ends the sequence once what is queued has been read.
    package func stop() {
        unregister()
        continuation.finish()
    }

    /// Queues a progress mark.
    package func tick(_ revision: Int) { continuation.yield(.progress(revision)) }

    func send(_ event: StoreEvent) {
        guard scope.contains(event.key) else { return }
        if case .dropped = continuation.yield(.event(event)) {
            overflow.store(true, ordering: .relaxed)
            continuation.finish()
        }
    }
}
