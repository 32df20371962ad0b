import KubernetesModel
import StructuredValue

/// A field of some kinds that a transformer changes. The path does not tell lists from maps: lists are walked through.
struct FieldSpec: Hashable {
    var path: String
    var kind = KindPattern()
    var creates = false

    init(_ path: String, kind: KindPattern = KindPattern(), creates: Bool = false) {
        self.path = path
        self.kind = kind
        self.creates = creates
    }

    /// What a missing field is made as.
    enum NewField { case map, scalar }

    /// Calls `change` on each value at the path. Missing fields are made when the spec says so and `new` says what.
    func visit(
        _ resource: inout OverlayResource,
        making new: NewField? = nil,
        _ change: (inout Value) throws(OverlayFailure) -> Void
    ) throws(OverlayFailure) {
        guard kind.selects(resource.kind) else { return }
        let walk = FieldWalk(parts: Self.parts(of: path), new: creates ? new : nil, path: path)
        try walk.visit(&resource.value, 0, change)
    }

    /// The parts of a path; `\/` is a slash within one.
    static func parts(of path: String, separator: Character = "/") -> [String] {
        var parts: [String] = []
        var current = ""
        var isEscaped = false
        for character in path {
            if isEscaped {
                if character != separator { current.append("\\") }
                current.append(character)
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == separator {
                parts.append(current)
                current = ""
            } else {
                current.append(character)
            }
        }
        if isEscaped { current.append("\\") }
        parts.append(current)
        if separator == "/", parts.first == "" { parts.removeFirst() }
        return parts
    }

    /// Specs joined, each path and kind once.
    static func joined(_ first: [FieldSpec], _ second: [FieldSpec]) throws(OverlayFailure) -> [FieldSpec] {
        var result = first
        for spec in second {
            if let same = result.first(where: { $0.path == spec.path && $0.kind.isCovered(by: spec.kind) }) {
                if same.creates != spec.creates {
                    throw OverlayFailure("overlay-field-specs", "conflicting fieldSpecs for \(spec.path)")
                }
                continue
            }
            result.append(spec)
        }
        return result
    }
}

extension KindPattern {
    /// Whether another pattern selects everything this one names.
    func isCovered(by other: KindPattern) -> Bool {
        (other.group.isEmpty || group == other.group) && (other.version.isEmpty || version == other.version)
            && (other.kind.isEmpty || kind == other.kind)
    }
}

private struct FieldWalk {
    var parts: [String]
    var new: FieldSpec.NewField?
    var path: String

    func visit(
        _ value: inout Value,
        _ depth: Int,
        _ change: (inout Value) throws(OverlayFailure) -> Void
    ) throws(OverlayFailure) {
        if depth == parts.count { return try change(&value) }
        switch value {
        case .null: return
        case .array(var items):
            value = .null
            for index in items.indices {
                var item = items[index]
                items[index] = .null
                defer { items[index] = item }
                try visit(&item, depth, change)
            }
            value = .array(items)
        case .object(var object):
            let isList = parts[depth].hasSuffix("[]")
            let name = isList ? String(parts[depth].dropLast(2)) : parts[depth]
            let isLast = depth == parts.count - 1
            var member = object[name]
            if let new, !isList, member ?? .null == .null {
                member = isLast && new == .scalar ? (member ?? .string("")) : .object(Object())
                if isLast, new == .scalar { member = .string("") }
            }
            guard var member else { return }
            value = .null
            object[name] = .null
            try visit(&member, depth + 1, change)
            object[name] = member
            value = .object(object)
        default:
            throw OverlayFailure("overlay-field-path", "considering field '\(path)': expected sequence or mapping node")
        }
    }
}
