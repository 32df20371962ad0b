import CLibyaml
import SourceDiagnostics
import StructuredValue

/// Makes values of events, without a tree in between. This is the path that everything rendered and read goes through.
struct ValueComposer: ~Copyable {
    private var reader: EventReader
    private let options: YAML.ReadOptions
    private let rejectsDuplicates: Bool

    private var anchors: [String: Anchor] = [:]
    private var budget: NodeBudget
    private var findings: [Problem] = []
    private var warnings: [Problem] = []
    /// Whether any document had a key twice.
    private(set) var sawDuplicates = false

    private struct Anchor {
        /// Nil while the node is being read.
        var value: Value?
        var nodes: Int
    }

    init(_ reader: consuming EventReader, _ options: YAML.ReadOptions) {
        self.reader = reader
        self.options = options
        rejectsDuplicates = options.duplicateKeys == .reject
        budget = NodeBudget(options.limits)
    }

    /// All documents, at most `limit`.
    mutating func documents(file: String, limit: Int) -> [YAML.Document] {
        var documents: [YAML.Document] = []
        while documents.count < limit {
            var position = Position(line: 1, column: 1)
            if !findings.isEmpty { findings.removeAll() }
            if !warnings.isEmpty { warnings.removeAll() }
            do throws(Problem) {
                guard try reader.nextDocument() else { break }
                let value = try document(position: &position)
                if value.isNull, findings.isEmpty, !options.keepsEmptyDocuments { continue }
                documents.append(finished(.success(value), file: file, position))
            } catch {
                let isRetried = reader.isRetried(error)
                if !isRetried {
                    findings.append(error)
                    documents.append(finished(.failure(error), file: file, position))
                }
                guard reader.skipDocument(after: error) else { break }
            }
        }
        return documents
    }

    private func finished(_ outcome: Result<Value, Problem>, file: String, _ position: Position) -> YAML.Document {
        let failures = findings.map { $0.diagnostic(file: file) }
        var content = Result<Value, RejectedSource>.failure(RejectedSource(failures))
        if failures.isEmpty, case .success(let value) = outcome { content = .success(value) }
        return YAML.Document(
            position: SourcePosition(file: file, line: position.line, column: position.column),
            content: content,
            warnings: warnings.map { $0.diagnostic(file: file, severity: .warning) },
            // Go parses a document to its end before it looks at what the nodes are.
            goMessages: (findings.filter(\.isOfParser) + findings.filter { !$0.isOfParser } + warnings).map(\.goMessage)
        )
    }

    private mutating func document(position: inout Position) throws(Problem) -> Value {
        if !anchors.isEmpty { anchors.removeAll() }
        budget.reset()
        position = reader.position
        _ = try reader.advance()
        position = reader.position
        let value = try node()
        _ = try reader.advance()
        return value
    }

    /// The node that begins with the current event; afterwards the current event is its last.
    private mutating func node() throws(Problem) -> Value {
        try budget.countNode(reader)
        switch reader.event.pointee.type {
        case YAML_SCALAR_EVENT:
            let scalar = reader.event.pointee.data.scalar
            let value = value(of: scalar)
            if let anchor = scalar.anchor { anchors[name(anchor)] = Anchor(value: value, nodes: 1) }
            return value
        case YAML_MAPPING_START_EVENT:
            return try collection(anchor: reader.event.pointee.data.mapping_start.anchor, isMapping: true)
        case YAML_SEQUENCE_START_EVENT:
            return try collection(anchor: reader.event.pointee.data.sequence_start.anchor, isMapping: false)
        default:
            return try alias()
        }
    }

    private mutating func collection(
        anchor: UnsafePointer<UInt8>?,
        isMapping: Bool
    ) throws(Problem) -> Value {
        try budget.enter(reader)
        defer { budget.leave() }
        guard let anchor else { return isMapping ? try mapping() : try sequence() }
        let name = name(anchor)
        anchors[name] = Anchor(value: nil, nodes: 0)
        let before = budget.nodes
        let value = isMapping ? try mapping() : try sequence()
        anchors[name] = Anchor(value: value, nodes: budget.nodes - before + 1)
        return value
    }

    private mutating func sequence() throws(Problem) -> Value {
        var items: [Value] = []
        while try reader.advance() != YAML_SEQUENCE_END_EVENT { items.append(try node()) }
        return .array(items)
    }

    private mutating func mapping() throws(Problem) -> Value {
        var pairs: [Object.Pair] = []
        // Most mappings of manifests have two to four keys: saves growing twice.
        pairs.reserveCapacity(4)
        var index = KeyIndex()
        var merged: Set<String>?
        while true {
            let type = try reader.advance()
            if type == YAML_MAPPING_END_EVENT { break }
            if type == YAML_SCALAR_EVENT, isMergeKey(reader.event.pointee.data.scalar) {
                _ = try reader.advance()
                let position = reader.position
                let value = try node()
                merge(value, at: position, into: &pairs, &index, &merged)
                continue
            }
            let position = reader.position
            let key = try key(type)
            _ = try reader.advance()
            let valueLine = rejectsDuplicates || options.duplicateKeys == .warn ? reader.position.line : 0
            let value = try node()
            guard let key else { continue }
            if let existing = index.find(key, in: pairs) {
                pairs[existing].value = value
                if merged?.remove(key) == nil { reportDuplicate(key, at: position, valueLine: valueLine) }
            } else {
                index.note(key, in: pairs)
                pairs.append(Object.Pair(key: key, value: value))
            }
        }
        return .object(Object(pairs))
    }

    private mutating func reportDuplicate(_ key: String, at position: Position, valueLine: Int) {
        let problem = Problem.duplicateKey(key, at: position, first: nil, valueLine: valueLine)
        switch options.duplicateKeys {
        case .lastWins: return
        case .reject: findings.append(problem)
        case .warn: warnings.append(problem)
        }
        sawDuplicates = true
    }

    /// The text of a key; nil, and a finding, when it cannot be one.
    private mutating func key(_ type: yaml_event_type_t) throws(Problem) -> String? {
        try budget.countNode(reader)
        if type == YAML_SCALAR_EVENT {
            let scalar = reader.event.pointee.data.scalar
            let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            if scalar.tag == nil, scalar.anchor == nil, scalar.plain_implicit == 0 || !mayBeSpecial(bytes) {
                return String(decoding: bytes, as: UTF8.self)
            }
            let position = reader.position
            let before = findings.count
            let value = value(of: scalar)
            if let anchor = scalar.anchor { anchors[name(anchor)] = Anchor(value: value, nodes: 1) }
            let key = keyText(of: value)
            if key == nil, findings.count == before { findings.append(.invalidKey(.null, at: position)) }
            return key
        }
        let position = reader.position
        let before = findings.count
        let value = try node()
        let key = keyText(of: value)
        if key == nil, findings.count == before {
            findings.append(.invalidKey(value, at: position))
        }
        return key
    }

    private mutating func value(of scalar: YAMLScalarEvent) -> Value {
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        if scalar.tag == nil {
            if scalar.plain_implicit == 0 { return .string(String(decoding: bytes, as: UTF8.self)) }
            let value = resolvePlain(bytes)
            if case .double(let number) = value, !number.isFinite { return refuseNumber(bytes) }
            return value
        }
        return taggedValue(of: scalar)
    }

    private mutating func taggedValue(of scalar: YAMLScalarEvent) -> Value {
        let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
        guard let tag = scalar.tag else { return .null }
        do throws(TagMismatch) {
            let value = try tag.withMemoryRebound(to: CChar.self, capacity: 1) { (tag) throws(TagMismatch) in
                try resolveTagged(tag, bytes)
            }
            if case .double(let number) = value, !number.isFinite { return refuseNumber(bytes) }
            return value
        } catch {
            findings.append(
                Problem("yaml-invalid-tag", error.message, at: reader.position, goMessage: error.goMessage)
            )
            return .null
        }
    }

    private mutating func refuseNumber(_ bytes: UnsafeBufferPointer<UInt8>) -> Value {
        findings.append(.notFinite(at: reader.position, text: String(decoding: bytes, as: UTF8.self)))
        return .null
    }

    private mutating func alias() throws(Problem) -> Value {
        guard let anchor = reader.event.pointee.data.alias.anchor else { return .null }
        let name = name(anchor)
        guard let target = anchors[name], let value = target.value else {
            findings.append(.unknownAnchor(name, at: reader.position, isOpen: anchors[name] != nil))
            return .null
        }
        try budget.countAlias(target.nodes, reader)
        return value
    }

    private mutating func merge(
        _ value: Value,
        at position: Position,
        into pairs: inout [Object.Pair],
        _ index: inout KeyIndex,
        _ merged: inout Set<String>?
    ) {
        var sources: [Object] = []
        switch value {
        case .object(let object): sources = [object]
        case .array(let items): sources = items.reversed().compactMap(\.object)
        default: break
        }
        if sources.count != (value.array?.count ?? 1) { findings.append(.invalidMerge(at: position)) }
        for source in sources {
            for pair in source {
                if let existing = index.find(pair.key, in: pairs) {
                    pairs[existing].value = pair.value
                } else {
                    index.note(pair.key, in: pairs)
                    pairs.append(pair)
                    merged = merged ?? []
                    merged?.insert(pair.key)
                }
            }
        }
    }
}

typealias YAMLScalarEvent = yaml_event_s.__Unnamed_union_data.__Unnamed_struct_scalar

func name(_ anchor: UnsafePointer<UInt8>) -> String { String(cString: anchor) }

/// Whether a plain scalar may be anything but text, judged by its first byte.
@inline(__always)
func mayBeSpecial(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    switch first {
    case 0x30...0x39, UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "~"): return true
    default: return bytes.count <= 5
    }
}

/// `<<`, unquoted.
func isMergeKey(_ scalar: YAMLScalarEvent) -> Bool {
    guard scalar.length == 2, scalar.value[0] == UInt8(ascii: "<"), scalar.value[1] == UInt8(ascii: "<") else {
        return false
    }
    guard let tag = scalar.tag else { return scalar.plain_implicit != 0 }
    return scalar.plain_implicit != 0 || String(cString: tag) == "tag:yaml.org,2002:merge"
}

/// The text that a key of another kind becomes; nil for what cannot be a key.
func keyText(of value: Value) -> String? {
    switch value {
    case .string(let text): return text
    case .int(let number): return String(number)
    case .bool(let flag): return flag ? "true" : "false"
    case .number(let text): return text
    // Go formats such keys with the precision of a 32-bit number.
    case .double(let number): return formatForGo(Float(number))
    case .null, .array, .object: return nil
    }
}

/// Finds a key among the pairs read so far: by walking while there are few, else by a table.
struct KeyIndex {
    private var table: [String: Int] = [:]
    private static let few = 24

    @inline(__always)
    func find(_ key: String, in pairs: [Object.Pair]) -> Int? {
        if pairs.count > Self.few { return table[key] }
        for index in pairs.indices where pairs[index].key == key { return index }
        return nil
    }

    /// To be called before a new key is appended.
    @inline(__always)
    mutating func note(_ key: String, in pairs: [Object.Pair]) {
        guard pairs.count >= Self.few else { return }
        if table.isEmpty {
            for (index, pair) in pairs.enumerated() { table[pair.key] = index }
        }
        table[key] = pairs.count
    }
}
