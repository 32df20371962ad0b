import StructuredValue

/// Owners of an object, of which each is named once.
enum OwnerReferences {
    /// Leaves out owners that are named again, and says so.
    ///
    /// - Parameter isPatched: The object was made from a patch, for which a real server has another sentence.
    static func unify(_ object: inout Value, isPatched: Bool) -> String? {
        guard case .array(let owners) = object[path: "metadata", "ownerReferences"], owners.count > 1 else {
            return nil
        }
        var seen: Set<String> = []
        var repeated: [String] = []
        let kept = owners.filter { owner in
            let uid = owner["uid"]?.string ?? ""
            if seen.insert(uid).inserted { return true }
            repeated.append(uid)
            return false
        }
        if repeated.isEmpty { return nil }
        object[path: "metadata", "ownerReferences"] = .array(kept)
        return
            ".metadata.ownerReferences contains duplicate entries\(isPatched ? " after mutating admission happens" : "")"
            + "; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix "
            + "your requests; duplicate UID(s) observed: \(repeated.joined(separator: ", "))"
    }
}
