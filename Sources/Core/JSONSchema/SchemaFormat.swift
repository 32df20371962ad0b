import LinearRegex
import StructuredValue

/// The formats that strings are held against.
enum SchemaFormat: String, Sendable {
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case uuid, duration, period, ipv4, ipv6, hostname, email, date, time
    case dateTime = "date-time"
    case uri, iri
    case uriReference = "uri-reference"
    case iriReference = "iri-reference"
    case uriTemplate = "uri-template"
    case semver, regex

    /// Why the value is not of this format; nil when it is, or when it is no string.
    func objection(to value: Value) -> String? {
        guard case .string(let text) = value else { return nil }
        do throws(FormatObjection) {
            try check(text)
            return nil
        } catch {
            return error.reason
        }
    }

    func check(_ text: String) throws(FormatObjection) {
        switch self {
        case .jsonPointer: try Self.checkPointer(text[...])
        case .relativeJSONPointer: try Self.checkRelativePointer(text)
        case .uuid: try Self.checkUUID(text)
        case .duration: try Self.checkDuration(text)
        case .period: try Self.checkPeriod(text)
        case .ipv4: try Self.checkIPv4(text)
        case .ipv6: try Self.checkIPv6(text)
        case .hostname: try Self.checkHostname(text)
        case .email: try Self.checkEmail(text)
        case .date: try Self.checkDate(text)
        case .time: try Self.checkTime(text)
        case .dateTime: try Self.checkDateTime(text)
        case .uri, .iri:
            try Self.checkReference(text)
            if SchemaAddress.scheme(of: text) == nil { throw FormatObjection("relative url") }
        case .uriReference, .iriReference:
            if text.contains("\\") { throw FormatObjection("contains \\") }
            try Self.checkReference(text)
        case .uriTemplate: try Self.checkTemplate(text)
        case .semver: try Self.checkSemanticVersion(text)
        case .regex:
            do throws(PatternError) { _ = try LinearPattern(text) } catch {
                throw FormatObjection("\(error)")
            }
        }
    }
}

/// Why a text is not of a format.
struct FormatObjection: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }

    static func character(_ byte: UInt8, _ place: String = "") -> FormatObjection {
        FormatObjection("invalid character '\(String(decoding: [byte], as: UTF8.self))'\(place)")
    }
}

// MARK: Names, numbers and addresses

extension SchemaFormat {
    private static func pieces(_ text: Substring, _ separator: Character) -> [Substring] {
        text.split(separator: separator, omittingEmptySubsequences: false)
    }

    private static func checkPointer(_ text: Substring) throws(FormatObjection) {
        if text.isEmpty { return }
        guard text.hasPrefix("/") else { throw FormatObjection("not starting with /") }
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else { continue }
            guard let next = rest.first, next == UInt8(ascii: "0") || next == UInt8(ascii: "1") else {
                throw FormatObjection("~ must be followed by 0 or 1")
            }
        }
    }

    private static func checkRelativePointer(_ text: String) throws(FormatObjection) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        if digits.isEmpty { throw FormatObjection("must start with non-negative integer") }
        if digits.count > 1, digits.hasPrefix("0") { throw FormatObjection("starts with zero") }
        let rest = text.dropFirst(digits.count)
        if rest != "#" { try checkPointer(rest) }
    }

    private static func checkUUID(_ text: String) throws(FormatObjection) {
        let lengths = [8, 4, 4, 4, 12]
        let groups = pieces(text[...], "-")
        if groups.count != lengths.count { throw FormatObjection("must have 5 elements") }
        for (index, group) in groups.enumerated() {
            if group.utf8.count != lengths[index] {
                throw FormatObjection("element \(index + 1) must be \(lengths[index]) characters long")
            }
            for byte in group.utf8 where !byte.isHexDigit {
                throw FormatObjection("non-hex character '\(String(decoding: [byte], as: UTF8.self))'")
            }
        }
    }

    static func checkIPv4(_ text: String) throws(FormatObjection) {
        let groups = pieces(text[...], ".")
        if groups.count != 4 { throw FormatObjection("expected four decimals") }
        for group in groups {
            if group.utf8.count > 1, group.hasPrefix("0") { throw FormatObjection("leading zeros") }
            guard let number = Int(group) else {
                throw FormatObjection("strconv.Atoi: parsing \"\(group)\": invalid syntax")
            }
            if !(0...255).contains(number) { throw FormatObjection("decimal must be between 0 and 255") }
        }
    }

    static func checkIPv6(_ text: String) throws(FormatObjection) {
        guard text.contains(":") else { throw FormatObjection("missing colon") }
        if text.contains("%") { throw FormatObjection("zone id is not a part of ipv6 address") }
        func refuse(_ reason: String) -> FormatObjection { FormatObjection("ParseAddr(\"\(text)\"): \(reason)") }
        var fields = 0
        var hasGap = false
        var rest = Array(text.utf8)[...]
        let colon = UInt8(ascii: ":")
        if rest.starts(with: [colon, colon]) {
            hasGap = true
            rest = rest.dropFirst(2)
        } else if rest.first == colon {
            throw refuse("each colon-separated field must have at least one digit (at \"\(text)\")")
        }
        while !rest.isEmpty {
            let field = rest.prefix { $0.isHexDigit }
            if field.isEmpty { throw refuse("each colon-separated field must have at least one digit") }
            if rest.dropFirst(field.count).first == UInt8(ascii: ".") {
                do throws(FormatObjection) { try checkIPv4(String(decoding: rest, as: UTF8.self)) } catch {
                    throw refuse(error.reason)
                }
                fields += 2
                rest = []
                break
            }
            if field.count > 4 { throw refuse("each group must have 4 or less digits") }
            fields += 1
            rest = rest.dropFirst(field.count)
            if rest.isEmpty { break }
            guard rest.first == colon else { throw refuse("unexpected character, want colon") }
            rest = rest.dropFirst()
            if rest.first == colon {
                if hasGap { throw refuse("multiple :: in address") }
                hasGap = true
                rest = rest.dropFirst()
            } else if rest.isEmpty {
                throw refuse("colon must be followed by more characters")
            }
        }
        if fields > 8 { throw refuse("trailing garbage after address") }
        if fields < 8, !hasGap { throw refuse("address string too short") }
        if fields == 8, hasGap { throw refuse("the :: must expand to at least one field of zeros") }
    }

    static func checkHostname(_ text: String) throws(FormatObjection) {
        let name = text.hasSuffix(".") ? text.dropLast() : text[...]
        if name.utf8.count > 253 { throw FormatObjection("more than 253 characters long") }
        for label in pieces(name, ".") {
            if !(1...63).contains(label.utf8.count) { throw FormatObjection("label must be 1 to 63 characters long") }
            if label.hasPrefix("-") { throw FormatObjection("label starts with hyphen") }
            if label.hasSuffix("-") { throw FormatObjection("label ends with hyphen") }
            for scalar in label.unicodeScalars {
                if scalar.isASCII, let byte = UInt8(exactly: scalar.value) {
                    if byte.isLetter || byte.isDigit || byte == UInt8(ascii: "-") { continue }
                }
                throw FormatObjection("invalid character '\(scalar)'")
            }
        }
    }

    private static func checkEmail(_ text: String) throws(FormatObjection) {
        if text.utf8.count > 254 { throw FormatObjection("more than 255 characters long") }
        guard let at = text.lastIndex(of: "@") else { throw FormatObjection("missing @") }
        let local = text[..<at]
        let domain = String(text[text.index(after: at)...])
        if local.utf8.count > 64 { throw FormatObjection("local part more than 64 characters long") }
        if local.utf8.count > 1, local.hasPrefix("\"") {
            if local.dropFirst().dropLast().contains(where: { $0 == "\\" || $0 == "\"" }) {
                throw FormatObjection("backslash and quote are not allowed within quoted local part")
            }
        } else {
            if local.hasPrefix(".") { throw FormatObjection("starts with dot") }
            if local.hasSuffix(".") { throw FormatObjection("ends with dot") }
            if local.contains("..") { throw FormatObjection("consecutive dots") }
            for scalar in local.unicodeScalars {
                if scalar.isASCII, let byte = UInt8(exactly: scalar.value) {
                    if byte.isLetter || byte.isDigit || ".!#$%&'*+-/=?^_`{|}~".utf8.contains(byte) { continue }
                }
                throw FormatObjection("invalid character '\(scalar)'")
            }
        }
        if domain.hasPrefix("["), domain.hasSuffix("]"), domain.utf8.count > 1 {
            let address = String(domain.dropFirst().dropLast())
            let isSix = address.hasPrefix("IPv6:")
            do throws(FormatObjection) {
                if isSix { try checkIPv6(String(address.dropFirst(5))) } else { try checkIPv4(address) }
            } catch {
                throw FormatObjection("invalid \(isSix ? "ipv6" : "ipv4") address: \(error.reason)")
            }
            return
        }
        do throws(FormatObjection) { try checkHostname(domain) } catch {
            throw FormatObjection("invalid domain: \(error.reason)")
        }
    }

    /// A URL as Go reads one, as far as it can be wrong.
    private static func checkReference(_ text: String) throws(FormatObjection) {
        func refuse(_ reason: String) -> FormatObjection { FormatObjection("parse \"\(text)\": \(reason)") }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            throw refuse("net/url: invalid control character in URL")
        }
        guard SchemaAddress.percentDecoded(text[...]) != nil else { throw refuse("invalid URL escape") }
        if text.hasPrefix(":") { throw refuse("missing protocol scheme") }
        let scheme = SchemaAddress.scheme(of: text)
        var rest = scheme.map { text.dropFirst($0.count + 1) } ?? text[...]
        if let hash = rest.firstIndex(of: "#") { rest = rest[..<hash] }
        if scheme == nil, !rest.hasPrefix("/"), let colon = rest.firstIndex(of: ":"),
            !rest[..<colon].contains(where: { $0 == "/" || $0 == "?" })
        {
            throw refuse("first path segment in URL cannot contain colon")
        }
        guard rest.hasPrefix("//") else { return }
        var host = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" }
        if let at = host.lastIndex(of: "@") { host = host[host.index(after: at)...] }
        if host.contains(" ") { throw refuse("invalid character \" \" in host name") }
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { throw refuse("missing ']' in host") }
            do throws(FormatObjection) { try checkIPv6(String(host.dropFirst().prefix(upTo: end))) } catch {
                throw FormatObjection("invalid ipv6 address: \(error.reason)")
            }
            host = host[host.index(after: end)...]
        } else if host.filter({ $0 == ":" }).count > 1 {
            throw FormatObjection("ipv6 address not enclosed in brackets")
        }
        if let colon = host.firstIndex(of: ":"), !host[colon...].dropFirst().utf8.allSatisfy(\.isDigit) {
            throw refuse("invalid port \"\(host[colon...])\" after host")
        }
    }

    private static func checkTemplate(_ text: String) throws(FormatObjection) {
        try checkReference(text)
        let path = text.prefix { $0 != "?" && $0 != "#" }
        for piece in pieces(path, "/") {
            var isOpen = false
            for character in piece where character == "{" || character == "}" {
                if (character == "{") == isOpen { throw FormatObjection("nested curly braces") }
                isOpen.toggle()
            }
            if isOpen { throw FormatObjection("no matching closing brace") }
        }
    }

    private static func checkSemanticVersion(_ text: String) throws(FormatObjection) {
        var rest = text[...]
        func isWord(_ byte: UInt8) -> Bool { byte.isDigit || byte.isLetter || byte == UInt8(ascii: "-") }
        if let plus = rest.firstIndex(of: "+") {
            let build = rest[rest.index(after: plus)...]
            if build.isEmpty { throw FormatObjection("build is empty") }
            for identifier in pieces(build, ".") {
                if identifier.isEmpty { throw FormatObjection("build identifier is empty") }
                for byte in identifier.utf8 where !isWord(byte) { throw .character(byte, " in build identifier") }
            }
            rest = rest[..<plus]
        }
        if let hyphen = rest.firstIndex(of: "-") {
            for identifier in pieces(rest[rest.index(after: hyphen)...], ".") {
                if identifier.isEmpty { throw FormatObjection("pre-release identifier is empty") }
                for byte in identifier.utf8 where !isWord(byte) { throw .character(byte, " in pre-release identifier") }
                if identifier.utf8.allSatisfy(\.isDigit), identifier.utf8.count > 1, identifier.hasPrefix("0") {
                    throw FormatObjection("pre-release numeric identifier starts with zero")
                }
            }
            rest = rest[..<hyphen]
        }
        let numbers = pieces(rest, ".")
        if numbers.count != 3 { throw FormatObjection("versionCore must have 3 numbers separated by dot") }
        for (name, number) in zip(["major", "minor", "patch"], numbers) {
            if number.isEmpty { throw FormatObjection("\(name) is empty") }
            if number.utf8.count > 1, number.hasPrefix("0") { throw FormatObjection("\(name) starts with zero") }
            if !number.utf8.allSatisfy(\.isDigit) { throw FormatObjection("\(name) contains non-digit") }
        }
    }
}
