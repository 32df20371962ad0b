package import StructuredValue

extension ServerSideApply {
    /// The new object with managed fields that say who owns what after this write.
    ///
    /// - Parameters:
    ///   - live: What is stored, nil for a creation.
    ///   - new: What is to be stored, with its defaults. Its own `managedFields`, when valid, replace the stored ones.
    ///   - manager: Who writes by create, update or a patch other than apply.
    package func update(live: Value?, new: Value, manager: String) -> Value {
        var object = new
        var managers = startingFields(live: live, new: new)
        object[path: "metadata", "managedFields"] = nil
        // Without entries nothing is tracked, except for an object that comes into being.
        if managers.isEmpty, live?[path: "metadata", "uid"] != nil {
            return object
        }
        var liveObject = live ?? Self.blank(like: new)
        liveObject[path: "metadata", "managedFields"] = nil
        do {
            managers = try track(from: liveObject, to: object, managers, manager: manager)
            managers.store(in: &object)
        } catch {
            // As API servers do: an object is not refused because its fields can't be tracked.
        }
        return object
    }

    /// The entries from which an update starts.
    private func startingFields(live: Value?, new: Value) -> ManagedFields {
        // Entries that cannot be read count as none.
        let stored = live.flatMap { try? ManagedFields.of($0) } ?? ManagedFields()
        if !subresource.isEmpty { return stored }
        if ManagedFields.isReset(new) { return ManagedFields() }
        guard let given = try? ManagedFields.of(new), !given.isEmpty else { return stored }
        return given
    }

    /// Ownership after a change by someone who does not apply.
    func track(
        from live: Value,
        to new: Value,
        _ before: ManagedFields,
        manager: String
    ) throws(ApplyFailure) -> ManagedFields {
        let liveTyped = TypedObject(value: live, schema: schema, apiVersion: apiVersion)
        let newTyped = TypedObject(value: new, schema: schema, apiVersion: apiVersion)
        if !schema.failures(in: new, allowsDuplicates: true).isEmpty
            || !schema.failures(in: live, allowsDuplicates: true).isEmpty
        {
            return before
        }
        // The manager's own older entry gives up what changes like every other; the change is then added to it.
        let reconciled = try reconcile(before, with: liveTyped)
        var (managers, comparison) = try release(from: liveTyped, to: newTyped, reconciled, own: nil, force: true)
        let taken = scope.filter(comparison.modified.union(comparison.added)).subtracting(Self.systemFields)
        if !taken.isEmpty {
            let owner = owner(manager, .update)
            var entry = managers[owner] ?? entry(manager, .update, FieldSet())
            entry.fields = entry.fields.union(taken)
            entry.time = time
            managers[owner] = entry
        }
        mergeAncientChanges(&managers)
        return managers
    }

    /// Keeps the number of updating managers within the limit: the oldest are merged, per version.
    private func mergeAncientChanges(_ managers: inout ManagedFields) {
        let updaters = managers.entries.filter { $0.operation == .update }
        guard updaters.count > Self.updatingManagersLimit else { return }
        let oldestFirst = updaters.sorted { ($0.time ?? "", $0.manager) < ($1.time ?? "", $1.manager) }
        var remaining = updaters.count
        var firstOfVersion: [String: ManagedFields.Owner] = [:]
        for entry in oldestFirst {
            if remaining <= Self.updatingManagersLimit { break }
            guard let first = firstOfVersion[entry.apiVersion] else {
                firstOfVersion[entry.apiVersion] = entry.owner
                continue
            }
            var bucket = ManagedFields.Entry(
                manager: Self.managerOfAncientChanges,
                operation: .update,
                apiVersion: entry.apiVersion,
                fields: FieldSet()
            )
            let owner = bucket.owner
            bucket.fields = (managers[owner] ?? managers[first])?.fields ?? FieldSet()
            if managers[owner] == nil { managers[first] = nil }
            bucket.fields = bucket.fields.union(entry.fields)
            bucket.time = entry.time
            managers[entry.owner] = nil
            managers[owner] = bucket
            remaining -= 1
        }
    }
}
