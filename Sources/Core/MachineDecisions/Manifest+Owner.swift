package import KubernetesModel
internal import StructuredValue

extension Manifest {
    /// Adds an owner, or renews what the object says of it: a reference of the same kind and name means the same owner,
    /// whatever its uid was and in whichever version it was written. One that controls goes on to.
    package mutating func setOwner(_ owner: OwnerReference) {
        var references = metadata["ownerReferences"]?.array ?? []
        if let place = references.firstIndex(where: { OwnerReference($0)?.isSameOwner(as: owner) ?? false }) {
            guard let known = OwnerReference(references[place]) else { return }
            let isSame = known.uid == owner.uid && known.apiVersion == owner.apiVersion
            if isSame, known.isController || !owner.isController { return }
            references[place] = owner.value
        } else {
            references.append(owner.value)
        }
        value[path: "metadata", "ownerReferences"] = .array(references)
    }

    /// Removes an owner, whatever its uid was.
    package mutating func removeOwner(_ owner: OwnerReference) {
        let references = metadata["ownerReferences"]?.array ?? []
        let rest = references.filter { !(OwnerReference($0)?.isSameOwner(as: owner) ?? false) }
        if rest.count != references.count { value[path: "metadata", "ownerReferences"] = .array(rest) }
    }
}

extension OwnerReference {
    fileprivate func isSameOwner(as other: OwnerReference) -> Bool {
        groupKind == other.groupKind && name == other.name
    }
}
