/// A versioned store of objects. Every write gets the next revision of the whole store; readers see a snapshot at one
/// revision, watchers every change after one, in order. All methods are quick and may be called from any task.
///
/// Two stores obey the same laws (`StoreLawTests`): `MemoryStore` and `SQLiteStore`.
package protocol ObjectStore: Sendable {
    /// The revision of the last write.
    var revision: Int { get }

    func object(_ key: StoreKey) -> StoredObject?

    /// Objects of a resource in the order of namespace and name.
    func list(_ query: StoreQuery) throws(StoreFailure) -> StoreList

    /// Carries out one write and tells the watchers. Answers the new version; of a deletion the last version, with the
    /// deletion's revision.
    @discardableResult
    func commit(_ change: StoreChange) throws(StoreFailure) -> StoredObject

    /// Every change of a resource after a revision; nil starts now.
    func watch(_ scope: StoreScope, after revision: Int?) throws(StoreFailure) -> StoreWatch

    /// Starts the history of a resource at the present revision: what was before cannot be watched or listed.
    func beginHistory(of resource: String)

    /// Forgets history up to and including a revision.
    func compact(through revision: Int)

    /// Packs the objects, old and present, that nobody has written since a revision. Answers how many there were.
    @discardableResult
    func rest(through revision: Int) -> Int

    /// How many objects a resource has.
    func count(of resource: String) -> Int
}

/// What a list or watch covers.
package struct StoreScope: Hashable, Sendable {
    package var resource: String
    /// nil means all namespaces.
    package var namespace: String?
    /// nil means all names.
    package var name: String?

    package init(resource: String, namespace: String? = nil, name: String? = nil) {
        self.resource = resource
        self.namespace = namespace
        self.name = name
    }

    package func contains(_ key: StoreKey) -> Bool {
        key.resource == resource && (namespace.map { $0 == key.namespace } ?? true)
            && (name.map { $0 == key.name } ?? true)
    }
}

/// Which objects to list.
package struct StoreQuery: Sendable {
    package var scope: StoreScope
    /// nil reads the present.
    package var revision: Int?
    /// Only what comes after this key.
    package var after: StoreKey?

    package init(_ scope: StoreScope, revision: Int? = nil, after: StoreKey? = nil) {
        self.scope = scope
        self.revision = revision
        self.after = after
    }
}

/// Objects at one revision.
package struct StoreList: Sendable {
    package var revision: Int
    package var objects: [StoredObject]
}
