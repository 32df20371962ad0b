import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ExchangeTests {
    @Test func keepsConnectionsForTheNextRequests() async throws {
        let server = try LoopbackServer { request, connection in connection.respond(200, request.body) }
        let transport = HTTPTransport()
        for number in 0..<50 {
            let body = Array("\(number)".utf8)
            let response = try await transport.send(HTTPRequest(method: "POST", url: server.url, body: body))
            #expect(response.body == body)
        }
        #expect(server.connectionCount == 1)
    }

    @Test func answersManyAtOnceToTheRightAskers() async throws {
        let server = try LoopbackServer { request, connection in connection.respond(200, request.target) }
        let transport = HTTPTransport()
        await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let response = try? await transport.send(HTTPRequest(url: "\(server.url)/\(number)"))
                    return response?.body == Array("/\(number)".utf8)
                }
            }
            for await isRight in group { #expect(isRight) }
        }
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
    func sendsMethodsHeadersAndBodiesAsTheyAre(_ method: String) async throws {
        let seen = Mutex<LoopbackServer.Request?>(nil)
        let server = try LoopbackServer { request, connection in
            seen.withLock { $0 = request }
            connection.respond(200, "")
        }
        let body = method == "GET" ? [] : Array("{\"a\":1}".utf8)
        _ = try await HTTPTransport().send(
            HTTPRequest(
                method: method,
                url: "\(server.url)/a?b=c%20d",
                headers: [("x-one", "1"), ("content-type", "application/json"), ("x-bad", "a\r\nx-evil: 1")],
                body: body
            )
        )
        let request = try #require(seen.withLock { $0 })
        #expect(request.method == method)
        #expect(request.target == "/a?b=c%20d")
        #expect(request.headers["x-one"] == "1")
        #expect(request.headers["x-evil"] == nil)
        #expect(request.body == body)
    }

    @Test func doesNotFollowRedirects() async throws {
        let server = try LoopbackServer { _, connection in
            connection.respond(302, "", headers: ["Location": "http://127.0.0.1:9/secret"])
        }
        let response = try await HTTPTransport().send(HTTPRequest(url: server.url))
        #expect(response.status == 302)
        #expect(response.header("location") == "http://127.0.0.1:9/secret")
    }

    @Test func aRequestCancelledBeforeItStartsIsNeverSent() async throws {
        let server = try LoopbackServer { _, connection in connection.respond(200, "") }
        let transport = HTTPTransport()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await transport.send(HTTPRequest(url: server.url))
        }
        task.cancel()
        let failure = await #expect(throws: HTTPFailure.self) { try await task.value }
        #expect(failure?.kind == .cancelled)
        #expect(server.connectionCount == 0)
    }

    @Test func aStreamThatNobodyReadsIsHeldBack() async throws {
        let written = Mutex(0)
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\n\r\n")
            let piece = [UInt8](repeating: 0x79, count: 65_536)
            for _ in 0..<1_000 {
                if !connection.write(piece) { return }
                written.withLock { $0 += piece.count }
            }
            connection.close()
        }
        let stream = try await HTTPTransport().stream(HTTPRequest(url: server.url), idleTimeout: .seconds(30))
        // The sockets' own buffers take some megabytes beside the one that waits here.
        var last = -1
        while true {
            try await Task.sleep(for: .milliseconds(200))
            let now = written.withLock { $0 }
            if now == last { break }
            last = now
        }
        #expect(last < 30 << 20)
        var size = 0
        for try await chunk in stream.chunks { size += chunk.count }
        #expect(size == 1_000 * 65_536)
    }

    @Test func lettingAStreamGoClosesItsConnection() async throws {
        let closed = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            connection.waitUntilClosed()
            closed.continuation.yield()
        }
        let transport = HTTPTransport()
        do {
            let stream = try await transport.stream(HTTPRequest(url: server.url), idleTimeout: .seconds(60))
            for try await chunk in stream.chunks {
                #expect(chunk == [0x78])
                break
            }
        }
        for await _ in closed.stream { break }
    }

    @Test func aSilentStreamEndsWithATimeout() async throws {
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
            connection.waitUntilClosed()
        }
        let stream = try await HTTPTransport().stream(HTTPRequest(url: server.url), idleTimeout: .seconds(1))
        let failure = await #expect(throws: HTTPFailure.self) { for try await _ in stream.chunks {} }
        #expect(failure?.kind == .timeout)
    }

    @Test func aStreamThatBreaksOffIsAFailureNotAnEnd() async throws {
        let server = try LoopbackServer { _, connection in
            connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nx")
            connection.close()
        }
        let stream = try await HTTPTransport().stream(HTTPRequest(url: server.url), idleTimeout: .seconds(5))
        await #expect(throws: HTTPFailure.self) { for try await _ in stream.chunks {} }
    }
}
