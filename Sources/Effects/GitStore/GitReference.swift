/// Which commit of a repository to follow.
package enum GitReference: Sendable, Hashable, CustomStringConvertible {
    /// A branch; nil is the branch that HEAD names.
    case branch(String?)
    case tag(String)
    /// The highest tag whose name is a version within this range, e.g. `^1.2` or `>= 1.4, < 2`.
    case semver(String)
    /// A full or abbreviated commit id.
    case commit(String)

    package var description: String {
        switch self {
        case .branch(let name): name.map { "branch \($0)" } ?? "the default branch"
        case .tag(let name): "tag \(name)"
        case .semver(let range): "a tag within \(range)"
        case .commit(let id): "commit \(id)"
        }
    }
}

/// One commit: what it holds, who made it and when.
package struct GitCommit: Sendable, Hashable {
    package struct Person: Sendable, Hashable {
        package var name: String
        package var email: String

        package init(name: String, email: String) {
            self.name = name
            self.email = email
        }
    }

    package var id: GitObjectID
    package var tree: GitObjectID
    package var parents: [GitObjectID]
    package var author: Person
    package var committer: Person
    /// When it was authored and committed, in seconds since 1970.
    package var authorSeconds: Int
    package var commitSeconds: Int
    package var message: String
    /// The tag that named it when it was chosen by tag or version range.
    package var tag: String?

    /// The first line of the message.
    package var summary: String { String(message.split(separator: "\n", maxSplits: 1).first ?? "") }
}

/// A path that differs between two trees.
package struct GitChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable { case added, modified, deleted }

    package var path: String
    package var kind: Kind

    package init(path: String, kind: Kind) {
        self.path = path
        self.kind = kind
    }
}
