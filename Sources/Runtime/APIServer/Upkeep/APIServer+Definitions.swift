import APIStore
import KubernetesModel
import StructuredValue
import Synchronization

extension APIServer {
    /// On a definition: `ClusterAPI` has its objects converted as Cluster API's webhooks would.
    package static let conversionAnnotation = "lab.martlet.dev/conversion"

    private static let definitionScope = StoreScope(resource: "customresourcedefinitions.apiextensions.k8s.io")

    private var definitions: [Value] {
        // A list of the present cannot fail.
        ((try? store.list(StoreQuery(Self.definitionScope)))?.objects ?? []).map(\.value)
    }

    /// Serves what the store's definitions define, when the server starts.
    func restoreDefinitions() {
        let revision = store.revision
        catalogs.withLock { state in
            for definition in definitions {
                let name = definition[path: "metadata", "name"]?.string ?? ""
                state.definitions[name] = DefinitionState(definition, activeSince: revision, served: state.served)
            }
            state.rebuild()
        }
    }

    /// What follows from a write.
    func afterWrite(_ resource: ServedResource, _ stored: StoredObject) {
        guard resource.plural == "customresourcedefinitions", resource.group == "apiextensions.k8s.io" else { return }
        establish(resource, stored)
    }

    /// What follows from an object's going away.
    func afterRemoval(_ resource: ServedResource, _ object: StoredObject) {
        guard resource.plural == "customresourcedefinitions", resource.group == "apiextensions.k8s.io" else { return }
        catalogs.withLock { state in
            state.definitions[object.key.name] = nil
            state.rebuild()
        }
        // The names it had may be what others wait for.
        let list = (try? store.list(StoreQuery(Self.definitionScope)))?.objects ?? []
        for other in list where !DefinitionStatus.isTrue("NamesAccepted", in: other.value) {
            establish(resource, other)
        }
    }

    /// Gives a definition its names and serves it.
    private func establish(_ resource: ServedResource, _ stored: StoredObject) {
        let named = DefinitionStatus.named(stored.value, others: definitions, now: clock.now())
        if named["status"] != stored.value["status"] {
            var notes = RequestNotes()
            let options = WriteOptions(manager: "kube-apiserver")
            // The write comes back here with nothing left to do; if another writer was quicker, so does its write.
            _ = try? finish(named, over: stored, resource, "status", .put, options, &notes)
            return
        }
        let generation = stored.value[path: "metadata", "generation"]?.int ?? 0
        let uid = stored.value[path: "metadata", "uid"]?.string ?? ""
        let known = catalogs.withLock { $0.definitions[stored.key.name] }
        if let known, known.uid == uid, known.generation == generation, known.isEstablished { return }
        let state = DefinitionState(
            stored.value,
            activeSince: store.revision,
            served: catalogs.withLock { $0.served }
        )
        if known?.uid != uid, state.isEstablished { store.beginHistory(of: stored.key.name) }
        catalogs.withLock { catalogs in
            catalogs.definitions[stored.key.name] = state
            catalogs.rebuild()
        }
    }

    /// Deletes the objects of a definition that is going away, then the definition.
    func finishDefinition(_ name: String) {
        let key = StoreKey(resource: Self.definitionScope.resource, name: name)
        guard let definition = store.object(key), definition.value[path: "metadata", "deletionTimestamp"] != nil,
            let resource = catalog.resource(
                group: "apiextensions.k8s.io",
                version: "v1",
                plural: "customresourcedefinitions"
            )
        else { return }
        if let instances = catalogs.withLock({ $0.definitions[name]?.resources.first }) {
            let list = (try? store.list(StoreQuery(StoreScope(resource: name))))?.objects ?? []
            for object in list where object.value[path: "metadata", "deletionTimestamp"] == nil {
                _ = try? delete(
                    instances,
                    namespace: object.key.namespace,
                    name: object.key.name,
                    DeleteOptions()
                ) /* counted below */
            }
        }
        // What finalizers hold comes back here when it goes.
        guard store.count(of: name) == 0, let live = store.object(key) else { return }
        var candidate = live.value
        let rest = (candidate[path: "metadata", "finalizers"]?.array ?? []).filter {
            $0 != .string(Self.definitionFinalizer)
        }
        candidate[path: "metadata", "finalizers"] = rest.isEmpty ? Value?.none : .array(rest)
        var notes = RequestNotes()
        // If another writer was quicker, its change brings the definition back here.
        _ = try? finish(candidate, over: live, resource, "", .patch, WriteOptions(manager: "kube-apiserver"), &notes)
    }
}

extension APIServer.CatalogState {
    mutating func rebuild() {
        let custom = definitions.sorted { $0.key < $1.key }.filter { $0.value.isEstablished }.flatMap {
            $0.value.resources
        }
        catalog = custom.isEmpty ? BuiltInKinds.catalog : ResourceCatalog(builtIn: BuiltInKinds.all, custom: custom)
        documents.removeAll()
        let kinds = custom.isEmpty ? [] : catalog.storedResources.map(\.gvk)
        served.replace(
            with: Dictionary(kinds.map { ($0.groupKind, $0.apiVersion) }, uniquingKeysWith: { first, _ in first })
        )
    }
}
