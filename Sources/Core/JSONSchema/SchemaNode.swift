import LinearRegex
import StructuredValue

/// The JSON types as a set.
struct SchemaTypes: OptionSet, Sendable {
    let rawValue: UInt8

    static let null = SchemaTypes(rawValue: 1)
    static let boolean = SchemaTypes(rawValue: 2)
    static let number = SchemaTypes(rawValue: 4)
    static let integer = SchemaTypes(rawValue: 8)
    static let string = SchemaTypes(rawValue: 16)
    static let array = SchemaTypes(rawValue: 32)
    static let object = SchemaTypes(rawValue: 64)

    /// In the order in which they are listed to people.
    static let names: [(SchemaTypes, String)] = [
        (.null, "null"), (.boolean, "boolean"), (.number, "number"), (.integer, "integer"), (.string, "string"),
        (.array, "array"), (.object, "object"),
    ]

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(named name: String) { self = Self.names.first { $0.1 == name }?.0 ?? [] }

    init(of value: Value) {
        switch value {
        case .null: self = .null
        case .bool: self = .boolean
        case .int, .double, .number: self = .number
        case .string: self = .string
        case .array: self = .array
        case .object: self = .object
        }
    }

    var list: String { Self.names.filter { contains($0.0) }.map(\.1).joined(separator: " or ") }
}

/// One compiled schema. Other schemas are referred to by their index in the table of all nodes.
final class SchemaNode: Sendable {
    let rules: Rules
    init(_ rules: Rules) { self.rules = rules }

    /// What `additionalProperties` or `additionalItems` says.
    enum Additional: Sendable {
        case unsaid, allowed, forbidden
        case schema(Int)
        var isSaid: Bool { if case .unsaid = self { false } else { true } }
    }

    enum Dependency: Sendable {
        case properties([String])
        case schema(Int)
    }

    struct Rules: Sendable {
        var draft = 2020
        /// A boolean schema; an empty object counts as `true`.
        var verdict: Bool?
        /// The value must itself be a schema of this draft.
        var wantsSchema: Int?
        var types: SchemaTypes = []
        var const: Value?
        var enumeration: [Value]?
        var enumerationTypes: SchemaTypes = []
        var format: SchemaFormat?

        var reference: Int?
        var recursiveReference: Int?
        var isRecursiveAnchor = false
        var dynamicReference: Int?
        /// The anchor that `$dynamicRef` names, when it names one.
        var dynamicReferenceAnchor: String?
        var dynamicAnchor: String?
        /// The node at the top of the resource (the document, or the nearest `$id`) this one belongs to.
        var resource = 0
        /// On the top of a resource: its dynamic anchors.
        var dynamicAnchors: [String: Int] = [:]

        var object: ObjectRules?
        var array: ArrayRules?
        var string: StringRules?
        var number: NumberRules?

        var not: Int?
        var allOf: [Int] = []
        var anyOf: [Int] = []
        var oneOf: [Int] = []
        var condition: Int?
        var then: Int?
        var otherwise: Int?
        var unevaluatedProperties: Int?
        var unevaluatedItems: Int?

        var evaluatesAllProperties: Bool { object?.additional.isSaid ?? false }
        var evaluatesAllItems: Bool { (array?.additional.isSaid ?? false) || array?.items != nil }
        var evaluatedItems: Int { array?.prefix.count ?? 0 }
    }

    struct ObjectRules: Sendable {
        var minimum: Int?
        var maximum: Int?
        var required: [String] = []
        var properties: [String: Int] = [:]
        var patterns: [(pattern: LinearPattern, node: Int)] = []
        var additional = Additional.unsaid
        var dependencies: [(property: String, dependency: Dependency)] = []
        var propertyNames: Int?
        var dependentSchemas: [(property: String, node: Int)] = []
        var dependentRequired: [(property: String, required: [String])] = []
    }

    struct ArrayRules: Sendable {
        var minimum: Int?
        var maximum: Int?
        var isUnique = false
        var prefix: [Int] = []
        /// The schema of all items after the prefix.
        var items: Int?
        var additional = Additional.unsaid
        var contains: Int?
        var minimumContains: Int?
        var maximumContains: Int?
    }

    struct StringRules: Sendable {
        var minimum: Int?
        var maximum: Int?
        var pattern: LinearPattern?
    }

    struct NumberRules: Sendable {
        var minimum: ExactNumber?
        var maximum: ExactNumber?
        var exclusiveMinimum: ExactNumber?
        var exclusiveMaximum: ExactNumber?
        var multipleOf: ExactNumber?
    }
}
