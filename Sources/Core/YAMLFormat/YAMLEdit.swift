package import SourceDiagnostics
package import StructuredValue

/// Changes single values of a YAML text and leaves every other byte as it is: comments, blank lines, order, quotes.
///
/// Each change is proved before it is kept: the new text is read again and must hold the old documents with exactly this
/// one value changed.
package struct YAMLEdit: Sendable {
    /// The text as it is by now.
    package private(set) var bytes: [UInt8]
    private let file: String

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// Sets the value at a path of a document, counting documents with content from 0. A scalar is replaced where it stands
    /// and keeps its quotes; a missing key is added at the end of its mapping, and so are missing mappings on the way.
    package mutating func set(
        _ value: Value,
        at path: [YAML.PathStep],
        inDocument index: Int = 0
    ) throws(RejectedSource) {
        bytes = try changed(document: index, at: path) { (root) throws(RejectedSource) in
            var lines = SourceLines(bytes)
            let target = nearest(root, path)
            if target.rest.isEmpty {
                return try replacement(of: target, by: value, &lines)
            }
            var added = value
            for step in target.rest.dropFirst().reversed() {
                guard case .key(let key) = step else { throw refusal("a list has no item to change here", target.node) }
                added = .object([key: added])
            }
            guard case .key(let key)? = target.rest.first else {
                throw refusal("the list has no such item", target.node)
            }
            return try insertion(of: key, added, into: target, &lines)
        } expecting: { document in
            document = setting(document, path[...], to: value)
        }
    }

    /// Adds an item at the end of a list.
    package mutating func append(
        _ value: Value,
        at path: [YAML.PathStep],
        inDocument index: Int = 0
    ) throws(RejectedSource) {
        bytes = try changed(document: index, at: path) { (root) throws(RejectedSource) in
            guard let list = root[path: path], let items = list.items, list.layout.form != .alias else {
                throw refusal("an item cannot be added here, for this is no list", root[path: path] ?? root)
            }
            var lines = SourceLines(bytes)
            if list.layout.form == .flow {
                var at = lines.offset(list.layout.end) - 1
                while at > 0, isBlank(bytes[at - 1]) { at -= 1 }
                let separator = items.isEmpty ? "" : bytes[at - 1] == UInt8(ascii: ",") ? " " : ", "
                return Splice(range: at..<at, replacement: Array("\(separator)\(flowText(value))".utf8))
            }
            return insertionOfLines(
                YAML.text([value], .readable),
                column: list.position.column,
                after: contentEnd(of: list, &lines)
            )
        } expecting: { document in
            let old = self.value(in: document, path[...])?.array ?? []
            document = setting(document, path[...], to: .array(old + [value]))
        }
    }

    /// Takes an item out of a list. A list that has no other item goes with its key.
    package mutating func remove(at path: [YAML.PathStep], inDocument index: Int = 0) throws(RejectedSource) {
        guard case .index(let item)? = path.last else { return }
        let above = Array(path.dropLast())
        bytes = try changed(document: index, at: path) { (root) throws(RejectedSource) in
            guard let list = root[path: above], let items = list.items, items.indices.contains(item) else {
                throw refusal("the list has no such item", root)
            }
            var lines = SourceLines(bytes)
            if items.count == 1 { return try removal(ofKeyAt: above, in: root, &lines) }
            if list.layout.form == .flow {
                // Up to the next item, or from the end of the one before.
                let start =
                    item + 1 < items.count ? lines.offset(items[item].position) : flowEnd(items[item - 1], &lines)
                let end = item + 1 < items.count ? lines.offset(items[item + 1].position) : flowEnd(items[item], &lines)
                return Splice(range: start..<end, replacement: [])
            }
            let dash = lineStart(before: lines.offset(items[item].position))
            return Splice(range: dash..<lineEnd(after: contentEnd(of: items[item], &lines)), replacement: [])
        } expecting: { document in
            var rest = self.value(in: document, above[...])?.array ?? []
            if rest.count == 1, case .key(let key)? = above.last {
                var object = self.value(in: document, above.dropLast()) ?? .null
                object[key] = nil
                document = setting(document, above.dropLast(), to: object)
            } else if rest.indices.contains(item) {
                rest.remove(at: item)
                document = setting(document, above[...], to: .array(rest))
            }
        }
    }

    /// The lines of a key with its value in a block mapping.
    private func removal(
        ofKeyAt path: [YAML.PathStep],
        in root: YAMLNode,
        _ lines: inout SourceLines
    ) throws(RejectedSource) -> Splice {
        guard case .key(let key)? = path.last, let mapping = root[path: Array(path.dropLast())],
            let entry = mapping.entries?.first(where: { $0.key == key && !$0.isMerged }), mapping.layout.form == .block
        else { throw refusal("the last item of this list cannot be taken out", root[path: path] ?? root) }
        let start = lineStart(before: lines.offset(entry.keyPosition))
        return Splice(range: start..<lineEnd(after: contentEnd(of: entry.value, &lines)), replacement: [])
    }

    private func flowEnd(_ node: YAMLNode, _ lines: inout SourceLines) -> Int { lines.offset(node.layout.end) }

    private func lineStart(before index: Int) -> Int {
        var start = index
        while start > 0, bytes[start - 1] != 0x0A { start -= 1 }
        return start
    }

    private func lineEnd(after index: Int) -> Int {
        var end = index
        while end < bytes.count, bytes[end] != 0x0A { end += 1 }
        return min(end + 1, bytes.count)
    }

    /// The value at a path; nil when it leads nowhere.
    private func value(in document: Value, _ path: ArraySlice<YAML.PathStep>) -> Value? {
        path.reduce(document) { value, step in
            switch step {
            case .key(let key): value?[key]
            case .index(let index): value?[index]
            }
        }
    }

    // MARK: Proving

    private struct Splice {
        var range: Range<Int>
        var replacement: [UInt8]
    }

    private func changed(
        document index: Int,
        at path: [YAML.PathStep],
        _ makeSplice: (YAMLNode) throws(RejectedSource) -> Splice,
        expecting: (inout Value) -> Void
    ) throws(RejectedSource) -> [UInt8] {
        let documents = YAML.nodes(bytes, file: file, .lenient)
        guard documents.indices.contains(index), let root = documents[index].node else {
            let found = documents.indices.contains(index) ? documents[index].diagnostics : []
            throw RejectedSource(found.isEmpty ? [failure("there is no document \(index + 1)", at: nil)] : found)
        }
        let splice = try makeSplice(root)
        var changed = bytes
        changed.replaceSubrange(splice.range, with: splice.replacement)

        var expected = documents.map { $0.node?.value }
        if var value = expected[index] {
            expecting(&value)
            expected[index] = value
        }
        let outcome = YAML.nodes(changed, file: file, .lenient).map { $0.node?.value }
        guard outcome == expected else {
            throw refusal("this place cannot be changed without changing others", root[path: path] ?? root)
        }
        return changed
    }

    /// The value with the one at the path set, as the edit must have changed it.
    private func setting(_ value: Value, _ path: ArraySlice<YAML.PathStep>, to new: Value) -> Value {
        guard let step = path.first else { return new }
        switch (step, value) {
        case (.index(let index), .array(var items)) where items.indices.contains(index):
            items[index] = setting(items[index], path.dropFirst(), to: new)
            return .array(items)
        case (.key(let key), _):
            var object = value.object ?? Object()
            object[key] = setting(object[key] ?? .null, path.dropFirst(), to: new)
            return .object(object)
        default:
            return value
        }
    }

    // MARK: Finding

    /// The deepest node on the path that is written in the text, what is above it, and what of the path is left.
    private struct Target {
        var node: YAMLNode
        /// The entry whose value the node is, if it is a mapping's.
        var entry: YAMLNode.Entry?
        /// The column, from 1, of the nearest block mapping's keys or list's dashes above the node.
        var outerColumn: Int
        var isInFlow: Bool
        var rest: ArraySlice<YAML.PathStep>
    }

    private func nearest(_ root: YAMLNode, _ path: [YAML.PathStep]) -> Target {
        var target = Target(node: root, entry: nil, outerColumn: 0, isInFlow: false, rest: path[...])
        while let step = target.rest.first {
            var next: YAMLNode?
            var entry: YAMLNode.Entry?
            if case .key(let key) = step {
                entry = target.node.entries?.first { $0.key == key && !$0.isMerged }
                next = entry?.value
            } else {
                next = target.node[path: [step]]
            }
            guard let next, target.node.layout.form != .alias else { return target }
            if target.node.layout.form == .block { target.outerColumn = column(of: target.node) }
            target.isInFlow = target.isInFlow || target.node.layout.form == .flow
            target.node = next
            target.entry = entry
            target.rest = target.rest.dropFirst()
        }
        return target
    }

    /// The column in which the keys of a block mapping or the dashes of a block list stand.
    private func column(of node: YAMLNode) -> Int {
        node.entries?.first { !$0.isMerged }?.keyPosition.column ?? node.position.column
    }

    // MARK: Replacing

    private func replacement(
        of target: Target,
        by value: Value,
        _ lines: inout SourceLines
    ) throws(RejectedSource) -> Splice {
        let node = target.node
        let start = lines.offset(node.position)
        if case .scalar = node.content, node.layout.form != .alias {
            let end = contentEnd(of: node, &lines)
            if case .string(let text) = value, let kept = keepingQuotes(text, node.layout.form) {
                return Splice(range: valueStart(of: node, start, &lines)..<end, replacement: kept)
            }
            let isEmpty = start == end
            var written = try inlined(value, target, node)
            if isEmpty {
                // Nothing stood after the colon or dash, perhaps not even a space.
                let needsSpace = start > 0 && !isBlank(bytes[start - 1])
                if needsSpace { written.insert(0x20, at: 0) }
            }
            return Splice(range: valueStart(of: node, start, &lines)..<end, replacement: written)
        }
        if node.layout.form == .flow || node.layout.form == .alias {
            return Splice(
                range: start..<lines.offset(node.layout.end),
                replacement: Array(flowText(value).utf8)
            )
        }
        throw refusal("a block of several lines is here; change the values inside it one by one", node)
    }

    /// The text of a value within one line.
    private func inlined(_ value: Value, _ target: Target, _ node: YAMLNode) throws(RejectedSource) -> [UInt8] {
        switch value {
        case .array, .object: return Array(flowText(value).utf8)
        case .string(let text) where text.contains("\n"): return Array(JSON.text(value).utf8)
        case .string where target.isInFlow:
            // What ends a plain text between braces needs quotes there.
            let plain = YAML.text(value, .readable).dropLast()
            return plain.contains { ",[]{}:#\n".contains($0) } ? Array(JSON.text(value).utf8) : Array(plain.utf8)
        default: return Array(YAML.text(value, .readable).utf8.dropLast())
        }
    }

    /// JSON is YAML: what stands between braces is written that way.
    private func flowText(_ value: Value) -> String { JSON.text(value) }

    /// The text in the quotes that the old one had; nil when it had none or cannot stand in them.
    private func keepingQuotes(_ text: String, _ form: YAMLNode.Layout.Form) -> [UInt8]? {
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else { return nil }
        switch form {
        case .singleQuoted:
            return Array(
                "'\(text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))'".utf8
            )
        case .doubleQuoted: return Array(JSON.text(.string(text)).utf8)
        default: return nil
        }
    }

    /// Where the scalar itself begins, after its anchor and tag.
    private func valueStart(of node: YAMLNode, _ start: Int, _ lines: inout SourceLines) -> Int {
        guard node.layout.hasProperties else { return start }
        var index = start
        while index < bytes.count, bytes[index] == UInt8(ascii: "&") || bytes[index] == UInt8(ascii: "!") {
            while index < bytes.count, !isBlank(bytes[index]) { index += 1 }
            while index < bytes.count, bytes[index] == 0x20 { index += 1 }
        }
        return index
    }

    /// Where the text of a node ends, without the blank lines and comments behind it.
    private func contentEnd(of node: YAMLNode, _ lines: inout SourceLines) -> Int {
        switch node.content {
        case .scalar:
            var end = lines.offset(node.layout.end)
            if node.layout.form == .blockScalar {
                // libyaml ends it where the next token begins.
                while end > 0, isBlank(bytes[end - 1]) { end -= 1 }
            }
            return end
        case .mapping(let entries):
            if node.layout.form != .block { return lines.offset(node.layout.end) }
            guard let last = entries.last(where: { !$0.isMerged }) else { return lines.offset(node.layout.end) }
            let end = contentEnd(of: last.value, &lines)
            return max(end, lines.offset(last.keyPosition))
        case .sequence(let items):
            if node.layout.form != .block { return lines.offset(node.layout.end) }
            return items.last.map { contentEnd(of: $0, &lines) } ?? lines.offset(node.layout.end)
        }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    // MARK: Inserting

    private func insertion(
        of key: String,
        _ value: Value,
        into target: Target,
        _ lines: inout SourceLines
    ) throws(RejectedSource) -> Splice {
        let node = target.node
        if node.isNull, node.layout.form == .plain, node.position.line >= 1 {
            return try insertionBelowEmptyKey(key, value, target, &lines)
        }
        guard let entries = node.entries, node.layout.form != .alias else {
            throw refusal("a key cannot be added here, for this is no object", node)
        }
        if node.layout.form == .flow {
            let end = lines.offset(node.layout.end) - 1
            var at = end
            while at > 0, isBlank(bytes[at - 1]) { at -= 1 }
            let separator = entries.isEmpty ? "" : bytes[at - 1] == UInt8(ascii: ",") ? " " : ", "
            return Splice(
                range: at..<at,
                replacement: Array("\(separator)\(JSON.text(.string(key))): \(flowText(value))".utf8)
            )
        }
        let text = YAML.text([key: value], .readable)
        return insertionOfLines(text, column: column(of: node), after: contentEnd(of: node, &lines))
    }

    /// `spec:` with nothing behind it becomes the key of a mapping.
    private func insertionBelowEmptyKey(
        _ key: String,
        _ value: Value,
        _ target: Target,
        _ lines: inout SourceLines
    ) throws(RejectedSource) -> Splice {
        let node = target.node
        guard let entry = target.entry, !target.isInFlow else { throw refusal("a key cannot be added here", node) }
        let start = lines.offset(node.position)
        let end = lines.offset(node.layout.end)
        if start != end {
            // `~` or `null` goes.
            return Splice(range: start..<end, replacement: Array(flowText([key: value]).utf8))
        }
        let text = YAML.text([key: value], .readable)
        return insertionOfLines(text, column: entry.keyPosition.column + 2, after: start)
    }

    /// New lines after the line in which `end` lies.
    private func insertionOfLines(_ text: String, column: Int, after end: Int) -> Splice {
        let margin = String(repeating: " ", count: column - 1)
        var block = ""
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            block += line.isEmpty ? "\n" : "\(margin)\(line)\n"
        }
        var at = end
        while at < bytes.count, bytes[at] != 0x0A { at += 1 }
        if at == bytes.count {
            return Splice(range: at..<at, replacement: Array(("\n" + block.dropLast()).utf8))
        }
        return Splice(range: (at + 1)..<(at + 1), replacement: Array(block.utf8))
    }

    // MARK: Refusing

    private func refusal(_ message: String, _ node: YAMLNode) -> RejectedSource {
        RejectedSource([failure(message, at: node.position)])
    }

    private func failure(_ message: String, at position: SourcePosition?) -> Diagnostic {
        Diagnostic(.error, "yaml-edit-refused", message, at: position, hint: "edit the file by hand")
    }
}

/// Byte offsets of lines and columns.
private struct SourceLines {
    private let bytes: [UInt8]
    private var starts: [Int] = [0]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        bytes.withUnsafeBufferPointer { buffer in
            // libyaml does not count a byte order mark.
            if buffer.starts(with: [0xEF, 0xBB, 0xBF]) { starts = [3] }
            var index = 0
            while index < buffer.count {
                let width = lineBreakWidth(buffer, at: index)
                index += max(width, 1)
                if width > 0 { starts.append(index) }
            }
        }
    }

    func offset(_ position: SourcePosition) -> Int {
        offset(Position(line: position.line, column: position.column))
    }

    func offset(_ position: Position) -> Int {
        guard position.line <= starts.count else { return bytes.count }
        var index = starts[position.line - 1]
        var column = 1
        while column < position.column, index < bytes.count {
            index += 1
            while index < bytes.count, bytes[index] & 0xC0 == 0x80 { index += 1 }
            column += 1
        }
        return index
    }
}
