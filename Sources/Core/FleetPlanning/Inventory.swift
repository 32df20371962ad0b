package import KubernetesModel

/// What Martlet put on a cluster: the proof without which nothing is deleted.
///
/// It is written as intent before an apply and as result after it, so that a crash between the two loses nothing.
package struct Inventory: Sendable, Hashable {
    package struct Entry: Sendable, Hashable {
        package enum State: String, Sendable {
            /// About to be applied; whether it was is not known.
            case intended
            /// Applied, and the server gave it this uid.
            case applied
            /// About to be deleted by us.
            case deleting
        }

        package var key: ObjectKey
        package var apiVersion: String
        /// Nil until the server told it.
        package var uid: String?
        /// The digest of the manifest that was last applied, empty when none was yet.
        package var contentHash: String
        package var state: State
        /// What the object was made from, in words.
        package var source: String
        /// The Cluster it belongs to, `namespace/name`; what proves that a tombstone covers it.
        package var cluster: String?

        package init(
            key: ObjectKey,
            apiVersion: String,
            uid: String?,
            contentHash: String,
            state: State,
            source: String,
            cluster: String? = nil
        ) {
            self.key = key
            self.apiVersion = apiVersion
            self.uid = uid
            self.contentHash = contentHash
            self.state = state
            self.source = source
            self.cluster = cluster
        }
    }

    package private(set) var entries: [ObjectKey: Entry]
    /// The revision that was last applied whole.
    package var revision: String

    package init(_ entries: [Entry] = [], revision: String = "") {
        self.entries = Dictionary(entries.map { ($0.key, $0) }, uniquingKeysWith: { $1 })
        self.revision = revision
    }

    package var isEmpty: Bool { entries.isEmpty }
    package var keys: [ObjectKey] { entries.keys.sorted() }

    package subscript(_ key: ObjectKey) -> Entry? {
        get { entries[key] }
        set { entries[key] = newValue }
    }

    /// After the server accepted a manifest.
    package mutating func recordApplied(_ step: PlanStep, uid: String) {
        guard var entry = entries[step.key] else { return }
        entry.uid = uid
        entry.state = .applied
        entry.contentHash = step.contentHash
        entry.apiVersion = step.apiVersion
        entries[step.key] = entry
    }

    /// After an apply that certainly changed nothing (it was refused, or never sent): the entry of an object that was
    /// new goes, that of an older one keeps what it knew.
    package mutating func recordNotApplied(_ step: PlanStep, previous: Inventory) {
        entries[step.key] = previous.entries[step.key]
    }

    /// After the object is gone.
    package mutating func recordDeleted(_ key: ObjectKey) { entries[key] = nil }
}
