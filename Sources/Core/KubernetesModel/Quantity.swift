/// A Kubernetes resource quantity such as `500m`, `1Gi` or `2e3`, compared by value.
package struct Quantity: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// As written.
    package var text: String
    /// The value in units; exact for everything people write.
    package var amount: Double

    /// Nil when the text is not a quantity.
    package init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || ".+-".contains($0)) }
        guard let number = Double(digits) else { return nil }
        guard let factor = Self.factor(of: text.dropFirst(digits.count)) else { return nil }
        self.text = text
        amount = number * factor
    }

    package var description: String { text }

    package static func < (left: Quantity, right: Quantity) -> Bool { left.amount < right.amount }
    package static func == (left: Quantity, right: Quantity) -> Bool { left.amount == right.amount }
    package func hash(into hasher: inout Hasher) { hasher.combine(amount) }

    private static let factors: [String: Double] = [
        "": 1, "n": 1e-9, "u": 1e-6, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
        "Ki": 1024, "Mi": 1_048_576, "Gi": 1_073_741_824, "Ti": 1_099_511_627_776, "Pi": 1_125_899_906_842_624,
        "Ei": 1_152_921_504_606_846_976,
    ]

    private static func factor(of suffix: Substring) -> Double? {
        if let factor = factors[String(suffix)] { return factor }
        guard let first = suffix.first, first == "e" || first == "E", let power = Int(suffix.dropFirst()),
            abs(power) < 300
        else { return nil }
        var factor = 1.0
        for _ in 0..<abs(power) { factor *= 10 }
        return power < 0 ? 1 / factor : factor
    }
}
