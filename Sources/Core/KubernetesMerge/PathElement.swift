package import StructuredValue

/// One step from a value to a part of it, as managed fields name it.
package enum PathElement: Hashable, Sendable {
    /// A member of a map or struct: `f:name`.
    case field(String)
    /// An item of a list map by its keys, sorted by name: `k:{"name":"x"}`.
    case key([KeyField])
    /// An item of a set: `v:"x"`.
    case value(Value)
    /// An item of a list by position: `i:0`.
    case index(Int)

    /// One key of a list map's item with its value.
    package struct KeyField: Hashable, Sendable {
        package var name: String
        package var value: Value

        package init(name: String, value: Value) {
            self.name = name
            self.value = value
        }
    }
}

extension PathElement: Comparable {
    /// Fields before keys before values before indexes; each kind by its content.
    package static func < (left: PathElement, right: PathElement) -> Bool { left.order(to: right) < 0 }

    /// Negative when this one comes first, 0 when both are the same element.
    package func order(to other: PathElement) -> Int {
        switch (self, other) {
        case (.field(let left), .field(let right)): return left == right ? 0 : left < right ? -1 : 1
        case (.key(let left), .key(let right)):
            for (one, two) in zip(left, right) {
                if one.name != two.name { return one.name < two.name ? -1 : 1 }
                let order = one.value.order(to: two.value)
                if order != 0 { return order }
            }
            return left.count - right.count
        case (.value(let left), .value(let right)): return left.order(to: right)
        case (.index(let left), .index(let right)): return left - right
        default: return rank - other.rank
        }
    }

    private var rank: Int {
        switch self {
        case .field: 0
        case .key: 1
        case .value: 2
        case .index: 3
        }
    }
}

extension Value {
    /// A total order over values: numbers, strings, booleans, arrays, objects, null.
    func order(to other: Value) -> Int {
        switch (self, other) {
        case (.string(let left), .string(let right)): return left == right ? 0 : left < right ? -1 : 1
        case (.int(let left), .int(let right)): return left == right ? 0 : left < right ? -1 : 1
        case (.bool(let left), .bool(let right)): return left == right ? 0 : right ? -1 : 1
        case (.array(let left), .array(let right)):
            for (one, two) in zip(left, right) {
                let order = one.order(to: two)
                if order != 0 { return order }
            }
            return left.count - right.count
        case (.object(let left), .object(let right)):
            for (one, two) in zip(left.sortedPairs, right.sortedPairs) {
                if one.key != two.key { return one.key < two.key ? -1 : 1 }
                let order = one.value.order(to: two.value)
                if order != 0 { return order }
            }
            return left.count - right.count
        default:
            if let left = double, let right = other.double { return left == right ? 0 : left < right ? -1 : 1 }
            return orderRank - other.orderRank
        }
    }

    /// Whether two values are the same, an integer and the floating-point number of equal size included.
    func isSame(as other: Value) -> Bool {
        switch (self, other) {
        case (.array(let left), .array(let right)):
            if left.count != right.count { return false }
            for index in left.indices where !left[index].isSame(as: right[index]) { return false }
            return true
        case (.object(let left), .object(let right)):
            if left.count != right.count { return false }
            var isSame = true
            Object.zip(left, right) { _, one, two in
                if isSame, let one, let two { isSame = one.isSame(as: two) } else { isSame = false }
            }
            return isSame
        case (.int, .double), (.double, .int): return double == other.double
        default: return self == other
        }
    }

    private var orderRank: Int {
        switch self {
        case .int, .double, .number: 0
        case .string: 1
        case .bool: 2
        case .array: 3
        case .object: 4
        case .null: 5
        }
    }
}

extension PathElement: CustomStringConvertible {
    /// As error messages of an API server write it: `.name`, `[name="x"]`, `[="x"]`, `[0]`.
    package var description: String {
        switch self {
        case .field(let name): return ".\(name)"
        case .key(let fields):
            return "[\(fields.map { "\($0.name)=\(Self.text(of: $0.value))" }.joined(separator: ","))]"
        case .value(let value): return "[=\(Self.text(of: value))]"
        case .index(let index): return "[\(index)]"
        }
    }

    private static func text(of value: Value) -> String {
        switch value {
        case .array(let items): "[\(items.map { text(of: $0) }.joined(separator: ","))]"
        case .object(let object): object.sortedPairs.map { "\($0.key)=\(text(of: $0.value))" }.joined()
        default: JSON.text(value)
        }
    }

    /// The form that managed fields are stored in: `f:name`, `k:{"name":"x"}`, `v:"x"`, `i:0`.
    package var storedText: String {
        switch self {
        case .field(let name): return "f:\(name)"
        case .key(let fields):
            return "k:"
                + JSON.text(.object(Object(fields.map { Object.Pair(key: $0.name, value: $0.value) })), .go)
        case .value(let value): return "v:" + JSON.text(value, .go)
        case .index(let index): return "i:\(index)"
        }
    }

    /// Reads the stored form. Nil for a kind of element that is not known, which readers skip.
    package init?(storedText text: String) throws(FieldSetFailure) {
        guard let mark = text.firstIndex(of: ":"), text.utf8.distance(from: text.startIndex, to: mark) == 1 else {
            throw FieldSetFailure(message: "missing colon: \(text)")
        }
        let rest = String(text[text.index(after: mark)...])
        switch text.first {
        case "f": self = .field(rest)
        case "v": self = .value(try Self.parse(rest))
        case "k":
            guard case .object(let object) = try Self.parse(rest) else {
                throw FieldSetFailure(message: "the key \(rest) is no object")
            }
            self = .key(object.sortedPairs.map { KeyField(name: $0.key, value: $0.value) })
        case "i":
            guard let index = Int(rest) else { throw FieldSetFailure(message: "the index \(rest) is no number") }
            self = .index(index)
        default: return nil
        }
    }

    private static func parse(_ text: String) throws(FieldSetFailure) -> Value {
        do { return try JSON.parse(text) } catch { throw FieldSetFailure(message: "\(text): \(error)") }
    }
}

/// A way from an object to a part of it.
package struct FieldPath: Hashable, Sendable, Comparable, CustomStringConvertible {
    package var elements: [PathElement]

    package init(_ elements: [PathElement] = []) { self.elements = elements }

    /// A path of members: `FieldPath("metadata", "name")`.
    package init(_ fields: String...) { elements = fields.map { .field($0) } }

    package var description: String { elements.map(\.description).joined() }

    package static func < (left: FieldPath, right: FieldPath) -> Bool {
        for (one, two) in zip(left.elements, right.elements) {
            let order = one.order(to: two)
            if order != 0 { return order < 0 }
        }
        return left.elements.count < right.elements.count
    }
}

/// Why stored managed fields cannot be read.
package struct FieldSetFailure: Error, Hashable, Sendable {
    package var message: String
}
