import CELExpressions
import LinearRegex
package import StructuredValue

/// A regular expression with its text.
struct Pattern: Sendable {
    var source: String
    /// Nil when the text is no regular expression: then nothing matches.
    var expression: LinearPattern?
}

/// How a schema is read.
package struct SchemaOptions: Sendable {
    /// Whether the root is a Kubernetes object, which has apiVersion, kind and metadata without saying so.
    package var isResource: Bool
    /// Whether what CustomResourceDefinitions forbid is refused. Off for schemas that are trusted.
    package var checksStructure: Bool
    /// Whether `uniqueItems` may be used, which CustomResourceDefinitions may not.
    package var allowsUniqueItems: Bool

    package init(isResource: Bool = true, checksStructure: Bool = true, allowsUniqueItems: Bool = false) {
        self.isResource = isResource
        self.checksStructure = checksStructure
        self.allowsUniqueItems = allowsUniqueItems
    }
}

extension StructuralSchema {
    /// Compiles an `openAPIV3Schema`. `path` is where the schema stands in its CustomResourceDefinition; errors start with it.
    package static func compile(
        _ schema: Value,
        at path: String = "",
        options: SchemaOptions = SchemaOptions()
    ) throws(SchemaRejection) -> StructuralSchema {
        if options.checksStructure {
            var check = StructureCheck(allowsUniqueItems: options.allowsUniqueItems)
            check.run(schema, at: path, isResource: options.isResource)
            if !check.errors.isEmpty { throw SchemaRejection(check.errors) }
        }
        var compiler = SchemaCompiler()
        let compiled = compiler.compile(schema, at: path, isResource: options.isResource, needsType: false)
        if options.checksStructure, compiler.errors.isEmpty {
            compiler.checkDefaults(of: compiled, at: path, isResource: options.isResource)
        }
        if !compiler.errors.isEmpty { throw SchemaRejection(compiler.errors) }
        return compiled
    }
}

/// Builds nodes bottom-up, so that a node's expression type is made of its children's.
struct SchemaCompiler {
    private(set) var errors: [FieldError] = []

    /// `needsType` when a rule of this node or of one above it will look at the values.
    mutating func compile(_ schema: Value, at path: String, isResource: Bool, needsType: Bool) -> StructuralSchema {
        let isRoot = isResource || schema["x-kubernetes-embedded-resource"]?.bool == true
        let ruleTexts = schema["x-kubernetes-validations"]?.array ?? []
        let nestedRules = (schema["allOf"]?.array ?? []).contains { $0["x-kubernetes-validations"] != nil }
        let needsType = needsType || !ruleTexts.isEmpty || nestedRules
        var properties: [(name: String, schema: StructuralSchema)] = []
        if case .object(let members)? = schema["properties"] {
            properties.reserveCapacity(members.count)
            for pair in members.pairs {
                let child = compile(
                    pair.value,
                    at: path + ".properties[\(pair.key)]",
                    isResource: false,
                    needsType: needsType
                )
                properties.append((pair.key, child))
            }
        }
        var additional = StructuralSchema.AdditionalMembers.unspecified
        switch schema["additionalProperties"] {
        case .bool(let flag)?: additional = .allowed(flag)
        case .object?:
            additional = .schema(
                compile(
                    schema["additionalProperties"] ?? .null,
                    at: path + ".additionalProperties",
                    isResource: false,
                    needsType: needsType
                )
            )
        default: break
        }
        let items = schema["items"].map { compile($0, at: path + ".items", isResource: false, needsType: needsType) }
        var parts = Self.parts(of: schema)
        let type =
            needsType
            ? Self.expressionType(parts, properties: properties, additional: additional, items: items, isRoot: isRoot)
            : nil
        parts.checks = checks(of: schema, at: path, type: type)
        var rules: [SchemaRule] = []
        if !ruleTexts.isEmpty, let type {
            for (index, text) in ruleTexts.enumerated() {
                let place = path + ".x-kubernetes-validations[\(index)]"
                if let rule = SchemaRule(text, type: type, at: place, schema: schema, errors: &errors) {
                    rules.append(rule)
                }
            }
        }
        return StructuralSchema(
            parts: parts,
            properties: properties,
            additionalMembers: additional,
            items: items,
            expressionType: type,
            rules: rules
        )
    }

    private static func parts(of schema: Value) -> SchemaParts {
        var parts = SchemaParts()
        parts.kind = schema["type"]?.string.flatMap(StructuralSchema.Kind.init)
        parts.nullable = schema["nullable"]?.bool ?? false
        parts.defaultValue = schema["default"].flatMap { $0.isNull ? Optional.none : $0 }
        parts.preservesUnknownFields = schema["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
        parts.isEmbeddedResource = schema["x-kubernetes-embedded-resource"]?.bool ?? false
        parts.isIntOrString = schema["x-kubernetes-int-or-string"]?.bool ?? false
        parts.listType = schema["x-kubernetes-list-type"]?.string.flatMap(StructuralSchema.ListType.init) ?? .atomic
        parts.listMapKeys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        parts.mapType = schema["x-kubernetes-map-type"]?.string.flatMap(StructuralSchema.MapType.init) ?? .granular
        parts.required = (schema["required"]?.array ?? []).compactMap(\.string)
        if let format = schema["format"]?.string, !format.isEmpty, StringFormat.isKnown(format, for: parts.kind) {
            parts.format = format
        }
        return parts
    }

    private mutating func checks(of schema: Value, at path: String, type: CELType?) -> ValueChecks {
        var checks = ValueChecks()
        checks.enumeration = schema["enum"]?.array
        if let source = schema["pattern"]?.string, !source.isEmpty {
            // Whether it is one was checked with the structure.
            checks.pattern = Pattern(source: source, expression: try? LinearPattern(source))
        }
        checks.minLength = schema["minLength"]?.int
        checks.maxLength = schema["maxLength"]?.int
        checks.minItems = schema["minItems"]?.int
        checks.maxItems = schema["maxItems"]?.int
        checks.minProperties = schema["minProperties"]?.int
        checks.maxProperties = schema["maxProperties"]?.int
        checks.minimum = schema["minimum"]?.double
        checks.maximum = schema["maximum"]?.double
        checks.exclusiveMinimum = schema["exclusiveMinimum"]?.bool ?? false
        checks.exclusiveMaximum = schema["exclusiveMaximum"]?.bool ?? false
        checks.multipleOf = schema["multipleOf"]?.double
        checks.uniqueItems = schema["uniqueItems"]?.bool ?? false
        checks.allOf = nested(schema["allOf"]?.array ?? [], at: path + ".allOf", type: type)
        checks.anyOf = nested(schema["anyOf"]?.array ?? [], at: path + ".anyOf", type: nil)
        checks.oneOf = nested(schema["oneOf"]?.array ?? [], at: path + ".oneOf", type: nil)
        if let not = schema["not"] { checks.not = nested([not], at: path + ".not", type: nil) }
        return checks
    }

    /// Schemas inside `allOf` and its like: values only. Rules in `allOf` see the surrounding node's type.
    private mutating func nested(_ schemas: [Value], at path: String, type: CELType?) -> [StructuralSchema] {
        schemas.enumerated().map { index, schema in
            let place = path + "[\(index)]"
            var stripped = schema
            let ruleTexts = schema["x-kubernetes-validations"]?.array ?? []
            if !ruleTexts.isEmpty { stripped["x-kubernetes-validations"] = nil }
            let node = compile(stripped, at: place, isResource: false, needsType: false)
            guard let type, !ruleTexts.isEmpty else { return node }
            var rules: [SchemaRule] = []
            for (number, text) in ruleTexts.enumerated() {
                let rulePlace = place + ".x-kubernetes-validations[\(number)]"
                if let rule = SchemaRule(text, type: type, at: rulePlace, schema: schema, errors: &errors) {
                    rules.append(rule)
                }
            }
            return node.with(rules: rules, type: type)
        }
    }

    private static func expressionType(
        _ parts: SchemaParts,
        properties: [(name: String, schema: StructuralSchema)],
        additional: StructuralSchema.AdditionalMembers,
        items: StructuralSchema?,
        isRoot: Bool
    ) -> CELType? {
        if parts.isIntOrString { return .dyn }
        switch parts.kind {
        case .array:
            guard let element = items?.expressionType else { return nil }
            switch parts.listType {
            case .atomic: return .list(element, .atomic)
            case .set: return .list(element, .set)
            case .map: return .list(element, .map(keys: parts.listMapKeys))
            }
        case .object:
            if case .schema(let schema) = additional { return schema.expressionType.map { .map($0) } }
            var members = properties.compactMap { property in
                property.schema.expressionType.map { (name: property.name, type: $0) }
            }
            if isRoot {
                members.removeAll { StructuralSchema.resourceMembers.contains($0.name) }
                let metadata = CELObjectType(members: [("name", .string), ("generateName", .string)])
                members += [("apiVersion", .string), ("kind", .string), ("metadata", .object(metadata))]
            }
            return .object(CELObjectType(members: members))
        case .string:
            switch parts.format {
            case "byte": return .bytes
            case "duration": return .duration
            case "date", "date-time": return .timestamp
            default: return .string
            }
        case .boolean: return .bool
        case .number: return .double
        case .integer: return .int
        case nil: return nil
        }
    }

    /// Defaults must be valid, and must survive pruning.
    mutating func checkDefaults(of schema: StructuralSchema, at path: String, isResource: Bool) {
        if let value = schema.defaultValue {
            let place = path + ".default"
            var pruned = value
            if !schema.prune(&pruned, isResource: false).isEmpty {
                errors.append(.invalid(place, value, "must not have unknown fields"))
            }
            errors += schema.validate(value, at: place, isResource: false).errors.map { error in
                var error = error
                if error.field == "<nil>" { error.field = place }
                return error
            }
        }
        guard schema.hasDefaults else { return }
        for name in schema.propertyNames {
            if let child = schema.properties[name] {
                checkDefaults(of: child, at: path + ".properties[\(name)]", isResource: false)
            }
        }
        if let items = schema.items { checkDefaults(of: items, at: path + ".items", isResource: false) }
        if case .schema(let child) = schema.additionalMembers {
            checkDefaults(of: child, at: path + ".additionalProperties", isResource: false)
        }
    }
}

extension StructuralSchema {
    /// The same node with these rules.
    fileprivate func with(rules: [SchemaRule], type: CELType) -> StructuralSchema {
        var parts = SchemaParts()
        parts.kind = kind
        parts.required = required
        parts.format = format
        parts.checks = checks
        return StructuralSchema(
            parts: parts,
            properties: propertyNames.compactMap { name in properties[name].map { (name, $0) } },
            additionalMembers: additionalMembers,
            items: items,
            expressionType: type,
            rules: rules
        )
    }
}
