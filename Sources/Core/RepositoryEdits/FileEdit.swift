import SourceDiagnostics
package import SourceFiles
import YAMLFormat

/// A file as it shall be.
package struct FileEdit: Sendable, Hashable {
    /// From the root of the repository.
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

extension SourceTree {
    /// The tree with some files written anew.
    package func applying(_ edits: [FileEdit]) -> SourceTree {
        let written = edits.map { edit in
            File(path: edit.path, contentID: "edited:\(edit.bytes.hashValue)") { edit.bytes }
        }
        return SourceTree(revision: revision, files: files + written)
    }
}

/// Files that are edited bit by bit.
struct EditedFiles {
    private let tree: SourceTree
    private var edits: [String: YAMLEdit] = [:]

    /// Replaces a word without any sign of YAML that begins at a place, or after the quote there: such a place may lie in
    /// a text that is YAML itself. Returns the word that stands there; another one than expected stays.
    mutating func replaceWord(
        _ old: String,
        by new: String,
        at place: SourcePosition
    ) throws(RejectedSource) -> String {
        let bytes = try bytes(of: place.file)
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.indices.contains(place.line - 1) else { return "" }
        let line = lines[place.line - 1]
        var start = line.startIndex + place.column - 1
        guard start < line.endIndex else { return "" }
        if line[start] == 0x22 || line[start] == 0x27 { start += 1 }
        let ends: Set<UInt8> = [0x20, 0x09, 0x0D, 0x22, 0x27, 0x2C, 0x7D, 0x5D]
        // A brace closes a variable's name, but ends a word elsewhere.
        let isVariable = line[start...].starts(with: Array("${".utf8))
        let end = line[start...].firstIndex { ends.contains($0) && !(isVariable && $0 == 0x7D) } ?? line.endIndex
        let word = String(decoding: line[start..<end], as: UTF8.self)
        if word == old {
            let result = Array(bytes[..<start]) + Array(new.utf8) + Array(bytes[end...])
            edits[place.file] = YAMLEdit(result, file: place.file)
        }
        return word
    }

    init(_ tree: SourceTree) { self.tree = tree }

    var all: [FileEdit] { edits.map { FileEdit(path: $0.key, bytes: $0.value.bytes) }.sorted { $0.path < $1.path } }

    /// The file as it is by now.
    func bytes(of path: String) throws(RejectedSource) -> [UInt8] {
        if let edit = edits[path] { return edit.bytes }
        guard let file = tree.file(path) else { throw Self.failure("edit-file", "\(path) is not in the repository") }
        do { return try file.bytes() } catch {
            throw Self.failure("edit-file", "\(path) cannot be read: \(error)")
        }
    }

    /// Changes one file.
    mutating func edit(_ path: String, _ body: (inout YAMLEdit) throws(RejectedSource) -> Void) throws(RejectedSource) {
        var edit = YAMLEdit(try bytes(of: path), file: path)
        try body(&edit)
        edits[path] = edit
    }

    static func failure(
        _ code: String,
        _ message: String,
        at position: SourcePosition? = nil,
        hint: String? = nil
    ) -> RejectedSource {
        RejectedSource([Diagnostic(.error, code, message, at: position, hint: hint)])
    }
}
