import StructuredValue

/// The decimal digits of a number: its value is 0.d₁d₂… × 10^point.
struct DecimalDigits {
    /// ASCII digits without leading or trailing zeros; empty for zero.
    var digits: [UInt8]
    var point: Int

    /// The shortest digits that read back as this number, which is finite and not negative.
    init(shortest number: Double) {
        if number == 0 {
            digits = []
            point = 1
            return
        }
        let (text, exponent) = JSON.shortestDigits(number)
        digits = Array(text.utf8)
        point = exponent
    }

    /// All digits of this number, which is finite and not negative.
    init(exact number: Double) {
        if number == 0 {
            digits = []
            point = 1
            return
        }
        var mantissa = number.significandBitPattern
        var exponent = Int(number.exponentBitPattern) - 1075
        if number.exponentBitPattern == 0 { exponent += 1 } else { mantissa |= 1 << 52 }
        // mantissa × 2^exponent as an integer times a power of ten: negative powers of two become powers of five.
        var limbs = [UInt64(mantissa % 1_000_000_000), UInt64(mantissa / 1_000_000_000)]
        let factor: UInt64 = exponent < 0 ? 5 : 2
        for _ in 0..<abs(exponent) {
            var carry: UInt64 = 0
            for index in limbs.indices {
                let product = limbs[index] * factor + carry
                limbs[index] = product % 1_000_000_000
                carry = product / 1_000_000_000
            }
            if carry > 0 { limbs.append(carry) }
        }
        var text = ""
        for limb in limbs.reversed() {
            let part = String(limb)
            text += text.isEmpty ? (limb == 0 ? "" : part) : String(repeating: "0", count: 9 - part.utf8.count) + part
        }
        digits = Array(text.utf8)
        point = digits.count + (exponent < 0 ? exponent : 0)
        trim()
    }

    private mutating func trim() {
        while digits.last == 0x30 { digits.removeLast() }
        if digits.isEmpty { point = 1 }
    }

    /// Keeps `count` digits, rounding half to even.
    mutating func round(toCount count: Int) {
        guard count < digits.count else { return }
        if count < 0 {
            digits = []
            point = 1
            return
        }
        let next = digits[count]
        let isHalf = next == 0x35 && count + 1 == digits.count
        let up = isHalf ? count > 0 && (digits[count - 1] - 0x30) % 2 == 1 : next >= 0x35
        digits.removeSubrange(count...)
        if up {
            var index = count - 1
            while index >= 0, digits[index] == 0x39 {
                digits.removeLast()
                index -= 1
            }
            if index < 0 {
                digits = [0x31]
                point += 1
            } else {
                digits[index] += 1
            }
        }
        trim()
    }

    /// Appends `ddd.ddd` with this many digits after the point; the digits were rounded before.
    func appendFixed(to output: inout [UInt8], precision: Int) {
        if digits.isEmpty || point <= 0 {
            output.append(0x30)
        } else {
            for index in 0..<point { output.append(index < digits.count ? digits[index] : 0x30) }
        }
        guard precision > 0 else { return }
        output.append(UInt8(ascii: "."))
        for index in 0..<precision {
            let position = digits.isEmpty ? -1 : point + index
            output.append(position >= 0 && position < digits.count ? digits[position] : 0x30)
        }
    }

    /// Appends `d.ddde±dd` with this many digits after the point; the digits were rounded before.
    func appendExponential(to output: inout [UInt8], precision: Int, mark: UInt8) {
        output.append(digits.first ?? 0x30)
        if precision > 0 {
            output.append(UInt8(ascii: "."))
            for index in 1...precision { output.append(index < digits.count ? digits[index] : 0x30) }
        }
        output.append(mark)
        let exponent = digits.isEmpty ? 0 : point - 1
        output.append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        if abs(exponent) < 10 { output.append(0x30) }
        output.append(contentsOf: String(abs(exponent)).utf8)
    }
}
