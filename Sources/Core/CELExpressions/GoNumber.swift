/// Floating-point numbers as Go's `strconv` writes them.
package enum GoNumber {
    /// `shortest` is Go's verb: `f` never writes an exponent, `g` writes one below 1e-4 and from 1e+06 on.
    package static func text(_ number: Double, shortest verb: Character) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Inf" : "+Inf" }
        if number == 0 { return number.sign == .minus ? "-0" : "0" }
        let (digits, point) = decimal(number.magnitude)
        let sign = number < 0 ? "-" : ""
        let exponent = point - 1
        if verb == "e" || (verb == "g" && (exponent < -4 || exponent >= 6)) {
            let tail = digits.count > 1 ? "." + digits.dropFirst() : ""
            let magnitude = abs(exponent)
            return
                "\(sign)\(digits.prefix(1))\(tail)e\(exponent < 0 ? "-" : "+")\(magnitude < 10 ? "0" : "")\(magnitude)"
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return "\(sign)\(digits.prefix(point)).\(digits.dropFirst(point))"
    }

    /// The shortest digits that give the number back, and where the decimal point stands in them.
    private static func decimal(_ number: Double) -> (digits: String, point: Int) {
        var text = "\(number)"
        var exponent = 0
        if let mark = text.firstIndex(of: "e") {
            exponent = Int(text[text.index(after: mark)...]) ?? 0
            text = String(text[..<mark])
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        var digits = String(parts[0]) + (parts.count > 1 ? String(parts[1]) : "")
        var point = parts[0].count + exponent
        while digits.hasPrefix("0"), digits.count > 1 {
            digits.removeFirst()
            point -= 1
        }
        while digits.hasSuffix("0"), digits.count > 1 { digits.removeLast() }
        return (digits, point)
    }
}
