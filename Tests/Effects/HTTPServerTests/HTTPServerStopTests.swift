import Foundation
import HTTPServer
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPServerStopTests {
    /// Connects and lets go again and again, on a thread of its own, until it is told to stop.
    private final class Knocker: Sendable {
        private let count = Mutex(0)
        private let isOver = Mutex(false)

        init(port: Int, after knocks: Int, _ then: @escaping @Sendable () -> Void) {
            Thread.detachNewThread { [self] in
                var address = sockaddr_in()
                address.sin_family = sa_family_t(AF_INET)
                address.sin_port = in_port_t(port).bigEndian
                address.sin_addr.s_addr = inet_addr("127.0.0.1")
                while !isOver.withLock({ $0 }) {
                    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                    _ = withUnsafePointer(to: &address) { pointer in
                        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                            connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                        }
                    }
                    close(socket)
                    let made = count.withLock { made in
                        made += 1
                        return made
                    }
                    if made == knocks { then() }
                }
            }
        }

        func stop() { isOver.withLock { $0 = true } }
    }

    @Test
    func clientsThatConnectWhileItStopsDoNoHarm() async throws {
        for _ in 0..<30 {
            let (listening, announce) = AsyncStream.makeStream(of: Int.self)
            let server = Task {
                try await HTTPServer(.init()) { _ in HTTPResponse(status: 204) }.run { port in announce.yield(port) }
            }
            var ports = listening.makeAsyncIterator()
            let port = try #require(await ports.next())
            let knockers = (0..<4).map { _ in Knocker(port: port, after: 25) { server.cancel() } }
            // Cancelled or done: either is an end in good order.
            _ = await server.result
            for knocker in knockers { knocker.stop() }
        }
    }
}
