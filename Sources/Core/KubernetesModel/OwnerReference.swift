package import StructuredValue

/// One entry of `metadata.ownerReferences`.
package struct OwnerReference: Hashable, Sendable {
    package var apiVersion: String
    package var kind: String
    package var name: String
    package var uid: String
    package var isController: Bool
    package var blocksOwnerDeletion: Bool

    package init(
        apiVersion: String,
        kind: String,
        name: String,
        uid: String,
        isController: Bool = false,
        blocksOwnerDeletion: Bool = false
    ) {
        self.apiVersion = apiVersion
        self.kind = kind
        self.name = name
        self.uid = uid
        self.isController = isController
        self.blocksOwnerDeletion = blocksOwnerDeletion
    }

    /// A reference to a live object; its uid must be known.
    package init(to owner: Manifest, isController: Bool = false, blocksOwnerDeletion: Bool = false) {
        self.init(
            apiVersion: owner.apiVersion,
            kind: owner.kind,
            name: owner.name,
            uid: owner.uid ?? "",
            isController: isController,
            blocksOwnerDeletion: blocksOwnerDeletion
        )
    }

    /// Nil when a required field is missing.
    package init?(_ value: Value) {
        guard let apiVersion = value["apiVersion"]?.string, let kind = value["kind"]?.string,
            let name = value["name"]?.string, let uid = value["uid"]?.string
        else { return nil }
        self.init(
            apiVersion: apiVersion,
            kind: kind,
            name: name,
            uid: uid,
            isController: value["controller"]?.bool ?? false,
            blocksOwnerDeletion: value["blockOwnerDeletion"]?.bool ?? false
        )
    }

    package var groupKind: GroupKind { GroupVersionKind(apiVersion: apiVersion, kind: kind).groupKind }

    /// As it stands in the object.
    package var value: Value {
        var object: Object = [
            "apiVersion": .string(apiVersion), "kind": .string(kind), "name": .string(name), "uid": .string(uid),
        ]
        if isController { object["controller"] = true }
        if blocksOwnerDeletion { object["blockOwnerDeletion"] = true }
        return .object(object)
    }
}
