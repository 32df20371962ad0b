package import FleetModel
package import FleetRendering
package import KubernetesModel
import SemanticVersion
package import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// The edit that gives a cluster another Release, with everything that changes by it; nil when the cluster's version is
/// no Release's.
///
/// The Release is one that the cluster's management cluster has in Git. Rules that the way breaks are among the change's
/// blocks; the edit is there all the same, to be shown.
package func upgradeRelease(
    of name: String,
    namespace: String?,
    to version: String,
    states: [DesiredState],
    in repository: Repository,
    now: Timestamp,
    explain: (_ app: String, _ state: DesiredState) -> AppExplanation?
) throws(RejectedSource) -> VersionChange? {
    var found: [(cluster: ReleaseCluster, state: DesiredState)] = []
    for state in states {
        for cluster in state.releaseClusters
        where cluster.name == name && (namespace ?? cluster.namespace) == cluster.namespace {
            found.append((cluster, state))
        }
    }
    guard let (cluster, state) = found.first else { return nil }
    if found.count > 1 {
        let places = found.map { "\($0.state.fleet)/\($0.state.managementCluster) \($0.cluster.namespace)/\(name)" }
        throw EditedFiles.failure(
            "ambiguous-cluster",
            "several clusters are named “\(name)”: \(places.joined(separator: ", "))",
            hint: "say which with --fleet, --management-cluster or --namespace"
        )
    }
    let wanted = try ReleaseWish(version, cluster)
    let old = try release(cluster.release, of: cluster, in: state)
    let new = try release(wanted.release, of: cluster, in: state)
    let subject = "cluster \(cluster.namespace)/\(cluster.name)"
    var change = VersionChange(
        subject: subject,
        old: cluster.version,
        new: VersionText.adapt(wanted.version, to: cluster.version),
        lines: [],
        edits: []
    )
    if old.name == new.name { return change }
    change.release = ReleaseChange(
        of: "\(cluster.namespace)/\(cluster.name)",
        from: old,
        to: new,
        known: state.releases,
        now: now
    )
    var files = EditedFiles(repository.tree)
    guard let app = explain(cluster.app, state) else { throw missing(cluster, nil) }
    switch cluster.choice {
    case .value: try editValue(of: app, cluster, &change, &files)
    case .chart: try editChart(of: app, cluster, &change, &files)
    }
    change.edits = files.all
    return change
}

/// A release as a person writes it behind `--to`: `34.5.0`, `v34.5.0` or `aws-34.5.0`.
private struct ReleaseWish {
    var version: String
    var release: String

    init(_ text: String, _ cluster: ReleaseCluster) throws(RejectedSource) {
        var version = text
        if let (provider, found) = PlatformRelease.split(text), !provider.isEmpty {
            guard provider == cluster.provider else {
                throw EditedFiles.failure(
                    "release-provider",
                    "“\(text)” is a release of \(provider), and cluster “\(cluster.name)” is on \(cluster.provider)"
                )
            }
            version = "\(found)"
        }
        try VersionText.check(version)
        self.version = VersionText.bare(version)
        release = "\(cluster.provider)-\(self.version)"
    }
}

private func release(
    _ name: String,
    of cluster: ReleaseCluster,
    in state: DesiredState
) throws(RejectedSource) -> PlatformRelease {
    if let release = state.releases.first(where: { $0.name == name }) { return release }
    let known = state.releases.filter { $0.provider == cluster.provider }.sorted { $0.version < $1.version }
    let names = known.map(\.name)
    throw EditedFiles.failure(
        "unknown-release",
        "no Release is named “\(name)” among the objects of \(state.managementCluster)",
        at: cluster.position,
        hint: names.isEmpty
            ? "add the Release's object to this fleet"
            : closestName(to: name, in: names).map { "did you mean “\($0)”?" }
                ?? "known: \(names.suffix(8).joined(separator: ", "))"
    )
}

private func missing(_ cluster: ReleaseCluster, _ hint: String?) -> RejectedSource {
    EditedFiles.failure(
        "version-place",
        "the release of cluster “\(cluster.name)” stands in no file of its own that could be edited",
        at: cluster.position,
        hint: hint ?? "edit by hand what makes app “\(cluster.app)”"
    )
}

/// Sets `global.release.version` in the layer that wins now, be it a ConfigMap's text or the app's own values.
private func editValue(
    of app: AppExplanation,
    _ cluster: ReleaseCluster,
    _ change: inout VersionChange,
    _ files: inout EditedFiles
) throws(RejectedSource) {
    guard let value = app.explained.last(where: { $0.path == ReleaseValue.path }), let place = value.position else {
        throw missing(cluster, nil)
    }
    let old = value.value.string ?? ""
    let new = VersionText.adapt(change.new, to: old)
    let found = try files.replaceWord(old, by: new, at: place)
    guard found == old else {
        let hint = found.hasPrefix("${") ? "the file says “\(found)”: set that variable" : nil
        throw missing(cluster, hint.map { "\($0) (\(place))" } ?? "look at \(place)")
    }
    change.lines.append(
        VersionChange.Line(
            position: place,
            subject: "value \(ReleaseValue.path.joined(separator: ".")) of app \(app.app.name), in \(value.layer)",
            old: old,
            new: new
        )
    )
}

/// Sets the version of the chart that stands for a release.
private func editChart(
    of app: AppExplanation,
    _ cluster: ReleaseCluster,
    _ change: inout VersionChange,
    _ files: inout EditedFiles
) throws(RejectedSource) {
    let place = app.app.version.position
    let new = VersionText.adapt(change.new, to: cluster.version)
    guard try files.replaceWord(cluster.version, by: new, at: place) == cluster.version else {
        throw missing(cluster, "look at \(place)")
    }
    change.lines.append(
        VersionChange.Line(position: place, subject: "chart \(app.app.chart.value)", old: cluster.version, new: new)
    )
}
