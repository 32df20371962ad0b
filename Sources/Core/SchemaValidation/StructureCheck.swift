import LinearRegex
import StructuredValue

/// What Kubernetes demands of the schema of a custom resource before it takes it.
struct StructureCheck {
    private(set) var errors: [FieldError] = []

    private let allowsUniqueItems: Bool
    private var hasReference = false
    private var namesDialect = false

    private enum Level { case root, item, field }

    /// What the surroundings of a node forbid in it.
    private struct Surroundings {
        var forbidsDefaults: String?
        var isInsideMetadata = false
        /// Where old and new values stop being comparable, as a path of the schema.
        var uncorrelatable: String?
    }

    init(allowsUniqueItems: Bool = false) { self.allowsUniqueItems = allowsUniqueItems }

    mutating func run(_ schema: Value, at path: String, isResource: Bool) {
        definition(schema, at: path, isRoot: isResource, Surroundings())
        // What cannot even be read as structure is not judged as such.
        if !hasReference { structure(schema, isResource ? .root : .field, at: path) }
        if namesDialect { errors.append(.invalid(path, "", "OpenAPIV3Schema 'schema' is not supported")) }
    }

    private static let kinds = ["array", "boolean", "integer", "number", "object", "string"]

    // MARK: What a definition may say

    private mutating func definition(_ schema: Value, at path: String, isRoot: Bool, _ around: Surroundings) {
        let type = schema["type"]?.string ?? ""
        if isRoot, schema["nullable"]?.bool == true {
            errors.append(.forbidden(path + ".nullable", "nullable cannot be true at the root"))
        }
        if !type.isEmpty, !Self.kinds.contains(type) {
            errors.append(.notSupported(path + ".type", .string(type), Self.kinds))
        }
        if let value = schema["default"], !value.isNull, let reason = around.forbidsDefaults {
            errors.append(.forbidden(path + ".default", "must not be set " + reason))
        }
        for (name, detail) in [
            ("id", "id is not supported"), ("additionalItems", "additionalItems is not supported"),
            ("patternProperties", "patternProperties is not supported"),
            ("definitions", "definitions is not supported"),
            ("dependencies", "dependencies is not supported"), ("$ref", "$ref is not supported"),
        ] where schema[name].map({ !$0.isEmpty }) ?? false {
            errors.append(.forbidden(path + "." + name, detail))
            if name == "$ref" { hasReference = true }
        }
        if schema["$schema"]?.isEmpty == false { namesDialect = true }
        if type == "null" {
            errors.append(.forbidden(path + ".type", "type cannot be set to null, use nullable as an alternative"))
        }
        if case .array(let list)? = schema["items"], !list.isEmpty {
            errors.append(.forbidden(path + ".items", "items must be a schema object and not an array"))
        }
        if around.isInsideMetadata, schema["x-kubernetes-embedded-resource"]?.bool == true {
            errors.append(
                .forbidden(path + ".x-kubernetes-embedded-resource", "must not be used inside of resource meta")
            )
        }
        if schema["uniqueItems"]?.bool == true, !allowsUniqueItems {
            errors.append(
                .forbidden(
                    path + ".uniqueItems",
                    "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
                )
            )
        }
        definitionChildren(schema, at: path, isRoot: isRoot, around)
        extensions(schema, type: type, at: path)
        ruleTexts(schema, at: path, around)
    }

    private mutating func definitionChildren(_ schema: Value, at path: String, isRoot: Bool, _ around: Surroundings) {
        let properties = schema["properties"]?.object ?? Object()
        if let additional = schema["additionalProperties"], !additional.isNull {
            if !properties.isEmpty, additional != .bool(true) {
                errors.append(
                    .forbidden(
                        path + ".additionalProperties",
                        "additionalProperties and properties are mutual exclusive"
                    )
                )
            }
            if additional.object != nil {
                var inside = around
                if around.isInsideMetadata {
                    inside.forbidsDefaults = "inside additionalProperties applying to object metadata"
                }
                definition(additional, at: path + ".additionalProperties", isRoot: false, inside)
            }
        }
        let isResource = isRoot || schema["x-kubernetes-embedded-resource"]?.bool == true
        for pair in properties {
            var inside = around
            if isResource, StructuralSchema.resourceMembers.contains(pair.key) {
                inside.isInsideMetadata = true
                if isRoot { inside.forbidsDefaults = "in top-level \(pair.key)" }
            }
            definition(pair.value, at: path + ".properties[\(pair.key)]", isRoot: false, inside)
        }
        if let not = schema["not"] { definition(not, at: path + ".not", isRoot: false, around) }
        for name in ["allOf", "oneOf", "anyOf"] {
            for (index, child) in (schema[name]?.array ?? []).enumerated() {
                definition(child, at: path + ".\(name)[\(index)]", isRoot: false, around)
            }
        }
        if let items = schema["items"], items.object != nil {
            var inside = around
            if schema["x-kubernetes-list-type"]?.string != "map" {
                inside.uncorrelatable = around.uncorrelatable ?? path
            }
            definition(items, at: path + ".items", isRoot: false, inside)
        }
    }

    private mutating func extensions(_ schema: Value, type: String, at path: String) {
        func typeError(_ detail: String) -> FieldError {
            type.isEmpty ? .required(path + ".type", detail) : .invalid(path + ".type", .string(type), detail)
        }
        if schema["x-kubernetes-preserve-unknown-fields"]?.bool == false {
            errors.append(.invalid(path + ".x-kubernetes-preserve-unknown-fields", false, "must be true or undefined"))
        }
        if let mapType = schema["x-kubernetes-map-type"]?.string {
            if type != "object" { errors.append(typeError("must be object if x-kubernetes-map-type is specified")) }
            if mapType != "atomic", mapType != "granular" {
                errors.append(.notSupported(path + ".x-kubernetes-map-type", .string(mapType), ["atomic", "granular"]))
            }
        }
        let listType = schema["x-kubernetes-list-type"]?.string
        let items = schema["items"]
        if let listType {
            if type != "array" {
                errors.append(typeError("must be array if x-kubernetes-list-type is specified"))
            } else if listType == "set", let items {
                setItems(items, at: path)
            }
            if !["atomic", "set", "map"].contains(listType) {
                errors.append(
                    .notSupported(path + ".x-kubernetes-list-type", .string(listType), ["atomic", "set", "map"])
                )
            }
        }
        let keys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
        if !keys.isEmpty, listType != "map" {
            let place = path + ".x-kubernetes-list-type"
            let detail = "must be map if x-kubernetes-list-map-keys is non-empty"
            errors.append(listType.map { .invalid(place, .string($0), detail) } ?? .required(place, detail))
        }
        if listType == "map" { mapList(schema, keys: keys, at: path) }
    }

    private mutating func setItems(_ items: Value, at path: String) {
        let detail = "must be atomic as item of a list with x-kubernetes-list-type=set"
        if items["nullable"]?.bool == true {
            errors.append(.forbidden(path + ".items.nullable", "cannot be nullable when x-kubernetes-list-type is set"))
        }
        if items["type"]?.string == "array", let inner = items["x-kubernetes-list-type"]?.string, inner != "atomic" {
            errors.append(.invalid(path + ".items.x-kubernetes-list-type", .string(inner), detail))
        }
        if items["type"]?.string == "object", items["x-kubernetes-map-type"]?.string != "atomic" {
            errors.append(
                .invalid(path + ".items.x-kubernetes-map-type", items["x-kubernetes-list-type"] ?? .null, detail)
            )
        }
    }

    private mutating func mapList(_ schema: Value, keys: [String], at path: String) {
        if keys.isEmpty {
            errors.append(
                .required(path + ".x-kubernetes-list-map-keys", "must not be empty if x-kubernetes-list-type is map")
            )
        }
        guard let items = schema["items"] else {
            errors.append(.required(path + ".items", "must have a schema if x-kubernetes-list-type is map"))
            return
        }
        if items["nullable"]?.bool == true {
            errors.append(.forbidden(path + ".items.nullable", "cannot be nullable when x-kubernetes-list-type is map"))
        }
        let type = items["type"]?.string ?? ""
        guard type == "object" else {
            errors.append(
                .invalid(
                    path + ".items.type",
                    .string(type),
                    "must be object if parent array's x-kubernetes-list-type is map"
                )
            )
            return
        }
        let keyList = Value.array(keys.map { .string($0) })
        let required = (items["required"]?.array ?? []).compactMap(\.string)
        var seen: Set<String> = []
        for key in keys {
            if !seen.insert(key).inserted {
                errors.append(
                    .invalid(path + ".x-kubernetes-list-map-keys", keyList, "must not contain duplicate entries")
                )
            }
            guard let property = items["properties"]?[key] else {
                errors.append(
                    .invalid(
                        path + ".x-kubernetes-list-map-keys",
                        keyList,
                        "entries must all be names of item properties"
                    )
                )
                continue
            }
            let place = path + ".items.properties[\(key)]"
            if ["array", "object"].contains(property["type"]?.string) {
                errors.append(
                    .invalid(
                        place + ".type",
                        .string(type),
                        "must be a scalar type if parent array's x-kubernetes-list-type is map"
                    )
                )
            }
            if !required.contains(key), property["default"].map({ $0.isNull }) ?? true {
                errors.append(
                    .required(
                        place + ".default",
                        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
                    )
                )
            }
            if property["nullable"]?.bool == true {
                errors.append(
                    .forbidden(
                        place + ".nullable",
                        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable"
                    )
                )
            }
        }
    }

    private mutating func ruleTexts(_ schema: Value, at path: String, _ around: Surroundings) {
        for (index, rule) in (schema["x-kubernetes-validations"]?.array ?? []).enumerated() {
            let place = path + ".x-kubernetes-validations[\(index)]"
            errors += SchemaRule.textErrors(rule, at: place)
            if let outer = around.uncorrelatable, SchemaRule.mentionsOldSelf(rule) {
                errors.append(
                    .invalid(
                        place + ".rule",
                        rule["rule"],
                        "oldSelf cannot be used on the uncorrelatable portion of the schema within \(outer)"
                    )
                )
            }
        }
    }

    // MARK: What makes a schema structural

    private mutating func structure(_ schema: Value, _ level: Level, at path: String) {
        let type = schema["type"]?.string ?? ""
        let hasItems = schema["items"].map { $0.object != nil || !($0.array ?? []).isEmpty } ?? false
        if type == "array", !hasItems {
            errors.append(.required(path + ".items", "must be specified"))
        }
        if let items = schema["items"], items.object != nil { structure(items, .item, at: path + ".items") }
        let properties = schema["properties"]?.object ?? Object()
        for pair in properties { structure(pair.value, .field, at: path + ".properties[\(pair.key)]") }
        if let additional = schema["additionalProperties"], !additional.isNull {
            if level == .root {
                errors.append(.forbidden(path + ".additionalProperties", "must not be used at the root"))
            }
            if additional.object != nil { structure(additional, .field, at: path + ".additionalProperties") }
        }
        let isIntOrString = schema["x-kubernetes-int-or-string"]?.bool == true
        let preserves = schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        let isEmbedded = schema["x-kubernetes-embedded-resource"]?.bool == true
        if isIntOrString, preserves {
            errors.append(
                .invalid(
                    path + ".x-kubernetes-preserve-unknown-fields",
                    true,
                    "must be false if x-kubernetes-int-or-string is true"
                )
            )
        }
        if isIntOrString, isEmbedded {
            errors.append(
                .invalid(
                    path + ".x-kubernetes-embedded-resource",
                    true,
                    "must be false if x-kubernetes-int-or-string is true"
                )
            )
        }
        values(
            schema,
            skipsAnyOf: isIntOrString && Self.isIntOrStringChoice(schema["anyOf"]),
            skipsFirstAnyOf: isIntOrString && Self.isIntOrStringChoice(schema["allOf"]?[0]?["anyOf"]),
            at: path
        )
        typePresence(type, level, isEmbedded: isEmbedded, isFree: isIntOrString || preserves, at: path)
        if isEmbedded, schema["additionalProperties"] != nil {
            errors.append(
                .forbidden(
                    path + ".additionalProperties",
                    "must not be used if x-kubernetes-embedded-resource is set"
                )
            )
        }
        if level == .root, !type.isEmpty, type != "object" {
            errors.append(.invalid(path + ".type", .string(type), "must be object at the root"))
        }
        if level == .root || isEmbedded { resourceMembers(properties, at: path) }
        if isEmbedded, !preserves, properties.isEmpty {
            errors.append(
                .required(
                    path + ".properties",
                    "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields"
                )
            )
        }
    }

    private mutating func typePresence(_ type: String, _ level: Level, isEmbedded: Bool, isFree: Bool, at path: String)
    {
        if isEmbedded, type != "object" {
            let detail = "must be object if x-kubernetes-embedded-resource is true"
            errors.append(
                type.isEmpty ? .required(path + ".type", detail) : .invalid(path + ".type", .string(type), detail)
            )
        } else if type.isEmpty, !isFree {
            switch level {
            case .root: errors.append(.required(path + ".type", "must not be empty at the root"))
            case .item: errors.append(.required(path + ".type", "must not be empty for specified array items"))
            case .field: errors.append(.required(path + ".type", "must not be empty for specified object fields"))
            }
        }
    }

    private mutating func resourceMembers(_ properties: Object, at path: String) {
        for name in ["kind", "apiVersion"] {
            guard let property = properties[name], property["type"]?.string != "string" else { continue }
            errors.append(
                .invalid(path + ".properties[\(name)].type", .string(property["type"]?.string ?? ""), "must be string")
            )
        }
        guard let metadata = properties["metadata"] else { return }
        let place = path + ".properties[metadata]"
        if metadata["type"]?.string != "object" {
            errors.append(.invalid(place + ".type", .string(metadata["type"]?.string ?? ""), "must be object"))
        }
        let mayHave: Set<String> = ["type", "properties", "description", "title", "default"]
        let names = (metadata["properties"]?.object ?? Object()).pairs.map(\.key)
        if metadata.object?.pairs.contains(where: { !mayHave.contains($0.key) }) == true
            || !names.allSatisfy({ $0 == "name" || $0 == "generateName" })
        {
            errors.append(
                .forbidden(
                    place,
                    "must not specify anything other than name and generateName, but metadata is implicitly specified"
                )
            )
        }
    }

    private static func isIntOrStringChoice(_ choices: Value?) -> Bool {
        choices == .array([["type": "integer"], ["type": "string"]])
    }

    private mutating func values(_ schema: Value, skipsAnyOf: Bool, skipsFirstAnyOf: Bool, at path: String) {
        if !skipsAnyOf {
            for (index, child) in (schema["anyOf"]?.array ?? []).enumerated() {
                nested(child, skipsAnyOf: false, mayHaveRules: false, at: path + ".anyOf[\(index)]")
            }
        }
        for (index, child) in (schema["allOf"]?.array ?? []).enumerated() {
            nested(child, skipsAnyOf: skipsFirstAnyOf && index == 0, mayHaveRules: true, at: path + ".allOf[\(index)]")
        }
        for (index, child) in (schema["oneOf"]?.array ?? []).enumerated() {
            nested(child, skipsAnyOf: false, mayHaveRules: false, at: path + ".oneOf[\(index)]")
        }
        if let not = schema["not"] { nested(not, skipsAnyOf: false, mayHaveRules: false, at: path + ".not") }
        if let source = schema["pattern"]?.string, !source.isEmpty {
            do {
                _ = try LinearPattern(source)
            } catch {
                errors.append(
                    .invalid(
                        path + ".pattern",
                        .string(source),
                        "must be a valid regular expression, but isn't: \(error)"
                    )
                )
            }
        }
    }

    private mutating func nested(_ schema: Value, skipsAnyOf: Bool, mayHaveRules: Bool, at path: String) {
        values(schema, skipsAnyOf: skipsAnyOf, skipsFirstAnyOf: false, at: path)
        if let items = schema["items"] {
            nested(items, skipsAnyOf: false, mayHaveRules: mayHaveRules, at: path + ".items")
        }
        let properties = schema["properties"]?.object ?? Object()
        for pair in properties {
            nested(pair.value, skipsAnyOf: false, mayHaveRules: mayHaveRules, at: path + ".properties[\(pair.key)]")
        }
        func isSet(_ name: String) -> Bool {
            switch schema[name] {
            case nil, .null?, .bool(false)?, .string("")?: false
            case .array(let list)?: !list.isEmpty
            default: true
            }
        }
        for (name, detail) in [
            ("type", "must be empty to be structural"), ("additionalProperties", "must be undefined to be structural"),
            ("default", "must be undefined to be structural"), ("title", "must be empty to be structural"),
            ("description", "must be empty to be structural"), ("nullable", "must be false to be structural"),
            ("x-kubernetes-preserve-unknown-fields", "must be false to be structural"),
            ("x-kubernetes-embedded-resource", "must be false to be structural"),
            ("x-kubernetes-int-or-string", "must be false to be structural"),
            ("x-kubernetes-list-map-keys", "must be empty to be structural"),
            ("x-kubernetes-list-type", "must be undefined to be structural"),
            ("x-kubernetes-map-type", "must be undefined to be structural"),
        ] where !(skipsAnyOf && name == "anyOf") && isSet(name) {
            errors.append(.forbidden(path + "." + name, detail))
        }
        if !mayHaveRules, isSet("x-kubernetes-validations") {
            errors.append(.forbidden(path + ".x-kubernetes-validations", "must be empty to be structural"))
        }
        if properties.contains("metadata") {
            errors.append(.forbidden(path + ".properties[metadata]", "must not be specified in a nested context"))
        }
    }
}
