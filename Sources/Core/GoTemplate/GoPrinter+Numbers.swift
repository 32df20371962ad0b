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
        guard number.isFinite else { return notFinite(number, value, verb) }
        var text: [UInt8] = []
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
        case "v", "g", "G": general(number.magnitude, verb, &text)
        case "x", "X": hexadecimal(number.magnitude, verb, &text)
        case "b":
            let exponent = Int(max(number.exponentBitPattern, 1)) - 1_075
            let mantissa = number.significandBitPattern | (number.exponentBitPattern == 0 ? 0 : 1 << 52)
            text = Array("\(mantissa)p\(exponent < 0 ? "-" : "+")\(abs(exponent))".utf8)
        default: return reportBadVerb(value, verb)
        }
        if sharp, verb != "b" { text = withPoint(text, verb) }
        let sign: [UInt8] = number.sign == .minus ? [UInt8(ascii: "-")] : positiveSign
        if zero, !minus, let width, sign.count + text.count < width {
            text = Array(repeating: 0x30, count: width - sign.count - text.count) + text
        }
        pad(sign + text, zeros: false)
    }

    private var positiveSign: [UInt8] { plus ? [UInt8(ascii: "+")] : space ? [0x20] : [] }

    private mutating func notFinite(_ number: Double, _ value: GoValue, _ verb: Unicode.Scalar) {
        guard "vefgbxEFGX".unicodeScalars.contains(verb) else { return reportBadVerb(value, verb) }
        if number.isNaN { return pad(positiveSign + Array("NaN".utf8), zeros: false) }
        let mark: [UInt8] = number < 0 ? [UInt8(ascii: "-")] : space && !plus ? [0x20] : [UInt8(ascii: "+")]
        pad(mark + Array("Inf".utf8), zeros: false)
    }

    /// What the flag `#` asks for: a point in any case, and with `%g` and `%x` zeros up to the precision, which is 6
    /// digits unless given.
    private func withPoint(_ text: [UInt8], _ verb: Unicode.Scalar) -> [UInt8] {
        let isHexadecimal = verb == "x" || verb == "X"
        let marks = isHexadecimal ? "pP" : "eE"
        let end = text.firstIndex { marks.utf8.contains($0) } ?? text.endIndex
        var mantissa = Array(text[..<end])
        var missing = ["v", "g", "G", "x"].contains(verb) ? precision ?? 6 : 0
        // Go counts the digits from the first that is not zero; to it the x of a prefix is one of them.
        if let first = mantissa.firstIndex(where: { $0 != 0x30 && $0 != UInt8(ascii: ".") }) {
            missing -= mantissa[first...].count { $0 != UInt8(ascii: ".") }
        }
        if !mantissa.contains(UInt8(ascii: ".")) {
            if mantissa == [0x30] { missing -= 1 }
            mantissa.append(UInt8(ascii: "."))
        }
        return mantissa + [UInt8](repeating: 0x30, count: max(0, missing)) + text[end...]
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
            digits.appendExponential(to: &text, precision: max(digits.digits.count - 1, 0), mark: mark)
        } else {
            digits.appendFixed(to: &text, precision: max(digits.digits.count - digits.point, 0))
        }
    }

    /// `%x`: hexadecimal mantissa and binary exponent.
    private func hexadecimal(_ magnitude: Double, _ verb: Unicode.Scalar, _ text: inout [UInt8]) {
        var mantissa = magnitude.significandBitPattern
        var exponent = 0
        if magnitude != 0 {
            // The 53 bits with the first of them set, whatever the number's size.
            exponent = Int(magnitude.exponent)
            mantissa = magnitude.significand.significandBitPattern | 1 << 52
        }
        if let precision, precision < 13 {
            let dropped = UInt64(4 * (13 - precision))
            let half = UInt64(1) << (dropped - 1)
            let rest = mantissa & (half << 1 - 1)
            mantissa >>= dropped
            if rest > half || rest == half && mantissa & 1 == 1 { mantissa += 1 }
            mantissa <<= dropped
            if mantissa >> 53 == 1 {
                mantissa >>= 1
                exponent += 1
            }
        }
        var fraction = String(mantissa & (1 << 52 - 1), radix: 16)
        fraction = String(repeating: "0", count: 13 - fraction.utf8.count) + fraction
        if let precision {
            fraction = fraction.prefix(precision) + String(repeating: "0", count: max(0, precision - 13))
        } else {
            while fraction.hasSuffix("0") { fraction.removeLast() }
        }
        let power = String(abs(exponent))
        let number =
            "0x\(magnitude == 0 ? "0" : "1")\(fraction.isEmpty ? "" : "." + fraction)"
            + "p\(exponent < 0 ? "-" : "+")\(power.utf8.count < 2 ? "0" : "")\(power)"
        text = Array((verb == "X" ? number.uppercased() : number).utf8)
    }
}
