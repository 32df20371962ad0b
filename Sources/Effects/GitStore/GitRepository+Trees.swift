internal import CLibgit2

/// One entry of a tree object.
struct GitTreeEntry {
    enum Kind { case file, executable, link, directory }

    var name: String
    var id: GitObjectID
    var kind: Kind
}

extension GitRepository {
    /// The entries of one tree object. Submodules are left out: they are not part of this repository.
    func entries(ofTree id: GitObjectID) throws(GitFailure) -> [GitTreeEntry] {
        var tree: OpaquePointer?
        var raw = id.raw
        try check(git_tree_lookup(&tree, pointer, &raw), "read tree \(id.short)")
        defer { git_tree_free(tree) }
        let count = git_tree_entrycount(tree)
        var entries: [GitTreeEntry] = []
        entries.reserveCapacity(count)
        for index in 0..<count {
            guard let entry = git_tree_entry_byindex(tree, index), let name = git_tree_entry_name(entry),
                let entryID = git_tree_entry_id(entry)
            else { continue }
            let kind: GitTreeEntry.Kind
            switch git_tree_entry_filemode(entry) {
            case GIT_FILEMODE_TREE: kind = .directory
            case GIT_FILEMODE_BLOB_EXECUTABLE: kind = .executable
            case GIT_FILEMODE_LINK: kind = .link
            case GIT_FILEMODE_COMMIT: continue
            default: kind = .file
            }
            let text = String(cString: name)
            // A hostile tree may hold names that no work tree could: they never become paths here.
            if text.isEmpty || text == "." || text == ".." || text.utf8.contains(UInt8(ascii: "/")) { continue }
            entries.append(GitTreeEntry(name: text, id: GitObjectID(entryID.pointee), kind: kind))
        }
        return entries
    }

    /// The paths that differ between two trees; all of the new one when there is no old one.
    func changes(from old: GitObjectID?, to new: GitObjectID) throws(GitFailure) -> [GitChange] {
        if old == new { return [] }
        let operation = "compare trees"
        func lookUp(_ id: GitObjectID) throws(GitFailure) -> OpaquePointer? {
            var tree: OpaquePointer?
            var raw = id.raw
            try check(git_tree_lookup(&tree, pointer, &raw), operation)
            return tree
        }
        var oldTree: OpaquePointer?
        if let old { oldTree = try lookUp(old) }
        defer { git_tree_free(oldTree) }
        let newTree = try lookUp(new)
        defer { git_tree_free(newTree) }
        var options = git_diff_options()
        git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        options.flags = GIT_DIFF_SKIP_BINARY_CHECK.rawValue | GIT_DIFF_IGNORE_SUBMODULES.rawValue
        var diff: OpaquePointer?
        try check(git_diff_tree_to_tree(&diff, pointer, oldTree, newTree, &options), operation)
        defer { git_diff_free(diff) }
        return Self.changes(in: diff)
    }

    static func changes(in diff: OpaquePointer?) -> [GitChange] {
        var changes: [GitChange] = []
        for index in 0..<git_diff_num_deltas(diff) {
            guard let delta = git_diff_get_delta(diff, index)?.pointee else { continue }
            switch delta.status {
            case GIT_DELTA_ADDED, GIT_DELTA_UNTRACKED, GIT_DELTA_COPIED:
                if let path = delta.new_file.path {
                    changes.append(GitChange(path: String(cString: path), kind: .added))
                }
            case GIT_DELTA_DELETED:
                if let path = delta.old_file.path {
                    changes.append(GitChange(path: String(cString: path), kind: .deleted))
                }
            case GIT_DELTA_MODIFIED, GIT_DELTA_TYPECHANGE, GIT_DELTA_CONFLICTED, GIT_DELTA_UNREADABLE:
                if let path = delta.new_file.path ?? delta.old_file.path {
                    changes.append(GitChange(path: String(cString: path), kind: .modified))
                }
            default: continue
            }
        }
        return changes
    }
}
