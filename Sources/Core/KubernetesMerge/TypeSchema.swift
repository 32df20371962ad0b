package import StructuredValue

/// What server-side apply and strategic merge must know about a type: how its values are merged and owned.
///
/// A type allows scalars, lists, maps or several of these; with several, the value at hand decides.
package final class TypeSchema: Sendable {
    package enum Scalar: Hashable, Sendable { case string, numeric, boolean, untyped }

    package struct List: Sendable {
        package enum Ownership: Hashable, Sendable {
            /// The list is owned and replaced as one.
            case atomic
            /// Each scalar item is owned by its value.
            case set
            /// Each item is owned by the values of these keys.
            case map(keys: [String])
        }

        package var ownership: Ownership
        package var items: Reference
        /// The key by which a strategic merge patch pairs items, when that is how it merges them.
        package var patchKey: String?
        /// Whether a strategic merge patch adds to a list of scalars instead of replacing it.
        package var patchesAsSet: Bool

        package init(_ ownership: Ownership, items: Reference, patchKey: String? = nil, patchesAsSet: Bool = false) {
            self.ownership = ownership
            self.items = items
            self.patchKey = patchKey
            self.patchesAsSet = patchesAsSet
        }
    }

    package struct Map: Sendable {
        /// The declared members of a struct.
        package var fields: [String: Field]
        /// The type of every other member; nil when there must be none.
        package var others: Reference?
        /// The map is owned and replaced as one.
        package var isAtomic: Bool

        package init(fields: [String: Field] = [:], others: Reference? = nil, isAtomic: Bool = false) {
            self.fields = fields
            self.others = others
            self.isAtomic = isAtomic
        }

        /// The type of a member; nil when it is not declared.
        func type(of key: String) -> TypeSchema? { (fields[key]?.type ?? others)?.resolved }

        var isFreeForm: Bool {
            if case .deduced = others { fields.isEmpty } else { false }
        }
    }

    package struct Field: Sendable {
        package var type: Reference
        /// The default, which counts where the field is a key of a list map.
        package var fallback: Value?

        package init(_ type: Reference, fallback: Value? = nil) {
            self.type = type
            self.fallback = fallback
        }
    }

    /// A type in place, or the name of one, so that types may contain themselves.
    package enum Reference: Sendable {
        case type(TypeSchema)
        /// Whatever the value is: maps are owned by member, lists as one.
        case deduced
        case builtIn(String)

        package var resolved: TypeSchema {
            switch self {
            case .type(let type): type
            case .deduced: .deduced
            case .builtIn(let name): BuiltInTypes.named(name)
            }
        }
    }

    package let scalar: Scalar?
    package let list: List?
    package let map: Map?

    package init(scalar: Scalar? = nil, list: List? = nil, map: Map? = nil) {
        self.scalar = scalar
        self.list = list
        self.map = map
    }

    /// The type of values nobody described.
    package static let deduced = TypeSchema(
        scalar: .untyped,
        list: List(.atomic, items: .deduced),
        map: Map(others: .deduced)
    )
}

extension TypeSchema {
    /// The one alternative of a type that applies to a value.
    enum Shape {
        case scalar(Scalar)
        case list(List)
        case map(Map)
        /// The type allows nothing.
        case nothing
    }

    /// Which alternative applies to a value. Where the value settles nothing, a type of several alternatives counts as
    /// map, else scalar, else list.
    func shape(for value: Value?) -> (shape: Shape, isSettled: Bool) {
        switch value {
        case .int, .double, .number, .string, .bool:
            if let scalar { return (.scalar(scalar), true) }
        case .array:
            if let list { return (.list(list), true) }
        case .object:
            if let map { return (.map(map), true) }
        case .null, nil: break
        }
        let alternatives = (map == nil ? 0 : 1) + (scalar == nil ? 0 : 1) + (list == nil ? 0 : 1)
        if let map { return (.map(map), alternatives == 1) }
        if let scalar { return (.scalar(scalar), alternatives == 1) }
        if let list { return (.list(list), true) }
        return (.nothing, true)
    }

    /// Whether two values of this type are handled by the same alternative.
    static func isSame(_ left: (shape: Shape, isSettled: Bool), _ right: (shape: Shape, isSettled: Bool)) -> Bool {
        guard left.isSettled == right.isSettled else { return false }
        return switch (left.shape, right.shape) {
        case (.scalar, .scalar), (.list, .list), (.map, .map), (.nothing, .nothing): true
        default: false
        }
    }
}

extension TypeSchema.List {
    var isAtomic: Bool { ownership == .atomic }

    /// The element that stands for an item of a set or list map in a path.
    package func element(for item: Value) throws(TypeFailure) -> PathElement {
        switch ownership {
        case .atomic: throw TypeFailure("invalid indexing of non-associative list")
        case .set:
            switch item {
            case .object: throw TypeFailure("associative list without keys has an element that's a map type")
            case .array: throw TypeFailure("not supported: associative list with lists as elements")
            case .null: throw TypeFailure("associative list without keys has an element that's an explicit null")
            default: return .value(item)
            }
        case .map(let keys):
            guard case .object(let object) = item else {
                throw TypeFailure(
                    item.isNull
                        ? "associative list with keys may not have a null element"
                        : "associative list with keys may not have non-map elements"
                )
            }
            let fields = items.resolved.map?.fields
            var found: [PathElement.KeyField] = []
            found.reserveCapacity(keys.count)
            for key in keys {
                if let value = object[key] ?? fields?[key]?.fallback { found.append(.init(name: key, value: value)) }
            }
            if found.isEmpty {
                let names = keys.map { "\"\($0)\"" }.joined(separator: " ")
                throw TypeFailure(
                    "associative list with keys has an element that omits all key fields [\(names)] "
                        + "(and doesn't have default values for any key fields)"
                )
            }
            if found.count > 1 { found.sort { $0.name < $1.name } }
            return .key(found)
        }
    }
}
