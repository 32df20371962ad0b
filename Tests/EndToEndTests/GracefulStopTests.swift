import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

/// A daemon that is asked to end while it writes: it ends soon and well, and the next one goes on where it stopped.
@Suite(.timeLimit(.minutes(3))) struct GracefulStopTests {
    private static let count = 2_000

    /// ConfigMaps in two files, one of which may be left out.
    private static func files(isWhole: Bool) -> [String: String] {
        var files = [
            "fleets/edge/fleet.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: edge}
            spec: {deletion: {maxPerPass: 1000}}
            """,
            "fleets/edge/management-clusters/mc-1/management-cluster.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: ManagementCluster
            metadata: {name: mc-1}
            spec: {connection: {kubeconfig: {file: cluster.kubeconfig}}}
            """,
        ]
        for (file, numbers) in [("one", 0..<count / 2), ("two", count / 2..<count)] where isWhole || file == "one" {
            files["fleets/edge/management-clusters/mc-1/\(file).yaml"] = numbers.map { number in
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: item-\(number), namespace: default}
                data: {number: "\(number)"}
                """
            }.joined(separator: "\n---\n")
        }
        return files
    }

    private static func member(_ status: Value) -> Value {
        status["fleets"]?.array?.first?["managementClusters"]?.array?.first ?? .null
    }

    private static func isSynced(_ status: Value) -> Bool {
        member(status)["state"] == "Synced" && member(status)["appliedRevision"] == status["source"]?["revision"]
    }

    /// The items there are, as they are.
    private func items(_ daemon: RunningDaemon) throws -> [String: String] {
        let maps = try daemon.objects("edge", "mc-1").filter { $0.kind == "ConfigMap" && $0.name.hasPrefix("item-") }
        return Dictionary(uniqueKeysWithValues: maps.map { ($0.name, $0.value["data"]?["number"]?.string ?? "") })
    }

    @Test func aDaemonThatIsStoppedWhileItWritesLeavesNothingHalfDone() async throws {
        let folder = try TemporaryFolder()
        let cluster = Process()
        let program: URL = try #require(CommandTests.program, "the martlet program is not built")
        cluster.executableURL = program
        let kubeconfig = folder.path + "/cluster.kubeconfig"
        cluster.arguments = ["lab", "up", "--kubeconfig-out", kubeconfig]
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
        let repository = try RunningDaemon.repository(Self.files(isWhole: true))
        defer { try? FileManager.default.removeItem(at: repository) }  // it lies in the temporary folder
        func start() throws -> RunningDaemon {
            try RunningDaemon(
                repository: repository,
                dataDirectory: URL(filePath: folder.path + "/data"),
                ["--kubeconfig-dir", folder.path]
            )
        }

        let text = try String(contentsOfFile: kubeconfig, encoding: .utf8)
        let rules = Kubeconfig.Rules.operatorGiven(directory: folder.path)
        let client = APIClient(
            try Kubeconfig(text: text, file: "kubeconfig", rules: rules).connection(),
            transport: HTTPTransport(),
            pace: Pace(clock: ContinuousClock(), random: { 0.5 })
        )
        let kind = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
        // What the server serves is read before, so that the first item is seen as soon as it is there.
        let resource = try await client.resource(for: kind)
        #expect(try await client.get(kind, namespace: "default", name: "item-0") == nil)

        let first = try start()
        var firstRuns = true
        defer { if firstRuns { first.stop() } }
        for _ in 0..<6_000 {
            if try await client.get(kind, namespace: "default", name: "item-0") != nil { break }
            try await Task.sleep(for: .milliseconds(2))
        }
        let began = ContinuousClock.now
        let status = first.end()
        firstRuns = false
        #expect(status == 0, "\(first.words)")
        #expect(began.duration(to: .now) < .seconds(5))
        #expect(!first.words.contains(" error "), "\(first.words)")
        first.stop()
        let written = try await client.list(resource, namespace: "default").items.count { $0.name.hasPrefix("item-") }
        #expect((1..<Self.count).contains(written), "it was to be stopped in the midst of its work")

        let second = try start()
        defer { second.stop() }
        try await second.wait("the rest of the work", until: Self.isSynced)
        let all = Dictionary(uniqueKeysWithValues: (0..<Self.count).map { ("item-\($0)", "\($0)") })
        #expect(try items(second) == all)

        // Each was written once, by one daemon or the other. Of the few whose answers were on their way at the end, nobody
        // knows who made them.
        let entries = try second.answer("/api/v1/history?kind=ConfigMap&limit=5000")["entries"]?.array ?? []
        let told = entries.filter { $0["name"]?.string?.hasPrefix("item-") == true }
        #expect(told.filter { $0["event"] != "created" } == [], "being asked to end is no failure")
        #expect(Set(told.compactMap { $0["name"]?.string }).count == told.count)
        #expect((Self.count - 32...Self.count).contains(told.count))

        // What the first daemon wrote is in the inventory: it goes when it leaves the repository.
        try FileManager.default.removeItem(
            at: repository.appending(path: "fleets/edge/management-clusters/mc-1/two.yaml")
        )
        try CommandTests.commit(repository, "fewer")
        try await second.wait("the pruning") { Self.isSynced($0) && $0["source"]?["message"] == "fewer" }
        #expect(try items(second).count == Self.count / 2)
    }
}
