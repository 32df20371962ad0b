package import StructuredValue

extension TypeSchema {
    /// Compiles the structural schema of a custom resource's version: the schema's own members, with `apiVersion`,
    /// `kind` and the well-known `metadata` at the root.
    package static func customResource(_ openAPISchema: Value) -> TypeSchema {
        var schema = openAPISchema
        schema["x-kubernetes-embedded-resource"] = true
        return compile(schema, keepsUnknown: false)
    }

    /// Compiles an OpenAPI v3 schema node and all below it.
    package static func compile(_ schema: Value, keepsUnknown: Bool = false) -> TypeSchema {
        let keepsUnknown = keepsUnknown || schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
        switch schema["type"]?.string {
        case "object": return TypeSchema(map: map(schema, keepsUnknown))
        case "array": return TypeSchema(list: list(schema, keepsUnknown))
        case "integer", "number": return numeric
        case "boolean": return boolean
        case "string":
            switch schema["format"]?.string {
            case nil, "", "byte": return string
            default: return untyped
            }
        default:
            return TypeSchema(scalar: .untyped, list: list(schema, keepsUnknown), map: map(schema, keepsUnknown))
        }
    }

    static let string = TypeSchema(scalar: .string)
    static let numeric = TypeSchema(scalar: .numeric)
    static let boolean = TypeSchema(scalar: .boolean)
    static let untyped = TypeSchema(scalar: .untyped)

    private static func map(_ schema: Value, _ keepsUnknown: Bool) -> Map {
        var fields: [String: Field] = [:]
        let properties = schema["properties"]?.object
        if let properties {
            fields.reserveCapacity(properties.count)
            for pair in properties {
                fields[pair.key] = Field(
                    .type(compile(pair.value, keepsUnknown: keepsUnknown)),
                    fallback: pair.value["default"]
                )
            }
        }
        if schema["x-kubernetes-embedded-resource"]?.bool == true {
            fields["apiVersion"] = Field(.type(string))
            fields["kind"] = Field(.type(string))
            fields["metadata"] = Field(.builtIn("ObjectMeta"))
        }
        let others: Reference?
        switch schema["additionalProperties"] {
        case nil: others = keepsUnknown || (properties?.isEmpty ?? true) && fields.isEmpty ? .deduced : nil
        case .bool(let isAllowed): others = isAllowed ? .deduced : nil
        case let element?: others = .type(compile(element, keepsUnknown: keepsUnknown))
        }
        return Map(fields: fields, others: others, isAtomic: schema["x-kubernetes-map-type"]?.string == "atomic")
    }

    private static func list(_ schema: Value, _ keepsUnknown: Bool) -> List {
        let items = schema["items"].map { Reference.type(compile($0, keepsUnknown: keepsUnknown)) } ?? .deduced
        switch schema["x-kubernetes-list-type"]?.string {
        case "set": return List(.set, items: items)
        case "map":
            let keys = schema["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
            return List(.map(keys: keys), items: items)
        default: return List(.atomic, items: items)
        }
    }
}
