import APIStore
import KubernetesModel
import StructuredValue

extension APIServer {
    private static let orphanFinalizer = "orphan"
    private static let foregroundFinalizer = "foregroundDeletion"
    static let definitionFinalizer = "customresourcecleanup.apiextensions.k8s.io"

    /// Deletes an object: at once, or by marking it while finalizers hold it.
    func delete(
        _ resource: ServedResource,
        namespace: String,
        name: String,
        _ options: DeleteOptions
    ) throws(APIFailure) -> Outcome {
        let key = StoreKey(resource: resource.storeResource, namespace: namespace, name: name)
        if resource.plural == "namespaces", resource.group.isEmpty,
            ["default", "kube-system", "kube-public"].contains(name)
        {
            throw .forbidden(resource.groupResource, name, "this namespace may not be deleted")
        }
        for _ in 0..<20 {
            guard let live = store.object(key) else { throw .notFound(resource.groupResource, name) }
            try checkPreconditions(options, live, resource)
            do {
                return try delete(live, resource, options)
            } catch {
                if case .conflict = error.kind, options.resourceVersion == nil { continue }
                throw APIFailure(error, resource, name: name)
            }
        }
        throw .conflict(resource.groupResource, name)
    }

    private func checkPreconditions(
        _ options: DeleteOptions,
        _ live: StoredObject,
        _ resource: ServedResource
    ) throws(APIFailure) {
        let target = GroupResource(group: resource.group, resource: resource.kind)
        let uid = live.value[path: "metadata", "uid"]?.string ?? ""
        if resource.plural == "namespaces", resource.group.isEmpty, let wanted = options.uid, wanted != uid {
            throw .conflict(
                resource.groupResource,
                live.key.name,
                "Precondition failed: UID in precondition: \(wanted), UID in object meta: \(uid)"
            )
        }
        if let wanted = options.uid, wanted != uid {
            throw .conflict(
                target,
                live.key.name,
                "the UID in the precondition (\(wanted)) does not match the UID in record (\(uid)). The object might have been "
                    + "deleted and then recreated"
            )
        }
        if let wanted = options.resourceVersion, wanted != String(live.revision) {
            throw .conflict(
                target,
                live.key.name,
                "the ResourceVersion in the precondition (\(wanted)) does not match the ResourceVersion in record "
                    + "(\(live.revision)). The object might have been modified"
            )
        }
    }

    private func delete(
        _ live: StoredObject,
        _ resource: ServedResource,
        _ options: DeleteOptions
    ) throws(StoreFailure) -> Outcome {
        let old = resource.presented(live)
        var new = old
        let before = old[path: "metadata", "finalizers"]?.array ?? []
        var finalizers = before
        switch options.propagation {
        case .orphan: finalizers = Self.replacing(finalizers, with: Self.orphanFinalizer)
        case .foreground: finalizers = Self.replacing(finalizers, with: Self.foregroundFinalizer)
        case .background: finalizers = Self.replacing(finalizers, with: nil)
        case nil: break
        }
        let isNamespace = resource.plural == "namespaces" && resource.group.isEmpty
        let isDefinition = resource.plural == "customresourcedefinitions"
        let wasMarked = old[path: "metadata", "deletionTimestamp"] != nil
        if isDefinition, !wasMarked, !finalizers.contains(.string(Self.definitionFinalizer)) {
            finalizers.append(.string(Self.definitionFinalizer))
        }
        let isHeld = !finalizers.isEmpty || (isNamespace && !(old[path: "spec", "finalizers"]?.isEmpty ?? true))
        if !isHeld {
            if options.isDryRun {
                if resource.traits.showsDeleted { return .transient(old) }
                return .removed(uid: old[path: "metadata", "uid"]?.string ?? "")
            }
            let gone = try commit(.delete(live.key, expected: live.revision))
            afterRemoval(resource, live)
            if resource.traits.showsDeleted { return .transient(resource.presented(gone)) }
            return .removed(uid: old[path: "metadata", "uid"]?.string ?? "")
        }
        new[path: "metadata", "finalizers"] = finalizers.isEmpty ? Value?.none : .array(finalizers)
        if !wasMarked {
            new[path: "metadata", "deletionTimestamp"] = .string(clock.now().description)
            if isNamespace {
                new[path: "status", "phase"] = "Terminating"
            } else if !isDefinition {
                new[path: "metadata", "deletionGracePeriodSeconds"] = 0
            }
            if isDefinition { DefinitionStatus.markTerminating(&new, now: clock.now()) }
            if let generation = old[path: "metadata", "generation"]?.int, generation > 0, !isDefinition {
                new[path: "metadata", "generation"] = .int(generation + 1)
            }
        }
        if new == old { return resource.isPresentedAsStored(live) ? .stored(live) : .transient(old) }
        if options.isDryRun { return .transient(new) }
        let stored = try commit(.update(live.key, resource.stored(new), expected: live.revision))
        afterWrite(resource, stored)
        return .stored(stored)
    }

    private static func replacing(_ finalizers: [Value], with name: String?) -> [Value] {
        let rest = finalizers.filter { $0 != .string(orphanFinalizer) && $0 != .string(foregroundFinalizer) }
        guard let name else { return rest }
        return finalizers.contains(.string(name)) ? rest + [.string(name)] : rest + [.string(name)]
    }

    /// Deletes all objects of a list, and answers the list as it was.
    func deleteCollection(
        _ resource: ServedResource,
        namespace: String?,
        _ options: DeleteOptions,
        _ listOptions: ListOptions
    ) throws(APIFailure) -> ObjectList {
        let list = try self.list(resource, namespace: namespace, listOptions)
        for object in list.objects {
            do {
                _ = try delete(resource, namespace: object.key.namespace, name: object.key.name, options)
            } catch {
                // Somebody else deleted it, which is as good.
                if error.kind != .notFound { throw error }
            }
        }
        return list
    }

    /// Sets the finalizers of a namespace (`PUT …/finalize`).
    func finalize(
        _ decoded: Value,
        _ resource: ServedResource,
        name: String,
        _ options: WriteOptions,
        _ notes: inout RequestNotes
    ) throws(APIFailure) -> Outcome {
        var candidate = decoded
        try place(&candidate, resource, namespace: "", name: name)
        let wanted = try Self.revision(candidate[path: "metadata", "resourceVersion"]?.string)
        for _ in 0..<20 {
            guard let live = store.object(StoreKey(resource: resource.storeResource, name: name)) else {
                throw .notFound(resource.groupResource, name)
            }
            if let wanted, wanted != live.revision { throw .conflict(resource.groupResource, name) }
            var next = candidate
            next["status"] = live.value["status"]
            if let outcome = try finish(next, over: live, resource, "finalize", .put, options, &notes) {
                return outcome
            }
        }
        throw .conflict(resource.groupResource, name)
    }
}
