import KubernetesMerge
import KubernetesModel
import StructuredValue

/// Strategic merge as overlays do it: without `$retainKeys` and `$setElementOrder`, and with new list items in front.
enum OverlayMerge {
    private static let directive = "$patch"

    /// The target with the patch merged in; nil when the patch deletes it.
    ///
    /// - Parameter type: The type of the object where it is built in; lists of unknown types are replaced.
    static func merge(_ patch: Value, into target: Value?, _ type: TypeSchema?) throws(OverlayFailure) -> Value? {
        var walk = Walk()
        return try walk.merge(target, patch, type)
    }

    private struct Walk {
        var path: [String] = []

        /// Either side may be missing; a nil result means that nothing is left.
        mutating func merge(_ target: Value?, _ patch: Value?, _ type: TypeSchema?) throws(OverlayFailure) -> Value? {
            let leading = [target, patch].lazy.compactMap { $0 }.first { !$0.isNull }
            switch leading {
            case nil: return patch == nil ? target : nil
            case .object:
                try check(target, patch, "MappingNode") { $0.object != nil }
                return try mergeObject(target, patch, type)
            case .array:
                try check(target, patch, "SequenceNode") { $0.array != nil }
                return try mergeList(target, patch, type)
            default:
                try check(target, patch, "ScalarNode") { $0.object == nil && $0.array == nil }
                let result = patch ?? target
                return result?.isNull == true ? nil : result
            }
        }

        private func check(
            _ target: Value?,
            _ patch: Value?,
            _ wanted: String,
            _ fits: (Value) -> Bool
        ) throws(OverlayFailure) {
            for value in [target, patch] {
                if let value, !value.isNull, !fits(value) {
                    throw OverlayFailure(
                        "overlay-patch-type",
                        "wrong node kind at \(path.joined(separator: ".")): expected \(wanted), "
                            + "but patch and resource have different types"
                    )
                }
            }
        }

        private enum Verb { case merge, replace, delete }

        private func verb(_ value: Value?) throws(OverlayFailure) -> Verb {
            switch value?.string {
            case nil, "merge": .merge
            case "replace": .replace
            case "delete": .delete
            case let other?: throw OverlayFailure("overlay-patch", "unknown patch strategy “\(other)”")
            }
        }

        private mutating func mergeObject(
            _ target: Value?,
            _ patch: Value?,
            _ type: TypeSchema?
        ) throws(OverlayFailure) -> Value? {
            if let patch, patch.isNull { return nil }
            var members = patch?.object
            let verb = try verb(members?.removeValue(forKey: OverlayMerge.directive))
            if verb == .delete { return nil }
            var result = Object()
            if verb == .merge, let base = target?.object {
                for pair in base {
                    path.append(pair.key)
                    if let value = try merge(pair.value, members?[pair.key], type?.memberType(pair.key)) {
                        result.append(pair.key, value)
                    }
                    path.removeLast()
                }
            }
            for pair in members ?? Object() {
                if verb == .merge, target?.object?.contains(pair.key) == true { continue }
                path.append(pair.key)
                if let value = try merge(nil, pair.value, type?.memberType(pair.key)) { result.append(pair.key, value) }
                path.removeLast()
            }
            return .object(result)
        }

        private mutating func mergeList(
            _ target: Value?,
            _ patch: Value?,
            _ type: TypeSchema?
        ) throws(OverlayFailure) -> Value? {
            guard let list = type?.list, list.patchKey != nil || list.patchesAsSet else {
                let result = patch ?? target
                return result?.isNull == true ? nil : result
            }
            if let patch, patch.isNull { return nil }
            guard case .array(var items)? = patch else { return target }
            if let index = items.firstIndex(where: { $0.object?.count == 1 && $0[OverlayMerge.directive] != nil }) {
                let verb = try verb(items[index][OverlayMerge.directive])
                items.remove(at: index)
                if verb == .delete { return nil }
                if verb == .replace { return .array(items) }
            }
            let base = target?.array ?? []
            guard let key = list.patchKey else { return .array(items + base.filter { !items.contains($0) }) }
            var keys = [key]
            if case .map(let all) = list.ownership, all.count > 1 { keys = all }
            return .array(try mergeItems(base, items, keys, list.items.resolved))
        }

        /// Items paired by their keys. New items come first; with one key, items that the patch names come in its
        /// order before the others. With several keys, an item that lacks one may go its own way: this is kustomize's
        /// very procedure, whose results nobody would guess.
        private mutating func mergeItems(
            _ base: [Value],
            _ items: [Value],
            _ keys: [String],
            _ type: TypeSchema
        ) throws(OverlayFailure) -> [Value] {
            var target = base
            var identities: [[String]] = []
            for item in items + base {
                let identity = keys.map { KeyedItems.text(item[$0]) }
                if !identities.contains(identity) { identities.append(identity) }
            }
            if keys.count > 1 { KeyedItems.join(&identities) }
            let usedKeys = keys.indices.filter { index in identities.contains { !$0[index].isEmpty } }
            var added: [Value] = []
            for identity in identities {
                let given = keys.indices.filter { !identity[$0].isEmpty }
                let searched = given.isEmpty ? Array(keys.indices) : given
                func place(in list: [Value]) -> Int? {
                    list.firstIndex { item in searched.allSatisfy { KeyedItems.text(item[keys[$0]]) == identity[$0] } }
                }
                let targetPlace = place(in: target)
                let patchPlace = place(in: items)
                let partner = targetPlace.map { target[$0] }
                let merged = try merge(partner, patchPlace.map { items[$0] }, type)
                let used = usedKeys.isEmpty ? Array(keys.indices) : usedKeys
                let values = used.map { identity[$0] }
                guard var value = merged, !value.isEmpty else {
                    KeyedItems.set(nil, in: &target, used.map { keys[$0] }, values)
                    continue
                }
                for index in used where value[keys[index]] == nil && !identity[index].isEmpty {
                    value[keys[index]] = .string(identity[index])
                }
                let replaces = patchPlace.map { items[$0][OverlayMerge.directive]?.string == "replace" } ?? false
                if let targetPlace, target.indices.contains(targetPlace), !replaces { target[targetPlace] = value }
                KeyedItems.set(value, in: &added, used.map { keys[$0] }, values)
            }
            let names = (usedKeys.isEmpty ? Array(keys.indices) : usedKeys).map { keys[$0] }
            for item in target {
                var values: [String] = []
                for name in names {
                    if let value = item[name] { values.append(KeyedItems.text(value)) } else { added.append(item) }
                }
                if names.count > 1 { KeyedItems.set(nil, in: &added, names, values) }
                KeyedItems.set(item, in: &added, names, values)
            }
            return added
        }
    }

    /// Built-in types in the versions that overlays merge by key.
    static func type(of kind: GroupVersionKind) -> TypeSchema? {
        if ["apps/v1beta1", "apps/v1beta2", "extensions/v1beta1"].contains(kind.apiVersion) { return nil }
        return BuiltInTypes.schema(apiVersion: kind.apiVersion, kind: kind.kind)
    }
}

/// Lists of objects that are told apart by the values of some keys.
private enum KeyedItems {
    static func text(_ value: Value?) -> String { value.map { $0.string ?? JSON.text($0) } ?? "" }

    /// Makes identities equal that differ only in values one of them lacks.
    static func join(_ identities: inout [[String]]) {
        for one in identities.indices {
            for two in identities.indices {
                guard let joined = joined(identities[one], identities[two]) else { continue }
                identities[one] = joined
                identities[two] = joined
            }
        }
    }

    private static func joined(_ one: [String], _ two: [String]) -> [String]? {
        var result: [String] = []
        var hasCommon = false
        for (left, right) in zip(one, two) {
            if left == right { hasCommon = true } else if !left.isEmpty && !right.isEmpty { return nil }
            result.append(left.isEmpty ? right : left)
        }
        return hasCommon ? result : nil
    }

    /// Puts an item in place of those with the same values of the keys, or at the end; nil takes them out.
    static func set(_ element: Value?, in list: inout [Value], _ keys: [String], _ values: [String]) {
        var isFound = false
        var result: [Value] = []
        for item in list where !item.isEmpty {
            guard item.object != nil else {
                result.append(item)
                continue
            }
            let fits = zip(keys, values).allSatisfy { key, value in
                item[key].map { value.isEmpty || text($0) == value } ?? false
            }
            guard fits, !values.isEmpty else {
                if !values.isEmpty { result.append(item) }
                continue
            }
            isFound = true
            if let element { result.append(element) }
        }
        list = result
        if !isFound, let element { list.append(element) }
    }
}

extension TypeSchema {
    /// Whether lists of this type are merged item by item.
    var mergesItems: Bool { list.map { $0.patchKey != nil || $0.patchesAsSet } ?? false }

    func memberType(_ key: String) -> TypeSchema? {
        guard let map, let reference = map.fields[key]?.type else { return nil }
        return reference.resolved
    }
}
