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
