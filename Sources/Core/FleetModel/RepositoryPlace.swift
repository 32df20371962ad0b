import SourceDiagnostics
import SourceFiles

/// What a file is for, from where it stands in the repository.
package struct RepositoryPlace: Sendable, Hashable {
    package enum Role: Sendable, Hashable {
        case catalog
        case collection
        /// ClusterClasses and their templates.
        case clusterClass
        /// Inside a catalog, for its charts.
        case chart
        case fleet
        case managementCluster
        /// What runs on one management cluster.
        case member
        /// What runs on every member of a fleet.
        case common
        case other
    }

    package var role: Role
    /// The name of the catalog or fleet folder.
    package var fleet: String
    package var managementCluster: String
    /// The folder that holds the file that describes the catalog, fleet or management cluster.
    package var directory: String

    package init(_ path: String) {
        let parts = path.split(separator: "/").map(String.init)
        (role, fleet, managementCluster, directory) = (.other, "", "", "")
        guard parts.count >= 3 else { return }
        fleet = parts[1]
        directory = "\(parts[0])/\(parts[1])"
        switch parts[0] {
        case "catalogs": role = Self.catalogRole(parts)
        case "fleets":
            if parts.count == 3, Self.isFile(parts[2], "fleet") {
                role = .fleet
            } else if parts[2] == "common", parts.count > 3 {
                role = .common
                directory += "/common"
            } else if parts[2] == "management-clusters", parts.count > 4 {
                managementCluster = parts[3]
                directory += "/management-clusters/\(parts[3])"
                role = parts.count == 5 && Self.isFile(parts[4], "management-cluster") ? .managementCluster : .member
            }
        default: return
        }
    }

    private static func catalogRole(_ parts: [String]) -> Role {
        if parts.count == 3 { return isFile(parts[2], "catalog") ? .catalog : .other }
        guard isYAML(parts[parts.count - 1]) else { return .chart }
        switch parts[2] {
        case "collections": return .collection
        case "classes": return .clusterClass
        default: return .chart
        }
    }

    private static func isFile(_ name: String, _ stem: String) -> Bool {
        name == "\(stem).yaml" || name == "\(stem).yml"
    }

    package static func isYAML(_ path: String) -> Bool { path.hasSuffix(".yaml") || path.hasSuffix(".yml") }
}

/// Paths that people write in files.
enum SourcePaths {
    /// The path from the root that a written path means, seen from a folder; reports those that leave the repository.
    static func resolve(_ written: Located<String>, from directory: String, _ bag: inout DiagnosticBag) -> String? {
        if let path = SourceTree.resolve(written.value, from: directory) { return path }
        bag.report(
            Diagnostic(
                .error,
                "path-outside",
                "“\(written.value)” leads out of the repository",
                at: written.position,
                hint: "write it relative to the folder of this file"
            )
        )
        return nil
    }
}
