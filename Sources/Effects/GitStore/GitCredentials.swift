/// What a remote asks for before it hands out a repository. Never printed.
package struct GitCredentials: Sendable, Hashable {
    package enum Secret: Sendable, Hashable {
        case basic(user: String, password: String)
        /// An access token of a forge, sent as the password of HTTP basic authentication.
        case token(String)
        /// A token sent as `Authorization: Bearer`.
        case bearer(String)
        /// A private key file for SSH.
        case sshKey(file: String)
    }

    package var secret: Secret?
    /// Scheme, host and port that the secret may be sent to, e.g. `https://git.example.org`; nil: where the source is.
    package var origin: String?
    /// Certificates (PEM) to trust instead of the system's.
    package var certificateAuthority: [UInt8]?
    /// A known_hosts file to use instead of the user's.
    package var knownHostsFile: String?

    package init(
        _ secret: Secret? = nil,
        origin: String? = nil,
        certificateAuthority: [UInt8]? = nil,
        knownHostsFile: String? = nil
    ) {
        self.secret = secret
        self.origin = origin
        self.certificateAuthority = certificateAuthority
        self.knownHostsFile = knownHostsFile
    }
}

extension GitCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { secret == nil ? "no credentials" : "‹credentials›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

extension GitCredentials.Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "‹secret›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// What one fetch and one snapshot may cost at most.
package struct GitLimits: Sendable, Hashable {
    package var fetchTimeout: Duration
    package var fetchBytes: Int
    package var fileBytes: Int
    package var files: Int

    package init(
        fetchTimeout: Duration = .seconds(600),
        fetchBytes: Int = 4 << 30,
        fileBytes: Int = 32 << 20,
        files: Int = 500_000
    ) {
        self.fetchTimeout = fetchTimeout
        self.fetchBytes = fetchBytes
        self.fileBytes = fileBytes
        self.files = files
    }
}
