import Foundation
import HTTPTransport
import KubernetesClient
import Synchronization
import TestSupport

/// Stands between a client and a server and, after so many requests, is dead: the last one takes effect, but its answer
/// and everything after it is lost. To the world that is what the client's own death looks like.
final class KillableProxy: Sendable {
    struct Request: Sendable {
        var method: String
        var path: String
        var body: [UInt8]
    }

    private final class Ledger: Sendable {
        let state: Mutex<(left: Int, forwarded: [Request])>
        init(_ requests: Int) { state = Mutex((requests, [])) }
    }

    private let ledger: Ledger
    private let server: LoopbackServer

    var url: String { server.url }
    /// What reached the server.
    var forwarded: [Request] { ledger.state.withLock { $0.forwarded } }
    var hasDied: Bool { ledger.state.withLock { $0.left <= 0 } }

    /// - Parameter requests: How many requests get through; the answer of the last one does not.
    init(to connection: ServerConnection, dyingAfter requests: Int) throws {
        let ledger = Ledger(requests)
        self.ledger = ledger
        server = try LoopbackServer { request, answer in
            let left = ledger.state.withLock { state -> Int in
                state.left -= 1
                if state.left >= 0 {
                    let path = String(request.target.prefix { $0 != "?" })
                    state.forwarded.append(Request(method: request.method, path: path, body: request.body))
                }
                return state.left
            }
            guard left >= 0 else { return answer.close() }
            let response = Self.forward(request, to: connection)
            guard left > 0, let response else { return answer.close() }
            answer.respond(
                response.status,
                response.body,
                headers: ["Content-Type": response.header("content-type") ?? ""]
            )
        }
    }

    func stop() { server.stop() }

    /// Called on the proxy's own threads, which may block.
    private static func forward(_ request: LoopbackServer.Request, to connection: ServerConnection) -> HTTPResponse? {
        let result = Mutex<HTTPResponse?>(nil)
        let isDone = DispatchSemaphore(value: 0)
        let headers = request.headers.filter { ["accept", "content-type", "authorization"].contains($0.key) }
        Task {
            let outgoing = HTTPRequest(
                method: request.method,
                url: connection.server + request.target,
                headers: headers.map { ($0.key, $0.value) },
                body: request.body
            )
            let response = try? await TestCluster.transport.send(outgoing, trust: connection.trust)
            result.withLock { $0 = response }
            isDone.signal()
        }
        isDone.wait()
        return result.withLock { $0 }
    }
}
