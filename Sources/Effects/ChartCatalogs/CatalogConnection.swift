package import HTTPTransport

/// What a catalog's host is shown: a user's name and password, or a token.
package struct CatalogCredentials: Sendable, Hashable, CustomStringConvertible {
    package enum Secret: Sendable, Hashable {
        case password(user: String, String)
        case token(String)

        /// The first line of a file: `user:password`, or a token. Nil when it is empty.
        package init?(text: String) {
            guard let line = text.split(whereSeparator: \.isNewline).first, !line.isEmpty else { return nil }
            if let colon = line.firstIndex(of: ":") {
                self = .password(user: String(line[..<colon]), String(line[line.index(after: colon)...]))
            } else {
                self = .token(String(line))
            }
        }
    }

    private let secret: Secret

    package init(_ secret: Secret) { self.secret = secret }

    package init(user: String, password: String) { secret = .password(user: user, password) }

    /// Never the password.
    package var description: String {
        switch secret {
        case .password(let user, _): "credentials of \(user)"
        case .token: "a token"
        }
    }

    /// The token itself, which a registry takes in place of one from its token server.
    var isToken: Bool { if case .token = secret { true } else { false } }

    /// The header `Authorization`.
    var header: String {
        switch secret {
        case .password(let user, let password): Self.basic(user, password)
        case .token(let token): "Bearer " + token
        }
    }

    private static func basic(_ user: String, _ password: String) -> String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var output: [UInt8] = []
        var buffer = 0
        var bits = 0
        for byte in "\(user):\(password)".utf8 {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= 6 {
                bits -= 6
                output.append(digits[buffer >> bits & 63])
            }
        }
        if bits > 0 { output.append(digits[buffer << (6 - bits) & 63]) }
        while !output.count.isMultiple(of: 4) { output.append(UInt8(ascii: "=")) }
        return "Basic " + String(decoding: output, as: UTF8.self)
    }
}

/// Asks catalogs over HTTP: follows redirects, shows credentials only to their own host, and bounds what it takes.
package struct CatalogConnection: Sendable {
    let transport: HTTPTransport
    /// The credentials for a host (with port), if any.
    let credentials: @Sendable (_ host: String) -> CatalogCredentials?
    /// Hosts (with port) that are spoken to over plain HTTP, such as a registry on this machine.
    let plainHosts: Set<String>
    let timeout: Duration

    package init(
        transport: HTTPTransport,
        plainHosts: Set<String> = [],
        timeout: Duration = .seconds(60),
        credentials: @escaping @Sendable (_ host: String) -> CatalogCredentials? = { _ in nil }
    ) {
        self.transport = transport
        self.plainHosts = plainHosts
        self.timeout = timeout
        self.credentials = credentials
    }

    private static let maximumRedirects = 5

    /// Sends a GET and follows redirects. Headers for authorization go no further than the first host, and never from
    /// https to http.
    func get(
        _ url: String,
        headers: [(String, String)] = [],
        authorization: String? = nil,
        operation: String,
        limit: Int
    ) async throws(CatalogFailure) -> HTTPResponse {
        var url = url
        let first = Self.origin(of: url)
        for _ in 0...Self.maximumRedirects {
            var all = headers
            if let authorization, Self.origin(of: url) == first { all.append(("authorization", authorization)) }
            let response: HTTPResponse
            do throws(HTTPFailure) {
                response = try await transport.send(HTTPRequest(url: url, headers: all, timeout: timeout))
            } catch {
                throw CatalogFailure(
                    error.kind == .tooLarge ? .tooLarge : .connection,
                    operation: operation,
                    message: error.message
                )
            }
            guard [301, 302, 303, 307, 308].contains(response.status), let next = response.header("location") else {
                if response.body.count > limit {
                    let size = "\(response.body.count) bytes, more than the \(limit) allowed"
                    throw CatalogFailure(.tooLarge, operation: operation, message: "the answer has \(size)")
                }
                return response
            }
            let target = Self.resolve(next, from: url)
            if url.hasPrefix("https://"), !target.hasPrefix("https://") {
                throw CatalogFailure(
                    .refused,
                    operation: operation,
                    message: "the server redirects from https to \(target)"
                )
            }
            url = target
        }
        throw CatalogFailure(.refused, operation: operation, message: "too many redirects")
    }

    /// The failure for an answer that is no success; nil for a success.
    static func failure(_ response: HTTPResponse, _ operation: String) -> CatalogFailure? {
        switch response.status {
        case 200..<300: nil
        case 401, 403:
            CatalogFailure(.unauthorized, operation: operation, message: "the server answers \(response.status)")
        case 404: CatalogFailure(.notFound, operation: operation, message: "the server answers 404")
        case 429, 500...:
            CatalogFailure(.connection, operation: operation, message: "the server answers \(response.status)")
        default: CatalogFailure(.refused, operation: operation, message: "the server answers \(response.status)")
        }
    }

    /// The host (with port) of an address.
    package static func host(of url: String) -> String {
        guard let start = url.firstRange(of: "://") else { return "" }
        return String(url[start.upperBound...].prefix { $0 != "/" && $0 != "?" })
    }

    /// Scheme and host: what a secret is bound to.
    static func origin(of url: String) -> String {
        guard let start = url.firstRange(of: "://") else { return "" }
        return url[..<start.upperBound].lowercased() + host(of: url).lowercased()
    }

    static func resolve(_ reference: String, from base: String) -> String {
        if reference.hasPrefix("http://") || reference.hasPrefix("https://") { return reference }
        guard let start = base.firstRange(of: "://") else { return reference }
        if reference.hasPrefix("//") { return base[..<start.lowerBound] + ":" + reference }
        let end = base[start.upperBound...].firstIndex(of: "/") ?? base.endIndex
        if reference.hasPrefix("/") { return base[..<end] + reference }
        let folder = base[end...].prefix { $0 != "?" }
        let last = folder.lastIndex(of: "/") ?? folder.startIndex
        return base[..<end] + (folder.isEmpty ? "/" : folder[...last]) + reference
    }
}
