package import SourceDiagnostics

/// Takes the fields of one mapping, one by one, and knows in the end which ones nobody asked for.
///
/// ```swift
/// var fields = FieldReader(node, of: "App", &bag)
/// let chart = fields.required("chart", &bag)?.string(&bag)
/// let version = fields.optional("version")?.string(&bag)
/// fields.rejectUnknown(&bag)
/// ```
package struct FieldReader: Sendable {
    /// Where the mapping begins.
    package let position: SourcePosition
    /// What a person calls the mapping in a message: `App`, `spec of Fleet`.
    private let owner: String
    private let entries: [YAMLNode.Entry]
    private let isMapping: Bool
    private var known: [String] = []

    /// Reports when the node is no mapping; then no field is missed or unknown.
    package init(_ node: YAMLNode, of owner: String, _ bag: inout DiagnosticBag) {
        self.owner = owner
        position = node.position
        entries = node.entries ?? []
        isMapping = node.entries != nil
        if !isMapping { node.reportType("an object with the fields of \(owner)", &bag) }
    }

    /// The field, nil when it is absent or null.
    package mutating func optional(_ name: String) -> YAMLNode? {
        known.append(name)
        for entry in entries where entry.key == name { return entry.value.isNull ? nil : entry.value }
        return nil
    }

    /// The field; reports when it is absent or null.
    package mutating func required(_ name: String, _ bag: inout DiagnosticBag) -> YAMLNode? {
        if let node = optional(name) { return node }
        if isMapping {
            let place = entries.first { $0.key == name }?.keyPosition ?? position
            bag.report(Diagnostic(.error, "missing-field", "\(owner) needs the field “\(name)”", at: place))
        }
        return nil
    }

    /// Exactly one of these fields, with its name; reports when there is none or more than one.
    package mutating func exactlyOne(
        of names: [String],
        _ bag: inout DiagnosticBag
    ) -> (name: String, node: YAMLNode)? {
        known += names
        let present = entries.filter { names.contains($0.key) }
        let list = names.map { "“\($0)”" }.joined(separator: ", ")
        if present.isEmpty, isMapping {
            bag.report(Diagnostic(.error, "missing-field", "\(owner) needs one of the fields \(list)", at: position))
        }
        for extra in present.dropFirst() {
            bag.report(
                Diagnostic(
                    .error,
                    "conflicting-fields",
                    "\(owner) takes only one of the fields \(list)",
                    at: extra.keyPosition,
                    trail: present.first.map { [$0.keyPosition] } ?? []
                )
            )
        }
        return present.first.map { ($0.key, $0.value) }
    }

    /// Where the key of a field stands.
    package func keyPosition(_ name: String) -> SourcePosition? { entries.first { $0.key == name }?.keyPosition }

    /// Lets fields pass that are not looked at here.
    package mutating func ignore(_ names: String...) { known += names }

    /// The fields that nobody asked for so far.
    package var rest: [YAMLNode.Entry] { entries.filter { !known.contains($0.key) } }

    /// Reports each field that nobody asked for.
    package func rejectUnknown(_ bag: inout DiagnosticBag) {
        for entry in rest {
            let open = known.filter { name in !entries.contains { $0.key == name } }
            let hint =
                closestName(to: entry.key, in: open).map { "did you mean “\($0)”?" }
                ?? (open.isEmpty ? nil : "it also takes: \(open.sorted().joined(separator: ", "))")
            bag.report(
                Diagnostic(
                    .error,
                    "unknown-field",
                    "“\(entry.key)” is no field of \(owner)",
                    at: entry.keyPosition,
                    hint: hint
                )
            )
        }
    }
}
