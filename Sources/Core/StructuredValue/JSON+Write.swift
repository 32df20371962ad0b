extension JSON {
    /// How JSON text is written.
    package struct Style: Sendable {
        /// Members sorted by key, as Go's encoding/json sorts maps; else in their own order.
        package var sortedKeys: Bool
        /// Spaces per level; nil writes everything on one line without spaces.
        package var indent: Int?
        /// `<`, `>` and `&` as `\u…`, as Go's encoding/json does by default. (U+2028 and U+2029 it always writes so.)
        package var escapesHTML: Bool

        package init(sortedKeys: Bool = false, indent: Int? = nil, escapesHTML: Bool = false) {
            self.sortedKeys = sortedKeys
            self.indent = indent
            self.escapesHTML = escapesHTML
        }

        /// One line, keys in order.
        package static let compact = Style()
        /// One line, keys sorted: equal values have equal text.
        package static let canonical = Style(sortedKeys: true)
        /// What Go's `json.Marshal` writes.
        package static let go = Style(sortedKeys: true, escapesHTML: true)
    }

    /// The value as JSON text.
    package static func text(_ value: Value, _ style: Style = .compact) -> String {
        String(decoding: bytes(value, style), as: UTF8.self)
    }

    /// The value as UTF-8 JSON text.
    package static func bytes(_ value: Value, _ style: Style = .compact) -> [UInt8] {
        var output: [UInt8] = []
        append(value, to: &output, style)
        return output
    }

    /// Appends the value's JSON text.
    package static func append(_ value: Value, to output: inout [UInt8], _ style: Style = .compact, level: Int = 0) {
        switch value {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
        case .int(let number): output.append(contentsOf: String(number).utf8)
        case .double(let number): output.append(contentsOf: formatNumber(number).utf8)
        case .number(let text): output.append(contentsOf: text.utf8)
        case .string(let text): append(string: text, to: &output, escapesHTML: style.escapesHTML)
        case .array(let items):
            guard !items.isEmpty else { return output.append(contentsOf: "[]".utf8) }
            output.append(UInt8(ascii: "["))
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                breakLine(&output, style, level + 1)
                append(item, to: &output, style, level: level + 1)
            }
            breakLine(&output, style, level)
            output.append(UInt8(ascii: "]"))
        case .object(let object):
            guard !object.isEmpty else { return output.append(contentsOf: "{}".utf8) }
            output.append(UInt8(ascii: "{"))
            for (index, pair) in (style.sortedKeys ? object.sortedPairs : object.pairs).enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                breakLine(&output, style, level + 1)
                append(string: pair.key, to: &output, escapesHTML: style.escapesHTML)
                output.append(UInt8(ascii: ":"))
                if style.indent != nil { output.append(0x20) }
                append(pair.value, to: &output, style, level: level + 1)
            }
            breakLine(&output, style, level)
            output.append(UInt8(ascii: "}"))
        }
    }

    private static func breakLine(_ output: inout [UInt8], _ style: Style, _ level: Int) {
        guard let indent = style.indent else { return }
        output.append(0x0A)
        output.append(contentsOf: repeatElement(0x20, count: indent * level))
    }

    /// A finite number as Go's encoding/json writes a float64: shortest digits that read back the same, exponent form
    /// only below 1e-6 and from 1e21.
    package static func formatNumber(_ number: Double) -> String {
        let magnitude = abs(number)
        if number == 0 { return number.sign == .minus ? "-0" : "0" }
        let (digits, exponent) = shortestDigits(magnitude)
        let sign = number < 0 ? "-" : ""
        if magnitude < 1e-6 || magnitude >= 1e21 {
            let fraction = digits.dropFirst()
            let power = exponent - 1
            return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e"
                + (power < 0 ? "-" : "+") + String(abs(power))
        }
        if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
        if exponent >= digits.utf8.count {
            return sign + digits + String(repeating: "0", count: exponent - digits.utf8.count)
        }
        return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
    }

    /// The shortest decimal digits d₁d₂… with value 0.d₁d₂… × 10^exponent that read back as this positive number.
    package static func shortestDigits(_ magnitude: Double) -> (digits: String, exponent: Int) {
        // Swift's description is the shortest round-trip form; only its layout differs from Go's.
        var mantissa = Substring("\(magnitude)")
        var exponent = 0
        if let mark = mantissa.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            exponent = Int(mantissa[mantissa.index(after: mark)...]) ?? 0
            mantissa = mantissa[..<mark]
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(parts[0]) + (parts.count > 1 ? String(parts[1]) : "")
        exponent += parts[0].utf8.count
        while digits.hasPrefix("0"), digits.utf8.count > 1 {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.hasSuffix("0"), digits.utf8.count > 1 { digits.removeLast() }
        return (digits, exponent)
    }

    /// Appends a string in quotes with the escapes of Go's encoding/json.
    package static func append(string: String, to output: inout [UInt8], escapesHTML: Bool) {
        output.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { bytes in
            var start = 0
            var index = 0
            func flush(_ output: inout [UInt8]) {
                if start < index { output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[start..<index])) }
            }
            while index < bytes.count {
                let byte = bytes[index]
                if byte >= 0x20, byte != 0x22, byte != 0x5C, byte < 0x80 {
                    if escapesHTML, byte == 0x3C || byte == 0x3E || byte == 0x26 {
                        flush(&output)
                        output.append(contentsOf: "\\u00".utf8)
                        output.append(contentsOf: [hexDigit(byte >> 4), hexDigit(byte & 15)])
                        start = index + 1
                    }
                } else if byte < 0x80 {
                    flush(&output)
                    output.append(UInt8(ascii: "\\"))
                    switch byte {
                    case 0x22, 0x5C: output.append(byte)
                    case 0x08: output.append(UInt8(ascii: "b"))
                    case 0x0C: output.append(UInt8(ascii: "f"))
                    case 0x0A: output.append(UInt8(ascii: "n"))
                    case 0x0D: output.append(UInt8(ascii: "r"))
                    case 0x09: output.append(UInt8(ascii: "t"))
                    default:
                        output.append(contentsOf: "u00".utf8)
                        output.append(contentsOf: [hexDigit(byte >> 4), hexDigit(byte & 15)])
                    }
                    start = index + 1
                } else if byte == 0xE2, index + 2 < bytes.count, bytes[index + 1] == 0x80,
                    bytes[index + 2] & 0xFE == 0xA8
                {
                    flush(&output)
                    output.append(contentsOf: "\\u202".utf8)
                    output.append(hexDigit(bytes[index + 2] & 15))
                    index += 2
                    start = index + 1
                }
                index += 1
            }
            flush(&output)
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x61 + nibble - 10 }
}
