import KubernetesMerge
import KubernetesModel
import StructuredValue

/// Finds the topmost fields in which two objects of one type differ.
struct ChangeWalk {
    var changes: [FieldChange] = []
    private let knowsDefaults: Bool
    /// Whether the server rewrites values of this type in its own way, as quantities of built-in kinds.
    private let isBuiltIn: Bool
    private var path: [PathElement] = []

    init(knowsDefaults: Bool, isBuiltIn: Bool) {
        self.knowsDefaults = knowsDefaults
        self.isBuiltIn = isBuiltIn
    }

    mutating func compare(_ old: Value, _ new: Value, _ type: TypeSchema) {
        switch (old, new) {
        case (.object(let left), .object(let right)) where type.map.map { !$0.isAtomic } ?? false:
            for pair in left where right[pair.key] == nil { note(pair.value, nil, .field(pair.key), type) }
            for pair in right {
                guard let before = left[pair.key] else {
                    note(nil, pair.value, .field(pair.key), type)
                    continue
                }
                path.append(.field(pair.key))
                compare(before, pair.value, type.member(pair.key) ?? .deduced)
                path.removeLast()
            }
        case (.array(let left), .array(let right)):
            guard let list = type.list, list.ownership != .atomic, let before = list.elements(of: left),
                let after = list.elements(of: right)
            else { return compareLeaf(old, new, type) }
            compareItems(before, after, list, old, new)
        default: compareLeaf(old, new, type)
        }
    }

    private mutating func compareItems(
        _ before: [(element: PathElement, item: Value)],
        _ after: [(element: PathElement, item: Value)],
        _ list: TypeSchema.List,
        _ old: Value,
        _ new: Value
    ) {
        let left = Dictionary(before.map { ($0.element, $0.item) }, uniquingKeysWith: { first, _ in first })
        let right = Dictionary(after.map { ($0.element, $0.item) }, uniquingKeysWith: { first, _ in first })
        let items = list.items.resolved
        var found = false
        for (element, item) in before where right[element] == nil {
            changes.append(FieldChange(path: FieldPath(path + [element]), old: item, new: nil))
            found = true
        }
        for (element, item) in after {
            guard let previous = left[element] else {
                changes.append(FieldChange(path: FieldPath(path + [element]), old: nil, new: item))
                found = true
                continue
            }
            let count = changes.count
            path.append(element)
            compare(previous, item, items)
            path.removeLast()
            if changes.count > count { found = true }
        }
        if !found, before.map(\.element) != after.map(\.element) {
            changes.append(FieldChange(path: FieldPath(path), old: old, new: new))
        }
    }

    private mutating func note(_ old: Value?, _ new: Value?, _ element: PathElement, _ type: TypeSchema) {
        if case .field(let name) = element, let fallback = type.map?.fields[name]?.fallback {
            // The server puts a default back where a field is missing.
            if new == nil, let old, old == fallback { return }
        }
        // An empty value where nothing was says nothing to a server that drops empty values.
        if isBuiltIn, let new, old == nil, new.isEmpty, new.string == nil { return }
        changes.append(FieldChange(path: FieldPath(path + [element]), old: old, new: new))
    }

    private mutating func compareLeaf(_ old: Value, _ new: Value, _ type: TypeSchema) {
        if isSame(old, new) { return }
        let wanted = knowsDefaults ? type.addingDefaults(to: new) : new
        if isSame(old, wanted) || !knowsDefaults && isCovered(wanted, by: old) { return }
        changes.append(FieldChange(path: FieldPath(path), old: old, new: new))
    }

    private func isSame(_ left: Value, _ right: Value) -> Bool {
        if left == right { return true }
        if let one = left.double, let two = right.double { return one == two }
        if isBuiltIn, let one = Self.quantity(left), let two = Self.quantity(right) { return one == two }
        return false
    }

    private static func quantity(_ value: Value) -> Quantity? {
        switch value {
        case .string(let text): text.utf8.first.map { $0 >= 0x30 && $0 <= 0x39 } == true ? Quantity(text) : nil
        case .int(let number): Quantity("\(number)")
        default: nil
        }
    }

    /// Whether everything wanted is there; what else is there may be defaults.
    private func isCovered(_ wanted: Value, by live: Value) -> Bool {
        switch (wanted, live) {
        case (.object(let members), .object(let present)):
            return members.pairs.allSatisfy { pair in
                pair.value.isNull || present[pair.key].map { isCovered(pair.value, by: $0) } ?? false
            }
        case (.array(let items), .array(let present)):
            return items.count == present.count && zip(items, present).allSatisfy { isCovered($0, by: $1) }
        default: return isSame(live, wanted)
        }
    }
}

extension TypeSchema {
    /// The type of a member, nil when it is not declared.
    func member(_ key: String) -> TypeSchema? { (map?.fields[key]?.type ?? map?.others)?.resolved }

    /// The value with the defaults of its type, as a server stores it.
    func addingDefaults(to value: Value) -> Value {
        switch value {
        case .object(var object):
            for (name, field) in map?.fields.sorted(by: { $0.key < $1.key }) ?? [] {
                if let fallback = field.fallback, object[name] ?? .null == .null { object[name] = fallback }
            }
            object.updateValues { key, member in
                if let type = self.member(key) { member = type.addingDefaults(to: member) }
            }
            return .object(object)
        case .array(let items):
            guard let type = list?.items.resolved else { return value }
            return .array(items.map { type.addingDefaults(to: $0) })
        default: return value
        }
    }
}

extension TypeSchema.List {
    /// Each item with its element; nil when an item has none, as nulls and scalars among keyed items.
    func elements(of items: [Value]) -> [(element: PathElement, item: Value)]? {
        var result: [(PathElement, Value)] = []
        for item in items {
            guard let element = try? self.element(for: item) else { return nil }
            result.append((element, item))
        }
        return result
    }
}
