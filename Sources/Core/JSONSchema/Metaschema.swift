import StructuredValue

/// What schemas must look like, as schemas: one per draft.
///
/// One table says what each keyword holds. Of it two documents are made. The flat one finds out quickly that a schema is
/// well formed. The divided one has the structure of the published metaschemas (from 2019-09 on one schema per vocabulary,
/// joined by `allOf`), because that structure shows in messages.
struct Metaschema: Sendable {
    private let flat: ValueSchema
    private let divided: ValueSchema

    /// What the value breaks as a schema of this draft, in a stable order; the path is where it stands.
    static func violations(in value: Value, draft: Int, at path: [String] = []) -> [SchemaViolation] {
        let schema =
            switch draft {
            case 4: four
            case 6: six
            case 7: seven
            case 2019: nineteen
            default: twenty
            }
        return schema.flat.accepts(value) ? [] : schema.divided.violations(in: value, at: path)
    }

    private static let four = Metaschema(draft: 4)
    private static let six = Metaschema(draft: 6)
    private static let seven = Metaschema(draft: 7)
    private static let nineteen = Metaschema(draft: 2019)
    private static let twenty = Metaschema(draft: 2020)

    private init(draft: Int) {
        let document = MetaschemaDocument(draft: draft)
        do throws(SchemaCompileError) {
            flat = try ValueSchema(trusting: document.flat)
            divided = try ValueSchema(trusting: document.divided)
        } catch {
            preconditionFailure("the metaschema of draft \(draft) is a constant, and tests compile it: \(error)")
        }
    }
}

/// The documents of one draft's metaschema. Both are schemas of draft 7, whatever they describe.
struct MetaschemaDocument {
    let draft: Int

    /// The parts of a metaschema in the order in which they are joined.
    private enum Vocabulary: String, CaseIterable {
        case core, applicator, unevaluated, validation, metadata, format, content
        /// Beside the parts, in the metaschema itself.
        case none
    }

    /// What a keyword holds.
    private enum Shape {
        case schema, schemaOrBoolean, schemas, schemaOrSchemas, schemaMap, patternMap, dependencies, requirements
        case string, boolean, number, limit, positive, count, countOrNone, strings, types, list, values, pattern
        case id, address, reference, anchor, vocabularies
    }

    private struct Keyword {
        var names: [String]
        var shape: Shape
        var vocabulary: Vocabulary
        var drafts: ClosedRange<Int>

        init(_ names: String, _ shape: Shape, _ vocabulary: Vocabulary, _ drafts: ClosedRange<Int> = 4...2020) {
            self.names = names.split(separator: " ").map(String.init)
            (self.shape, self.vocabulary, self.drafts) = (shape, vocabulary, drafts)
        }
    }

    private static let keywords = [
        Keyword("id", .string, .core, 4...4), Keyword("$id", .id, .core, 6...2020), Keyword("$schema", .address, .core),
        Keyword("$ref", .string, .core, 4...4), Keyword("$ref", .reference, .core, 6...2020),
        Keyword("$anchor", .anchor, .core, 2019...2020), Keyword("$recursiveRef", .reference, .core, 2019...2019),
        Keyword("$recursiveAnchor", .boolean, .core, 2019...2019),
        Keyword("$dynamicRef", .reference, .core, 2020...2020),
        Keyword("$dynamicAnchor", .anchor, .core, 2020...2020),
        Keyword("$vocabulary", .vocabularies, .core, 2019...2020),
        Keyword("$comment", .string, .core, 7...2020), Keyword("$defs", .schemaMap, .core, 2019...2020),
        Keyword("prefixItems", .schemas, .applicator, 2020...2020),
        Keyword("items", .schemaOrSchemas, .applicator, 4...2019),
        Keyword("items", .schema, .applicator, 2020...2020),
        Keyword("additionalItems", .schemaOrBoolean, .applicator, 4...2019),
        Keyword("additionalProperties", .schemaOrBoolean, .applicator), Keyword("properties", .schemaMap, .applicator),
        Keyword("patternProperties", .schemaMap, .applicator, 4...6),
        Keyword("patternProperties", .patternMap, .applicator, 7...2020),
        Keyword("contains propertyNames", .schema, .applicator, 6...2020),
        Keyword("if then else", .schema, .applicator, 7...2020), Keyword("not", .schema, .applicator),
        Keyword("allOf anyOf oneOf", .schemas, .applicator),
        Keyword("dependentSchemas", .schemaMap, .applicator, 2019...2020),
        Keyword("unevaluatedItems unevaluatedProperties", .schema, .applicator, 2019...2019),
        Keyword("unevaluatedItems unevaluatedProperties", .schema, .unevaluated, 2020...2020),
        Keyword("type", .types, .validation), Keyword("enum", .values, .validation, 4...7),
        Keyword("enum", .list, .validation, 2019...2020), Keyword("multipleOf", .positive, .validation),
        Keyword("maximum minimum", .number, .validation),
        Keyword("exclusiveMaximum exclusiveMinimum", .limit, .validation),
        Keyword("maxLength maxItems maxProperties", .count, .validation),
        Keyword("minLength minItems minProperties", .countOrNone, .validation),
        Keyword("minContains maxContains", .count, .validation, 2019...2020), Keyword("pattern", .pattern, .validation),
        Keyword("uniqueItems", .boolean, .validation), Keyword("required", .strings, .validation),
        Keyword("dependentRequired", .requirements, .validation, 2019...2020),
        Keyword("title description", .string, .metadata), Keyword("readOnly writeOnly", .boolean, .metadata, 7...2020),
        Keyword("deprecated", .boolean, .metadata, 2019...2020), Keyword("examples", .list, .metadata, 7...2020),
        Keyword("format", .string, .format), Keyword("contentMediaType contentEncoding", .string, .content, 7...2020),
        Keyword("contentSchema", .schema, .content, 2019...2020), Keyword("definitions", .schemaMap, .none),
        Keyword("dependencies", .dependencies, .none), Keyword("$recursiveRef", .reference, .none, 2020...2020),
        Keyword("$recursiveAnchor", .anchor, .none, 2020...2020),
    ]

    /// All keywords side by side.
    var flat: Value { document(properties(of: Vocabulary.allCases), parts: []) }

    /// As published: parts from 2019-09 on, side by side before.
    var divided: Value {
        if draft < 2019 { return flat }
        let parts = Vocabulary.allCases.filter { $0 != .none && !properties(of: [$0]).isEmpty }
        return document(properties(of: [.none]), parts: parts)
    }

    private func document(_ properties: Object, parts: [Vocabulary]) -> Value {
        var definitions: Object = [
            "schemaArray": ["type": "array", "minItems": 1, "items": itself],
            "count": ["type": "integer", "minimum": 0],
            "countOrNone": ["allOf": [["$ref": "#/definitions/count"]]],
            "simpleTypes": ["enum": ["array", "boolean", "integer", "null", "number", "object", "string"]],
            "stringArray": stringArray,
        ]
        for part in parts { definitions[part.rawValue] = ["properties": .object(self.properties(of: [part]))] }
        var schema: Object = [
            "$schema": "http://json-schema.org/draft-07/schema#", "definitions": .object(definitions),
            "type": draft == 4 ? "object" : ["object", "boolean"], "properties": .object(properties),
        ]
        if draft == 4 {
            schema["dependencies"] = ["exclusiveMaximum": ["maximum"], "exclusiveMinimum": ["minimum"]]
        }
        if !parts.isEmpty { schema["allOf"] = .array(parts.map { ["$ref": "#/definitions/\($0.rawValue)"] }) }
        return .object(schema)
    }

    private func properties(of vocabularies: [Vocabulary]) -> Object {
        var properties = Object()
        for keyword in Self.keywords where keyword.drafts.contains(draft) && vocabularies.contains(keyword.vocabulary) {
            for name in keyword.names { properties[name] = rule(keyword.shape) }
        }
        return properties
    }

    private var itself: Value { ["$ref": "#"] }

    private var stringArray: Value {
        var rule: Object = ["type": "array", "items": ["type": "string"], "uniqueItems": true]
        if draft == 4 { rule["minItems"] = 1 }
        return .object(rule)
    }

    private func rule(_ shape: Shape) -> Value {
        switch shape {
        case .schema: itself
        case .schemaOrBoolean: draft == 4 ? ["anyOf": [["type": "boolean"], itself]] : itself
        case .schemas: ["$ref": "#/definitions/schemaArray"]
        case .schemaOrSchemas: ["anyOf": [itself, ["$ref": "#/definitions/schemaArray"]]]
        case .schemaMap: ["type": "object", "additionalProperties": itself]
        case .patternMap: ["type": "object", "additionalProperties": itself, "propertyNames": ["format": "regex"]]
        case .dependencies:
            [
                "type": "object",
                "additionalProperties": ["anyOf": [itself, ["$ref": "#/definitions/stringArray"]]],
            ]
        case .requirements: ["type": "object", "additionalProperties": ["$ref": "#/definitions/stringArray"]]
        case .string: ["type": "string"]
        case .boolean: ["type": "boolean"]
        case .number: ["type": "number"]
        case .limit: ["type": draft == 4 ? "boolean" : "number"]
        case .positive: ["type": "number", "exclusiveMinimum": 0]
        case .count: ["$ref": "#/definitions/count"]
        case .countOrNone: ["$ref": .string("#/definitions/" + (draft < 2019 ? "countOrNone" : "count"))]
        case .strings: ["$ref": "#/definitions/stringArray"]
        case .types:
            [
                "anyOf": [
                    ["$ref": "#/definitions/simpleTypes"],
                    [
                        "type": "array", "items": ["$ref": "#/definitions/simpleTypes"], "minItems": 1,
                        "uniqueItems": true,
                    ],
                ]
            ]
        case .list: ["type": "array"]
        case .values: ["type": "array", "minItems": 1, "uniqueItems": true]
        case .pattern: ["type": "string", "format": "regex"]
        case .id where draft >= 2019: ["type": "string", "format": "uri-reference", "pattern": "^[^#]*#?$"]
        case .id, .reference: ["type": "string", "format": "uri-reference"]
        case .address: ["type": "string", "format": "uri"]
        case .anchor:
            [
                "type": "string",
                "pattern": draft == 2019 ? "^[A-Za-z][-A-Za-z0-9.:_]*$" : "^[A-Za-z_][-A-Za-z0-9._]*$",
            ]
        case .vocabularies:
            [
                "type": "object", "additionalProperties": ["type": "boolean"],
                "propertyNames": ["type": "string", "format": "uri"],
            ]
        }
    }
}
