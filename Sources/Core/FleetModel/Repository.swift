package import KubernetesModel
package import SourceDiagnostics
package import SourceFiles

/// A fleet repository at one revision: its catalogs, collections, fleets and members, with every mistake in them.
package struct Repository: Sendable {
    package var revision: String
    package var tree: SourceTree
    package internal(set) var catalogs: [String: Catalog] = [:]
    /// In the order of their files; one name may be there in several versions.
    package internal(set) var collections: [Collection] = []
    /// ClusterClasses and templates of all catalogs.
    package internal(set) var classes: [Manifest] = []
    /// Sorted by name.
    package internal(set) var fleets: [FleetFolder] = []
    /// Mistakes in catalogs, collections and classes, and what no fleet can be blamed for.
    package internal(set) var diagnostics: [Diagnostic] = []
    /// The content ids of the files behind `catalogs`, `collections` and `classes`.
    package internal(set) var sharedBlobs: Set<String> = []

    package func fleet(_ name: String) -> FleetFolder? { fleets.first { $0.name == name } }

    /// Every finding, in the order of the files.
    package var allDiagnostics: [Diagnostic] { diagnostics + fleets.flatMap(\.diagnostics) }

    /// A collection by name and version.
    package func collection(_ name: String, version: String) -> Collection? {
        collections.first { $0.name == name && $0.version == version }
    }
}

/// A folder below `fleets/`.
package struct FleetFolder: Sendable {
    package var name: String
    package var directory: String
    /// Nil when `fleet.yaml` is missing or has errors: then nothing is known about how to roll out, and the members
    /// keep what they have.
    package internal(set) var fleet: Fleet?
    package internal(set) var members: [ManagementCluster] = []
    /// Members whose file has errors, by the name of their folder: they keep what they have.
    package internal(set) var brokenMembers: [String] = []
    package internal(set) var diagnostics: [Diagnostic] = []

    package func member(_ name: String) -> ManagementCluster? { members.first { $0.name == name } }
}

extension SourceCache {
    /// Reads what every render needs to know of a repository. Files of members are read when they are rendered.
    package mutating func load(_ tree: SourceTree) -> Repository {
        var repository = Repository(revision: tree.revision, tree: tree)
        loadCatalogs(into: &repository)
        loadFleets(into: &repository)
        repository.addForeignFleet()
        repository.resolveMembers()
        repository.checkReferences()
        return repository
    }

    private mutating func loadCatalogs(into repository: inout Repository) {
        for file in repository.tree.files(under: "catalogs") where RepositoryPlace.isYAML(file.path) {
            let place = RepositoryPlace(file.path)
            guard [.catalog, .collection, .clusterClass].contains(place.role) else { continue }
            let source = read(file)
            repository.sharedBlobs.insert(file.contentID)
            repository.diagnostics += source.diagnostics
            for document in source.documents { repository.add(document, place: place, file: file.path) }
        }
    }

    private mutating func loadFleets(into repository: inout Repository) {
        var folders: [String: FleetFolder] = [:]
        for file in repository.tree.files(under: "fleets") where RepositoryPlace.isYAML(file.path) {
            let place = RepositoryPlace(file.path)
            guard place.role != .other else { continue }
            let directory = "fleets/\(place.fleet)"
            var folder = folders[place.fleet] ?? FleetFolder(name: place.fleet, directory: directory)
            switch place.role {
            case .fleet: readFleet(file, &folder)
            case .managementCluster: readMember(file, place, &folder)
            default: break
            }
            folders[place.fleet] = folder
        }
        for var folder in folders.values {
            if folder.fleet == nil, folder.diagnostics.isEmpty {
                let start = SourcePosition(file: "\(folder.directory)/fleet.yaml", line: 1, column: 1)
                folder.diagnostics.append(
                    Diagnostic(.error, "missing-fleet", "the folder \(folder.directory) has no fleet.yaml", at: start)
                )
            }
            if let policy = folder.fleet?.remediation {
                for index in folder.members.indices { folder.members[index].remediation = policy }
            }
            repository.fleets.append(folder)
        }
        repository.fleets.sort { $0.name < $1.name }
    }

    private mutating func readFleet(_ file: SourceTree.File, _ folder: inout FleetFolder) {
        let source = read(file)
        folder.diagnostics += source.diagnostics
        for document in source.documents {
            guard case .fleet(let fleet) = document else {
                folder.diagnostics.append(misplaced(document, "fleet.yaml holds a Fleet and nothing else", file.path))
                continue
            }
            if fleet.name != folder.name {
                folder.diagnostics.append(
                    Diagnostic(
                        .error,
                        "name-mismatch",
                        "the fleet is named “\(fleet.name)”, its folder “\(folder.name)”",
                        at: fleet.position,
                        hint: "give both the same name"
                    )
                )
            } else if !source.isBroken {
                folder.fleet = fleet
            }
        }
    }

    private mutating func readMember(_ file: SourceTree.File, _ place: RepositoryPlace, _ folder: inout FleetFolder) {
        let source = read(file)
        folder.diagnostics += source.diagnostics
        var found: ManagementCluster?
        for document in source.documents {
            guard case .managementCluster(let cluster) = document else {
                let rule = "management-cluster.yaml holds a ManagementCluster and nothing else"
                folder.diagnostics.append(misplaced(document, rule, file.path))
                continue
            }
            if cluster.name != place.managementCluster {
                folder.diagnostics.append(
                    Diagnostic(
                        .error,
                        "name-mismatch",
                        "the management cluster is named “\(cluster.name)”, its folder “\(place.managementCluster)”",
                        at: cluster.position,
                        hint: "give both the same name"
                    )
                )
            } else if !source.isBroken {
                found = cluster
            }
        }
        if let found { folder.members.append(found) } else { folder.brokenMembers.append(place.managementCluster) }
    }
}

/// Says that a document stands where it does not belong.
package func misplaced(_ document: SourceDocument, _ rule: String, _ file: String) -> Diagnostic {
    let position: SourcePosition? =
        switch document {
        case .manifest(let manifest): manifest.origin?.position
        case .app(let app): app.position
        case .catalog(let catalog): catalog.position
        case .collection(let collection): collection.position
        case .fleet(let fleet): fleet.position
        case .managementCluster(let cluster): cluster.position
        }
    return Diagnostic(
        .error,
        "misplaced-document",
        rule,
        at: position ?? SourcePosition(file: file, line: 1, column: 1)
    )
}
