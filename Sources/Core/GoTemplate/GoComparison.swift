/// Go's comparison functions: which kinds compare, and with what complaint.
enum GoComparison {
    private enum Kind { case invalid, bool, int, uint, float, string, other }

    private static func kind(_ value: GoValue) -> Kind {
        switch value {
        case .none, .null: .invalid
        case .bool: .bool
        case .int, .int64: .int
        case .sized(_, let kind): kind.isUnsigned ? .uint : .int
        case .float: .float
        case .string, .rawString: .string
        case .object(let object): object.underlying?.integer == nil ? .other : .int
        case .bytes, .list, .map: .other
        }
    }

    private static func integer(_ value: GoValue) -> Int {
        if case .object(let object) = value { return object.underlying?.integer ?? 0 }
        return value.integer ?? 0
    }

    /// `eq` of two values.
    static func isEqual(_ left: GoValue, _ right: GoValue) throws(GoFailure) -> Bool {
        switch (left, right) {
        case (.string(let one), .string(let other)): return one == other
        case (.bool(let one), .bool(let other)): return one == other
        case (.float(let one), .float(let other)): return one == other
        case (.int(let one), .int(let other)): return one == other
        default: break
        }
        let (first, second) = (kind(left), kind(right))
        if first == .other, second == .other {
            if case .object(let one) = left, case .object(let other) = right { return one.isEqual(to: other) }
            throw GoFailure("non-comparable type \(nonComparable(left) ? describe(left) : describe(right))")
        }
        if first == .invalid || second == .invalid {
            let other = first == .invalid ? right : left
            if nonComparable(other) { return false }
            return first == second
        }
        switch (first, second) {
        case (.int, .int), (.uint, .uint): return integer(left) == integer(right)
        case (.int, .uint), (.uint, .int): return integer(left) >= 0 && integer(left) == integer(right)
        case (.string, .string): return left.stringBytes == right.stringBytes
        default: throw incompatible(left, right)
        }
    }

    private static func incompatible(_ left: GoValue, _ right: GoValue) -> GoFailure {
        GoFailure("incompatible types for comparison: \(left.typeName) and \(right.typeName)")
    }

    private static func nonComparable(_ value: GoValue) -> Bool {
        switch value {
        case .bytes, .list, .map: true
        default: false
        }
    }

    private static func describe(_ value: GoValue) -> String { "\(GoFormat.text(value)): \(value.typeName)" }

    /// `lt` of two values.
    static func isLess(_ left: GoValue, _ right: GoValue) throws(GoFailure) -> Bool {
        let (first, second) = (kind(left), kind(right))
        for kind in [first, second] where kind == .invalid || kind == .other {
            throw GoFailure("invalid type for comparison")
        }
        switch (first, second) {
        case (.int, .int): return integer(left) < integer(right)
        case (.uint, .uint): return UInt(bitPattern: integer(left)) < UInt(bitPattern: integer(right))
        case (.int, .uint): return integer(left) < 0 || integer(left) < UInt(bitPattern: integer(right))
        case (.uint, .int): return integer(right) >= 0 && UInt(bitPattern: integer(left)) < integer(right)
        case (.float, .float):
            guard case .float(let one) = left, case .float(let other) = right else { return false }
            return one < other
        case (.string, .string):
            return (left.stringBytes ?? []).lexicographicallyPrecedes(right.stringBytes ?? [])
        case (.bool, .bool): throw GoFailure("invalid type for comparison")
        default: throw incompatible(left, right)
        }
    }

    /// Go's `reflect.DeepEqual`: same types and same contents.
    static func isDeeplyEqual(_ left: GoValue, _ right: GoValue) -> Bool {
        var budget = GoValue.walkLimit
        return isDeeplyEqual(left, right, depth: 0, &budget)
    }

    private static func isDeeplyEqual(_ left: GoValue, _ right: GoValue, depth: Int, _ budget: inout Int) -> Bool {
        budget -= 1
        if depth > GoValue.depthLimit || budget < 0 { return false }
        switch (left, right) {
        case (.none, .none), (.null, .null), (.none, .null), (.null, .none): return true
        case (.bool(let one), .bool(let other)): return one == other
        case (.int(let one), .int(let other)), (.int64(let one), .int64(let other)): return one == other
        case (.sized(let one, let kind), .sized(let other, let otherKind)): return one == other && kind == otherKind
        case (.float(let one), .float(let other)): return one == other
        case (.string(let one), .string(let other)): return one == other
        case (.rawString(let one), .rawString(let other)), (.bytes(let one), .bytes(let other)): return one == other
        case (.list(let one), .list(let other)):
            guard one.element == other.element, one.items.count == other.items.count else { return false }
            for index in one.items.indices
            where !isDeeplyEqual(one.items[index], other.items[index], depth: depth + 1, &budget) { return false }
            return true
        case (.map(let one), .map(let other)):
            if one === other { return true }
            guard one.element == other.element, one.count == other.count else { return false }
            for entry in one.entries {
                guard let value = other[GoKey(entry.key, hash: entry.hash)],
                    isDeeplyEqual(entry.value, value, depth: depth + 1, &budget)
                else {
                    return false
                }
            }
            return true
        case (.object(let one), .object(let other)): return one.isEqual(to: other)
        default: return false
        }
    }
}

extension GoValue {
    /// Go's `reflect.DeepEqual`: same types and same contents.
    package func isDeeplyEqual(to other: GoValue) -> Bool { GoComparison.isDeeplyEqual(self, other) }
}
