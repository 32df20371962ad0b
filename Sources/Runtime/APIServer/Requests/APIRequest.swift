package import HTTPServer

/// Who asks.
package struct APIUser: Sendable, Hashable {
    package var name: String
    package var groups: [String]

    package init(name: String, groups: [String]) {
        self.name = name
        self.groups = groups
    }

    /// May do everything.
    package static let administrator = APIUser(
        name: "kubernetes-admin",
        groups: ["system:masters", "system:authenticated"]
    )
}

/// One request to the API, freed from its transport.
package struct APIRequest: Sendable {
    package var method: String
    /// The path's parts, decoded.
    package var path: [String]
    package var query: QueryItems
    package var headers: HTTPHeaders
    package var body: [UInt8]
    package var user: APIUser

    package init(
        method: String,
        path: [String],
        query: QueryItems = QueryItems([]),
        headers: HTTPHeaders = HTTPHeaders(),
        body: [UInt8] = [],
        user: APIUser = .administrator
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.user = user
    }

    /// Splits a request target (`/api/v1/pods?limit=5`) into path and query.
    package init(_ request: HTTPRequest, user: APIUser) {
        let target = request.target
        let mark = target.firstIndex(of: "?")
        let path = percentDecoded(target[..<(mark ?? target.endIndex)], plusIsSpace: false)
        // Slashes at the ends do not count; an empty part between others is a name without letters.
        var parts = path.split(separator: "/", omittingEmptySubsequences: false)
        if parts.first?.isEmpty == true { parts.removeFirst() }
        while parts.last?.isEmpty == true { parts.removeLast() }
        self.init(
            method: request.method,
            path: parts.map(String.init),
            query: QueryItems(text: mark.map { target[target.index(after: $0)...] } ?? ""),
            headers: request.headers,
            body: request.body,
            user: user
        )
    }
}

/// The query of a request.
package struct QueryItems: Sendable {
    package var pairs: [(name: String, value: String)]

    package init(_ pairs: [(String, String)]) { self.pairs = pairs.map { (name: $0.0, value: $0.1) } }

    init(text: Substring) {
        pairs = text.split(separator: "&").map { item in
            guard let equals = item.firstIndex(of: "=") else {
                return (percentDecoded(item, plusIsSpace: true), "")
            }
            return (
                percentDecoded(item[..<equals], plusIsSpace: true),
                percentDecoded(item[item.index(after: equals)...], plusIsSpace: true)
            )
        }
    }

    /// The first value under a name; nil when it is absent.
    package subscript(_ name: String) -> String? { pairs.first { $0.name == name }?.value }

    func all(_ name: String) -> [String] { pairs.filter { $0.name == name }.map(\.value) }

    /// As the API reads booleans: present and neither `false` nor `0`.
    func flag(_ name: String) -> Bool? {
        guard let text = self[name] else { return nil }
        return !(text.lowercased() == "false" || text == "0")
    }
}

func percentDecoded(_ text: Substring, plusIsSpace: Bool) -> String {
    guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || (plusIsSpace && $0 == UInt8(ascii: "+")) }) else {
        return String(text)
    }
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        if byte == UInt8(ascii: "%"), rest.count >= 2,
            let code = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
        {
            bytes.append(code)
            rest.removeFirst(2)
        } else {
            bytes.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
