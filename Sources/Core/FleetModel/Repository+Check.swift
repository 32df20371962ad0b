import KubernetesModel
package import SourceDiagnostics

extension Repository {
    /// Takes a document of a catalog's folder.
    mutating func add(_ document: SourceDocument, place: RepositoryPlace, file: String) {
        switch (document, place.role) {
        case (.catalog(let catalog), .catalog):
            if catalog.name != place.fleet {
                diagnostics.append(
                    Diagnostic(
                        .error,
                        "name-mismatch",
                        "the catalog is named “\(catalog.name)”, its folder “\(place.fleet)”",
                        at: catalog.position,
                        hint: "give both the same name"
                    )
                )
            }
            catalogs[catalog.name] = catalog
        case (.collection(let collection), .collection):
            if let first = self.collection(collection.name, version: collection.version) {
                diagnostics.append(
                    Diagnostic(
                        .error,
                        "duplicate-collection",
                        "collection “\(collection.name)” is there twice at version \(collection.version)",
                        at: collection.position,
                        trail: [first.position]
                    )
                )
            } else {
                collections.append(collection)
            }
        case (.manifest(let manifest), .clusterClass): classes.append(manifest)
        case (_, .catalog):
            diagnostics.append(misplaced(document, "catalog.yaml holds a Catalog and nothing else", file))
        case (_, .collection):
            diagnostics.append(misplaced(document, "collections/ holds Collections and nothing else", file))
        default:
            diagnostics.append(
                misplaced(document, "classes/ holds ClusterClasses and templates and nothing else", file)
            )
        }
    }

    /// Adds to each fleet the members of other folders that it selects, and reports names that are there twice.
    mutating func resolveMembers() {
        var owners: [String: ManagementCluster] = [:]
        for index in fleets.indices {
            for member in fleets[index].members {
                if let other = owners[member.name] {
                    fleets[index].diagnostics.append(
                        Diagnostic(
                            .error,
                            "duplicate-management-cluster",
                            "another management cluster is named “\(member.name)” too",
                            at: member.position,
                            trail: [other.position]
                        )
                    )
                    fleets[index].members.removeAll { $0.name == member.name }
                } else {
                    owners[member.name] = member
                }
            }
        }
        for index in fleets.indices {
            if let selector = fleets[index].fleet?.selector {
                let own = Set(fleets[index].members.map(\.name))
                fleets[index].members += owners.values.filter { !own.contains($0.name) && selector.matches($0.labels) }
            }
            fleets[index].members.sort { $0.name < $1.name }
        }
    }

    /// Reports names that lead nowhere.
    mutating func checkReferences() {
        for collection in collections {
            for app in collection.apps { checkCatalog(app) }
        }
        let everyMember = fleets.flatMap { $0.members.map(\.name) + $0.brokenMembers }
        for index in fleets.indices {
            guard let fleet = fleets[index].fleet else { continue }
            fleets[index].diagnostics += fleet.collections.compactMap(unknownCollection)
            fleets[index].diagnostics += fleet.tombstones.compactMap { tombstone in
                if everyMember.contains(tombstone.managementCluster.value) { return nil }
                return unknown(tombstone.managementCluster, "management cluster", everyMember, .warning)
            }
            for hold in fleet.holds {
                for member in hold.managementClusters ?? [] where !everyMember.contains(member.value) {
                    fleets[index].diagnostics.append(unknown(member, "management cluster", everyMember, .warning))
                }
            }
            fleets[index].diagnostics += emptyWaves(of: fleet, members: fleets[index].members)
        }
    }

    /// Waves whose labels no member has: more often a slip than a plan.
    private func emptyWaves(of fleet: Fleet, members: [ManagementCluster]) -> [Diagnostic] {
        if members.isEmpty { return [] }
        return fleet.rollout.waves.compactMap { wave in
            guard let selector = wave.selector, !members.contains(where: { selector.matches($0.labels) }) else {
                return nil
            }
            let labels = Set(members.flatMap { $0.labels.map { "\($0.key)=\($0.value)" } }).sorted()
            return Diagnostic(
                .warning,
                "empty-wave",
                "wave “\(wave.name)” selects no member of the fleet",
                at: wave.position,
                hint: labels.isEmpty
                    ? "no management cluster of the fleet has labels"
                    : "members have the labels \(labels.prefix(8).joined(separator: ", "))"
            )
        }
    }

    private mutating func checkCatalog(_ app: App) {
        guard catalogs[app.catalog.value] == nil else { return }
        diagnostics.append(unknownCatalog(app))
    }

    /// What is wrong with an app whose catalog is not there.
    package func unknownCatalog(_ app: App) -> Diagnostic {
        unknown(app.catalog, "catalog", Array(catalogs.keys), .error)
    }

    private func unknownCollection(_ reference: CollectionReference) -> Diagnostic? {
        if collection(reference.name.value, version: reference.version.value) != nil { return nil }
        let versions = collections.filter { $0.name == reference.name.value }.map(\.version)
        if versions.isEmpty { return unknown(reference.name, "collection", collections.map(\.name), .error) }
        return Diagnostic(
            .error,
            "unknown-version",
            "collection “\(reference.name.value)” has no version “\(reference.version.value)”",
            at: reference.version.position,
            hint: "known versions: \(versions.sorted().joined(separator: ", "))"
        )
    }

    private func unknown(
        _ name: Located<String>,
        _ what: String,
        _ known: [String],
        _ severity: Diagnostic.Severity
    ) -> Diagnostic {
        Diagnostic(
            severity,
            "unknown-\(what.split(separator: " ").joined(separator: "-"))",
            "no \(what) is named “\(name.value)”",
            at: name.position,
            hint: closestName(to: name.value, in: known).map { "did you mean “\($0)”?" }
                ?? (known.isEmpty ? nil : "known: \(Set(known).sorted().prefix(8).joined(separator: ", "))")
        )
    }
}
