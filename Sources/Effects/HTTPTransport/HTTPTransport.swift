internal import Synchronization

/// Sends HTTP requests over libcurl: HTTP/1.1, connections kept and reused, one thread for all of them.
///
/// Redirects are not followed: where credentials go is the caller's decision.
package final class HTTPTransport: Sendable {
    private let loop = CurlLoop()
    private let nextID = Atomic<Int>(0)
    private let maximumBodySize: Int

    /// Longer answers than `maximumBodySize` bytes are a failure; streams have no limit.
    package init(maximumBodySize: Int = 256 << 20) { self.maximumBodySize = maximumBodySize }

    /// Sends a request and reads the whole answer. Any status is an answer, not a failure.
    package func send(
        _ request: HTTPRequest,
        trust: HTTPTrust = HTTPTrust()
    ) async throws(HTTPFailure) -> HTTPResponse {
        let id = nextID.add(1, ordering: .relaxed).newValue
        let cancellation = Cancellation()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let sink = Transfer.Sink.whole(limit: maximumBodySize, continuation)
                loop.submit(
                    .start(
                        Transfer(
                            id: id,
                            request: request,
                            trust: trust,
                            idleTimeout: nil,
                            cancellation: cancellation,
                            sink: sink
                        )
                    )
                )
            }
        } onCancel: {
            cancellation.request()
            loop.submit(.cancel(id))
        }
        return try result.get()
    }

    /// Opens a stream: returns when its head has arrived. A stream that is silent for `idleTimeout` ends with `.timeout`.
    package func stream(
        _ request: HTTPRequest,
        trust: HTTPTrust = HTTPTrust(),
        idleTimeout: Duration
    ) async throws(HTTPFailure) -> HTTPStream {
        let id = nextID.add(1, ordering: .relaxed).newValue
        let cancellation = Cancellation()
        let loop = loop
        let channel = ChunkChannel(
            resume: { loop.submit(.resume(id)) },
            close: { loop.submit(.cancel(id)) }
        )
        let head = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let sink = Transfer.Sink.stream(channel, continuation)
                loop.submit(
                    .start(
                        Transfer(
                            id: id,
                            request: request,
                            trust: trust,
                            idleTimeout: idleTimeout,
                            cancellation: cancellation,
                            sink: sink
                        )
                    )
                )
            }
        } onCancel: {
            cancellation.request()
            loop.submit(.cancel(id))
        }
        switch head {
        case .arrived(let stream): return stream
        case .failed(let failure): throw failure
        }
    }
}
