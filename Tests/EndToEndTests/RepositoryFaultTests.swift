import Foundation
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

/// What the daemon does while its repository is gone, and when it comes back with another history.
@Suite(.timeLimit(.minutes(3))) struct RepositoryFaultTests {
    static func files(_ colour: String) -> [String: String] {
        [
            "fleets/edge/fleet.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: edge}
            spec: {}
            """,
            "fleets/edge/management-clusters/mc-1/management-cluster.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: ManagementCluster
            metadata: {name: mc-1}
            spec: {connection: {lab: {}}}
            """,
            "fleets/edge/management-clusters/mc-1/settings.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: settings, namespace: default}
            data: {colour: \(colour)}
            """,
        ]
    }

    private func colour(_ objects: [Manifest]) -> String? {
        objects.first { $0.kind == "ConfigMap" && $0.name == "settings" }?.value["data"]?["colour"]?.string
    }

    private func applied(_ status: Value) -> String {
        status["fleets"]?.array?.first?["managementClusters"]?.array?.first?["appliedRevision"]?.string ?? ""
    }

    @Test func keepsTheLastRevisionWhileTheRepositoryIsGoneAndTakesARewrittenBranch() async throws {
        let folder = try TemporaryFolder()
        let repository = try RunningDaemon.repository(Self.files("blue"))
        let away = URL(filePath: folder.path + "/away")
        defer { try? FileManager.default.removeItem(at: repository) }
        let daemon = try RunningDaemon(
            repository: repository,
            dataDirectory: URL(filePath: folder.path + "/data"),
            ["--lab", "--time-scale", "100"]
        )
        defer { daemon.stop() }
        let first = try await daemon.wait("the first revision") {
            applied($0) == $0["source"]?["revision"]?.string && !applied($0).isEmpty
        }
        #expect(colour(try daemon.objects("edge", "mc-1")) == "blue")

        try FileManager.default.moveItem(at: repository, to: away)
        let broken = try await daemon.wait("a word about the missing repository") {
            $0["source"]?["failure"]?.string != nil
        }
        #expect(applied(broken) == applied(first))
        #expect(broken["source"]?["revision"] == first["source"]?["revision"])
        let text = try CommandTests.martlet("status", "--server", daemon.server).output
        #expect(text.contains("the newest fetch failed"), "\(text)")
        #expect(colour(try daemon.objects("edge", "mc-1")) == "blue")

        // Back, with nothing new: the word goes away by itself.
        try FileManager.default.moveItem(at: away, to: repository)
        try await daemon.wait("the repository's return") { $0["source"]?["failure"]?.string == nil }

        // Rewritten: a branch without any commit of before.
        try CommandTests.git(repository, "checkout", "-q", "--orphan", "other")
        for (path, text) in Self.files("red") {
            try text.write(to: repository.appending(path: path), atomically: true, encoding: .utf8)
        }
        try CommandTests.commit(repository, "rewritten")
        try CommandTests.git(repository, "branch", "-f", "main", "other")
        try await daemon.wait("the rewritten branch") {
            $0["source"]?["message"]?.string == "rewritten" && applied($0) == $0["source"]?["revision"]?.string
        }
        #expect(colour(try daemon.objects("edge", "mc-1")) == "red")
    }
}
