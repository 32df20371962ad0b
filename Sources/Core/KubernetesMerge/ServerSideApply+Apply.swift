package import StructuredValue

extension ServerSideApply {
    /// What an apply made.
    package struct Result: Sendable {
        /// The object with its managed fields, before defaults.
        package var object: Value
        /// Whether fields other than managed ones differ from the live object.
        package var hasChanged: Bool
    }

    /// Applies a configuration: the live object with the applied fields, without those that the manager applied before
    /// and nobody else owns.
    ///
    /// - Parameters:
    ///   - live: What is stored, nil when the apply creates the object.
    ///   - applied: The configuration as it was sent.
    package func apply(
        live: Value?,
        applied: Value,
        manager: String,
        force: Bool = false
    ) throws(ApplyFailure) -> Value {
        try applyAndReport(live: live, applied: applied, manager: manager, force: force).object
    }

    /// As `apply`, and says whether the object changes.
    package func applyAndReport(
        live: Value?,
        applied: Value,
        manager: String,
        force: Bool = false
    ) throws(ApplyFailure) -> Result {
        var liveObject = live ?? Self.blank(like: applied)
        var managers: ManagedFields
        do { managers = try ManagedFields.of(liveObject) } catch {
            throw ApplyFailure(.failed, "failed to decode managed fields: \(error.message)")
        }
        liveObject[path: "metadata", "managedFields"] = nil
        if managers.isEmpty {
            managers = try track(
                from: Self.blank(like: liveObject),
                to: liveObject,
                managers,
                manager: Self.managerBeforeFirstApply
            )
        }
        var result: Result
        do {
            result = try merge(liveObject, applied, managers, manager: manager, force: force)
        } catch {
            // kubectl takes over what it applied on the client's side before.
            guard manager == "kubectl", case .conflict(let conflicts) = error.kind,
                let lastApplied = Self.lastApplied(in: liveObject)
            else { throw error }
            let remaining = conflicts.filter {
                !ownsByLastApplied($0, live: liveObject, lastApplied: lastApplied)
            }
            guard remaining.isEmpty else { throw ApplyFailure.conflict(remaining) }
            result = try merge(liveObject, applied, managers, manager: manager, force: true)
        }
        if manager == "kubectl", Self.lastApplied(in: result.object) != nil {
            var record = applied
            record[path: "metadata", "managedFields"] = nil
            record[path: "metadata", "annotations", Self.lastAppliedAnnotation] = nil
            if record[path: "metadata", "annotations"]?.isEmpty == true {
                record[path: "metadata", "annotations"] = nil
            }
            result.object[path: "metadata", "annotations", Self.lastAppliedAnnotation] = .string(
                JSON.text(record, .go) + "\n"
            )
        }
        return result
    }

    package static let lastAppliedAnnotation = "kubectl.kubernetes.io/last-applied-configuration"

    private static func lastApplied(in object: Value) -> Value? {
        guard let text = object[path: "metadata", "annotations", lastAppliedAnnotation]?.string, !text.isEmpty else {
            return nil
        }
        // An annotation that is no JSON is as good as none.
        return try? JSON.parse(text)
    }

    /// Whether a client-side apply set the field to what it still is.
    private func ownsByLastApplied(_ conflict: FieldConflict, live: Value, lastApplied: Value) -> Bool {
        guard schema.failures(in: lastApplied, allowsDuplicates: true).isEmpty,
            let comparison = try? schema.compare(lastApplied, live)
        else { return false }
        return schema.fieldSet(of: lastApplied).contains(conflict.path) && !comparison.modified.contains(conflict.path)
    }

    private func merge(
        _ live: Value,
        _ applied: Value,
        _ before: ManagedFields,
        manager: String,
        force: Bool
    ) throws(ApplyFailure) -> Result {
        if let version = applied["apiVersion"]?.string, version != apiVersion {
            throw ApplyFailure(
                .badRequest,
                "Incorrect version specified in apply patch. Specified patch version: \(version), expected: \(apiVersion)"
            )
        }
        if let given = applied[path: "metadata", "managedFields"], !given.isNull {
            throw ApplyFailure(.badRequest, "metadata.managedFields must be nil")
        }
        let misfits = schema.failures(in: applied)
        if !misfits.isEmpty {
            throw ApplyFailure(
                .failed,
                "failed to create typed patch object \(Self.title(of: applied)): \(misfits.text)"
            )
        }
        let liveMisfits = schema.failures(in: live, allowsDuplicates: true)
        if !liveMisfits.isEmpty {
            throw ApplyFailure(
                .failed,
                "failed to create typed live object \(Self.title(of: live)): \(liveMisfits.text)"
            )
        }
        let liveTyped = TypedObject(value: live, schema: schema, apiVersion: apiVersion)
        var managers = try reconcile(before, with: liveTyped)
        let merged: Value
        do { merged = try schema.merge(live: live, applied: applied) } catch {
            throw ApplyFailure(.failed, "failed to merge config: \(error.message)")
        }
        let owner = owner(manager, .apply)
        let last = managers[owner]
        var own = entry(manager, .apply, scope.filter(schema.fieldSet(of: applied)))
        own.time = last?.time
        managers[owner] = own
        let pruned = try prune(liveTyped.with(merged), managers, last)
        let place = managers.entries.firstIndex { $0.owner == owner }
        (managers, _) = try release(from: liveTyped, to: pruned, managers, own: place, force: force)
        if var entry = managers[owner] {
            entry.fields = entry.fields.subtracting(Self.systemFields)
            managers[owner] = entry.fields.isEmpty ? nil : entry
        }
        let hasChanged = !pruned.value.isSame(as: live)
        if hasChanged, var entry = managers[owner] {
            entry.time = time
            managers[owner] = entry
        }
        var object = hasChanged ? pruned.value : live
        managers.store(in: &object)
        return Result(object: object, hasChanged: hasChanged)
    }

    /// Removes what the manager applied last time, does not apply now, and nobody else owns.
    private func prune(
        _ merged: TypedObject,
        _ managers: ManagedFields,
        _ last: ManagedFields.Entry?
    ) throws(ApplyFailure) -> TypedObject {
        guard let last, !last.fields.isEmpty else { return merged }
        let step = "failed to prune fields: failed to convert merged object to last applied version"
        guard let atLast = try convert(merged, to: last.apiVersion, naming: step) else { return merged }
        let lastFields = atLast.schema.addingStructs(to: last.fields)
        var pruned = atLast.with(atLast.schema.remove(lastFields, from: atLast.value))
        pruned = try addBackOwned(atLast, pruned, managers)

        // Only what this manager owned may go: what nobody owns stays.
        guard let prunedAtLast = try convert(pruned, to: last.apiVersion, naming: step) else { return merged }
        let schema = atLast.schema
        let removable = schema.addingStructs(to: atLast.fieldSet)
            .subtracting(schema.addingStructs(to: prunedAtLast.fieldSet))
            .intersection(lastFields)
        let result = atLast.with(schema.remove(removable, from: atLast.value))
        return try convert(result, to: apiVersion, naming: "failed to prune fields") ?? merged
    }

    /// Puts back what anybody, the applying manager's new configuration included, owns.
    private func addBackOwned(
        _ merged: TypedObject,
        _ pruned: TypedObject,
        _ managers: ManagedFields
    ) throws(ApplyFailure) -> TypedObject {
        var versions: [(apiVersion: String, fields: FieldSet)] = []
        for entry in managers.entries {
            if let index = versions.firstIndex(where: { $0.apiVersion == entry.apiVersion }) {
                versions[index].fields = versions[index].fields.union(entry.fields)
            } else {
                versions.append((entry.apiVersion, entry.fields))
            }
        }
        // The version of the pruned object first: in another one it may lack what its conversion needs.
        if let index = versions.firstIndex(where: { $0.apiVersion == pruned.apiVersion }) { versions.swapAt(0, index) }
        var pruned = pruned
        var merged = merged
        for (version, owned) in versions {
            let step = "failed to prune fields: failed add back owned items: failed to convert"
            guard
                let mergedThere = try convert(
                    merged,
                    to: version,
                    naming: "\(step) merged object at version \(version)"
                ),
                let prunedThere = try convert(
                    pruned,
                    to: version,
                    naming: "\(step) pruned object at version \(version)"
                )
            else { continue }
            let schema = mergedThere.schema
            let kept = schema.addingStructs(to: prunedThere.fieldSet).union(schema.addingStructs(to: owned))
            let gone = schema.addingStructs(to: mergedThere.fieldSet).subtracting(kept)
            merged = mergedThere
            pruned = mergedThere.with(schema.remove(gone, from: mergedThere.value))
        }
        return pruned
    }
}
