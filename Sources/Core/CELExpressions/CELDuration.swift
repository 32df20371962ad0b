/// A span of time in nanoseconds, as Go's `time.Duration`.
package struct CELDuration: Hashable, Comparable, Sendable {
    package var nanoseconds: Int

    package init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

    package static func < (left: CELDuration, right: CELDuration) -> Bool { left.nanoseconds < right.nanoseconds }

    /// Reads what Go's `time.ParseDuration` reads: `1h30m`, `-1.5s`, `300ms`.
    package init(parsing text: String) throws(CELFailure) {
        guard let value = Self.parse(text) else {
            throw CELFailure("type conversion error from 'string' to 'google.protobuf.Duration'")
        }
        nanoseconds = value
    }

    private static let units: [(suffix: String, nanoseconds: Int)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
        ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Nanoseconds of a Go duration; nil when the text is none.
    package static func parse(_ text: String) -> Int? {
        var rest = Substring(text)
        var isNegative = false
        if let first = rest.first, first == "-" || first == "+" {
            isNegative = first == "-"
            rest.removeFirst()
        }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0
        while !rest.isEmpty {
            let whole = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(whole.count)
            var fraction: Substring = ""
            if rest.first == "." {
                rest.removeFirst()
                fraction = rest.prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(fraction.count)
            }
            guard !whole.isEmpty || !fraction.isEmpty else { return nil }
            let name = String(rest.prefix { !($0.isASCII && $0.isNumber) && $0 != "." })
            guard let unit = units.first(where: { $0.suffix == name }) else { return nil }
            rest = rest.dropFirst(name.count)
            guard let count = whole.isEmpty ? 0 : Int(whole) else { return nil }
            let (product, overflows) = count.multipliedReportingOverflow(by: unit.nanoseconds)
            guard !overflows else { return nil }
            var part = product
            if !fraction.isEmpty { part += Int((Double("0.\(fraction)") ?? 0) * Double(unit.nanoseconds)) }
            let (sum, exceeds) = total.addingReportingOverflow(part)
            guard !exceeds else { return nil }
            total = sum
        }
        return isNegative ? -total : total
    }

    /// As CEL converts a duration to a string: seconds with a fraction, `90s`, `0.5s`.
    var seconds: String { GoNumber.text(Double(nanoseconds) / 1e9, shortest: "f") + "s" }
}
