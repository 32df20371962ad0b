import StructuredValue

extension GoPrinter {
    /// An integer under any verb that takes one.
    mutating func integer(_ magnitude: UInt, _ isNegative: Bool, _ value: GoValue, _ verb: Unicode.Scalar) {
        switch verb {
        case "v", "d": number(magnitude, isNegative, radix: 10, upper: false, prefix: "")
        case "b": number(magnitude, isNegative, radix: 2, upper: false, prefix: sharp ? "0b" : "")
        case "o": number(magnitude, isNegative, radix: 8, upper: false, prefix: sharp ? "0" : "")
        case "O": number(magnitude, isNegative, radix: 8, upper: false, prefix: "0o")
        case "x": number(magnitude, isNegative, radix: 16, upper: false, prefix: sharp ? "0x" : "")
        case "X": number(magnitude, isNegative, radix: 16, upper: true, prefix: sharp ? "0X" : "")
        case "c": pad(Array(String(Character(scalar(magnitude, isNegative))).utf8))
        case "q":
            var text: [UInt8] = [0x27]
            GoQuotation.appendEscaped(scalar(magnitude, isNegative), to: &text, mark: 0x27, onlyASCII: plus)
            pad(text + [0x27])
        case "U":
            let digits = String(magnitude, radix: 16, uppercase: true)
            let least = max(4, precision ?? 4)
            var text = "U+" + String(repeating: "0", count: max(0, least - digits.utf8.count)) + digits
            let character = scalar(magnitude, isNegative)
            if sharp, GoQuotation.isPrintable(character) { text += " '\(Character(character))'" }
            pad(Array(text.utf8), zeros: false)
        default: reportBadVerb(value, verb)
        }
    }

    private func scalar(_ magnitude: UInt, _ isNegative: Bool) -> Unicode.Scalar {
        if isNegative || magnitude > 0x10FFFF { return "\u{FFFD}" }
        return Unicode.Scalar(UInt32(magnitude)) ?? "\u{FFFD}"
    }

    private mutating func number(_ magnitude: UInt, _ isNegative: Bool, radix: Int, upper: Bool, prefix: String) {
        var digits = String(magnitude, radix: radix, uppercase: upper)
        let sign = isNegative ? "-" : plus ? "+" : space ? " " : ""
        if let precision {
            if precision == 0, magnitude == 0 { return pad([], zeros: false) }
            digits = String(repeating: "0", count: max(0, precision - digits.utf8.count)) + digits
        } else if zero, !minus, let width {
            let used = digits.utf8.count + sign.utf8.count
            digits = String(repeating: "0", count: max(0, width - used)) + digits
        }
        let mark = prefix == "0" && digits.hasPrefix("0") ? "" : prefix
        pad(Array((sign + mark + digits).utf8), zeros: false)
    }

    /// A floating-point number under any verb that takes one.
    mutating func float(_ number: Double, _ value: GoValue, _ verb: Unicode.Scalar) {
        switch verb {
        case "v", "e", "E", "f", "F", "g", "G": break
        case "x", "X", "b": return hexadecimal(number, value, verb)
        default: return reportBadVerb(value, verb)
        }
        var text: [UInt8] = []
        if number.isNaN || number.isInfinite {
            text = Array((number.isNaN ? "NaN" : "Inf").utf8)
        } else {
            switch verb {
            case "f", "F":
                var digits = DecimalDigits(exact: number.magnitude)
                let places = precision ?? 6
                digits.round(toCount: digits.digits.isEmpty ? 0 : digits.point + places)
                digits.appendFixed(to: &text, precision: places)
            case "e", "E":
                var digits = DecimalDigits(exact: number.magnitude)
                let places = precision ?? 6
                digits.round(toCount: places + 1)
                digits.appendExponential(to: &text, precision: places, mark: UInt8(verb.value))
            default:
                general(number.magnitude, verb, &text)
            }
        }
        let isNegative = number.sign == .minus && !number.isNaN
        let sign: [UInt8] =
            isNegative
            ? [UInt8(ascii: "-")]
            : plus || (number.isInfinite && verb == "v") ? [UInt8(ascii: "+")] : space ? [0x20] : []
        if zero, !minus, let width, !number.isNaN, !number.isInfinite, sign.count + text.count < width {
            text = Array(repeating: 0x30, count: width - sign.count - text.count) + text
        }
        pad(sign + text, zeros: false)
    }

    private func general(_ magnitude: Double, _ verb: Unicode.Scalar, _ text: inout [UInt8]) {
        let mark = verb == "G" ? UInt8(ascii: "E") : UInt8(ascii: "e")
        var digits: DecimalDigits
        var threshold: Int
        if let precision {
            digits = DecimalDigits(exact: magnitude)
            let count = max(precision, 1)
            digits.round(toCount: count)
            threshold = count
            if threshold > digits.digits.count, digits.digits.count >= digits.point { threshold = digits.digits.count }
        } else {
            digits = DecimalDigits(shortest: magnitude)
            threshold = 6
        }
        let exponent = digits.point - 1
        if exponent < -4 || exponent >= threshold {
            let places = sharp ? max((precision ?? 6) - 1, 0) : max(digits.digits.count - 1, 0)
            digits.appendExponential(to: &text, precision: places, mark: mark)
        } else {
            let places =
                sharp
                ? max((precision ?? 6) - digits.point, 0) : max(digits.digits.count - digits.point, 0)
            digits.appendFixed(to: &text, precision: places)
        }
    }

    /// `%x`: hexadecimal mantissa and binary exponent; `%b`: decimal mantissa and binary exponent.
    private mutating func hexadecimal(_ number: Double, _ value: GoValue, _ verb: Unicode.Scalar) {
        guard number.isFinite else { return pad(Array(GoFormat.shortest(number).utf8), zeros: false) }
        let sign = number.sign == .minus ? "-" : plus ? "+" : space ? " " : ""
        var exponent = Int(number.exponentBitPattern)
        var mantissa = number.significandBitPattern
        if exponent == 0 { exponent = 1 } else { mantissa |= 1 << 52 }
        if verb == "b" {
            let power = exponent - 1075
            return pad(Array("\(sign)\(mantissa)p\(power < 0 ? "-" : "+")\(abs(power))".utf8), zeros: false)
        }
        exponent = number == 0 ? 0 : exponent - 1023
        while mantissa != 0, mantissa & (1 << 52) == 0 {
            mantissa <<= 1
            exponent -= 1
        }
        var fraction = String(mantissa & ((1 << 52) - 1), radix: 16)
        fraction = String(repeating: "0", count: 13 - fraction.utf8.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        let power = String(abs(exponent))
        var text = sign + "0x" + (number == 0 ? "0" : "1") + (fraction.isEmpty ? "" : "." + fraction)
        text += "p" + (exponent < 0 ? "-" : "+") + (power.utf8.count < 2 ? "0" : "") + power
        pad(Array((verb == "X" ? text.uppercased() : text).utf8), zeros: false)
    }
}
