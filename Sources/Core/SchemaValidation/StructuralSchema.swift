import CELExpressions
package import StructuredValue

/// One node of a structural OpenAPI schema, compiled from a CustomResourceDefinition: what a value may be, and what it gets.
///
/// Immutable and shared: compile once per version of a resource, use for every object.
package final class StructuralSchema: Sendable {
    package enum Kind: String, Sendable {
        case object, array, string, number, integer, boolean
    }

    package enum ListType: String, Sendable { case atomic, set, map }
    package enum MapType: String, Sendable { case granular, atomic }

    /// Which members an object may have beside its properties.
    package enum AdditionalMembers: Sendable {
        /// The schema does not say.
        case unspecified
        case allowed(Bool)
        case schema(StructuralSchema)
    }

    /// The type; nil for int-or-string, free-form nodes and nodes inside `allOf` and its like.
    package let kind: Kind?
    package let nullable: Bool
    package let defaultValue: Value?
    /// Members by name; `propertyNames` has their order in the schema.
    package let properties: [String: StructuralSchema]
    package let propertyNames: [String]
    package let additionalMembers: AdditionalMembers
    package let items: StructuralSchema?
    package let preservesUnknownFields: Bool
    package let isEmbeddedResource: Bool
    package let isIntOrString: Bool
    package let listType: ListType
    package let listMapKeys: [String]
    package let mapType: MapType
    package let required: [String]
    package let format: String?

    let checks: ValueChecks
    let rules: [SchemaRule]
    /// How this node's values look to expressions; nil when expressions cannot see them.
    let expressionType: CELType?
    /// What lies at or below this node, so that walks skip whole branches.
    let hasDefaults: Bool
    let hasRules: Bool
    /// Whether objects stand anywhere below.
    let hasEmbedded: Bool
    let hasUniqueLists: Bool

    /// Names that need no schema at the root of a resource.
    static let resourceMembers: Set<String> = ["apiVersion", "kind", "metadata"]

    init(
        parts: SchemaParts,
        properties: [(name: String, schema: StructuralSchema)],
        additionalMembers: AdditionalMembers,
        items: StructuralSchema?,
        expressionType: CELType?,
        rules: [SchemaRule]
    ) {
        kind = parts.kind
        nullable = parts.nullable
        defaultValue = parts.defaultValue
        preservesUnknownFields = parts.preservesUnknownFields
        isEmbeddedResource = parts.isEmbeddedResource
        isIntOrString = parts.isIntOrString
        listType = parts.listType
        listMapKeys = parts.listMapKeys
        mapType = parts.mapType
        required = parts.required
        format = parts.format
        checks = parts.checks
        self.properties = Dictionary(properties.map { ($0.name, $0.schema) }) { first, _ in first }
        propertyNames = properties.map(\.name)
        self.additionalMembers = additionalMembers
        self.items = items
        self.expressionType = expressionType
        self.rules = rules
        var children = properties.map(\.schema)
        if let items { children.append(items) }
        if case .schema(let schema) = additionalMembers { children.append(schema) }
        hasDefaults = children.contains { $0.hasDefaults || $0.defaultValue != nil }
        hasRules = !rules.isEmpty || children.contains { $0.hasRules } || parts.checks.allOf.contains { $0.hasRules }
        hasEmbedded = children.contains { $0.isEmbeddedResource || $0.hasEmbedded }
        hasUniqueLists = parts.listType != .atomic || children.contains { $0.hasUniqueLists }
    }

    /// The schema of a member of an object: its property, or that of additional members.
    package func member(_ name: String) -> StructuralSchema? {
        if let property = properties[name] { return property }
        if case .schema(let schema) = additionalMembers { return schema }
        return nil
    }

    /// Whether expressions (`x-kubernetes-validations`) stand anywhere in this schema.
    package var hasExpressions: Bool { hasRules }
}

/// The checks of one node that are not about structure.
struct ValueChecks: Sendable {
    var enumeration: [Value]?
    var pattern: Pattern?
    var minLength: Int?
    var maxLength: Int?
    var minItems: Int?
    var maxItems: Int?
    var minProperties: Int?
    var maxProperties: Int?
    var minimum: Double?
    var maximum: Double?
    var exclusiveMinimum = false
    var exclusiveMaximum = false
    var multipleOf: Double?
    var uniqueItems = false
    var allOf: [StructuralSchema] = []
    var anyOf: [StructuralSchema] = []
    var oneOf: [StructuralSchema] = []
    var not: [StructuralSchema] = []
}

/// What a schema node says about itself, its children aside.
struct SchemaParts: Sendable {
    var kind: StructuralSchema.Kind?
    var nullable = false
    var defaultValue: Value?
    var preservesUnknownFields = false
    var isEmbeddedResource = false
    var isIntOrString = false
    var listType = StructuralSchema.ListType.atomic
    var listMapKeys: [String] = []
    var mapType = StructuralSchema.MapType.granular
    var required: [String] = []
    var format: String?
    var checks = ValueChecks()
}
