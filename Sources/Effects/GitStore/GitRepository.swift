internal import CGitShims
internal import CLibgit2
internal import SemanticVersion

/// An open repository. One thread at a time may use it.
final class GitRepository {
    let pointer: OpaquePointer

    /// Starts libgit2 once per process.
    private static let library: Void = {
        git_libgit2_init()
        martlet_git_configure(64 << 20, 20_000_000)
    }()

    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { git_repository_free(pointer) }

    /// Opens the repository at a path, or the one that the path lies in when `searches`.
    static func open(_ path: String, searches: Bool = false) throws(GitFailure) -> GitRepository {
        library
        var pointer: OpaquePointer?
        let flags = searches ? 0 : GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
        let code = git_repository_open_ext(&pointer, path, flags, nil)
        if code == GIT_ENOTFOUND.rawValue {
            throw GitFailure(.notFound, "open \(path)", "there is no Git repository")
        }
        try check(code, "open \(path)")
        guard let pointer else { throw GitFailure(.corrupt, "open \(path)", "no repository was opened") }
        return GitRepository(pointer)
    }

    /// Makes a repository, with the directories above it: bare, or with a work tree on the branch `main`.
    static func create(_ path: String, isBare: Bool = true) throws(GitFailure) -> GitRepository {
        library
        var options = git_repository_init_options()
        git_repository_init_options_init(&options, UInt32(GIT_REPOSITORY_INIT_OPTIONS_VERSION))
        options.flags = GIT_REPOSITORY_INIT_MKPATH.rawValue
        if isBare { options.flags |= GIT_REPOSITORY_INIT_BARE.rawValue }
        var pointer: OpaquePointer?
        let code = "main".withCString { branch in
            if !isBare { options.initial_head = branch }
            return git_repository_init_ext(&pointer, path, &options)
        }
        try check(code, "create \(path)")
        guard let pointer else { throw GitFailure(.storage, "create \(path)", "no repository was made") }
        return GitRepository(pointer)
    }

    var isBare: Bool { git_repository_is_bare(pointer) == 1 }
    /// The work tree's root with a slash at its end; nil when bare.
    var workTree: String? { git_repository_workdir(pointer).map { String(cString: $0) } }
    /// Where HEAD, refs and objects are, with a slash at the end.
    var directory: String { git_repository_path(pointer).map { String(cString: $0) } ?? "" }
}

extension GitRepository {
    /// The commit that a reference names now.
    func resolve(_ reference: GitReference) throws(GitFailure) -> GitCommit {
        switch reference {
        case .branch(nil):
            var id = git_oid()
            let code = git_reference_name_to_id(&id, pointer, "HEAD")
            if code == GIT_ENOTFOUND.rawValue {
                throw GitFailure(.notFound, "read HEAD", "the repository has no commits on its default branch")
            }
            try check(code, "read HEAD")
            return try commit(GitObjectID(id))
        case .branch(.some(let name)):
            if let id = try target(of: "refs/heads/\(name)") { return try commit(id) }
            if let id = try target(of: "refs/remotes/origin/\(name)") { return try commit(id) }
            throw GitFailure(.notFound, "read branch \(name)", "the repository has no such branch")
        case .tag(let name): return try tagged(name)
        case .semver(let range):
            let constraint: SemanticVersionRange
            do { constraint = try SemanticVersionRange(parsing: range) } catch {
                throw GitFailure(.invalid, "read version range", "“\(range)” is not a range: \(error.message)")
            }
            var best: (version: SemanticVersion, tag: String)?
            for tag in try tags() {
                guard let version = SemanticVersion(tag), constraint.contains(version) else { continue }
                if let current = best, version.compare(to: current.version) <= 0 { continue }
                best = (version, tag)
            }
            guard let best else { throw GitFailure(.notFound, "choose a tag", "no tag is a version within “\(range)”") }
            return try tagged(best.tag)
        case .commit(let id):
            guard (4...40).contains(id.utf8.count),
                id.utf8.allSatisfy({
                    UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
                        || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0 || UInt8(ascii: "A")...UInt8(ascii: "F") ~= $0
                })
            else { throw GitFailure(.invalid, "read commit \(id)", "a commit id is 4 to 40 hexadecimal digits") }
            return try resolve(revision: id)
        }
    }

    /// The commit that any revision text of Git names: `HEAD~6`, `main`, `v1.2.0`, `3f2a91c`.
    func resolve(revision: String) throws(GitFailure) -> GitCommit {
        let operation = "resolve revision \(revision)"
        if revision.hasPrefix("-") || revision.isEmpty {
            throw GitFailure(.invalid, operation, "this is not a revision")
        }
        var object: OpaquePointer?
        let code = git_revparse_single(&object, pointer, revision)
        guard code == 0 else {
            // A branch that only the remote of a clone has.
            if let id = try target(of: "refs/remotes/origin/\(revision)") { return try commit(id) }
            if code == GIT_ENOTFOUND.rawValue { throw GitFailure(.notFound, operation, "there is no such revision") }
            throw GitFailure.last(code, operation)
        }
        defer { git_object_free(object) }
        return try commit(try peeled(object, operation))
    }

    private func peeled(_ object: OpaquePointer?, _ operation: String) throws(GitFailure) -> GitObjectID {
        var commit: OpaquePointer?
        let code = git_object_peel(&commit, object, GIT_OBJECT_COMMIT)
        guard code == 0, let commit, let id = git_object_id(commit) else {
            throw GitFailure(.invalid, operation, "this does not name a commit")
        }
        defer { git_object_free(commit) }
        return GitObjectID(id.pointee)
    }

    /// What a full reference name points to; nil when there is none.
    func target(of name: String) throws(GitFailure) -> GitObjectID? {
        var isValid: Int32 = 0
        guard git_reference_name_is_valid(&isValid, name) == 0, isValid == 1 else { return nil }
        var id = git_oid()
        let code = git_reference_name_to_id(&id, pointer, name)
        if code == GIT_ENOTFOUND.rawValue { return nil }
        try check(code, "read \(name)")
        return GitObjectID(id)
    }

    private func tagged(_ name: String) throws(GitFailure) -> GitCommit {
        let operation = "read tag \(name)"
        guard let id = try target(of: "refs/tags/\(name)") else {
            throw GitFailure(.notFound, operation, "the repository has no such tag")
        }
        var object: OpaquePointer?
        var raw = id.raw
        try check(git_object_lookup(&object, pointer, &raw, GIT_OBJECT_ANY), operation)
        defer { git_object_free(object) }
        var result = try commit(try peeled(object, operation))
        result.tag = name
        return result
    }

    private func tags() throws(GitFailure) -> [String] {
        var names = git_strarray()
        try check(git_tag_list(&names, pointer), "list tags")
        defer { git_strarray_dispose(&names) }
        return (0..<names.count).compactMap { index in names.strings[index].map { String(cString: $0) } }
    }

    /// The branch that HEAD names, e.g. `refs/heads/main`, whether or not it has commits; nil when detached.
    func headBranch() -> String? {
        var head: OpaquePointer?
        guard git_reference_lookup(&head, pointer, "HEAD") == 0 else { return nil }
        defer { git_reference_free(head) }
        return git_reference_symbolic_target(head).map { String(cString: $0) }
    }

    func commit(_ id: GitObjectID) throws(GitFailure) -> GitCommit {
        let operation = "read commit \(id.short)"
        var commit: OpaquePointer?
        var raw = id.raw
        try check(git_commit_lookup(&commit, pointer, &raw), operation)
        guard let commit, let tree = git_commit_tree_id(commit) else {
            throw GitFailure(.corrupt, operation, "the commit names no tree")
        }
        defer { git_commit_free(commit) }
        var parents: [GitObjectID] = []
        for index in 0..<git_commit_parentcount(commit) {
            if let parent = git_commit_parent_id(commit, index) { parents.append(GitObjectID(parent.pointee)) }
        }
        return GitCommit(
            id: id,
            tree: GitObjectID(tree.pointee),
            parents: parents,
            author: Self.person(git_commit_author(commit)),
            committer: Self.person(git_commit_committer(commit)),
            authorSeconds: Int(git_commit_author(commit)?.pointee.when.time ?? 0),
            commitSeconds: Int(git_commit_time(commit)),
            message: git_commit_message(commit).map { String(cString: $0) } ?? ""
        )
    }

    private static func person(_ signature: UnsafePointer<git_signature>?) -> GitCommit.Person {
        GitCommit.Person(
            name: signature?.pointee.name.map { String(cString: $0) } ?? "",
            email: signature?.pointee.email.map { String(cString: $0) } ?? ""
        )
    }

    /// Whether `ancestor` is in the history of `commit`.
    func isAncestor(_ ancestor: GitObjectID, of commit: GitObjectID) throws(GitFailure) -> Bool {
        if ancestor == commit { return true }
        var first = commit.raw
        var second = ancestor.raw
        let code = git_graph_descendant_of(pointer, &first, &second)
        if code == GIT_ENOTFOUND.rawValue { return false }
        return try check(code, "compare history") == 1
    }
}
