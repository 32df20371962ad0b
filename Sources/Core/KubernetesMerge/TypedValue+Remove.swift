package import StructuredValue

extension TypeSchema {
    /// The value without the fields and items at the paths of a set. Atomic parts are only removed as a whole.
    package func remove(_ paths: FieldSet, from value: Value) -> Value {
        if paths.isEmpty { return value }
        switch shape(for: value).shape {
        case .scalar, .nothing: return value
        case .list(let list):
            guard case .array(let items) = value, !items.isEmpty, !list.isAtomic else { return .null }
            let type = list.items.resolved
            var kept: [Value] = []
            kept.reserveCapacity(items.count)
            for item in items {
                // An item without an element cannot be named by a path, so it stays.
                guard let element = try? list.element(for: item), let node = paths[element] else {
                    kept.append(item)
                    continue
                }
                if node.isMember { continue }
                kept.append(type.inside(item, without: node.children))
            }
            return kept.isEmpty ? .null : .array(kept)
        case .map(let map):
            guard case .object(let object) = value, !object.isEmpty, !map.isAtomic else { return .null }
            var kept = Object()
            kept.reserveCapacity(object.count)
            for pair in object {
                guard let node = paths[.field(pair.key)] else {
                    kept.append(pair.key, pair.value)
                    continue
                }
                if node.isMember { continue }
                let type = map.type(of: pair.key)
                kept.append(pair.key, type?.inside(pair.value, without: node.children) ?? pair.value)
            }
            return .object(kept)
        }
    }

    /// A part of a value without some of its own parts; one that loses them all is empty, not gone.
    private func inside(_ value: Value, without paths: FieldSet) -> Value {
        if paths.isEmpty { return value }
        let result = remove(paths, from: value)
        guard result.isNull else { return result }
        switch value {
        case .object: return .object(Object())
        case .array: return .array([])
        default: return result
        }
    }
}
