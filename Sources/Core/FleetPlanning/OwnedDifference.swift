import KubernetesModel
import StructuredValue

/// One field in which a live object differs from what we want of it.
struct OwnedChange: Hashable {
    /// The elements as managed fields name them: `f:spec`, `k:{"name":"app"}`, `v:"x"`.
    var path: [String]
    var old: Value?
    var new: Value?

    var planned: PlannedField { PlannedField(path: Self.text(of: path), old: old, new: new) }

    /// `spec.containers[name=app].image`; members with dots in their names are quoted.
    static func text(of path: [String]) -> String {
        var text = ""
        for element in path {
            let body = element.dropFirst(2)
            switch element.first {
            case "f":
                if body.contains(".") || body.contains("/") {
                    text += "[\"\(body)\"]"
                } else {
                    text += text.isEmpty ? String(body) : ".\(body)"
                }
            case "k":
                let keys = (try? JSON.parse(String(body)))?.object?.sortedPairs ?? []  // we wrote it ourselves
                text +=
                    "[" + keys.map { "\($0.key)=\($0.value.string ?? JSON.text($0.value))" }.joined(separator: ",")
                    + "]"
            case "v":
                text += "[\(body)]"
            default:
                text += "[\(body)]"
            }
        }
        return text
    }
}

/// What server-side apply of `desired` would change on `live`, by ownership: fields that are applied now, and fields that
/// `fieldManager` still owns and that are not applied any more. Other managers' fields, defaults and status never show.
///
/// With `sinceApplied`, the live object has taken this very manifest before; then a field that the manager still owns is
/// as it was applied, however the server wrote it down, and only fields it lost are compared.
func ownedDifference(
    of desired: Manifest,
    from live: Manifest,
    fieldManager: String,
    sinceApplied: Bool
) -> [OwnedChange] {
    let ownership = FieldOwnership(live)
    if sinceApplied, let owned = ownership.applied(by: fieldManager), isWhollyOwned(desired, owned) { return [] }
    var walk = DifferenceWalk(trustsOwned: sinceApplied)
    walk.compareRoot(
        desired.value,
        live.value,
        owned: ownership.applied(by: fieldManager),
        all: ownership.entries.map(\.fields),
        others: ownership.entries.filter { $0.manager != fieldManager || !$0.isApply }.map(\.fields)
    )
    return walk.changes.sorted { OwnedChange.text(of: $0.path) < OwnedChange.text(of: $1.path) }
}

/// Whether nobody took any applied field away: the common case, told without comparing a value. False when it would take
/// a closer look.
private func isWhollyOwned(_ desired: Manifest, _ owned: Value) -> Bool {
    for pair in desired.value.object ?? Object() where !DifferenceWalk.identity.contains(pair.key) {
        guard let below = field(pair.key, of: owned) else {
            if pair.key == "metadata",
                (pair.value.object ?? Object()).pairs.allSatisfy({
                    DifferenceWalk.serverMetadata.contains($0.key)
                })
            {
                continue
            }
            return false
        }
        guard pair.key == "metadata" else {
            if !isWhollyOwned(pair.value, below) { return false }
            continue
        }
        for member in pair.value.object ?? Object() where !DifferenceWalk.serverMetadata.contains(member.key) {
            guard let entry = field(member.key, of: below), isWhollyOwned(member.value, entry) else { return false }
        }
    }
    return true
}

private func isWhollyOwned(_ desired: Value, _ owned: Value) -> Bool {
    if owned.isEmpty { return true }
    guard case .object(let members) = desired else {
        // A list of which single items are owned.
        if case .array = desired { return false }
        return true
    }
    for pair in members where !pair.value.isNull {
        guard let below = field(pair.key, of: owned), isWhollyOwned(pair.value, below) else { return false }
    }
    return true
}

/// The member `f:NAME`, found without making that text: this runs for every field of every object in every pass.
private func field(_ name: String, of owned: Value) -> Value? {
    guard case .object(let members) = owned else { return nil }
    let length = name.utf8.count + 2
    for pair in members.pairs where pair.key.utf8.count == length {
        if pair.key.utf8.first == UInt8(ascii: "f"), pair.key.utf8.dropFirst(2).elementsEqual(name.utf8) {
            return pair.value
        }
    }
    return nil
}

private struct DifferenceWalk {
    /// Whether owned fields are known to be as applied.
    var trustsOwned: Bool
    var changes: [OwnedChange] = []
    private var path: [String] = []

    init(trustsOwned: Bool) { self.trustsOwned = trustsOwned }

    static let identity: Set<String> = ["apiVersion", "kind", "status"]
    static let serverMetadata: Set<String> = [
        "name", "namespace", "uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "selfLink",
        "deletionTimestamp", "deletionGracePeriodSeconds",
    ]

    mutating func compareRoot(_ desired: Value, _ live: Value, owned: Value?, all: [Value], others: [Value]) {
        for pair in desired.object ?? Object() where !Self.identity.contains(pair.key) {
            let element = "f:" + pair.key
            var wanted = pair.value
            if pair.key == "metadata", var metadata = wanted.object {
                metadata.removeAll { Self.serverMetadata.contains($0.key) }
                wanted = .object(metadata)
            }
            path = [element]
            compare(
                wanted,
                live[pair.key],
                owned?[element],
                all.compactMap { $0[element] },
                others.compactMap { $0[element] }
            )
        }
        path = []
        removed(from: desired, live, owned, others)
    }

    private mutating func compare(_ desired: Value, _ live: Value?, _ owned: Value?, _ all: [Value], _ others: [Value])
    {
        switch desired {
        case .null: return
        case .object(let object):
            if trustsOwned, let owned, owned.isEmpty { return }
            guard case .object? = live else {
                if live == nil, trustsOwned, owned != nil { break }
                changes.append(OwnedChange(path: path, old: live, new: desired))
                return
            }
            for pair in object {
                let element = "f:" + pair.key
                path.append(element)
                compare(
                    pair.value,
                    live?[pair.key],
                    owned?[element],
                    all.compactMap { $0[element] },
                    others.compactMap { $0[element] }
                )
                path.removeLast()
            }
            removed(from: desired, live, owned, others)
        case .array(let items):
            compareList(items, live, owned, all, others)
        default:
            if trustsOwned, owned != nil { return }
            if !Self.isSame(desired, live) { changes.append(OwnedChange(path: path, old: live, new: desired)) }
        }
    }

    /// Fields we own that are not wanted any more. What another manager owns too stays, and is no change.
    private mutating func removed(from desired: Value, _ live: Value?, _ owned: Value?, _ others: [Value]) {
        guard case .object(let members)? = owned, let live else { return }
        for member in members where member.key.hasPrefix("f:") {
            let name = String(member.key.dropFirst(2))
            if path.isEmpty, Self.identity.contains(name) { continue }
            if path == ["f:metadata"], Self.serverMetadata.contains(name) { continue }
            if let wanted = desired[name], !wanted.isNull { continue }
            guard let present = live[name] else { continue }
            path.append(member.key)
            let others = others.compactMap { $0[member.key] }
            if member.value.isEmpty || member.value["."] != nil && others.isEmpty {
                if others.isEmpty { changes.append(OwnedChange(path: path, old: present, new: nil)) }
            } else {
                removed(from: .object(Object()), present, member.value, others)
                removedItems(wanted: [], present, member.value, others)
            }
            path.removeLast()
        }
    }

    private mutating func compareList(
        _ items: [Value],
        _ live: Value?,
        _ owned: Value?,
        _ all: [Value],
        _ others: [Value]
    ) {
        guard case .array(let present)? = live else {
            if items.isEmpty, live == nil { return }
            changes.append(OwnedChange(path: path, old: live, new: .array(items)))
            return
        }
        let elements = all.flatMap { $0.object?.keys ?? [] }
        if elements.contains(where: { $0.hasPrefix("k:") }) {
            compareKeyed(items, present, Self.keyNames(elements), owned, all, others)
        } else if elements.contains(where: { $0.hasPrefix("v:") }) {
            for item in items where !present.contains(where: { Self.isSame(item, $0) }) {
                changes.append(OwnedChange(path: path + ["v:" + JSON.text(item, .go)], old: nil, new: item))
            }
        } else {
            if trustsOwned, owned != nil { return }
            // When the manifest is new, a member may be missing because it was taken out: then only equal is equal.
            let isSame =
                items.count == present.count
                && zip(items, present).allSatisfy { trustsOwned ? Self.isCovered($0, by: $1) : Self.isSame($0, $1) }
            if !isSame { changes.append(OwnedChange(path: path, old: live, new: .array(items))) }
            return
        }
        removedItems(wanted: items, .array(present), owned, others)
    }

    private mutating func compareKeyed(
        _ items: [Value],
        _ present: [Value],
        _ names: [String],
        _ owned: Value?,
        _ all: [Value],
        _ others: [Value]
    ) {
        for item in items {
            let other = present.first { candidate in
                names.allSatisfy { name in item[name].map { Self.isSame($0, candidate[name]) } ?? true }
            }
            let element = Self.element(of: other ?? item, names)
            path.append(element)
            if let other {
                compare(item, other, owned?[element], all.compactMap { $0[element] }, others.compactMap { $0[element] })
            } else {
                changes.append(OwnedChange(path: path, old: nil, new: item))
            }
            path.removeLast()
        }
    }

    /// List items we own that are not wanted any more.
    private mutating func removedItems(wanted: [Value], _ live: Value, _ owned: Value?, _ others: [Value]) {
        guard case .object(let members)? = owned, let present = live.array else { return }
        for member in members where member.key.hasPrefix("k:") || member.key.hasPrefix("v:") {
            guard others.allSatisfy({ $0[member.key] == nil }),
                let key = try? JSON.parse(String(member.key.dropFirst(2)))  // damaged entries own nothing
            else { continue }
            let matches: (Value) -> Bool =
                member.key.hasPrefix("v:")
                ? { Self.isSame(key, $0) }
                : { item in
                    (key.object ?? Object()).pairs.allSatisfy { pair in
                        item[pair.key].map { Self.isSame(pair.value, $0) } ?? true
                    }
                }
            if wanted.contains(where: matches) { continue }
            if let old = present.first(where: matches) {
                changes.append(OwnedChange(path: path + [member.key], old: old, new: nil))
            }
        }
    }

    private static func keyNames(_ elements: [String]) -> [String] {
        for element in elements where element.hasPrefix("k:") {
            if let keys = (try? JSON.parse(String(element.dropFirst(2))))?.object?.keys { return keys.sorted() }
        }
        return []
    }

    private static func element(of item: Value, _ names: [String]) -> String {
        let keys = names.compactMap { name in item[name].map { Object.Pair(key: name, value: $0) } }
        return "k:" + JSON.text(.object(Object(keys)), .go)
    }

    private static func isSame(_ left: Value, _ right: Value?) -> Bool {
        guard let right else { return false }
        if left == right { return true }
        if let one = left.double, let two = right.double { return one == two }
        return false
    }

    /// Whether everything wanted is there; members that a server added as defaults do not count.
    private static func isCovered(_ wanted: Value, by live: Value) -> Bool {
        switch (wanted, live) {
        case (.object(let members), .object(let present)):
            return members.pairs.allSatisfy { pair in
                pair.value.isNull || present[pair.key].map { isCovered(pair.value, by: $0) } ?? false
            }
        case (.array(let items), .array(let present)):
            return items.count == present.count && zip(items, present).allSatisfy { isCovered($0, by: $1) }
        default:
            return isSame(wanted, live)
        }
    }
}
