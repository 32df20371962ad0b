import Foundation
import KubernetesClient
import KubernetesModel
import Synchronization
import TestSupport
import Testing

/// Watches that end as they should not: the cache goes on where it was, and nothing is lost or said twice.
@Suite(.timeLimit(.minutes(1))) struct MisbehavingWatchTests {
    /// How the first stream ends after it said that `b` is there.
    enum End: String, CaseIterable, Sendable {
        case brokenInTheMiddleOfAnEvent, brokenChunk, silence, closed, garbage
    }

    /// A list of `a`, a first watch that ends in some way, and a second one that says `c`.
    final class Server: Sendable {
        let script: MisbehavingServerTests.Script
        let watched: Versions

        final class Versions: Sendable {
            let all = Mutex<[String]>([])
        }

        init(_ end: End) throws {
            let versions = Versions()
            watched = versions
            script = try MisbehavingServerTests.Script { _, request, connection in
                guard request.target.contains("watch=true") else {
                    let item = #"{"metadata":{"name":"a","namespace":"n","resourceVersion":"1"}}"#
                    let list = #"{"kind":"List","metadata":{"resourceVersion":"10"},"items":[\#(item)]}"#
                    return connection.respond(200, list, headers: MisbehavingServerTests.json)
                }
                let version = request.target.split(separator: "&").first { $0.hasPrefix("resourceVersion=") } ?? ""
                let count = versions.all.withLock { all in
                    all.append(String(version.dropFirst(16)))
                    return all.count
                }
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                if count > 1 {
                    connection.write(Self.chunk(Self.event("c", 21)))
                    return connection.waitUntilClosed()
                }
                connection.write(Self.chunk(Self.event("b", 12)))
                switch end {
                case .brokenInTheMiddleOfAnEvent:
                    connection.write(Self.chunk(String(Self.event("lost", 13).prefix(40))) + "0\r\n\r\n")
                    connection.close()
                case .brokenChunk:
                    connection.write(String(Self.chunk(Self.event("lost", 13)).prefix(40)))
                    connection.close()
                case .silence: connection.waitUntilClosed()
                case .closed:
                    connection.write("0\r\n\r\n")
                    connection.close()
                case .garbage:
                    connection.write(Self.chunk("<html>\n"))
                    connection.waitUntilClosed()
                }
            }
        }

        static func event(_ name: String, _ version: Int) -> String {
            let metadata = #"{"name":"\#(name)","namespace":"n","resourceVersion":"\#(version)"}"#
            return #"{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":\#(metadata)}}"# + "\n"
        }

        static func chunk(_ text: String) -> String {
            "\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n"
        }
    }

    /// A server that hangs takes connections and says nothing. It is found out by the watch that follows a silence, and
    /// nothing is listed again when it goes on.
    @Test func aServerThatHangsIsFoundOut() async throws {
        let watches = Mutex(0)
        let script = try MisbehavingServerTests.Script { _, request, connection in
            guard request.target.contains("watch=true") else {
                let list = #"{"kind":"List","metadata":{"resourceVersion":"10"},"items":[]}"#
                return connection.respond(200, list, headers: MisbehavingServerTests.json)
            }
            let count = watches.withLock { watches in
                watches += 1
                return watches
            }
            if count == 2 { return connection.waitUntilClosed() }
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            if count > 2 { connection.write(Server.chunk(Server.event("c", 21))) }
            connection.waitUntilClosed()
        }
        let client = script.client(watchLife: .init(silence: .seconds(1), patience: .seconds(1)))
        let (states, told) = AsyncStream<WatchCache.State>.makeStream()
        let cache = WatchCache(
            try await client.resource(for: MisbehavingServerTests.configMap),
            client: client,
            onState: { told.yield($0) }
        )
        let run = Task { await cache.run() }
        defer { run.cancel() }
        var seen: [String] = []
        for await state in states {
            switch state {
            case .starting: seen.append("starting")
            case .live: seen.append("live")
            case .failing(let failure): seen.append("failing \(failure.kind)")
            }
            if seen.count == 3 { break }
        }
        #expect(seen == ["live", "failing timeout", "live"])
        #expect(script.asked.filter { !$0.target.contains("watch=true") }.count == 1)
    }

    /// A server that says that it is there, if nothing else, is left alone.
    @Test func bookmarksAreSignsOfLife() async throws {
        let script = try MisbehavingServerTests.Script { _, request, connection in
            guard request.target.contains("watch=true") else {
                let list = #"{"kind":"List","metadata":{"resourceVersion":"10"},"items":[]}"#
                return connection.respond(200, list, headers: MisbehavingServerTests.json)
            }
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            let mark = #"{"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"11"}}}"# + "\n"
            for _ in 0..<8 {
                connection.write(Server.chunk(mark))
                usleep(400_000)
            }
            connection.write(Server.chunk(Server.event("c", 21)))
            connection.waitUntilClosed()
        }
        let client = script.client(watchLife: .init(silence: .seconds(2), patience: .seconds(1)))
        let (cache, changes) = try await MisbehavingServerTests.watched(by: client)
        let run = Task { await cache.run() }
        defer { run.cancel() }
        for await change in changes {
            #expect(change == "new c")
            break
        }
        #expect(script.asked.filter { $0.target.contains("watch=true") }.count == 1)
    }

    @Test(arguments: End.allCases)
    func goesOnWhereTheStreamEnded(_ end: End) async throws {
        let server = try Server(end)
        let client = server.script.client(watchLife: .init(length: .seconds(1), grace: .zero))
        let (cache, changes) = try await MisbehavingServerTests.watched(by: client)
        let run = Task { await cache.run() }
        defer { run.cancel() }
        var seen: [String] = []
        for await change in changes {
            seen.append(change)
            if seen.count == 2 { break }
        }
        #expect(seen == ["new b", "new c"])
        #expect(Set(cache.objects.values.map(\.name)) == ["a", "b", "c"])
        #expect(cache.state == .live)
        // Nothing is listed a second time: the last version that was seen is enough.
        #expect(Array(server.watched.all.withLock { $0 }.prefix(2)) == ["10", "12"])
        #expect(server.script.asked.filter { !$0.target.contains("watch=true") }.count == 1)
    }
}
