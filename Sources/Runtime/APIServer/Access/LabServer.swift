import HTTPServer

/// One API server of the lab on its own port, over TLS.
package struct LabServer: Sendable {
    package let name: String
    package let api: APIServer
    package let authenticator: Authenticator
    private let settings: HTTPServer.Settings
    private let onRequest: @Sendable () -> Void

    /// - Parameter credential: The certificate this server shows, signed by the lab's authority.
    package init(
        name: String,
        api: APIServer,
        authenticator: Authenticator,
        authority: LabAuthority,
        credential: Credential,
        host: String = "127.0.0.1",
        port: Int = 0,
        onRequest: @escaping @Sendable () -> Void = {}
    ) {
        self.name = name
        self.api = api
        self.authenticator = authenticator
        self.onRequest = onRequest
        settings = HTTPServer.Settings(
            host: host,
            port: port,
            identity: TLSIdentity(
                certificateChain: credential.certificate,
                privateKey: credential.privateKey,
                clientAuthority: authority.credential.certificate
            )
        )
    }

    /// Serves until the task is cancelled.
    package func run(onListening: @escaping @Sendable (_ port: Int) async -> Void = { _ in }) async throws {
        let frontend = HTTPFrontend(api, authenticator, onRequest: onRequest)
        let server = HTTPServer(settings) { await frontend.answer($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await api.run() }
            group.addTask { try await server.run(onListening: onListening) }
            // One ending ends the other: a server that answers but never cleans up would be half alive.
            try await group.next()
            group.cancelAll()
        }
    }
}
