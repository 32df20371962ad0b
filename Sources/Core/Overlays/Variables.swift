import KubernetesModel
import StructuredValue

/// The legacy `$(NAME)` variables of an overlay.
struct Variables {
    private(set) var variables: [Variable] = []

    mutating func add(_ more: [Variable]) throws(OverlayFailure) {
        for variable in more {
            if let known = variables.first(where: { $0.name == variable.name }) {
                if known != variable {
                    throw OverlayFailure(
                        "overlay-variable",
                        "var '\(variable.name)' already encountered",
                        at: variable.place
                    )
                }
                continue
            }
            variables.append(variable)
        }
    }

    /// Replaces references in the fields that may hold them.
    func resolve(in set: inout ResourceSet, fields: [FieldSpec]) throws(OverlayFailure) {
        if variables.isEmpty { return }
        var values: [String: Value] = [:]
        for variable in variables { values[variable.name] = try value(of: variable, in: set) }
        for index in set.resources.indices {
            for field in fields {
                try field.visit(&set.resources[index]) { value throws(OverlayFailure) in Self.expand(&value, values) }
            }
        }
    }

    private func value(of variable: Variable, in set: ResourceSet) throws(OverlayFailure) -> Value {
        let matches = set.resources.filter { resource in
            ([resource.identity] + resource.previous).contains { identity in
                variable.kind.selects(identity.kind) && identity.name == variable.objectName
                    && (variable.namespace.isEmpty || identity.effectiveNamespace == variable.namespace)
            }
        }
        guard let resource = matches.first, matches.count == 1 else {
            throw OverlayFailure(
                "overlay-variable",
                "var '\(variable.name)' \(matches.isEmpty ? "cannot be mapped to a field in the set of known resources" : "has several resources to choose from")",
                at: variable.place
            )
        }
        let path = PathWalk(
            parts: variable.fieldPath.split(separator: ".").flatMap { part -> [String] in
                // `ports[0]` is written without a dot here.
                guard let mark = part.firstIndex(of: "["), part.hasSuffix("]") else { return [String(part)] }
                return [String(part[..<mark]), String(part[part.index(after: mark)...].dropLast())]
            },
            creates: false,
            path: variable.fieldPath
        )
        guard let value = path.value(in: resource.value) else {
            throw OverlayFailure(
                "overlay-variable",
                "field specified in var '\(variable.name)' not found in corresponding resource",
                at: variable.place
            )
        }
        return value
    }

    private static func expand(_ value: inout Value, _ values: [String: Value]) {
        switch value {
        case .string(let text): value = expanded(text, values)
        case .array(var items):
            for index in items.indices { expand(&items[index], values) }
            value = .array(items)
        case .object(var object):
            object.updateValues { _, member in if member.string != nil { expand(&member, values) } }
            value = .object(object)
        default: return
        }
    }

    /// `$(NAME)` becomes the value; `$$` stays a dollar; a text that is nothing but a reference takes the value's type.
    private static func expanded(_ text: String, _ values: [String: Value]) -> Value {
        guard text.contains("$") else { return .string(text) }
        if text.hasPrefix("$("), text.hasSuffix(")"), let value = values[String(text.dropFirst(2).dropLast())],
            value.object == nil, value.array == nil
        {
            return value
        }
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            let next = rest.index(after: dollar)
            guard next < rest.endIndex else {
                result += "$"
                rest = rest[next...]
                break
            }
            if rest[next] == "$" {
                result += "$"
                rest = rest[rest.index(after: next)...]
            } else if rest[next] == "(", let end = rest[next...].firstIndex(of: ")") {
                let name = String(rest[rest.index(after: next)..<end])
                if let value = values[name] {
                    result += value.string ?? JSON.text(value)
                } else {
                    result += rest[dollar...end]
                }
                rest = rest[rest.index(after: end)...]
            } else {
                result += "$"
                rest = rest[next...]
            }
        }
        return .string(result + rest)
    }
}
