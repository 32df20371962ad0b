/// A JSON-shaped value, as Kubernetes objects, chart values and YAML documents are made of.
///
/// An enum of inline payloads with ordered pairs for objects: measured faster and smaller than dictionaries for the
/// small objects that manifests consist of (see `Object`).
package enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case int(Int)
    /// A floating-point number. Finite; JSON has no others.
    case double(Double)
    /// A number that neither `Int` nor `Double` holds exactly, kept as its literal JSON text.
    case number(String)
    case string(String)
    case array([Value])
    case object(Object)
}

extension Value {
    @inlinable package var isNull: Bool {
        if case .null = self { true } else { false }
    }

    @inlinable package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    @inlinable package var int: Int? {
        switch self {
        case .int(let value): value
        case .double(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number as a `Double`; nil for anything that is not a number.
    @inlinable package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .number(let text): Double(text)
        default: nil
        }
    }

    @inlinable package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    @inlinable package var array: [Value]? {
        if case .array(let value) = self { value } else { nil }
    }

    @inlinable package var object: Object? {
        if case .object(let value) = self { value } else { nil }
    }

    /// What a person calls this kind of value: `null`, `boolean`, `number`, `string`, `array` or `object`.
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .int, .double, .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Whether there is nothing in it: null, an empty string, array or object.
    package var isEmpty: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let items): items.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }
}

extension Value {
    /// The member of an object; nil when this is no object or has no such member. Setting nil removes the member,
    /// setting on anything but an object replaces it by a new object.
    @inlinable
    package subscript(_ key: String) -> Value? {
        get {
            if case .object(let object) = self { object[key] } else { nil }
        }
        set {
            // The payload is taken out first, so that the pairs stay uniquely referenced and are changed in place.
            var object: Object
            if case .object(let existing) = self { object = existing } else { object = Object() }
            self = .null
            object[key] = newValue
            self = .object(object)
        }
    }

    /// The element of an array, nil when out of range or not an array.
    @inlinable
    package subscript(_ index: Int) -> Value? {
        if case .array(let items) = self, items.indices.contains(index) { items[index] } else { nil }
    }

    /// The value at a path of object members, nil as soon as one is missing.
    @inlinable
    package subscript(path keys: [String]) -> Value? {
        get {
            var current = self
            for key in keys {
                guard let next = current[key] else { return nil }
                current = next
            }
            return current
        }
        set { setMember(at: keys[...], to: newValue) }
    }

    /// As `subscript(path: [String])`, spelled out: `value[path: "metadata", "labels"]`.
    @inlinable
    package subscript(path keys: String...) -> Value? {
        get { self[path: keys] }
        set { self[path: keys] = newValue }
    }

    /// Sets or (with nil) removes the member at a path, making the objects on the way when something is to be set.
    @usableFromInline
    mutating func setMember(at keys: ArraySlice<String>, to newValue: Value?) {
        guard let first = keys.first else {
            self = newValue ?? .null
            return
        }
        if keys.count == 1 {
            if newValue == nil, object == nil { return }
            self[first] = newValue
            return
        }
        var object: Object
        if case .object(let existing) = self { object = existing } else { object = Object() }
        if newValue == nil, object[first]?.object == nil { return }
        self = .null
        object.update(first, default: .object(Object())) { $0.setMember(at: keys.dropFirst(), to: newValue) }
        self = .object(object)
    }
}

extension Value: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: Value...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) {
        self = .object(Object(elements.map { Object.Pair(key: $0.0, value: $0.1) }))
    }
}
