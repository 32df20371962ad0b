import KubernetesModel
import StructuredValue

/// One write to an API server.
enum Write: Sendable, Hashable {
    case create(Manifest)
    /// A merge patch of the object, or of its status.
    case patch(ObjectKey, Value, subresource: String)
    case delete(ObjectKey, uid: String)
}

extension Draft {
    /// What has to be written to the management cluster; nothing when everything is as it should be.
    var writes: [Write] {
        var writes = created.compactMap { objects[$0].map(Write.create) }
        let gone = Set(deleted)
        for key in changed.sorted() {
            guard let old = view.objects[key], var new = objects[key]?.value else { continue }
            if gone.contains(key) { new[path: "metadata", "deletionTimestamp"] = nil }
            writes += Self.patches(key, old: old.value, new: new)
        }
        writes += deleted.compactMap { key in view.objects[key]?.uid.map { .delete(key, uid: $0) } }
        return writes
    }

    /// What has to be written to the workload cluster.
    var nodeWrites: [Write] {
        var writes: [Write] = []
        for name in Set(view.nodes.keys).union(nodes.keys).sorted() {
            switch (view.nodes[name], nodes[name]) {
            case (nil, let new?): writes.append(.create(new))
            case (let old?, nil): writes.append(.delete(old.key, uid: old.uid ?? ""))
            case (let old?, let new?): writes += Self.patches(old.key, old: old.value, new: new.value)
            case (nil, nil): break
            }
        }
        return writes
    }

    /// The status first: a finalizer that goes takes the object with it.
    private static func patches(_ key: ObjectKey, old: Value, new: Value) -> [Write] {
        var writes: [Write] = []
        if let patch = mergePatch(from: old["status"] ?? [:], to: new["status"] ?? [:]) {
            writes.append(.patch(key, ["status": patch], subresource: "status"))
        }
        var (old, new) = (old, new)
        old["status"] = nil
        new["status"] = nil
        if let patch = mergePatch(from: old, to: new) { writes.append(.patch(key, patch, subresource: "")) }
        return writes
    }
}

/// The JSON merge patch that makes one value of another; nil when they are equal.
func mergePatch(from old: Value, to new: Value) -> Value? {
    if old == new { return nil }
    guard case .object(let before) = old, case .object(let after) = new else { return new }
    var patch = Object()
    for pair in after {
        guard let known = before[pair.key] else {
            patch.append(pair.key, pair.value)
            continue
        }
        if let change = mergePatch(from: known, to: pair.value) { patch.append(pair.key, change) }
    }
    for pair in before where !after.contains(pair.key) { patch.append(pair.key, .null) }
    return .object(patch)
}
