package import KubernetesModel
package import StructuredValue

/// What a cluster's own server said when it was asked to do a step without doing it.
package enum ServerAnswer: Sendable, Hashable {
    /// It would take the object; these fields it would set, rewrite or remove besides what the plan says.
    case accepts([PlannedField])
    /// It would not, with its own sentence.
    case refuses(String)
    /// It could not be asked, in words.
    case unasked(String)

    package var value: Value {
        switch self {
        case .accepts(let fields): ["answer": "accepts", "message": "", "fields": .array(fields.map(\.value))]
        case .refuses(let message): ["answer": "refuses", "message": .string(message), "fields": []]
        case .unasked(let message): ["answer": "unasked", "message": .string(message), "fields": []]
        }
    }

    /// Lines for a terminal.
    var lines: [String] {
        switch self {
        case .accepts(let fields):
            fields.prefix(20).map { "the server sets \($0.text)" }
                + (fields.count > 20 ? ["the server sets \(fields.count - 20) more"] : [])
        case .refuses(let message): ["the server refuses: \(message)"]
        case .unasked(let message): ["the server was not asked: \(message)"]
        }
    }
}

extension PlanStep {
    /// What a server is to be asked about this step; nil when a dry run says nothing about it.
    ///
    /// Values of Secrets stay here: the server sees placeholders under the same keys, which it judges in the same way.
    package var question: (manifest: Manifest, force: Bool)? {
        guard case .apply(var manifest, let force) = action, !isGivenAway else { return nil }
        guard key.groupKind == .secret else { return (manifest, force) }
        for (member, placeholder) in [("data", "aGlkZGVu"), ("stringData", "hidden")] {
            guard var values = manifest.value[member]?.object else { continue }
            values.updateValues { _, value in value = .string(placeholder) }
            manifest.value[member] = .object(values)
        }
        return (manifest, force)
    }

    /// What the server would do beyond the plan: the fields in which the object that it would store differs from what the
    /// plan leads to. `live` is what is there now.
    package func surprises(in stored: Manifest, live: Manifest?) -> [PlannedField] {
        guard let wanted = action.manifest else { return [] }
        var walk = SurpriseWalk(predicted: fields, wanted: wanted.value)
        walk.compare(Self.comparable(live ?? wanted), Self.comparable(stored))
        return walk.surprises.sorted { $0.path < $1.path }
    }

    /// Without what every server keeps for itself, and without values of Secrets.
    private static func comparable(_ manifest: Manifest) -> Value {
        var value = manifest.value
        for name in ["status", "apiVersion", "kind"] { value[name] = nil }
        if manifest.groupKind == .secret {
            for name in ["data", "stringData"] { value[name] = nil }
        }
        for name in [
            "managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink", "namespace",
        ] { value[path: "metadata", name] = nil }
        if value["metadata"]?.isEmpty ?? true { value["metadata"] = nil }
        return value
    }
}

/// Compares two objects and leaves out what a plan foresaw.
private struct SurpriseWalk {
    let predicted: [PlannedField]
    let wanted: Value
    var surprises: [PlannedField] = []

    mutating func compare(_ old: Value?, _ new: Value?, at path: String = "") {
        if old == new { return }
        switch (old, new) {
        case (.object(let left)?, .object(let right)?):
            for pair in left where right[pair.key] == nil { compare(pair.value, nil, at: path.below(pair.key)) }
            for pair in right { compare(left[pair.key], pair.value, at: path.below(pair.key)) }
        case (.array(let left)?, .array(let right)?):
            guard let before = Self.named(left), let after = Self.named(right) else { return note(old, new, path) }
            for (name, item) in before where after[name] == nil { compare(item, nil, at: "\(path)[name=\(name)]") }
            for (name, item) in after { compare(before[name], item, at: "\(path)[name=\(name)]") }
        default: note(old, new, path)
        }
    }

    private mutating func note(_ old: Value?, _ new: Value?, _ path: String) {
        if let foreseen = predicted.first(where: { $0.path == path }) {
            // What was foreseen, written in another way: `1000m` as `1`.
            if let meant = foreseen.new, let new, meant != new {
                surprises.append(PlannedField(path: path, old: meant, new: new))
            }
            return
        }
        let isForeseen = predicted.contains { $0.path.lies(below: path) || path.lies(below: $0.path) }
        if !isForeseen { surprises.append(PlannedField(path: path, old: old, new: new)) }
    }

    /// Items by name; nil when not all of them have one of their own.
    private static func named(_ items: [Value]) -> [String: Value]? {
        var result: [String: Value] = [:]
        for item in items {
            guard let name = item["name"]?.string, result.updateValue(item, forKey: name) == nil else { return nil }
        }
        return result
    }
}

extension String {
    /// The path of a member, written as planned fields are.
    fileprivate func below(_ member: String) -> String {
        if member.contains(".") || member.contains("/") { return "\(self)[\"\(member)\"]" }
        return isEmpty ? member : "\(self).\(member)"
    }

    fileprivate func lies(below path: String) -> Bool {
        hasPrefix(path + ".") || hasPrefix(path + "[")
    }
}
