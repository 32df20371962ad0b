package import FleetModel
package import FleetRendering
package import GitStore
package import KubernetesModel
package import RemoteCatalogs

/// Loads revisions and renders them, with the caches that make the second time cheap.
package actor RenderStation {
    private let git: GitMirror
    private let catalogs: CatalogKeeper?
    private let cache = RenderCache()
    private var repositories: [(revision: String, repository: Repository)] = []

    /// A rollout needs the newest revision and the ones that later waves still run.
    private static let repositoriesKept = 12

    /// Without a keeper of catalogs, charts outside the repository are not there.
    package init(git: GitMirror, catalogs: CatalogKeeper? = nil) {
        self.git = git
        self.catalogs = catalogs
    }

    /// The repository as it was at a commit. Throws `GitFailure` when the commit cannot be read.
    package func repository(at revision: String) async throws -> Repository {
        if let known = repositories.first(where: { $0.revision == revision }) { return known.repository }
        let commit = try await git.resolve(revision: revision)
        let tree = try await git.snapshot(of: commit)
        let repository = cache.sources.load(tree)
        repositories.append((revision, repository))
        if repositories.count > Self.repositoriesKept { repositories.removeFirst() }
        return repository
    }

    /// Drops results of members that are not in the newest revision.
    func forgetMembers(notIn newest: Repository) { cache.forgetMembers(notIn: newest) }

    /// What one member shall run at a revision; nil when that revision does not know the fleet or the member.
    package func desired(
        for key: MemberKey,
        at revision: String,
        observed: ObservedObjects = ObservedObjects(),
        now: Timestamp
    ) async throws -> RenderedMember? {
        let repository = try await repository(at: revision)
        guard let folder = repository.fleet(key.fleet), let fleet = folder.fleet,
            let member = folder.member(key.managementCluster)
        else { return nil }
        let requests = chartRequests(repository, fleet: fleet, member: member, now: now, cache: cache)
        var contents = CatalogContents()
        if !requests.isEmpty, let catalogs { contents = await catalogs.contents(for: requests, at: revision) }
        let state = render(
            repository,
            fleet: fleet,
            member: member,
            catalogs: contents,
            now: now,
            observed: observed,
            cache: cache
        )
        return RenderedMember(fleet: fleet, member: member, state: state)
    }
}

/// One member's desired state with the settings it was rendered by.
package struct RenderedMember: Sendable {
    package var fleet: Fleet
    package var member: ManagementCluster
    package var state: DesiredState
}
