internal import ArgumentParser
internal import FleetModel
internal import FleetRendering
internal import GitStore
internal import SourceFiles

/// `--repo`, `--revision` and which part of the repository: for commands that read it themselves.
struct RepositoryOptions: ParsableArguments {
    @Option(help: "The repository: a directory, or an address as git clone takes it.")
    var repo = "."

    @Option(help: "The revision: a branch, tag, commit or HEAD~1. Without it the newest commit of the current branch.")
    var revision: String?

    @Flag(help: "Read the files as they are on disk, with changes that are not committed.")
    var worktree = false

    @Option(help: "Only this fleet.")
    var fleet: String?

    @Option(help: "Only this management cluster.")
    var managementCluster: String?

    @Option(help: "Where mirrors of remote repositories are kept.")
    var dataDir = ".martlet"

    init() {}

    /// The repository, brought up to date.
    func mirror() async throws -> GitMirror {
        let mirror = GitMirror(try GitSource(repo), dataDirectory: dataDir)
        try await mirror.refresh()
        return mirror
    }

    /// The files at a revision, at the wanted one when it is nil.
    func tree(_ mirror: GitMirror, at revision: String? = nil) async throws -> SourceTree {
        if worktree, revision == nil { return try await mirror.workTree() }
        let commit =
            if let name = revision ?? self.revision {
                try await mirror.resolve(revision: name)
            } else {
                try await mirror.resolve(.branch(nil))
            }
        return try await mirror.snapshot(of: commit)
    }

    var part: RepositoryPart { RepositoryPart(fleet: fleet, managementCluster: managementCluster) }
}

/// Some members of a repository, or all.
struct RepositoryPart {
    var fleet: String?
    var managementCluster: String?

    static let all = RepositoryPart()

    func wants(fleet: String, member: String) -> Bool {
        (self.fleet ?? fleet) == fleet && (managementCluster ?? member) == member
    }
}

/// A repository rendered whole: every wanted member of every fleet.
struct RenderedRepository {
    var repository: Repository
    var members: [(fleet: Fleet, member: ManagementCluster, state: DesiredState)] = []

    init(_ tree: SourceTree, _ part: RepositoryPart, cache: RenderCache) {
        repository = cache.sources.load(tree)
        for folder in repository.fleets {
            guard let fleet = folder.fleet else { continue }
            for member in folder.members where part.wants(fleet: fleet.name, member: member.name) {
                let state = render(repository, fleet: fleet, member: member, now: World.now(), cache: cache)
                members.append((fleet, member, state))
            }
        }
    }
}
