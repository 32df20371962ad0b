import SchemaValidation
import StructuredValue

/// The schema of a definition as it is written: members that no schema has are told and left out, and so is what says
/// nothing.
enum DefinitionSchemaText {
    private enum Member { case plain, schema, schemas, list, schemaOrList, schemaOrFlag, value }

    private static let members: [String: Member] = {
        var members: [String: Member] = [
            "items": .schemaOrList, "additionalItems": .schemaOrFlag, "additionalProperties": .schemaOrFlag,
            "not": .schema, "allOf": .list, "anyOf": .list, "oneOf": .list, "properties": .schemas,
            "patternProperties": .schemas, "definitions": .schemas, "dependencies": .value, "default": .value,
            "enum": .value, "example": .value,
        ]
        let plain = [
            "$ref", "$schema", "description", "exclusiveMaximum", "exclusiveMinimum", "externalDocs", "format", "id",
            "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
            "multipleOf", "nullable", "pattern", "required", "title", "type", "uniqueItems",
            "x-kubernetes-embedded-resource", "x-kubernetes-int-or-string", "x-kubernetes-list-map-keys",
            "x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-preserve-unknown-fields",
            "x-kubernetes-validations",
        ]
        for name in plain { members[name] = .plain }
        return members
    }()

    /// Members that say something even when they are zero.
    private static let pointers: Set<String> = [
        "maxItems", "maxLength", "maxProperties", "maximum", "minItems", "minLength", "minProperties", "minimum",
        "multipleOf", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", "x-kubernetes-map-type",
    ]

    /// Cleans the schemas of all versions of a definition; answers the paths of what was left out.
    static func clean(_ definition: inout Value) -> [String] {
        guard case .array(let versions) = definition[path: "spec", "versions"] else { return [] }
        var unknown: [String] = []
        let cleaned = versions.enumerated().map { index, version -> Value in
            guard let schema = version[path: "schema", "openAPIV3Schema"], schema.object != nil else { return version }
            var version = version
            let place = "spec.versions[\(index)].schema.openAPIV3Schema"
            version[path: "schema", "openAPIV3Schema"] = clean(schema, place, &unknown)
            return version
        }
        definition[path: "spec", "versions"] = .array(cleaned)
        return unknown
    }

    private static func clean(_ schema: Value, _ place: String, _ unknown: inout [String]) -> Value {
        guard case .object(let object) = schema else { return schema }
        var result = Object()
        result.reserveCapacity(object.count)
        for pair in object {
            guard let member = members[pair.key] else {
                unknown.append("\(place).\(pair.key)")
                continue
            }
            if pair.value.isNull { continue }
            let inner = "\(place).\(pair.key)"
            switch member {
            case .value:
                if !saysNothing(pair.value) || pair.key != "dependencies" { result.append(pair.key, pair.value) }
            case .plain:
                if pointers.contains(pair.key) || !saysNothing(pair.value) { result.append(pair.key, pair.value) }
            case .schema, .schemaOrFlag: result.append(pair.key, clean(pair.value, inner, &unknown))
            case .list, .schemaOrList:
                guard case .array(let items) = pair.value else {
                    result.append(pair.key, clean(pair.value, inner, &unknown))
                    continue
                }
                if items.isEmpty { continue }
                let cleaned = items.enumerated().map { clean($1, "\(inner)[\($0)]", &unknown) }
                result.append(pair.key, .array(cleaned))
            case .schemas:
                guard case .object(let named) = pair.value else {
                    result.append(pair.key, pair.value)
                    continue
                }
                if named.isEmpty { continue }
                var cleaned = Object()
                for entry in named {
                    cleaned.append(entry.key, clean(entry.value, "\(inner).\(entry.key)", &unknown))
                }
                result.append(pair.key, .object(cleaned))
            }
        }
        return .object(result)
    }

    /// Sentences about formats that nobody checks, those aside that the definition named before.
    static func formatWarnings(_ definition: Value, old: Value?) -> [String] {
        let before = Set(old.map(unknownFormats) ?? [])
        return unknownFormats(definition).filter { !before.contains($0) }.map { "unrecognized format \"\($0)\"" }
    }

    private static func unknownFormats(_ definition: Value) -> [String] {
        var formats: [String] = []
        func visit(_ schema: Value) {
            if let format = schema["format"]?.string, !formats.contains(format),
                !StringFormat.isKnown(format, type: schema["type"]?.string)
            {
                formats.append(format)
            }
            for pair in schema.object ?? Object() {
                switch members[pair.key] {
                case .schema, .schemaOrFlag, .schemaOrList, .list:
                    (pair.value.array ?? [pair.value]).forEach(visit)
                case .schemas: (pair.value.object ?? Object()).forEach { visit($0.value) }
                default: break
                }
            }
        }
        for version in definition[path: "spec", "versions"]?.array ?? [] {
            visit(version[path: "schema", "openAPIV3Schema"] ?? .null)
        }
        return formats
    }

    private static func saysNothing(_ value: Value) -> Bool {
        switch value {
        case .bool(let flag): !flag
        case .string(let text): text.isEmpty
        case .array(let items): items.isEmpty
        case .object(let object): object.isEmpty
        default: false
        }
    }
}
