package import StructuredValue

/// A value as a running template sees it, with the kinds and the sharing that Go's reflection shows to templates.
///
/// Maps are shared by reference; everything else is a value. Numbers keep Go's distinction between `int`, `int64`, the
/// other integer kinds and `float64`, because comparison, `printf` and `kindOf` depend on it.
package enum GoValue {
    /// The absence of any value: what a pipeline leaves that ended in nil. Only the evaluator makes it; functions get
    /// `null` instead. A field of nothing is nothing, while a field of `null` is an error.
    case none
    /// Go's nil interface: a missing map entry, a JSON null.
    case null
    case bool(Bool)
    /// Go's `int`: literals, `len`, results of most functions.
    case int(Int)
    /// Go's `int64`: what sprig's arithmetic and `--set` make.
    case int64(Int)
    /// Any other integer kind; unsigned values keep their bit pattern.
    case sized(Int, GoIntegerKind)
    /// Go's `float64`: every number of a values file, of `fromYaml` and of `fromJson`.
    case float(Double)
    case string(String)
    /// A Go string whose bytes are not valid UTF-8.
    case rawString([UInt8])
    /// Go's `[]byte`.
    case bytes([UInt8])
    case list(GoList)
    case map(GoMap)
    case object(any GoObject)
}

/// The integer kinds of Go beside `int` and `int64`.
package enum GoIntegerKind: String, Sendable {
    case int8, int16, int32, uint, uint8, uint16, uint32, uint64

    package var isUnsigned: Bool {
        switch self {
        case .int8, .int16, .int32: false
        default: true
        }
    }
}

/// What the elements of a slice or the values of a map are declared as in Go.
package enum GoElement: Sendable, Equatable {
    /// `interface {}`
    case any
    case string, int, int64, float64, bool
    /// `map[string]interface {}`
    case map
    /// Any other type, by its Go name.
    case named(String)

    /// The type's name as `%T` prints it.
    package var name: String {
        switch self {
        case .any: "interface {}"
        case .string: "string"
        case .int: "int"
        case .int64: "int64"
        case .float64: "float64"
        case .bool: "bool"
        case .map: "map[string]interface {}"
        case .named(let name): name
        }
    }

    /// The value of a map entry that is not there.
    var zero: GoValue {
        switch self {
        case .any, .map, .named: .null
        case .string: .string("")
        case .int: .int(0)
        case .int64: .int64(0)
        case .float64: .float(0)
        case .bool: .bool(false)
        }
    }
}

/// A Go slice: its elements, and what they are declared as.
package struct GoList {
    package let items: [GoValue]
    package let element: GoElement
    /// How deeply lists lie in one another here: freeing a list goes down into it, so the evaluator sets a limit.
    let depth: Int32

    package init(_ items: [GoValue], element: GoElement = .any) {
        self.items = items
        self.element = element
        var depth: Int32 = 0
        for item in items { if case .list(let inner) = item { depth = max(depth, inner.depth) } }
        self.depth = depth + 1
    }
}

extension GoValue {
    /// A `[]interface {}` of these values.
    @inlinable
    package static func list(_ items: [GoValue]) -> GoValue { .list(GoList(items)) }

    /// A `[]string` of these values.
    package static func strings(_ items: some Sequence<String>) -> GoValue {
        .list(GoList(items.map { .string($0) }, element: .string))
    }

    /// A Go string of these bytes, whatever they are.
    package static func string(bytes: [UInt8]) -> GoValue {
        if let text = String(validating: bytes, as: UTF8.self) { .string(text) } else { .rawString(bytes) }
    }

    /// Whether this is nothing or nil.
    @inlinable
    package var isNil: Bool {
        switch self {
        case .none, .null: true
        default: false
        }
    }

    /// Go's truth: false for nil, false, zero, and empty strings, lists and maps.
    package var isTrue: Bool {
        switch self {
        case .none, .null: false
        case .bool(let value): value
        case .int(let value), .int64(let value), .sized(let value, _): value != 0
        case .float(let value): value != 0
        case .string(let text): !text.isEmpty
        case .rawString(let bytes), .bytes(let bytes): !bytes.isEmpty
        case .list(let list): !list.items.isEmpty
        case .map(let map): map.count > 0
        case .object(let object): object.underlying?.isTrue ?? true
        }
    }

    /// The text of a Go string (invalid bytes repaired), nil for any other kind.
    @inlinable
    package var string: String? {
        switch self {
        case .string(let text): text
        case .rawString(let bytes): String(decoding: bytes, as: UTF8.self)
        default: nil
        }
    }

    /// The exact bytes of a Go string or `[]byte`, nil for any other kind.
    package var stringBytes: [UInt8]? {
        switch self {
        case .string(let text): Array(text.utf8)
        case .rawString(let bytes), .bytes(let bytes): bytes
        default: nil
        }
    }

    /// The map, also of an object that is a map underneath; nil for any other kind.
    package var map: GoMap? {
        switch self {
        case .map(let map): map
        case .object(let object): object.underlying?.map
        default: nil
        }
    }

    /// The elements of a slice (of `[]byte` too); nil for any other kind.
    package var items: [GoValue]? {
        switch self {
        case .list(let list): list.items
        case .bytes(let bytes): bytes.map { .sized(Int($0), .uint8) }
        case .object(let object): object.underlying?.items
        default: nil
        }
    }

    /// The value as an integer when it is of one of Go's integer kinds.
    @inlinable
    package var integer: Int? {
        switch self {
        case .int(let value), .int64(let value), .sized(let value, _): value
        default: nil
        }
    }

    /// The Go type as `%T` prints it.
    package var typeName: String {
        switch self {
        case .none, .null: "<nil>"
        case .bool: "bool"
        case .int: "int"
        case .int64: "int64"
        case .sized(_, let kind): kind.rawValue
        case .float: "float64"
        case .string, .rawString: "string"
        case .bytes: "[]uint8"
        case .list(let list): "[]" + list.element.name
        case .map(let map): map.named?.typeName ?? "map[string]" + map.element.name
        case .object(let object): object.typeName
        }
    }

    /// The Go kind as `reflect.Kind` prints it: `map`, `slice`, `ptr`, `invalid`, …
    package var kindName: String {
        switch self {
        case .none, .null: "invalid"
        case .bool: "bool"
        case .int: "int"
        case .int64: "int64"
        case .sized(_, let kind): kind.rawValue
        case .float: "float64"
        case .string, .rawString: "string"
        case .bytes, .list: "slice"
        case .map: "map"
        case .object(let object): object.kindName
        }
    }
}

extension GoValue {
    /// How the numbers of a document become Go numbers.
    package enum Numbers: Sendable {
        /// All are `float64`, as Go decodes JSON (and sigs.k8s.io/yaml any YAML) into `interface {}`.
        case float64
        /// Whole numbers are `int64`, others `float64`: what `--set` gives.
        case int64
    }

    /// Copies a document into template values of its own, so that templates may change the maps.
    package init(_ value: Value, numbers: Numbers = .float64) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): self = numbers == .float64 ? .float(Double(number)) : .int64(number)
        case .double(let number): self = .float(number)
        case .number(let text): self = .float(Double(text) ?? .infinity)
        case .string(let text): self = .string(text)
        case .array(let items):
            var copies: [GoValue] = []
            copies.reserveCapacity(items.count)
            for item in items { copies.append(GoValue(item, numbers: numbers)) }
            self = .list(GoList(copies))
        case .object(let object):
            let map = GoMap(minimumCapacity: object.count)
            for pair in object.pairs { map.append(GoKey(pair.key), GoValue(pair.value, numbers: numbers)) }
            self = .map(map)
        }
    }

    /// The value as a document, as Go's encoding/json sees it: `[]byte` in base64, objects by what they are underneath.
    ///
    /// What is too large or contains itself is cut short; `GoExecution.spend(walking:)` says so beforehand.
    package var document: Value {
        var budget = Self.walkLimit
        return document(depth: 0, false, &budget)
    }

    /// The value as a document whose floating-point numbers stay such, whole ones too: what writes YAML without JSON in
    /// between sees it so.
    package var documentWithFloats: Value {
        var budget = Self.walkLimit
        return document(depth: 0, true, &budget)
    }

    /// How many values a walk visits, and how deeply, before it gives up.
    static let walkLimit = 5_000_000
    static let depthLimit = 400

    private func document(depth: Int, _ keepsFloats: Bool, _ budget: inout Int) -> Value {
        budget -= 1
        switch self {
        case .none, .null: return .null
        case .bool(let flag): return .bool(flag)
        case .int(let number), .int64(let number): return .int(number)
        case .sized(let number, let kind):
            return kind.isUnsigned && number < 0 ? .number(String(UInt(bitPattern: number))) : .int(number)
        case .float(let number):
            guard !keepsFloats, number == number.rounded(), !(number == 0 && number.sign == .minus) else {
                return .double(number)
            }
            if number.magnitude < 9e15 { return .int(Int(number)) }
            // JSON shows the shortest digits filled up with zeros, and readers take that for the number.
            if number.magnitude < 1e19, let whole = Int(JSON.formatNumber(number)) { return .int(whole) }
            return .double(number)
        case .string(let text): return .string(text)
        case .rawString(let bytes): return .string(String(decoding: bytes, as: UTF8.self))
        case .bytes(let bytes): return .string(Base64.encode(bytes))
        case .list(let list):
            if depth > Self.depthLimit || budget < 0 { return .null }
            var items: [Value] = []
            items.reserveCapacity(list.items.count)
            for item in list.items { items.append(item.document(depth: depth + 1, keepsFloats, &budget)) }
            return .array(items)
        case .map(let map):
            if depth > Self.depthLimit || budget < 0 { return .null }
            map.sortKeys()
            var object = Object()
            object.reserveCapacity(map.count)
            for entry in map.entries {
                object.append(entry.key, entry.value.document(depth: depth + 1, keepsFloats, &budget))
            }
            return .object(object)
        case .object(let object): return object.document
        }
    }

    /// A copy that shares no map with this value. What is too large or contains itself is cut short.
    package var deepCopy: GoValue {
        var budget = Self.walkLimit
        return deepCopy(depth: 0, &budget)
    }

    private func deepCopy(depth: Int, _ budget: inout Int) -> GoValue {
        switch self {
        case .map(let map):
            budget -= 1
            if depth > Self.depthLimit || budget < 0 { return .null }
            let copy = GoMap(minimumCapacity: map.count, element: map.element)
            for entry in map.entries {
                copy.append(GoKey(entry.key, hash: entry.hash), entry.value.deepCopy(depth: depth + 1, &budget))
            }
            return .map(copy)
        case .list(let list):
            budget -= list.items.count
            if depth > Self.depthLimit || budget < 0 { return .null }
            var items: [GoValue] = []
            items.reserveCapacity(list.items.count)
            for item in list.items { items.append(item.deepCopy(depth: depth + 1, &budget)) }
            return .list(GoList(items, element: list.element))
        default: return self
        }
    }
}
