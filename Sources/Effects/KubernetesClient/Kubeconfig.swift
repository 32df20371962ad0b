internal import FoundationEssentials
internal import HTTPTransport
package import SourceDiagnostics
internal import StructuredValue
internal import YAMLFormat

/// A kubeconfig, read under one of two sets of rules.
package struct Kubeconfig: Sendable {
    /// What a kubeconfig may do depends on who wrote it.
    package enum Rules: Sendable, Hashable {
        /// A file that the operator named: everything kubectl takes. Paths are seen from this directory.
        case operatorGiven(directory: String)
        /// From a cluster or from Git: server, authority, and certificate, key or token as data, nothing else.
        /// Programs, file paths and switched-off verification are refused.
        case untrusted
    }

    let root: Value
    let file: String
    private let rules: Rules

    init(root: Value, file: String, rules: Rules) {
        self.root = root
        self.file = file
        self.rules = rules
    }

    /// Reads the text. Throws diagnostics when it is no kubeconfig.
    package init(text: String, file: String, rules: Rules) throws(RejectedSource) {
        self.file = file
        self.rules = rules
        root = try YAML.value(text, file: file)
        guard root.object != nil, root["clusters"] != nil else {
            throw RejectedSource([
                Diagnostic(
                    .error,
                    "kubeconfig-invalid",
                    "this is no kubeconfig: it has no clusters",
                    at: SourcePosition(file: file, line: 1, column: 1)
                )
            ])
        }
    }

    /// The names of the contexts, in order.
    package var contexts: [String] { (root["contexts"]?.array ?? []).compactMap { $0["name"]?.string } }
    package var currentContext: String? { root["current-context"]?.string }

    /// The connection of a context; nil takes the current one, or the only one.
    package func connection(context name: String? = nil) throws(RejectedSource) -> ServerConnection {
        let wanted =
            name ?? currentContext.flatMap { $0.isEmpty ? nil : $0 } ?? (contexts.count == 1 ? contexts[0] : "")
        guard let context = entry(in: "contexts", named: wanted, key: "context") else {
            throw reject(
                "kubeconfig-context",
                wanted.isEmpty ? "no context is chosen" : "there is no context “\(wanted)”",
                hint: "contexts: \(contexts.joined(separator: ", "))"
            )
        }
        let clusterName = context["cluster"]?.string ?? ""
        guard let cluster = entry(in: "clusters", named: clusterName, key: "cluster"),
            let server = cluster["server"]?.string, !server.isEmpty
        else { throw reject("kubeconfig-cluster", "the context names no cluster with a server", hint: nil) }
        let user = entry(in: "users", named: context["user"]?.string ?? "", key: "user") ?? .null
        try checkRules(cluster: cluster, user: user, server: server)
        var trust = HTTPTrust()
        trust.authority = try bytes(cluster, "certificate-authority")
        trust.clientCertificate = try bytes(user, "client-certificate")
        trust.clientKey = try bytes(user, "client-key")
        trust.serverName = cluster["tls-server-name"]?.string
        trust.skipsVerification = cluster["insecure-skip-tls-verify"]?.bool ?? false
        return ServerConnection(
            server: server,
            trust: trust,
            credential: try credential(user),
            namespace: context["namespace"]?.string ?? ""
        )
    }

    /// What a context asks for that is not done, though its connection can be used.
    package func warnings(context name: String? = nil) -> [Diagnostic] {
        let wanted = name ?? currentContext ?? ""
        let cluster = entry(in: "contexts", named: wanted, key: "context").flatMap {
            entry(in: "clusters", named: $0["cluster"]?.string ?? "", key: "cluster")
        }
        guard cluster?["proxy-url"]?.isEmpty == false else { return [] }
        return [
            Diagnostic(
                .warning,
                "kubeconfig-proxy",
                "“proxy-url” of the cluster is ignored",
                at: SourcePosition(file: file, line: 1, column: 1),
                hint: "set HTTPS_PROXY for the process"
            )
        ]
    }

    private func entry(in list: String, named name: String, key: String) -> Value? {
        (root[list]?.array ?? []).first { $0["name"]?.string == name }?[key]
    }

    private func checkRules(cluster: Value, user: Value, server: String) throws(RejectedSource) {
        guard rules == .untrusted else { return }
        guard server.hasPrefix("https://") else {
            throw reject("kubeconfig-refused", "the server must be reached by https", hint: nil)
        }
        let allowed: [(Value, Set<String>, String)] = [
            (cluster, ["server", "certificate-authority-data", "tls-server-name"], "cluster"),
            (user, ["client-certificate-data", "client-key-data", "token"], "user"),
        ]
        for (value, names, part) in allowed {
            for pair in value.object ?? Object() where !names.contains(pair.key) {
                if pair.key == "insecure-skip-tls-verify", pair.value.bool == false { continue }
                if pair.value.isEmpty { continue }
                throw reject(
                    "kubeconfig-refused",
                    "“\(pair.key)” of the \(part) is not allowed in a kubeconfig from a cluster or from Git",
                    hint:
                        "give server, certificate-authority-data and client-certificate-data with client-key-data, or token"
                )
            }
        }
    }

    private func credential(_ user: Value) throws(RejectedSource) -> ServerConnection.Credential {
        for (key, value) in [("auth-provider", user["auth-provider"]), ("as", user["as"])] where value?.isEmpty == false
        {
            // Going on without it would be somebody else.
            throw reject("kubeconfig-unsupported", "“\(key)” of the user is not supported", hint: nil)
        }
        // The file comes first, as in kubectl: what it holds is newer.
        if let path = user["tokenFile"]?.string, !path.isEmpty { return .tokenFile(path: resolve(path)) }
        if let token = user["token"]?.string, !token.isEmpty { return .token(token) }
        if let name = user["username"]?.string {
            return .basic(user: name, password: user["password"]?.string ?? "")
        }
        guard let program = user["exec"] else { return .none }
        guard let command = program["command"]?.string, !command.isEmpty else {
            throw reject("kubeconfig-program", "the user's exec section has no command", hint: nil)
        }
        var environment: [String: String] = [:]
        for entry in program["env"]?.array ?? [] {
            if let name = entry["name"]?.string { environment[name] = entry["value"]?.string ?? "" }
        }
        return .program(
            CredentialProgram(
                // A command with a slash is seen from the kubeconfig's directory, as kubectl does.
                command: command.contains("/") ? resolve(command) : command,
                arguments: (program["args"]?.array ?? []).compactMap(\.string),
                environment: environment,
                apiVersion: program["apiVersion"]?.string ?? "client.authentication.k8s.io/v1"
            )
        )
    }

    /// The bytes of `NAME-data` (base64) or of the file that `NAME` names; nil when neither is given.
    private func bytes(_ value: Value, _ name: String) throws(RejectedSource) -> [UInt8]? {
        if let text = value["\(name)-data"]?.string, !text.isEmpty {
            guard let data = Data(base64Encoded: text, options: .ignoreUnknownCharacters) else {
                throw reject("kubeconfig-data", "\(name)-data is not base64", hint: nil)
            }
            return Array(data)
        }
        guard let path = value[name]?.string, !path.isEmpty else { return nil }
        do {
            return Array(try Data(contentsOf: URL(filePath: resolve(path))))
        } catch {
            throw reject("kubeconfig-file", "the file \(path) that \(name) names cannot be read", hint: nil)
        }
    }

    /// A path of an operator's file, seen from the root.
    func resolve(_ path: String) -> String {
        guard case .operatorGiven(let directory) = rules, !path.hasPrefix("/") else { return path }
        return directory + "/" + path
    }

    private func reject(_ code: String, _ message: String, hint: String?) -> RejectedSource {
        RejectedSource([
            Diagnostic(.error, code, message, at: SourcePosition(file: file, line: 1, column: 1), hint: hint)
        ])
    }
}
