/// Durations as Go writes them, which v1beta1 objects hold: `10m`, `1h30m0s`, `0s`.
enum GoTime {
    /// Nil for anything that Go would not read, and for negative durations.
    static func duration(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text.hasPrefix("+") ? text.dropFirst() : text[...]
        guard !rest.isEmpty else { return nil }
        var total = Duration.zero
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !($0.isASCII && ($0.isNumber || $0 == ".")) }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), number.isFinite, number < 1e9, let size = units[String(unit)] else {
                return nil
            }
            total += size * number
        }
        return total
    }

    private static let units: [String: Duration] = [
        "ns": .nanoseconds(1), "us": .microseconds(1), "µs": .microseconds(1), "ms": .milliseconds(1),
        "s": .seconds(1), "m": .seconds(60), "h": .seconds(3600),
    ]

    /// A duration for people: `2s`, `1m30s`, `10m`, `1h`.
    static func text(_ duration: Duration) -> String {
        let seconds = Int(duration.components.seconds)
        let parts = [(seconds / 3600, "h"), (seconds % 3600 / 60, "m"), (seconds % 60, "s")]
        let text = parts.filter { $0.0 != 0 }.map { "\($0.0)\($0.1)" }.joined()
        return text.isEmpty ? "0s" : text
    }
}
