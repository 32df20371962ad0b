/// A Kubernetes quantity, exact to a billionth.
package struct CELQuantity: Hashable, Comparable, Sendable {
    /// The amount in billionths.
    private var nano: Int128
    var text: String

    package static func == (left: CELQuantity, right: CELQuantity) -> Bool { left.nano == right.nano }
    package static func < (left: CELQuantity, right: CELQuantity) -> Bool { left.nano < right.nano }
    package func hash(into hasher: inout Hasher) { hasher.combine(nano) }

    private static let one: Int128 = 1_000_000_000

    private static let factors: [String: Int128] = [
        "n": 1, "u": 1_000, "m": 1_000_000, "": one, "k": one * 1_000, "M": one * 1_000_000, "G": one * 1_000_000_000,
        "T": one * 1_000_000_000_000, "P": one * 1_000_000_000_000_000, "E": one * 1_000_000_000_000_000_000,
        "Ki": one << 10, "Mi": one << 20, "Gi": one << 30, "Ti": one << 40, "Pi": one << 50, "Ei": one << 60,
    ]

    package init?(parsing text: String) {
        self.text = text
        var rest = Substring(text)
        var isNegative = false
        if let first = rest.first, first == "-" || first == "+" {
            isNegative = first == "-"
            rest.removeFirst()
        }
        let whole = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(whole.count)
        var fraction: Substring = ""
        if rest.first == "." {
            rest.removeFirst()
            fraction = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty, whole.count <= 19 else { return nil }
        var factor: Int128
        var divisor: Int128 = 1
        if let known = Self.factors[String(rest)] {
            factor = known
        } else if let mark = rest.first, mark == "e" || mark == "E", let exponent = Int(rest.dropFirst()),
            abs(exponent) <= 18
        {
            factor = Self.one
            for _ in 0..<abs(exponent) { if exponent > 0 { factor *= 10 } else { divisor *= 10 } }
        } else {
            return nil
        }
        var amount = (Int128(whole) ?? 0).multipliedReportingOverflow(by: factor)
        if amount.overflow { return nil }
        var scale = factor
        for digit in fraction.utf8.prefix(18) {
            scale /= 10
            amount.partialValue += Int128(digit - 0x30) * scale
        }
        nano = amount.partialValue / divisor
        if isNegative { nano = -nano }
    }

    private init(nano: Int128) {
        self.nano = nano
        text = ""
        let whole = nano / Self.one
        let rest = (nano % Self.one).magnitude
        text =
            rest == 0
            ? "\(whole)"
            : "\(nano < 0 && whole == 0 ? "-" : "")\(whole).\(String(String(Int(rest) + 1_000_000_000).dropFirst()))"
    }

    init(_ number: Int) { self.init(nano: Int128(number) * Self.one) }

    var sign: Int { nano.signum() == 0 ? 0 : nano < 0 ? -1 : 1 }
    var integer: Int? { nano % Self.one == 0 ? Int(exactly: nano / Self.one) : nil }
    var double: Double { Double(nano) / 1e9 }
    func adding(_ other: CELQuantity) -> CELQuantity { CELQuantity(nano: nano + other.nano) }
    func subtracting(_ other: CELQuantity) -> CELQuantity { CELQuantity(nano: nano - other.nano) }
}

extension CELFunctions {
    private static func quantity(_ value: CELValue) throws(CELFailure) -> CELQuantity {
        switch value {
        case .quantity(let quantity): return quantity
        case .int(let number): return CELQuantity(number)
        default: throw .noSuchOverload
        }
    }

    private static func arithmetic(
        _ name: String,
        _ body: @escaping @Sendable (CELQuantity, CELQuantity) -> CELValue,
        _ result: CELType
    ) -> [CELOverload] {
        [CELType.quantity, .int].map { other in
            CELOverload(name, on: .quantity, [other], result) { (a) throws(CELFailure) in
                body(try quantity(a[0]), try quantity(a[1]))
            }
        }
    }

    static let quantities: [CELOverload] =
        [
            CELOverload("isQuantity", [.string], .bool) { (a) throws(CELFailure) in
                .bool(CELQuantity(parsing: try text(a[0])) != nil)
            },
            CELOverload("quantity", [.string], .quantity) { (a) throws(CELFailure) in
                guard let quantity = CELQuantity(parsing: try text(a[0])) else {
                    throw CELFailure(
                        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    )
                }
                return .quantity(quantity)
            },
            CELOverload("isInteger", on: .quantity, .bool) { (a) throws(CELFailure) in
                .bool(try quantity(a[0]).integer != nil)
            },
            CELOverload("asInteger", on: .quantity, .int) { (a) throws(CELFailure) in
                guard let number = try quantity(a[0]).integer else {
                    throw CELFailure("cannot convert value to integer")
                }
                return .int(number)
            },
            CELOverload("asApproximateFloat", on: .quantity, .double) { (a) throws(CELFailure) in
                .double(try quantity(a[0]).double)
            },
        ] + arithmetic("add", { .quantity($0.adding($1)) }, .quantity)
        + arithmetic("sub", { .quantity($0.subtracting($1)) }, .quantity)
        + arithmetic("isGreaterThan", { .bool($0 > $1) }, .bool) + arithmetic("isLessThan", { .bool($0 < $1) }, .bool)
        + arithmetic("compareTo", { .int($0 < $1 ? -1 : $0 == $1 ? 0 : 1) }, .int)
}
