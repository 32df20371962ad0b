internal import FoundationEssentials
internal import HTTPTransport

extension ServerConnection {
    /// The server of the cluster this process runs in, as its service account. Nil outside of a cluster.
    package static func inCluster(
        environment: [String: String],
        directory: String = "/var/run/secrets/kubernetes.io/serviceaccount"
    ) throws(KubernetesFailure) -> ServerConnection? {
        guard let host = environment["KUBERNETES_SERVICE_HOST"], !host.isEmpty,
            let port = environment["KUBERNETES_SERVICE_PORT"], !port.isEmpty
        else { return nil }
        func read(_ name: String) throws(KubernetesFailure) -> [UInt8] {
            do {
                return Array(try Data(contentsOf: URL(filePath: "\(directory)/\(name)")))
            } catch {
                throw KubernetesFailure(
                    .configuration,
                    operation: "read service account",
                    message: "\(directory)/\(name) cannot be read"
                )
            }
        }
        let name = String(decoding: try read("namespace"), as: UTF8.self)
        return ServerConnection(
            server: "https://\(host.contains(":") ? "[\(host)]" : host):\(port)",
            trust: HTTPTrust(authority: try read("ca.crt")),
            credential: .tokenFile(path: "\(directory)/token"),
            namespace: name.split(whereSeparator: \.isWhitespace).first.map(String.init) ?? ""
        )
    }
}
