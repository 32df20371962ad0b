import StructuredValue

/// A decimal number without rounding, so that 0.3 is a multiple of 0.1 and 1.0 equals 1.
struct ExactNumber: Sendable, Hashable {
    /// The value is `mantissa` times ten to the power of `exponent`; the mantissa has no trailing zeros.
    private let mantissa: Int128
    private let exponent: Int

    init?(_ value: Value) {
        switch value {
        case .int(let number): self.init(mantissa: Int128(number), exponent: 0)
        case .double(let number): self.init(number.description)
        case .number(let text): self.init(text)
        default: return nil
        }
    }

    private init(mantissa: Int128, exponent: Int) {
        var mantissa = mantissa
        var exponent = exponent
        if mantissa == 0 { exponent = 0 }
        while mantissa != 0, mantissa % 10 == 0 {
            mantissa /= 10
            exponent += 1
        }
        self.mantissa = mantissa
        self.exponent = exponent
    }

    /// Reads a JSON number. Digits beyond the 36th are dropped.
    private init?(_ text: String) {
        var mantissa: Int128 = 0
        var exponent = 0
        var isNegative = false
        var pastPoint = false
        var digits = 0
        var bytes = Array(text.utf8)[...]
        if bytes.first == UInt8(ascii: "-") {
            isNegative = true
            bytes.removeFirst()
        }
        while let byte = bytes.first {
            bytes.removeFirst()
            switch byte {
            case UInt8(ascii: "."): pastPoint = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                if bytes.first == UInt8(ascii: "+") { bytes.removeFirst() }
                guard let power = Int(String(decoding: bytes, as: UTF8.self)), power.magnitude < 1_000_000 else {
                    return nil
                }
                exponent += power
                bytes = []
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if digits < 36 {
                    mantissa = mantissa * 10 + Int128(byte - UInt8(ascii: "0"))
                    if mantissa != 0 { digits += 1 }
                    if pastPoint { exponent -= 1 }
                } else if !pastPoint {
                    exponent += 1
                }
            default: return nil
            }
        }
        self.init(mantissa: isNegative ? -mantissa : mantissa, exponent: exponent)
    }

    var isInteger: Bool { exponent >= 0 }
    var isZero: Bool { mantissa == 0 }

    var double: Double { Double("\(mantissa)e\(exponent)") ?? 0 }

    /// The number as a whole number, when it is one and fits.
    var int: Int? {
        guard exponent >= 0, let scaled = Self.scale(mantissa, by: exponent) else { return nil }
        return Int(exactly: scaled)
    }

    private static func scale(_ mantissa: Int128, by exponent: Int) -> Int128? {
        var result = mantissa
        if result == 0 { return 0 }
        for _ in 0..<min(exponent, 64) {
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            if overflow { return nil }
            result = product
        }
        return exponent > 64 ? nil : result
    }

    /// -1, 0 or 1 as this number is less than, equal to or greater than the other one.
    func compare(to other: ExactNumber) -> Int {
        let shift = exponent - other.exponent
        if let left = Self.scale(mantissa, by: max(0, shift)),
            let right = Self.scale(other.mantissa, by: max(0, -shift))
        {
            return left < right ? -1 : left > right ? 1 : 0
        }
        let (left, right) = (double, other.double)
        return left < right ? -1 : left > right ? 1 : 0
    }

    func isMultiple(of divisor: ExactNumber) -> Bool {
        if mantissa == 0 { return true }
        if divisor.mantissa == 0 { return false }
        let shift = exponent - divisor.exponent
        if shift < 0 {
            guard let scaled = Self.scale(divisor.mantissa, by: -shift) else { return false }
            return mantissa % scaled == 0
        }
        // Only the remainder matters, so ten is raised modulo the divisor.
        let modulus = divisor.mantissa.magnitude
        var remainder = mantissa.magnitude % modulus
        for _ in 0..<shift where remainder != 0 {
            let (product, overflow) = remainder.multipliedReportingOverflow(by: 10)
            if overflow { return (double / divisor.double).rounded() == double / divisor.double }
            remainder = product % modulus
        }
        return remainder == 0
    }
}

extension Value {
    /// Whether two values are the same to a schema: numbers by value, objects whatever their order.
    func isSchemaEqual(to other: Value) -> Bool {
        switch (self, other) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSchemaEqual(to: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && left.allSatisfy { pair in right[pair.key].map { pair.value.isSchemaEqual(to: $0) } ?? false }
        default:
            switch (ExactNumber(self), ExactNumber(other)) {
            case (let left?, let right?): left.compare(to: right) == 0
            default: false
            }
        }
    }
}
