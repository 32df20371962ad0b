/// Where a repository is and what it takes to read it.
package struct GitSource: Sendable, Hashable {
    package enum Location: Sendable, Hashable {
        /// A directory on this machine: a work tree or a bare repository. It is read in place.
        case local(path: String)
        /// `http` or `https`. The address holds no user and no password.
        case http(url: String)
        case ssh(user: String?, host: String, port: Int?, path: String)
    }

    package var location: Location
    package var credentials: GitCredentials

    /// From an address as `git clone` takes it: a path, `file://`, `https://`, `ssh://`, or `user@host:path`.
    ///
    /// A user and password inside the address become credentials for it. Credentials that were made for another origin
    /// are refused rather than sent.
    package init(_ address: String, credentials: GitCredentials = GitCredentials()) throws(GitFailure) {
        self.credentials = credentials
        let operation = "read Git address"
        if address.isEmpty { throw GitFailure(.invalid, operation, "the address is empty") }
        if address.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw GitFailure(.invalid, operation, "the address contains control characters")
        }
        if address.hasPrefix("file://") {
            let path = String(address.dropFirst("file://".count))
            guard path.hasPrefix("/") else { throw GitFailure(.invalid, operation, "file:// takes an absolute path") }
            location = .local(path: path)
            return
        }
        guard let separator = address.firstRange(of: "://") else {
            location = try Self.scpLike(address) ?? .local(path: address)
            try checkOrigin()
            return
        }
        let scheme = address[..<separator.lowerBound].lowercased()
        let rest = address[separator.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<slash]
        let path = String(rest[slash...])
        var user: String?
        var password: String?
        if let at = authority.lastIndex(of: "@") {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            user = Self.percentDecoded(parts[0])
            password = parts.count > 1 ? Self.percentDecoded(parts[1]) : nil
            authority = authority[authority.index(after: at)...]
        }
        guard !authority.isEmpty, !authority.hasPrefix("-") else {
            throw GitFailure(.invalid, operation, "the address names no host")
        }
        switch scheme {
        case "http", "https":
            location = .http(url: "\(scheme)://\(authority)\(path)")
            if let user, self.credentials.secret == nil {
                // A token alone is often given as the user: https://TOKEN@host/…
                self.credentials.secret = .basic(user: user, password: password ?? "")
            }
        case "ssh", "git+ssh", "ssh+git":
            let (host, port) = try Self.hostAndPort(authority)
            location = .ssh(
                user: user,
                host: host,
                port: port,
                path: path.hasPrefix("/~") ? String(path.dropFirst()) : path
            )
        default:
            throw GitFailure(.invalid, operation, "“\(scheme)” is not supported; use https, ssh or a local path")
        }
        try checkOrigin()
    }

    package var isLocal: Bool {
        if case .local = location { true } else { false }
    }

    /// The scheme, host and port that credentials are bound to; empty for local repositories.
    package var origin: String {
        switch location {
        case .local: return ""
        case .http(let url):
            let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            let authority = parts.count > 2 ? parts[2].lowercased() : ""
            let standard = parts[0] == "https:" ? ":443" : ":80"
            let hasPort = authority.split(separator: "]").last?.contains(":") ?? false
            return "\(parts[0])//\(authority)\(hasPort ? "" : standard)"
        case .ssh(_, let host, let port, _): return "ssh://\(host.lowercased()):\(port ?? 22)"
        }
    }

    /// The address for messages and for naming the mirror; holds no password.
    package var description: String {
        switch location {
        case .local(let path): path
        case .http(let url): url
        case .ssh(let user, let host, let port, let path):
            "ssh://\(user.map { "\($0)@" } ?? "")\(host)\(port.map { ":\($0)" } ?? "")/\(path.drop { $0 == "/" })"
        }
    }

    private func checkOrigin() throws(GitFailure) {
        guard let bound = credentials.origin, !isLocal else { return }
        let wanted = try GitSource(bound.contains("://") ? bound : "https://\(bound)").origin
        if wanted != origin {
            throw GitFailure(
                .authentication,
                "read Git address",
                "the credentials are for \(wanted), not for \(origin)"
            )
        }
    }

    /// `user@host:path`; nil when the text is a plain path.
    private static func scpLike(_ text: String) throws(GitFailure) -> Location? {
        guard let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") else { return nil }
        let front = text[..<colon]
        let path = String(text[text.index(after: colon)...])
        var user: String?
        var host = String(front)
        if let at = front.lastIndex(of: "@") {
            user = String(front[..<at])
            host = String(front[front.index(after: at)...])
        }
        if host.isEmpty || host.hasPrefix("-") || path.isEmpty {
            throw GitFailure(.invalid, "read Git address", "“\(text)” names no host and path")
        }
        return .ssh(user: user, host: host, port: nil, path: path)
    }

    private static func hostAndPort(_ text: Substring) throws(GitFailure) -> (String, Int?) {
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        var host = text
        var port: Int?
        if let colon = text[afterBracket...].lastIndex(of: ":") {
            guard let number = Int(text[text.index(after: colon)...]), (1...65_535).contains(number) else {
                throw GitFailure(.invalid, "read Git address", "the port is not a number from 1 to 65535")
            }
            port = number
            host = text[..<colon]
        }
        return (String(host.drop { $0 == "[" }.filter { $0 != "]" }), port)
    }

    private static func percentDecoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
