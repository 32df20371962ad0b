import StructuredValue

/// The named string formats of Kubernetes' `format` library.
package enum CELNamedFormat: String, Sendable, Hashable, CaseIterable {
    case dns1123Label, dns1123Subdomain, dns1035Label, qualifiedName, dns1123LabelPrefix, dns1123SubdomainPrefix
    case dns1035LabelPrefix, labelValue, uri, uuid, byte, date, datetime

    /// What is wrong with the text; empty when nothing is.
    func findings(_ text: String) -> [String] {
        switch self {
        case .dns1123Label: return Self.label(text)
        case .dns1123LabelPrefix: return Self.label(Self.withoutDash(text))
        case .dns1123Subdomain: return Self.subdomain(text)
        case .dns1123SubdomainPrefix: return Self.subdomain(Self.withoutDash(text))
        case .dns1035Label: return Self.label(text, startsWithLetter: true)
        case .dns1035LabelPrefix: return Self.label(Self.withoutDash(text), startsWithLetter: true)
        case .qualifiedName: return Self.qualifiedName(text)
        case .labelValue:
            return text.isEmpty || (text.utf8.count <= 63 && Self.isName(text)) ? [] : ["must be a valid label value"]
        case .uri: return CELLocator(parsing: text) == nil ? ["does not match the uri format"] : []
        case .uuid: return Self.isUUID(text) ? [] : ["does not match the UUID format"]
        case .byte: return Base64.decode(text) == nil ? ["invalid base64"] : []
        case .date: return text.utf8.count == 10 && CELTimestamp.parse(text) != nil ? [] : ["invalid date"]
        case .datetime: return text.utf8.count > 10 && CELTimestamp.parse(text) != nil ? [] : ["invalid datetime"]
        }
    }

    private static func withoutDash(_ text: String) -> String { text.hasSuffix("-") ? text.dropLast() + "a" : text }
    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isLabel(_ bytes: [UInt8], startsWithLetter: Bool = false) -> Bool {
        guard let first = bytes.first, let last = bytes.last else { return false }
        return (isLower(first) || (!startsWithLetter && isDigit(first))) && (isLower(last) || isDigit(last))
            && bytes.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func label(_ text: String, startsWithLetter: Bool = false) -> [String] {
        var findings: [String] = []
        if text.utf8.count > 63 { findings.append("must be no more than 63 characters") }
        if !isLabel(Array(text.utf8), startsWithLetter: startsWithLetter) {
            findings.append(
                startsWithLetter
                    ? "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
                    : "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
            )
        }
        return findings
    }

    private static func subdomain(_ text: String) -> [String] {
        var findings: [String] = []
        if text.utf8.count > 253 { findings.append("must be no more than 253 characters") }
        if !text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy({ isLabel(Array($0.utf8)) }) {
            findings.append(
                "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'"
            )
        }
        return findings
    }

    private static func isName(_ text: String) -> Bool {
        func isEdge(_ byte: UInt8) -> Bool { isDigit(byte) || isLower(byte | 0x20) }
        let bytes = Array(text.utf8)
        guard let first = bytes.first, let last = bytes.last else { return false }
        return isEdge(first) && isEdge(last) && bytes.allSatisfy { isEdge($0) || "-_.".utf8.contains($0) }
    }

    private static func qualifiedName(_ text: String) -> [String] {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let name = parts.last, parts.count <= 2 else {
            return ["a qualified name must consist of a name and an optional prefix"]
        }
        if parts.count == 2, !subdomain(parts[0]).isEmpty { return ["prefix part " + subdomain(parts[0])[0]] }
        return name.utf8.count <= 63 && isName(name)
            ? [] : ["name part must consist of alphanumeric characters, '-', '_' or '.'"]
    }

    private static func isUUID(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return false }
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                if byte != UInt8(ascii: "-") { return false }
            } else if !isDigit(byte), !(byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66) {
                return false
            }
        }
        return true
    }
}

extension CELFunctions {
    static let formats: [CELOverload] =
        CELNamedFormat.allCases.map { format in
            CELOverload("format.\(format.rawValue)", [], .format) { (_) throws(CELFailure) in .format(format) }
        } + [
            CELOverload("format.named", [.string], .optional(.format)) { (a) throws(CELFailure) in
                .optional(CELNamedFormat(rawValue: try text(a[0])).map { .format($0) })
            },
            CELOverload("validate", on: .format, [.string], .optional(.list(.string))) { (a) throws(CELFailure) in
                guard case .format(let format) = a[0] else { throw .noSuchOverload }
                let findings = format.findings(try text(a[1]))
                return .optional(findings.isEmpty ? nil : strings(findings))
            },
        ]
}
