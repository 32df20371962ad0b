package import FleetModel
import HelmCharts
package import KubernetesModel
package import SourceDiagnostics
import SourceFiles
package import StructuredValue

/// An app of one member with its chart and all layers of its values: `martlet values APP`.
package struct AppExplanation: Sendable {
    package var app: App
    package var chart: String
    /// What the app's version text came to; the text itself when its catalog is unknown.
    package var version: String
    /// Lowest first: the chart's dependencies, the chart, and all that Git puts over them. Of another product's app whose
    /// catalog is unknown here only what Git says.
    package var values: AppValues
    /// Every value with its layer and, as far as it is known, its own place in the layer's file.
    package var explained: [ExplainedValue]

    /// What the chart gets. A `null` has removed what it stands over.
    package var merged: Value { Self.withoutNulls(values.merged) }

    /// What the chart gets, without what Secrets hold.
    package var mergedForDisplay: Value {
        var shown = merged
        for value in explained where value.isSecret && !value.value.isNull {
            shown[path: value.path] = .string(Self.hidden)
        }
        return shown
    }

    /// Stands where a Secret's value is.
    package static let hidden = "(from a Secret)"

    private static func withoutNulls(_ value: Value) -> Value {
        guard case .object(let object) = value else { return value }
        return .object(
            Object(
                object.pairs.compactMap { pair in
                    pair.value.isNull ? nil : Object.Pair(key: pair.key, value: withoutNulls(pair.value))
                }
            )
        )
    }
}

/// The apps of a member that have a name, explained; `known` are the names of all its apps.
package func explainApps(
    named name: String,
    _ repository: Repository,
    fleet: Fleet,
    member: ManagementCluster,
    catalogs: CatalogContents = CatalogContents(),
    now: Timestamp,
    cache: RenderCache
) -> (apps: [AppExplanation], known: [String], diagnostics: [Diagnostic]) {
    var draft = RenderDraft(repository, fleet, member, catalogs, now, cache: cache)
    draft.readFiles()
    draft.addCollections()
    draft.renderKustomizations()
    draft.renderFluxKustomizations()
    draft.indexPlainObjects()
    draft.resolveReleases()
    let wanted = draft.apps.filter { $0.name == name }
    draft.diagnostics = []
    let explanations = wanted.compactMap { draft.explain($0) }
    return (explanations, draft.apps.map(\.name), draft.diagnostics)
}

extension RenderDraft {
    fileprivate mutating func explain(_ app: App) -> AppExplanation? {
        let catalog = catalog(app.catalog.value)
        if catalog == nil, app.form != .giantSwarm {
            report(repository.unknownCatalog(app))
            return nil
        }
        var layers = values(of: app, from: catalog).layers
        var found: (chart: Chart, entry: ChartEntry)?
        if let catalog {
            guard let (chart, entry) = chart(of: app, from: catalog) else { return nil }
            found = (chart, entry)
            let preview = AppValues(layers: Self.defaults(of: chart, enabledBy: nil) + layers).merged
            layers = Self.defaults(of: chart, enabledBy: preview) + layers
        }
        var locator = ValueLocator(repository, found?.chart)
        let values = AppValues(layers: layers)
        let explained = values.explained.map { value in
            var copy = value
            if let layer = layers.last(where: { $0.name == value.layer }) {
                copy.position = locator.position(of: value.path, in: layer) ?? layer.position
            }
            return copy
        }
        return AppExplanation(
            app: app,
            chart: found?.entry.name ?? app.chart.value,
            version: found?.entry.version ?? app.version.value,
            values: values,
            explained: explained
        )
    }

    /// The defaults of a chart and of the dependencies that values leave enabled, the deepest first.
    private static func defaults(of chart: Chart, enabledBy values: Value?) -> [ValuesLayer] {
        var layers: [ValuesLayer] = []
        func add(_ chart: Chart, below path: [String]) {
            for dependency in chart.dependencies {
                let entry = chart.metadata.dependencies.first { $0.name == dependency.metadata.name }
                let name = entry.map { $0.alias.isEmpty ? $0.name : $0.alias } ?? dependency.metadata.name
                if let entry, let values, !isEnabled(entry, values, below: path) { continue }
                add(dependency, below: path + [name])
            }
            var value = chart.values
            for step in path.reversed() { value = .object([step: value]) }
            let title = (path.isEmpty ? "chart " : "dependency ") + chart.metadata.name
            let start = chart.valuesFile.map { SourcePosition(file: $0.path, line: 1, column: 1) }
            var layer = ValuesLayer(name: title, values: value, position: start)
            layer.isDefault = true
            layers.append(layer)
        }
        add(chart, below: [])
        return layers.filter { !$0.values.isEmpty }
    }

    private static func isEnabled(_ dependency: ChartDependency, _ values: Value, below path: [String]) -> Bool {
        for condition in dependency.condition.split(separator: ",") {
            let steps = condition.split(separator: ".").map { String($0.filter { $0 != " " }) }
            if let answer = values[path: path + steps]?.bool { return answer }
        }
        return true
    }
}
