package import HTTPTransport

/// Where an API server is and how to be let in. Secrets in it are never printed.
package struct ServerConnection: Sendable, Hashable, CustomStringConvertible {
    /// Who asks.
    package enum Credential: Sendable, Hashable {
        /// A client certificate in `trust`, or nobody.
        case none
        case token(String)
        /// A file whose token may change; read again now and then.
        case tokenFile(path: String)
        case basic(user: String, password: String)
        /// A program that prints a credential (client-go's exec plugins).
        case program(CredentialProgram)
    }

    /// `https://host:port`, with a path when the server lies below one; no trailing slash.
    package var server: String
    package var trust: HTTPTrust
    package var credential: Credential
    /// The namespace a kubeconfig's context names; empty when it names none.
    package var namespace: String

    package init(
        server: String,
        trust: HTTPTrust = HTTPTrust(),
        credential: Credential = .none,
        namespace: String = ""
    ) {
        var server = server
        while server.hasSuffix("/") { server.removeLast() }
        self.server = server
        self.trust = trust
        self.credential = credential
        self.namespace = namespace
    }

    package var description: String { server }
}

/// A program of the operator's own kubeconfig that prints an `ExecCredential`.
package struct CredentialProgram: Sendable, Hashable {
    package var command: String
    package var arguments: [String]
    package var environment: [String: String]
    package var apiVersion: String

    package init(command: String, arguments: [String], environment: [String: String], apiVersion: String) {
        self.command = command
        self.arguments = arguments
        self.environment = environment
        self.apiVersion = apiVersion
    }
}
