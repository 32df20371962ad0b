import APIStore
import KubernetesMerge
import KubernetesModel
import StructuredValue

/// How a candidate came about; decides how ownership and foreign identities are treated.
enum UpdateOrigin: Sendable {
    case put, patch
    /// The candidate carries its managed fields.
    case apply
    /// From the scale subresource: the candidate carries its managed fields.
    case scale
}

extension APIServer {
    /// Replaces an object (PUT).
    func replace(
        _ decoded: Value,
        _ resource: ServedResource,
        namespace: String,
        name: String,
        subresource: String,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Outcome {
        var object = decoded
        try requireName(object, name)
        try place(&object, resource, namespace: namespace, name: name)
        let key = StoreKey(resource: resource.storeResource, namespace: namespace, name: name)
        let wanted = try Self.revision(object[path: "metadata", "resourceVersion"]?.string)
        for _ in 0..<20 {
            guard let live = store.object(key) else {
                if resource.traits.createsOnUpdate, subresource.isEmpty, wanted == nil {
                    return try create(object, resource, namespace: namespace, name: name, options, &notes)
                }
                throw .notFound(resource.groupResource, name)
            }
            if let uid = object[path: "metadata", "uid"]?.string, !uid.isEmpty,
                let liveUID = live.value[path: "metadata", "uid"]?.string, uid != liveUID
            {
                let path = (resource.group.isEmpty ? "" : resource.group + "/") + resource.plural
                throw .conflict(
                    resource.groupResource,
                    name,
                    "StorageError: invalid object, Code: 4, Key: /\(path)/\(namespace)/\(name), ResourceVersion: 0, "
                        + "AdditionalErrorMsg: Precondition failed: UID in precondition: \(uid), UID in object meta: \(liveUID)"
                )
            }
            if let wanted {
                if wanted != live.revision { throw .conflict(resource.groupResource, name) }
            } else if !resource.allowsUnconditionalUpdate {
                throw Self.revisionRequired(resource, name)
            }
            if let outcome = try finish(object, over: live, resource, subresource, .put, options, &notes) {
                return outcome
            }
            // Somebody else was quicker. With a revision given that is the writer's problem, else it starts anew.
            if wanted != nil { throw .conflict(resource.groupResource, name) }
        }
        throw .conflict(resource.groupResource, name)
    }

    /// Some kinds are only changed by those who say what they have seen.
    static func revisionRequired(_ resource: ServedResource, _ name: String) -> APIFailure {
        .invalid(
            group: resource.group,
            kind: resource.plural,
            name: name,
            [.invalid("metadata.resourceVersion", "0", "must be specified for an update")]
        )
    }

    /// An update says the name in its body too.
    private func requireName(_ object: Value, _ name: String) throws(APIFailure) {
        guard object[path: "metadata", "name"]?.string?.isEmpty ?? true else { return }
        throw .badRequest("the name of the object (\(name) based on URL) was undeterminable: name must be provided")
    }

    /// A resourceVersion as a number; nil for none.
    static func revision(_ text: String?) throws(APIFailure) -> Int? {
        guard let text, !text.isEmpty, text != "0" else { return nil }
        guard let number = Int(text), number >= 0 else {
            throw .server("strconv.ParseUint: parsing \"\(text)\": invalid syntax")
        }
        return number
    }

    /// Completes, judges and stores a changed object. nil when the live object is no longer the stored one.
    func finish(
        _ candidate: Value,
        over live: StoredObject,
        _ resource: ServedResource,
        _ subresource: String,
        _ origin: UpdateOrigin,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Outcome? {
        let old = resource.presented(live)
        var new = candidate
        if let warning = OwnerReferences.unify(&new, isPatched: origin != .put) { notes.warn(warning) }
        keepSystemMetadata(&new, old: old)
        isolate(&new, old: old, resource, subresource)
        switch origin {
        case .put, .patch:
            let given = candidate[path: "metadata", "managedFields"]
            new[path: "metadata", "managedFields"] = given
            new = tracker(resource, subresource: subresource, clock.now()).update(
                live: old,
                new: new,
                manager: options.manager
            )
        case .apply, .scale: new[path: "metadata", "managedFields"] = candidate[path: "metadata", "managedFields"]
        }
        // Afterwards: who sets what the server puts back owns it all the same.
        if !resource.isCustom { KindRules.prepareForUpdate(&new, old: old, of: resource, subresource: subresource) }
        if resource.isCustom || resource.traits.hasGeneration, subresource != "status",
            changesGeneration(new, old: old, resource)
        {
            new[path: "metadata", "generation"] = .int((old[path: "metadata", "generation"]?.int ?? 0) + 1)
        }
        new = ManagedFields.keepingTimes(new, stored: old)
        try validate(new, old: old, resource, subresource: subresource, &notes)
        if resource.isService, subresource.isEmpty { try allocate(&new, old: old) }
        if new == old { return resource.isPresentedAsStored(live) ? .stored(live) : .transient(old) }
        let isGone =
            new[path: "metadata", "deletionTimestamp"] != nil
            && new[path: "metadata", "finalizers"]?.isEmpty ?? true
            && (resource.plural != "namespaces" || new[path: "spec", "finalizers"]?.isEmpty ?? true)
        if options.isDryRun { return .transient(new) }
        do {
            if isGone {
                try commit(.delete(live.key, expected: live.revision))
                afterRemoval(resource, live)
                return .transient(new)
            }
            let stored = try commit(.update(live.key, resource.stored(new), expected: live.revision))
            afterWrite(resource, stored)
            return .stored(stored)
        } catch {
            if case .conflict = error.kind { return nil }
            throw APIFailure(error, resource, name: live.key.name)
        }
    }

    /// What only the server sets. A deletion time that was sent stays, to be judged.
    private func keepSystemMetadata(_ new: inout Value, old: Value) {
        let isMarked = old[path: "metadata", "deletionTimestamp"] != nil
        for field in ["deletionTimestamp", "deletionGracePeriodSeconds"]
        where isMarked || new[path: "metadata", field] == nil {
            new[path: "metadata", field] = old[path: "metadata", field]
        }
        for field in ["creationTimestamp", "generation", "resourceVersion"] {
            new[path: "metadata", field] = old[path: "metadata", field]
        }
        if new[path: "metadata", "uid"]?.isEmpty ?? true { new[path: "metadata", "uid"] = old[path: "metadata", "uid"] }
        new[path: "metadata", "selfLink"] = nil
    }

    /// Each endpoint writes its own part: the main one all but the status, the status endpoint only that.
    private func isolate(_ new: inout Value, old: Value, _ resource: ServedResource, _ subresource: String) {
        switch subresource {
        case "status" where resource.statusCarriesMetadata:
            // These let metadata pass with their status.
            new["spec"] = old["spec"]
        case "status":
            var result = old
            result["status"] = new["status"]
            result[path: "metadata", "uid"] = new[path: "metadata", "uid"]
            if resource.isCustom {
                result["kind"] = new["kind"]
                result["apiVersion"] = new["apiVersion"]
            }
            new = result
        case "" where resource.hasStatus: new["status"] = old["status"]
        default: break
        }
    }

    private func changesGeneration(_ new: Value, old: Value, _ resource: ServedResource) -> Bool {
        if !resource.isCustom {
            if new["spec"] == nil, old["spec"] == nil { return new["template"] != old["template"] }
            return new["spec"] != old["spec"]
        }
        func content(_ value: Value) -> Object {
            var object = value.object ?? Object()
            object.removeValue(forKey: "metadata")
            if resource.hasStatus { object.removeValue(forKey: "status") }
            return object
        }
        return content(new) != content(old)
    }
}
