package import StructuredValue

/// Parts of values that were seen lately.
///
/// They are kept in two halves: what was seen since the last turn, and between that and the turn before. What is met again moves
/// to the newer half, so only what nobody meets any more is forgotten.
package struct ValuePool: Sendable {
    /// A part and its hash, from which the hash of what holds it is made.
    private struct Part {
        var value: Value
        var hash: Int
    }

    private let limit: Int
    private var newer: [Int: Value] = [:]
    private var older: [Int: Value] = [:]

    /// - Parameter capacity: About how many parts are remembered.
    package init(capacity: Int = 32_768) { limit = max(1, capacity / 2) }

    /// The same value, made of parts that other values have as well where they are equal.
    package mutating func shared(_ value: Value) -> Value { share(value).value }

    private mutating func share(_ value: Value) -> Part {
        switch value {
        case .null, .bool, .int, .double: return Part(value: value, hash: value.hashValue)
        case .number(let text), .string(let text):
            // Short ones lie in the value itself.
            if text.utf8.count <= 15 { return Part(value: value, hash: value.hashValue) }
            return keep(value, hash: value.hashValue)
        case .array(let items):
            if items.isEmpty { return Part(value: value, hash: 1) }
            var hasher = Hasher()
            var shared: [Value] = []
            shared.reserveCapacity(items.count)
            for item in items {
                let part = share(item)
                hasher.combine(part.hash)
                shared.append(part.value)
            }
            return keep(.array(shared), hash: hasher.finalize())
        case .object(let object):
            if object.isEmpty { return Part(value: value, hash: 2) }
            var hasher = Hasher()
            var shared: [Object.Pair] = []
            shared.reserveCapacity(object.count)
            for pair in object {
                let key = share(.string(pair.key))
                let part = share(pair.value)
                hasher.combine(key.hash)
                hasher.combine(part.hash)
                shared.append(Object.Pair(key: key.value.string ?? pair.key, value: part.value))
            }
            return keep(.object(Object(shared)), hash: hasher.finalize())
        }
    }

    /// The part that was remembered in place of this one, or this one from now on.
    private mutating func keep(_ value: Value, hash: Int) -> Part {
        if let known = newer[hash], Self.isSame(known, value) { return Part(value: known, hash: hash) }
        var result = value
        if let known = older[hash], Self.isSame(known, value) { result = known }
        if newer.count >= limit {
            older = newer
            newer = [:]
            newer.reserveCapacity(limit)
        }
        newer[hash] = result
        return Part(value: result, hash: hash)
    }

    /// Whether two parts are equal in everything, the order of members included. Their own parts are shared already, so
    /// it is enough to see that these are the same.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { isSamePart($0, $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { isSame($0.key, $1.key) && isSamePart($0.value, $1.value) }
        case (.number(let left), .number(let right)), (.string(let left), .string(let right)): isSame(left, right)
        default: false
        }
    }

    private static func isSamePart(_ left: Value, _ right: Value) -> Bool {
        switch (left, right) {
        case (.array(let left), .array(let right)): place(left) == place(right)
        case (.object(let left), .object(let right)):
            left.isEmpty ? right.isEmpty : place(left.pairs) == place(right.pairs)
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.int(let left), .int(let right)): left == right
        // Zero and minus zero are equal, but not the same.
        case (.double(let left), .double(let right)): left.bitPattern == right.bitPattern
        case (.number(let left), .number(let right)), (.string(let left), .string(let right)): isSame(left, right)
        default: false
        }
    }

    /// Strings are equal when they look equal; these must have the same letters.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
    }

    private static func place<Element>(_ array: [Element]) -> UnsafePointer<Element>? {
        array.withUnsafeBufferPointer { $0.isEmpty ? nil : $0.baseAddress }
    }
}
