import KubernetesModel
import StructuredValue

/// The operations of one resource, as OpenAPI lists them.
struct OpenAPIPaths {
    private let resource: ServedResource
    private let groupName: String
    private let tag: String

    init(_ resource: ServedResource) {
        self.resource = resource
        let parts = resource.group.isEmpty ? ["core"] : resource.group.split(separator: ".").map(String.init)
        groupName = parts.map { Self.capitalized($0) }.joined() + Self.capitalized(resource.gvk.version)
        tag = ([parts[0]] + parts.dropFirst().map { Self.capitalized($0) }).joined() + "_" + resource.gvk.version
    }

    private static func capitalized(_ text: String) -> String { text.prefix(1).uppercased() + text.dropFirst() }

    var all: Object {
        var paths = Object()
        let root =
            resource.group.isEmpty ? "/api/\(resource.gvk.version)" : "/apis/\(resource.group)/\(resource.gvk.version)"
        let base =
            resource.isNamespaced ? "\(root)/namespaces/{namespace}/\(resource.plural)" : "\(root)/\(resource.plural)"
        let scope = resource.isNamespaced ? "Namespaced" : ""
        func has(_ verb: String) -> Bool { resource.verbs.contains(verb) }

        var collection = Object()
        if has("list") {
            collection.append("get", operation("list", "list\(groupName)\(scope)\(resource.kind)", "get"))
        }
        if has("create") {
            collection.append("post", operation("post", "create\(groupName)\(scope)\(resource.kind)", "post"))
        }
        if has("deletecollection") {
            collection.append(
                "delete",
                operation("deletecollection", "delete\(groupName)Collection\(scope)\(resource.kind)", "delete")
            )
        }
        collection.append("parameters", .array(pathParameters(isObject: false)))
        paths.append(base, .object(collection))
        if has("get") {
            var item = Object()
            item.append("get", operation("get", "read\(groupName)\(scope)\(resource.kind)", "get"))
            item.append("put", operation("put", "replace\(groupName)\(scope)\(resource.kind)", "put"))
            item.append("delete", operation("delete", "delete\(groupName)\(scope)\(resource.kind)", "delete"))
            item.append("patch", operation("patch", "patch\(groupName)\(scope)\(resource.kind)", "patch"))
            item.append("parameters", .array(pathParameters(isObject: true)))
            paths.append(base + "/{name}", .object(item))
        }
        for name in ["status", "scale", "finalize"] where isOffered(name) {
            let suffix = Self.capitalized(name)
            var item = Object()
            if name != "finalize" {
                item.append(
                    "get",
                    operation("get", "read\(groupName)\(scope)\(resource.kind)\(suffix)", "get", subresource: name)
                )
            }
            item.append(
                "put",
                operation("put", "replace\(groupName)\(scope)\(resource.kind)\(suffix)", "put", subresource: name)
            )
            if name != "finalize" {
                item.append(
                    "patch",
                    operation("patch", "patch\(groupName)\(scope)\(resource.kind)\(suffix)", "patch", subresource: name)
                )
            }
            item.append("parameters", .array(pathParameters(isObject: true)))
            paths.append("\(base)/{name}/\(name)", .object(item))
        }
        if resource.isNamespaced, has("list") {
            paths.append(
                "\(root)/\(resource.plural)",
                [
                    "get": operation("list", "list\(groupName)\(resource.kind)ForAllNamespaces", "get"),
                    "parameters": .array([Self.pretty]),
                ]
            )
        }
        return paths
    }

    private func isOffered(_ subresource: String) -> Bool {
        switch subresource {
        case "status": resource.hasStatus
        case "scale": resource.scale != nil
        default: resource.hasFinalize
        }
    }

    private func operation(_ action: String, _ identifier: String, _ method: String, subresource: String = "") -> Value
    {
        let kind: Value =
            subresource == "scale"
            ? ["group": "autoscaling", "version": "v1", "kind": "Scale"]
            : [
                "group": .string(resource.group), "version": .string(resource.gvk.version),
                "kind": .string(resource.kind),
            ]
        var object: Object = [
            "tags": [.string(tag)], "description": .string("\(action) \(resource.kind)"),
            "operationId": .string(identifier),
        ]
        if method != "get" {
            var parameters = [Self.query("dryRun", "What not to persist; the only value is All.")]
            if method != "delete" {
                parameters.append(Self.query("fieldManager", "Who makes this change."))
                parameters.append(Self.query("fieldValidation", "Ignore, Warn or Strict: what unknown fields are."))
            }
            object.append("parameters", .array(parameters))
        }
        if method == "post" || method == "put" || method == "patch" {
            let type = method == "patch" ? "application/merge-patch+json" : "application/json"
            object.append(
                "requestBody",
                [
                    "content": .object(Object([Object.Pair(key: type, value: ["schema": schemaReference])])),
                    "required": true,
                ]
            )
        }
        object.append(
            "responses",
            ["200": ["description": "OK", "content": ["application/json": ["schema": schemaReference]]]]
        )
        object.append("x-kubernetes-action", .string(action))
        object.append("x-kubernetes-group-version-kind", kind)
        return .object(object)
    }

    private var schemaReference: Value {
        ["$ref": .string("#/components/schemas/" + OpenAPIDocument.schemaName(resource))]
    }

    private func pathParameters(isObject: Bool) -> [Value] {
        var parameters: [Value] = []
        if isObject { parameters.append(Self.path("name", "name of the \(resource.kind)")) }
        if resource.isNamespaced { parameters.append(Self.path("namespace", "the namespace of the object")) }
        return parameters + [Self.pretty]
    }

    private static let pretty = query("pretty", "Whether the answer is laid out for people.")

    private static func path(_ name: String, _ description: String) -> Value {
        [
            "name": .string(name), "in": "path", "description": .string(description), "required": true,
            "schema": ["type": "string", "uniqueItems": true],
        ]
    }

    private static func query(_ name: String, _ description: String) -> Value {
        [
            "name": .string(name), "in": "query", "description": .string(description),
            "schema": ["type": "string", "uniqueItems": true],
        ]
    }
}
