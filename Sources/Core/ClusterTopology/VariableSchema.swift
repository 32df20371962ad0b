import StructuredValue

/// The part of OpenAPI schemas that variables of a class are described with. The API server leaves out of a class what its
/// kind does not have, so other keywords have no effect, not even a wrong one.
enum VariableSchema {
    private static let values: Set<String> = [
        "description", "example", "type", "required", "minProperties", "maxProperties", "minItems", "maxItems",
        "uniqueItems", "format", "minLength", "maxLength", "pattern", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "enum", "default", "x-kubernetes-int-or-string",
    ]
    private static let rules: Set<String> = ["rule", "message", "messageExpression", "reason", "fieldPath"]

    /// The schema with the keywords that count.
    static func supported(_ schema: Value) -> Value {
        guard let source = schema.object else { return schema }
        var kept = Object()
        kept.reserveCapacity(source.count)
        for pair in source.pairs where !pair.value.isNull {
            switch pair.key {
            case "items", "not": kept.append(pair.key, supported(pair.value))
            case "additionalProperties":
                if pair.value.object != nil { kept.append(pair.key, supported(pair.value)) }
            case "properties":
                let members = pair.value.object ?? Object()
                let known = members.pairs.map { Object.Pair(key: $0.key, value: supported($0.value)) }
                kept.append(pair.key, .object(Object(known)))
            case "allOf", "anyOf", "oneOf":
                kept.append(pair.key, .array((pair.value.array ?? []).map(supported)))
            case "x-kubernetes-preserve-unknown-fields":
                // A flag that is off says nothing.
                if pair.value == .bool(true) { kept.append(pair.key, pair.value) }
            case "x-kubernetes-validations":
                let list = (pair.value.array ?? []).map { rule in
                    rule.object.map { .object(Object($0.pairs.filter { rules.contains($0.key) })) } ?? rule
                }
                kept.append(pair.key, .array(list))
            default:
                if values.contains(pair.key) { kept.append(pair.key, pair.value) }
            }
        }
        return .object(kept)
    }
}
