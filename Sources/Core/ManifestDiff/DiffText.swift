import KubernetesMerge
import StructuredValue

/// Field changes as text that reads like a unified diff of the YAML, with only what changes and the way to it.
///
/// ```
///   spec:
///     template:
///       spec:
///         containers[name=app]:
/// -         image: app:1
/// +         image: app:2
/// ```
package struct DiffText: Sendable {
    /// Spaces per level.
    package var indent: Int
    /// Longer values are cut after so many lines.
    package var linesLimit: Int

    package init(indent: Int = 2, linesLimit: Int = 40) {
        self.indent = indent
        self.linesLimit = linesLimit
    }

    /// The text of changes that are sorted by path; empty when there are none.
    package func text(of changes: [FieldChange]) -> String {
        var lines: [String] = []
        var open: [String] = []
        for change in changes {
            let names = Self.names(of: change)
            let parents = names.dropLast()
            var common = 0
            while common < min(open.count, parents.count), open[common] == parents[common] { common += 1 }
            for (level, name) in parents.enumerated().dropFirst(common) {
                lines.append("  \(padding(level))\(name):")
            }
            open = Array(parents)
            let name = names.last ?? ""
            if let old = change.old { lines += render(name, old, sign: "-", level: parents.count) }
            if let new = change.new { lines += render(name, new, sign: "+", level: parents.count) }
        }
        return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
    }

    private func padding(_ level: Int) -> String { String(repeating: " ", count: indent * level) }

    /// The path with list items written behind their list's name.
    private static func names(of change: FieldChange) -> [String] {
        var names: [String] = []
        for element in change.path.elements {
            switch element {
            case .field(let name): names.append(Scalar.key(name))
            case .key, .value, .index:
                let item = FieldPathText.item(element)
                if names.isEmpty { names.append(item) } else { names[names.count - 1] += item }
            }
        }
        return names
    }

    private func render(_ name: String, _ value: Value, sign: String, level: Int) -> [String] {
        var lines: [String] = []
        append(value, after: "\(name):", level: level, to: &lines)
        if lines.count > linesLimit {
            let hidden = lines.count - linesLimit
            lines = Array(lines.prefix(linesLimit)) + ["\(padding(level + 1))… \(hidden) more lines"]
        }
        return lines.map { "\(sign) \($0)" }
    }

    /// Appends a value in YAML's block style; `head` stands before it on its first line.
    private func append(_ value: Value, after head: String, level: Int, to lines: inout [String]) {
        switch value {
        case .object(let object) where !object.isEmpty:
            lines.append(padding(level) + head)
            for pair in object { append(pair.value, after: "\(Scalar.key(pair.key)):", level: level + 1, to: &lines) }
        case .array(let items) where !items.isEmpty:
            lines.append(padding(level) + head)
            for item in items { appendItem(item, level: level, to: &lines) }
        case .string(let text) where text.contains("\n"):
            lines.append("\(padding(level))\(head) |\(text.hasSuffix("\n") ? "" : "-")")
            let body = text.hasSuffix("\n") ? text.dropLast() : text[...]
            for line in body.split(separator: "\n", omittingEmptySubsequences: false) {
                lines.append(line.isEmpty ? "" : padding(level + 1) + line)
            }
        default: lines.append("\(padding(level))\(head) \(Scalar.text(value))")
        }
    }

    private func appendItem(_ item: Value, level: Int, to lines: inout [String]) {
        switch item {
        case .object(let object) where !object.isEmpty:
            var inner: [String] = []
            for pair in object { append(pair.value, after: "\(Scalar.key(pair.key)):", level: level + 1, to: &inner) }
            inner[0] = padding(level) + "- " + inner[0].dropFirst(indent * (level + 1))
            lines += inner
        case .array(let items) where !items.isEmpty:
            lines.append("\(padding(level))-")
            for inner in items { appendItem(inner, level: level + 1, to: &lines) }
        default: lines.append("\(padding(level))- \(Scalar.text(item))")
        }
    }
}

private enum FieldPathText {
    static func item(_ element: PathElement) -> String { FieldPath([element]).readableText }
}

/// Scalars as YAML reads them back.
private enum Scalar {
    static func key(_ name: String) -> String { isPlain(name) ? name : JSON.text(.string(name)) }

    static func text(_ value: Value) -> String {
        if let text = value.string { return isPlain(text) ? text : JSON.text(value) }
        return JSON.text(value)
    }

    /// Whether a text needs no quotes: it starts like a word, holds nothing that YAML reads, and is no keyword or number.
    private static func isPlain(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count < 200 else { return false }
        let isLetter =
            first >= 0x41 && first <= 0x5A || first >= 0x61 && first <= 0x7A || first == 0x2F || first >= 0x80
        let isDigit = first >= 0x30 && first <= 0x39
        guard isLetter || isDigit || first == 0x28 else { return false }
        if text.hasSuffix(":") || text.hasSuffix(" ") || text.contains(": ") || text.contains(" #") { return false }
        if text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return false }
        if isDigit,
            text.utf8.allSatisfy({ $0 >= 0x2B && $0 <= 0x3A || $0 == 0x5F || $0 == 0x65 || $0 == 0x45 || $0 == 0x78 })
        {
            return false
        }
        return !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    }
}
