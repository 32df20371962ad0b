package import StructuredValue

extension StructuralSchema {
    /// Fills in defaults: missing members, and nulls where the schema allows none. Objects that are missing are not made.
    package func applyDefaults(to value: inout Value) {
        guard hasDefaults else { return }
        switch value {
        case .object(var object):
            value = .null
            for name in propertyNames {
                guard let property = properties[name], let initial = property.defaultValue else { continue }
                if let index = object.index(of: name) {
                    if !property.nullable, object.pairs[index].value.isNull { object[name] = initial }
                } else {
                    object.append(name, initial)
                }
            }
            object.updateValues { name, member in
                if let property = properties[name] {
                    property.applyDefaults(to: &member)
                } else if case .schema(let schema) = additionalMembers {
                    schema.replaceNull(&member)
                    schema.applyDefaults(to: &member)
                }
            }
            value = .object(object)
        case .array(var list):
            guard let items else { return }
            value = .null
            for index in list.indices {
                items.replaceNull(&list[index])
                items.applyDefaults(to: &list[index])
            }
            value = .array(list)
        default: break
        }
    }

    private func replaceNull(_ value: inout Value) {
        if !nullable, value.isNull, let defaultValue { value = defaultValue }
    }

    /// Removes nulls that the schema neither allows nor replaces by a default, as the API server does with bodies that are
    /// not applied (server-side apply keeps them and fails).
    package func dropForbiddenNulls(in value: inout Value) {
        // Nearly no body has nulls, and one without them shall keep sharing its memory with the version before.
        if value.containsNull { dropNulls(in: &value) }
    }

    private func dropNulls(in value: inout Value) {
        switch value {
        case .object(var object):
            value = .null
            if object.pairs.contains(where: { $0.value.isNull }) {
                object.removeAll { pair in
                    guard pair.value.isNull, let property = member(pair.key) else { return false }
                    return !property.nullable && property.defaultValue == nil
                }
            }
            object.updateValues { name, member in self.member(name)?.dropNulls(in: &member) }
            value = .object(object)
        case .array(var list):
            guard let items else { return }
            value = .null
            for index in list.indices { items.dropNulls(in: &list[index]) }
            value = .array(list)
        default: break
        }
    }
}

extension Value {
    fileprivate var containsNull: Bool {
        switch self {
        case .null: true
        case .object(let object): object.pairs.contains { $0.value.containsNull }
        case .array(let list): list.contains { $0.containsNull }
        default: false
        }
    }
}
