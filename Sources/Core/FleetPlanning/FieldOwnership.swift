import KubernetesModel
import StructuredValue

/// Who owns which field of a live object, from its `managedFields`.
struct FieldOwnership {
    struct Entry {
        var manager: String
        var isApply: Bool
        var subresource: String
        var time: String
        /// The tree of `f:`, `k:` and `v:` members.
        var fields: Value
    }

    /// Those of the object itself; entries for subresources such as `status` are left out.
    var entries: [Entry]

    init(_ manifest: Manifest) {
        entries = (manifest.value["metadata"]?["managedFields"]?.array ?? []).compactMap { item in
            guard let manager = item["manager"]?.string, let fields = item["fieldsV1"] else { return nil }
            return Entry(
                manager: manager,
                isApply: item["operation"]?.string == "Apply",
                subresource: item["subresource"]?.string ?? "",
                time: item["time"]?.string ?? "",
                fields: fields
            )
        }
    }

    /// What the manager applied, nil when it owns nothing.
    func applied(by manager: String) -> Value? {
        entries.first { $0.manager == manager && $0.isApply && $0.subresource.isEmpty }?.fields
    }

    /// Who, other than `manager`, wrote the field at this path last; for a field that nobody owns any more, who wrote
    /// the object last.
    func otherWriter(of path: [String], than manager: String) -> Entry? {
        let others = entries.filter { $0.manager != manager || !$0.isApply }
        let owners = others.filter { Self.owns(path[...], in: $0.fields) }
        return (owners.isEmpty ? others.filter { $0.subresource.isEmpty } : owners).max { $0.time < $1.time }
    }

    /// Those, other than `manager`, who own the field at this path, something below it, or a whole that it is part of.
    func otherOwners(of path: [String], than manager: String) -> [Entry] {
        entries.filter { ($0.manager != manager || !$0.isApply) && Self.owns(path[...], in: $0.fields) }
    }

    private static func owns(_ path: ArraySlice<String>, in fields: Value) -> Bool {
        guard let first = path.first else { return true }
        guard let below = fields[first] else { return false }
        if path.count == 1 || below.isEmpty { return true }
        return owns(path.dropFirst(), in: below)
    }
}
