import Foundation
import KubernetesModel
import StructuredValue
import Testing

/// `martlet plan --dry-run server` on a running daemon.
@Suite(.timeLimit(.minutes(3))) struct DryRunTests {
    @Test func thePlanSaysWhatTheServerSetsAndRefuses() async throws {
        let daemon = try RunningDaemon(RepositoryFaultTests.files("blue"))
        defer { daemon.stop() }
        try await daemon.wait("the first revision") {
            let member = $0["fleets"]?.array?.first?["managementClusters"]?.array?.first
            return member?["appliedRevision"] == $0["source"]?["revision"] && member?["state"] == "Synced"
        }
        let folder = "fleets/edge/management-clusters/mc-1"
        for (name, text) in [
            "settings.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings, namespace: default}
            data: {colour: red}
            """,
            "new.yaml": """
            apiVersion: v1
            kind: Service
            metadata: {name: web, namespace: default}
            spec: {ports: [{port: 80}]}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: wrong, namespace: default}
            data: {"no key": x}
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: later, namespace: not-there-yet}
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: token, namespace: default}
            data: {token: aGVsbG8=}
            """,
        ] {
            try text.write(
                to: daemon.repository.appending(path: "\(folder)/\(name)"),
                atomically: true,
                encoding: .utf8
            )
        }
        let answer = try CommandTests.martlet(
            "plan",
            "--repo",
            daemon.repository.path(),
            "--worktree",
            "--server",
            daemon.server,
            "--dry-run",
            "server",
            "-o",
            "json"
        )
        #expect(answer.status == 0, "\(answer.errors)")
        let plan = try JSON.parse(answer.output)
        func server(_ name: String) -> Value? {
            plan["objects"]?.array?.first { $0["name"]?.string == name }?["server"]
        }
        #expect(server("settings") == ["answer": "accepts", "message": "", "fields": []])
        #expect(server("web")?["answer"] == "accepts")
        let paths = server("web")?["fields"]?.array?.compactMap { $0["path"]?.string } ?? []
        #expect(paths.contains("spec.ports"), "\(paths)")
        #expect(server("wrong")?["answer"] == "refuses")
        #expect(server("later")?["answer"] == "unasked")
        #expect(server("token")?["answer"] == "accepts")
        #expect(plan["forecast"]?["refused"] == 1)
        let refusal = plan["diagnostics"]?.array?.first { $0["code"] == "server-refuses" }
        #expect(refusal?["file"]?.string == "\(folder)/new.yaml")
        #expect(refusal?["line"]?.int == 6)

        // Nothing was written, and the flag makes no sense without somebody to ask.
        #expect(try daemon.objects("edge", "mc-1").allSatisfy { $0.name != "web" })
        #expect(
            try CommandTests.martlet("plan", "--repo", daemon.repository.path(), "--offline", "--dry-run", "server")
                .status == 2
        )
    }
}
