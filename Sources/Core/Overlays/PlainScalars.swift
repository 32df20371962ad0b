import KubernetesMerge
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Scalars that overlays read otherwise than Kubernetes does: words like `yes` and `y` are texts, as YAML 1.2 has them,
/// a member without any value is told from a written `null`, and folded texts are as they are after kustomize wrote and
/// read them once.
struct PlainScalars {
    private static let words: Set<String> = ["y", "n", "yes", "no", "on", "off"]
    private let lines: [ArraySlice<UInt8>]

    init(_ bytes: [UInt8]) { lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false) }

    /// Whether there may be such scalars; a quick look that may be wrong only in saying yes.
    static func needCare(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            var startsWord = true
            var last: UInt8 = 0x0A
            var lastInk: UInt8 = 0
            var indent = 0
            var column = 0
            var openIndent: Int?
            for index in bytes.indices {
                let byte = bytes[index]
                defer {
                    last = byte
                    if byte > 0x20 { lastInk = byte }
                }
                // A member in braces without a value.
                if lastInk == UInt8(ascii: ":"), byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") { return true }
                if byte == 0x0A {
                    if last == UInt8(ascii: ":") { openIndent = indent }
                    startsWord = true
                    column = 0
                    indent = 0
                    continue
                }
                if column == indent, byte == 0x20 || byte == UInt8(ascii: "-") {
                    indent += 1
                } else if column == indent, let open = openIndent {
                    // A key at the end of a line, and the next one is not below it.
                    if indent <= open { return true }
                    openIndent = nil
                }
                column += 1
                if byte <= 0x20 || byte == UInt8(ascii: "[") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "{") {
                    startsWord = true
                    continue
                }
                defer { startsWord = false }
                if startsWord, byte == UInt8(ascii: ">"), index + 1 < bytes.count, isFoldHeader(bytes[index + 1]) {
                    return true
                }
                let lower = byte | 0x20
                guard startsWord, lower == UInt8(ascii: "y") || lower == UInt8(ascii: "n") || lower == UInt8(ascii: "o")
                else { continue }
                var end = index
                while end < bytes.count, end - index < 4, isLetter(bytes[end]) { end += 1 }
                guard end == bytes.count || isEnd(bytes[end]) else { continue }
                let word = String(decoding: UnsafeBufferPointer(rebasing: bytes[index..<end]), as: UTF8.self)
                if words.contains(word.lowercased()) { return true }
            }
            return openIndent != nil || last == UInt8(ascii: ":")
        }
    }

    /// Whether this byte may follow the sign of a folded text.
    private static func isFoldHeader(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte >= 0x30 && byte <= 0x39
    }

    private static func isLetter(_ byte: UInt8) -> Bool { byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A }

    private static func isEnd(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
            || byte == UInt8(ascii: ":")
    }

    /// The value of a node with such words as texts.
    func value(of node: YAMLNode) -> Value {
        switch node.content {
        case .scalar(let scalar):
            if scalar.isPlain, case .bool = scalar.value, Self.words.contains(scalar.text.lowercased()) {
                return .string(scalar.text)
            }
            if !scalar.isPlain, case .string(let text) = scalar.value, isFolded(node) {
                return .string(Self.refolded(text))
            }
            return scalar.value
        case .mapping(let entries):
            var object = Object()
            object.reserveCapacity(entries.count)
            for entry in entries { object.append(key(of: entry), value(of: entry.value)) }
            return .object(object)
        case .sequence(let items): return .array(items.map { value(of: $0) })
        }
    }

    private func isFolded(_ node: YAMLNode) -> Bool {
        let line = node.position.line - 1
        return lines.indices.contains(line)
            && lines[line].dropFirst(node.position.column - 1).first == UInt8(ascii: ">")
    }

    /// A folded text after Go's emitter wrote it: the break before a line that is indented more, or before kept breaks at
    /// the end, is written twice and so read back as two.
    static func refolded(_ text: String) -> String {
        guard text.utf8.contains(0x0A) else { return text }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + 8)
        var isAfterBreak = true
        var isIndented = true
        for (index, byte) in bytes.enumerated() {
            if byte == 0x0A {
                if !isAfterBreak, !isIndented {
                    let next = bytes[index...].first { $0 != 0x0A }
                    let keepsEnd = next == nil && bytes.count - index > 1
                    if keepsEnd || next == 0x20 || next == 0x09 { result.append(byte) }
                }
                isAfterBreak = true
            } else {
                if isAfterBreak { isIndented = byte == 0x20 || byte == 0x09 }
                isAfterBreak = false
            }
            result.append(byte)
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// A key as it is written, where it was read as a boolean.
    private func key(of entry: YAMLNode.Entry) -> String {
        guard entry.key == "true" || entry.key == "false", lines.indices.contains(entry.keyPosition.line - 1) else {
            return entry.key
        }
        let line = lines[entry.keyPosition.line - 1].dropFirst(entry.keyPosition.column - 1)
        let word = String(decoding: line.prefix { Self.isLetter($0) }, as: UTF8.self)
        return Self.words.contains(word.lowercased()) ? word : entry.key
    }

    /// The members without a value.
    func emptyMembers(of node: YAMLNode, _ prefix: [YAML.PathStep] = []) -> [EmptyMember] {
        switch node.content {
        case .scalar: return []
        case .sequence(let items):
            return items.enumerated().flatMap { emptyMembers(of: $1, prefix + [.index($0)]) }
        case .mapping(let entries):
            var found: [EmptyMember] = []
            for entry in entries {
                let path = prefix + [.key(key(of: entry))]
                if case .scalar(let scalar) = entry.value.content {
                    guard scalar.isPlain, scalar.text.isEmpty, scalar.value.isNull else { continue }
                    found.append(EmptyMember(path: path, isInFlow: node.isFlow))
                } else {
                    found += emptyMembers(of: entry.value, path)
                }
            }
            return found
        }
    }
}

/// A member that is null because nothing was written for it.
struct EmptyMember: Hashable {
    var path: [YAML.PathStep]
    /// Whether it stands in braces. There kustomize writes an empty text for it.
    var isInFlow: Bool
}

extension Value {
    /// Changes the member at a path where it is null; nil takes it out. Every list on the way must let itself be entered.
    mutating func replaceNull(
        at path: ArraySlice<YAML.PathStep>,
        with new: Value?,
        _ type: TypeSchema?,
        entering: (TypeSchema?) -> Bool
    ) -> Bool {
        guard let step = path.first else { return false }
        switch (step, self) {
        case (.key(let key), .object(var object)):
            guard var member = object[key] else { return false }
            if path.count == 1 {
                guard member.isNull else { return false }
                if let new { object[key] = new } else { object.removeValue(forKey: key) }
            } else {
                let isDone = member.replaceNull(
                    at: path.dropFirst(),
                    with: new,
                    type?.memberType(key),
                    entering: entering
                )
                guard isDone else { return false }
                object[key] = member
            }
            self = .object(object)
            return true
        case (.index(let index), .array(var items)):
            guard items.indices.contains(index), entering(type) else { return false }
            let isDone = items[index].replaceNull(
                at: path.dropFirst(),
                with: new,
                type?.list?.items.resolved,
                entering: entering
            )
            self = .array(items)
            return isDone
        default: return false
        }
    }
}
