package import StructuredValue

extension YAML {
    /// How YAML text is laid out.
    package struct Style: Sendable {
        /// Keys in Go's order; else in their own.
        package var sortsKeys: Bool
        /// Sequences stand deeper than their key, and lines are as long as they like: what `toYamlPretty` does.
        package var indentsSequences: Bool
        /// Lines are broken at the first space after this column; nil for never.
        package var lineWidth: Int?

        package init(sortsKeys: Bool = true, indentsSequences: Bool = false, lineWidth: Int? = 80) {
            self.sortsKeys = sortsKeys
            self.indentsSequences = indentsSequences
            self.lineWidth = lineWidth
        }

        /// What `sigs.k8s.io/yaml` writes, and so Helm's `toYaml` and `kubectl -o yaml`.
        package static let kubernetes = Style()
        /// What Helm's `toYamlPretty` writes.
        package static let pretty = Style(indentsSequences: true, lineWidth: nil)
        /// Keys in the order of the value, for files that people read.
        package static let readable = Style(sortsKeys: false, lineWidth: nil)
    }

    /// The value as YAML text with a line break at its end.
    package static func text(_ value: Value, _ style: Style = .kubernetes) -> String {
        String(decoding: bytes(value, style), as: UTF8.self)
    }

    /// The value as YAML text in UTF-8 with a line break at its end.
    package static func bytes(_ value: Value, _ style: Style = .kubernetes) -> [UInt8] {
        var emitter = Emitter(style)
        emitter.document(value)
        return emitter.output
    }

    /// The values as documents with `---` between them.
    package static func text(documents: [Value], _ style: Style = .kubernetes) -> String {
        documents.map { text($0, style) }.joined(separator: "---\n")
    }
}
