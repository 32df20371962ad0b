import KubernetesModel
import StructuredValue

/// Carries out rules in one direction.
struct Conversion {
    let isUp: Bool
    /// Of the object, which references of v1beta1 repeat.
    let namespace: String
    let served: (GroupKind) -> String?

    /// An object with its fields where the other version has them. All are taken out before any is put in, since places
    /// change hands.
    func convert(_ object: Value, _ rules: [ConversionRule]) -> Value {
        var result = object
        var placed: [(path: [String], value: Value)] = []
        for rule in rules {
            switch rule {
            case .lost(let path): if isUp { take(path, from: &result) }
            case .counted(let flag, let number):
                if isUp {
                    take(flag, from: &result)
                } else if let count = object[path: Self.keys(number)]?.int {
                    placed.append((Self.keys(flag), .bool(count > 0)))
                }
            case .spread(let old, let new): spread(old, new, &result, &placed)
            case .flag(let old, let new, let condition): flag(old, new, condition, object, &result, &placed)
            default:
                let (old, new) = rule.ends
                if old == new {
                    let path = Self.keys(old)
                    if let value = result[path: path], !value.isNull { result[path: path] = converted(value, rule) }
                } else if let value = take(isUp ? old : new, from: &result) {
                    placed.append((Self.keys(isUp ? new : old), converted(value, rule)))
                }
            }
        }
        for (path, value) in placed { place(value, at: path, in: &result) }
        return result
    }

    private static func keys(_ path: String) -> [String] { path.split(separator: ".").map(String.init) }

    /// Removes a value, and the objects around it that held nothing else. Null counts as nothing.
    @discardableResult
    private func take(_ path: String, from object: inout Value) -> Value? {
        var keys = Self.keys(path)
        guard let value = object[path: keys] else { return nil }
        object[path: keys] = nil
        keys.removeLast()
        while !keys.isEmpty, object[path: keys]?.isEmpty == true {
            object[path: keys] = nil
            keys.removeLast()
        }
        return value.isNull ? nil : value
    }

    /// Puts a value in; two objects at one place become one.
    private func place(_ value: Value, at path: [String], in object: inout Value) {
        guard case .object(let members) = value, case .object = object[path: path] else {
            object[path: path] = value
            return
        }
        for member in members { place(member.value, at: path + [member.key], in: &object) }
    }

    // MARK: Values

    private func converted(_ value: Value, _ rule: ConversionRule) -> Value {
        switch rule {
        case .move, .lost, .spread, .flag, .counted: value
        case .seconds: isUp ? seconds(value) : duration(value)
        case .reference: isUp ? groupReference(value) : fullReference(value)
        case .template: isUp ? templateReference(value) : namespaced(value)
        case .node: isUp ? nodeName(value) : nodeReference(value)
        case .nested(_, _, let rules): convert(value, rules)
        case .items(_, _, let rules): value.array.map { .array($0.map { convert($0, rules) }) } ?? value
        case .arguments: isUp ? argumentList(value) : argumentMap(value)
        case .domains: isUp ? domainList(value) : domainMap(value)
        }
    }

    private func seconds(_ value: Value) -> Value {
        value.string.flatMap { GoDuration.seconds($0) }.map(Value.int) ?? value
    }

    private func duration(_ value: Value) -> Value {
        value.int.map { .string(GoDuration.text(seconds: $0)) } ?? value
    }

    private func groupReference(_ value: Value) -> Value {
        guard let apiVersion = value["apiVersion"]?.string else { return value }
        var result = Object()
        result.append("apiGroup", .string(GroupVersionKind(apiVersion: apiVersion, kind: "").group))
        for name in ["kind", "name"] { if let member = value[name] { result.append(name, member) } }
        return .object(result)
    }

    private func fullReference(_ value: Value) -> Value {
        guard let group = value["apiGroup"]?.string, value["apiVersion"] == nil else { return value }
        let kind = GroupKind(group: group, kind: value["kind"]?.string ?? "")
        var result = Object()
        // A webhook would fail here; the version of Cluster API's own kinds is the best guess.
        let version = group.isEmpty ? "v1" : "\(group)/v1beta2"
        result.append("apiVersion", .string(served(kind) ?? version))
        for name in ["kind", "name"] { if let member = value[name] { result.append(name, member) } }
        return namespaced(.object(result))
    }

    private func templateReference(_ value: Value) -> Value {
        var result = Object()
        for name in ["apiVersion", "kind", "name"] { if let member = value[name] { result.append(name, member) } }
        return .object(result)
    }

    private func namespaced(_ value: Value) -> Value {
        guard case .object(var object) = value, !namespace.isEmpty else { return value }
        if object["namespace"] == nil { object.append("namespace", .string(namespace)) }
        return .object(object)
    }

    private func nodeName(_ value: Value) -> Value { value["name"].map { ["name": $0] } ?? value }

    private func nodeReference(_ value: Value) -> Value {
        ["apiVersion": "v1", "kind": "Node", "name": value["name"] ?? ""]
    }

    private func argumentList(_ value: Value) -> Value {
        guard case .object(let object) = value else { return value }
        return .array(object.sortedPairs.map { ["name": .string($0.key), "value": $0.value] })
    }

    private func argumentMap(_ value: Value) -> Value {
        guard let items = value.array else { return value }
        var result = Object()
        for item in items {
            // A map holds a name once; the last one is what the program would take.
            if let name = item["name"]?.string { result[name] = item["value"] ?? "" }
        }
        return .object(result)
    }

    private func domainList(_ value: Value) -> Value {
        guard case .object(let object) = value else { return value }
        return .array(
            object.sortedPairs.map { pair in
                var domain = pair.value.isNull ? [:] : pair.value
                domain["name"] = .string(pair.key)
                return domain
            }
        )
    }

    private func domainMap(_ value: Value) -> Value {
        guard let items = value.array else { return value }
        var result = Object()
        for item in items {
            guard let name = item["name"]?.string else { continue }
            var domain = item
            domain["name"] = nil
            result[name] = domain
        }
        return .object(result)
    }

    // MARK: Several places

    private func spread(
        _ old: String,
        _ new: [String],
        _ result: inout Value,
        _ placed: inout [(path: [String], value: Value)]
    ) {
        if isUp {
            guard let value = take(old, from: &result) else { return }
            for path in new { placed.append((Self.keys(path), seconds(value))) }
        } else {
            let values = new.compactMap { take($0, from: &result) }
            if let first = values.first { placed.append((Self.keys(old), duration(first))) }
        }
    }

    private func flag(
        _ old: String,
        _ new: String,
        _ condition: String,
        _ object: Value,
        _ result: inout Value,
        _ placed: inout [(path: [String], value: Value)]
    ) {
        guard isUp else {
            if let value = take(new, from: &result) { placed.append((Self.keys(old), value)) }
            return
        }
        take(old, from: &result)
        let conditions = object[path: "status", "conditions"]?.array ?? []
        let isMet = conditions.contains { $0["type"]?.string == condition && $0["status"]?.string == "True" }
        if isMet { placed.append((Self.keys(new), true)) }
    }
}

extension ConversionRule {
    /// Where the value stands in v1beta1 and in v1beta2.
    fileprivate var ends: (old: String, new: String) {
        switch self {
        case .move(let old, let new), .seconds(let old, let new), .reference(let old, let new),
            .template(let old, let new), .nested(let old, let new, _), .items(let old, let new, _),
            .flag(let old, let new, _), .counted(let old, let new):
            (old, new)
        case .node(let path), .arguments(let path), .domains(let path), .lost(let path), .spread(let path, _):
            (path, path)
        }
    }
}

/// Durations as Go's text form has them.
enum GoDuration {
    private static let units: [(name: String, nanoseconds: Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// Whole seconds of `1h30m`, what is less than one cut off; nil for what is no duration.
    static func seconds(_ text: String) -> Int? {
        var rest = text[...]
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest = rest.dropFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0.0
        while !rest.isEmpty {
            let digits = rest.prefix { $0 == "." || ($0.isASCII && $0.isNumber) }
            guard let number = Double(digits) else { return nil }
            rest = rest.dropFirst(digits.count)
            let word = rest.prefix { $0 != "." && !($0.isASCII && $0.isNumber) }
            guard let unit = units.first(where: { $0.name == word }) else { return nil }
            rest = rest.dropFirst(word.count)
            total += number * unit.nanoseconds
        }
        guard total < 9.2e18 else { return nil }
        return Int(total / 1e9) * (isNegative ? -1 : 1)
    }

    /// `1h30m0s`, as Go prints it.
    static func text(seconds: Int) -> String {
        let amount = abs(seconds)
        let (hours, minutes, rest) = (amount / 3600, amount / 60 % 60, amount % 60)
        let sign = seconds < 0 ? "-" : ""
        if hours > 0 { return "\(sign)\(hours)h\(minutes)m\(rest)s" }
        return minutes > 0 ? "\(sign)\(minutes)m\(rest)s" : "\(sign)\(rest)s"
    }
}
