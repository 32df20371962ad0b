import FleetModel
import KubernetesModel
import SourceFiles

/// Everything that the state of one member depends on. Equal inputs give equal states.
struct RenderInputs: Hashable, Sendable {
    struct File: Hashable {
        var path: String
        var contentID: String
    }

    /// Which member of which fleet; several states of one member are kept, because a rollout runs two revisions.
    struct Place: Hashable {
        var fleet: String
        var managementCluster: String
    }

    var place: Place
    var fleet: Fleet
    var member: ManagementCluster
    var files: [File]
    /// What catalogs, collections and classes of the repository hold.
    var shared: [File]
    var remoteCatalogs: [String: String]
    var activeHolds: [Hold]
    var activeCordons: [String]

    init(
        _ repository: Repository,
        _ fleet: Fleet,
        _ member: ManagementCluster,
        _ catalogs: CatalogContents,
        _ now: Timestamp,
        _ cache: RenderCache
    ) {
        place = Place(fleet: fleet.name, managementCluster: member.name)
        self.fleet = fleet
        self.member = member
        let tree = repository.tree
        var ranges = [tree.files(under: "fleets/\(fleet.name)/common")]
        if member.homeFleet == fleet.name { ranges.append(tree.files(under: member.directory)) }
        files = ranges.flatMap { $0.map { File(path: $0.path, contentID: $0.contentID) } }
        if files.contains(where: { SourceUnits.isKustomization($0.path) })
            || ranges.joined().contains(where: cache.asksFlux)
        {
            // A kustomization, ours or Flux's, may read files anywhere in the repository.
            files = tree.files.map { File(path: $0.path, contentID: $0.contentID) }
        }
        shared = tree.files(under: "catalogs").map { File(path: $0.path, contentID: $0.contentID) }
        remoteCatalogs = catalogs.revisions
        activeHolds = fleet.holds.filter { $0.isActive(at: now) }
        activeCordons = []
    }
}
