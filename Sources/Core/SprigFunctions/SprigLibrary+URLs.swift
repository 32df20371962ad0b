import GoTemplate
import StructuredValue

extension SprigLibrary {
    static let urls: [GoFunction] = [
        GoFunction("urlParse", [.string]) { arguments, _ throws(GoFailure) in
            let url: GoURL
            do throws(GoURL.ParseError) { url = try GoURL(arguments.string(0)) } catch {
                throw GoFailure("unable to parse url: \(error.message)")
            }
            return .map(
                GoMap([
                    ("fragment", .string(url.fragment)), ("host", .string(url.host)),
                    ("hostname", .string(url.hostName)), ("opaque", .string(url.opaque)), ("path", .string(url.path)),
                    ("query", .string(url.query)), ("scheme", .string(url.scheme)),
                    ("userinfo", .string(url.user ?? "")),
                ])
            )
        },
        GoFunction("urlJoin", [.map]) { arguments, _ throws(GoFailure) in
            let map = arguments.map(0)
            func part(_ key: String) throws(GoFailure) -> String {
                guard let value = map[key] else { return "" }
                if value.isNil { throw GoFailure(nilDereference) }
                guard let text = value.string else {
                    throw GoFailure(
                        "unable to parse \(key) key, must be of type string, but \(value.kindName) found"
                    )
                }
                return text
            }
            var url = GoURL()
            url.scheme = try part("scheme")
            url.host = try part("host")
            url.path = try part("path")
            url.query = try part("query")
            url.opaque = try part("opaque")
            url.fragment = try part("fragment")
            let user = try part("userinfo")
            if !user.isEmpty {
                do throws(GoURL.ParseError) { url.user = try GoURL("proto://\(user)@host").user } catch {
                    throw GoFailure("unable to parse userinfo in dict: \(error.message)")
                }
            }
            return .string(url.text)
        },
        // Templates have no network: as in Helm without `--enable-dns`, names resolve to nothing.
        GoFunction("getHostByName", [.string]) { _, _ in .string("") },
    ]
}

/// A URL as Go's `net/url` takes it apart and puts it together.
struct GoURL {
    struct ParseError: Error { var message: String }

    var scheme = ""
    var opaque = ""
    /// User and password in their escaped form; nil when there is none.
    var user: String?
    var host = ""
    var path = ""
    /// The path as written, when it is not what escaping `path` gives.
    var rawPath = ""
    var query = ""
    var forcesQuery = false
    var fragment = ""

    init() {}

    init(_ text: String) throws(ParseError) {
        func refuse(_ reason: String) -> ParseError {
            ParseError(message: "parse \(GoQuotation.quote(text)): \(reason)")
        }
        var rest = text[...]
        if let hash = rest.firstIndex(of: "#") {
            let written = rest[rest.index(after: hash)...]
            guard let decoded = Self.unescape(written) else { throw refuse(Self.badEscape(written)) }
            fragment = decoded
            rest = rest[..<hash]
        }
        if rest.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw refuse("net/url: invalid control character in URL")
        }
        if rest == "*" {
            path = "*"
            return
        }
        if rest.hasPrefix(":") { throw refuse("missing protocol scheme") }
        if let colon = rest.firstIndex(of: ":"), Self.isScheme(rest[..<colon]) {
            scheme = rest[..<colon].lowercased()
            rest = rest[rest.index(after: colon)...]
        }
        if rest.hasSuffix("?"), rest.filter({ $0 == "?" }).count == 1 {
            forcesQuery = true
            rest.removeLast()
        } else if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        if !rest.hasPrefix("/") {
            if !scheme.isEmpty {
                opaque = String(rest)
                return
            }
            if let colon = rest.firstIndex(of: ":"), !rest[..<colon].contains("/") {
                throw refuse("first path segment in URL cannot contain colon")
            }
        }
        if rest.hasPrefix("//"), !(scheme.isEmpty && rest.hasPrefix("///")) {
            let end = rest.dropFirst(2).firstIndex(of: "/") ?? rest.endIndex
            let authority = rest.dropFirst(2)[..<end]
            rest = rest[end...]
            do throws(ParseError) { try readAuthority(authority) } catch { throw refuse(error.message) }
        }
        guard let decoded = Self.unescape(rest) else { throw refuse(Self.badEscape(rest)) }
        path = decoded
        if Self.escape(decoded, .path) != rest { rawPath = String(rest) }
    }

    private mutating func readAuthority(_ authority: Substring) throws(ParseError) {
        var hostPart = authority
        if let at = authority.lastIndex(of: "@") {
            hostPart = authority[authority.index(after: at)...]
            let written = authority[..<at]
            let isValid = written.utf8.allSatisfy { Self.isUnreserved($0) || "!$&'()*+,;=:%@".utf8.contains($0) }
            if !isValid { throw ParseError(message: "net/url: invalid userinfo") }
            let parts = written.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            var escaped: [String] = []
            for part in parts {
                guard let decoded = Self.unescape(part) else { throw ParseError(message: Self.badEscape(part)) }
                escaped.append(Self.escape(decoded, .user))
            }
            user = escaped.joined(separator: ":")
        }
        if hostPart.hasPrefix("[") {
            guard let end = hostPart.lastIndex(of: "]") else { throw ParseError(message: "missing ']' in host") }
            try Self.checkPort(hostPart[hostPart.index(after: end)...])
        } else if let colon = hostPart.lastIndex(of: ":") {
            try Self.checkPort(hostPart[colon...])
        }
        for byte in hostPart.utf8 where byte < 0x80 {
            let isValid = Self.isUnreserved(byte) || "!$&'()*+,;=:[]<>\"%".utf8.contains(byte)
            if !isValid {
                let shown = GoQuotation.quote(String(decoding: [byte], as: UTF8.self))
                throw ParseError(message: "invalid character \(shown) in host name")
            }
        }
        guard let decoded = Self.unescape(hostPart) else { throw ParseError(message: Self.badEscape(hostPart)) }
        host = decoded
    }

    private static func checkPort(_ port: Substring) throws(ParseError) {
        if port.isEmpty { return }
        let isValid = port.hasPrefix(":") && port.dropFirst().utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
        if !isValid { throw ParseError(message: "invalid port \(GoQuotation.quote(String(port))) after host") }
    }

    private static func isScheme(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, (first | 0x20) >= 0x61, (first | 0x20) <= 0x7A else { return false }
        return text.utf8.allSatisfy { byte in
            ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) || (byte >= 0x30 && byte <= 0x39)
                || "+-.".utf8.contains(byte)
        }
    }

    /// The host without its port and brackets.
    var hostName: String {
        if host.hasPrefix("["), let end = host.firstIndex(of: "]") {
            return String(host[host.index(after: host.startIndex)..<end])
        }
        return host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
    }

    var text: String {
        var output = scheme.isEmpty ? "" : scheme + ":"
        if !opaque.isEmpty {
            output += opaque
        } else {
            if !scheme.isEmpty || !host.isEmpty || user != nil {
                if !host.isEmpty || !path.isEmpty || user != nil { output += "//" }
                if let user { output += user + "@" }
                output += Self.escape(host, .host)
            }
            let written = rawPath.isEmpty ? (path == "*" ? "*" : Self.escape(path, .path)) : rawPath
            if !written.isEmpty, !written.hasPrefix("/"), !host.isEmpty { output += "/" }
            if output.isEmpty, let segment = written.split(separator: "/", omittingEmptySubsequences: false).first,
                segment.contains(":")
            {
                output += "./"
            }
            output += written
        }
        if forcesQuery || !query.isEmpty { output += "?" + query }
        if !fragment.isEmpty { output += "#" + Self.escape(fragment, .fragment) }
        return output
    }

    // MARK: Escapes

    private enum Place { case path, user, host, fragment }

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || "-_.~".utf8.contains(byte)
    }

    private static func escape(_ text: String, _ place: Place) -> String {
        let allowed: String =
            switch place {
            case .path: "$&+,/:;=@"
            case .user: "$&+,;="
            case .host: "!$&'()*+,;=:[]<>\""
            case .fragment: "$&+,/:;=?@!()*"
            }
        var output: [UInt8] = []
        let hex = Array("0123456789ABCDEF".utf8)
        for byte in text.utf8 {
            if isUnreserved(byte) || allowed.utf8.contains(byte) {
                output.append(byte)
            } else {
                output += [UInt8(ascii: "%"), hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func unescape(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                output.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2, digits.first != UInt8(ascii: "+"), digits.first != UInt8(ascii: "-"),
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            else { return nil }
            output.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func badEscape(_ text: Substring) -> String {
        var rest = text
        while let percent = rest.firstIndex(of: "%") {
            let escape = rest[percent...].prefix(3)
            if unescape(escape) == nil { return "invalid URL escape \(GoQuotation.quote(String(escape)))" }
            rest = rest[rest.index(after: percent)...]
        }
        return "invalid URL escape"
    }
}
