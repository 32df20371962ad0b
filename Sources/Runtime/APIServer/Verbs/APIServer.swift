package import APIStore
import KubernetesModel
import StructuredValue
import Synchronization

/// A Kubernetes API server in the process: REST semantics over a versioned store.
///
/// `handle` answers requests from any transport; `InProcessClient` calls the same verbs with values. Everything but
/// waiting for a revision and streaming a watch is done at once, without suspension.
package final class APIServer: Sendable {
    package struct Settings: Sendable {
        /// How long after a deletion the garbage collector and the namespace controller act.
        package var upkeepDelay: Duration
        /// The version that `/version` tells.
        package var gitVersion: String
        /// Larger bodies are refused.
        package var maximumBodySize: Int
        /// How long a request waits for a revision that is not there yet.
        package var revisionPatience: Duration

        package init(
            upkeepDelay: Duration = .seconds(2),
            gitVersion: String = "v1.33.0",
            maximumBodySize: Int = 3 << 20,
            revisionPatience: Duration = .seconds(3)
        ) {
            self.upkeepDelay = upkeepDelay
            self.gitVersion = gitVersion
            self.maximumBodySize = maximumBodySize
            self.revisionPatience = revisionPatience
        }
    }

    package let store: any ObjectStore
    let settings: Settings
    let clock: ServerClock
    let catalogs: Mutex<CatalogState>
    let owners = OwnerIndex()
    let upkeep = UpkeepQueue()

    struct CatalogState {
        var catalog: ResourceCatalog
        /// What each definition serves, and from which generation of it.
        var definitions: [String: DefinitionState] = [:]
        /// Made when first asked for after a change.
        var documents: [String: [UInt8]] = [:]
        /// Known to the resources, which outlive a catalog.
        let served = ServedVersions()
    }

    package init(store: any ObjectStore, clock: ServerClock, settings: Settings = Settings()) {
        self.store = store
        self.clock = clock
        self.settings = settings
        catalogs = Mutex(CatalogState(catalog: BuiltInKinds.catalog))
        restoreDefinitions()
        restoreOwners()
        bootstrapNamespaces()
    }

    var catalog: ResourceCatalog { catalogs.withLock { $0.catalog } }

    /// Namespaces that every cluster has.
    private func bootstrapNamespaces() {
        for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
            let key = StoreKey(resource: "namespaces", name: name)
            guard store.object(key) == nil else { continue }
            let namespace: Value = [
                "kind": "Namespace", "apiVersion": "v1",
                "metadata": [
                    "name": .string(name), "uid": .string(clock.uid()),
                    "creationTimestamp": .string(clock.now().description),
                    "labels": ["kubernetes.io/metadata.name": .string(name)],
                ],
                "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
            ]
            // Another server on the same store may have been quicker.
            _ = try? store.commit(.create(key, namespace))
        }
        // Nobody has seen a revision from before the server was there.
        store.compact(through: store.revision)
    }

    /// Writes, and takes note of what follows from the change.
    @discardableResult
    func commit(_ change: StoreChange) throws(StoreFailure) -> StoredObject {
        let object = try store.commit(change)
        if case .delete = change {
            owners.remove(object)
            noteDeletion(object)
        } else {
            owners.update(object)
            noteChange(object)
        }
        return object
    }
}

/// What a verb made.
enum Outcome {
    case stored(StoredObject)
    /// Not in the store: a dry run, or an object as it was when it went away.
    case transient(Value)
    /// A deletion without anything left.
    case removed(uid: String)
}

/// What is noted while a request is worked on.
struct RequestNotes {
    var warnings: [String] = []

    mutating func warn(_ text: String) {
        if warnings.count < 50, !warnings.contains(text) { warnings.append(text) }
    }
}
