/// Translates managed fields between an object and its `scale` subresource, where the same number has another path.
package struct ScaleOwnership: Sendable {
    /// The version of the object's endpoint.
    package var apiVersion: String
    /// Where the replicas are, per version of the kind; nil for a version without scale.
    package var replicas: [String: FieldPath?]

    package init(apiVersion: String, replicas: [String: FieldPath?]) {
        self.apiVersion = apiVersion
        self.replicas = replicas
    }

    package static let scaleVersion = "autoscaling/v1"
    private static let replicasOfScale = FieldSet([FieldPath("spec", "replicas")])

    /// The entries a Scale shows: those of managers that own the object's replicas.
    package func entriesOfScale(object: ManagedFields) -> ManagedFields {
        ManagedFields(
            object.entries.compactMap { entry in
                guard let path = replicas[entry.apiVersion] ?? nil, entry.fields.contains(path) else { return nil }
                var scaled = entry
                scaled.apiVersion = Self.scaleVersion
                scaled.fields = Self.replicasOfScale
                return scaled
            }
        )
    }

    /// The object's entries after its Scale was written with these entries.
    package func entriesOfObject(_ object: ManagedFields, scale: ManagedFields) -> ManagedFields {
        var result = ManagedFields()
        var open = scale.entries
        for entry in object.entries {
            guard let known = replicas[entry.apiVersion] else { continue }
            guard let path = known, entry.fields.contains(path) else {
                result.entries.append(entry)
                continue
            }
            if let index = open.firstIndex(where: { $0.owner == entry.owner }) {
                open.remove(at: index)
                result.entries.append(entry)
                continue
            }
            var rest = entry
            rest.fields = entry.fields.subtracting(FieldSet([path]))
            if !rest.fields.isEmpty { result.entries.append(rest) }
        }
        guard let path = replicas[apiVersion] ?? nil else { return result }
        for entry in open {
            var moved = entry
            moved.apiVersion = apiVersion
            moved.fields = FieldSet([path])
            // The time is only known for owners whose identity does not hold the version.
            moved.time = object[entry.owner]?.time
            result[moved.owner] = moved
        }
        return result
    }
}
