/// One request as a handler sees it: read whole, its body below the server's limit.
package struct HTTPRequest: Sendable {
    package var method: String
    /// Path and query as they were sent, still percent-encoded.
    package var target: String
    package var headers: HTTPHeaders
    package var body: [UInt8]
    /// The client's TLS certificate (DER); the server has verified that its authority signed it.
    package var clientCertificate: [UInt8]?

    package init(
        method: String,
        target: String,
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [],
        clientCertificate: [UInt8]? = nil
    ) {
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.clientCertificate = clientCertificate
    }
}
