internal import ArgumentParser
internal import FleetModel
internal import FleetRendering
internal import GitStore
internal import HTTPTransport
internal import RemoteCatalogs
internal import SourceDiagnostics
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

    @Option(help: "Where credentials named by catalogs are found: files with a token or `user:password`.")
    var credentialsDir: String?

    @Flag(help: "Take charts of remote catalogs from what is kept in the data directory; ask nobody.")
    var noFetch = false

    init() {}

    /// Fetches what apps want from remote catalogs.
    func keeper(for mirror: GitMirror, isOffline: Bool = false) -> CatalogKeeper {
        makeKeeper(dataDirectory: dataDir, credentials: credentialsDir, mirror, isOffline: isOffline || noFetch)
    }

    /// The repository, brought up to date.
    func mirror() async throws -> GitMirror {
        let mirror = GitMirror(try GitSource(repo), dataDirectory: dataDir)
        try await mirror.refresh()
        return mirror
    }

    /// The files at a revision, at the wanted one when it is nil.
    func tree(_ mirror: GitMirror, at revision: String? = nil) async throws -> SourceTree {
        if worktree, revision == nil { return try await mirror.workTree() }
        return try await mirror.snapshot(of: commit(mirror, at: revision))
    }

    /// The commit of a revision, of the wanted one when it is nil.
    func commit(_ mirror: GitMirror, at revision: String? = nil) async throws -> GitCommit {
        if let name = revision ?? self.revision { return try await mirror.resolve(revision: name) }
        return try await mirror.resolve(.branch(nil))
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

    /// Throws when no repository has what is asked for: a mistyped name must not look like an empty answer.
    func check(in repositories: Repository...) throws {
        var folders = repositories.flatMap(\.fleets)
        if let fleet {
            try Self.check("fleet", fleet, among: folders.map { $0.fleet?.name ?? $0.name })
            folders.removeAll { ($0.fleet?.name ?? $0.name) != fleet }
        }
        if let managementCluster {
            let known = folders.flatMap { $0.members.map(\.name) + $0.brokenMembers }
            try Self.check("management cluster", managementCluster, among: known)
        }
    }

    private static func check(_ noun: String, _ name: String, among known: [String]) throws {
        if known.contains(name) { return }
        let list = Set(known).sorted().prefix(5).joined(separator: ", ")
        throw CommandFailure(
            "no \(noun) is named “\(name)”",
            hint: closestName(to: name, in: known).map { "did you mean “\($0)”?" }
                ?? (known.isEmpty ? nil : "there is \(list)\(Set(known).count > 5 ? ", …" : "")")
        )
    }
}

/// A keeper for one command: it shows what catalogs have now, and keeps what it fetched.
func makeKeeper(dataDirectory: String, credentials: String?, _ mirror: GitMirror, isOffline: Bool) -> CatalogKeeper {
    var settings = CatalogKeeper.Settings(dataDirectory: dataDirectory)
    settings.isOffline = isOffline
    settings.credentialsDirectory = credentials
    settings.pinsChoices = false
    settings.allowsLocalRepositories = mirror.source.isLocal
    return CatalogKeeper(settings, transport: HTTPTransport(), now: World.now)
}

extension CatalogKeeper {
    /// What one member's apps want.
    nonisolated func contents(
        of repository: Repository,
        _ fleet: Fleet,
        _ member: ManagementCluster,
        cache: RenderCache
    ) async -> CatalogContents {
        let requests = chartRequests(repository, fleet: fleet, member: member, now: World.now(), cache: cache)
        return requests.isEmpty ? CatalogContents() : await contents(for: requests, at: repository.revision)
    }
}

/// A repository rendered whole: every wanted member of every fleet.
struct RenderedRepository {
    var repository: Repository
    var members: [(fleet: Fleet, member: ManagementCluster, state: DesiredState, catalogs: CatalogContents)] = []

    init(_ tree: SourceTree, _ part: RepositoryPart, _ catalogs: CatalogKeeper, cache: RenderCache) async {
        repository = cache.sources.load(tree)
        for folder in repository.fleets {
            guard let fleet = folder.fleet else { continue }
            for member in folder.members where part.wants(fleet: fleet.name, member: member.name) {
                let contents = await catalogs.contents(of: repository, fleet, member, cache: cache)
                let state = render(
                    repository,
                    fleet: fleet,
                    member: member,
                    catalogs: contents,
                    now: World.now(),
                    cache: cache
                )
                members.append((fleet, member, state, contents))
            }
        }
    }
}
