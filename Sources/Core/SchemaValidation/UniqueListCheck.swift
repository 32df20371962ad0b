import StructuredValue

/// Finds equal items in sets and equal keys in map lists.
struct UniqueListCheck {
    private(set) var errors: [FieldError] = []
    private let prefix: String
    private var path = FieldPath()

    init(prefix: String) { self.prefix = prefix }

    private var place: String { FieldError.join(prefix, path.text) }

    mutating func run(_ schema: StructuralSchema, _ value: Value) {
        guard schema.hasUniqueLists else { return }
        switch value {
        case .object(let object):
            for pair in object.pairs {
                guard let child = schema.member(pair.key), child.hasUniqueLists else { continue }
                path.push(schema.properties[pair.key] == nil ? .key(pair.key) : .member(pair.key))
                run(child, pair.value)
                path.pop()
            }
        case .array(let list):
            switch schema.listType {
            case .atomic: break
            case .set: report(repeated(list), list)
            case .map: checkKeys(list, schema.listMapKeys)
            }
            guard let items = schema.items, items.hasUniqueLists else { return }
            for index in list.indices {
                path.push(.index(index))
                run(items, list[index])
                path.pop()
            }
        default: break
        }
    }

    /// Where an item stands that was there before; of many equal ones only the second is named.
    private func repeated(_ list: [Value]) -> [Int] {
        var places: [Int] = []
        var counts: [Value: Int] = [:]
        for (index, item) in list.enumerated() {
            let count = counts[item, default: 0]
            if count == 1 { places.append(index) }
            counts[item] = count + 1
        }
        return places
    }

    private mutating func checkKeys(_ list: [Value], _ keys: [String]) {
        var found: [Value] = []
        for (index, item) in list.enumerated() {
            guard item.object != nil || item.isNull else {
                path.push(.index(index))
                errors.append(.invalid(place, item, "must be an object for an array of list-type map"))
                path.pop()
                return
            }
            var key = Object()
            for name in keys { if let value = item[name] { key.append(name, value) } }
            found.append(.object(key))
        }
        report(repeated(found), found)
    }

    private mutating func report(_ places: [Int], _ values: [Value]) {
        for index in places {
            path.push(.index(index))
            errors.append(.duplicate(place, values[index]))
            path.pop()
        }
    }
}

extension FieldError {
    /// A field below a prefix: no dot before a bracket or when one side is empty.
    static func join(_ prefix: String, _ field: String) -> String {
        if prefix.isEmpty || field.isEmpty || field.hasPrefix("[") { return prefix + field }
        return prefix + "." + field
    }
}
