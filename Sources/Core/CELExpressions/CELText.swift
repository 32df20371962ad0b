/// Values as text: `string(x)` and `"…".format([…])`.
enum CELText {
    static func plain(_ value: CELValue) -> String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .int(let number): String(number)
        case .uint(let number): String(number)
        case .double(let number): GoNumber.text(number, shortest: "g")
        case .string(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .timestamp(let moment): moment.text
        case .duration(let span): span.seconds
        case .ip(let address): address.text
        case .cidr(let network): network.text
        case .type(let name): name
        case .quantity(let quantity): quantity.text
        case .url(let locator): locator.text
        case .semver(let version): version.text
        case .format(let format): format.rawValue
        case .optional(let wrapped): wrapped.map { "optional.of(\(plain($0)))" } ?? "optional.none()"
        case .list, .map: (try? formatted(value)) ?? ""  // Only for messages; what cannot be read has no text.
        }
    }

    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0B}": result += "\\v"
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// `%s` of a value: lists and maps are written out, strings inside them in quotes.
    private static func formatted(_ value: CELValue, isNested: Bool = false) throws(CELFailure) -> String {
        switch value {
        case .string(let text): return isNested ? quoted(text) : text
        case .list(let list):
            var parts: [String] = []
            for item in try list.items() { parts.append(try formatted(item, isNested: true)) }
            return "[" + parts.joined(separator: ", ") + "]"
        case .map(let map):
            var parts: [String] = []
            for entry in try map.entries() {
                parts.append(try formatted(entry.key, isNested: true) + ":" + formatted(entry.value, isNested: true))
            }
            return "{" + parts.sorted().joined(separator: ", ") + "}"
        case .double(let number):
            return number.isInfinite ? (number < 0 ? "-Inf" : "+Inf") : GoNumber.text(number, shortest: "g")
        case .duration, .timestamp: return isNested ? "\(plain(value))" : plain(value)
        default: return plain(value)
        }
    }

    /// `format`: the verbs `%s %d %f %e %b %o %x %X`, with a precision for `%f` and `%e`.
    static func format(_ template: String, _ arguments: [CELValue]) throws(CELFailure) -> String {
        var output = ""
        var next = 0
        var rest = Substring(template)
        while let mark = rest.firstIndex(of: "%") {
            output += rest[..<mark]
            rest = rest[rest.index(after: mark)...]
            guard let first = rest.first else { throw CELFailure("unexpected end of format string") }
            if first == "%" {
                output += "%"
                rest.removeFirst()
                continue
            }
            var precision = 6
            if first == "." {
                rest.removeFirst()
                let digits = rest.prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(digits.count)
                guard let count = Int(digits), count <= 100 else {
                    throw CELFailure("invalid precision in format string")
                }
                precision = count
            }
            guard let verb = rest.popFirst() else { throw CELFailure("unexpected end of format string") }
            guard next < arguments.count else { throw CELFailure("index \(next) out of range") }
            output += try clause(verb, precision, arguments[next])
            next += 1
        }
        return output + rest
    }

    private static func clause(_ verb: Character, _ precision: Int, _ value: CELValue) throws(CELFailure) -> String {
        func radix(_ base: Int, uppercase: Bool = false) throws(CELFailure) -> String {
            switch value {
            case .int(let number): return String(number, radix: base, uppercase: uppercase)
            case .uint(let number): return String(number, radix: base, uppercase: uppercase)
            case .bool(let flag) where base == 2: return flag ? "1" : "0"
            case .string(let text) where base == 16: return hexadecimal(Array(text.utf8), uppercase)
            case .bytes(let bytes) where base == 16: return hexadecimal(bytes, uppercase)
            default: throw CELFailure("error during formatting: no such overload for %\(verb) of \(value.typeName)")
            }
        }
        switch verb {
        case "s": return try formatted(value)
        case "d":
            switch value {
            case .int, .uint: return plain(value)
            case .double(let number) where number.isNaN || number.isInfinite: return plain(value)
            default:
                throw CELFailure(
                    "error during formatting: decimal clause can only be used on integers, was given \(value.typeName)"
                )
            }
        case "f": return fixed(try number(value, verb), precision)
        case "e": return scientific(try number(value, verb), precision)
        case "b": return try radix(2)
        case "o": return try radix(8)
        case "x": return try radix(16)
        case "X": return try radix(16, uppercase: true)
        default: throw CELFailure("error during formatting: unrecognized formatting clause \"\(verb)\"")
        }
    }

    private static func number(_ value: CELValue, _ verb: Character) throws(CELFailure) -> Double {
        switch value {
        case .double(let number): return number
        case .int(let number): return Double(number)
        case .uint(let number): return Double(number)
        default:
            throw CELFailure(
                "error during formatting: %\(verb) can only be used on numbers, was given \(value.typeName)"
            )
        }
    }

    private static func hexadecimal(_ bytes: [UInt8], _ uppercase: Bool) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: uppercase) }.joined()
    }

    /// Digits after the point, rounded; exact for magnitudes that a product with 10^precision keeps whole.
    static func fixed(_ number: Double, _ precision: Int) -> String {
        guard number.isFinite else { return GoNumber.text(number, shortest: "f") }
        let sign = number < 0 ? "-" : ""
        let plain = GoNumber.text(number.magnitude, shortest: "f")
        let parts = plain.split(separator: ".", omittingEmptySubsequences: false)
        var digits = Array(parts[0].utf8)
        let fraction = parts.count > 1 ? Array(parts[1].utf8) : []
        let kept = fraction.prefix(precision)
        digits += kept + repeatElement(UInt8(ascii: "0"), count: precision - kept.count)
        if fraction.count > precision, fraction[precision] >= UInt8(ascii: "5") { increment(&digits) }
        let whole = digits.count - precision
        let head = String(decoding: digits[..<whole], as: UTF8.self)
        return sign + head + (precision > 0 ? "." + String(decoding: digits[whole...], as: UTF8.self) : "")
    }

    private static func increment(_ digits: inout [UInt8]) {
        var index = digits.count - 1
        while index >= 0 {
            if digits[index] < UInt8(ascii: "9") {
                digits[index] += 1
                return
            }
            digits[index] = UInt8(ascii: "0")
            index -= 1
        }
        digits.insert(UInt8(ascii: "1"), at: 0)
    }

    /// As Unicode writes it: `1.5 × 10⁰³`, with narrow spaces that do not break.
    static func scientific(_ number: Double, _ precision: Int) -> String {
        guard number.isFinite else { return GoNumber.text(number, shortest: "e") }
        let text = GoNumber.text(number, shortest: "e")
        var exponent = 0
        var mantissa = fixed(number, precision)
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            mantissa = fixed(Double(text[..<mark]) ?? 0, precision)
            if mantissa.hasPrefix("10") || mantissa.hasPrefix("-10") {
                exponent += 1
                mantissa = fixed((Double(text[..<mark]) ?? 0) / 10, precision)
            }
        }
        let digits = (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
        let raised = digits.compactMap { $0.wholeNumberValue }.map { superscripts[$0] }.joined()
        return "\(mantissa)\u{202F}×\u{202F}10\(exponent < 0 ? "⁻" : "")\(raised)"
    }

    private static let superscripts = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
}
