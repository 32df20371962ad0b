extension CELValue {
    /// CEL equality: numbers compare across their types, other values of different types are unequal.
    func equals(_ other: CELValue) throws(CELFailure) -> Bool {
        switch (self, other) {
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.string(let left), .string(let right)): return left.isIdentical(to: right)
        case (.int(let left), .int(let right)): return left == right
        case (.bytes(let left), .bytes(let right)): return left == right
        case (.timestamp(let left), .timestamp(let right)): return left == right
        case (.duration(let left), .duration(let right)): return left == right
        case (.type(let left), .type(let right)): return left == right
        case (.quantity(let left), .quantity(let right)): return left == right
        case (.ip(let left), .ip(let right)): return left == right
        case (.cidr(let left), .cidr(let right)): return left == right
        case (.url(let left), .url(let right)): return left == right
        case (.semver(let left), .semver(let right)): return left.isEquivalent(to: right)
        case (.format(let left), .format(let right)): return left == right
        case (.optional(let left), .optional(let right)):
            guard let left, let right else { return left == nil && right == nil }
            return try left.equals(right)
        case (.list(let left), .list(let right)): return try left.equals(right)
        case (.map(let left), .map(let right)): return try left.equals(right)
        default: return compareNumbers(other) == 0
        }
    }

    /// Negative, zero or positive; nil when one is no number or not a number.
    private func compareNumbers(_ other: CELValue) -> Int? {
        switch (self, other) {
        case (.int(let left), .int(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.uint(let left), .uint(let right)): return left < right ? -1 : left > right ? 1 : 0
        case (.int(let left), .uint(let right)):
            if left < 0 { return -1 }
            let left = UInt(left)
            return left < right ? -1 : left > right ? 1 : 0
        case (.uint, .int): return other.compareNumbers(self).map { -$0 }
        case (.double(let left), .double(let right)):
            return left < right ? -1 : left > right ? 1 : left == right ? 0 : nil
        case (.double(let left), .int(let right)):
            if left.isNaN { return nil }
            if let whole = Int(exactly: left) { return whole < right ? -1 : whole > right ? 1 : 0 }
            return left < Double(right) ? -1 : 1
        case (.double(let left), .uint(let right)):
            if left.isNaN { return nil }
            if let whole = UInt(exactly: left) { return whole < right ? -1 : whole > right ? 1 : 0 }
            return left < Double(right) ? -1 : 1
        case (.int, .double), (.uint, .double): return other.compareNumbers(self).map { -$0 }
        default: return nil
        }
    }

    /// Negative, zero or positive; nil for NaN. Values that have no order throw.
    func compare(_ other: CELValue) throws(CELFailure) -> Int? {
        switch (self, other) {
        case (.bool(let left), .bool(let right)): return left == right ? 0 : left ? 1 : -1
        case (.string(let left), .string(let right)): return left.compareScalars(right)
        case (.bytes(let left), .bytes(let right)):
            return left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        case (.timestamp(let left), .timestamp(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.duration(let left), .duration(let right)): return left < right ? -1 : left == right ? 0 : 1
        case (.int, .int), (.int, .uint), (.int, .double), (.uint, .int), (.uint, .uint), (.uint, .double),
            (.double, .int),
            (.double, .uint), (.double, .double):
            return compareNumbers(other)
        default: throw .noSuchOverload
        }
    }
}

extension String {
    /// Equal code points; Swift's own `==` also takes composed and decomposed letters for equal.
    func isIdentical(to other: String) -> Bool { self == other && utf8.count == other.utf8.count }

    /// Order by code points, as Go compares strings.
    func compareScalars(_ other: String) -> Int {
        if isIdentical(to: other) { return 0 }
        return utf8.lexicographicallyPrecedes(other.utf8) ? -1 : 1
    }
}

extension CELList {
    func equals(_ other: CELList) throws(CELFailure) -> Bool {
        guard count == other.count else { return false }
        if case .data(let left, _) = storage, case .data(let right, _) = other.storage, left == right { return true }
        switch kind {
        case .atomic:
            for index in 0..<count where try !item(index).equals(other.item(index)) { return false }
            return true
        case .set:
            guard try isContained(in: other) else { return false }
            return try other.isContained(in: self)
        case .map(let keys):
            let mine = try items()
            let theirs = try other.items()
            for value in mine {
                var found = false
                for candidate in theirs where try value.hasSameKeys(keys, as: candidate) {
                    guard try value.equals(candidate) else { return false }
                    found = true
                }
                guard found else { return false }
            }
            return true
        }
    }

    private func isContained(in other: CELList) throws(CELFailure) -> Bool {
        for value in try items() where try !other.contains(value) { return false }
        return true
    }

    func contains(_ value: CELValue) throws(CELFailure) -> Bool {
        for index in 0..<count where try item(index).equals(value) { return true }
        return false
    }

    /// `+`: joined in order; sets make the union, map lists replace items with equal keys.
    func appending(_ other: CELList) throws(CELFailure) -> CELList {
        var joined = try items()
        switch kind {
        case .atomic: joined += try other.items()
        case .set:
            for value in try other.items() {
                var isNew = true
                for existing in joined where try existing.equals(value) { isNew = false }
                if isNew { joined.append(value) }
            }
        case .map(let keys):
            for value in try other.items() {
                var place: Int?
                for index in joined.indices where try joined[index].hasSameKeys(keys, as: value) { place = index }
                if let place { joined[place] = value } else { joined.append(value) }
            }
        }
        var result = CELList(joined)
        result.kind = kind
        return result
    }
}

extension CELValue {
    fileprivate func hasSameKeys(_ keys: [String], as other: CELValue) throws(CELFailure) -> Bool {
        guard case .map(let left) = self, case .map(let right) = other else { return false }
        for key in keys {
            let mine = try left.member(key)
            let theirs = try right.member(key)
            switch (mine, theirs) {
            case (nil, nil): continue
            case (let mine?, let theirs?): if try !mine.equals(theirs) { return false }
            default: return false
            }
        }
        return true
    }
}

extension CELMap {
    func equals(_ other: CELMap) throws(CELFailure) -> Bool {
        guard count == other.count else { return false }
        if case .data(let left, _) = storage, case .data(let right, _) = other.storage, left == right { return true }
        for entry in try entries() {
            guard let value = try other.value(for: entry.key), try value.equals(entry.value) else { return false }
        }
        return true
    }
}
