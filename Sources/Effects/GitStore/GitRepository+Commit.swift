internal import CLibgit2
internal import FoundationEssentials
internal import Glibc
internal import SourceFiles

/// A file to write in a new commit.
package struct GitEdit: Sendable, Hashable {
    package var path: String
    package var bytes: [UInt8]

    package init(path: String, bytes: [UInt8]) {
        self.path = path
        self.bytes = bytes
    }
}

extension GitRepository {
    /// Commits edits on top of HEAD's branch; a work tree gets the same content. What else is changed or staged there
    /// stays as it is. A file whose work-tree content is neither the committed nor the new one is not overwritten.
    func record(
        _ edits: [GitEdit],
        message: String,
        author: GitCommit.Person?
    ) throws(GitFailure) -> GitCommit {
        let operation = "commit"
        guard let branch = headBranch() else {
            throw GitFailure(.conflict, operation, "HEAD is detached; check out a branch first")
        }
        let parent = try target(of: branch)
        for edit in edits { try checkWorkTree(edit, parent) }

        var index: OpaquePointer?
        try check(git_index_new(&index), operation)
        defer { git_index_free(index) }
        var parentCommit: OpaquePointer?
        defer { git_commit_free(parentCommit) }
        if let parent {
            var raw = parent.raw
            try check(git_commit_lookup(&parentCommit, pointer, &raw), operation)
            var tree: OpaquePointer?
            try check(git_commit_tree(&tree, parentCommit), operation)
            defer { git_tree_free(tree) }
            try check(git_index_read_tree(index, tree), operation)
        }
        for edit in edits {
            var entry = git_index_entry()
            try check(
                edit.bytes.withUnsafeBytes {
                    git_blob_create_from_buffer(&entry.id, pointer, $0.baseAddress, $0.count)
                },
                operation
            )
            entry.mode = git_index_get_bypath(index, edit.path, 0)?.pointee.mode ?? GIT_FILEMODE_BLOB.rawValue
            try check(
                edit.path.withCString { path in
                    entry.path = path
                    return git_index_add(index, &entry)
                },
                "\(operation) \(edit.path)"
            )
        }
        var tree = git_oid()
        try check(git_index_write_tree_to(&tree, index, pointer), operation)
        let commit = try write(tree, on: branch, parentCommit, message, author)
        for edit in edits { try updateWorkTree(edit) }
        return try self.commit(commit)
    }

    private func write(
        _ tree: git_oid,
        on branch: String,
        _ parent: OpaquePointer?,
        _ message: String,
        _ author: GitCommit.Person?
    ) throws(GitFailure) -> GitObjectID {
        let operation = "commit"
        var tree = tree
        var object: OpaquePointer?
        try check(git_tree_lookup(&object, pointer, &tree), operation)
        defer { git_tree_free(object) }
        var signature: UnsafeMutablePointer<git_signature>?
        if let author {
            try check(git_signature_now(&signature, author.name, author.email), operation)
        } else if git_signature_default(&signature, pointer) != 0 {
            throw GitFailure(.invalid, operation, "Git does not know who you are: set user.name and user.email")
        }
        defer { git_signature_free(signature) }
        var id = git_oid()
        var parents: [OpaquePointer?] = parent.map { [$0] } ?? []
        let count = parents.count
        // Refuses when the branch has moved since the parent was read.
        try check(
            git_commit_create(&id, pointer, branch, signature, signature, "UTF-8", message, object, count, &parents),
            operation
        )
        return GitObjectID(id)
    }

    private func checkWorkTree(_ edit: GitEdit, _ parent: GitObjectID?) throws(GitFailure) {
        guard let workTree else { return }
        switch try DiskTree(root: workTree).entry(at: edit.path) {
        case .other:
            // Nothing there is fine for a new file; the commit itself names a path that cannot be one.
            return
        case .link, .directory:
            throw GitFailure(.conflict, "commit \(edit.path)", "the work tree holds something else than a file there")
        case .file(let file):
            if file.contentID == DiskTree.blobID(of: edit.bytes) { return }
            var committed: String?
            if let parent {
                var object: OpaquePointer?
                defer { git_object_free(object) }
                if git_revparse_single(&object, pointer, "\(parent):\(edit.path)") == 0, let id = git_object_id(object)
                {
                    committed = GitObjectID(id.pointee).description
                }
            }
            if committed != file.contentID {
                throw GitFailure(.conflict, "commit \(edit.path)", "the file has changes that are not committed")
            }
        }
    }

    private func updateWorkTree(_ edit: GitEdit) throws(GitFailure) {
        guard let workTree else { return }
        let operation = "write \(edit.path)"
        let target = workTree + edit.path
        do {
            let folder = target.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
                separator: "/"
            )
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            var status = stat()
            let exists = stat(target, &status) == 0
            try Data(edit.bytes).write(to: URL(filePath: target), options: .atomic)
            if exists { chmod(target, status.st_mode & 0o777) }
        } catch {
            throw GitFailure(.storage, operation, "the work tree cannot be written, though the commit was made")
        }
        var index: OpaquePointer?
        try check(git_repository_index(&index, pointer), operation)
        defer { git_index_free(index) }
        try check(git_index_read(index, 0), operation)
        try check(git_index_add_bypath(index, edit.path), operation)
        try check(git_index_write(index), operation)
    }
}
