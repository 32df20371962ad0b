internal import SourceFiles

/// Turns tree objects into source trees and remembers what it has walked, so that a commit costs its changed directories.
struct GitSnapshots {
    private let reader: GitObjectReader
    private let limits: GitLimits
    private var directories: [GitObjectID: [GitTreeEntry]] = [:]
    private var recent: [(tree: GitObjectID, files: [SourceTree.File])] = []

    init(reader: GitObjectReader, limits: GitLimits) {
        self.reader = reader
        self.limits = limits
    }

    /// All files of a tree.
    mutating func sourceTree(
        _ tree: GitObjectID,
        revision: String,
        in repository: GitRepository
    ) throws(GitFailure) -> SourceTree {
        if let known = recent.first(where: { $0.tree == tree }) {
            return SourceTree(revision: revision, files: known.files)
        }
        let files = try walk(tree, in: repository).followingLinks(limits)
        recent.append((tree, files))
        if recent.count > 4 { recent.removeFirst() }
        return SourceTree(revision: revision, files: files)
    }

    /// The files and links of a tree, apart.
    mutating func walk(_ tree: GitObjectID, in repository: GitRepository) throws(GitFailure) -> GitWalk {
        if directories.count > 100_000 { directories.removeAll() }
        var walk = GitWalk()
        try visit(tree, prefix: "", depth: 0, &walk, repository)
        return walk
    }

    private mutating func visit(
        _ tree: GitObjectID,
        prefix: String,
        depth: Int,
        _ walk: inout GitWalk,
        _ repository: GitRepository
    ) throws(GitFailure) {
        if depth > 200 { throw GitFailure(.tooLarge, "walk tree", "\(prefix): nested deeper than 200 directories") }
        let entries: [GitTreeEntry]
        if let known = directories[tree] {
            entries = known
        } else {
            entries = try repository.entries(ofTree: tree)
            directories[tree] = entries
        }
        for entry in entries {
            let path = prefix + entry.name
            switch entry.kind {
            case .directory: try visit(entry.id, prefix: path + "/", depth: depth + 1, &walk, repository)
            case .link: walk.links[path] = String(decoding: try reader.bytes(of: entry.id), as: UTF8.self)
            case .file, .executable:
                if walk.files.count >= limits.files {
                    throw GitFailure(.tooLarge, "walk tree", "the tree holds more than \(limits.files) files")
                }
                walk.files.append(file(path, entry.id, isExecutable: entry.kind == .executable))
            }
        }
    }

    private func file(_ path: String, _ id: GitObjectID, isExecutable: Bool) -> SourceTree.File {
        let reader = reader
        return SourceTree.File(path: path, contentID: id.description, isExecutable: isExecutable) {
            try reader.bytes(of: id)
        }
    }
}

/// What a walk over a tree found.
struct GitWalk {
    var files: [SourceTree.File] = []
    /// Path to target, as the link spells it.
    var links: [String: String] = [:]

    /// The files, with what each link names put in its place: a file, or the files of a directory. A link that leaves the
    /// tree, or leads through another link, names nothing.
    func followingLinks(_ limits: GitLimits) throws(GitFailure) -> [SourceTree.File] {
        var result = files
        for (link, target) in links {
            let parent = link.split(separator: "/").dropLast().joined(separator: "/")
            guard let path = SourceTree.resolve(target, from: parent), !path.isEmpty else { continue }
            // A link to a directory around itself would never end.
            if parent == path || parent.hasPrefix(path + "/") { continue }
            for file in files {
                let place: String
                if file.path == path {
                    place = link
                } else if file.path.hasPrefix(path + "/") {
                    place = link + file.path.dropFirst(path.count)
                } else {
                    continue
                }
                if result.count >= limits.files {
                    throw GitFailure(.tooLarge, "walk tree", "links make more than \(limits.files) files")
                }
                var copy = file
                copy.path = place
                result.append(copy)
            }
        }
        return result
    }
}
