/// The parts of an absolute URL that decide where a connection goes.
struct HTTPAddress: Hashable {
    var scheme: Substring
    /// As it stands in the URL, IPv6 addresses in brackets.
    var host: Substring
    var port: Int
    /// Path and query.
    var rest: Substring

    /// Nil when the text is no `http` or `https` URL.
    init?(_ url: String) {
        guard let separator = url.firstRange(of: "://") else { return nil }
        scheme = url[..<separator.lowerBound]
        let after = url[separator.upperBound...]
        let end = after.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? after.endIndex
        rest = after[end...]
        var authority = after[..<end]
        if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
        port = scheme == "https" ? 443 : 80
        let colon = authority.lastIndex(of: ":")
        if let colon, authority[colon...].lastIndex(of: "]") == nil {
            guard let number = Int(authority[authority.index(after: colon)...]) else { return nil }
            port = number
            host = authority[..<colon]
        } else {
            host = authority
        }
        if host.isEmpty || (scheme != "http" && scheme != "https") { return nil }
    }

    var isLoopback: Bool { host == "localhost" || host == "[::1]" || host.hasPrefix("127.") }
}
