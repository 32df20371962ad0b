package import APIServer
package import APIStore
import Foundation
import KubernetesModel
package import StructuredValue

/// An API server for tests, in the process; `serving` puts it on a loopback port, over TLS.
package struct TestServer: Sendable {
    package let api: APIServer
    package let authority: LabAuthority
    /// A client certificate that may do everything.
    package let administrator: Credential
    /// A bearer token that may do everything.
    package let token: String
    private let credential: Credential

    /// The time of day, and sleeping for real.
    package static let clock = ServerClock(
        now: {
            let time = Date().timeIntervalSince1970
            return Timestamp(seconds: Int(time), microseconds: Int((time - time.rounded(.down)) * 1_000_000))
        },
        sleep: { try await Task.sleep(for: $0) }
    )

    /// - Parameters:
    ///   - definitions: Custom resource definitions to begin with.
    ///   - upkeepDelay: How long garbage collection waits.
    package init(
        store: any ObjectStore = MemoryStore(),
        definitions: [Value] = [],
        upkeepDelay: Duration = .zero,
        clock: ServerClock = Self.clock
    ) throws {
        api = APIServer(store: store, clock: clock, settings: APIServer.Settings(upkeepDelay: upkeepDelay))
        authority = try LabAuthority(now: Self.clock.now())
        administrator = try authority.client(.administrator, now: Self.clock.now())
        credential = try authority.server(hosts: ["localhost", "127.0.0.1"], now: Self.clock.now())
        token = "test-\(UUID().uuidString)"
        let client = client("test-setup")
        for definition in definitions { try client.create(definition) }
    }

    /// The server's verbs for callers in the process.
    package func client(_ manager: String = "test") -> InProcessClient { InProcessClient(api, manager: manager) }

    /// Where a serving server is found, and how to enter.
    package struct Address: Sendable {
        package var url: String
        package var authority: String
        package var client: Credential
        package var token: String

        /// A kubeconfig with a client certificate.
        package var kubeconfig: String {
            Kubeconfig([Kubeconfig.Entry(name: "test", server: url, authority: authority, client: client)]).yaml
        }
    }

    /// Runs `body` while the server listens on a free loopback port; stops it afterwards.
    package func serving<Result: Sendable>(
        _ body: @escaping @Sendable (Address) async throws -> Result
    ) async throws -> Result {
        let server = LabServer(
            name: "test",
            api: api,
            authenticator: Authenticator(tokens: [token: .administrator]),
            authority: authority,
            credential: credential
        )
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        return try await withThrowingTaskGroup(of: Result?.self) { group in
            group.addTask {
                try await server.run { port in continuation.yield(port) }
                continuation.finish()
                return nil
            }
            group.addTask { [authority, administrator, token] in
                for await port in ports {
                    return try await body(
                        Address(
                            url: "https://127.0.0.1:\(port)",
                            authority: authority.credential.certificate,
                            client: administrator,
                            token: token
                        )
                    )
                }
                return nil
            }
            defer { group.cancelAll() }
            while let outcome = try await group.next() {
                if let outcome { return outcome }
            }
            throw CancellationError()
        }
    }
}
