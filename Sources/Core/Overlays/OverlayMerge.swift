import KubernetesMerge
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
            case nil:
                return
                    target  // Only nulls: one that the target has and the patch does not name stays.
                    .flatMap { patch == nil ? $0 : nil }
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

        private mutating func mergeItems(
            _ base: [Value],
            _ items: [Value],
            _ keys: [String],
            _ type: TypeSchema
        ) throws(OverlayFailure) -> [Value] {
            func isSame(_ one: Value, _ two: Value) -> Bool {
                var hasCommon = false
                for key in keys {
                    guard let left = one[key], let right = two[key] else { continue }
                    if left != right { return false }
                    hasCommon = true
                }
                return hasCommon
            }
            var open = base
            var merged: [Value] = []
            for item in items {
                let index = open.firstIndex { isSame($0, item) }
                let partner = index.map { open.remove(at: $0) }
                if let value = try merge(partner, item, type), !value.isEmpty { merged.append(value) }
            }
            return merged + open
        }
    }
}

extension TypeSchema {
    fileprivate func memberType(_ key: String) -> TypeSchema? {
        guard let map, let reference = map.fields[key]?.type else { return nil }
        return reference.resolved
    }
}
