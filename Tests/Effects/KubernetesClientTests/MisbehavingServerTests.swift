import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import StructuredValue
import Synchronization
import TestSupport
import Testing

/// What a healthy API server seldom does, answer by answer.
@Suite(.timeLimit(.minutes(1))) struct MisbehavingServerTests {
    static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
    static let pace = Pace(clock: ContinuousClock(), random: { 0.5 })

    /// Notes what was asked, and serves discovery.
    final class Script: Sendable {
        let server: LoopbackServer

        init(_ answer: @escaping @Sendable (Int, LoopbackServer.Request, LoopbackServer.Connection) -> Void) throws {
            let requests = Ledger()
            ledger = requests
            server = try LoopbackServer { request, connection in
                if request.target == "/api/v1" {
                    requests.discoveries.withLock { $0 += 1 }
                    let list =
                        #"{"kind":"APIResourceList","resources":[{"name":"configmaps","kind":"ConfigMap","namespaced":true,"verbs":["get"]}]}"#
                    return connection.respond(200, list, headers: ["Content-Type": "application/json"])
                }
                let count = requests.asked.withLock { asked -> Int in
                    asked.append(request)
                    return asked.count
                }
                answer(count, request, connection)
            }
        }

        final class Ledger: Sendable {
            let asked = Mutex<[LoopbackServer.Request]>([])
            let discoveries = Mutex(0)
        }

        let ledger: Ledger
        var asked: [LoopbackServer.Request] { ledger.asked.withLock { $0 } }
        var discoveries: Int { ledger.discoveries.withLock { $0 } }

        func client(
            _ credential: ServerConnection.Credential = .none,
            timeout: Duration = .seconds(10),
            watchLife: APIClient.WatchLife = .init(),
            pace: Pace = MisbehavingServerTests.pace
        ) -> APIClient {
            let connection = ServerConnection(server: server.url, credential: credential)
            return APIClient(
                connection,
                transport: HTTPTransport(),
                pace: pace,
                timeout: timeout,
                watchLife: watchLife
            )
        }
    }

    static let json = ["Content-Type": "application/json"]
    static let object =
        #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"n","resourceVersion":"5"}}"#

    /// A cache of ConfigMaps with what it tells of changes, in words.
    static func watched(by client: APIClient) async throws -> (cache: WatchCache, changes: AsyncStream<String>) {
        let (changes, continuation) = AsyncStream<String>.makeStream()
        let cache = WatchCache(
            try await client.resource(for: configMap),
            client: client,
            onChange: { change in
                switch change {
                case .put(let object, let previous):
                    continuation.yield("\(previous == nil ? "new" : "changed") \(object.name)")
                case .removed(let object): continuation.yield("gone \(object.name)")
                }
            }
        )
        return (cache, changes)
    }

    @Test func waitsWhenTheServerAsksForIt() async throws {
        let script = try Script { count, _, connection in
            if count < 3 {
                connection.respond(
                    429,
                    #"{"kind":"Status","code":429}"#,
                    headers: ["Content-Type": "application/json", "Retry-After": "0"]
                )
            } else {
                connection.respond(200, Self.object, headers: Self.json)
            }
        }
        let found = try await script.client().get(Self.configMap, namespace: "n", name: "a")
        #expect(found?.name == "a")
        #expect(script.asked.count == 3)
    }

    @Test(arguments: [429, 500, 503, 504])
    func waitsAsLongAsTheServerAsksForAndNoLonger(_ status: Int) async throws {
        let script = try Script { count, _, connection in
            if count == 1 {
                connection.respond(
                    status,
                    #"{"kind":"Status","code":\#(status)}"#,
                    headers: ["Content-Type": "application/json", "Retry-After": "7"]
                )
            } else {
                connection.respond(200, Self.object, headers: Self.json)
            }
        }
        let clock = ManualClock()
        let client = script.client(pace: Pace(clock: clock, random: { 0.5 }))
        async let found = client.get(Self.configMap, namespace: "n", name: "a")
        while clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(by: .milliseconds(7_600))
        #expect(clock.sleeperCount == 1)
        #expect(script.asked.count == 1)
        clock.advance(by: .milliseconds(200))
        #expect(try await found?.name == "a")
        #expect(script.asked.count == 2)
    }

    @Test(arguments: [500, 503])
    func withoutARequestToWaitTheCallerDecides(_ status: Int) async throws {
        let script = try Script { _, _, connection in connection.respond(status, "", headers: Self.json) }
        await #expect(throws: KubernetesFailure.self) {
            try await script.client().get(Self.configMap, namespace: "n", name: "a")
        }
        #expect(script.asked.count == 1)
    }

    @Test func aServerThatNeverHasTimeIsGivenUp() async throws {
        let script = try Script { _, _, connection in
            connection.respond(503, "", headers: ["Content-Type": "text/plain", "Retry-After": "0"])
        }
        do {
            _ = try await script.client().get(Self.configMap, namespace: "n", name: "a")
            Issue.record("nothing failed")
        } catch {
            #expect(error.kind == .serverError && error.isRetryable)
            #expect(error.retryAfter == .zero)
        }
        #expect(script.asked.count == 4)
    }

    struct Refusal: Sendable {
        var status: Int
        var body = ""
        var kind: KubernetesFailure.Kind
        var isRetryable: Bool
    }

    static let refusals = [
        Refusal(
            status: 403,
            body: #"{"kind":"Status","reason":"Forbidden","message":"no"}"#,
            kind: .forbidden,
            isRetryable: false
        ),
        Refusal(status: 409, body: #"{"kind":"Status","reason":"Conflict"}"#, kind: .conflict, isRetryable: true),
        Refusal(status: 422, body: #"{"kind":"Status","reason":"Invalid"}"#, kind: .invalid, isRetryable: false),
        Refusal(status: 500, body: "boom", kind: .serverError, isRetryable: true),
        Refusal(status: 503, body: "", kind: .serverError, isRetryable: true),
        Refusal(status: 504, body: "", kind: .timeout, isRetryable: true),
        Refusal(status: 200, body: "not json", kind: .malformedAnswer, isRetryable: true),
        Refusal(status: 302, body: "", kind: .serverError, isRetryable: true),
    ]

    @Test(arguments: refusals)
    func everyRefusalHasItsKind(_ refusal: Refusal) async throws {
        let script = try Script { _, _, connection in
            connection.respond(refusal.status, refusal.body, headers: Self.json)
        }
        do {
            _ = try await script.client().get(Self.configMap, namespace: "n", name: "a")
            Issue.record("nothing failed")
        } catch {
            #expect(error.kind == refusal.kind)
            #expect(error.isRetryable == refusal.isRetryable)
        }
    }

    @Test func aConnectionThatBreaksInTheBodyIsUnreachable() async throws {
        let script = try Script { _, _, connection in
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"kind\""
            )
            connection.close()
        }
        do {
            _ = try await script.client().get(Self.configMap, namespace: "n", name: "a")
            Issue.record("nothing failed")
        } catch {
            #expect(error.kind == .unreachable)
            #expect(error.isRetryable && error.isUnreachable)
        }
    }

    @Test func aServerThatFallsSilentInTheBodyTakesNoLongerThanTheDeadline() async throws {
        let script = try Script { _, _, connection in
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{\"kind\""
            )
            connection.waitUntilClosed()
        }
        do {
            _ = try await script.client(timeout: .seconds(1)).get(Self.configMap, namespace: "n", name: "a")
            Issue.record("nothing failed")
        } catch {
            #expect(error.kind == .timeout)
            #expect(error.isRetryable)
        }
    }

    @Test func aKindThatIsNotServedAnyMoreIsForgotten() async throws {
        let script = try Script { _, _, connection in
            connection.respond(404, "404 page not found", headers: ["Content-Type": "text/plain"])
        }
        let client = script.client()
        for _ in 0..<2 { _ = try await client.get(Self.configMap, namespace: "n", name: "a") }
        #expect(script.discoveries == 2)

        let other = try Script { _, _, connection in
            connection.respond(
                404,
                #"{"kind":"Status","reason":"NotFound","details":{"name":"a"}}"#,
                headers: Self.json
            )
        }
        let second = other.client()
        for _ in 0..<2 { #expect(try await second.get(Self.configMap, namespace: "n", name: "a") == nil) }
        #expect(other.discoveries == 1)
    }

    @Test func aTokenFileIsReadAgainWhenItsTokenIsRefused() async throws {
        let folder = try TemporaryFolder()
        try folder.write("old\n", to: "token")
        let script = try Script { _, request, connection in
            if request.headers["authorization"] == "Bearer new" {
                connection.respond(200, Self.object, headers: Self.json)
            } else {
                try? folder.write("new\n", to: "token")
                connection.respond(401, #"{"kind":"Status","reason":"Unauthorized"}"#, headers: Self.json)
            }
        }
        let client = script.client(.tokenFile(path: folder.path + "/token"))
        _ = try await client.resource(for: Self.configMap)
        #expect(try await client.get(Self.configMap, namespace: "n", name: "a")?.name == "a")
        #expect(script.asked.map { $0.headers["authorization"] } == ["Bearer old", "Bearer new"])
    }

    @Test func aCredentialProgramRunsOnceForManyRequests() async throws {
        let folder = try TemporaryFolder()
        try folder.write(
            """
            #!/bin/sh
            echo run >> "$RUNS"
            echo "$KUBERNETES_EXEC_INFO" > "$RUNS.request"
            echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$WORD'"}}'
            """,
            to: "program"
        )
        try folder.run("chmod", ["+x", "program"])
        let script = try Script { _, request, connection in
            connection.respond(
                request.headers["authorization"] == "Bearer secret" ? 200 : 401,
                Self.object,
                headers: Self.json
            )
        }
        let program = CredentialProgram(
            command: folder.path + "/program",
            arguments: [],
            environment: ["RUNS": folder.path + "/runs", "WORD": "secret", "PATH": "/usr/bin:/bin"],
            apiVersion: "client.authentication.k8s.io/v1"
        )
        let client = script.client(.program(program))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    do {
                        _ = try await client.get(Self.configMap, namespace: "n", name: "a")
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        #expect(try folder.read("runs") == "run\n")
        #expect(try folder.read("runs.request").contains("\"ExecCredential\""))
    }

    @Test func aWatchThatTheServerForgotListsAgainAndTellsWhatChanged() async throws {
        @Sendable func item(_ name: String, _ version: Int) -> String {
            #"{"metadata":{"name":"\#(name)","namespace":"n","resourceVersion":"\#(version)"}}"#
        }
        let lists = Mutex(0)
        let script = try Script { _, request, connection in
            if !request.target.contains("watch=true") {
                let count = lists.withLock { lists in
                    lists += 1
                    return lists
                }
                let items = count == 1 ? [item("a", 1), item("b", 2)] : [item("b", 7), item("c", 8)]
                connection.respond(
                    200,
                    #"{"kind":"List","metadata":{"resourceVersion":"\#(count * 10)"},"items":[\#(items.joined(separator: ","))]}"#,
                    headers: Self.json
                )
            } else if request.target.contains("resourceVersion=10") {
                connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
                connection.write(#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}"# + "\n")
                connection.close()
            } else {
                connection.write(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                // One event in two pieces.
                let event =
                    #"{"type":"ADDED","object":{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"d","namespace":"n","resourceVersion":"21"}}}"#
                    + "\n"
                let half = event.utf8.count / 2
                for piece in [Array(event.utf8.prefix(half)), Array(event.utf8.dropFirst(half))] {
                    connection.write(Array("\(String(piece.count, radix: 16))\r\n".utf8) + piece + [13, 10])
                    usleep(20_000)
                }
                connection.waitUntilClosed()
            }
        }
        let client = script.client()
        let (cache, changes) = try await Self.watched(by: client)
        let run = Task { await cache.run() }
        defer { run.cancel() }
        var seen: [String] = []
        for await change in changes {
            seen.append(change)
            if seen.count == 4 { break }
        }
        #expect(Set(seen.prefix(3)) == ["changed b", "new c", "gone a"])
        #expect(seen.last == "new d")
        #expect(Set(cache.objects.values.map(\.name)) == ["b", "c", "d"])
        #expect(cache.state == .live)
        #expect(lists.withLock { $0 } == 2)
    }
}
