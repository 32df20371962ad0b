package import SourceDiagnostics
package import StructuredValue

/// A piece of a YAML document that knows where it stands. For what people write and we decode ourselves; everything
/// else is read as plain `Value`s.
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        case scalar(Scalar)
        case sequence([YAMLNode])
        case mapping([Entry])
    }

    package struct Scalar: Sendable {
        /// What the text stands for.
        package var value: Value
        /// The text as it was written, without quotes and with escapes and folds resolved.
        package var text: String
        package var isPlain: Bool
    }

    /// One key of a mapping with its value.
    package struct Entry: Sendable {
        package var key: String
        package var keyPosition: SourcePosition
        package var value: YAMLNode
        /// Whether it came in by `<<` and is written elsewhere.
        package var isMerged = false
    }

    package var content: Content
    package var position: SourcePosition
    /// How the node is written, for edits in place.
    var layout: Layout

    init(_ content: Content, at position: SourcePosition, _ layout: Layout) {
        self.content = content
        self.position = position
        self.layout = layout
    }
}

extension YAMLNode {
    /// How a node is written in the text.
    struct Layout: Sendable {
        enum Form: Sendable { case plain, singleQuoted, doubleQuoted, blockScalar, block, flow, alias }
        var form: Form
        /// After its last character. Of block collections and block scalars libyaml knows the next token only.
        var end: Position
        /// Whether an anchor or a tag is written before it.
        var hasProperties: Bool
    }
}

extension YAMLNode {
    /// The value, without positions.
    package var value: Value {
        switch content {
        case .scalar(let scalar): return scalar.value
        case .sequence(let items): return .array(items.map(\.value))
        case .mapping(let entries):
            return .object(Object(entries.map { Object.Pair(key: $0.key, value: $0.value.value) }))
        }
    }

    package var entries: [Entry]? {
        if case .mapping(let entries) = content { entries } else { nil }
    }

    package var items: [YAMLNode]? {
        if case .sequence(let items) = content { items } else { nil }
    }

    package var isNull: Bool {
        if case .scalar(let scalar) = content { scalar.value.isNull } else { false }
    }

    /// Whether it is a text written as a block (`|`, `>`), whose first line is the one below its position.
    package var isBlockText: Bool { layout.form == .blockScalar }

    /// Whether this is a list or a mapping in brackets or braces.
    package var isFlow: Bool { layout.form == .flow }

    /// The path to the deepest node that begins at this place; nil when none does.
    package func path(to place: SourcePosition) -> [YAML.PathStep]? {
        for entry in entries ?? [] where !entry.isMerged {
            if let below = entry.value.path(to: place) { return [.key(entry.key)] + below }
        }
        for (index, item) in (items ?? []).enumerated() {
            if let below = item.path(to: place) { return [.index(index)] + below }
        }
        return position == place ? [] : nil
    }

    /// What a person calls this kind of node.
    package var typeName: String {
        switch content {
        case .scalar(let scalar): scalar.value.typeName
        case .sequence: "array"
        case .mapping: "object"
        }
    }

    /// The value of a key; nil when this is no mapping or has no such key.
    package subscript(_ key: String) -> YAMLNode? { entries?.first { $0.key == key }?.value }

    /// The item at an index; nil when this is no sequence or is shorter.
    package subscript(_ index: Int) -> YAMLNode? {
        guard let items, items.indices.contains(index) else { return nil }
        return items[index]
    }

    /// The node at a path, nil as soon as a step leads nowhere.
    package subscript(path path: [YAML.PathStep]) -> YAMLNode? {
        var node = self
        for step in path {
            let next =
                switch step {
                case .key(let key): node[key]
                case .index(let index): node[index]
                }
            guard let next else { return nil }
            node = next
        }
        return node
    }

    /// Where the node at a path stands, or the nearest node above it that exists.
    package func position(of path: [YAML.PathStep]) -> SourcePosition {
        var node = self
        for step in path {
            guard let next = node[path: [step]] else { break }
            node = next
        }
        return node.position
    }
}

extension YAML {
    /// One step of a path into a document.
    package enum PathStep: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
        case key(String)
        case index(Int)

        package init(stringLiteral value: String) { self = .key(value) }
        package init(integerLiteral value: Int) { self = .index(value) }
    }

    /// One document as located nodes, or why it cannot be read.
    package struct NodeDocument: Sendable {
        /// Nil when the document is broken.
        package var node: YAMLNode?
        package var diagnostics: [Diagnostic]
        package var warnings: [Diagnostic]
    }

    /// Every document of a file as located nodes. A broken document is a failure of its own; the others are read.
    package static func nodes(
        _ bytes: [UInt8],
        file: String,
        _ options: ReadOptions = .strict
    ) -> [NodeDocument] {
        bytes.withUnsafeBufferPointer { bytes in
            var composer = NodeComposer(EventReader(bytes), options, file: file)
            return composer.documents(limit: .max)
        }
    }

    /// As `nodes` of bytes; findings go to the bag, broken documents are left out.
    package static func nodes(
        _ bytes: [UInt8],
        file: String,
        _ options: ReadOptions = .strict,
        findings bag: inout DiagnosticBag
    ) -> [YAMLNode] {
        var nodes: [YAMLNode] = []
        for document in Self.nodes(bytes, file: file, options) {
            for diagnostic in document.diagnostics + document.warnings { bag.report(diagnostic) }
            if let node = document.node { nodes.append(node) }
        }
        return nodes
    }

    /// Where the value at a path of a document stands in the file. Reads the text again: positions cost nothing until
    /// somebody asks. Documents are counted as `documents` with the same options counts them.
    package static func position(
        of path: [PathStep],
        inDocument index: Int,
        of bytes: [UInt8],
        file: String,
        _ options: ReadOptions = .lenient
    ) -> SourcePosition? {
        let documents = nodes(bytes, file: file, options)
        guard documents.indices.contains(index) else { return nil }
        return documents[index].node?.position(of: path)
    }
}
