package import StructuredValue

/// Merging applied configurations into objects and keeping book on who owns which field, exactly as an API server does.
///
/// A value of this type describes one endpoint at one time; `apply` and `update` are pure.
///
/// ```
/// apply:   live + applied ──merge──► merged ──prune what the manager gave up──► object
///          conflicts: fields that would change and that others own
/// update:  live → new   fields that changed leave their owners and go to the updating manager
/// ```
package struct ServerSideApply: Sendable {
    /// An object in another version of its kind, with that version's type.
    package struct VersionedObject: Sendable {
        package var object: Value
        package var schema: TypeSchema

        package init(object: Value, schema: TypeSchema) {
            self.object = object
            self.schema = schema
        }
    }

    /// Why an object cannot be had in another version.
    package enum ConversionFailure: Error, Hashable, Sendable {
        /// The version is gone; what was owned in it is forgotten.
        case unknownVersion
        case failed(String)
    }

    package typealias Conversion = @Sendable (Value, _ apiVersion: String) throws(ConversionFailure) -> VersionedObject

    package var schema: TypeSchema
    /// The version of the endpoint, in which objects are given and returned.
    package var apiVersion: String
    package var subresource: String
    /// Now, in RFC 3339 with seconds.
    package var time: String
    package var scope: FieldScope
    /// Gives an object in another version, for entries that were written in it.
    package var conversion: Conversion

    package init(
        schema: TypeSchema,
        apiVersion: String,
        subresource: String = "",
        time: String,
        scope: FieldScope = .everything,
        conversion: @escaping Conversion = { (_, _) throws(ConversionFailure) in throw ConversionFailure.unknownVersion
        }
    ) {
        self.schema = schema
        self.apiVersion = apiVersion
        self.subresource = subresource
        self.time = time
        self.scope = scope
        self.conversion = conversion
    }

    /// Owns everything that was there when somebody first applies to an object without managed fields.
    package static let managerBeforeFirstApply = "before-first-apply"
    /// Collects the oldest of too many updating managers.
    package static let managerOfAncientChanges = "ancient-changes"
    /// How many entries of updating managers are kept apart.
    package static let updatingManagersLimit = 10

    /// Fields that belong to the server and are never owned.
    static let systemFields: FieldSet = {
        let metadata = [
            "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
            "resourceVersion",
        ]
        return FieldSet(
            [FieldPath("apiVersion"), FieldPath("kind"), FieldPath("metadata")]
                + metadata.map { FieldPath("metadata", $0) }
        )
    }()

    func owner(_ manager: String, _ operation: ManagedFields.Operation) -> ManagedFields.Owner {
        ManagedFields.Owner(
            manager: manager,
            operation: operation,
            subresource: subresource,
            apiVersion: operation == .apply ? "" : apiVersion
        )
    }

    func entry(_ manager: String, _ operation: ManagedFields.Operation, _ fields: FieldSet) -> ManagedFields.Entry {
        ManagedFields.Entry(
            manager: manager,
            operation: operation,
            apiVersion: apiVersion,
            subresource: subresource,
            fields: fields
        )
    }

    /// An object of this endpoint's kind before it exists.
    static func blank(like object: Value) -> Value {
        var blank = Object()
        if let version = object["apiVersion"] { blank.append("apiVersion", version) }
        if let kind = object["kind"] { blank.append("kind", kind) }
        return .object(blank)
    }

    /// Namespace, name and kind as messages about typed objects begin.
    static func title(of object: Value) -> String {
        let version = object["apiVersion"]?.string ?? ""
        let groupVersion = version.contains("/") ? version : "/" + version
        let metadata = object["metadata"]
        return "(\(metadata?["namespace"]?.string ?? "")/\(metadata?["name"]?.string ?? ""); "
            + "\(groupVersion), Kind=\(object["kind"]?.string ?? ""))"
    }
}

/// An object with its type, in one version.
struct TypedObject {
    var value: Value
    var schema: TypeSchema
    var apiVersion: String

    func with(_ value: Value) -> TypedObject { TypedObject(value: value, schema: schema, apiVersion: apiVersion) }

    var fieldSet: FieldSet { schema.fieldSet(of: value) }
}

extension ServerSideApply {
    /// The object in another version; nil when that version is gone.
    func convert(_ object: TypedObject, to version: String, naming step: String) throws(ApplyFailure) -> TypedObject? {
        if object.apiVersion == version { return object }
        let converted: VersionedObject
        do {
            if version == apiVersion {
                // The way back to this endpoint's own version: the conversion knows it like any other.
                converted = VersionedObject(object: try conversion(object.value, version).object, schema: schema)
            } else {
                converted = try conversion(object.value, version)
            }
        } catch {
            switch error {
            case .unknownVersion: return nil
            case .failed(let message): throw ApplyFailure(.failed, step.isEmpty ? message : "\(step): \(message)")
            }
        }
        let failures = converted.schema.failures(in: converted.object, allowsDuplicates: true)
        if !failures.isEmpty {
            throw ApplyFailure(.failed, step.isEmpty ? failures.text : "\(step): \(failures.text)")
        }
        return TypedObject(value: converted.object, schema: converted.schema, apiVersion: version)
    }

    /// Reads entries written before a schema changed as the schema now says.
    func reconcile(_ managers: ManagedFields, with live: TypedObject) throws(ApplyFailure) -> ManagedFields {
        var result = managers
        for index in result.entries.indices {
            guard let typed = try convert(live, to: result.entries[index].apiVersion, naming: "") else { continue }
            result.entries[index].fields = result.entries[index].fields.reconciled(with: typed.schema)
        }
        return result
    }

    /// Takes changed and removed fields from all owners but one. Without force, changed fields that others own are
    /// conflicts.
    ///
    /// - Parameter own: The place of the manager that makes the change; nil when it has no entry.
    func release(
        from old: TypedObject,
        to new: TypedObject,
        _ managers: ManagedFields,
        own: Int?,
        force: Bool
    ) throws(ApplyFailure) -> (managers: ManagedFields, comparison: FieldComparison) {
        let comparison = try compare(old, new)
        var comparisons = [new.apiVersion: comparison]
        var gone: Set<Int> = []
        var conflicts: [(index: Int, fields: FieldSet)] = []
        for (index, entry) in managers.entries.enumerated() where index != own {
            if comparisons[entry.apiVersion] == nil {
                guard let oldThere = try convert(old, to: entry.apiVersion, naming: "failed to convert old object"),
                    let newThere = try convert(new, to: entry.apiVersion, naming: "failed to convert new object")
                else {
                    gone.insert(index)
                    continue
                }
                comparisons[entry.apiVersion] = try compare(oldThere, newThere)
            }
            guard let there = comparisons[entry.apiVersion] else { continue }
            let taken = entry.fields.intersection(there.modified.union(there.added))
            if !taken.isEmpty { conflicts.append((index, taken)) }
        }
        if !force, !conflicts.isEmpty {
            throw ApplyFailure.conflict(
                conflicts.flatMap { conflict in
                    conflict.fields.paths.map { FieldConflict(owner: managers.entries[conflict.index].owner, path: $0) }
                }
            )
        }
        var result = managers
        for conflict in conflicts {
            result.entries[conflict.index].fields = result.entries[conflict.index].fields.subtracting(conflict.fields)
        }
        for index in result.entries.indices where index != own {
            guard let there = comparisons[result.entries[index].apiVersion] else { continue }
            result.entries[index].fields = result.entries[index].fields.subtracting(there.removed)
        }
        var index = -1
        result.entries.removeAll { entry in
            index += 1
            return gone.contains(index) || entry.fields.isEmpty
        }
        return (result, comparison)
    }

    private func compare(_ old: TypedObject, _ new: TypedObject) throws(ApplyFailure) -> FieldComparison {
        do { return try new.schema.compare(old.value, new.value).filtered(by: scope) } catch {
            throw ApplyFailure(.failed, "failed to compare objects: \(error.message)")
        }
    }
}
