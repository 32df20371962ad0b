internal import ClusterSimulator
internal import FleetModel
internal import FoundationEssentials
internal import HTTPTransport
internal import KubernetesClient
internal import KubernetesModel
internal import SourceDiagnostics
internal import SourceFiles
internal import StructuredValue
internal import Synchronization

/// Finds each management cluster: in the lab, in a kubeconfig of the repository or of the operator, or around us.
final class ConnectionDirectory: Sendable {
    private let lab: Lab?
    private let kubeconfigDirectory: String?
    private let kubeconfigOutput: String?
    private let endpoints = Mutex<[String: LabEndpoint]>([:])

    init(lab: Lab?, kubeconfigDirectory: String?, kubeconfigOutput: String?) {
        self.lab = lab
        self.kubeconfigDirectory = kubeconfigDirectory
        self.kubeconfigOutput = kubeconfigOutput
    }

    func connection(for member: ManagementCluster, in tree: SourceTree) async throws -> ServerConnection {
        switch member.connection {
        case .lab: return try await labConnection(member)
        case .kubeconfigFile(let path, let context): return try fileConnection(member, path, context, tree)
        case .kubeconfigSecret(let namespace, let name, let key):
            return try await secretConnection(member, namespace, name, key)
        case .inCluster: return try inClusterConnection(member)
        }
    }

    private func labConnection(_ member: ManagementCluster) async throws -> ServerConnection {
        guard let lab else {
            throw reject(member, "connection-lab", "the lab is not running here", hint: "run the daemon with --lab")
        }
        let endpoint = try await lab.start(member.name)
        let isNew = endpoints.withLock { $0.updateValue(endpoint, forKey: member.name) != endpoint }
        if isNew, let file = kubeconfigOutput {
            let all = endpoints.withLock { $0.values.sorted { $0.name < $1.name } }
            try World.write(kubeconfigText(for: all), to: file)
        }
        return endpoint.connection
    }

    /// A file of the repository follows the strict rules; one of the operator's directory may do what kubectl's may.
    private func fileConnection(
        _ member: ManagementCluster,
        _ path: String,
        _ context: String?,
        _ tree: SourceTree
    ) throws -> ServerConnection {
        if let inside = SourceTree.resolve(path, from: member.directory), let file = tree.file(inside) {
            let text = String(decoding: try file.bytes(), as: UTF8.self)
            return try Kubeconfig(text: text, file: inside, rules: .untrusted).connection(context: context)
        }
        if let config = try Self.environmentKubeconfig(with: path) { return try config.connection(context: context) }
        guard let directory = kubeconfigDirectory, !path.contains("/"), path != ".." else {
            throw reject(
                member,
                "connection-kubeconfig",
                "there is no kubeconfig “\(path)” beside the file, and no --kubeconfig-dir that could hold it",
                hint: "give a path inside the repository, or the name of a file below --kubeconfig-dir or in KUBECONFIG"
            )
        }
        let text = String(decoding: try World.read("\(directory)/\(path)"), as: UTF8.self)
        let config = try Kubeconfig(text: text, file: path, rules: .operatorGiven(directory: directory))
        return try config.connection(context: context)
    }

    /// The files of the daemon's `KUBECONFIG` as one, if one of them has this name.
    private static func environmentKubeconfig(with name: String) throws -> Kubeconfig? {
        let files = (ProcessInfo.processInfo.environment["KUBECONFIG"] ?? "").split(separator: ":").map(String.init)
        guard files.contains(where: { $0.split(separator: "/").last.map(String.init) == name }) else { return nil }
        let present = files.filter { FileManager.default.fileExists(atPath: $0) }
        return try Kubeconfig.merged(
            present.map { path in
                let directory = path.contains("/") ? String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]) : "."
                return try Kubeconfig(
                    text: String(decoding: try World.read(path), as: UTF8.self),
                    file: path,
                    rules: .operatorGiven(directory: directory)
                )
            }
        )
    }

    private func secretConnection(
        _ member: ManagementCluster,
        _ namespace: String,
        _ name: String,
        _ key: String
    ) async throws -> ServerConnection {
        let here = try inClusterConnection(member)
        let client = APIClient(here, transport: HTTPTransport(), pace: World.pace)
        let secret = try await client.get(
            .init(group: "", version: "v1", kind: "Secret"),
            namespace: namespace,
            name: name
        )
        guard let encoded = secret?.value["data"]?[key]?.string, let data = Data(base64Encoded: encoded) else {
            throw reject(
                member,
                "connection-secret",
                "the Secret \(namespace)/\(name) has no key “\(key)”",
                hint: "it must hold a kubeconfig"
            )
        }
        let text = String(decoding: data, as: UTF8.self)
        return try Kubeconfig(text: text, file: "Secret \(namespace)/\(name)", rules: .untrusted).connection()
    }

    private func inClusterConnection(_ member: ManagementCluster) throws -> ServerConnection {
        let environment = ProcessInfo.processInfo.environment
        let folder = "/var/run/secrets/kubernetes.io/serviceaccount"
        guard let host = environment["KUBERNETES_SERVICE_HOST"], let port = environment["KUBERNETES_SERVICE_PORT"],
            let authority = try? World.read("\(folder)/ca.crt")  // nil outside a cluster
        else {
            throw reject(
                member,
                "connection-in-cluster",
                "Martlet does not run inside a cluster here",
                hint: "use a kubeconfig instead"
            )
        }
        return ServerConnection(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            trust: HTTPTrust(authority: authority),
            credential: .tokenFile(path: "\(folder)/token")
        )
    }

    private func reject(_ member: ManagementCluster, _ code: String, _ message: String, hint: String) -> RejectedSource
    {
        RejectedSource([Diagnostic(.error, code, message, at: member.position, hint: hint)])
    }
}

extension LabEndpoint {
    /// How to reach it, as an administrator.
    var connection: ServerConnection {
        ServerConnection(
            server: server,
            trust: HTTPTrust(
                authority: Array(authority.utf8),
                clientCertificate: Array(clientCertificate.utf8),
                clientKey: Array(clientKey.utf8)
            )
        )
    }
}
