internal import CGitShims
internal import CLibgit2

/// Why a Git operation could not be done.
package struct GitFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// No such repository, reference, commit or path.
        case notFound
        /// Credentials are missing, refused, or meant for another server.
        case authentication
        /// The server could not be reached or the connection broke.
        case network
        /// The server's certificate or host key is not trusted.
        case certificate
        /// The server answers with an error of its own (5xx, 429).
        case server
        /// The server sends the client elsewhere, which is not followed.
        case redirected
        /// What answers does not speak Git.
        case notGit
        case timeout
        case tooLarge
        /// Objects are missing or damaged.
        case corrupt
        /// The disk is full or cannot be written or read.
        case storage
        case cancelled
        /// What was asked for makes no sense: an invalid address, reference or range.
        case invalid
        /// The work tree or branch holds something else than expected.
        case conflict
    }

    package var kind: Kind
    /// What was being done, e.g. `fetch https://example.org/fleet.git`; never holds a password.
    package var operation: String
    package var message: String

    package init(_ kind: Kind, _ operation: String, _ message: String) {
        self.kind = kind
        self.operation = operation
        self.message = message
    }

    /// Whether the same may succeed later with nothing changed on our side.
    package var isRetryable: Bool {
        switch kind {
        case .network, .server, .timeout, .storage, .corrupt: true
        case .notFound, .authentication, .certificate, .redirected, .notGit, .tooLarge, .cancelled, .invalid, .conflict:
            false
        }
    }

    package var description: String { "\(operation): \(message) [\(kind.rawValue)]" }

    /// Reads libgit2's error of this thread. To be called right after the failed call.
    static func last(_ code: Int32, _ operation: String) -> GitFailure {
        var message = "error \(code)"
        var area = GIT_ERROR_NONE.rawValue
        if let error = git_error_last(), let text = error.pointee.message {
            message = String(cString: text)
            area = UInt32(bitPattern: error.pointee.klass)
        }
        let kind: Kind
        switch git_error_code(code) {
        case GIT_ENOTFOUND, GIT_EUNBORNBRANCH: kind = .notFound
        case GIT_EAUTH: kind = .authentication
        case GIT_ECERTIFICATE: kind = .certificate
        case GIT_EAMBIGUOUS, GIT_EINVALIDSPEC, GIT_EINVALID: kind = .invalid
        case GIT_EUSER: kind = .cancelled
        case GIT_EMODIFIED, GIT_ECONFLICT, GIT_ELOCKED, GIT_EUNCOMMITTED: kind = .conflict
        case GIT_EEOF: kind = .network
        default:
            switch git_error_t(area) {
            case GIT_ERROR_OS, GIT_ERROR_FILESYSTEM, GIT_ERROR_NOMEMORY: kind = .storage
            case GIT_ERROR_NET, GIT_ERROR_HTTP, GIT_ERROR_SSH: kind = .network
            case GIT_ERROR_SSL: kind = .certificate
            default: kind = .corrupt
            }
        }
        return GitFailure(kind, operation, message)
    }

    /// The kind that a link reported.
    static func kind(ofLink failure: Int32) -> Kind {
        switch Int(failure) {
        case MARTLET_GIT_AUTHENTICATION: .authentication
        case MARTLET_GIT_NOT_FOUND: .notFound
        case MARTLET_GIT_CERTIFICATE: .certificate
        case MARTLET_GIT_TIMEOUT: .timeout
        case MARTLET_GIT_TOO_LARGE: .tooLarge
        case MARTLET_GIT_CANCELLED: .cancelled
        case MARTLET_GIT_PROTOCOL: .notGit
        case MARTLET_GIT_REDIRECTED: .redirected
        case MARTLET_GIT_SERVER: .server
        default: .network
        }
    }
}

/// Throws when libgit2 returned an error; otherwise the code, which some functions use as an answer.
@discardableResult
func check(_ code: Int32, _ operation: @autoclosure () -> String) throws(GitFailure) -> Int32 {
    if code < 0 { throw GitFailure.last(code, operation()) }
    return code
}
