internal import Synchronization

/// The pieces of a streamed body, in order; ends when the server ends it.
///
/// When nobody reads, the connection is paused once a megabyte waits. Letting the sequence go closes the connection.
package struct HTTPChunks: AsyncSequence, Sendable {
    package typealias Element = [UInt8]

    let channel: ChunkChannel

    package func makeAsyncIterator() -> Iterator { Iterator(channel: channel) }

    package struct Iterator: AsyncIteratorProtocol {
        let channel: ChunkChannel

        package mutating func next() async throws -> [UInt8]? { try await channel.next() }

        package mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
            try await channel.next()
        }
    }
}

/// The bounded queue between curl's thread and one reader.
final class ChunkChannel: Sendable {
    private struct State {
        var chunks: [[UInt8]] = []
        var first = 0
        var size = 0
        var end: Result<Void, HTTPFailure>?
        var waiter: CheckedContinuation<[UInt8]?, any Error>?
        var isPaused = false
    }

    static let capacity = 1 << 20

    private let state = Mutex(State())
    private let resume: @Sendable () -> Void
    private let close: @Sendable () -> Void

    /// `resume` asks curl to go on after a pause, `close` to end the transfer.
    init(resume: @escaping @Sendable () -> Void, close: @escaping @Sendable () -> Void) {
        self.resume = resume
        self.close = close
    }

    deinit { close() }

    /// Takes a chunk; false when the queue is full and curl shall pause.
    func push(_ chunk: [UInt8]) -> Bool {
        state.withLock { state in
            if let waiter = state.waiter {
                state.waiter = nil
                waiter.resume(returning: chunk)
                return true
            }
            if state.size >= Self.capacity {
                state.isPaused = true
                return false
            }
            state.chunks.append(chunk)
            state.size += chunk.count
            return true
        }
    }

    func finish(_ end: Result<Void, HTTPFailure>) {
        state.withLock { state in
            if state.end != nil { return }
            state.end = end
            guard let waiter = state.waiter else { return }
            state.waiter = nil
            switch end {
            case .success: waiter.resume(returning: nil)
            case .failure(let failure): waiter.resume(throwing: failure)
            }
        }
    }

    func next() async throws -> [UInt8]? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let mustResume = state.withLock { state -> Bool in
                    if state.first < state.chunks.count {
                        let chunk = state.chunks[state.first]
                        state.first += 1
                        state.size -= chunk.count
                        if state.first == state.chunks.count {
                            state.chunks.removeAll(keepingCapacity: true)
                            state.first = 0
                        }
                        let mustResume = state.isPaused && state.size < Self.capacity / 2
                        if mustResume { state.isPaused = false }
                        continuation.resume(returning: chunk)
                        return mustResume
                    }
                    switch state.end {
                    case .success: continuation.resume(returning: nil)
                    case .failure(let failure): continuation.resume(throwing: failure)
                    case nil:
                        if Task.isCancelled {
                            continuation.resume(throwing: CancellationError())
                        } else {
                            state.waiter = continuation
                        }
                    }
                    let mustResume = state.isPaused
                    state.isPaused = false
                    return mustResume
                }
                if mustResume { resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume(throwing: CancellationError())
            close()
        }
    }
}
