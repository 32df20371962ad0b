/// Go's `time.Duration`: nanoseconds, with its text form.
package struct GoDuration: Sendable, Hashable {
    package var nanoseconds: Int
    package init(nanoseconds: Int) { self.nanoseconds = nanoseconds }

    private static let units: [(name: String, size: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3_600e9),
    ]

    struct ParseError: Error { var message: String }

    /// Reads texts such as `1h15m30.5s`.
    init(_ text: String) throws(ParseError) {
        let invalid = ParseError(message: "time: invalid duration \(Self.quoted(text))")
        var rest = Array(text.utf8)[...]
        var isNegative = false
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            isNegative = sign == UInt8(ascii: "-")
            rest.removeFirst()
        }
        if rest.elementsEqual([UInt8(ascii: "0")]) {
            nanoseconds = 0
            return
        }
        if rest.isEmpty { throw invalid }
        var total: UInt64 = 0
        func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
        while !rest.isEmpty {
            let whole = rest.prefix(while: isDigit)
            rest = rest.dropFirst(whole.count)
            var fraction: ArraySlice<UInt8> = []
            var hasPoint = false
            if rest.first == UInt8(ascii: ".") {
                hasPoint = true
                fraction = rest.dropFirst().prefix(while: isDigit)
                rest = rest.dropFirst(1 + fraction.count)
            }
            if whole.isEmpty, fraction.isEmpty { throw invalid }
            let unit = rest.prefix { !isDigit($0) && $0 != UInt8(ascii: ".") }
            let name = String(decoding: unit, as: UTF8.self)
            if unit.isEmpty { throw ParseError(message: "time: missing unit in duration \(Self.quoted(text))") }
            guard let size = Self.units.first(where: { $0.name == name })?.size else {
                throw ParseError(message: "time: unknown unit \(Self.quoted(name)) in duration \(Self.quoted(text))")
            }
            rest = rest.dropFirst(unit.count)
            let count = whole.isEmpty ? 0 : UInt64(String(decoding: whole, as: UTF8.self))
            guard let count else { throw invalid }
            let (product, overflow) = count.multipliedReportingOverflow(by: UInt64(size))
            var part = product
            if hasPoint, !fraction.isEmpty {
                let digits = String(decoding: fraction.prefix(18), as: UTF8.self)
                var scale = 1.0
                for _ in 0..<digits.utf8.count { scale *= 10 }
                part &+= UInt64((Double(digits) ?? 0) * (size / scale))
            }
            let (sum, tooLarge) = total.addingReportingOverflow(part)
            if overflow || tooLarge || sum > UInt64(1) << 63 { throw invalid }
            total = sum
        }
        if isNegative {
            nanoseconds = Int(truncatingIfNeeded: 0 &- total)
        } else {
            guard total <= UInt64(Int.max) else { throw invalid }
            nanoseconds = Int(total)
        }
    }

    private static func quoted(_ text: String) -> String { "\"" + text + "\"" }

    /// As Go prints it: `1h2m3.5s`, `250ms`, `0s`.
    package var text: String {
        let magnitude = nanoseconds.magnitude
        let sign = nanoseconds < 0 ? "-" : ""
        func decimal(_ value: UInt, per unit: UInt) -> String {
            let whole = value / unit
            var fraction = String(value % unit)
            let width = String(unit).count - 1
            fraction = String(repeating: "0", count: width - min(width, fraction.count)) + fraction
            while fraction.hasSuffix("0") { fraction.removeLast() }
            return fraction.isEmpty || value % unit == 0 ? String(whole) : "\(whole).\(fraction)"
        }
        if magnitude == 0 { return "0s" }
        if magnitude < 1_000 { return sign + "\(magnitude)ns" }
        if magnitude < 1_000_000 { return sign + decimal(magnitude, per: 1_000) + "µs" }
        if magnitude < 1_000_000_000 { return sign + decimal(magnitude, per: 1_000_000) + "ms" }
        let minutes = magnitude / 60_000_000_000
        let seconds = decimal(magnitude % 60_000_000_000, per: 1_000_000_000) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return sign + "\(minutes)m" + seconds }
        return sign + "\(minutes / 60)h\(minutes % 60)m" + seconds
    }

    /// Toward zero to a multiple of another duration.
    func truncated(to unit: GoDuration) -> GoDuration {
        unit.nanoseconds <= 0 ? self : GoDuration(nanoseconds: nanoseconds - nanoseconds % unit.nanoseconds)
    }

    /// To the nearest multiple, halves away from zero.
    func rounded(to unit: GoDuration) -> GoDuration {
        let unit = unit.nanoseconds
        if unit <= 0 { return self }
        let rest = nanoseconds % unit
        let isNear = rest.magnitude &+ rest.magnitude < unit.magnitude
        if isNear { return GoDuration(nanoseconds: nanoseconds - rest) }
        let (sum, overflow) =
            nanoseconds < 0
            ? nanoseconds.subtractingReportingOverflow(unit + rest) : nanoseconds.addingReportingOverflow(unit - rest)
        return GoDuration(nanoseconds: overflow ? (nanoseconds < 0 ? Int.min : Int.max) : sum)
    }
}
