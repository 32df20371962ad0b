import KubernetesMerge
import KubernetesModel
import StructuredValue

/// The types by which strategic merge patches merge lists: those of built-in kinds, or those of the kustomization's
/// `openapi` file, which then counts alone.
enum ResourceTypes {
    case builtIn
    case definitions(Object)

    /// From the content of an OpenAPI document.
    init(openAPI document: Value) { self = .definitions(document["definitions"]?.object ?? Object()) }

    /// The type of a kind; nil where lists are replaced.
    func type(of kind: GroupVersionKind) -> TypeSchema? {
        switch self {
        case .builtIn: return OverlayMerge.type(of: kind)
        case .definitions(let definitions):
            let wanted = ["group", "version", "kind"]
            let found = definitions.pairs.first { pair in
                pair.value["x-kubernetes-group-version-kind"]?.array?.contains { entry in
                    wanted.map { entry[$0]?.string ?? "" } == [kind.group, kind.version, kind.kind]
                } ?? false
            }
            return found.map { Self.compile($0.value, definitions, []) }
        }
    }

    /// Types that contain themselves are known down to where they repeat.
    private static func compile(_ schema: Value, _ definitions: Object, _ open: Set<String>) -> TypeSchema {
        if let reference = schema["$ref"]?.string {
            let name = reference.split(separator: "/").last.map(String.init) ?? reference
            guard !open.contains(name), let target = definitions[name] else { return .deduced }
            return compile(target, definitions, open.union([name]))
        }
        if let items = schema["items"] {
            let keys = schema["x-kubernetes-list-map-keys"]?.array?.compactMap(\.string) ?? []
            let merges = schema["x-kubernetes-patch-strategy"]?.string?.contains("merge") == true
            let key = merges ? schema["x-kubernetes-patch-merge-key"]?.string ?? keys.first : nil
            return TypeSchema(
                list: TypeSchema.List(
                    keys.count > 1 ? .map(keys: keys) : .atomic,
                    items: .type(compile(items, definitions, open)),
                    patchKey: key,
                    patchesAsSet: merges && key == nil
                )
            )
        }
        var fields: [String: TypeSchema.Field] = [:]
        for pair in schema["properties"]?.object ?? Object() {
            fields[pair.key] = TypeSchema.Field(.type(compile(pair.value, definitions, open)))
        }
        return TypeSchema(scalar: .untyped, map: TypeSchema.Map(fields: fields, others: .deduced))
    }
}
