import CELExpressions
import LinearRegex
import StructuredValue

/// The formats of strings and numbers that Kubernetes knows; others are ignored.
package enum StringFormat {
    private static let strings: Set<String> = [
        "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4", "uuid5",
        "isbn",
        "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor", "byte", "password", "date", "duration",
        "datetime",
        "k8sshortname", "k8slongname",
    ]

    /// Whether values of a type, as a schema names it, are checked for a format.
    package static func isKnown(_ format: String, type: String?) -> Bool {
        if let type, !type.isEmpty {
            guard let kind = StructuralSchema.Kind(rawValue: type) else { return false }
            return isKnown(format, for: kind)
        }
        return isKnown(format, for: nil)
    }

    static func isKnown(_ format: String, for kind: StructuralSchema.Kind?) -> Bool {
        switch kind {
        case nil, .string: strings.contains(normalized(format))
        case .integer: format == "int32" || format == "int64"
        case .number: format == "float" || format == "double"
        default: false
        }
    }

    private static func normalized(_ format: String) -> String { String(format.filter { $0 != "-" }) }

    /// Whether the text has the format. Formats that are not about strings fit everything.
    static func fits(_ text: String, _ format: String) -> Bool {
        switch normalized(format) {
        case "uri": CELLocator(parsing: text) != nil
        case "email": isEmail(text)
        case "hostname": isHostName(text)
        case "ipv4": CELAddress(parsing: withoutLeadingZeros(text))?.isV4 == true
        case "ipv6": text.contains(":") && CELAddress(parsing: text, allowsMapped: true) != nil
        case "cidr": CELNetwork(parsing: withoutLeadingZeros(text), allowsMapped: true) != nil
        case "mac": matches(text, macs)
        case "uuid": matches(text, uuid)
        case "uuid3": matches(text, uuid3)
        case "uuid4": matches(text, uuid4)
        case "uuid5": matches(text, uuid5)
        case "isbn": isISBN10(text) || isISBN13(text)
        case "isbn10": isISBN10(text)
        case "isbn13": isISBN13(text)
        case "creditcard": matches(String(text.filter(\.isNumber)), creditCard)
        case "ssn": matches(text, ssn)
        case "hexcolor": matches(text, hexColor)
        case "rgbcolor": matches(text, rgbColor)
        case "bsonobjectid": matches(text, objectID)
        case "byte": !text.isEmpty && Base64.decode(text) != nil
        case "date": text.utf8.count == 10 && CELTimestamp.parse(text) != nil
        case "datetime": text.utf8.count > 10 && CELTimestamp.parse(text) != nil
        case "duration": isDuration(text)
        case "k8sshortname": matches(text, shortName) && text.utf8.count <= 63
        case "k8slongname": matches(text, longName) && text.utf8.count <= 253
        default: true
        }
    }

    // All sources are constants of this file.
    private static func pattern(_ source: String) -> LinearPattern? { try? LinearPattern(source) }
    private static func matches(_ text: String, _ pattern: LinearPattern?) -> Bool { pattern?.matches(text) ?? false }

    private static let uuid = pattern("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
    private static let uuid3 = pattern("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?3[0-9a-f]{3}-?[0-9a-f]{4}-?[0-9a-f]{12}$")
    private static let uuid4 = pattern("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?4[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$")
    private static let uuid5 = pattern("(?i)^[0-9a-f]{8}-?[0-9a-f]{4}-?5[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$")
    private static let macs = pattern(
        "(?i)^([0-9a-f]{2}(:[0-9a-f]{2}){5,7}|[0-9a-f]{2}(-[0-9a-f]{2}){5,7}|[0-9a-f]{4}(\\.[0-9a-f]{4}){2,3})$"
    )
    private static let creditCard = pattern(
        "^(4[0-9]{12}([0-9]{3})?|5[1-5][0-9]{14}|6(011|5[0-9]{2})[0-9]{12}|3[47][0-9]{13}|3(0[0-5]|[68][0-9])[0-9]{11}|(2131|1800|35[0-9]{3})[0-9]{11})$"
    )
    private static let ssn = pattern("^[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$")
    private static let hexColor = pattern("^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$")
    private static let rgbColor = pattern(
        "^rgb\\( *(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]) *, *(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]) *, *(0|[1-9][0-9]?|1[0-9]{2}|2[0-4][0-9]|25[0-5]) *\\)$"
    )
    private static let objectID = pattern("^[0-9a-fA-F]{24}$")
    private static let shortName = pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
    private static let longName = pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
    private static let hostName = pattern(
        "^([a-zA-Z0-9\\p{S}\\p{L}]((-?[a-zA-Z0-9\\p{S}\\p{L}]{0,62})?)|([a-zA-Z0-9\\p{S}\\p{L}](([a-zA-Z0-9\\p{S}\\p{L}-]{0,61}[a-zA-Z0-9\\p{S}\\p{L}])?)(\\.))+[a-zA-Z\\p{L}]{2,63})$"
    )
    private static let mailbox = pattern(
        "^([^<>]*<)?[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9\\[\\]:.!#$%&'*+/=?^_`{|}~-]+>?$"
    )

    private static func isHostName(_ text: String) -> Bool {
        matches(text, hostName) && text.utf8.count <= 255
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { $0.utf8.count <= 63 }
    }

    private static func isEmail(_ text: String) -> Bool {
        matches(text, mailbox) && !text.contains("..") && text.contains("<") == text.hasSuffix(">")
    }

    /// Addresses were once read with leading zeros, and still are where they are only looked at.
    private static func withoutLeadingZeros(_ text: String) -> String {
        if text.contains(":") { return text }
        return text.split(separator: ".", omittingEmptySubsequences: false).map { part in
            let rest = part.drop { $0 == "0" }
            return rest.first?.isNumber == true || part.isEmpty ? String(rest) : part.isEmpty ? "" : "0" + rest
        }.joined(separator: ".")
    }

    /// A Go duration, or a text with numbers before names of units anywhere in it.
    private static func isDuration(_ text: String) -> Bool {
        if CELDuration.parse(text) != nil { return true }
        var rest = text[...]
        while let start = rest.firstIndex(where: { $0.isASCII && $0.isNumber }) {
            let afterDigits = rest[start...].drop { $0.isASCII && $0.isNumber }
            let afterSpace = afterDigits.drop { $0 == " " || $0 == "\t" }
            let unit = afterSpace.prefix { ($0.isASCII && $0.isLetter) || $0 == "µ" }.lowercased()
            if units.contains(where: { $0.contains(unit) || unit.hasPrefix($0[$0.count - 1]) }), !unit.isEmpty {
                return true
            }
            rest = afterDigits
        }
        return false
    }

    /// Names of units; more letters may follow the last of each.
    private static let units = [
        ["ns", "nano"], ["us", "µs", "micro"], ["ms", "milli"], ["s", "sec"], ["m", "min"], ["h", "hr", "hour"],
        ["d", "day"], ["w", "wk", "week"],
    ]

    private static func isISBN10(_ text: String) -> Bool {
        let digits = text.filter { $0 != "-" && $0 != " " }
        guard digits.count == 10 else { return false }
        var sum = 0
        for (index, character) in digits.enumerated() {
            guard let digit = character == "X" && index == 9 ? 10 : character.wholeNumberValue else { return false }
            sum += digit * (10 - index)
        }
        return sum % 11 == 0
    }

    private static func isISBN13(_ text: String) -> Bool {
        let digits = text.filter { $0 != "-" && $0 != " " }.map(\.wholeNumberValue)
        guard digits.count == 13 else { return false }
        var sum = 0
        for (index, digit) in digits.enumerated() {
            guard let digit else { return false }
            sum += digit * (index % 2 == 0 ? 1 : 3)
        }
        return sum % 10 == 0
    }
}
