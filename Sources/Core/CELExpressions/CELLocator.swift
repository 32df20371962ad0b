/// A URL in its parts, read as Go's `url.ParseRequestURI` reads it.
package struct CELLocator: Hashable, Sendable {
    var text: String
    var scheme = ""
    var host = ""
    var path = ""
    var query = ""

    /// Absolute URLs, and paths from the root.
    package init?(parsing text: String) {
        self.text = text
        guard !text.isEmpty, !text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
        var rest = Substring(text)
        if let first = text.utf8.first, first | 0x20 >= 0x61, first | 0x20 <= 0x7A, let colon = text.firstIndex(of: ":")
        {
            let name = text[..<colon]
            if name.utf8.allSatisfy(Self.isSchemeByte) {
                scheme = name.lowercased()
                rest = text[text.index(after: colon)...]
            }
        } else if text.first == ":" {
            return nil
        }
        if let mark = rest.firstIndex(of: "?") {
            query = String(rest[rest.index(after: mark)...])
            rest = rest[..<mark]
        }
        guard rest.first == "/" else { return nil }
        if !scheme.isEmpty || !rest.hasPrefix("///"), rest.hasPrefix("//") {
            rest = rest.dropFirst(2)
            let end = rest.firstIndex(of: "/") ?? rest.endIndex
            var authority = rest[..<end]
            if let at = authority.lastIndex(of: "@") { authority = authority[authority.index(after: at)...] }
            host = String(authority)
            rest = rest[end...]
            guard Self.isHost(host) else { return nil }
        }
        path = String(rest)
        guard Self.hasValidEscapes(path) else { return nil }
    }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || "+-.".utf8.contains(byte)
    }

    private static func isHost(_ host: String) -> Bool {
        if host.utf8.contains(where: { " <>\"\\^`{|}".utf8.contains($0) }) { return false }
        if host.hasPrefix("[") {
            guard let end = host.lastIndex(of: "]") else { return false }
            let tail = host[host.index(after: end)...]
            return tail.isEmpty || (tail.first == ":" && tail.dropFirst().utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 })
        }
        guard let colon = host.lastIndex(of: ":") else { return true }
        return host[host.index(after: colon)...].utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }

    private static func hasValidEscapes(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "%") {
            guard index + 2 < bytes.count, hex(bytes[index + 1]) != nil, hex(bytes[index + 2]) != nil else {
                return false
            }
        }
        return true
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }

    private static func unescaped(_ text: Substring, plusIsSpace: Bool = true) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count, let high = hex(bytes[index + 1]),
                let low = hex(bytes[index + 2])
            {
                output.append(high << 4 | low)
                index += 3
            } else {
                output.append(plusIsSpace && bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    var port: String {
        guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return "" }
        return String(host[host.index(after: colon)...])
    }

    var hostName: String {
        var name = Substring(host)
        if !port.isEmpty || host.hasSuffix(":") { name = name.dropLast(port.count + 1) }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        return String(name)
    }

    /// The path with bytes escaped that may not stand in one.
    var escapedPath: String {
        var output = ""
        for byte in path.utf8 {
            if byte > 0x20, byte < 0x7F, !"\"<>\\^`{|}".utf8.contains(byte) {
                output.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                output += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return output
    }

    var parameters: [(key: String, values: [String])] {
        var result: [(key: String, values: [String])] = []
        for part in query.split(separator: "&") {
            let pieces = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let key = Self.unescaped(pieces[0])
            let value = pieces.count > 1 ? Self.unescaped(pieces[1]) : ""
            var place: Int?
            for index in result.indices where result[index].key == key { place = index }
            if let place { result[place].values.append(value) } else { result.append((key, [value])) }
        }
        return result
    }
}

extension CELFunctions {
    private static func part(_ name: String, _ part: @escaping @Sendable (CELLocator) -> String) -> CELOverload {
        CELOverload(name, on: .url, .string) { (a) throws(CELFailure) in
            guard case .url(let locator) = a[0] else { throw .noSuchOverload }
            return .string(part(locator))
        }
    }

    static let locators: [CELOverload] = [
        CELOverload("isURL", [.string], .bool) { (a) throws(CELFailure) in
            .bool(CELLocator(parsing: try text(a[0])) != nil)
        },
        CELOverload("url", [.string], .url) { (a) throws(CELFailure) in
            guard let locator = CELLocator(parsing: try text(a[0])) else {
                throw CELFailure(
                    "URL parse error during conversion from string: parse \"\(try text(a[0]))\": invalid URI for request"
                )
            }
            return .url(locator)
        },
        part("getScheme") { $0.scheme }, part("getHost") { $0.host }, part("getHostname") { $0.hostName },
        part("getPort") { $0.port }, part("getEscapedPath") { $0.escapedPath },
        CELOverload("getQuery", on: .url, .map(.list(.string))) { (a) throws(CELFailure) in
            guard case .url(let locator) = a[0] else { throw .noSuchOverload }
            return .map(CELMap(locator.parameters.map { (.string($0.key), strings($0.values)) }))
        },
    ]
}
