import StructuredValue

/// Go's `fmt`: the default text of values, `print`, `println` and `printf`.
package enum GoFormat {
    /// The value as `print` shows it alone.
    package static func text(_ value: GoValue) -> String {
        switch value {
        case .string(let text): return text
        case .int(let number), .int64(let number): return String(number)
        case .bool(let flag): return flag ? "true" : "false"
        default:
            var output: [UInt8] = []
            append(value, to: &output)
            return String(decoding: output, as: UTF8.self)
        }
    }

    /// Appends the value as `print` shows it alone. What is too large or contains itself is cut short.
    package static func append(_ value: GoValue, to output: inout [UInt8]) {
        var budget = GoValue.walkLimit
        append(value, to: &output, depth: 0, &budget)
    }

    private static func append(_ value: GoValue, to output: inout [UInt8], depth: Int, _ budget: inout Int) {
        budget -= 1
        switch value {
        case .string(var text): text.withUTF8 { output.append(contentsOf: $0) }
        case .rawString(let bytes): output.append(contentsOf: bytes)
        case .none, .null: output.append(contentsOf: "<nil>".utf8)
        case .bool(let flag): output.append(contentsOf: (flag ? "true" : "false").utf8)
        case .int(let number), .int64(let number): output.append(contentsOf: String(number).utf8)
        case .sized(let number, let kind):
            output.append(contentsOf: (kind.isUnsigned ? String(UInt(bitPattern: number)) : String(number)).utf8)
        case .float(let number): output.append(contentsOf: shortest(number).utf8)
        case .bytes(let bytes):
            output.append(UInt8(ascii: "["))
            for (index, byte) in bytes.enumerated() {
                if index > 0 { output.append(0x20) }
                output.append(contentsOf: String(byte).utf8)
            }
            output.append(UInt8(ascii: "]"))
        case .list, .map:
            if depth > GoValue.depthLimit || budget < 0 { return output.append(contentsOf: "...".utf8) }
            appendContainer(value, to: &output, depth: depth, &budget)
        case .object(let object): output.append(contentsOf: object.text.utf8)
        }
    }

    private static func appendContainer(_ value: GoValue, to output: inout [UInt8], depth: Int, _ budget: inout Int) {
        switch value {
        case .list(let list):
            output.append(UInt8(ascii: "["))
            for index in list.items.indices {
                if index > 0 { output.append(0x20) }
                append(list.items[index], to: &output, depth: depth + 1, &budget)
            }
            output.append(UInt8(ascii: "]"))
        case .map(let map):
            map.sortKeys()
            output.append(contentsOf: "map[".utf8)
            for index in map.entries.indices {
                if index > 0 { output.append(0x20) }
                output.append(contentsOf: map.entries[index].key.utf8)
                output.append(UInt8(ascii: ":"))
                append(map.entries[index].value, to: &output, depth: depth + 1, &budget)
            }
            output.append(UInt8(ascii: "]"))
        default: break
        }
    }

    /// `fmt.Sprint`: a space between two operands when neither is a string.
    package static func sprint(_ values: some Sequence<GoValue>) -> GoValue {
        var output: [UInt8] = []
        var previousIsString = true
        for value in values {
            let isString = if case .string = value { true } else if case .rawString = value { true } else { false }
            if !output.isEmpty || !previousIsString, !isString, !previousIsString { output.append(0x20) }
            append(value, to: &output)
            previousIsString = isString
        }
        return .string(bytes: output)
    }

    /// `fmt.Sprintln`: a space between all operands and a line end.
    package static func sprintln(_ values: some Sequence<GoValue>) -> GoValue {
        var output: [UInt8] = []
        for (index, value) in values.enumerated() {
            if index > 0 { output.append(0x20) }
            append(value, to: &output)
        }
        output.append(0x0A)
        return .string(bytes: output)
    }

    /// `fmt.Sprintf`.
    package static func sprintf(_ format: String, _ values: [GoValue]) -> GoValue {
        var printer = GoPrinter(values)
        printer.run(Array(format.utf8))
        return .string(bytes: printer.output)
    }

    /// A `float64` as `%v` shows it: shortest digits, with an exponent below 1e-4 and from 1e+06 on.
    package static func shortest(_ number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        if number.magnitude < 1e6, number == number.rounded(), number != 0 { return String(Int(number)) }
        let digits = DecimalDigits(shortest: number.magnitude)
        var output: [UInt8] = []
        if number.sign == .minus { output.append(UInt8(ascii: "-")) }
        let exponent = digits.point - 1
        if exponent < -4 || exponent >= 6 {
            digits.appendExponential(to: &output, precision: max(digits.digits.count - 1, 0), mark: UInt8(ascii: "e"))
        } else {
            digits.appendFixed(to: &output, precision: max(digits.digits.count - digits.point, 0))
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends Go's double-quoted form of a string that may be invalid UTF-8.
    static func appendQuoted(_ bytes: [UInt8], to output: inout [UInt8], onlyASCII: Bool) {
        output.append(0x22)
        var index = 0
        while index < bytes.count {
            let (scalar, length) = decodeScalar(bytes, at: index)
            if let scalar {
                GoQuotation.appendEscaped(scalar, to: &output, mark: 0x22, onlyASCII: onlyASCII)
            } else {
                output.append(contentsOf: "\\x".utf8)
                output.append(contentsOf: [hexDigit(bytes[index] >> 4), hexDigit(bytes[index] & 15)])
            }
            index += length
        }
        output.append(0x22)
    }

    /// The scalar that starts at `index`, nil for an invalid byte, and how many bytes it takes.
    package static func decodeScalar(_ bytes: [UInt8], at index: Int) -> (Unicode.Scalar?, Int) {
        let first = bytes[index]
        if first < 0x80 { return (Unicode.Scalar(first), 1) }
        let length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0
        guard length > 0, index + length <= bytes.count else { return (nil, 1) }
        var value = UInt32(first) & (0xFF >> UInt32(length + 1))
        for offset in 1..<length {
            let byte = bytes[index + offset]
            guard byte & 0xC0 == 0x80 else { return (nil, 1) }
            value = value << 6 | UInt32(byte & 0x3F)
        }
        let least: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
        guard value >= least, let scalar = Unicode.Scalar(value) else { return (nil, 1) }
        return (scalar, length)
    }

    static func hexDigit(_ nibble: UInt8) -> UInt8 { nibble < 10 ? 0x30 + nibble : 0x61 + nibble - 10 }
}
