package import ArgumentParser
import FoundationEssentials
import HelmCharts
import KubernetesModel
import SourceDiagnostics
import SprigFunctions
import StructuredValue
import YAMLFormat

/// `martlet chart`: work with Helm charts.
package struct ChartCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "chart",
        abstract: "Work with charts.",
        subcommands: [ChartRenderCommand.self]
    )

    package init() {}
}

/// `martlet chart render`: what `helm template` does.
package struct ChartRenderCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Render a chart's objects, as `helm template` does."
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, yaml, raw
    }

    @Argument(help: "A chart directory or a packed chart.")
    var chart: String

    @Option(name: .long, help: "The release's name.")
    var name = "release-name"

    @Option(name: [.short, .long], help: "The release's namespace.")
    var namespace = "default"

    @Option(name: [.customShort("f"), .customLong("values")], help: "A values file; later ones win.")
    var valuesFiles: [String] = []

    @Option(name: .long, help: ArgumentHelp("Values as a.b=c,d=e.", valueName: "key=value"))
    var set: [String] = []

    @Option(name: .long, help: ArgumentHelp("As --set, all values strings.", valueName: "key=value"))
    var setString: [String] = []

    @Option(name: .long, help: ArgumentHelp("As --set, all values JSON.", valueName: "key=json"))
    var setJson: [String] = []

    @Option(name: .long, help: ArgumentHelp("As --set, values are files' contents.", valueName: "key=path"))
    var setFile: [String] = []

    @Option(name: .long, help: ArgumentHelp("One value, taken as it is.", valueName: "key=value"))
    var setLiteral: [String] = []

    @Option(name: .long, help: "The Kubernetes version that templates see.")
    var kubeVersion = "v1.36.0"

    @Option(
        name: [.customLong("api-versions"), .customShort("a")],
        help: "API versions that templates find beside the built-in ones."
    )
    var apiVersions: [String] = []

    @Flag(name: .long, help: "Print the chart's CRDs too.")
    var includeCrds = false

    @Flag(name: .long, help: "Render as for an upgrade.")
    var isUpgrade = false

    @Option(name: .long, help: "A file of objects that `lookup` finds.")
    var objects: [String] = []

    @Option(name: [.customShort("o"), .customLong("output")], help: "The form of the output.")
    var output: Format = .yaml

    @Flag(name: .long, help: "Print the text as Helm does: short for -o raw.")
    var raw = false

    @Flag(name: .long, help: "Refuse templates that use the time or randomness.")
    var reproducible = false

    package init() {}

    package func run() throws {
        try failing {
            let capabilities = ChartCapabilities(
                kubeVersion: kubeVersion,
                apiVersions: apiVersions.flatMap { $0.split(separator: ",").map(String.init) }
            )
            guard capabilities.isValid else {
                throw ValidationError("\(kubeVersion) is no Kubernetes version")
            }
            let loaded = try Self.load(chart)
            let engine = ChartEngine(nonDeterminism: reproducible ? .forbidden : .theWorld, zones: .system)
            let rendered = try engine.render(
                loaded,
                values: try values(),
                release: ChartRelease(name: name, namespace: namespace, isUpgrade: isUpgrade),
                capabilities: capabilities,
                objects: try objects.flatMap { path in
                    try YAML.values(LocalFiles.bytes(path), file: path).flatMap { $0["items"]?.array ?? [$0] }
                },
                includesCRDs: includeCrds
            )
            switch raw ? .raw : output {
            case .raw: Terminal.write(rendered.text)
            case .json: Terminal.write(JSON.bytes(.array(rendered.objects.map(\.value))) + [0x0A])
            case .yaml: Terminal.write(YAML.text(documents: rendered.objects.map(\.value)))
            }
        }
    }

    /// Reads a chart directory or a packed chart.
    static func load(_ path: String) throws -> Chart {
        if LocalFiles.isDirectory(path) { return try Chart(tree: LocalFiles.tree(path), folder: "") }
        let name = String(path.split(separator: "/").last ?? "chart")
        return try Chart(archive: LocalFiles.bytes(path), name: name)
    }

    private func values() throws -> ChartValues {
        var document = Value.object(Object())
        for path in valuesFiles {
            document = Chart.merge(document, try Chart.values(LocalFiles.bytes(path), file: path))
        }
        var settings: [ChartValues.Setting] = setJson.map { .json($0) }
        settings += set.map { .typed($0) }
        settings += setString.map { .string($0) }
        for setting in setFile {
            var contents: [String: String] = [:]
            for path in ChartValues.files(of: setting) {
                contents[path] = String(decoding: try LocalFiles.bytes(path), as: UTF8.self)
            }
            settings.append(.file(setting, contents: contents))
        }
        settings += setLiteral.map { .literal($0) }
        return ChartValues(document, settings: settings)
    }
}
