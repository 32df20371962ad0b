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
        var given = GoMap()
        if case .map(let map) = GoValue(values.document) { given = map }
        do throws(SettingParser.Failure) {
            for setting in values.settings { try SettingParser.apply(setting, to: given) }
        } catch {
            throw Self.refuse("chart-setting", error.message, chart)
        }
        if !["", "application"].contains(metadata.type) {
            throw Self.refuse("chart-type", "\(metadata.type) charts are not installable", chart)
        }
        try checkDependencies(chart)
        let root = ChartNode(chart)
        root.isRoot = true
        let coalesced: GoMap
        do throws(ValueCoalescing.Failure) {
            try root.removeDisabled(given)
            try root.importValues()
            root.settlePaths()
            coalesced = try ValueCoalescing.coalesce(root, given)
        } catch {
            throw Self.refuse("chart-values", "chart dependencies processing failed: \(error.message)", chart)
        }
        let violations = try schemaViolations(root, coalesced)
        if !violations.isEmpty {
            throw Self.refuse(
                "values-schema",
                "values don't meet the specifications of the schema(s) in the following chart(s):\n" + violations,
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

    /// The texts of all schemas' complaints, the chart's own first; empty when there are none.
    private func schemaViolations(_ node: ChartNode, _ values: GoMap) throws(RejectedSource) -> String {
        var text = ""
        if let bytes = node.chart.schema {
            let known = compiled(node.chart)
            if known.schema == nil { known.schema = .some(.some(Self.compile(bytes))) }
            switch known.schema {
            case .success(let schema)??:
                let violations = schema.violations(in: GoValue.map(values).document)
                if !violations.isEmpty { text += "\(node.name):\n\(SchemaViolation.text(violations))\n" }
            case .failure(let failure)??: text += "\(node.name):\n\(failure.message)\n"
            default: break
            }
        }
        for dependency in node.dependencies {
            switch values[dependency.name] {
            case nil, .null?, GoValue.none?: continue
            case .map(let inner)?: text += try schemaViolations(dependency, inner)
            case let other?:
                text += "\(dependency.name):\ninvalid type for values: expected object (map), got \(other.typeName)\n"
            }
        }
        return text
    }

    private static func compile(_ bytes: [UInt8]) -> Result<ValueSchema, SchemaFailure> {
        do {
            return .success(try ValueSchema(compiling: try JSON.parse(bytes)))
        } catch let error as SchemaCompileError {
            return .failure(SchemaFailure(message: error.message))
        } catch {
            return .failure(SchemaFailure(message: "values.schema.json is not JSON: \(error)"))
        }
    }
}

/// A chart with its dependencies settled and its values put together and checked: ready for its templates.
package struct PreparedChart {
    let root: ChartNode
    let values: GoMap
    let release: ChartRelease
    let capabilities: ChartCapabilities
}
