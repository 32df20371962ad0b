package import ArgumentParser
internal import FleetModel
internal import FleetRendering
internal import SourceDiagnostics
internal import StructuredValue
internal import YAMLFormat

/// `martlet values APP`.
package struct ValuesCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "values",
        abstract: "Show the values an app's chart gets, and with --explain which layer and line each comes from.",
        discussion: """
            The layers, low to high: the chart's defaults, the catalog, the collection, the management cluster, the \
            app's valuesFrom by priority, the app's own values. What a Secret holds is not shown.
            """
    )

    @Argument(help: "The app.")
    var app: String

    @Flag(help: "For every key the layer it comes from, with file, line and column.")
    var explain = false

    @Option(name: .shortAndLong, help: "The app's namespace.")
    var namespace: String?

    @OptionGroup var repository: RepositoryOptions

    @Option(name: .shortAndLong, help: "table, wide, json or yaml; wide adds what the value stands over.")
    var output = OutputFormat.table

    package init() {}

    package func run() async throws {
        let found = try await find()
        if explain {
            print(output.text(document(found)) { explainText(found, isWide: $0) }, terminator: "")
        } else {
            let merged = found.mergedForDisplay
            print(output.text(merged) { _ in YAML.text(merged, .readable) }, terminator: "")
        }
    }

    private func find() async throws -> AppExplanation {
        let mirror = try await repository.mirror()
        let cache = RenderCache()
        let keeper = repository.keeper(for: mirror)
        let source = cache.sources.load(try await repository.tree(mirror))
        try repository.part.check(in: source)
        var found: [(place: String, app: AppExplanation)] = []
        var known: [String] = []
        var findings: [Diagnostic] = []
        for folder in source.fleets {
            guard let fleet = folder.fleet else { continue }
            for member in folder.members where repository.part.wants(fleet: fleet.name, member: member.name) {
                let answer = explainApps(
                    named: app,
                    source,
                    fleet: fleet,
                    member: member,
                    catalogs: await keeper.contents(of: source, fleet, member, cache: cache),
                    now: World.now(),
                    cache: cache
                )
                found += answer.apps.filter { (namespace ?? $0.app.namespace) == $0.app.namespace }.map {
                    ("\(fleet.name)/\(member.name) \($0.app.namespace)/\($0.app.name)", $0)
                }
                known += answer.known
                findings += answer.diagnostics
            }
        }
        if let only = found.first, found.count == 1 {
            try reportFindings(findings)
            return only.app
        }
        if found.isEmpty {
            try reportFindings(findings)
            throw CommandFailure(
                "no app is named “\(app)”",
                hint: closestName(to: app, in: known).map { "did you mean “\($0)”?" }
            )
        }
        throw CommandFailure(
            "several apps are named “\(app)”: \(found.map(\.place).joined(separator: ", "))",
            hint: "say which with --fleet, --management-cluster or --namespace"
        )
    }

    private func document(_ found: AppExplanation) -> Value {
        [
            "app": .string(found.app.name), "namespace": .string(found.app.namespace), "chart": .string(found.chart),
            "version": .string(found.version),
            "values": .array(
                found.explained.map { value in
                    [
                        "path": .array(value.path.map(Value.string)),
                        "value": value.isSecret ? .string(AppExplanation.hidden) : value.value,
                        "layer": .string(value.layer),
                        "position": value.position.map { .string("\($0)") } ?? .null,
                        "overridden": .array(
                            value.overridden.map { layer in
                                [
                                    "layer": .string(layer.name),
                                    "value": layer.isSecret ? .string(AppExplanation.hidden) : layer.values,
                                ]
                            }
                        ),
                    ]
                }
            ),
        ]
    }
}

/// Every value of an app with its origin, one a line.
func explainText(_ app: AppExplanation, isWide: Bool) -> String {
    var table = TextTable(header: ["KEY", "VALUE", "FROM", "AT"] + (isWide ? ["OVER"] : []))
    for value in app.explained {
        let over = value.overridden.reversed().map { layer in
            "\(layer.isSecret ? AppExplanation.hidden : shortText(layer.values)) (\(layer.name))"
        }
        let shown =
            value.isSecret
            ? AppExplanation.hidden : value.value.isNull && !over.isEmpty ? "(removed)" : shortText(value.value)
        let cells = [dotted(value.path), shown, value.layer, value.position.map { "\($0)" } ?? ""]
        table.add(row: cells + (isWide ? [over.joined(separator: ", ")] : []))
    }
    return table.text
}

/// A path with dots; keys that hold a dot stand in brackets.
private func dotted(_ path: [String]) -> String {
    var text = ""
    for key in path {
        if key.contains(".") || key.isEmpty {
            text += "[\(key)]"
        } else {
            text += (text.isEmpty ? "" : ".") + key
        }
    }
    return text
}

/// A value on one line, cut short.
private func shortText(_ value: Value) -> String {
    let text = value.string.map { $0.isEmpty || $0.contains("\n") ? JSON.text(.string($0)) : $0 } ?? JSON.text(value)
    return text.count > 60 ? text.prefix(57) + "…" : text
}
