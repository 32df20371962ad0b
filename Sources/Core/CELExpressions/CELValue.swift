package import StructuredValue

/// A value of an expression. Lists and maps of data are kept as they are and converted item by item when read.
package enum CELValue: Sendable {
    case null
    case bool(Bool)
    case int(Int)
    case uint(UInt)
    case double(Double)
    case string(String)
    case bytes([UInt8])
    case timestamp(CELTimestamp)
    case duration(CELDuration)
    case list(CELList)
    case map(CELMap)
    case type(String)
    indirect case optional(CELValue?)
    case quantity(CELQuantity)
    case ip(CELAddress)
    case cidr(CELNetwork)
    case url(CELLocator)
    case semver(CELSemanticVersion)
    case format(CELNamedFormat)
}

/// The items of a list: data with the type of its items, or computed values.
package struct CELList: Sendable {
    enum Storage: Sendable {
        case data([Value], CELType)
        case computed([CELValue])
    }

    var storage: Storage
    var kind: CELListKind = .atomic

    init(_ values: [CELValue]) { storage = .computed(values) }

    init(data: [Value], element: CELType, kind: CELListKind) {
        storage = .data(data, element)
        self.kind = kind
    }

    var count: Int {
        switch storage {
        case .data(let items, _): items.count
        case .computed(let items): items.count
        }
    }

    func item(_ index: Int) throws(CELFailure) -> CELValue {
        switch storage {
        case .data(let items, let element): try CELValue(items[index], as: element)
        case .computed(let items): items[index]
        }
    }

    func items() throws(CELFailure) -> [CELValue] {
        switch storage {
        case .computed(let items): return items
        case .data(let values, let element):
            var items: [CELValue] = []
            items.reserveCapacity(values.count)
            for value in values { items.append(try CELValue(value, as: element)) }
            return items
        }
    }
}

/// The members of a map or object: data with the types of its members, or computed values.
package struct CELMap: Sendable {
    enum Storage: Sendable {
        case data(Object, CELType)
        case computed([(key: CELValue, value: CELValue)])
    }

    var storage: Storage

    init(_ entries: [(key: CELValue, value: CELValue)]) { storage = .computed(entries) }
    init(data: Object, type: CELType) { storage = .data(data, type) }

    var count: Int {
        switch storage {
        case .data(let object, _): object.count
        case .computed(let entries): entries.count
        }
    }

    private static func memberType(_ type: CELType, _ name: String) -> CELType {
        switch type {
        case .map(let value): value
        case .object(let object): object.type(of: name)
        default: .dyn
        }
    }

    /// The member with this name, converted to its type.
    func member(_ name: String) throws(CELFailure) -> CELValue? {
        switch storage {
        case .data(let object, let type):
            guard let value = object[name] else { return nil }
            return try CELValue(value, as: Self.memberType(type, name))
        case .computed: return try value(for: .string(name))
        }
    }

    func hasMember(_ name: String) throws(CELFailure) -> Bool {
        switch storage {
        case .data(let object, let type):
            guard let value = object[name] else { return false }
            // A null member of an object counts as absent, as it does in a typed Go object.
            if case .object = type, value.isNull { return false }
            return true
        case .computed: return try value(for: .string(name)) != nil
        }
    }

    func value(for key: CELValue) throws(CELFailure) -> CELValue? {
        switch storage {
        case .data:
            guard case .string(let name) = key else { return nil }
            return try member(name)
        case .computed(let entries):
            for entry in entries where try entry.key.equals(key) { return entry.value }
            return nil
        }
    }

    /// Keys in the order of the data.
    var keys: [CELValue] {
        switch storage {
        case .data(let object, let type):
            if case .object(let fields) = type {
                return object.pairs.map {
                    .string(fields.fields[$0.key] == nil ? CELIdentifier.escape($0.key) ?? $0.key : $0.key)
                }
            }
            return object.pairs.map { .string($0.key) }
        case .computed(let entries): return entries.map(\.key)
        }
    }

    func entries() throws(CELFailure) -> [(key: CELValue, value: CELValue)] {
        switch storage {
        case .computed(let entries): return entries
        case .data(let object, let type):
            var entries: [(key: CELValue, value: CELValue)] = []
            entries.reserveCapacity(object.count)
            for pair in object.pairs {
                entries.append((.string(pair.key), try CELValue(pair.value, as: Self.memberType(type, pair.key))))
            }
            return entries
        }
    }
}

extension CELValue {
    /// Data as an expression sees it, given what its schema says about it.
    package init(_ value: Value, as type: CELType) throws(CELFailure) {
        switch value {
        case .null: self = .null
        case .bool(let flag): self = .bool(flag)
        case .int(let number): if case .double = type { self = .double(Double(number)) } else { self = .int(number) }
        case .double(let number):
            if case .int = type, let whole = Int(exactly: number) { self = .int(whole) } else { self = .double(number) }
        case .number(let text): self = .double(Double(text) ?? 0)
        case .string(let text):
            switch type {
            case .bytes:
                guard let bytes = Base64.decode(text) else { throw CELFailure("invalid base64 data") }
                self = .bytes(bytes)
            case .duration: self = .duration(try CELDuration(parsing: text))
            case .timestamp: self = .timestamp(try CELTimestamp(parsing: text))
            default: self = .string(text)
            }
        case .array(let items):
            if case .list(let element, let kind) = type {
                self = .list(CELList(data: items, element: element, kind: kind))
            } else {
                self = .list(CELList(data: items, element: .dyn, kind: .atomic))
            }
        case .object(let object): self = .map(CELMap(data: object, type: type))
        }
    }

    /// The name of the value's type, as `type(x)` and error messages give it.
    package var typeName: String {
        switch self {
        case .null: "null_type"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "google.protobuf.Timestamp"
        case .duration: "google.protobuf.Duration"
        case .list: "list"
        case .map: "map"
        case .type: "type"
        case .optional: "optional_type"
        case .quantity: "kubernetes.Quantity"
        case .ip: "net.IP"
        case .cidr: "net.CIDR"
        case .url: "kubernetes.URL"
        case .semver: "kubernetes.Semver"
        case .format: "kubernetes.NamedFormat"
        }
    }

    /// Whether a value may be handed to a parameter of this type.
    func fits(_ type: CELType) -> Bool {
        switch (type, self) {
        case (.dyn, _), (.null, .null), (.bool, .bool), (.int, .int), (.uint, .uint), (.double, .double),
            (.string, .string),
            (.bytes, .bytes), (.timestamp, .timestamp), (.duration, .duration), (.type, .type), (.quantity, .quantity),
            (.ip, .ip), (.cidr, .cidr), (.url, .url), (.semver, .semver), (.format, .format), (.map, .map),
            (.object, .map),
            (.optional, .optional):
            return true
        case (.list(let element, _), .list(let list)):
            if case .dyn = element { return true }
            guard list.count > 0 else { return true }
            return (try? list.item(0).fits(element)) ?? false  // An item that cannot be read fits nothing.
        default: return false
        }
    }
}
