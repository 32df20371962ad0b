import Foundation
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

/// Two daemons on one management cluster outside the lab: one writes, the other looks on until that one is gone.
@Suite(.timeLimit(.minutes(3))) struct LeaderTests {
    private static func files(_ colour: String) -> [String: String] {
        var files = RepositoryFaultTests.files(colour)
        files["fleets/edge/management-clusters/mc-1/management-cluster.yaml"] = """
            apiVersion: martlet.dev/v1alpha1
            kind: ManagementCluster
            metadata: {name: mc-1}
            spec: {connection: {kubeconfig: {file: cluster.kubeconfig}}}
            """
        return files
    }

    private static func member(_ status: Value) -> Value {
        status["fleets"]?.array?.first?["managementClusters"]?.array?.first ?? .null
    }

    private static func isSynced(_ status: Value) -> Bool {
        member(status)["state"] == "Synced"
            && member(status)["appliedRevision"] == status["source"]?["revision"]
    }

    /// How often the daemon itself wrote something, as its history says.
    private static func writes(_ daemon: RunningDaemon) throws -> Int {
        let url = try #require(URL(string: "\(daemon.server)/api/v1/history?limit=500"))
        let entries = try JSON.parse(String(decoding: try Data(contentsOf: url), as: UTF8.self))["entries"]?.array ?? []
        return entries.filter { ["created", "updated", "corrected"].contains($0["event"]?.string ?? "") }.count
    }

    private func recolour(_ repository: URL, _ colour: String) throws {
        let path = "fleets/edge/management-clusters/mc-1/settings.yaml"
        try (Self.files(colour)[path] ?? "").write(
            to: repository.appending(path: path),
            atomically: true,
            encoding: .utf8
        )
        try CommandTests.commit(repository, colour)
    }

    @Test func oneOfTwoDaemonsWritesAndTheOtherTakesOver() async throws {
        let folder = try TemporaryFolder()
        let cluster = Process()
        let program: URL = try #require(CommandTests.program, "the martlet program is not built")
        cluster.executableURL = program
        let kubeconfig = folder.path + "/cluster.kubeconfig"
        cluster.arguments = ["lab", "up", "--kubeconfig-out", kubeconfig, "--time-scale", "100"]
        cluster.standardOutput = FileHandle.nullDevice
        cluster.standardError = FileHandle.nullDevice
        try cluster.run()
        defer {
            cluster.terminate()
            cluster.waitUntilExit()
        }
        for _ in 0..<600 where !FileManager.default.fileExists(atPath: kubeconfig) {
            try await Task.sleep(for: .milliseconds(50))
        }
        let repository = try RunningDaemon.repository(Self.files("blue"))
        defer { try? FileManager.default.removeItem(at: repository) }
        func start(_ name: String) throws -> RunningDaemon {
            try RunningDaemon(
                repository: repository,
                dataDirectory: URL(filePath: "\(folder.path)/\(name)"),
                ["--kubeconfig-dir", folder.path]
            )
        }
        let first = try start("one")
        var firstRuns = true
        defer { if firstRuns { first.stop() } }
        try await first.wait("the first daemon's work", until: Self.isSynced)
        #expect(try Self.writes(first) == 1)

        let second = try start("two")
        defer { second.stop() }
        let looking = try await second.wait("the second daemon's look") { Self.member($0)["state"] == "Standby" }
        #expect(Self.member(looking)["reason"]?.string?.contains("leads here") == true)
        let text = try CommandTests.martlet("status", "--server", second.server).output
        #expect(text.contains("Standby"), "\(text)")

        // The leader writes; the other sees that everything is as Git says.
        try recolour(repository, "red")
        try await first.wait("red by the first daemon") {
            Self.isSynced($0) && $0["source"]?["message"]?.string == "red"
        }
        try await second.wait("the second daemon's sight of it") {
            Self.member($0)["state"] == "Standby" && $0["source"]?["message"]?.string == "red"
                && Self.member($0)["appliedRevision"] == $0["source"]?["revision"]
        }
        #expect(try Self.writes(first) == 2)
        #expect(try Self.writes(second) == 0)

        first.stop()
        firstRuns = false
        try await second.wait("the second daemon's lead", until: Self.isSynced)
        try recolour(repository, "green")
        try await second.wait("green by the second daemon") {
            Self.isSynced($0) && $0["source"]?["message"]?.string == "green"
        }
        #expect(try Self.writes(second) == 1)

        // A killed daemon gives nothing back; the next one on its directory leads under the same name, at once.
        second.kill()
        let killed = ContinuousClock.now
        let third = try start("two")
        defer { third.stop() }
        try await third.wait("the lead of the one before", until: Self.isSynced)
        #expect(killed.duration(to: .now) < .seconds(25), "a Lease runs for thirty seconds")
    }
}
