import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

/// Where the values of a cluster app name a Release.
package enum ReleaseValue {
    package static let path = ["global", "release", "version"]
    static let clusterName = ["global", "metadata", "name"]
}

extension RenderDraft {
    /// Finds the clusters whose version is a Release's, and gives the apps that make them and have no version of their own
    /// the one that the Release names. The vendor leaves this to a webhook, so that Git alone never says what runs.
    mutating func resolveReleases() {
        releases = plainObjects.values.compactMap { PlatformRelease($0.manifest) }.sorted { $0.name < $1.name }
        for index in apps.indices {
            guard let cluster = releaseCluster(of: apps[index]) else { continue }
            releaseClusters.append(cluster)
            if apps[index].version.value.isEmpty { apps[index] = withVersion(apps[index], from: cluster) }
        }
    }

    private func releaseCluster(of app: App) -> ReleaseCluster? {
        let (kind, provider) = Self.split(app.chart.value)
        guard kind == "cluster" || kind == "release", !provider.isEmpty else { return nil }
        // Findings about values are said where the app is rendered.
        var probe = self
        let values = probe.values(of: app, from: catalog(app.catalog.value)).merged
        let written = values[path: ReleaseValue.path]?.string ?? ""
        let choice: ReleaseCluster.Choice = written.isEmpty ? .chart : .value
        if choice == .chart, kind == "cluster" || app.version.value.isEmpty { return nil }
        return ReleaseCluster(
            name: values[path: ReleaseValue.clusterName]?.string ?? app.name,
            app: app.name,
            namespace: app.namespace,
            provider: provider,
            version: choice == .value ? written : app.version.value,
            choice: choice,
            position: app.position
        )
    }

    /// `cluster-aws`: what it is, and the provider.
    private static func split(_ chart: String) -> (kind: Substring, provider: String) {
        guard let dash = chart.firstIndex(of: "-") else { return ("", "") }
        return (chart[..<dash], String(chart[chart.index(after: dash)...]))
    }

    private mutating func withVersion(_ app: App, from cluster: ReleaseCluster) -> App {
        guard let release = releases.first(where: { $0.name == cluster.release }) else {
            // An app that is left to its own operator is left with its questions.
            guard catalog(app.catalog.value) != nil else { return app }
            let known = releases.filter { $0.provider == cluster.provider }.map(\.name)
            report(
                Diagnostic(
                    .error,
                    "unknown-release",
                    "app “\(app.name)”: no Release is named “\(cluster.release)”",
                    at: app.version.position,
                    hint: closestName(to: cluster.release, in: known).map { "did you mean “\($0)”?" }
                        ?? (known.isEmpty
                            ? "add the Release's object to this fleet" : "known: \(known.joined(separator: ", "))")
                )
            )
            return app
        }
        guard let part = release.component(app.chart.value) else {
            report(
                Diagnostic(
                    .error,
                    "release-component",
                    "Release “\(release.name)” has no component “\(app.chart.value)”",
                    at: app.chart.position,
                    trail: [release.position].compactMap { $0 }
                )
            )
            return app
        }
        var versioned = app
        versioned.version = Located(part.version, at: app.version.position)
        if let catalog = part.catalog, self.catalog(catalog) != nil {
            versioned.catalog = Located(catalog, at: app.catalog.position)
        }
        return versioned
    }
}
