package import StructuredValue

/// Strategic merge patch: a merge patch that knows which lists are merged by a key and which are replaced, with
/// directives in the patch.
///
/// ```
/// $patch: replace | delete | merge      in a map, or as an item of a list
/// $retainKeys: [a, b]                   only these members stay
/// $deleteFromPrimitiveList/x: [v]       these values leave the list x
/// $setElementOrder/x: [..]              the order of the list x
/// ```
package enum StrategicMergePatch {
    /// Why a patch cannot be applied; the texts are those of an API server.
    package struct Failure: Error, Hashable, Sendable {
        package enum Kind: Hashable, Sendable {
            /// A directive is wrong or a merge key is missing. API servers answer with 500.
            case failed
            /// The patch has another type than the object. API servers answer with 400 or 422.
            case mismatch
            /// The patch is none. API servers answer with 400.
            case malformed
        }

        package var kind: Kind
        package var message: String

        init(_ kind: Kind, _ message: String) {
            self.kind = kind
            self.message = message
        }
    }

    private static let directive = "$patch"
    private static let retainKeys = "$retainKeys"
    private static let deletion = "$deleteFromPrimitiveList/"
    private static let order = "$setElementOrder/"

    /// The object with the patch merged in.
    package static func apply(_ patch: Value, to object: Value, schema: TypeSchema) throws(Failure) -> Value {
        guard case .object(let patch) = patch else {
            throw Failure(.mismatch, "error decoding patch: the patch is a \(patch.typeName), not an object")
        }
        return .object(try merge(patch, into: object.object ?? Object(), schema))
    }

    private static func merge(_ patch: Object, into original: Object, _ schema: TypeSchema) throws(Failure) -> Object {
        var patch = patch
        if let value = patch.removeValue(forKey: directive) {
            switch value.string {
            case "replace": return patch
            case "delete": return Object()
            case "merge": break
            default: throw unknown(value, in: patch)
            }
        }
        var result = original
        if let value = patch.removeValue(forKey: retainKeys) {
            guard case .array(let names) = value else {
                throw Failure(.malformed, "invalid patch format of retainKeys")
            }
            let kept = Set(names.compactMap(\.string))
            for pair in patch where !pair.key.hasPrefix("$") && !pair.value.isNull && !kept.contains(pair.key) {
                throw Failure(.malformed, "invalid patch format of retainKeys")
            }
            result.removeAll { !kept.contains($0.key) }
        }
        for pair in patch where pair.key.hasPrefix(deletion) {
            try delete(pair.value, from: String(pair.key.dropFirst(deletion.count)), of: &result)
        }
        for pair in patch where !pair.key.hasPrefix(deletion) && !pair.key.hasPrefix(order) {
            if pair.value.isNull {
                result.removeValue(forKey: pair.key)
                continue
            }
            let type = schema.map?.type(of: pair.key) ?? .deduced
            let current = result[pair.key]
            switch (pair.value, current) {
            case (.object(let members), .object(let old)):
                if members[directive]?.string == "delete" {
                    result.removeValue(forKey: pair.key)
                    continue
                }
                result[pair.key] = .object(try merge(members, into: old, type))
            case (.array(let items), let old):
                let wanted = patch[order + pair.key]?.array
                if let wanted { try check(items, stand: wanted, key: type.list?.patchKey) }
                // What is not there yet is taken as it stands, without its directives.
                guard let old = old?.array else {
                    result[pair.key] = withoutDirectives(pair.value)
                    continue
                }
                result[pair.key] = .array(try merge(items, into: old, type, order: wanted))
            default: result[pair.key] = withoutDirectives(pair.value)
            }
        }
        // An order may come without items: it then only sorts.
        for pair in patch where pair.key.hasPrefix(order) {
            let key = String(pair.key.dropFirst(order.count))
            guard patch[key] == nil, let current = result[key], case .array(let wanted) = pair.value else { continue }
            guard case .array(let items) = current else {
                let type = current.object == nil ? current.typeName : "map[string]interface {}"
                throw Failure(.failed, "expected a []interface {}, but received a \(type)")
            }
            let list = schema.map?.type(of: key)?.list
            result[key] = .array(sorted(items, by: wanted, original: items, list))
        }
        return result
    }

    /// The items of a patch stand in the order that it names itself.
    private static func check(_ items: [Value], stand order: [Value], key: String?) throws(Failure) {
        guard !order.isEmpty else { return }
        func identity(_ item: Value) -> Value { key.flatMap { item[$0] } ?? item }
        var rest = order[...]
        for item in items where item[directive] == nil {
            guard let place = rest.firstIndex(where: { identity($0) == identity(item) }) else {
                throw Failure(
                    .failed,
                    "The order in patch list:\n\(Value.array(items).goText)\n doesn't match $setElementOrder list:\n"
                        + "\(Value.array(order).goText)\n"
                )
            }
            rest = rest[(place + 1)...]
        }
    }

    /// A value of a patch where nothing was before: maps that carry a directive vanish, and so do nulls.
    private static func withoutDirectives(_ value: Value) -> Value? {
        switch value {
        case .object(let members):
            if members[directive] != nil { return nil }
            var kept = Object()
            for pair in members where !pair.value.isNull {
                guard let inner = withoutDirectives(pair.value) else { continue }
                kept.append(pair.key, inner)
            }
            return .object(kept)
        case .array(let items): return .array(items.compactMap { withoutDirectives($0) })
        default: return value
        }
    }

    private static func unknown(_ value: Value, in patch: Object) -> Failure {
        var map = patch
        map[directive] = value
        return Failure(.failed, "unknown patch type: \(value.goText) in map: \(Value.object(map).goText)")
    }

    private static func delete(_ values: Value, from key: String, of object: inout Object) throws(Failure) {
        guard case .array(let gone) = values else {
            throw Failure(.failed, "invalid patch format of primitive list: \(values.goText)")
        }
        guard case .array(let items) = object[key] else { return }
        object[key] = .array(items.filter { !gone.contains($0) })
    }

    private static func merge(
        _ patch: [Value],
        into original: [Value],
        _ type: TypeSchema,
        order: [Value]?
    ) throws(Failure) -> [Value] {
        var original = original
        guard let list = type.list, list.patchKey != nil || list.patchesAsSet else { return patch }
        // An item with a directive is nothing but that: replacing takes the others instead of the list.
        var items: [Value] = []
        var replaces = false
        for item in patch {
            switch item[directive]?.string {
            case "replace": replaces = true
            case "merge": throw Failure(.failed, "merging lists cannot yet be specified in the patch")
            default: items.append(item)
            }
        }
        if replaces { return items.filter { $0[directive] == nil } }
        if let key = list.patchKey {
            let merged = try mergeByKey(items, into: &original, key, list.items.resolved)
            // Without an order of its own the patch is the order: what it adds comes before what only the server has.
            return sorted(merged, by: order ?? items, original: original, list)
        }
        guard list.patchesAsSet else { return items }
        var merged = original
        for item in items where !merged.contains(item) { merged.append(item) }
        return sorted(merged, by: order ?? items, original: original, list)
    }

    private static func mergeByKey(
        _ patch: [Value],
        into original: inout [Value],
        _ key: String,
        _ type: TypeSchema
    ) throws(Failure) -> [Value] {
        var result = original
        var additions: [Value] = []
        for item in patch {
            guard case .object(let members) = item else {
                throw Failure(.failed, "merge of a list with a key: \(item.goText) is no object")
            }
            let verb = members[directive]
            guard let value = members[key] else {
                throw Failure(.failed, "map: \(item.goText) does not contain declared merge key: \(key)")
            }
            switch verb?.string {
            case nil where verb == nil:
                if let index = result.firstIndex(where: { $0[key] == value }) {
                    let base = result[index].object ?? Object()
                    result[index] = .null
                    result[index] = .object(try merge(members, into: base, type))
                } else if let index = additions.firstIndex(where: { $0[key] == value }) {
                    additions[index] = .object(try merge(members, into: additions[index].object ?? Object(), type))
                } else {
                    additions.append(.object(try merge(members, into: Object(), type)))
                }
            case "delete":
                result.removeAll { $0[key] == value }
                original.removeAll { $0[key] == value }
            default: throw unknown(verb ?? .null, in: members)
            }
        }
        return result + additions
    }

    /// Sorts a merged list: items named in the order stand in it; the others keep their place relative to it.
    private static func sorted(
        _ items: [Value],
        by order: [Value],
        original: [Value],
        _ list: TypeSchema.List?
    ) -> [Value] {
        func identity(_ item: Value) -> Value { list?.patchKey.flatMap { item[$0] } ?? item }
        let wanted = order.map(identity)
        let place = Dictionary(wanted.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        let named = items.filter { place[identity($0)] != nil }
            .sorted { (place[identity($0)] ?? 0) < (place[identity($1)] ?? 0) }
        let others = items.filter { place[identity($0)] == nil }
        guard !others.isEmpty else { return named }
        // Items that only the server has keep their order relative to the server's list.
        let serverPlace = Dictionary(
            original.enumerated().map { (identity($1), $0) },
            uniquingKeysWith: { first, _ in first }
        )
        var result: [Value] = []
        var left = 0
        var right = 0
        while left < named.count && right < others.count {
            let namedPlace = serverPlace[identity(named[left])]
            let otherPlace = serverPlace[identity(others[right])] ?? Int.max
            if let namedPlace, otherPlace < namedPlace {
                result.append(others[right])
                right += 1
            } else {
                result.append(named[left])
                left += 1
            }
        }
        return result + named[left...] + others[right...]
    }
}
