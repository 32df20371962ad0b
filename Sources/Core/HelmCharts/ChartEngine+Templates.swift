import GoTemplate
package import SourceDiagnostics
import SprigFunctions
import StructuredValue

/// What the functions of one render find: sprig's state and the objects for `lookup`.
final class RenderHost: SprigHost {
    let sprigContext: SprigContext
    let lookup: LookupSource

    init(_ sprigContext: SprigContext, _ lookup: LookupSource) {
        self.sprigContext = sprigContext
        self.lookup = lookup
    }
}

/// One template's output.
package struct TemplateOutput: Sendable {
    package var path: String
    package var text: [UInt8]
}

extension ChartEngine {
    private struct Renderable {
        var path: String
        var file: ChartFile
        var node: ChartNode
        var scope: GoMap
    }

    /// Executes all templates that make output and returns what they wrote, ordered by path.
    package func renderTemplates(
        _ prepared: PreparedChart,
        lookup: LookupSource = LookupSource([])
    ) throws(RejectedSource) -> [TemplateOutput] {
        var renderables: [Renderable] = []
        let top = GoMap([("Values", .map(prepared.values))])
        let release = GoMap([
            ("Name", .string(prepared.release.name)), ("Namespace", .string(prepared.release.namespace)),
            ("IsUpgrade", .bool(prepared.release.isUpgrade)), ("IsInstall", .bool(!prepared.release.isUpgrade)),
            ("Revision", .int(prepared.release.revision)), ("Service", .string("Helm")),
        ])
        let shared: [(String, GoValue)] = [
            ("Release", .map(release)), ("Capabilities", .object(CapabilitiesObject(prepared.capabilities))),
        ]
        _ = collect(prepared.root, top, shared, &renderables)
        // An archive may hold a path twice; the later file counts, as in Helm's table of templates.
        var paths: Set<String> = []
        renderables = renderables.reversed().filter { paths.insert($0.path).inserted }
        // Deeper templates first, so that a chart's own definitions replace those of its dependencies.
        let order = renderables.map { ($0.path.utf8.count { $0 == UInt8(ascii: "/") }, $0) }
            .sorted { $0.0 != $1.0 ? $0.0 > $1.0 : $0.1.path > $1.1.path }
            .map(\.1)

        var templates = GoTemplateSet()
        for renderable in order {
            switch unit(renderable) {
            case .success(let unit): templates.add(unit)
            case .failure(let failure): throw Self.rejection(ofParsing: failure, renderable.path)
            }
        }
        let host = RenderHost(
            SprigContext(nonDeterminism: nonDeterminism, zones: zones),
            lookup
        )
        let execution = GoExecution(templates, limits: limits, parsed: parsed, host: host)
        var outputs: [TemplateOutput] = []
        for renderable in order where !renderable.file.name.hasPrefix("_") {
            renderable.scope["Template"] = .map(
                GoMap([
                    ("Name", .string(renderable.path)), ("BasePath", .string(renderable.node.fullPath("templates"))),
                ])
            )
            do throws(GoFailure) {
                var text = try execution.execute(renderable.path, .map(renderable.scope))
                GoExecution.removeNoValue(&text)
                if !renderable.path.hasSuffix("NOTES.txt") {
                    outputs.append(TemplateOutput(path: renderable.path, text: text))
                }
            } catch {
                throw Self.rejection(ofExecuting: error)
            }
        }
        outputs.sort { $0.path < $1.path }
        return outputs
    }

    private func unit(_ renderable: Renderable) -> Result<GoTemplateUnit, GoFailure> {
        let known = compiled(renderable.node.chart)
        if let unit = known.units[renderable.path] { return unit }
        let unit = Result { () throws(GoFailure) in
            try GoTemplateUnit(name: renderable.path, source: renderable.file.bytes, functions: Self.functions)
        }
        known.units[renderable.path] = unit
        return unit
    }

    /// Gathers the templates of a chart and those below it, with the values that each chart's templates see.
    private func collect(
        _ node: ChartNode,
        _ parent: GoMap,
        _ shared: [(String, GoValue)],
        _ renderables: inout [Renderable]
    ) -> GoMap {
        let subcharts = GoMap()
        let scope = GoMap([
            ("Chart", .map(node.metadataMap)), ("Files", .object(FilesObject(node.chart.files))),
            ("Subcharts", .map(subcharts)),
        ])
        for (name, value) in shared { scope[name] = value }
        let own = GoMap()
        own.named = ValuesType.shared
        scope["Values"] = .map(own)
        if case .map(let values)? = parent["Values"] {
            if node.isRoot {
                values.named = ValuesType.shared
                scope["Values"] = .map(values)
            } else if case .map(let own)? = values[node.name] {
                own.named = ValuesType.shared
                scope["Values"] = .map(own)
            }
        }
        for dependency in node.dependencies {
            subcharts[dependency.name] = .map(collect(dependency, scope, shared, &renderables))
        }
        for file in node.chart.templates {
            if node.chart.metadata.isLibrary, !file.name.hasPrefix("_") { continue }
            renderables.append(Renderable(path: node.fullPath(file.path), file: file, node: node, scope: scope))
        }
        return scope
    }

    // MARK: Failures

    private static func rejection(ofParsing failure: GoFailure, _ path: String) -> RejectedSource {
        // Helm words it so: "template: FILE:LINE: reason" becomes "parse error at (FILE:LINE): reason".
        let parts = failure.message.split(separator: ": ", maxSplits: 2, omittingEmptySubsequences: false)
        var diagnostic = failure.diagnostic
        if parts.count == 3 { diagnostic.message = "parse error at (\(parts[1])): \(parts[2])" }
        return RejectedSource([diagnostic])
    }

    private static func rejection(ofExecuting failure: GoFailure) -> RejectedSource {
        var diagnostic = failure.diagnostic
        if failure.kind == .refusal {
            // The author's words alone, with the place of the outermost template, as Helm shows them.
            let parts = failure.message.split(separator: ": ", maxSplits: 2, omittingEmptySubsequences: false)
            if parts.count == 3 { diagnostic.message = "execution error at (\(parts[1])): \(failure.reason)" }
        }
        return RejectedSource([diagnostic])
    }
}

extension ChartFile {
    /// The last part of the path.
    var name: Substring { path.split(separator: "/").last ?? "" }
}

extension ChartNode {
    /// `.Chart`: the metadata under the names of Go's fields.
    var metadataMap: GoMap {
        let metadata = chart.metadata
        func list(_ items: [String]) -> GoValue { .list(items.map { .string($0) }) }
        let annotations = GoMap(element: .string)
        for (key, value) in metadata.annotations { annotations[key] = .string(value) }
        return GoMap([
            ("Name", .string(name)), ("Version", .string(metadata.version)),
            ("AppVersion", .string(metadata.appVersion)), ("APIVersion", .string(metadata.apiVersion)),
            ("KubeVersion", .string(metadata.kubeVersion)), ("Description", .string(metadata.description)),
            ("Type", .string(metadata.type)), ("Home", .string(metadata.home)), ("Icon", .string(metadata.icon)),
            ("Condition", .string(metadata.condition)), ("Tags", .string(metadata.tags)),
            ("Deprecated", .bool(metadata.isDeprecated)), ("Sources", list(metadata.sources)),
            ("Keywords", list(metadata.keywords)), ("Annotations", .map(annotations)),
            (
                "Maintainers",
                .list(
                    metadata.maintainers.map {
                        .map(
                            GoMap([("Name", .string($0.name)), ("Email", .string($0.email)), ("URL", .string($0.url))])
                        )
                    }
                )
            ),
            ("Dependencies", .list(requirements.map { .map($0.map) })), ("IsRoot", .bool(isRoot)),
        ])
    }
}

extension ChartNode.Requirement {
    var map: GoMap {
        GoMap([
            ("Name", .string(name)), ("Version", .string(dependency.version)),
            ("Repository", .string(dependency.repository)), ("Condition", .string(dependency.condition)),
            ("Tags", .list(dependency.tags.map { .string($0) })), ("Enabled", .bool(isEnabled)),
            ("Alias", .string(dependency.alias)),
            (
                "ImportValues",
                .list(
                    dependency.imports.map { wish in
                        let pair: (String, String) =
                            switch wish {
                            case .exported(let name): ("exports." + name, ".")
                            case .path(let child, let parent): (child, parent)
                            }
                        let map = GoMap(element: .string)
                        map["child"] = .string(pair.0)
                        map["parent"] = .string(pair.1)
                        return .map(map)
                    }
                )
            ),
        ])
    }
}
