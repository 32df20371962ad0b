package import ArgumentParser
internal import ClusterSimulator
internal import FleetModel
internal import FoundationEssentials
internal import KubernetesModel
internal import Logging
internal import OfflineCommands
internal import SourceDiagnostics
internal import StructuredValue
internal import YAMLFormat

/// The lab's own options, shared by `run` and `lab up`.
struct LabOptions: ParsableArguments {
    @Option(help: "A directory with CustomResourceDefinitions that the lab's management clusters get. May be repeated.")
    var crds: [String] = []

    @Option(help: "How many times faster than in life simulated machines come and go.")
    var timeScale = 1.0

    @Option(help: "A file of kind Scenario: what goes wrong in the lab, and when.")
    var scenario: String?

    @Option(help: "Where to write a kubeconfig with one context per management cluster.")
    var kubeconfigOut: String?

    init() {}

    func settings(dataDirectory: String?) throws -> Lab.Settings {
        var definitions: [Manifest] = []
        for directory in crds { definitions += try Self.definitions(in: directory) }
        return Lab.Settings(
            dataDirectory: dataDirectory.map { "\($0)/lab" },
            definitions: definitions,
            timeScale: timeScale,
            scenario: try scenario.map { try readScenario(try World.read($0), file: $0) }
        )
    }

    /// Every definition in the files of a directory; files without one are left out.
    private static func definitions(in directory: String) throws -> [Manifest] {
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: directory) else {
            throw CommandFailure("\(directory) cannot be read", hint: "--crds takes a directory")
        }
        var definitions: [Manifest] = []
        for name in names.sorted() where [".yaml", ".yml", ".json"].contains(where: { name.hasSuffix($0) }) {
            let path = "\(directory)/\(name)"
            for value in try YAML.values(try World.read(path), file: path) {
                if value["kind"]?.string == "CustomResourceDefinition" { definitions.append(Manifest(value)) }
            }
        }
        return definitions
    }
}

/// `martlet lab`.
package struct LabCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract: "Work with the lab: simulated management clusters.",
        subcommands: [LabUpCommand.self]
    )

    package init() {}
}

/// `martlet lab up`.
package struct LabUpCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Run one simulated management cluster for kubectl and other tools."
    )

    @Option(help: "Where objects are kept; in memory when not given.")
    var dataDir: String?

    @Option(help: "The port; 0 takes any that is free.")
    var port = 0

    @Option(help: "The management cluster's name, and that of its kubeconfig context.")
    var name = "lab"

    @OptionGroup var options: LabOptions

    package init() {}

    package func run() async throws {
        var directory: DataDirectory?
        if let dataDir { directory = try await DataDirectory.take(dataDir) }
        defer { withExtendedLifetime(directory) {} }
        let lab = Lab(
            try options.settings(dataDirectory: dataDir),
            clock: World.serverClock,
            logger: makeLogger(.warning)
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lab.run() }
            let endpoint = try await lab.start(name, port: port)
            if let file = options.kubeconfigOut {
                try World.write(kubeconfigText(for: [endpoint]), to: file)
                Terminal.write(
                    "The lab listens on \(endpoint.server). Try: kubectl --kubeconfig \(file) api-resources\n"
                )
            } else {
                Terminal.write(kubeconfigText(for: [endpoint]))
            }
            try await group.waitForAll()
        }
    }
}
