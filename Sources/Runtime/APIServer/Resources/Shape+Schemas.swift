import KubernetesMerge
import StructuredValue

extension StructShape {
    /// How values of this type are merged and owned.
    func typeSchema() -> TypeSchema {
        var members: [String: TypeSchema.Field] = [:]
        for field in fields {
            // A field that is always written has its zero value when it is missing, even as a key of a list.
            var fallback = field.fallback
            if fallback == nil, field.isAlwaysWritten, case .string = field.shape { fallback = "" }
            members[field.name] = TypeSchema.Field(field.shape.reference, fallback: fallback)
        }
        return TypeSchema(map: TypeSchema.Map(fields: members, isAtomic: isAtomic))
    }

    /// As OpenAPI describes it, whole.
    func openAPI(describing description: String? = nil) -> Value {
        var properties = Object()
        var required: [Value] = []
        for field in fields.sorted(by: { $0.name < $1.name }) {
            var schema = field.shape.openAPI
            if let fallback = field.fallback { schema["default"] = fallback }
            properties.append(field.name, schema)
            if field.isRequired { required.append(.string(field.name)) }
        }
        var schema: Object = ["type": "object"]
        if let description { schema.append("description", .string(description)) }
        if !required.isEmpty { schema.append("required", .array(required)) }
        schema.append("properties", .object(properties))
        if isAtomic { schema.append("x-kubernetes-map-type", "atomic") }
        return .object(schema)
    }
}

extension Shape {
    var reference: TypeSchema.Reference {
        switch self {
        case .string, .bytes: .type(TypeSchema(scalar: .string))
        case .bool: .type(TypeSchema(scalar: .boolean))
        case .int32, .int64, .number: .type(TypeSchema(scalar: .numeric))
        case .quantity, .intOrString, .time, .microTime: .type(TypeSchema(scalar: .untyped))
        case .any: .deduced
        case .map(let item, let isAtomic):
            .type(TypeSchema(map: TypeSchema.Map(others: item.reference, isAtomic: isAtomic)))
        case .list(let item, let rules):
            switch rules.kind {
            case .atomic: .type(TypeSchema(list: TypeSchema.List(.atomic, items: item.reference)))
            case .set: .type(TypeSchema(list: TypeSchema.List(.set, items: item.reference, patchesAsSet: true)))
            case .map(let keys):
                .type(
                    TypeSchema(
                        list: TypeSchema.List(.map(keys: keys), items: item.reference, patchKey: rules.patchKey)
                    )
                )
            }
        case .named(let name): .type(BuiltInTypes.type(name).typeSchema())
        }
    }

    var openAPI: Value {
        switch self {
        case .string: ["type": "string"]
        case .bytes: ["type": "string", "format": "byte"]
        case .bool: ["type": "boolean"]
        case .int32: ["type": "integer", "format": "int32"]
        case .int64: ["type": "integer", "format": "int64"]
        case .number: ["type": "number", "format": "double"]
        case .quantity: ["type": "string"]
        case .intOrString: ["type": "string", "format": "int-or-string", "x-kubernetes-int-or-string": true]
        case .time, .microTime: ["type": "string", "format": "date-time"]
        case .any: ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        case .map(let item, let isAtomic):
            .object(
                [
                    "type": "object", "additionalProperties": item.openAPI,
                    "x-kubernetes-map-type": isAtomic ? "atomic" : "granular",
                ]
            )
        case .list(let item, let rules): Self.openAPI(listOf: item, rules)
        case .named(let name): BuiltInTypes.type(name).openAPI()
        }
    }

    private static func openAPI(listOf item: Shape, _ rules: ListRules) -> Value {
        var schema: Value = ["type": "array", "items": item.openAPI]
        switch rules.kind {
        case .atomic: schema["x-kubernetes-list-type"] = "atomic"
        case .set:
            schema["x-kubernetes-list-type"] = "set"
            schema["x-kubernetes-patch-strategy"] = "merge"
        case .map(let keys):
            schema["x-kubernetes-list-type"] = "map"
            schema["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
            if let key = rules.patchKey {
                schema["x-kubernetes-patch-strategy"] = "merge"
                schema["x-kubernetes-patch-merge-key"] = .string(key)
            }
        }
        return schema
    }
}
