import StructuredValue

/// What the drafts of JSON Schema differ in.
enum SchemaDraft {
    /// The draft that a `$schema` names: 4, 6, 7, 2019 or 2020; nil for one we do not know.
    static func named(_ url: String) -> Int? {
        var rest = Substring(url)
        if let hash = rest.firstIndex(of: "#") {
            if rest.index(after: hash) != rest.endIndex { return nil }
            rest = rest[..<hash]
        }
        for scheme in ["http://", "https://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            break
        }
        switch rest {
        case "json-schema.org/schema", "json-schema.org/draft/2020-12/schema": return 2020
        case "json-schema.org/draft/2019-09/schema": return 2019
        case "json-schema.org/draft-07/schema": return 7
        case "json-schema.org/draft-06/schema": return 6
        case "json-schema.org/draft-04/schema": return 4
        default: return nil
        }
    }

    static func url(_ draft: Int) -> String {
        switch draft {
        case 2020: "https://json-schema.org/draft/2020-12/schema"
        case 2019: "https://json-schema.org/draft/2019-09/schema"
        default: "http://json-schema.org/draft-0\(draft)/schema"
        }
    }

    static func idKeyword(_ draft: Int) -> String { draft == 4 ? "id" : "$id" }

    /// How a keyword holds schemas.
    enum Shape { case one, oneOrList, list, map }

    /// The keywords that hold schemas, by draft.
    static func subschemas(_ draft: Int) -> [(keyword: String, shape: Shape)] {
        switch draft {
        case 2020...: subschemas2020
        case 2019: subschemas2019
        case 7: subschemas7
        default: listSubschemas(draft)
        }
    }

    private static let subschemas2020 = listSubschemas(2020)
    private static let subschemas2019 = listSubschemas(2019)
    private static let subschemas7 = listSubschemas(7)

    private static func listSubschemas(_ draft: Int) -> [(keyword: String, shape: Shape)] {
        var all: [(String, Shape)] = [
            ("definitions", .map), ("not", .one), ("allOf", .list), ("anyOf", .list), ("oneOf", .list),
            ("properties", .map), ("additionalProperties", .one), ("patternProperties", .map), ("items", .oneOrList),
            ("additionalItems", .one), ("dependencies", .map),
        ]
        if draft >= 6 { all += [("propertyNames", .one), ("contains", .one)] }
        if draft >= 7 { all += [("if", .one), ("then", .one), ("else", .one)] }
        if draft >= 2019 {
            all += [
                ("$defs", .map), ("dependentSchemas", .map), ("unevaluatedProperties", .one),
                ("unevaluatedItems", .one),
                ("contentSchema", .one),
            ]
        }
        if draft >= 2020 { all.append(("prefixItems", .list)) }
        return all
    }

    /// The vocabularies that hold when the document's own dialect does not say.
    static func isAsserted(vocabulary: String, in draft: Int) -> Bool {
        switch vocabulary {
        case "format": draft < 2019
        default: true
        }
    }
}

/// The parts of a document that have an identity of their own, and the anchors within.
struct SchemaResource {
    var pointer: String
    var id: String
    var draft: Int
    var anchors: [String: String] = [:]
    var dynamicAnchors: [String] = []
}

/// A reference's target: which document or resource, and where in it.
struct SchemaAddress {
    var url: String
    var fragment: String

    /// Splits at the number sign and decodes the fragment.
    static func split(_ text: String) -> SchemaAddress? {
        guard let hash = text.firstIndex(of: "#") else { return SchemaAddress(url: text, fragment: "") }
        guard let fragment = percentDecoded(text[text.index(after: hash)...]) else { return nil }
        return SchemaAddress(url: String(text[..<hash]), fragment: fragment)
    }

    static func percentDecoded(_ text: Substring) -> String? {
        guard text.contains("%") else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte != UInt8(ascii: "%") {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Joins a reference to the address it stands under (RFC 3986, section 5.2, without normalising more than dots).
    static func join(_ base: String, _ reference: String) -> String {
        if reference.isEmpty { return base }
        if scheme(of: reference) != nil { return reference }
        guard let scheme = scheme(of: base) else { return reference }
        var rest = base.dropFirst(scheme.count + 1)
        // An opaque address such as urn:x has no path to join to.
        guard rest.hasPrefix("/") else { return scheme + ":" + reference }
        if reference.hasPrefix("//") { return scheme + ":" + reference }
        var authority = ""
        if rest.hasPrefix("//") {
            let end = rest.dropFirst(2).firstIndex(where: { $0 == "/" || $0 == "?" }) ?? rest.endIndex
            authority = String(rest[..<end])
            rest = rest[end...]
        }
        let query = rest.firstIndex(of: "?") ?? rest.endIndex
        let path = rest[..<query]
        if reference.hasPrefix("?") { return scheme + ":" + authority + path + reference }
        if reference.hasPrefix("/") { return scheme + ":" + authority + withoutDots(reference) }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "/"
        return scheme + ":" + authority + withoutDots(folder + reference)
    }

    private static func withoutDots(_ text: String) -> String {
        let queryStart = text.firstIndex(of: "?") ?? text.endIndex
        var kept: [Substring] = []
        let segments = text[..<queryStart].split(separator: "/", omittingEmptySubsequences: false)
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                if kept.count > 1 { kept.removeLast() }
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return kept.joined(separator: "/") + text[queryStart...]
    }

    static func scheme(of text: String) -> String? {
        guard let colon = text.firstIndex(of: ":"), let first = text.utf8.first, first.isLetter else { return nil }
        let scheme = text[..<colon]
        let isValid = scheme.utf8.allSatisfy { byte in
            byte.isLetter || byte.isDigit || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
        return isValid ? String(scheme) : nil
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
    var isLetter: Bool { (self >= 0x41 && self <= 0x5A) || (self >= 0x61 && self <= 0x7A) }
    var isHexDigit: Bool { isDigit || (self >= 0x41 && self <= 0x46) || (self >= 0x61 && self <= 0x66) }
}
