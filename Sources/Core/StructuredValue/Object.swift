/// The members of a JSON object, in the order they were written.
///
/// Look-up walks the pairs: key sets of manifests are small (almost always under 20), and an array of pairs is parsed,
/// walked, compared and freed two to four times faster than a dictionary. Keys are unique.
package struct Object: Sendable {
    package struct Pair: Sendable, Hashable {
        package var key: String
        package var value: Value

        @inlinable
        package init(key: String, value: Value) {
            self.key = key
            self.value = value
        }
    }

    /// The members in order.
    @usableFromInline package internal(set) var pairs: [Pair]

    @inlinable
    package init() { pairs = [] }

    /// Takes pairs whose keys the caller knows to be unique.
    @inlinable
    package init(_ uniquePairs: [Pair]) { pairs = uniquePairs }

    @inlinable
    package var count: Int { pairs.count }
    @inlinable
    package var isEmpty: Bool { pairs.isEmpty }
    package var keys: [String] { pairs.map(\.key) }
    package var values: [Value] { pairs.map(\.value) }

    /// Where the member with this key stands, nil when there is none.
    @inlinable
    package func index(of key: String) -> Int? {
        for index in pairs.indices where pairs[index].key == key { return index }
        return nil
    }

    @inlinable
    package func contains(_ key: String) -> Bool { index(of: key) != nil }

    /// The member with this key. Setting nil removes it; setting a new one appends it.
    @inlinable
    package subscript(_ key: String) -> Value? {
        get {
            for pair in pairs where pair.key == key { return pair.value }
            return nil
        }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let index = index(of: key) {
                pairs[index].value = newValue
            } else {
                pairs.append(Pair(key: key, value: newValue))
            }
        }
    }

    @inlinable @discardableResult
    package mutating func removeValue(forKey key: String) -> Value? {
        guard let index = index(of: key) else { return nil }
        return pairs.remove(at: index).value
    }

    /// Appends a member whose key the caller knows to be new.
    @inlinable
    package mutating func append(_ key: String, _ value: Value) { pairs.append(Pair(key: key, value: value)) }

    /// Changes the value of one member in place; `initial` is added first when there is no such member.
    @inlinable
    package mutating func update(
        _ key: String,
        default initial: @autoclosure () -> Value,
        _ change: (inout Value) -> Void
    ) {
        if let index = index(of: key) {
            change(&pairs[index].value)
        } else {
            var value = initial()
            change(&value)
            pairs.append(Pair(key: key, value: value))
        }
    }

    /// Changes every member's value in place.
    @inlinable
    package mutating func updateValues(_ change: (_ key: String, inout Value) throws -> Void) rethrows {
        for index in pairs.indices { try change(pairs[index].key, &pairs[index].value) }
    }

    package mutating func removeAll(where shouldRemove: (Pair) throws -> Bool) rethrows {
        try pairs.removeAll(where: shouldRemove)
    }

    package mutating func reserveCapacity(_ capacity: Int) { pairs.reserveCapacity(capacity) }

    /// The pairs sorted by key, in the order of their UTF-8 bytes, as Go sorts strings.
    package var sortedPairs: [Pair] { pairs.sorted { $0.key < $1.key } }
}

extension Object: Sequence {
    package func makeIterator() -> IndexingIterator<[Pair]> { pairs.makeIterator() }
    package var underestimatedCount: Int { pairs.count }
}

extension Object: Equatable, Hashable {
    /// Two objects are equal when they have equal members, in whatever order.
    package static func == (left: Object, right: Object) -> Bool {
        guard left.pairs.count == right.pairs.count else { return false }
        for index in left.pairs.indices {
            let pair = left.pairs[index]
            if right.pairs[index].key == pair.key {
                if right.pairs[index].value != pair.value { return false }
            } else {
                guard let other = right[pair.key], other == pair.value else { return false }
            }
        }
        return true
    }

    package func hash(into hasher: inout Hasher) {
        // Independent of order, because equality is.
        var sum = 0
        for pair in pairs {
            var member = Hasher()
            member.combine(pair.key)
            member.combine(pair.value)
            sum ^= member.finalize()
        }
        hasher.combine(pairs.count)
        hasher.combine(sum)
    }
}

extension Object: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, Value)...) {
        pairs = elements.map { Pair(key: $0.0, value: $0.1) }
    }
}
