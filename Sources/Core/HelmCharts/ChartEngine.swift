package import GoTemplate
import JSONSchema
import SemanticVersion
package import SourceDiagnostics
package import SprigFunctions
package import StructuredValue

/// The release that a chart is rendered as.
package struct ChartRelease: Sendable, Hashable {
    package var name: String
    package var namespace: String
    package var isUpgrade: Bool
    package var revision: Int

    package init(name: String, namespace: String, isUpgrade: Bool = false, revision: Int = 1) {
        self.name = name
        self.namespace = namespace
        self.isUpgrade = isUpgrade
        self.revision = revision
    }
}

/// Renders charts, and remembers what it parsed: templates, schemas and texts given to `tpl`. Rendering a chart again
/// with other values reuses all of it.
///
/// Belongs to one thread at a time; charts and results may be shared.
package final class ChartEngine {
    let limits: GoLimits
    let nonDeterminism: NonDeterminism
    let zones: SprigZones
    let parsed = GoParseCache()
    private var compiled: [ObjectIdentifier: CompiledChart] = [:]

    package init(
        limits: GoLimits = GoLimits(),
        nonDeterminism: NonDeterminism = .forbidden,
        zones: SprigZones = .utcOnly
    ) {
        self.limits = limits
        self.nonDeterminism = nonDeterminism
        self.zones = zones
    }

    /// All functions that a chart's templates may call.
    package static let functions = GoFunctionTable(SprigLibrary.helm + [.include, .tpl, LookupSource.function])

    /// Renders a chart as `helm template` does: its objects in install order, hooks after them.
    ///
    /// `objects` are what `lookup` finds; `lookup` takes their place when the caller wants to know what was asked.
    package func render(
        _ chart: Chart,
        values: ChartValues = ChartValues(),
        release: ChartRelease,
        capabilities: ChartCapabilities = ChartCapabilities(),
        objects: [Value] = [],
        lookup: LookupSource? = nil,
        includesCRDs: Bool = true
    ) throws(RejectedSource) -> RenderedChart {
        let prepared = try prepare(chart, values: values, release: release, capabilities: capabilities)
        let texts = try renderTemplates(prepared, lookup: lookup ?? LookupSource(objects))
        return try sort(prepared, texts, includesCRDs: includesCRDs)
    }

    // MARK: The phases

    /// Settles dependencies, puts the given values over the defaults, and checks them against the schemas.
    package func prepare(
        _ chart: Chart,
        values: ChartValues,
        release: ChartRelease,
        capabilities: ChartCapabilities
    ) throws(RejectedSource) -> PreparedChart {
        let metadata = chart.metadata
        let (root, coalesced) = try settle(chart, values)
        let complaints = schemaComplaints(root, coalesced)
        if !complaints.isEmpty {
            var reasons = complaints.map(\.text).joined()
            // Helm ends its text with an empty line.
            while reasons.hasSuffix("\n") { reasons.removeLast() }
            throw Self.refuse(
                "values-schema",
                "values don't meet the specifications of the schema(s) in the following chart(s):\n" + reasons,
                chart
            )
        }
        if !metadata.kubeVersion.isEmpty {
            let range = SemanticVersionRange(metadata.kubeVersion)
            let version = SemanticVersion(capabilities.normalized)
            guard let range, let version, range.contains(version) else {
                throw Self.refuse(
                    "chart-kube-version",
                    "chart requires kubeVersion: \(metadata.kubeVersion) which is incompatible with Kubernetes "
                        + capabilities.kubeVersion,
                    chart
                )
            }
        }
        return PreparedChart(root: root, values: coalesced, release: release, capabilities: capabilities)
    }

    /// The chart with its dependencies settled, and the values over all defaults.
    func settle(_ chart: Chart, _ values: ChartValues) throws(RejectedSource) -> (root: ChartNode, values: GoMap) {
        var given = GoMap()
        if case .map(let map) = GoValue(values.document) { given = map }
        do throws(SettingParser.Failure) {
            for setting in values.settings { try SettingParser.apply(setting, to: given) }
        } catch {
            throw Self.refuse("chart-setting", error.message, chart)
        }
        if !["", "application"].contains(chart.metadata.type) {
            throw Self.refuse("chart-type", "\(chart.metadata.type) charts are not installable", chart)
        }
        try checkDependencies(chart)
        let root = ChartNode(chart)
        root.isRoot = true
        do throws(ValueCoalescing.Failure) {
            try root.removeDisabled(given)
            try root.importValues()
            root.settlePaths()
            return (root, try ValueCoalescing.coalesce(root, given))
        } catch {
            throw Self.refuse("chart-values", "chart dependencies processing failed: \(error.message)", chart)
        }
    }

    private func checkDependencies(_ chart: Chart) throws(RejectedSource) {
        let present = Set(chart.dependencies.map(\.metadata.name))
        let missing = chart.metadata.dependencies.map(\.name).filter { !present.contains($0) }
        if missing.isEmpty { return }
        throw Self.refuse(
            "chart-dependency",
            "an error occurred while checking for chart dependencies. found in Chart.yaml, but missing in charts/ "
                + "directory: " + missing.joined(separator: ", "),
            chart
        )
    }

    static func refuse(_ code: String, _ message: String, _ chart: Chart) -> RejectedSource {
        RejectedSource([
            Diagnostic(
                .error,
                code,
                message,
                at: SourcePosition(file: "\(chart.metadata.name)/Chart.yaml", line: 1, column: 1)
            )
        ])
    }

    // MARK: What is remembered

    /// What was parsed of one chart.
    final class CompiledChart {
        let chart: Chart
        var units: [String: Result<GoTemplateUnit, GoFailure>] = [:]
        var schema: Result<ValueSchema, SchemaFailure>??

        init(_ chart: Chart) { self.chart = chart }
    }

    struct SchemaFailure: Error, Sendable {
        var message: String
    }

    func compiled(_ chart: Chart) -> CompiledChart {
        if let known = compiled[ObjectIdentifier(chart)] { return known }
        if compiled.count > 512 { compiled = [:] }
        let fresh = CompiledChart(chart)
        compiled[ObjectIdentifier(chart)] = fresh
        return fresh
    }
}

/// A chart with its dependencies settled and its values put together and checked: ready for its templates.
package struct PreparedChart {
    let root: ChartNode
    let values: GoMap
    let release: ChartRelease
    let capabilities: ChartCapabilities
}
