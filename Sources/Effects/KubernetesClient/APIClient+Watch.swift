internal import HTTPTransport
internal import KubernetesModel
package import StructuredValue

/// The events of one watch, one JSON object per line; ends when the server ends it.
package struct WatchEvents: AsyncSequence, Sendable {
    package typealias Element = Value
    package typealias Failure = KubernetesFailure

    let stream: HTTPStream
    let operation: String

    package func makeAsyncIterator() -> Iterator {
        Iterator(chunks: stream.chunks.makeAsyncIterator(), operation: operation)
    }

    package struct Iterator: AsyncIteratorProtocol {
        var chunks: HTTPChunks.AsyncIterator
        let operation: String
        var buffer: [UInt8] = []
        var start = 0

        package mutating func next() async throws(KubernetesFailure) -> Value? {
            try await next(isolation: nil)
        }

        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(KubernetesFailure) -> Value? {
            while true {
                if let end = buffer[start...].firstIndex(of: 0x0A) {
                    let line = Array(buffer[start..<end])
                    start = end + 1
                    if start == buffer.count {
                        buffer.removeAll(keepingCapacity: true)
                        start = 0
                    }
                    if line.isEmpty { continue }
                    return try decode(line)
                }
                if start > 0 {
                    buffer.removeFirst(start)
                    start = 0
                }
                let chunk: [UInt8]?
                do {
                    chunk = try await chunks.next(isolation: actor)
                } catch {
                    if let failure = error as? HTTPFailure {
                        throw KubernetesFailure(failure, operation: operation)
                    }
                    throw KubernetesFailure(.cancelled, operation: operation, message: "cancelled")
                }
                // A half line at the end is what a broken connection leaves; the watch starts again after it.
                guard let chunk else { return nil }
                buffer.append(contentsOf: chunk)
            }
        }

        private func decode(_ line: [UInt8]) throws(KubernetesFailure) -> Value {
            do {
                return try JSON.parse(line)
            } catch {
                throw KubernetesFailure(
                    .malformedAnswer,
                    operation: operation,
                    message: "an event is not JSON: \(error)"
                )
            }
        }
    }
}

extension APIClient {
    /// Watches a kind from a resource version, with bookmarks. The server ends it after about five minutes; a connection
    /// that is silent for longer than bookmarks take ends with `.timeout` (`WatchLife`). `afterSilence` says that one did,
    /// and that the server must answer soon this time.
    package func watch(
        _ resource: APIResource,
        namespace: String = "",
        from resourceVersion: String,
        afterSilence: Bool = false
    ) async throws(KubernetesFailure) -> WatchEvents {
        // Not all at once: watches that were begun together would end together.
        let life = watchLife.length * (1 + 0.07 * pace.random())
        let seconds = max(1, Int(life.components.seconds))
        let call = Call(
            method: "GET",
            path: resource.path(namespace: namespace),
            query: [
                ("watch", "true"), ("resourceVersion", resourceVersion), ("allowWatchBookmarks", "true"),
                ("timeoutSeconds", String(seconds)),
            ],
            operation: "watch \(resource.name)"
        )
        let stream = try await open(
            call,
            idleTimeout: min(.seconds(seconds) + watchLife.grace, watchLife.silence),
            headTimeout: afterSilence ? watchLife.patience : nil
        )
        guard stream.status == 200 else {
            var body: [UInt8] = []
            do {
                for try await chunk in stream.chunks where body.count < 1 << 20 { body.append(contentsOf: chunk) }
            } catch {
                // The status says enough when its explanation cannot be read.
            }
            throw KubernetesFailure(
                status: stream.status,
                body: try? JSON.parse(body),  // a proxy's answer may be no JSON
                text: String(decoding: body.prefix(300), as: UTF8.self),
                retryAfter: stream.headers.first { $0.name == "retry-after" }.flatMap { Int($0.value) }.map {
                    .seconds($0)
                },
                operation: call.operation
            )
        }
        return WatchEvents(stream: stream, operation: call.operation)
    }
}
