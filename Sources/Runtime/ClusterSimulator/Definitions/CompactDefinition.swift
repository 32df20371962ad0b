import APIServer
import KubernetesModel
import StructuredValue

/// A custom resource definition in few words: open schemas with the fields that the lab itself reads.
struct CompactDefinition {
    /// One printer column.
    struct Column {
        var name: String
        var path: String
        var type = "string"
        var isWide = false

        static func text(_ name: String, _ path: String, wide: Bool = false) -> Column {
            Column(name: name, path: path, isWide: wide)
        }

        static func count(_ name: String, _ path: String, wide: Bool = false) -> Column {
            Column(name: name, path: path, type: "integer", isWide: wide)
        }

        static func condition(_ name: String, _ type: String, wide: Bool = false) -> Column {
            Column(name: name, path: #".status.conditions[?(@.type==""# + type + #"")].status"#, isWide: wide)
        }

        static let age = Column(name: "Age", path: ".metadata.creationTimestamp", type: "date")
        static let paused = condition("Paused", "Paused", wide: true)
        static let cluster = text("Cluster", ".spec.clusterName")

        var value: Value {
            var object: Object = ["name": .string(name), "type": .string(type), "jsonPath": .string(path)]
            if isWide { object.append("priority", 10) }
            return .object(object)
        }
    }

    var group: String
    var kind: String
    /// Names of shapes in `ClusterAPIShapes`; without them only `spec` and the conditions are typed.
    var specShape = ""
    var statusShape = ""
    var plural: String
    var shortNames: [String] = []
    var isNamespaced = true
    /// Columns per version, oldest version first; the last version is stored.
    var versions: [(name: String, columns: [Column])]
    /// Properties of `spec` that are more than open.
    var spec: Value = [:]
    var required: [String] = []
    var hasStatus = true
    var hasScale = false
    /// The contract label; nil for kinds that no contract covers.
    var contract: [String: String] = [:]

    var name: String { "\(plural).\(group)" }

    var manifest: Manifest {
        let last = versions.last?.name
        var names: Object = [
            "kind": .string(kind), "listKind": .string(kind + "List"), "plural": .string(plural),
            "singular": .string(kind.lowercased()), "categories": ["cluster-api"],
        ]
        if !shortNames.isEmpty { names.append("shortNames", .array(shortNames.map(Value.string))) }
        var metadata: Object = ["name": .string(name)]
        if !contract.isEmpty {
            metadata.append(
                "labels",
                .object(Object(contract.map { Object.Pair(key: $0.key, value: .string($0.value)) }))
            )
        }
        return Manifest([
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": .object(metadata),
            "spec": [
                "group": .string(group), "names": .object(names), "scope": isNamespaced ? "Namespaced" : "Cluster",
                "versions": .array(versions.map { version($0.name, $0.columns, isStored: $0.name == last) }),
            ],
        ])
    }

    private func version(_ name: String, _ columns: [Column], isStored: Bool) -> Value {
        var subresources = Object()
        if hasStatus { subresources.append("status", [:]) }
        if hasScale {
            subresources.append(
                "scale",
                [
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                ]
            )
        }
        var result: Object = [
            "name": .string(name), "served": true, "storage": .bool(isStored),
            "schema": ["openAPIV3Schema": schema], "subresources": .object(subresources),
        ]
        if !columns.isEmpty { result.append("additionalPrinterColumns", .array(columns.map(\.value))) }
        return .object(result)
    }

    private var schema: Value {
        let open: Value = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        var specification = ClusterAPIShapes.schema(named: specShape) ?? open
        for property in spec.object ?? Object() { specification[path: "properties", property.key] = property.value }
        if !required.isEmpty { specification["required"] = .array(required.map(Value.string)) }
        var properties: Object = [
            "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["type": "object"],
            "spec": specification,
        ]
        if hasStatus {
            var status = ClusterAPIShapes.schema(named: statusShape) ?? open
            status[path: "properties", "conditions"] = Self.conditions
            properties.append("status", status)
        }
        return ["type": "object", "properties": .object(properties)]
    }

    private static let conditions: Value = [
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
        "items": [
            "type": "object", "required": ["type", "status"], "x-kubernetes-preserve-unknown-fields": true,
            "properties": [
                "type": ["type": "string"], "status": ["type": "string"], "reason": ["type": "string"],
                "message": ["type": "string"], "severity": ["type": "string"],
                "lastTransitionTime": ["type": "string", "format": "date-time"],
                "observedGeneration": ["type": "integer", "format": "int64"],
            ],
        ],
    ]
}
