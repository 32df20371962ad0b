/// One request: where, how, what, and how long it may take.
package struct HTTPRequest: Sendable {
    package var method: String
    /// `http` or `https`, with host, path and query, already percent-encoded.
    package var url: String
    package var headers: [(String, String)]
    package var body: [UInt8]
    /// The deadline of the whole exchange; of a stream, until its head has arrived.
    package var timeout: Duration

    package init(
        method: String = "GET",
        url: String,
        headers: [(String, String)] = [],
        body: [UInt8] = [],
        timeout: Duration = .seconds(30)
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
    }
}

/// A whole answer.
package struct HTTPResponse: Sendable {
    package var status: Int
    /// Names are lower-case.
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    /// The first value under a lower-case name.
    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Whom to trust and what to show, all as PEM text held in memory.
package struct HTTPTrust: Sendable, Hashable, CustomStringConvertible {
    /// The authorities that may sign the server's certificate; nil trusts the system's.
    package var authority: [UInt8]?
    package var clientCertificate: [UInt8]?
    package var clientKey: [UInt8]?
    /// The name the certificate must carry when it is not the host's.
    package var serverName: String?
    /// Accepts any certificate. Only where an operator's own file says so.
    package var skipsVerification: Bool

    package init(
        authority: [UInt8]? = nil,
        clientCertificate: [UInt8]? = nil,
        clientKey: [UInt8]? = nil,
        serverName: String? = nil,
        skipsVerification: Bool = false
    ) {
        self.authority = authority
        self.clientCertificate = clientCertificate
        self.clientKey = clientKey
        self.serverName = serverName
        self.skipsVerification = skipsVerification
    }

    /// Says what is set, never what it is.
    package var description: String {
        "trust(authority: \(authority != nil), certificate: \(clientCertificate != nil), key: \(clientKey != nil))"
    }
}

/// An answer whose body arrives over time.
package struct HTTPStream: Sendable {
    package var status: Int
    /// Names are lower-case.
    package var headers: [(name: String, value: String)]
    package var chunks: HTTPChunks
}
