import StructuredValue

/// The wording of violations: quotes and numbers as Helm prints them.
enum SchemaText {
    /// The text in single quotes, escaped as in Go, double quotes left alone.
    static func quote(_ text: String) -> String { GoQuotation.quote(text, mark: UInt8(ascii: "'")) }

    static func quote(_ texts: [String]) -> String { texts.map(quote).joined(separator: ", ") }

    /// A scalar of a schema as it is listed among the allowed values.
    static func display(_ value: Value) -> String {
        switch value {
        case .null: "<nil>"
        case .bool(let bool): bool ? "true" : "false"
        case .int(let number): String(number)
        case .double(let number):
            number == number.rounded() && abs(number) < 1e15 ? "\(Int(number)).0" : JSON.text(value)
        case .number(let text): text
        case .string(let text): quote(text)
        case .array, .object: "value"
        }
    }

    /// A whole number with its thousands grouped.
    static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        return (number < 0 ? "-" : "") + grouped(digits)
    }

    private static func grouped(_ digits: String) -> String {
        var result = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { result += "," }
            result.append(digit)
        }
        return result
    }

    /// A number as English text: thousands grouped, from a million on as a power of ten.
    static func number(_ number: Double) -> String {
        if number == 0 { return "0" }
        let sign = number < 0 ? "-" : ""
        var (digits, exponent) = significantDigits(abs(number))
        if exponent < -3 || exponent > 6 {
            let head = String(digits.removeFirst())
            let power = exponent - 1
            let shown = String(power.magnitude)
            let padded = shown.count < 2 ? "0" + shown : shown
            let superscripts: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
            let raised = String(padded.compactMap { $0.wholeNumberValue.map { superscripts[$0] } })
            return sign + head + (digits.isEmpty ? "" : "." + digits) + "×10" + (power < 0 ? "⁻" : "") + raised
        }
        if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
        if digits.count <= exponent {
            return sign + grouped(digits + String(repeating: "0", count: exponent - digits.count))
        }
        return sign + grouped(String(digits.prefix(exponent))) + "." + digits.dropFirst(exponent)
    }

    /// The shortest digits that identify the number, and where the decimal point stands relative to the first.
    private static func significantDigits(_ number: Double) -> (digits: String, exponent: Int) {
        let text = number.description.lowercased()
        let halves = text.split(separator: "e")
        var exponent = halves.count == 2 ? Int(halves[1]) ?? 0 : 0
        let parts = halves[0].split(separator: ".", omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : ""
        var digits = String(parts[0] + fraction)
        exponent += parts[0].count
        while digits.count > 1, digits.first == "0" {
            digits.removeFirst()
            exponent -= 1
        }
        while digits.count > 1, digits.last == "0" { digits.removeLast() }
        return (digits, exponent)
    }
}
