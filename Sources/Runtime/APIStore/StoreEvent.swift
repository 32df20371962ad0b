/// One change of one object.
package struct StoreEvent: Sendable {
    package enum Kind: Sendable { case created, updated, deleted }

    package let kind: Kind
    /// The object after the change; of a deleted object its last version with the revision of the deletion.
    package let object: StoredObject
    /// The version before, nil when the object is new.
    package let previous: StoredObject?

    package var revision: Int { object.revision }
    package var key: StoreKey { object.key }
}
