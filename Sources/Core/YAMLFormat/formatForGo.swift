import StructuredValue

/// A number as Go's `strconv.FormatFloat(x, 'g', -1, 64)` writes it.
func formatForGo(_ number: Double) -> String {
    if let special = special(number) { return special }
    let (digits, exponent) = JSON.shortestDigits(abs(number))
    return layOut(digits, exponent, isNegative: number < 0)
}

/// A number as Go's `strconv.FormatFloat(x, 'g', -1, 32)` writes it.
func formatForGo(_ number: Float) -> String {
    if let special = special(Double(number)) { return special }
    // The shortest digits of the narrow type, read back exactly by the wide one.
    let (digits, exponent) = JSON.shortestDigits(Double("\(abs(number))") ?? Double(abs(number)))
    return layOut(digits, exponent, isNegative: number < 0)
}

private func special(_ number: Double) -> String? {
    if number.isNaN { return ".nan" }
    if number.isInfinite { return number < 0 ? "-.inf" : ".inf" }
    if number == 0 { return number.sign == .minus ? "-0" : "0" }
    return nil
}

/// The number 0.d₁d₂… × 10^exponent: with an exponent when it is below 1e-4 or from 1e6 on.
private func layOut(_ digits: String, _ exponent: Int, isNegative: Bool) -> String {
    let sign = isNegative ? "-" : ""
    let power = exponent - 1
    if power < -4 || power >= 6 {
        let fraction = digits.dropFirst()
        let magnitude = abs(power)
        return sign + digits.prefix(1) + (fraction.isEmpty ? "" : "." + fraction) + "e" + (power < 0 ? "-" : "+")
            + (magnitude < 10 ? "0" : "") + String(magnitude)
    }
    if exponent <= 0 { return sign + "0." + String(repeating: "0", count: -exponent) + digits }
    if exponent >= digits.utf8.count {
        return sign + digits + String(repeating: "0", count: exponent - digits.utf8.count)
    }
    return sign + digits.prefix(exponent) + "." + digits.dropFirst(exponent)
}
