import StructuredValue

/// The type of a value in a built-in kind: how it is read, filled with defaults, merged and described.
///
/// Written in a short notation (see `ShapeText`), from which the reader, the merge schema and OpenAPI are all derived.
indirect enum Shape: Sendable {
    case string, bool, int32, int64, number, quantity, intOrString, time, microTime, bytes
    /// Whatever it is; kept as it stands.
    case any
    case map(Shape, isAtomic: Bool)
    case list(Shape, ListRules)
    /// A struct, by name, so that types may contain themselves.
    case named(String)

    struct ListRules: Sendable, Hashable {
        enum Kind: Sendable, Hashable { case atomic, set, map([String]) }
        var kind = Kind.atomic
        /// The key by which strategic merge patches pair items.
        var patchKey: String?
    }
}

/// A struct of a built-in kind.
final class StructShape: Sendable {
    struct Field: Sendable {
        var name: String
        var shape: Shape
        /// Kept when it is set, even to a zero value.
        var isPointer = false
        /// Written even when nothing is in it.
        var isAlwaysWritten = false
        var isRequired = false
        var fallback: Value?
    }

    let name: String
    let fields: [Field]
    /// Owned and replaced as a whole.
    let isAtomic: Bool
    private let positions: [String: Int]

    init(name: String, fields: [Field], isAtomic: Bool = false) {
        self.name = name
        self.fields = fields
        self.isAtomic = isAtomic
        positions = Dictionary(uniqueKeysWithValues: fields.enumerated().map { ($1.name, $0) })
    }

    func field(_ name: String) -> Field? { positions[name].map { fields[$0] } }
}
