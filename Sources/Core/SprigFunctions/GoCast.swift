import GoTemplate
import StructuredValue

/// Conversions between Go kinds, as sprig makes them: what cannot be converted becomes zero.
enum GoCast {
    /// `int64`, and `int` on 64-bit machines.
    static func integer(_ value: GoValue) -> Int {
        switch value {
        case .int(let number), .int64(let number), .sized(let number, _): number
        case .float(let number): truncated(number)
        case .bool(let flag): flag ? 1 : 0
        case .string(let text): parseInteger(trimZeroDecimals(text), base: 0) ?? 0
        default: 0
        }
    }

    static func float(_ value: GoValue) -> Double {
        switch value {
        case .int(let number), .int64(let number): Double(number)
        case .sized(let number, let kind): kind.isUnsigned ? Double(UInt(bitPattern: number)) : Double(number)
        case .float(let number): number
        case .bool(let flag): flag ? 1 : 0
        case .string(let text): parseFloat(text) ?? 0
        default: 0
        }
    }

    /// Toward zero; what does not fit becomes the least integer, as on amd64.
    static func truncated(_ number: Double) -> Int {
        Int(exactly: number.rounded(.towardZero)) ?? Int.min
    }

    /// `strconv.ParseInt`: base 0 reads prefixes and underscores. Nil for what is no number or does not fit.
    static func parseInteger(_ text: String, base: Int) -> Int? {
        var bytes = Array(text.utf8)[...]
        var isNegative = false
        if let sign = bytes.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            bytes.removeFirst()
        }
        var base = base
        var hadPrefix = false
        let allowsUnderscores = base == 0
        if base == 0 {
            base = 10
            if bytes.first == UInt8(ascii: "0") {
                let prefixes: [UInt8: Int] = [
                    UInt8(ascii: "x"): 16, UInt8(ascii: "o"): 8, UInt8(ascii: "b"): 2,
                ]
                if bytes.count >= 3, let prefix = prefixes[bytes[bytes.startIndex + 1] | 0x20] {
                    base = prefix
                    bytes = bytes.dropFirst(2)
                    hadPrefix = true
                } else if bytes.count > 1 {
                    base = 8
                    bytes = bytes.dropFirst()
                    hadPrefix = true
                }
            }
        }
        if allowsUnderscores, bytes.contains(UInt8(ascii: "_")) {
            // An underscore stands between digits, or between a prefix and a digit.
            var previousIsDigit = hadPrefix
            for byte in bytes {
                if byte == UInt8(ascii: "_") {
                    if !previousIsDigit { return nil }
                    previousIsDigit = false
                } else {
                    previousIsDigit = true
                }
            }
            if !previousIsDigit { return nil }
            bytes = bytes.filter { $0 != UInt8(ascii: "_") }[...]
        }
        guard !bytes.isEmpty, bytes.first != UInt8(ascii: "+"), bytes.first != UInt8(ascii: "-") else { return nil }
        return Int((isNegative ? "-" : "") + String(decoding: bytes, as: UTF8.self), radix: base)
    }

    /// `strconv.ParseFloat`.
    static func parseFloat(_ text: String) -> Double? {
        let lower = text.lowercased()
        switch lower.hasPrefix("+") || lower.hasPrefix("-") ? String(lower.dropFirst()) : lower {
        case "inf", "infinity": return lower.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return lower == "nan" ? .nan : nil
        default: break
        }
        guard let first = lower.utf8.first(where: { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            (first >= 0x30 && first <= 0x39) || first == UInt8(ascii: ".")
        else { return nil }
        // Go wants an exponent after a hexadecimal mantissa.
        if lower.contains("x"), !lower.contains("p") { return nil }
        var digits = lower
        if digits.hasSuffix(".") { digits += "0" }
        if let dot = digits.firstIndex(of: "."), !lower.contains("0x") {
            // Swift wants digits on both sides of the point.
            let after = digits.index(after: dot)
            if digits[after...].first == "e" { digits.insert("0", at: after) }
        }
        guard let number = Double(digits.hasPrefix("+") ? String(digits.dropFirst()) : digits), number.isFinite else {
            return nil
        }
        return number
    }

    /// `12.000` becomes `12`.
    private static func trimZeroDecimals(_ text: String) -> String {
        guard let dot = text.utf8.lastIndex(of: UInt8(ascii: ".")) else { return text }
        let decimals = text.utf8[text.utf8.index(after: dot)...]
        if decimals.isEmpty || !decimals.allSatisfy({ $0 == UInt8(ascii: "0") }) { return text }
        return String(text[..<dot])
    }

    /// The value as text: strings as they are, everything else as `print` shows it.
    static func text(_ value: GoValue) -> GoValue {
        switch value {
        case .string, .rawString: value
        case .bytes(let bytes): .string(bytes: bytes)
        default: .string(GoFormat.text(value))
        }
    }

    /// As `text`, for use within Swift.
    static func plainText(_ value: GoValue) -> String {
        if case .bytes(let bytes) = value { return String(decoding: bytes, as: UTF8.self) }
        return value.string ?? GoFormat.text(value)
    }

    /// `%q` of a value's text, whose invalid bytes are escaped.
    static func quoted(_ value: GoValue) -> String {
        guard case .rawString(let bytes) = value else { return GoQuotation.quote(plainText(value)) }
        return GoFormat.text(GoFormat.sprintf("%q", [.rawString(bytes)]))
    }

    /// A list as texts without its nils; anything else as its one text.
    static func texts(_ value: GoValue) -> [String] {
        if value.isNil { return [] }
        guard let items = value.items else { return [plainText(value)] }
        var texts: [String] = []
        texts.reserveCapacity(items.count)
        for item in items where !item.isNil { texts.append(plainText(item)) }
        return texts
    }

    /// Go's `reflect.DeepEqual`: kinds must agree as well as contents.
    static func isDeepEqual(_ left: GoValue, _ right: GoValue, depth: Int = 0) -> Bool {
        // What contains itself is equal to nothing but itself.
        if depth > 200 { return false }
        switch (left, right) {
        case (.none, .none), (.null, .null), (.none, .null), (.null, .none): return true
        case (.bool(let one), .bool(let two)): return one == two
        case (.int(let one), .int(let two)), (.int64(let one), .int64(let two)): return one == two
        case (.sized(let one, let kind), .sized(let two, let other)): return one == two && kind == other
        case (.float(let one), .float(let two)): return one == two
        case (.string(let one), .string(let two)): return one == two
        case (.rawString(let one), .rawString(let two)): return one == two
        case (.bytes(let one), .bytes(let two)): return one == two
        case (.list(let one), .list(let two)):
            return one.element == two.element && one.items.count == two.items.count
                && zip(one.items, two.items).allSatisfy { isDeepEqual($0, $1, depth: depth + 1) }
        case (.map(let one), .map(let two)):
            if one === two { return true }
            if one.element != two.element || one.count != two.count { return false }
            for entry in one.entries {
                guard let other = two[entry.key], isDeepEqual(entry.value, other, depth: depth + 1) else {
                    return false
                }
            }
            return true
        case (.object(let one), .object(let two)): return one.isEqual(to: two)
        default: return false
        }
    }
}
