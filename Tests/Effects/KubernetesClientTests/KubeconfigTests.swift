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
}
