package import StructuredValue

/// JSON merge patch, RFC 7396.
package enum JSONMergePatch {
    /// The target with the patch merged in: objects merge, null removes, everything else replaces.
    package static func apply(_ patch: Value, to target: Value) -> Value {
        guard case .object(let members) = patch else { return patch }
        var result: Object
        if case .object(let object) = target { result = object } else { result = Object() }
        for pair in members {
            if pair.value.isNull {
                result.removeValue(forKey: pair.key)
            } else if case .object = pair.value {
                result.update(pair.key, default: .object(Object())) { $0 = apply(pair.value, to: $0) }
            } else {
                result[pair.key] = pair.value
            }
        }
        return .object(result)
    }

    /// The patch that turns one value into another; nil when they are equal.
    package static func difference(from old: Value, to new: Value) -> Value? {
        if old == new { return nil }
        guard case .object(let oldObject) = old, case .object(let newObject) = new else { return new }
        var patch = Object()
        Object.zip(oldObject, newObject) { key, oldValue, newValue in
            switch (oldValue, newValue) {
            case (_, nil): patch.append(key, .null)
            case (nil, let value?): patch.append(key, value)
            case (let one?, let two?):
                if let change = difference(from: one, to: two) { patch.append(key, change) }
            }
        }
        return .object(patch)
    }

    /// The patch a client sends to bring a live object to what it wants: what `modified` says and live lacks, and
    /// removals of what the client set before (`original`) and does not want any more.
    package static func threeWay(original: Value, modified: Value, live: Value) -> Value? {
        let additions = (difference(from: live, to: modified) ?? .object(Object())).withoutNullMembers
        let removals = (difference(from: original, to: modified) ?? .object(Object())).onlyNullMembers
        let patch = joined(removals ?? .object(Object()), additions ?? .object(Object()))
        return patch.isEmpty ? Value?.none : patch
    }

    private static func joined(_ left: Value, _ right: Value) -> Value {
        guard case .object(var result) = left, case .object(let other) = right else { return right }
        for pair in other {
            result.update(pair.key, default: .object(Object())) { $0 = joined($0, pair.value) }
        }
        return .object(result)
    }
}

extension Value {
    /// A patch without its removals; nil when nothing is left.
    fileprivate var withoutNullMembers: Value? {
        guard case .object(let object) = self else { return self }
        var result = Object()
        for pair in object where !pair.value.isNull {
            if case .object(let inner) = pair.value, !inner.isEmpty {
                if let value = pair.value.withoutNullMembers { result.append(pair.key, value) }
            } else {
                result.append(pair.key, pair.value)
            }
        }
        return result.isEmpty ? Value?.none : .object(result)
    }

    /// Only the removals of a patch; nil when there are none.
    fileprivate var onlyNullMembers: Value? {
        guard case .object(let object) = self else { return nil }
        var result = Object()
        for pair in object {
            if pair.value.isNull {
                result.append(pair.key, .null)
            } else if let value = pair.value.onlyNullMembers {
                result.append(pair.key, value)
            }
        }
        return result.isEmpty ? Value?.none : .object(result)
    }
}
