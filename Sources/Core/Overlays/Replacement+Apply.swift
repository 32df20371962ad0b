import KubernetesModel
import LinearRegex
import StructuredValue
import YAMLFormat

extension Replacement {
    /// Copies the source's value into the fields of the targets.
    func apply(to set: inout ResourceSet) throws(OverlayFailure) {
        let value = try sourceValue(in: set)
        for target in targets {
            let marks = try target.select.matcher()
            var rejected: [ResourceSelector.Matcher] = []
            for selector in target.reject { rejected.append(try selector.matcher()) }
            for index in set.resources.indices {
                let resource = set.resources[index]
                let identities = [resource.identity] + resource.previous
                guard marks.fitsMarks(of: resource), identities.contains(where: { target.select.names($0) }) else {
                    continue
                }
                let isRejected = zip(target.reject, rejected).contains { selector, matcher in
                    let hasMarks = !selector.labels.isEmpty || !selector.annotations.isEmpty
                    if hasMarks, matcher.fitsMarks(of: resource) { return true }
                    return !selector.isOpen && identities.contains { selector.names($0) }
                }
                if isRejected { continue }
                for path in target.fieldPaths.isEmpty ? ["metadata.name"] : target.fieldPaths {
                    let walk = PathWalk(parts: PathWalk.parts(of: path), creates: target.options.creates, path: path)
                    try walk.change(&set.resources[index].value) { field throws(OverlayFailure) in
                        try Self.set(&field, to: value, target.options)
                    }
                }
            }
        }
    }

    private func sourceValue(in set: ResourceSet) throws(OverlayFailure) -> Value {
        guard let source else { throw OverlayFailure("overlay-replacement", "replacements must specify a source") }
        let selector = source.identity
        let matches = set.resources.filter { resource in
            ([resource.identity] + resource.previous).contains { selector.names($0) }
        }
        let words = [selector.kind, selector.namespace, selector.name].filter { !$0.isEmpty }.joined(separator: "/")
        guard let resource = matches.first, matches.count == 1 else {
            throw OverlayFailure(
                "overlay-replacement",
                matches.isEmpty ? "nothing selected by \(words)" : "multiple matches for selector \(words)"
            )
        }
        let found = PathWalk(parts: PathWalk.parts(of: source.fieldPath), creates: false, path: source.fieldPath)
            .value(in: resource.value)
        guard let found, found.string != nil || !found.isEmpty else {
            throw OverlayFailure(
                "overlay-replacement",
                "fieldPath `\(source.fieldPath)` is missing for replacement source \(words)"
            )
        }
        guard !source.options.delimiter.isEmpty else { return found }
        let text = try Self.scalarText(found)
        let parts = Self.split(text, source.options.delimiter)
        guard parts.indices.contains(source.options.index) else {
            throw OverlayFailure(
                "overlay-replacement",
                "options.index \(source.options.index) is out of bounds for value \(text)"
            )
        }
        return found.string == nil ? Self.resolved(parts[source.options.index]) : .string(parts[source.options.index])
    }

    private static func set(_ field: inout Value, to value: Value, _ options: Options) throws(OverlayFailure) {
        var new = value
        if !options.delimiter.isEmpty {
            let text = try scalarText(value)
            var parts = split(try scalarText(field), options.delimiter)
            if options.index < 0 {
                parts.insert(text, at: 0)
            } else if options.index >= parts.count {
                parts.append(text)
            } else {
                parts[options.index] = text
            }
            new = .string(parts.joined(separator: options.delimiter))
        }
        switch (field, new) {
        case (.string, .object), (.string, .array), (.object, _), (.array, _): field = new
        case (.string, _): field = .string(try scalarText(new))
        case (.null, _): field = new
        default:
            // A number or boolean keeps its type; a text that is none of it does not fit.
            let value = new.string.map { resolved($0) } ?? new
            guard value.typeName == field.typeName else {
                throw OverlayFailure(
                    "overlay-replacement",
                    "\(JSON.text(new)) does not fit a field that holds a \(field.typeName)"
                )
            }
            field = value
        }
    }

    private static func scalarText(_ value: Value) throws(OverlayFailure) -> String {
        switch value {
        case .string(let text): return text
        case .null: return ""
        case .object, .array:
            throw OverlayFailure("overlay-replacement", "delimiter option can only be used with scalar nodes")
        default: return JSON.text(value)
        }
    }

    /// What YAML makes of a plain scalar.
    private static func resolved(_ text: String) -> Value {
        // What is no YAML stays a text.
        guard let value = try? YAML.value(text), value.object == nil, value.array == nil else { return .string(text) }
        return value.isNull ? .string(text) : value
    }

    private static func split(_ text: String, _ delimiter: String) -> [String] {
        var parts: [String] = []
        var rest = text[...]
        while let range = rest.firstRange(of: delimiter) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}

extension ResourceSelector {
    /// Whether its texts, taken literally as replacements take them, name an identity.
    fileprivate func names(_ identity: ResourceIdentity) -> Bool {
        KindPattern(group: group, version: version, kind: kind).selects(identity.kind)
            && (name.isEmpty || name == identity.name)
            && (namespace.isEmpty || namespace == identity.effectiveNamespace)
    }

    /// Whether it says nothing about identity.
    fileprivate var isOpen: Bool {
        group.isEmpty && version.isEmpty && kind.isEmpty && name.isEmpty && namespace.isEmpty
    }
}

/// Walks a dotted path as replacements write it: `spec.containers.[name=x].image`, `spec.ports.0`, `spec.*`,
/// `metadata.annotations.[a.b/c]`.
struct PathWalk {
    var parts: [String]
    var creates: Bool
    var path: String

    static func parts(of path: String) -> [String] {
        let split = FieldSpec.parts(of: path, separator: ".").filter { !$0.isEmpty }
        var parts: [String] = []
        var index = 0
        while index < split.count {
            var part = split[index]
            if part.hasPrefix("["), !part.hasSuffix("]") {
                while index + 1 < split.count, !part.hasSuffix("]") {
                    index += 1
                    part += "." + split[index]
                }
                if !part.contains("=") {
                    part = String(part.drop { $0 == "[" }.reversed().drop { $0 == "]" }.reversed())
                }
            }
            parts.append(part)
            index += 1
        }
        return parts
    }

    /// Name and pattern of a part like `[name=x]`.
    private static func condition(_ part: String) -> (field: String, pattern: String)? {
        guard part.hasPrefix("["), part.hasSuffix("]"), let mark = part.firstIndex(of: "=") else { return nil }
        let inner = part.dropFirst().dropLast()
        return (String(inner[..<mark]), String(inner[inner.index(after: mark)...]))
    }

    /// The value at the path; the first match where a part selects items.
    func value(in root: Value) -> Value? {
        var current = root
        for part in parts {
            switch current {
            case .object(let object):
                let name =
                    part.hasPrefix("[") && part.hasSuffix("]") && !part.contains("=")
                    ? String(part.dropFirst().dropLast()) : part
                guard let next = object[name] else { return nil }
                current = next
            case .array(let items):
                if let condition = Self.condition(part) {
                    guard let item = items.first(where: { Self.text($0, condition.field) == condition.pattern }) else {
                        return nil
                    }
                    current = item
                } else if let index = Int(part), items.indices.contains(index) {
                    current = items[index]
                } else if part == "-", let last = items.last {
                    current = last
                } else {
                    return nil
                }
            default: return nil
            }
        }
        return current
    }

    private static func text(_ item: Value, _ field: String) -> String? {
        let value = field.isEmpty ? item : item[field]
        return value.map { $0.string ?? JSON.text($0) }
    }

    /// Calls `body` on every value at the path; there must be one.
    func change(
        _ root: inout Value,
        _ body: (inout Value) throws(OverlayFailure) -> Void
    ) throws(OverlayFailure) {
        guard try change(&root, 0, body) > 0 else {
            throw OverlayFailure(
                "overlay-replacement",
                "unable to find \(creates ? "or create " : "")field “\(path)” in replacement target"
            )
        }
    }

    private func change(
        _ value: inout Value,
        _ depth: Int,
        _ body: (inout Value) throws(OverlayFailure) -> Void
    ) throws(OverlayFailure) -> Int {
        guard depth < parts.count else {
            try body(&value)
            return 1
        }
        let part = parts[depth]
        if creates, value.isNull { value = Self.isIndex(part) ? .array([]) : .object(Object()) }
        switch value {
        case .object(var object):
            if part == "*" {
                var count = 0
                for key in object.keys {
                    guard var member = object[key] else { continue }
                    count += try change(&member, depth + 1, body)
                    object[key] = member
                }
                value = .object(object)
                return count
            }
            let name =
                part.hasPrefix("[") && part.hasSuffix("]") && !part.contains("=")
                ? String(part.dropFirst().dropLast()) : part
            guard var member = object[name] ?? (creates ? Value?.some(.null) : nil) else { return 0 }
            let count = try change(&member, depth + 1, body)
            if count > 0 { object[name] = member }
            value = .object(object)
            return count
        case .array(var items):
            var places: [Int] = []
            if part == "*" {
                places = Array(items.indices)
            } else if let condition = Self.condition(part) {
                guard let pattern = try? LinearPattern(condition.pattern) else {
                    throw OverlayFailure("overlay-replacement", "\(condition.pattern) is no regular expression")
                }
                places = items.indices.filter {
                    Self.text(items[$0], condition.field).map { pattern.matches($0) } ?? false
                }
                if places.isEmpty, creates {
                    let text = Value.string(condition.pattern)
                    items.append(condition.field.isEmpty ? text : .object([condition.field: text]))
                    places = [items.count - 1]
                }
            } else if let index = Int(part) {
                if index == items.count, creates { items.append(.null) }
                guard items.indices.contains(index) else {
                    throw OverlayFailure(
                        "overlay-replacement",
                        "index \(index) specified but only \(items.count) elements found"
                    )
                }
                places = [index]
            } else {
                return 0
            }
            var count = 0
            for place in places { count += try change(&items[place], depth + 1, body) }
            value = .array(items)
            return count
        default: return 0
        }
    }

    private static func isIndex(_ part: String) -> Bool { part == "*" || Int(part) != nil || condition(part) != nil }
}
