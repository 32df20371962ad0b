import CLibyaml
import SourceDiagnostics
import StructuredValue

/// Makes located nodes of events: slower than `ValueComposer`, with the place of everything.
struct NodeComposer: ~Copyable {
    private var reader: EventReader
    private let options: YAML.ReadOptions
    private let file: String

    private var anchors: [String: Anchor] = [:]
    private var budget: NodeBudget
    private var findings: [Problem] = []
    private var warnings: [Problem] = []

    private struct Anchor {
        var node: YAMLNode?
        var nodes: Int
    }

    init(_ reader: consuming EventReader, _ options: YAML.ReadOptions, file: String) {
        self.reader = reader
        self.options = options
        self.file = file
        budget = NodeBudget(options.limits)
    }

    mutating func documents(limit: Int) -> [YAML.NodeDocument] {
        var documents: [YAML.NodeDocument] = []
        while documents.count < limit {
            findings.removeAll()
            warnings.removeAll()
            do throws(Problem) {
                guard try reader.nextDocument() else { break }
                let node = try document()
                if node.isNull, findings.isEmpty, !options.keepsEmptyDocuments { continue }
                documents.append(finished(node))
            } catch {
                if !reader.isRetried(error) {
                    findings.append(error)
                    documents.append(finished(nil))
                }
                guard reader.skipDocument(after: error) else { break }
            }
        }
        return documents
    }

    private func finished(_ node: YAMLNode?) -> YAML.NodeDocument {
        YAML.NodeDocument(
            node: findings.isEmpty ? node : nil,
            diagnostics: findings.map { $0.diagnostic(file: file) },
            warnings: warnings.map { $0.diagnostic(file: file, severity: .warning) }
        )
    }

    private mutating func document() throws(Problem) -> YAMLNode {
        anchors.removeAll()
        budget.reset()
        _ = try reader.advance()
        let node = try node()
        _ = try reader.advance()
        return node
    }

    private func located(_ position: Position) -> SourcePosition {
        SourcePosition(file: file, line: position.line, column: position.column)
    }

    private mutating func node() throws(Problem) -> YAMLNode {
        try budget.countNode(reader)
        let position = located(reader.position)
        switch reader.event.pointee.type {
        case YAML_SCALAR_EVENT:
            let scalar = reader.event.pointee.data.scalar
            let hasProperties = scalar.anchor != nil || scalar.tag != nil
            let layout = YAMLNode.Layout(
                form: form(of: scalar),
                end: reader.endPosition,
                hasProperties: hasProperties
            )
            let node = YAMLNode(.scalar(content(of: scalar)), at: position, layout)
            if let anchor = scalar.anchor { anchors[name(anchor)] = Anchor(node: node, nodes: 1) }
            return node
        case YAML_MAPPING_START_EVENT:
            let start = reader.event.pointee.data.mapping_start
            let layout = YAMLNode.Layout(
                form: start.style == YAML_FLOW_MAPPING_STYLE ? .flow : .block,
                end: reader.endPosition,
                hasProperties: start.anchor != nil || start.tag != nil
            )
            return try collection(start.anchor.map { name($0) }, at: position, layout, isMapping: true)
        case YAML_SEQUENCE_START_EVENT:
            let start = reader.event.pointee.data.sequence_start
            let layout = YAMLNode.Layout(
                form: start.style == YAML_FLOW_SEQUENCE_STYLE ? .flow : .block,
                end: reader.endPosition,
                hasProperties: start.anchor != nil || start.tag != nil
            )
            return try collection(start.anchor.map { name($0) }, at: position, layout, isMapping: false)
        default:
            return try alias(at: position)
        }
    }

    private mutating func collection(
        _ anchor: String?,
        at position: SourcePosition,
        _ layout: YAMLNode.Layout,
        isMapping: Bool
    ) throws(Problem) -> YAMLNode {
        try budget.enter(reader)
        defer { budget.leave() }
        let before = budget.nodes
        if let anchor { anchors[anchor] = Anchor(node: nil, nodes: 0) }
        var node = YAMLNode(isMapping ? .mapping(try entries()) : .sequence(try items()), at: position, layout)
        node.layout.end = reader.endPosition
        if let anchor { anchors[anchor] = Anchor(node: node, nodes: budget.nodes - before + 1) }
        return node
    }

    private mutating func items() throws(Problem) -> [YAMLNode] {
        var items: [YAMLNode] = []
        while try reader.advance() != YAML_SEQUENCE_END_EVENT { items.append(try node()) }
        return items
    }

    private mutating func entries() throws(Problem) -> [YAMLNode.Entry] {
        var entries: [YAMLNode.Entry] = []
        var places: [String: (index: Int, isMerged: Bool)] = [:]
        while true {
            let type = try reader.advance()
            if type == YAML_MAPPING_END_EVENT { return entries }
            if type == YAML_SCALAR_EVENT, isMergeKey(reader.event.pointee.data.scalar) {
                _ = try reader.advance()
                let position = reader.position
                let node = try node()
                for var entry in mergedEntries(node, at: position) {
                    entry.isMerged = true
                    if let place = places[entry.key] {
                        entries[place.index].value = entry.value
                        entries[place.index].isMerged = true
                    } else {
                        places[entry.key] = (entries.count, true)
                        entries.append(entry)
                    }
                }
                continue
            }
            let position = reader.position
            let before = findings.count
            let keyNode = try node()
            let key = keyText(of: keyNode.value)
            if key == nil, findings.count == before {
                findings.append(.invalidKey(keyNode.value, at: position))
            }
            _ = try reader.advance()
            let valueLine = reader.position.line
            let node = try node()
            guard let key else { continue }
            let entry = YAMLNode.Entry(key: key, keyPosition: located(position), value: node)
            if let place = places[key] {
                if !place.isMerged {
                    let first = entries[place.index].keyPosition
                    let firstPosition = Position(line: first.line, column: first.column)
                    let problem = Problem.duplicateKey(key, at: position, first: firstPosition, valueLine: valueLine)
                    switch options.duplicateKeys {
                    case .reject: findings.append(problem)
                    case .warn: warnings.append(problem)
                    case .lastWins: break
                    }
                }
                places[key] = (place.index, false)
                entries[place.index] = entry
            } else {
                places[key] = (entries.count, false)
                entries.append(entry)
            }
        }
    }

    private mutating func mergedEntries(_ node: YAMLNode, at position: Position) -> [YAMLNode.Entry] {
        switch node.content {
        case .mapping(let entries): return entries
        case .sequence(let items) where items.allSatisfy({ $0.entries != nil }):
            return items.reversed().flatMap { $0.entries ?? [] }
        default:
            findings.append(.invalidMerge(at: position))
            return []
        }
    }

    private mutating func alias(at position: SourcePosition) throws(Problem) -> YAMLNode {
        let layout = YAMLNode.Layout(form: .alias, end: reader.endPosition, hasProperties: false)
        let null = YAMLNode(.scalar(.init(value: .null, text: "", isPlain: true)), at: position, layout)
        guard let anchor = reader.event.pointee.data.alias.anchor else { return null }
        let name = name(anchor)
        guard let target = anchors[name], var node = target.node else {
            findings.append(.unknownAnchor(name, at: reader.position, isOpen: anchors[name] != nil))
            return null
        }
        try budget.countAlias(target.nodes, reader)
        node.position = position
        node.layout = layout
        return node
    }

    private func form(of scalar: YAMLScalarEvent) -> YAMLNode.Layout.Form {
        switch scalar.style {
        case YAML_SINGLE_QUOTED_SCALAR_STYLE: .singleQuoted
        case YAML_DOUBLE_QUOTED_SCALAR_STYLE: .doubleQuoted
        case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .blockScalar
        default: .plain
        }
    }

    private mutating func content(of scalar: YAMLScalarEvent) -> YAMLNode.Scalar {
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        let text = String(decoding: bytes, as: UTF8.self)
        let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
        var value = Value.string(text)
        if let tag = scalar.tag {
            do throws(TagMismatch) {
                value = try tag.withMemoryRebound(to: CChar.self, capacity: 1) { (tag) throws(TagMismatch) in
                    try resolveTagged(tag, bytes)
                }
            } catch {
                findings.append(
                    Problem("yaml-invalid-tag", error.message, at: reader.position, goMessage: error.goMessage)
                )
            }
        } else if scalar.plain_implicit != 0 {
            value = resolvePlain(bytes)
        }
        if case .double(let number) = value, !number.isFinite {
            findings.append(.notFinite(at: reader.position, text: text))
            value = .null
        }
        return YAMLNode.Scalar(value: value, text: text, isPlain: isPlain)
    }
}
