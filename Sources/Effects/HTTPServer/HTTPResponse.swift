import NIOCore

/// An answer: status, headers, and a body that is either at hand or produced while it is sent.
package struct HTTPResponse: Sendable {
    package enum Body: Sendable {
        case bytes([UInt8])
        /// Sent in chunks as the closure writes them; the closure is cancelled when the client goes away.
        case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
    }

    package var status: Int
    package var headers: HTTPHeaders
    package var body: Body

    package init(status: Int = 200, headers: HTTPHeaders = HTTPHeaders(), body: Body = .bytes([])) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    package static func text(_ text: String, status: Int = 200, type: String = "text/plain; charset=utf-8")
        -> HTTPResponse
    {
        HTTPResponse(status: status, headers: HTTPHeaders([("content-type", type)]), body: .bytes(Array(text.utf8)))
    }
}

/// Where a streamed body goes. A write returns when the connection has taken the bytes, so a slow client slows the writer.
package struct HTTPBodyWriter: Sendable {
    private let send: @Sendable (ByteBuffer) async throws -> Void

    init(_ send: @escaping @Sendable (ByteBuffer) async throws -> Void) { self.send = send }

    package func write(_ bytes: [UInt8]) async throws { try await send(ByteBuffer(bytes: bytes)) }
}
