import KubernetesModel
import StructuredValue

/// The OpenAPI v3 document of one group version.
struct OpenAPIDocument {
    let group: String
    let version: String
    let resources: [ServedResource]
    let gitVersion: String

    var value: Value {
        var paths = Object()
        var schemas: Object = [
            Self.metadataName: Self.metadata,
            Self.metaPrefix + "OwnerReference": Self.ownerReference,
            Self.metaPrefix + "ManagedFieldsEntry": Self.managedFieldsEntry,
            Self.metaPrefix + "FieldsV1": [
                "description": "Fields as a tree: the name of each, and below it what it contains.", "type": "object",
            ],
            Self.listMetadataName: [
                "type": "object", "description": "What a list says about itself.",
                "properties": [
                    "continue": ["type": "string"], "remainingItemCount": ["type": "integer", "format": "int64"],
                    "resourceVersion": ["type": "string"], "selfLink": ["type": "string"],
                ],
            ],
        ]
        for resource in resources {
            for pair in OpenAPIPaths(resource).all { paths[pair.key] = pair.value }
            let name = Self.schemaName(resource)
            schemas[name] = Self.schema(resource)
            schemas[name + "List"] = Self.listSchema(resource)
        }
        return [
            "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(gitVersion)],
            "paths": .object(paths),
            "components": ["schemas": .object(schemas)],
        ]
    }

    private static let metaPrefix = "io.k8s.apimachinery.pkg.apis.meta.v1."
    private static let metadataName = metaPrefix + "ObjectMeta"
    private static let listMetadataName = metaPrefix + "ListMeta"

    /// Metadata with the types of its parts by name, as clients show them.
    private static let metadata: Value = {
        var schema = BuiltInTypes.type("ObjectMeta").openAPI(describing: "What every object says about itself.")
        for (field, type) in [("managedFields", "ManagedFieldsEntry"), ("ownerReferences", "OwnerReference")] {
            schema[path: "properties", field, "items"] = [
                "allOf": [["$ref": .string("#/components/schemas/" + metaPrefix + type)]], "default": [:],
            ]
        }
        return schema
    }()

    private static let ownerReference: Value = {
        var schema = BuiltInTypes.type("OwnerReference").openAPI(describing: "Who an object belongs to.")
        schema["required"] = ["apiVersion", "kind", "name", "uid"]
        return schema
    }()

    private static let managedFieldsEntry: Value = {
        var properties = Object()
        for name in ["apiVersion", "fieldsType", "manager", "operation", "subresource"] {
            properties.append(name, ["type": "string"])
        }
        properties.append("fieldsV1", ["$ref": .string("#/components/schemas/" + metaPrefix + "FieldsV1")])
        properties.append("time", ["type": "string", "format": "date-time"])
        return [
            "description": "Which fields a manager owns, and how it came to own them.", "type": "object",
            "properties": .object(properties),
        ]
    }()

    /// `com.example.v1.Widget` for custom kinds, `io.k8s.api.apps.v1.Deployment` for built-in ones.
    static func schemaName(_ resource: ServedResource) -> String {
        let gvk = resource.gvk
        if resource.isCustom {
            return (gvk.group.split(separator: ".").reversed().map(String.init) + [gvk.version, gvk.kind]).joined(
                separator: "."
            )
        }
        let group = gvk.group.split(separator: ".").first.map(String.init) ?? "core"
        return "io.k8s.api.\(group).\(gvk.version).\(gvk.kind)"
    }

    private static func schema(_ resource: ServedResource) -> Value {
        var schema: Value
        if let custom = resource.custom {
            schema = published(custom.schema.text)
        } else {
            schema =
                resource.shape?.openAPI(describing: "\(resource.kind) of \(resource.gvk.apiVersion).") ?? [
                    "type": "object"
                ]
        }
        schema[path: "properties", "apiVersion"] = [
            "description": "The group and version in which this object is written.", "type": "string",
        ]
        schema[path: "properties", "kind"] = ["description": "The kind of this object.", "type": "string"]
        schema[path: "properties", "metadata"] = reference(metadataName, "Name, labels and the like.")
        schema["x-kubernetes-group-version-kind"] = [gvk(resource, kind: resource.kind)]
        return schema
    }

    private static func listSchema(_ resource: ServedResource) -> Value {
        [
            "description": .string("\(resource.listKind) is a list of \(resource.kind)"), "type": "object",
            "required": ["items"],
            "properties": [
                "apiVersion": [
                    "description": "The group and version in which this list is written.", "type": "string",
                ],
                "items": [
                    "description": .string("The \(resource.plural)."), "type": "array",
                    "items": ["$ref": .string("#/components/schemas/" + schemaName(resource))],
                ],
                "kind": ["description": "The kind of this list.", "type": "string"],
                "metadata": reference(listMetadataName, "Revision and continuation of the list."),
            ],
            "x-kubernetes-group-version-kind": [gvk(resource, kind: resource.listKind)],
        ]
    }

    private static func reference(_ name: String, _ description: String) -> Value {
        [
            "description": .string(description),
            "allOf": [["$ref": .string("#/components/schemas/" + name)]],
        ]
    }

    static func gvk(_ resource: ServedResource, kind: String) -> Value {
        ["group": .string(resource.group), "kind": .string(kind), "version": .string(resource.gvk.version)]
    }

    /// A definition's schema as it is published: int-or-string says what it means.
    private static func published(_ schema: Value) -> Value {
        var result = schema
        if result["x-kubernetes-int-or-string"]?.bool == true, result["anyOf"] == nil {
            result["anyOf"] = [["type": "integer"], ["type": "string"]]
        }
        if case .object(var properties) = result["properties"] {
            properties.updateValues { _, value in value = published(value) }
            result["properties"] = .object(properties)
        }
        if let items = result["items"] { result["items"] = published(items) }
        if case .object = result["additionalProperties"], let inner = result["additionalProperties"] {
            result["additionalProperties"] = published(inner)
        }
        return result
    }

    /// The least of OpenAPI v2 that old clients look for.
    static func swagger(_ catalog: ResourceCatalog, version: String) -> Value {
        var definitions = Object()
        for resource in catalog.groups.flatMap({ $0.versions }).flatMap({ $0.resources }) {
            definitions[schemaName(resource)] = [
                "type": "object", "x-kubernetes-group-version-kind": [gvk(resource, kind: resource.kind)],
            ]
        }
        return [
            "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(version)], "paths": [:],
            "definitions": .object(definitions),
        ]
    }
}
