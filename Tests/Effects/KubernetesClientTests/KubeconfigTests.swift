import HTTPTransport
import KubernetesClient
import SourceDiagnostics
import Testing

@Suite struct KubeconfigTests {
    static func text(cluster: String = "", user: String, server: String = "https://127.0.0.1:6443/") -> String {
        """
        apiVersion: v1
        kind: Config
        clusters:
          - name: c
            cluster: {server: "\(server)"\(cluster)}
        users:
          - name: u
            user: {\(user)}
        contexts:
          - name: first
            context: {cluster: c, user: u, namespace: org}
        current-context: first
        """
    }

    @Test func readsWhatKubectlReads() throws {
        let config = try Kubeconfig(
            text: Self.text(cluster: ", certificate-authority-data: YWJj", user: "token: secret"),
            file: "config",
            rules: .operatorGiven(directory: "/etc")
        )
        let connection = try config.connection()
        #expect(connection.server == "https://127.0.0.1:6443")
        #expect(connection.trust.authority == Array("abc".utf8))
        #expect(connection.credential == .token("secret"))
        #expect(connection.namespace == "org")
        #expect(!"\(connection)".contains("secret"))
    }

    @Test func anOperatorsProgramIsSeenFromTheFile() throws {
        let config = try Kubeconfig(
            text: Self.text(user: "exec: {apiVersion: client.authentication.k8s.io/v1, command: ./login, args: [a]}"),
            file: "config",
            rules: .operatorGiven(directory: "/home/op")
        )
        guard case .program(let program) = try config.connection().credential else {
            Issue.record("expected a program")
            return
        }
        #expect(program.command == "/home/op/./login")
        #expect(program.arguments == ["a"])
    }

    @Test(arguments: [
        text(user: "exec: {command: /bin/sh}"), text(user: "tokenFile: /etc/shadow"),
        text(user: "client-key: /etc/ssl/key"), text(cluster: ", insecure-skip-tls-verify: true", user: "token: x"),
        text(cluster: ", certificate-authority: /etc/ca", user: "token: x"),
        text(user: "token: x", server: "http://10.0.0.1"), text(user: "auth-provider: {name: gcp}"),
        text(cluster: ", proxy-url: \"http://evil\"", user: "token: x"),
    ])
    func aKubeconfigFromAClusterMayDoLittle(_ text: String) throws {
        let config = try Kubeconfig(text: text, file: "secret", rules: .untrusted)
        let rejected = #expect(throws: RejectedSource.self) { try config.connection() }
        #expect(rejected?.diagnostics.first?.code == "kubeconfig-refused")
    }

    @Test func namesTheContextsThereAre() throws {
        let config = try Kubeconfig(
            text: Self.text(user: "token: x"),
            file: "config",
            rules: .operatorGiven(directory: "/")
        )
        let rejected = #expect(throws: RejectedSource.self) { try config.connection(context: "second") }
        #expect(rejected?.diagnostics.first?.hint == "contexts: first")
    }

    @Test func ofSeveralFilesTheFirstEntryOfANameCounts() throws {
        func config(_ text: String, _ directory: String) throws -> Kubeconfig {
            try Kubeconfig(text: text, file: "\(directory)/config", rules: .operatorGiven(directory: directory))
        }
        let first = """
            clusters: [{name: c, cluster: {server: "https://one:6443"}}]
            users: [{name: u, user: {tokenFile: token}}]
            contexts: [{name: first, context: {cluster: c, user: u}}]
            """
        let second = """
            clusters: [{name: c, cluster: {server: "https://other:6443"}}, {name: d, cluster: {server: "https://two:6443"}}]
            users: [{name: v, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: bin/login}}}]
            contexts: [{name: first, context: {cluster: d, user: v}}, {name: second, context: {cluster: d, user: v}},
              {name: mixed, context: {cluster: c, user: v}}]
            current-context: second
            """
        let merged = try Kubeconfig.merged([config(first, "/a"), config(second, "/b")])
        #expect(merged.contexts == ["first", "second", "mixed"])
        #expect(merged.currentContext == "second")
        let one = try merged.connection(context: "first")
        #expect(one.server == "https://one:6443")
        #expect(one.credential == .tokenFile(path: "/a/token"))
        #expect(try merged.connection(context: "mixed").server == "https://one:6443")
        guard case .program(let program) = try merged.connection().credential else {
            Issue.record("expected a program")
            return
        }
        #expect(program.command == "/b/bin/login")
        let rejected = #expect(throws: RejectedSource.self) { try Kubeconfig.merged([]) }
        #expect(rejected?.diagnostics.first?.code == "kubeconfig-none")
    }
}
