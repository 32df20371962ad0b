/// One broken rule of a schema, with the finer violations that caused it.
package struct SchemaViolation: Hashable, Sendable {
    enum Kind: Sendable { case rule, group, reference }

    /// Where the value stands, as a JSON pointer; empty for the whole document.
    package var pointer: String
    /// What is wrong, e.g. `got string, want integer`.
    package var message: String
    package var causes: [SchemaViolation]
    /// The members of the value that it is about; empty when it is about the value itself.
    var members: [String] = []
    var kind = Kind.rule

    init(_ pointer: String, _ message: String, causes: [SchemaViolation] = [], kind: Kind = .rule) {
        self.pointer = pointer
        self.message = message
        self.causes = causes
        self.kind = kind
    }

    /// The violations as the lines that Helm prints: `- at '/path': reason`, causes indented below.
    package static func text(_ violations: [SchemaViolation]) -> String {
        var lines: [String] = []
        for violation in violations { violation.append(to: &lines, depth: 0) }
        return lines.joined(separator: "\n")
    }

    /// The values that are meant: those of the causes where there are any.
    package var paths: [[String]] {
        if !causes.isEmpty { return causes.flatMap(\.paths) }
        let steps = pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
        return members.isEmpty ? [steps] : members.map { steps + [$0] }
    }

    private func append(to lines: inout [String], depth: Int) {
        // A reference with one cause says nothing that its cause does not say.
        let isSilent = kind == .reference && causes.count == 1
        if !isSilent {
            lines.append(String(repeating: "  ", count: depth) + "- at \(SchemaText.quote(pointer)): \(message)")
        }
        for cause in causes { cause.append(to: &lines, depth: isSilent ? depth : depth + 1) }
    }
}
