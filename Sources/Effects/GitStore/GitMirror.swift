internal import BlockingWork
internal import CLibgit2
package import SourceFiles

/// One repository, read without a check-out: a local one in place, a remote one through a bare mirror on this disk.
///
/// All reading of history and trees happens on a thread of its own; the files of a snapshot are read when asked for.
package actor GitMirror {
    package nonisolated let source: GitSource
    private let executor = BlockingExecutor(label: "martlet.git")
    private let limits: GitLimits
    private let path: String
    private let fetcher: GitFetcher?
    private var opened: GitRepository?
    private var snapshots: GitSnapshots?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Mirrors of remote repositories are kept below the data directory. Nothing is opened or fetched yet.
    package init(_ source: GitSource, dataDirectory: String, limits: GitLimits = GitLimits()) {
        self.source = source
        self.limits = limits
        if case .local(let path) = source.location {
            self.path = path
            fetcher = nil
        } else {
            path = "\(dataDirectory)/git/\(Self.mirrorName(source.description)).git"
            fetcher = GitFetcher(source: source, directory: path, limits: limits)
        }
    }

    /// Brings the mirror up to date; a local repository always is. Cancelling the task stops the fetch at once.
    package func refresh() async throws(GitFailure) {
        guard let fetcher else { return }
        try await fetcher.fetch()
    }

    /// The commit that a reference names, as of the last refresh.
    package func resolve(_ reference: GitReference) throws(GitFailure) -> GitCommit {
        do throws(GitFailure) {
            return try repository().resolve(reference)
        } catch {
            // The directory may have been removed or replaced since it was opened.
            opened = nil
            snapshots = nil
            return try repository().resolve(reference)
        }
    }

    /// The commit that a revision text names: `HEAD~6`, a branch, a tag, an abbreviated id.
    package func resolve(revision: String) throws(GitFailure) -> GitCommit {
        try repository().resolve(revision: revision)
    }

    /// The commit with this id.
    package func commit(_ id: GitObjectID) throws(GitFailure) -> GitCommit { try repository().commit(id) }

    /// The files of a commit.
    package func snapshot(of commit: GitCommit) throws(GitFailure) -> SourceTree {
        let repository = try repository()
        return try withSnapshots { (snapshots) throws(GitFailure) in
            try snapshots.sourceTree(commit.tree, revision: commit.id.description, in: repository)
        }
    }

    /// The files of the commit that a reference names.
    package func snapshot(of reference: GitReference) throws(GitFailure) -> SourceTree {
        try snapshot(of: resolve(reference))
    }

    /// The paths that differ between two commits; all paths of the new one when there is no old one.
    package func changes(from old: GitCommit?, to new: GitCommit) throws(GitFailure) -> [GitChange] {
        try repository().changes(from: old?.tree, to: new.tree)
    }

    /// Whether `ancestor` is in the history of `commit`; not so after a force-push.
    package func isAncestor(_ ancestor: GitObjectID, of commit: GitObjectID) throws(GitFailure) -> Bool {
        try repository().isAncestor(ancestor, of: commit)
    }

    /// The branch that HEAD names, e.g. `main`; nil when detached.
    package func currentBranch() throws(GitFailure) -> String? {
        try repository().headBranch().map { $0.hasPrefix("refs/heads/") ? String($0.dropFirst(11)) : $0 }
    }

    /// The files of the work tree as they are on disk, with new ones, without ignored ones. The revision is `worktree`.
    package func workTree() throws(GitFailure) -> SourceTree {
        let repository = try repository()
        guard let root = repository.workTree else {
            throw GitFailure(.invalid, "read work tree", "\(source.description) is a bare repository")
        }
        let disk = DiskTree(root: root, limits: limits)
        var head: GitCommit?
        do throws(GitFailure) { head = try repository.resolve(.branch(nil)) } catch {
            // A repository without commits has a work tree all the same.
            if error.kind != .notFound { throw error }
        }
        var walk = GitWalk()
        if let head {
            walk = try withSnapshots { (snapshots) throws(GitFailure) in
                try snapshots.walk(head.tree, in: repository)
            }
        }
        var changed: [String: SourceTree.File] = [:]
        var gone: Set<String> = []
        for change in try repository.workTreeChanges(since: head?.tree) {
            gone.insert(change.path)
            walk.links[change.path] = nil
            switch try disk.entry(at: change.path) {
            case .file(let file): changed[change.path] = file
            case .link(let target): walk.links[change.path] = target
            case .directory, .other: continue
            }
        }
        walk.files.removeAll { gone.contains($0.path) }
        walk.files += changed.values
        return SourceTree(revision: "worktree", files: try walk.followingLinks(limits))
    }

    /// The root of the work tree; nil for bare and remote repositories.
    package func workTreeRoot() throws(GitFailure) -> String? { try repository().workTree }

    /// Makes a directory a repository when it lies in none; false when it does already.
    package static func makeRepository(_ path: String) throws(GitFailure) -> Bool {
        do throws(GitFailure) {
            _ = try GitRepository.open(path, searches: true)
            return false
        } catch {
            if error.kind != .notFound { throw error }
        }
        _ = try GitRepository.create(path, isBare: false)
        return true
    }

    /// Commits edits on the current branch of a local repository and writes them to its work tree.
    package func record(
        _ edits: [GitEdit],
        message: String,
        author: GitCommit.Person? = nil
    ) throws(GitFailure) -> GitCommit {
        guard source.isLocal else {
            throw GitFailure(.invalid, "commit", "\(source.description) is not on this machine")
        }
        return try repository().record(edits, message: message, author: author)
    }

    private func repository() throws(GitFailure) -> GitRepository {
        if let opened { return opened }
        let repository: GitRepository
        do throws(GitFailure) {
            repository = try GitRepository.open(path, searches: source.isLocal)
        } catch {
            if error.kind == .notFound, !source.isLocal {
                throw GitFailure(.notFound, "open \(source.description)", "it has not been fetched yet")
            }
            throw error
        }
        opened = repository
        return repository
    }

    private func withSnapshots<Result>(
        _ body: (inout GitSnapshots) throws(GitFailure) -> Result
    ) throws(GitFailure) -> Result {
        var current: GitSnapshots
        if let snapshots {
            current = snapshots
        } else {
            let directory = try repository().commonDirectory
            let reader = try GitObjectReader(directory: directory, maximumBytes: limits.fileBytes)
            current = GitSnapshots(reader: reader, limits: limits)
        }
        snapshots = nil
        defer { snapshots = current }
        return try body(&current)
    }

    /// Readable and unique: the last part of the address and a hash of all of it.
    private static func mirrorName(_ address: String) -> String {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in address.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let last = address.split(separator: "/").last ?? "repository"
        let name = (last.hasSuffix(".git") ? last.dropLast(4) : last).filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-")
        }
        return "\(name.prefix(40))-\(String(hash, radix: 16))"
    }
}

extension GitRepository {
    /// Where the objects are: for a linked work tree, the repository it belongs to.
    var commonDirectory: String { git_repository_commondir(pointer).map { String(cString: $0) } ?? directory }

    /// The paths whose content on disk differs from a tree, with files that are not tracked and not ignored.
    func workTreeChanges(since tree: GitObjectID?) throws(GitFailure) -> [GitChange] {
        let operation = "compare work tree"
        var object: OpaquePointer?
        if let tree {
            var raw = tree.raw
            try check(git_tree_lookup(&object, pointer, &raw), operation)
        }
        defer { git_tree_free(object) }
        var options = git_diff_options()
        git_diff_options_init(&options, UInt32(GIT_DIFF_OPTIONS_VERSION))
        options.flags =
            GIT_DIFF_INCLUDE_UNTRACKED.rawValue | GIT_DIFF_RECURSE_UNTRACKED_DIRS.rawValue
            | GIT_DIFF_INCLUDE_TYPECHANGE.rawValue | GIT_DIFF_IGNORE_SUBMODULES.rawValue
            | GIT_DIFF_SKIP_BINARY_CHECK.rawValue
        var diff: OpaquePointer?
        try check(git_diff_tree_to_workdir_with_index(&diff, pointer, object, &options), operation)
        defer { git_diff_free(diff) }
        return Self.changes(in: diff)
    }
}
