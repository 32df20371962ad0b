import APIStore
import KubernetesModel
import StructuredValue

extension APIServer {
    /// Collects garbage and finishes deletions until the task is cancelled.
    package func run() async throws {
        for await _ in upkeep.signals {
            while true {
                let (items, next) = upkeep.take(now: clock.now())
                for item in items { perform(item) }
                if !items.isEmpty { continue }
                guard let next else { break }
                try await clock.sleep(max(clock.now().duration(to: next), .milliseconds(1)))
            }
        }
    }

    /// Does everything that is due now, and what follows from it: for tests and for servers without a running task.
    package func settle() {
        while true {
            let (items, _) = upkeep.take(now: clock.now())
            if items.isEmpty { return }
            for item in items { perform(item) }
        }
    }

    func restoreOwners() {
        for resource in catalog.storedResources {
            guard let list = try? store.list(StoreQuery(StoreScope(resource: resource.storeResource))) else { continue }
            for object in list.objects {
                owners.update(object)
                noteChange(object)
            }
        }
    }

    private func later(_ item: UpkeepItem) { upkeep.add(item, due: clock.now().advanced(by: settings.upkeepDelay)) }

    func noteChange(_ object: StoredObject) {
        let metadata = object.value["metadata"]
        if let owners = metadata?["ownerReferences"]?.array, !owners.isEmpty { later(.dependent(object.key)) }
        guard metadata?["deletionTimestamp"] != nil else { return }
        if object.key.resource == "namespaces" { later(.namespace(object.key.name)) }
        if object.key.resource == "customresourcedefinitions.apiextensions.k8s.io" {
            later(.definition(object.key.name))
        }
        let finalizers = metadata?["finalizers"]?.array ?? []
        if finalizers.contains("orphan") || finalizers.contains("foregroundDeletion") { later(.owner(object.key)) }
    }

    func noteDeletion(_ object: StoredObject) {
        let metadata = object.value["metadata"]
        for key in owners.dependents(of: metadata?["uid"]?.string ?? "") { later(.dependent(key)) }
        for owner in metadata?["ownerReferences"]?.array ?? [] {
            if let key = owner["uid"]?.string.flatMap({ owners.key(of: $0) }) { later(.owner(key)) }
        }
        if !object.key.namespace.isEmpty,
            let namespace = store.object(StoreKey(resource: "namespaces", name: object.key.namespace)),
            namespace.value[path: "metadata", "deletionTimestamp"] != nil
        {
            later(.namespace(object.key.namespace))
        }
        let definition = StoreKey(resource: "customresourcedefinitions.apiextensions.k8s.io", name: object.key.resource)
        if let found = store.object(definition), found.value[path: "metadata", "deletionTimestamp"] != nil {
            later(.definition(object.key.resource))
        }
    }

    private func perform(_ item: UpkeepItem) {
        switch item {
        case .namespace(let name): finishNamespace(name)
        case .definition(let name): finishDefinition(name)
        case .dependent(let key): collect(key)
        case .owner(let key): release(key)
        }
    }

    private func resource(of key: StoreKey) -> ServedResource? {
        catalog.storedResources.first { $0.storeResource == key.resource }
    }

    /// Deletes an object none of whose owners exists any more.
    private func collect(_ key: StoreKey) {
        guard let object = store.object(key), let resource = resource(of: key) else { return }
        let references = (object.value[path: "metadata", "ownerReferences"]?.array ?? []).compactMap {
            OwnerReference($0)
        }
        guard !references.isEmpty else { return }
        let isOwned = references.contains { reference in
            guard let owner = owners.key(of: reference.uid) else { return false }
            return owner.namespace.isEmpty || owner.namespace == key.namespace
        }
        if isOwned { return }
        var options = DeleteOptions()
        options.uid = object.value[path: "metadata", "uid"]?.string
        options.propagation = .background
        _ = try? delete(
            resource,
            namespace: key.namespace,
            name: key.name,
            options
        ) /* what fails is tried at the next change */
    }

    /// Works on what an object that is being deleted owns: lets it go, or deletes it first.
    private func release(_ key: StoreKey) {
        guard let object = store.object(key), let resource = resource(of: key) else { return }
        let metadata = object.value["metadata"]
        guard metadata?["deletionTimestamp"] != nil else { return }
        let uid = metadata?["uid"]?.string ?? ""
        let finalizers = metadata?["finalizers"]?.array ?? []
        let dependents = owners.dependents(of: uid)
        if finalizers.contains("orphan") {
            for dependent in dependents { removeOwner(uid, from: dependent) }
            removeFinalizer("orphan", resource, key)
        } else if finalizers.contains("foregroundDeletion") {
            var isBlocked = false
            for dependent in dependents {
                guard let found = store.object(dependent), let resource = self.resource(of: dependent) else { continue }
                let reference = (found.value[path: "metadata", "ownerReferences"]?.array ?? []).first {
                    $0["uid"]?.string == uid
                }
                if reference?["blockOwnerDeletion"]?.bool == true { isBlocked = true }
                guard found.value[path: "metadata", "deletionTimestamp"] == nil else { continue }
                var options = DeleteOptions()
                options.propagation = .foreground
                _ = try? delete(
                    resource,
                    namespace: dependent.namespace,
                    name: dependent.name,
                    options
                ) /* retried below */
            }
            // The deletion of each dependent looks at its owner again.
            if !isBlocked { removeFinalizer("foregroundDeletion", resource, key) }
        }
    }

    private func change(_ key: StoreKey, _ resource: ServedResource, _ body: (inout Value) -> Void) {
        for _ in 0..<20 {
            guard let live = store.object(key) else { return }
            var object = resource.presented(live)
            body(&object)
            var notes = RequestNotes()
            let options = WriteOptions(manager: "kube-controller-manager")
            do {
                if try finish(object, over: live, resource, "", .patch, options, &notes) != nil { return }
            } catch {
                // A refusal stays until somebody changes the object.
                return
            }
        }
    }

    private func removeFinalizer(_ name: String, _ resource: ServedResource, _ key: StoreKey) {
        change(key, resource) { object in
            let rest = (object[path: "metadata", "finalizers"]?.array ?? []).filter { $0 != .string(name) }
            object[path: "metadata", "finalizers"] = rest.isEmpty ? Value?.none : .array(rest)
        }
    }

    private func removeOwner(_ uid: String, from key: StoreKey) {
        guard let resource = resource(of: key) else { return }
        change(key, resource) { object in
            let rest = (object[path: "metadata", "ownerReferences"]?.array ?? []).filter { $0["uid"]?.string != uid }
            object[path: "metadata", "ownerReferences"] = rest.isEmpty ? Value?.none : .array(rest)
        }
    }

    /// Deletes what is in a namespace that is going away, then the namespace.
    private func finishNamespace(_ name: String) {
        let key = StoreKey(resource: "namespaces", name: name)
        guard let object = store.object(key), object.value[path: "metadata", "deletionTimestamp"] != nil,
            let namespaces = catalog.resource(group: "", version: "v1", plural: "namespaces")
        else { return }
        var remains = false
        for resource in catalog.storedResources where resource.isNamespaced {
            let scope = StoreScope(resource: resource.storeResource, namespace: name)
            guard let list = try? store.list(StoreQuery(scope)) else { continue }
            for object in list.objects {
                if object.value[path: "metadata", "deletionTimestamp"] == nil {
                    _ = try? delete(
                        resource,
                        namespace: name,
                        name: object.key.name,
                        DeleteOptions()
                    ) /* looked at below */
                }
                if store.object(object.key) != nil { remains = true }
            }
        }
        // What finalizers hold comes back here when it goes.
        if remains { return }
        var candidate = object.value
        candidate[path: "spec", "finalizers"] = nil
        var notes = RequestNotes()
        // If another writer was quicker, its change brings the namespace back here.
        _ = try? finish(
            candidate,
            over: object,
            namespaces,
            "finalize",
            .put,
            WriteOptions(manager: "kube-controller-manager"),
            &notes
        )
    }
}
