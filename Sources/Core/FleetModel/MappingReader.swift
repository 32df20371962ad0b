import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Reads the fields of one mapping and remembers which it was asked for, so that every other one can be named as a
/// mistake at the end.
///
/// Reading never stops at a mistake: it is reported, and the field counts as absent.
struct MappingReader {
    let node: YAMLNode
    /// Dotted, for messages: `spec.rollout`. Empty at the top.
    let path: String
    private var asked: [String] = []

    /// Reports and returns nil when the node is no mapping.
    init?(_ node: YAMLNode, _ path: String, _ bag: inout DiagnosticBag) {
        guard node.entries != nil else {
            bag.report(wrongType(node, path, "an object"))
            return nil
        }
        self.node = node
        self.path = path
    }

    /// The field's node; nil when it is absent or null.
    mutating func node(_ key: String) -> YAMLNode? {
        if !asked.contains(key) { asked.append(key) }
        guard let found = node[key], !found.isNull else { return nil }
        return found
    }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Reports every field that nobody asked for.
    func rejectUnknownFields(_ bag: inout DiagnosticBag) {
        for entry in node.entries ?? [] where !asked.contains(entry.key) {
            let near = closestName(to: entry.key, in: asked).map { "did you mean “\($0)”?" }
            bag.report(
                Diagnostic(
                    .error,
                    "unknown-field",
                    "\(path.isEmpty ? "a document" : "“\(path)”") has no field “\(entry.key)”",
                    at: entry.keyPosition,
                    hint: near ?? "known fields: \(asked.sorted().joined(separator: ", "))"
                )
            )
        }
    }

    func reportMissing(_ key: String, _ bag: inout DiagnosticBag) {
        bag.report(Diagnostic(.error, "missing-field", "“\(path(of: key))” is required", at: node.position))
    }

    /// A nested mapping.
    mutating func mapping(_ key: String, _ bag: inout DiagnosticBag) -> MappingReader? {
        guard let found = node(key) else { return nil }
        return MappingReader(found, path(of: key), &bag)
    }

    /// The items of a list; empty when it is absent.
    mutating func list(_ key: String, _ bag: inout DiagnosticBag) -> [(node: YAMLNode, path: String)] {
        guard let found = node(key) else { return [] }
        guard let items = found.items else {
            bag.report(wrongType(found, path(of: key), "an array"))
            return []
        }
        return items.enumerated().map { ($1, "\(path(of: key))[\($0)]") }
    }

    /// The items of a list of mappings.
    mutating func mappings(_ key: String, _ bag: inout DiagnosticBag) -> [MappingReader] {
        list(key, &bag).compactMap { MappingReader($0.node, $0.path, &bag) }
    }
}

// MARK: - Scalars

extension MappingReader {
    mutating func text(_ key: String, _ bag: inout DiagnosticBag) -> Located<String>? {
        guard let found = node(key) else { return nil }
        guard case .scalar(let scalar) = found.content, let text = scalar.value.string else {
            var finding = wrongType(found, path(of: key), "a string")
            if case .scalar(let scalar) = found.content { finding.hint = "quote it: \"\(scalar.text)\"" }
            bag.report(finding)
            return nil
        }
        return Located(text, at: found.position)
    }

    /// A text that must be there and must not be empty.
    mutating func requiredText(_ key: String, _ bag: inout DiagnosticBag) -> Located<String>? {
        if node(key) == nil {
            reportMissing(key, &bag)
            return nil
        }
        guard let text = text(key, &bag) else { return nil }
        if text.value.isEmpty {
            bag.report(Diagnostic(.error, "missing-field", "“\(path(of: key))” must not be empty", at: text.position))
            return nil
        }
        return text
    }

    mutating func bool(_ key: String, _ bag: inout DiagnosticBag) -> Bool? {
        guard let found = node(key) else { return nil }
        guard let value = found.value.bool else {
            bag.report(wrongType(found, path(of: key), "true or false"))
            return nil
        }
        return value
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int>, _ bag: inout DiagnosticBag) -> Int? {
        guard let found = node(key) else { return nil }
        guard let value = found.value.int else {
            bag.report(wrongType(found, path(of: key), "a whole number"))
            return nil
        }
        guard range.contains(value) else {
            let bounds =
                range.upperBound == .max ? "at least \(range.lowerBound)" : "\(range.lowerBound) to \(range.upperBound)"
            bag.report(
                Diagnostic(
                    .error,
                    "out-of-range",
                    "“\(path(of: key))” must be \(bounds), not \(value)",
                    at: found.position
                )
            )
            return nil
        }
        return value
    }

    /// One of a closed set of words.
    mutating func word<Word: RawRepresentable<String> & CaseIterable>(
        _ key: String,
        _ type: Word.Type,
        _ bag: inout DiagnosticBag
    ) -> Word? {
        guard let text = text(key, &bag) else { return nil }
        if let word = Word(rawValue: text.value) { return word }
        let known = Word.allCases.map(\.rawValue)
        let near = known.first { $0.lowercased() == text.value.lowercased() } ?? closestName(to: text.value, in: known)
        bag.report(
            Diagnostic(
                .error,
                "unknown-value",
                "“\(path(of: key))” must be \(known.joined(separator: ", ")), not “\(text.value)”",
                at: text.position,
                hint: near.map { "did you mean “\($0)”?" }
            )
        )
        return nil
    }

    /// Free-form values. Anything but a mapping is a mistake.
    mutating func values(_ key: String, _ bag: inout DiagnosticBag) -> (value: Value, position: SourcePosition)? {
        guard let found = node(key) else { return nil }
        guard found.entries != nil else {
            bag.report(wrongType(found, path(of: key), "an object"))
            return nil
        }
        return (found.value, found.position)
    }

    /// A map of texts, such as labels.
    mutating func texts(_ key: String, _ bag: inout DiagnosticBag) -> [String: String] {
        guard var reader = mapping(key, &bag) else { return [:] }
        var result: [String: String] = [:]
        for entry in reader.node.entries ?? [] {
            if let text = reader.text(entry.key, &bag) { result[entry.key] = text.value }
        }
        return result
    }

    mutating func textList(_ key: String, _ bag: inout DiagnosticBag) -> [Located<String>] {
        list(key, &bag).compactMap { item in
            guard let text = item.node.value.string else {
                bag.report(wrongType(item.node, item.path, "a string"))
                return nil
            }
            return Located(text, at: item.node.position)
        }
    }

    mutating func selector(_ key: String, _ bag: inout DiagnosticBag) -> LabelSelector? {
        guard var reader = mapping(key, &bag) else { return nil }
        _ = reader.node("matchLabels")
        _ = reader.node("matchExpressions")
        reader.rejectUnknownFields(&bag)
        do {
            return try LabelSelector(reader.node.value)
        } catch {
            bag.report(Diagnostic(.error, "bad-selector", "“\(path(of: key))”: \(error)", at: reader.node.position))
            return nil
        }
    }
}

func wrongType(_ node: YAMLNode, _ path: String, _ wanted: String) -> Diagnostic {
    let name = path.isEmpty ? "the document" : "“\(path)”"
    return Diagnostic(
        .error,
        "wrong-type",
        "\(name) must be \(wanted), not \(article(node.typeName))",
        at: node.position
    )
}

private func article(_ name: String) -> String {
    name == "null" ? name : "aeiou".contains(name.prefix(1)) ? "an \(name)" : "a \(name)"
}
