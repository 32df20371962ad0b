import KubernetesModel
import SourceDiagnostics
import SourceFiles

extension Repository {
    /// Where repositories for Flux keep what runs on their management clusters.
    static let foreignFolder = "management-clusters"

    /// Reads a repository without `fleets/` whose `management-clusters/<mc>/` were made for Flux: its members form one
    /// fleet. Nothing says how they are reached, so each is a kubeconfig of its name in the daemon's folder; Cluster API
    /// goes on expanding topologies, and drift is reported rather than corrected.
    mutating func addForeignFleet() {
        guard fleets.isEmpty else { return }
        let root = Self.foreignFolder
        var members: [String: SourceTree.File] = [:]
        for file in tree.files(under: root) where RepositoryPlace.isYAML(file.path) {
            let parts = file.path.split(separator: "/")
            if parts.count > 2, members[String(parts[1])] == nil { members[String(parts[1])] = file }
        }
        guard let first = members.values.map(\.path).min() else { return }
        var fleet = Fleet(name: root, position: SourcePosition(file: first, line: 1, column: 1))
        fleet.topology = .passthrough
        fleet.drift = DriftPolicy(mode: .report)
        var folder = FleetFolder(name: root, directory: root)
        folder.fleet = fleet
        folder.members = members.sorted { $0.key < $1.key }.map { name, file in
            ManagementCluster(
                name: name,
                position: SourcePosition(file: file.path, line: 1, column: 1),
                connection: .kubeconfigFile(path: name, context: nil),
                directory: "\(root)/\(name)",
                homeFleet: root
            )
        }
        fleets.append(folder)
    }
}
