internal import CCurlShims
internal import CLibcurl

/// Why an exchange did not come to an answer.
package struct HTTPFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No connection, or it broke.
        case unreachable
        case timeout
        /// The server's certificate is not trusted, or it refuses ours.
        case certificate
        /// The answer is longer than allowed.
        case tooLarge
        case cancelled
        /// What came is not HTTP, or ended in the middle.
        case protocolError
        /// The request itself makes no sense.
        case invalid
    }

    package var kind: Kind
    package var operation: String
    package var message: String

    package init(_ kind: Kind, operation: String, message: String) {
        self.kind = kind
        self.operation = operation
        self.message = message
    }

    /// Whether the same request may come through later.
    package var isRetryable: Bool {
        switch kind {
        case .unreachable, .timeout, .protocolError: true
        case .certificate, .tooLarge, .cancelled, .invalid: false
        }
    }

    package var description: String { "\(operation): \(message)" }

    static func kind(of code: CURLcode) -> Kind {
        switch code {
        case CURLE_OPERATION_TIMEDOUT: .timeout
        // A handshake that breaks off (CURLE_SSL_CONNECT_ERROR) says nothing about certificates: servers restart.
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR,
            CURLE_SSL_CIPHER:
            .certificate
        case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_FUNCTION_ARGUMENT: .invalid
        case CURLE_PARTIAL_FILE, CURLE_WEIRD_SERVER_REPLY, CURLE_BAD_CONTENT_ENCODING:
            .protocolError
        case CURLE_FILESIZE_EXCEEDED: .tooLarge
        default: .unreachable
        }
    }
}
