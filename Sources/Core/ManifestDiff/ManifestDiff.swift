package import KubernetesMerge
package import KubernetesModel
package import StructuredValue

/// What applying a manifest would change on a live object, judged by ownership: fields that the manifest sets, and
/// fields the manager set before and gives up. Server defaults, other managers' fields and status never show.
///
/// The answer is that of a server-side apply with force, computed with the same code that answers applies in the lab.
package struct ManifestDiff: Sendable {
    package var fieldManager: String
    /// The type of the objects; for kinds nobody described, lists count as one value and maps by member.
    package var schema: TypeSchema
    /// Whether `schema` is complete about defaults, as the schema of a custom resource is. Otherwise members that the
    /// live items of an atomic list have beyond the wanted ones are taken for defaults.
    private var knowsDefaults: Bool

    package init(fieldManager: String, schema: TypeSchema, knowsDefaults: Bool) {
        self.fieldManager = fieldManager
        self.schema = schema
        self.knowsDefaults = knowsDefaults
    }

    /// For a kind of the built-in table, for a custom resource with its OpenAPI schema, or for an unknown kind.
    package init(fieldManager: String, kind: GroupVersionKind, openAPISchema: Value? = nil) {
        if let openAPISchema {
            self.init(fieldManager: fieldManager, schema: .customResource(openAPISchema), knowsDefaults: true)
        } else {
            let known = BuiltInTypes.schema(apiVersion: kind.apiVersion, kind: kind.kind)
            self.init(fieldManager: fieldManager, schema: known ?? BuiltInTypes.unknownKind, knowsDefaults: false)
        }
    }

    /// The fields that an apply of `desired` changes, sorted by path.
    ///
    /// - Parameter live: The object as read in the version of `desired`, with its managed fields; nil when it does not
    ///   exist.
    package func changes(desired: Manifest, live: Manifest?) throws(ApplyFailure) -> [FieldChange] {
        guard let live else {
            return Self.content(desired.value).map {
                FieldChange(path: FieldPath([.field($0.key)]), old: nil, new: $0.value)
            }
        }
        let wanted = Self.applied(desired)
        let result = try endpoint(desired.apiVersion).apply(
            live: live.value,
            applied: wanted,
            manager: fieldManager,
            force: true
        )
        var walk = ChangeWalk(knowsDefaults: knowsDefaults, isBuiltIn: !knowsDefaults)
        walk.compare(
            .object(Self.content(live.value)),
            .object(Self.content(result)),
            schema
        )
        return walk.changes.sorted { $0.path < $1.path }
    }

    /// The fields of ours that others changed since we applied `desired`, with who did it.
    package func drift(desired: Manifest, live: Manifest) throws(ApplyFailure) -> [DriftedField] {
        let changes = try changes(desired: desired, live: live)
        // Entries that can't be read name nobody.
        let entries = ((try? ManagedFields.of(live.value)) ?? ManagedFields()).entries
            .filter { $0.manager != fieldManager || $0.operation != .apply }
        return changes.map { change in
            let owners = entries.filter { $0.fields.owns(change.path) }
            // A removed field has no owner any more: then it was the last who wrote the object.
            let candidates = owners.isEmpty && change.old == nil ? entries.filter(\.subresource.isEmpty) : owners
            let last = candidates.max { ($0.time ?? "") < ($1.time ?? "") }
            return DriftedField(change: change, manager: last?.manager, time: last?.time)
        }
    }

    private func endpoint(_ apiVersion: String) -> ServerSideApply {
        let schema = schema
        return ServerSideApply(
            schema: schema,
            apiVersion: apiVersion,
            time: "",
            scope: .excluding(FieldSet([FieldPath("status")])),
            conversion: { (object, version) throws(ServerSideApply.ConversionFailure) in
                // Versions of one kind mostly agree about paths, and there is no conversion at hand.
                var object = object
                object["apiVersion"] = .string(version)
                return ServerSideApply.VersionedObject(object: object, schema: schema)
            }
        )
    }

    /// The manifest as it is sent, without what a server ignores.
    private static func applied(_ desired: Manifest) -> Value {
        var value = desired.value
        value["status"] = nil
        value[path: "metadata", "creationTimestamp"] = nil
        value[path: "metadata", "managedFields"] = nil
        value[path: "metadata", "resourceVersion"] = nil
        return withFoldedStringData(value)
    }

    private static let serverMetadata: Set<String> = [
        "name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink",
        "deletionTimestamp", "deletionGracePeriodSeconds",
    ]

    /// The members that can differ by somebody's will.
    private static func content(_ value: Value) -> Object {
        var object = Object()
        for pair in withFoldedStringData(value).object ?? Object() {
            switch pair.key {
            case "apiVersion", "kind", "status": continue
            case "metadata":
                var metadata = pair.value.object ?? Object()
                metadata.removeAll { serverMetadata.contains($0.key) }
                if !metadata.isEmpty { object.append(pair.key, .object(metadata)) }
            default: object.append(pair.key, pair.value)
            }
        }
        return object
    }

    /// A Secret with its `stringData` where the server puts it.
    private static func withFoldedStringData(_ value: Value) -> Value {
        guard value["kind"]?.string == "Secret", value["apiVersion"]?.string == "v1",
            case .object(let texts) = value["stringData"]
        else { return value }
        var result = value
        result["stringData"] = nil
        for pair in texts {
            guard let text = pair.value.string else { continue }
            result[path: "data", pair.key] = .string(Base64.encode(Array(text.utf8)))
        }
        return result
    }
}

/// A field of ours that somebody changed.
package struct DriftedField: Hashable, Sendable {
    /// From what is there now to what we want.
    package var change: FieldChange
    /// Who wrote the field last; nil when nobody can be named.
    package var manager: String?
    package var time: String?
}

extension FieldSet {
    /// Whether the set holds the path, something below it, or an atomic part above it.
    func owns(_ path: FieldPath) -> Bool {
        var current = self
        for element in path.elements {
            guard let node = current[element] else { return false }
            if node.children.isEmpty { return true }
            current = node.children
        }
        return true
    }
}
