package import StructuredValue

/// A Kubernetes object as a value, with typed access to what every object has, and where it came from.
package struct Manifest: Sendable, Hashable {
    /// The whole object.
    package var value: Value
    /// Nil for objects read from a cluster.
    package var origin: Origin?

    package init(_ value: Value, origin: Origin? = nil) {
        self.value = value
        self.origin = origin
    }

    package var apiVersion: String { value["apiVersion"]?.string ?? "" }
    package var kind: String { value["kind"]?.string ?? "" }
    package var groupVersionKind: GroupVersionKind { GroupVersionKind(apiVersion: apiVersion, kind: kind) }
    package var groupKind: GroupKind { groupVersionKind.groupKind }

    package var metadata: Object { value["metadata"]?.object ?? Object() }

    package var name: String {
        get { value["metadata"]?["name"]?.string ?? "" }
        set { value[path: "metadata", "name"] = .string(newValue) }
    }

    /// Empty when the object has no namespace.
    package var namespace: String {
        get { value["metadata"]?["namespace"]?.string ?? "" }
        set { value[path: "metadata", "namespace"] = newValue.isEmpty ? Value?.none : .string(newValue) }
    }

    package var key: ObjectKey { ObjectKey(groupKind: groupKind, namespace: namespace, name: name) }

    package var uid: String? { value["metadata"]?["uid"]?.string }
    package var resourceVersion: String? { value["metadata"]?["resourceVersion"]?.string }
    package var generation: Int? { value["metadata"]?["generation"]?.int }
    package var creationTimestamp: String? { value["metadata"]?["creationTimestamp"]?.string }
    /// Set while the object is being deleted and waits for its finalizers.
    package var deletionTimestamp: String? { value["metadata"]?["deletionTimestamp"]?.string }
    package var isBeingDeleted: Bool { deletionTimestamp != nil }
    package var finalizers: [String] { value["metadata"]?["finalizers"]?.array?.compactMap(\.string) ?? [] }

    package var labels: [String: String] { Self.strings(value["metadata"]?["labels"]) }
    package var annotations: [String: String] { Self.strings(value["metadata"]?["annotations"]) }

    package func label(_ name: String) -> String? { value["metadata"]?["labels"]?[name]?.string }
    package func annotation(_ name: String) -> String? { value["metadata"]?["annotations"]?[name]?.string }

    package mutating func setLabel(_ name: String, _ text: String?) {
        value[path: "metadata", "labels", name] = text.map(Value.string)
    }

    package mutating func setAnnotation(_ name: String, _ text: String?) {
        value[path: "metadata", "annotations", name] = text.map(Value.string)
    }

    package var ownerReferences: [OwnerReference] {
        (value["metadata"]?["ownerReferences"]?.array ?? []).compactMap(OwnerReference.init)
    }

    /// The owner that controls this object, if one does.
    package var controllerReference: OwnerReference? { ownerReferences.first(where: \.isController) }

    package var spec: Value { value["spec"] ?? .null }
    package var status: Value { value["status"] ?? .null }

    private static func strings(_ value: Value?) -> [String: String] {
        guard let object = value?.object else { return [:] }
        var result: [String: String] = [:]
        for pair in object { if let text = pair.value.string { result[pair.key] = text } }
        return result
    }
}
