/// What the compiler knows about a value. `dyn` stands for “anything”, checked when it is evaluated.
package indirect enum CELType: Sendable, Hashable {
    case dyn, null, bool, int, uint, double, string, bytes, timestamp, duration, type
    case quantity, ip, cidr, url, semver, format
    case list(CELType, CELListKind)
    case map(CELType)
    case object(CELObjectType)
    case optional(CELType)

    /// A list whose order counts.
    package static func list(_ element: CELType) -> CELType { .list(element, .atomic) }
}

/// How two lists are compared and joined (`x-kubernetes-list-type`).
package enum CELListKind: Sendable, Hashable {
    case atomic
    /// Order does not count; `+` makes the union.
    case set
    /// Items are told apart by these members; `+` replaces items with equal keys.
    case map(keys: [String])
}

/// The members that an object of a schema may have, by their names in expressions (already escaped).
package final class CELObjectType: Sendable, Hashable {
    package struct Field: Sendable {
        package var name: String
        package var type: CELType

        package init(name: String, type: CELType) {
            self.name = name
            self.type = type
        }
    }

    package let fields: [String: Field]
    private let typesByName: [String: CELType]

    /// `members` are given with their names as they stand in the data.
    package init(members: [(name: String, type: CELType)]) {
        var fields: [String: Field] = [:]
        var types: [String: CELType] = [:]
        for member in members {
            types[member.name] = member.type
            let field = Field(name: member.name, type: member.type)
            if let escaped = CELIdentifier.escape(member.name) { fields[escaped] = field }
            // Published definitions also write reserved words plainly, as in `self.import`.
            if CELIdentifier.isReserved(member.name) { fields[member.name] = field }
        }
        self.fields = fields
        typesByName = types
    }

    /// The type of the member with this name in the data.
    package func type(of member: String) -> CELType { typesByName[member] ?? .dyn }

    package static func == (left: CELObjectType, right: CELObjectType) -> Bool { left === right }
    package func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(self)) }
}

extension CELType: CustomStringConvertible {
    package var description: String {
        switch self {
        case .dyn: "dyn"
        case .null: "null"
        case .bool: "bool"
        case .int: "int"
        case .uint: "uint"
        case .double: "double"
        case .string: "string"
        case .bytes: "bytes"
        case .timestamp: "timestamp"
        case .duration: "duration"
        case .type: "type"
        case .quantity: "kubernetes.Quantity"
        case .ip: "net.IP"
        case .cidr: "net.CIDR"
        case .url: "kubernetes.URL"
        case .semver: "kubernetes.Semver"
        case .format: "kubernetes.NamedFormat"
        case .list(let element, _): "list(\(element))"
        case .map(let value): "map(string, \(value))"
        case .object: "object"
        case .optional(let wrapped): "optional_type(\(wrapped))"
        }
    }

    /// Whether a value of this type can be one of the other: equal kinds, or one of them is not known.
    func matches(_ other: CELType) -> Bool {
        switch (self, other) {
        case (.dyn, _), (_, .dyn): true
        case (.list(let left, _), .list(let right, _)): left.matches(right)
        case (.map(let left), .map(let right)): left.matches(right)
        case (.map, .object), (.object, .map): true
        case (.object, .object): true
        case (.optional(let left), .optional(let right)): left.matches(right)
        default: self == other
        }
    }

    /// The type that holds both, `dyn` when they differ.
    func joined(with other: CELType) -> CELType {
        if self == other { return self }
        if case .null = self { return .dyn }
        if case .list(let left, _) = self, case .list(let right, _) = other { return .list(left.joined(with: right)) }
        if case .map(let left) = self, case .map(let right) = other { return .map(left.joined(with: right)) }
        if case .optional(let left) = self, case .optional(let right) = other {
            return .optional(left.joined(with: right))
        }
        return .dyn
    }
}

/// How Kubernetes spells property names as CEL identifiers.
package enum CELIdentifier {
    private static let reserved: Set<String> = [
        "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import",
        "let", "loop", "package", "namespace", "return", "var", "void", "while",
    ]

    static func isReserved(_ name: String) -> Bool { reserved.contains(name) }

    /// The identifier for a property name; nil when there is none (it starts with a digit or has other characters).
    package static func escape(_ name: String) -> String? {
        let bytes = Array(name.utf8)
        guard let first = bytes.first, !(first >= 0x30 && first <= 0x39) else { return nil }
        if reserved.contains(name) { return "__\(name)__" }
        if bytes.allSatisfy({ isLetterOrDigit($0) }) { return name }
        var result = ""
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case UInt8(ascii: "_") where index + 1 < bytes.count && bytes[index + 1] == UInt8(ascii: "_"):
                result += "__underscores__"
                index += 1
            case UInt8(ascii: "."): result += "__dot__"
            case UInt8(ascii: "-"): result += "__dash__"
            case UInt8(ascii: "/"): result += "__slash__"
            case _ where isLetterOrDigit(byte) || byte == UInt8(ascii: "_"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: return nil
            }
            index += 1
        }
        return result
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
}
