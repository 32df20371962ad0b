import FleetModel
import HelmCharts
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue

/// Everything that the objects of an app depend on.
struct AppRenderKey: Hashable, Sendable {
    var chart: String
    var values: String
    var name: String
    var namespace: String
    var target: ObjectTarget
    var app: App
    /// A digest of what `lookup` may find; empty for charts that never ask.
    var lookups: String
}

extension RenderDraft {
    /// Objects that stand in files themselves: where values come from and what `lookup` finds.
    mutating func indexPlainObjects() {
        for object in objects where object.target == .managementCluster { plainObjects[object.key] = object }
    }

    mutating func renderApps() {
        indexPlainObjects()
        resolveReleases()
        for app in apps { render(app) }
    }

    private mutating func render(_ app: App) {
        let source = ObjectSource.app(namespace: app.namespace, name: app.name)
        if app.isPaused { frozenSources[source.description] = "the app is paused" }
        if let cordon = app.cordon, now < cordon.until {
            let reason = cordon.reason.isEmpty ? "" : ": \(cordon.reason)"
            frozenSources[source.description] = "the app is cordoned until \(cordon.until)\(reason)"
        }
        guard let catalog = catalog(app.catalog.value) else {
            leaveToOthers(app)
            return
        }
        guard let (chart, entry) = chart(of: app, from: catalog) else { return }
        let values = values(of: app, from: catalog)
        let rendered = rendered(app, chart, entry, values.merged)
        objects += rendered.objects
        diagnostics += rendered.diagnostics.map { finding in
            finding.code == "values-schema" ? located(finding, app, chart, values) : finding
        }
    }

    /// A complaint about values, at the places that set them: the first is where it stands, the others follow.
    private func located(_ finding: Diagnostic, _ app: App, _ chart: Chart, _ values: AppValues) -> Diagnostic {
        var locator = ValueLocator(repository, chart)
        var places: [SourcePosition] = []
        for path in cache.engine.refusedValues(of: chart, values: ChartValues(values.merged)) {
            guard let place = locator.position(of: path, in: values.layers), !places.contains(place) else { continue }
            places.append(place)
        }
        guard let first = places.first else { return finding }
        var result = finding
        result.trail = places.dropFirst().prefix(8) + [finding.position].compactMap { $0 } + finding.trail
        result.position = first
        return result
    }

    /// The chart an app is made from; nil, with a diagnostic, when there is none.
    mutating func chart(of app: App, from catalog: Catalog) -> (chart: Chart, entry: ChartEntry)? {
        guard let entries = entries(of: catalog, for: app), let entry = choose(app, from: entries, catalog),
            let chart = load(entry, for: app)
        else { return nil }
        return (chart, entry)
    }

    /// Another product's App whose catalog is unknown here is an object like any other, for its own operator.
    private mutating func leaveToOthers(_ app: App) {
        if app.form == .giantSwarm, let manifest = app.source {
            objects.append(Self.desired(manifest, source: .manifest(file: app.position.file)))
            return
        }
        if app.form == .collection {
            // Said once, where the repository was loaded.
            isMissingCollection = true
        } else {
            report(repository.unknownCatalog(app))
        }
    }

    // MARK: Versions

    /// What the catalog offers of the app's chart; nil, with a diagnostic, when it offers nothing.
    private mutating func entries(of catalog: Catalog, for app: App) -> [ChartEntry]? {
        let all: [ChartEntry]
        if case .folder(let folder) = catalog.source {
            all = charts(in: folder)
        } else if let snapshot = catalogs.snapshots[catalog.name] {
            all = snapshot.entries
        } else {
            unavailable(catalog, catalogs.failures[catalog.name] ?? "it was not fetched yet", app)
            return nil
        }
        let entries = all.filter { $0.name == app.chart.value }
        if !entries.isEmpty { return entries }
        if let reason = catalogs.failures[catalog.name], catalog.isRemote {
            unavailable(catalog, reason, app)
            return nil
        }
        let names = Set(all.map(\.name))
        report(
            Diagnostic(
                .error,
                "unknown-chart",
                "catalog “\(catalog.name)” has no chart “\(app.chart.value)”",
                at: app.chart.position,
                hint: closestName(to: app.chart.value, in: names).map { "did you mean “\($0)”?" }
                    ?? "charts are \(names.sorted().prefix(8).joined(separator: ", "))"
            )
        )
        return nil
    }

    /// The world's failure, not the writer's: it is tried again, and nothing is deleted meanwhile.
    private mutating func unavailable(_ catalog: Catalog, _ reason: String, _ app: App) {
        report(
            Diagnostic(
                .error,
                "catalog-unavailable",
                "app “\(app.name)”: catalog “\(catalog.name)” cannot be read: \(reason)",
                at: app.catalog.position,
                trail: [catalog.position]
            )
        )
    }

    /// The charts in a folder of the repository; looked through once per content.
    private mutating func charts(in folder: String) -> [ChartEntry] {
        if let known = folderCharts[folder] { return known }
        let files = repository.tree.files(under: folder)
        let key = folder + " " + Digest.of(files.map { "\($0.path) \($0.contentID)" }.joined(separator: "\n"))
        let all = cache.folderCharts.content(key) ?? ChartFolders.entries(in: repository.tree, folder: folder)
        cache.folderCharts.keep(all, for: key)
        folderCharts[folder] = all
        return all
    }

    /// The version the app gets: a hold's, or what its own text comes to.
    private mutating func choose(_ app: App, from entries: [ChartEntry], _ catalog: Catalog) -> ChartEntry? {
        var requested = app.version.value
        var position = app.version.position
        if let hold = hold(of: app) {
            holds.append(
                AppliedHold(
                    app: app.name,
                    wantedVersion: requested,
                    heldVersion: hold.version,
                    reason: hold.reason,
                    until: hold.until,
                    position: hold.position
                )
            )
            requested = hold.version
            position = hold.position
        }
        let choice = catalogs.snapshots[catalog.name]?.choices[ChartWish(chart: app.chart.value, version: requested)]
        let chosen = choice.flatMap { choice in entries.first { $0.version == choice.version } }
        guard let entry = chosen ?? VersionChoice.pick(requested, from: entries) else {
            if requested.isEmpty {
                // What is wrong with a cluster's release is said already.
                if !releaseClusters.contains(where: { $0.app == app.name && $0.namespace == app.namespace }) {
                    report(
                        Diagnostic(
                            .error,
                            "missing-version",
                            "app “\(app.name)” has no version, and its values name no Release that has one",
                            at: position,
                            hint: "set “spec.version”, or “\(ReleaseValue.path.joined(separator: "."))” in its values"
                        )
                    )
                }
                return nil
            }
            if let reason = catalogs.failures[catalog.name], catalog.isRemote {
                unavailable(catalog, reason, app)
                return nil
            }
            let versions = entries.map(\.version)
            report(
                Diagnostic(
                    .error,
                    "unknown-version",
                    "catalog “\(catalog.name)” has no version “\(requested)” of chart “\(app.chart.value)”",
                    at: position,
                    hint: closestName(to: requested, in: versions).map { "did you mean “\($0)”?" }
                        ?? "known versions: \(versions.suffix(8).joined(separator: ", "))"
                )
            )
            return nil
        }
        resolutions.append(
            AppResolution(
                app: app.name,
                namespace: app.namespace,
                catalog: catalog.name,
                chart: entry.name,
                requested: app.version.value,
                version: entry.version,
                collection: app.collection,
                choice: choice.map { AppResolution.Choice(content: $0.content, chosen: $0.chosen) },
                position: app.version.position
            )
        )
        return entry
    }

    /// The hold that is in force for an app here.
    private func hold(of app: App) -> Hold? {
        fleet.holds.first { hold in
            hold.app.value == app.name && hold.isActive(at: now)
                && hold.managementClusters.map { $0.contains { $0.value == member.name } } ?? true
        }
    }

    /// What the apps ask of catalogs that are not in the repository.
    func chartRequests() -> [ChartRequest] {
        var requests: Set<ChartRequest> = []
        for app in apps {
            guard let catalog = catalog(app.catalog.value), catalog.isRemote else { continue }
            let version = hold(of: app)?.version ?? app.version.value
            requests.insert(
                ChartRequest(catalog: catalog, wish: ChartWish(chart: app.chart.value, version: version))
            )
        }
        return requests.sorted {
            ($0.catalog.name, $0.wish.chart, $0.wish.version) < ($1.catalog.name, $1.wish.chart, $1.wish.version)
        }
    }

    // MARK: Charts

    private mutating func load(_ entry: ChartEntry, for app: App) -> Chart? {
        let key = "\(entry.name) \(entry.version) \(entry.contentID)"
        let result = cache.charts.content(key) ?? Self.read(entry)
        cache.charts.keep(result, for: key)
        switch result {
        case .success(let chart): return chart
        case .failure(let rejected):
            diagnostics += rejected.diagnostics.map { $0.asked(by: app) }
            return nil
        }
    }

    private static func read(_ entry: ChartEntry) -> Result<Chart, RejectedSource> {
        do {
            switch entry.location {
            case .folder(let tree, let path): return .success(try Chart(tree: tree, folder: path))
            case .archive(let file):
                return .success(try Chart(archive: try file.bytes(), name: file.path))
            case .missing(let reason):
                let start = SourcePosition(file: "\(entry.name)-\(entry.version)", line: 1, column: 1)
                return .failure(RejectedSource([Diagnostic(.error, "chart-unavailable", reason, at: start)]))
            }
        } catch let rejected as RejectedSource {
            return .failure(rejected)
        } catch {
            let start = SourcePosition(file: "\(entry.name)-\(entry.version)", line: 1, column: 1)
            return .failure(
                RejectedSource([
                    Diagnostic(.error, "chart-unavailable", "the chart cannot be read: \(error)", at: start)
                ])
            )
        }
    }

    private mutating func rendered(_ app: App, _ chart: Chart, _ entry: ChartEntry, _ values: Value) -> RenderedObjects
    {
        let chartKey = "\(entry.name) \(entry.version) \(entry.contentID)"
        let lookups = asksForObjects(chart, chartKey) ? plainObjects.values.sorted { $0.key < $1.key } : []
        let key = AppRenderKey(
            chart: chartKey,
            values: Digest.of(JSON.bytes(values, .canonical)),
            name: app.name,
            namespace: app.releaseNamespace,
            target: Self.target(of: app),
            app: app,
            lookups: lookups.isEmpty ? "" : Digest.of(lookups.map(\.contentHash).joined(separator: "\n"))
        )
        // Only charts on the management cluster see what is observed there.
        let seen = app.target == .managementCluster ? observed : ObservedObjects()
        if let known = cache.apps.content(key), known.reads.isEmpty || known.answers == seen.digest(of: known.reads) {
            reads.formUnion(known.reads)
            return known
        }
        cache.renderedApps += 1
        var result = RenderedObjects(objects: [], diagnostics: [])
        let lookup = LookupSource(seen.joined(with: lookups.map(\.manifest)))
        defer { reads.formUnion(lookup.reads) }
        do {
            let rendered = try cache.engine.render(
                chart,
                values: ChartValues(values),
                release: ChartRelease(name: app.name, namespace: app.releaseNamespace),
                lookup: lookup,
                includesCRDs: !app.skipsCRDs
            )
            result.objects = rendered.manifests.compactMap { desired($0, app, entry) }
        } catch {
            result.diagnostics = error.diagnostics.map { $0.asked(by: app) }
        }
        result.reads = lookup.reads
        result.answers = seen.digest(of: lookup.reads)
        cache.apps.keep(result, for: key)
        return result
    }

    private func asksForObjects(_ chart: Chart, _ key: String) -> Bool {
        if let known = cache.askingCharts.content(key) { return known }
        let asks = ChartQuestions.asks(chart)
        cache.askingCharts.keep(asks, for: key)
        return asks
    }

    private static func target(of app: App) -> ObjectTarget {
        switch app.target {
        case .managementCluster: .managementCluster
        case .workloadCluster(let name, let namespace, let secret):
            .workloadCluster(
                namespace: namespace.isEmpty ? "default" : namespace,
                name: name,
                secret: secret ?? "\(name)-kubeconfig"
            )
        }
    }

    /// An object of a chart; nil for empty documents and for hooks of other occasions than installing and upgrading.
    private func desired(_ made: ChartManifest, _ app: App, _ entry: ChartEntry) -> DesiredObject? {
        guard made.manifest.value.object != nil, !made.manifest.kind.isEmpty else { return nil }
        let occasions: Set<String> = ["pre-install", "post-install", "pre-upgrade", "post-upgrade", "crd-install"]
        if made.isHook, occasions.isDisjoint(with: made.hookEvents) { return nil }
        var manifest = made.manifest
        let place = manifest.origin?.position ?? SourcePosition(file: made.templatePath, line: 1, column: 1)
        manifest.origin = Origin(position: place, trail: [app.position], maker: "chart \(entry.name) \(entry.version)")
        if manifest.namespace.isEmpty, ResourceScopes().isNamespaced(manifest.groupKind) != false {
            manifest.namespace = app.releaseNamespace
        }
        return Self.desired(
            manifest,
            source: .app(namespace: app.namespace, name: app.name),
            target: Self.target(of: app),
            dependsOn: app.dependsOn.map(\.value)
        )
    }
}

/// Whether a chart's templates look at objects that exist.
private enum ChartQuestions {
    static func asks(_ chart: Chart) -> Bool {
        let word = Array("lookup".utf8)
        for file in chart.templates + chart.files where contains(file.bytes, word) { return true }
        return chart.dependencies.contains { asks($0) }
    }

    private static func contains(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
        guard let first = word.first, bytes.count >= word.count else { return false }
        for start in 0...(bytes.count - word.count) where bytes[start] == first {
            if bytes[start..<start + word.count].elementsEqual(word) { return true }
        }
        return false
    }
}

extension Diagnostic {
    /// The finding with the app that led to it.
    fileprivate func asked(by app: App) -> Diagnostic {
        var copy = self
        copy.trail.append(app.position)
        return copy
    }
}
