package import FleetModel
package import FleetRendering
import KubernetesModel
import SemanticVersion
package import SourceDiagnostics
import SourceFiles
import StructuredValue
import YAMLFormat

/// The edits that give a cluster another Kubernetes version, wherever its version is written: in a topology, in its control
/// plane and workers, or in the values of the app that makes it.
///
/// `explain` gives an app of a member with its values.
package func upgradeCluster(
    _ name: String,
    namespace: String?,
    to version: String,
    states: [DesiredState],
    in repository: Repository,
    explain: (_ app: String, _ state: DesiredState) -> AppExplanation?
) throws(RejectedSource) -> VersionChange {
    try VersionText.check(version)
    let upgrade = try ClusterUpgrade(name, namespace, states, repository)
    return try upgrade.change(to: version, explain: explain)
}

/// A cluster's objects that have a version.
private struct ClusterParts {
    var cluster: DesiredObject
    var controlPlane: DesiredObject?
    var workers: [DesiredObject]

    init?(of key: ObjectKey, in state: DesiredState) {
        guard let cluster = state.objects.first(where: { $0.key == key }) else { return nil }
        self.cluster = cluster
        let reference = cluster.manifest.value["spec"]?["controlPlaneRef"]
        let kind = reference?["kind"]?.string
        let name = reference?["name"]?.string
        controlPlane = state.objects.first { object in
            object.key.kind == kind && object.key.name == name && object.key.namespace == key.namespace
                && object.key.groupKind.group.hasPrefix("controlplane.")
        }
        workers = state.objects.filter { object in
            ["MachineDeployment", "MachinePool", "MachineSet", "Machine"].contains(object.key.kind)
                && object.key.groupKind.group == "cluster.x-k8s.io" && object.key.namespace == key.namespace
                && object.manifest.value["spec"]?["clusterName"]?.string == key.name
        }
    }

    var topologyVersion: String? { cluster.manifest.value["spec"]?["topology"]?["version"]?.string }

    var version: String? {
        topologyVersion ?? controlPlane?.manifest.value["spec"]?["version"]?.string
            ?? workers.first.flatMap { Self.version(of: $0) }
    }

    static func versionPath(of key: ObjectKey) -> [String] {
        switch key.kind {
        case "MachineDeployment", "MachinePool", "MachineSet": ["spec", "template", "spec", "version"]
        case "Cluster": ["spec", "topology", "version"]
        default: ["spec", "version"]
        }
    }

    static func version(of object: DesiredObject) -> String? {
        object.manifest.value[path: versionPath(of: object.key)]?.string
    }
}

/// One cluster that gets another version.
private struct ClusterUpgrade {
    let key: ObjectKey
    let state: DesiredState
    let parts: ClusterParts
    let old: String
    let repository: Repository

    static let clusterKind = GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")

    init(
        _ name: String,
        _ namespace: String?,
        _ states: [DesiredState],
        _ repository: Repository
    ) throws(RejectedSource) {
        var found: [(ObjectKey, DesiredState)] = []
        var known: [String] = []
        for state in states {
            for object in state.objects where object.key.groupKind == Self.clusterKind {
                known.append(object.key.name)
                if object.key.name == name, (namespace ?? object.key.namespace) == object.key.namespace {
                    found.append((object.key, state))
                }
            }
        }
        guard let (key, state) = found.first, let parts = ClusterParts(of: key, in: state) else {
            throw EditedFiles.failure(
                "unknown-cluster",
                "no cluster is named “\(name)”",
                hint: closestName(to: name, in: known).map { "did you mean “\($0)”?" }
                    ?? (known.isEmpty ? nil : "clusters are \(Set(known).sorted().prefix(8).joined(separator: ", "))")
            )
        }
        if found.count > 1 {
            let places = found.map { "\($0.1.fleet)/\($0.1.managementCluster) \($0.0.namespace)/\($0.0.name)" }
            throw EditedFiles.failure(
                "ambiguous-cluster",
                "several clusters are named “\(name)”: \(places.joined(separator: ", "))",
                hint: "say which with --fleet, --management-cluster or --namespace"
            )
        }
        guard let old = parts.version else {
            throw EditedFiles.failure(
                "version-place",
                "cluster “\(name)” has no control plane or workers with a version",
                at: parts.cluster.manifest.origin?.position
            )
        }
        (self.key, self.state, self.parts, self.old, self.repository) = (key, state, parts, old, repository)
    }

    func change(
        to version: String,
        explain: (_ app: String, _ state: DesiredState) -> AppExplanation?
    ) throws(RejectedSource) -> VersionChange {
        var change = VersionChange(
            subject: "cluster \(key.namespace)/\(key.name)",
            old: old,
            new: VersionText.adapt(version, to: old),
            lines: [],
            edits: []
        )
        var files = EditedFiles(repository.tree)
        if let app = parts.cluster.source.appName {
            try edit(valuesOf: explain(app, state), named: app, &change, &files)
        } else if !edit(objects, &change, &files) {
            // A chart may render a topology, whose objects no longer say which app they come from.
            guard let app = explain(key.name, state) else { throw notFound }
            try edit(valuesOf: app, named: key.name, &change, &files)
        }
        change.edits = files.all
        return change
    }

    private var notFound: RejectedSource {
        EditedFiles.failure(
            "version-place",
            "the version of cluster “\(key.name)” stands in no file of its own that could be edited",
            at: parts.cluster.manifest.origin?.position,
            hint: "edit by hand what makes it: \(parts.cluster.source)"
        )
    }

    // MARK: Manifests

    /// What has a version of its own in the repository: the Cluster with a topology, else the control plane and workers.
    private var objects: [ObjectKey] {
        let isTopology =
            if case .topology = parts.cluster.source { true } else { parts.topologyVersion != nil }
        if isTopology { return [key] }
        return ([parts.controlPlane].compactMap { $0 } + parts.workers).filter { object in
            ClusterParts.version(of: object) != nil
        }.map(\.key)
    }

    /// False when one of the objects was found in no file.
    private func edit(_ keys: [ObjectKey], _ change: inout VersionChange, _ files: inout EditedFiles) -> Bool {
        for key in keys {
            guard let file = file(of: key, files), edit(key, in: file, &change, &files) else { return false }
        }
        return !change.lines.isEmpty
    }

    /// The file an object is written in: the one it says it comes from, or the only one that has an object of this name.
    private func file(of key: ObjectKey, _ files: EditedFiles) -> String? {
        let isTopologyCluster = key == self.key
        let object = isTopologyCluster ? parts.cluster : state.objects.first { $0.key == key }
        if let file = object?.manifest.origin?.position.file, holdsVersion(of: key, file, files) { return file }
        let candidates = repository.tree.files(under: "fleets").map(\.path).filter { path in
            RepositoryPlace.isYAML(path) && holdsVersion(of: key, path, files)
        }
        return candidates.count == 1 ? candidates[0] : nil
    }

    private func holdsVersion(of key: ObjectKey, _ file: String, _ files: EditedFiles) -> Bool {
        guard RepositoryPlace.isYAML(file), let bytes = try? files.bytes(of: file) else {
            return false  // What cannot be read holds nothing.
        }
        let place = DocumentSearch(bytes, file: file).object(key)
        return place?.node[path: ClusterParts.versionPath(of: key).map(YAML.PathStep.key)] != nil
    }

    private func edit(
        _ key: ObjectKey,
        in file: String,
        _ change: inout VersionChange,
        _ files: inout EditedFiles
    ) -> Bool {
        let path = ClusterParts.versionPath(of: key).map(YAML.PathStep.key)
        guard let bytes = try? files.bytes(of: file), let place = DocumentSearch(bytes, file: file).object(key),
            let line = place.node[path: path], let old = line.value.string
        else { return false }  // Said by the caller.
        let new = VersionText.adapt(change.new, to: old)
        if old == new { return true }
        do throws(RejectedSource) {
            try files.edit(file) { (edit: inout YAMLEdit) throws(RejectedSource) in
                try edit.set(.string(new), at: place.path + path, inDocument: place.document)
            }
        } catch {
            return false
        }
        change.lines.append(
            VersionChange.Line(
                position: line.position,
                subject: "\(key.kind) \(key.namespace)/\(key.name)",
                old: old,
                new: new
            )
        )
        return true
    }

    // MARK: Apps

    /// Sets the values of an app that hold the cluster's version now, in the app's own values.
    private func edit(
        valuesOf app: AppExplanation?,
        named name: String,
        _ change: inout VersionChange,
        _ files: inout EditedFiles
    ) throws(RejectedSource) {
        guard let app else { throw notFound }
        let holding = app.explained.filter { value in
            guard let text = value.value.string, let last = value.path.last else { return false }
            return last.lowercased().contains("version") && VersionText.bare(text) == VersionText.bare(old)
        }
        let position = app.app.version.position
        let search = DocumentSearch(try files.bytes(of: position.file), file: position.file)
        guard !holding.isEmpty, let line = search.place(at: position) else {
            throw EditedFiles.failure(
                "version-place",
                "no value of app “\(name)” holds the version \(old) of cluster “\(key.name)”",
                at: app.app.position,
                hint: "if the chart decides it, use “martlet upgrade app \(name) --to VERSION”"
            )
        }
        for value in holding {
            let text = VersionText.adapt(change.new, to: value.value.string ?? "")
            let path = line.path.dropLast() + [.key("values")] + value.path.map(YAML.PathStep.key)
            try files.edit(position.file) { (edit: inout YAMLEdit) throws(RejectedSource) in
                try edit.set(.string(text), at: Array(path), inDocument: line.document)
            }
            let own = value.layer == "app \(name)" ? value.position : nil
            change.lines.append(
                VersionChange.Line(
                    position: own ?? app.app.valuesPosition ?? position,
                    subject: "value \(value.path.joined(separator: ".")) of app \(name)",
                    old: value.value.string ?? "",
                    new: text
                )
            )
        }
    }
}
