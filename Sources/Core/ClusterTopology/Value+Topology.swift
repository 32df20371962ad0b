import StructuredValue

extension Value {
    /// The text at a path, empty when there is none.
    func text(_ keys: String...) -> String { self[path: keys]?.string ?? "" }

    func list(_ keys: String...) -> [Value] { self[path: keys]?.array ?? [] }

    func members(_ keys: String...) -> Object { self[path: keys]?.object ?? Object() }

    /// Sets a member unless there is nothing to set.
    mutating func setUnlessNil(_ key: String, _ value: Value?) { if let value { self[key] = value } }

    /// A number, flag, list or text that is set: null counts as not set.
    func given(_ keys: String...) -> Value? {
        guard let value = self[path: keys], !value.isNull else { return nil }
        return value
    }

    /// A text that is set and not empty.
    func givenText(_ keys: String...) -> Value? {
        guard case .string(let text)? = self[path: keys], !text.isEmpty else { return nil }
        return .string(text)
    }

    /// Without members that a typed Go object leaves out: nulls, and empty texts, lists and objects. What users may fill
    /// freely (labels, annotations, variable values) stays as it is.
    func withoutEmptyMembers() -> Value {
        switch self {
        case .object(let object):
            var kept = Object()
            kept.reserveCapacity(object.count)
            for pair in object.pairs {
                switch pair.key {
                case "labels", "annotations", "matchLabels":
                    if !pair.value.isEmpty { kept.append(pair.key, pair.value) }
                case "value" where object.contains("name"):
                    // A taint's value is text and may be left out, a variable's may be anything.
                    kept.append(pair.key, pair.value)
                default:
                    let value = pair.value.withoutEmptyMembers()
                    if !value.isEmpty { kept.append(pair.key, value) }
                }
            }
            return .object(kept)
        case .array(let items): return .array(items.map { $0.withoutEmptyMembers() })
        default: return self
        }
    }
}

/// The group of an apiVersion: `apps` of `apps/v1`, empty for `v1`.
func group(of apiVersion: String) -> String {
    guard let slash = apiVersion.firstIndex(of: "/") else { return "" }
    return String(apiVersion[..<slash])
}

/// The version of an apiVersion.
func version(of apiVersion: String) -> String {
    guard let slash = apiVersion.firstIndex(of: "/") else { return apiVersion }
    return String(apiVersion[apiVersion.index(after: slash)...])
}
