/// Quantities as Kubernetes writes them back: `0.5` becomes `500m`, `1024Mi` becomes `1Gi`.
enum CanonicalQuantity {
    private static let binary = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
    private static let decimal = [-9: "n", -6: "u", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"]

    /// nil when the text is no quantity; unusually large or fine ones come back as they were.
    static func text(_ text: String) -> String? {
        let bytes = Array(text.utf8)
        var index = 0
        var isNegative = false
        if let first = bytes.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            isNegative = first == UInt8(ascii: "-")
            index = 1
        }
        var digits = 0
        var count = 0
        var fraction = 0
        var seenPoint = false
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "."), !seenPoint {
                seenPoint = true
            } else if byte >= 0x30, byte <= 0x39 {
                guard digits < 100_000_000_000_000_000 else { return text }
                digits = digits * 10 + Int(byte - 0x30)
                count += 1
                if seenPoint { fraction += 1 }
            } else {
                break
            }
            index += 1
        }
        guard count > 0 else { return nil }
        let suffix = String(decoding: bytes[index...], as: UTF8.self)
        let sign = isNegative ? "-" : ""
        if let power = binary.firstIndex(of: suffix), power > 0 {
            guard fraction == 0 else { return text }
            return sign + binaryText(digits, power)
        }
        var exponent: Int
        var isScientific = false
        if let known = decimal.first(where: { $0.value == suffix })?.key {
            exponent = known
        } else if let first = suffix.first, first == "e" || first == "E", let power = Int(suffix.dropFirst()) {
            exponent = power
            isScientific = true
        } else {
            return nil
        }
        exponent -= fraction
        if digits == 0 { return "0" }
        while digits % 10 == 0 {
            digits /= 10
            exponent += 1
        }
        // The largest power of a thousand that leaves a whole number.
        var target = exponent >= 0 ? exponent / 3 * 3 : -((-exponent + 2) / 3) * 3
        if target > 18 { target = 18 }
        if target < -9 { return text }
        for _ in 0..<(exponent - target) {
            guard digits < 100_000_000_000_000_000 else { return text }
            digits *= 10
        }
        if isScientific { return sign + String(digits) + (target == 0 ? "" : "e\(target)") }
        return sign + String(digits) + (decimal[target] ?? "")
    }

    private static func binaryText(_ amount: Int, _ power: Int) -> String {
        var amount = amount
        var power = power
        if amount == 0 { return "0" }
        while amount % 1024 == 0, power < binary.count - 1 {
            amount /= 1024
            power += 1
        }
        return String(amount) + binary[power]
    }
}
