import Foundation
import Glibc
import HTTPTransport
import Testing

/// One answer, written byte for byte on a loopback socket.
private final class RawServer: Sendable {
    let port: UInt16
    private let listener: Int32

    /// Serves connections one after another: reads the head of a request, then calls `answer` with the socket.
    init(_ answer: @escaping @Sendable (Int32) -> Void) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 16)
                _ = getsockname(listener, $0, &size)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        self.listener = listener
        Thread.detachNewThread {
            while true {
                let client = accept(listener, nil, nil)
                if client < 0 { return }
                var head: [UInt8] = []
                var byte: UInt8 = 0
                while !head.suffix(4).elementsEqual([13, 10, 13, 10]), read(client, &byte, 1) == 1 { head.append(byte) }
                answer(client)
                close(client)
            }
        }
    }

    deinit { shutdown(listener, Int32(SHUT_RDWR)); close(listener) }

    var url: String { "http://127.0.0.1:\(port)/x" }
}

private func say(_ socket: Int32, _ text: String) {
    _ = text.withCString { Glibc.send(socket, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
}

@Suite(.timeLimit(.minutes(1))) struct HTTPTransportTests {
    let transport = HTTPTransport(maximumBodySize: 1 << 20)

    @Test func readsStatusHeadersAndBody() async throws {
        let server = try RawServer { say($0, "HTTP/1.1 201 Created\r\nX-Kind:  a b \r\nContent-Length: 2\r\n\r\nok") }
        let response = try await transport.send(HTTPRequest(method: "PATCH", url: server.url, body: Array("{}".utf8)))
        #expect(response.status == 201)
        #expect(response.header("x-kind") == "a b")
        #expect(response.body == Array("ok".utf8))
    }

    @Test func aConnectionThatBreaksInTheBodyIsAFailure() async throws {
        let server = try RawServer { say($0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") }
        let failure = await #expect(throws: HTTPFailure.self) { try await transport.send(HTTPRequest(url: server.url)) }
        #expect(failure?.kind == .protocolError)
        #expect(failure?.isRetryable == true)
    }

    @Test func aSilentServerRunsIntoTheDeadline() async throws {
        let server = try RawServer { _ in usleep(2_000_000) }
        let request = HTTPRequest(url: server.url, timeout: .milliseconds(200))
        let failure = await #expect(throws: HTTPFailure.self) { try await transport.send(request) }
        #expect(failure?.kind == .timeout)
        let stream = await #expect(throws: HTTPFailure.self) {
            _ = try await transport.stream(request, idleTimeout: .seconds(60))
        }
        #expect(stream?.kind == .timeout)
    }

    @Test func nobodyThereIsUnreachable() async {
        let failure = await #expect(throws: HTTPFailure.self) {
            try await transport.send(HTTPRequest(url: "http://127.0.0.1:9/"))
        }
        #expect(failure?.kind == .unreachable)
    }

    @Test func anAnswerBeyondTheLimitIsRefused() async throws {
        let server = try RawServer { socket in
            say(socket, "HTTP/1.1 200 OK\r\n\r\n")
            for _ in 0..<40 { say(socket, String(repeating: "x", count: 65_536)) }
        }
        let failure = await #expect(throws: HTTPFailure.self) { try await transport.send(HTTPRequest(url: server.url)) }
        #expect(failure?.kind == .tooLarge)
    }

    @Test func aStreamArrivesPieceByPiece() async throws {
        let server = try RawServer { socket in
            say(socket, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in ["one", "two"] {
                say(socket, "3\r\n\(piece)\r\n")
                usleep(50_000)
            }
            say(socket, "0\r\n\r\n")
        }
        let stream = try await transport.stream(HTTPRequest(url: server.url), idleTimeout: .seconds(5))
        var pieces: [String] = []
        for try await chunk in stream.chunks { pieces.append(String(decoding: chunk, as: UTF8.self)) }
        #expect(stream.status == 200)
        #expect(pieces == ["one", "two"])
    }

    @Test func aSlowReaderLosesNothing() async throws {
        let server = try RawServer { socket in
            say(socket, "HTTP/1.1 200 OK\r\n\r\n")
            for _ in 0..<200 { say(socket, String(repeating: "y", count: 65_536)) }
        }
        let stream = try await transport.stream(HTTPRequest(url: server.url), idleTimeout: .seconds(20))
        var size = 0
        var count = 0
        for try await chunk in stream.chunks {
            size += chunk.count
            count += 1
            if count % 50 == 0 { try await Task.sleep(for: .milliseconds(20)) }
        }
        #expect(size == 200 * 65_536)
    }

    @Test func cancellingEndsAnExchangeAtOnce() async throws {
        let server = try RawServer { _ in usleep(30_000_000) }
        let transport = transport
        let url = server.url
        let start = ContinuousClock.now
        let task = Task { try await transport.send(HTTPRequest(url: url)) }
        try await Task.sleep(for: .milliseconds(50))
        task.cancel()
        let failure = await #expect(throws: HTTPFailure.self) { try await task.value }
        #expect(failure?.kind == .cancelled)
        #expect(start.duration(to: .now) < .seconds(20))
    }
}
