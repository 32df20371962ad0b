import StructuredValue

/// A number in a template's text: an ideal constant that becomes whatever type its place asks for.
struct GoNumber: Sendable {
    let text: String
    var int: Int?
    var uint: UInt?
    var float: Double?
    /// Real and imaginary part.
    var complex: (real: Double, imaginary: Double)?

    init(_ text: String, isCharacter: Bool = false, isComplex: Bool = false) throws(GoFailure) {
        self.text = text
        if isCharacter {
            let bytes = Array(text.utf8)
            guard let value = GoQuoting.character(bytes) else { throw GoFailure("invalid syntax", kind: .syntax) }
            int = Int(value)
            uint = UInt(value)
            float = Double(value)
            return
        }
        if isComplex {
            // The sign between the parts is the last one that does not follow an exponent mark.
            let bytes = Array(text.utf8)
            var split = bytes.count - 1
            while split > 0, !(bytes[split] == 0x2B || bytes[split] == 0x2D) || bytes[split - 1] | 0x20 == 0x65 {
                split -= 1
            }
            guard let real = Self.float(String(decoding: bytes[..<split], as: UTF8.self)),
                let imaginary = Self.float(String(decoding: bytes[split..<(bytes.count - 1)], as: UTF8.self))
            else { throw GoFailure("illegal number syntax: \(GoQuotation.quote(text))", kind: .syntax) }
            take(real, imaginary)
            return
        }
        if text.hasSuffix("i"), let imaginary = Self.float(String(text.dropLast())) {
            take(0, imaginary)
            return
        }
        uint = text.hasPrefix("-") || text.hasPrefix("+") ? nil : Self.unsigned(text)
        let isNegative = text.hasPrefix("-")
        if let magnitude = Self.unsigned(isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text) {
            if isNegative {
                int = magnitude <= UInt(Int.max) + 1 ? Int(truncatingIfNeeded: 0 &- magnitude) : nil
                if magnitude == 0 { uint = 0 }
            } else {
                int = Int(exactly: magnitude)
            }
        }
        if let int {
            float = Double(int)
        } else if let uint {
            float = Double(uint)
        } else if let number = Self.float(text) {
            if !text.utf8.contains(where: { ".eEpP".utf8.contains($0) }) {
                throw GoFailure("integer overflow: \(GoQuotation.quote(text))", kind: .syntax)
            }
            float = number
            int = Int(exactly: number)
            uint = UInt(exactly: number)
        }
        if int == nil, uint == nil, float == nil {
            throw GoFailure("illegal number syntax: \(GoQuotation.quote(text))", kind: .syntax)
        }
    }

    private mutating func take(_ real: Double, _ imaginary: Double) {
        complex = (real, imaginary)
        if imaginary == 0 {
            float = real
            int = Int(exactly: real)
            uint = UInt(exactly: real)
        }
    }

    /// An unsigned integer with Go's base prefixes and underscores.
    private static func unsigned(_ text: String) -> UInt? {
        var digits = text.lowercased()
        var radix = 10
        var hasPrefix = true
        if digits.hasPrefix("0x") {
            radix = 16
            digits.removeFirst(2)
        } else if digits.hasPrefix("0o") {
            radix = 8
            digits.removeFirst(2)
        } else if digits.hasPrefix("0b") {
            radix = 2
            digits.removeFirst(2)
        } else if digits.hasPrefix("0"), digits.utf8.count > 1 {
            radix = 8
            digits.removeFirst()
        } else {
            hasPrefix = false
        }
        if digits.contains("_") {
            // An underscore stands between digits, or after the base prefix.
            if digits.hasSuffix("_") || digits.contains("__") || (!hasPrefix && digits.hasPrefix("_")) { return nil }
            digits.removeAll { $0 == "_" }
        }
        return digits.hasPrefix("+") || digits.hasPrefix("-") ? nil : UInt(digits, radix: radix)
    }

    private static func float(_ text: String) -> Double? {
        let plain = text.contains("_") ? text.filter { $0 != "_" } : text
        let isHexadecimal = plain.lowercased().contains("0x")
        if isHexadecimal, !plain.lowercased().contains("p") { return nil }
        let body = plain.hasPrefix("-") || plain.hasPrefix("+") ? plain.dropFirst() : plain[...]
        guard let first = body.utf8.first, (0x30...0x39).contains(first) || first == UInt8(ascii: ".") else {
            return nil
        }
        let completed = body.hasPrefix(".") ? "0" + body : String(body)
        guard let number = Double(completed.hasSuffix(".") ? completed + "0" : completed), number.isFinite else {
            return nil
        }
        return plain.hasPrefix("-") ? -number : number
    }

    /// The value where nothing says which type is wanted; nil when it does not fit Go's `int`.
    var value: GoValue? {
        if let complex { return .object(GoComplex(complex.real, complex.imaginary)) }
        if let float, int == nil || isWrittenAsFloat { return isWrittenAsFloat ? .float(float) : nil }
        return int.map { .int($0) }
    }

    private var isWrittenAsFloat: Bool {
        if text.hasPrefix("'") { return false }
        let lower = text.lowercased()
        let digits = lower.hasPrefix("-") || lower.hasPrefix("+") ? lower.dropFirst() : lower[...]
        if digits.hasPrefix("0x"), !lower.contains("p") { return false }
        return lower.utf8.contains { ".ep".utf8.contains($0) }
    }
}

/// Go's `complex128`.
final class GoComplex: GoObject {
    let real: Double
    let imaginary: Double

    init(_ real: Double, _ imaginary: Double) {
        self.real = real
        self.imaginary = imaginary
    }

    var typeName: String { "complex128" }
    var kindName: String { "complex128" }
    var text: String {
        let sign = imaginary.sign == .minus ? "" : "+"
        return "(\(GoFormat.shortest(real))\(sign)\(GoFormat.shortest(imaginary))i)"
    }
    var document: Value { .string(text) }
    func isEqual(to other: any GoObject) -> Bool {
        guard let other = other as? GoComplex else { return false }
        return real == other.real && imaginary == other.imaginary
    }
}
