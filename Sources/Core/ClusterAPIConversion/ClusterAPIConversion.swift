package import KubernetesModel
package import StructuredValue

/// Converts objects of one of Cluster API's own kinds between v1beta1 and v1beta2, as Cluster API's webhooks do.
///
/// What a version cannot say is not lost on the way back: the v1beta1 form of an object keeps its v1beta2 form in an
/// annotation, of which everything comes back that was not changed meanwhile.
package struct ClusterAPIConversion: Sendable {
    private let rules: [ConversionRule]

    /// Where v1beta1 forms keep what only v1beta2 can say. Cluster API's name.
    package static let memory = "cluster.x-k8s.io/conversion-data"

    /// nil for a kind that is the same in all versions, or that is not Cluster API's own.
    package init?(_ kind: GroupKind) {
        guard let rules = conversionRules[kind] else { return nil }
        self.rules = rules
    }

    /// The object in another version; as it is when there is nothing to convert.
    ///
    /// - Parameter served: The `apiVersion` in which a kind is served, which references of v1beta1 name.
    package func convert(
        _ object: Value,
        to version: String,
        served: (GroupKind) -> String? = { _ in nil }
    ) -> Value {
        let source = GroupVersionKind(apiVersion: object["apiVersion"]?.string ?? "", kind: "")
        var result: Value
        switch (source.version, version) {
        case ("v1beta1", "v1beta2"): result = raised(object, served)
        case ("v1beta2", "v1beta1"): result = lowered(object, served)
        default: result = object
        }
        result["apiVersion"] = .string("\(source.group)/\(version)")
        return result
    }

    // MARK: Directions

    private func raised(_ object: Value, _ served: (GroupKind) -> String?) -> Value {
        guard let text = object[path: "metadata", "annotations", Self.memory]?.string,
            let memory = try? JSON.parse(text)  // somebody's edit: nothing is remembered
        else { return up(object) }
        var object = object
        object[path: "metadata", "annotations", Self.memory] = nil
        if object[path: "metadata", "annotations"]?.isEmpty == true { object[path: "metadata", "annotations"] = nil }
        let wanted = up(object)
        // What the remembered form would have come back as, had nobody changed anything.
        var remembered = object
        for part in ["spec", "status"] { remembered[part] = memory[part] }
        let unchanged = up(down(remembered, served))
        var result = wanted
        for part in ["spec", "status"] {
            result[part] = Self.follow(memory[part], from: unchanged[part], to: wanted[part])
        }
        return result
    }

    private func lowered(_ object: Value, _ served: (GroupKind) -> String?) -> Value {
        var result = down(object, served)
        let back = up(result)
        if back["spec"] != object["spec"] || back["status"] != object["status"] {
            var memory = Object()
            for part in ["spec", "status"] { if let value = object[part] { memory.append(part, value) } }
            result[path: "metadata", "annotations", Self.memory] = .string(JSON.text(.object(memory), .canonical))
        }
        return result
    }

    /// A value with the changes between two others; lists change whole.
    private static func follow(_ value: Value?, from old: Value?, to new: Value?) -> Value? {
        if old == new { return value }
        guard case .object(let base) = value, case .object(let before) = old, case .object(let after) = new else {
            return new
        }
        var result = base
        for key in Set(before.map(\.key)).union(after.map(\.key)) {
            result[key] = follow(base[key], from: before[key], to: after[key])
        }
        return .object(result)
    }

    private func up(_ object: Value) -> Value {
        Conversion(isUp: true, namespace: "", served: { _ in nil }).convert(object, rules)
    }

    private func down(_ object: Value, _ served: (GroupKind) -> String?) -> Value {
        withoutActuallyEscaping(served) { served in
            let namespace = object[path: "metadata", "namespace"]?.string ?? ""
            return Conversion(isUp: false, namespace: namespace, served: served).convert(object, rules)
        }
    }
}
