package import StructuredValue

/// The JSON merge patch that makes one object of another: what only the first has is removed. Empty when nothing differs.
package func mergeDifference(_ from: Object, _ to: Object) -> Object {
    var patch = Object()
    for pair in to {
        guard let old = from[pair.key] else {
            patch[pair.key] = pair.value
            continue
        }
        if old == pair.value { continue }
        if let left = old.object, let right = pair.value.object {
            let inner = mergeDifference(left, right)
            if !inner.isEmpty { patch[pair.key] = .object(inner) }
        } else {
            patch[pair.key] = pair.value
        }
    }
    for pair in from where to[pair.key] == nil { patch.append(pair.key, .null) }
    return patch
}
