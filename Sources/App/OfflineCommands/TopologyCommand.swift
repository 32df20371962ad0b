package import ArgumentParser
import ClusterTopology
import HTTPTransport
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// `martlet topology`: work with ClusterClasses.
package struct TopologyCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "topology",
        abstract: "Work with ClusterClasses.",
        subcommands: [TopologyExpandCommand.self]
    )

    package init() {}
}

/// `martlet topology expand`: the objects that a ClusterClass and a Cluster come to.
package struct TopologyExpandCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "expand",
        abstract: "Print the objects that a Cluster with a topology comes to.",
        discussion: """
            The files hold the ClusterClass, its templates and the Cluster, in any order, and the objects that exist \
            already. The Cluster is printed as Cluster API computes it; --applied prints what Martlet applies when it \
            expands topologies itself.
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, yaml
    }

    @Option(name: [.customShort("f"), .customLong("file")], help: "A file of objects; `-` is the standard input.")
    var files: [String] = []

    @Option(name: [.customShort("o"), .customLong("output")], help: "The form of the output.")
    var output: Format = .yaml

    @Option(name: .long, help: "The Cluster API release to follow: 1.10 to 1.14.")
    var clusterApi = TopologyRelease.newest.rawValue

    @Flag(name: .long, help: "Print what is applied when Martlet expands the topology itself.")
    var applied = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Who makes external patches: a file (a map from the patch's name to a list of {kind, operations}), or the http(s) address of runtime extensions, which are asked as Cluster API asks them.",
            valueName: "file or address"
        )
    )
    var externalPatches: [String] = []

    @Option(name: [.short, .long], help: "The namespace of objects that name none.")
    var namespace = "default"

    package init() {}

    package func validate() throws {
        if files.isEmpty { throw ValidationError("give at least one file with -f") }
        if TopologyRelease(clusterApi) == nil {
            let known = TopologyRelease.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("\(clusterApi) is not among the Cluster API releases that are known: \(known)")
        }
    }

    package func run() async throws {
        try await failing {
            let sources = try TopologyFiles(files)
            let input = TopologyInput(sources.manifests, namespace: namespace)
            if input.clusters.isEmpty {
                throw RejectedSource([
                    Diagnostic(.error, "topology-no-cluster", "no Cluster with spec.topology was given", at: nil)
                ])
            }
            var options = TopologyOptions(
                release: TopologyRelease(clusterApi) ?? .newest,
                externalPatches: try fixtures()
            )
            let expansions: [TopologyExpansion]
            do {
                expansions = try await expand(input, &options)
            } catch let rejection as TopologyRejection {
                throw sources.located(rejection)
            }
            let manifests = try expansions.enumerated().flatMap { index, expansion in
                guard applied else { return expansion.manifests }
                let observed = try ObservedTopology(of: input.clusters[index], among: input.objects)
                let result = expansion.applied(observed: observed)
                for reason in result.waiting { Terminal.write("note: \(reason)\n", to: .error) }
                return result.manifests
            }
            switch output {
            case .json: Terminal.write(JSON.bytes(.array(manifests.map(\.value))) + [0x0A])
            case .yaml: Terminal.write(YAML.text(documents: manifests.map(\.value)))
            }
        }
    }

    /// Expands, and asks extensions for what is missing until nothing is.
    private func expand(_ input: TopologyInput, _ options: inout TopologyOptions) async throws -> [TopologyExpansion] {
        guard let address = externalPatches.last(where: Self.isAddress) else {
            return try input.expand(options: options)
        }
        options.extensionAnswers = [:]
        let transport = HTTPTransport(maximumBodySize: 16 << 20)
        while true {
            do {
                return try input.expand(options: options)
            } catch let rejection {
                // The same question twice has no other answer.
                guard let request = rejection.request, options.extensionAnswers?[request.key] == nil else {
                    throw rejection
                }
                options.extensionAnswers?[request.key] = try await ask(request, at: address, transport)
            }
        }
    }

    private func ask(
        _ request: ExtensionRequest,
        at address: String,
        _ transport: HTTPTransport
    ) async throws -> ExtensionAnswer {
        func failure(_ message: String) -> RejectedSource {
            let text = "patch \"\(request.patch)\": extension \"\(request.extensionName)\" at \(address): \(message)"
            return RejectedSource([Diagnostic(.error, "topology-extension", text, at: nil)])
        }
        let base = address.hasSuffix("/") ? String(address.dropLast()) : address
        do {
            let response = try await transport.send(
                HTTPRequest(
                    method: "POST",
                    url: base + request.path,
                    headers: [("content-type", "application/json")],
                    body: JSON.bytes(request.body)
                )
            )
            guard response.status == 200 else { throw failure("it answered \(response.status)") }
            return try ExtensionAnswer(JSON.parse(String(decoding: response.body, as: UTF8.self)))
        } catch let error as ExtensionAnswer.Failure {
            throw failure(error.message)
        } catch let error as HTTPFailure {
            throw failure("\(error)")
        }
    }

    private static func isAddress(_ text: String) -> Bool { text.hasPrefix("http://") || text.hasPrefix("https://") }

    private func fixtures() throws -> [String: [ExternalPatch]] {
        var fixtures: [String: [ExternalPatch]] = [:]
        for file in externalPatches where !Self.isAddress(file) {
            let document = try YAML.value(LocalFiles.bytes(file), file: file)
            for pair in document.object ?? Object() {
                fixtures[pair.key, default: []] += (pair.value.array ?? []).map { entry in
                    ExternalPatch(kind: entry["kind"]?.string ?? "", operations: entry["operations"]?.array ?? [])
                }
            }
        }
        return fixtures
    }
}
