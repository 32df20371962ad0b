import Foundation
import StructuredValue
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// The story of `examples/incident-replay`: twelve management clusters, a bad version, one revert.
@Suite(.timeLimit(.minutes(3))) struct IncidentReplayTests {
    private static let canaries: Set = ["aws-1", "capa-1"]

    @Test func aBadVersionStopsInTheFirstWaveAndOneRevertUndoesIt() async throws {
        let scene = try Scene()
        defer { scene.end() }
        let first = try await scene.members("all run the first commit") { members in
            members.count == 12 && members.allSatisfy { $0.state == "Synced" && !$0.applied.isEmpty }
        }
        let before = try #require(first.first?.applied)
        let untouched = try scene.operators().filter { !Self.canaries.contains($0.key) }
        #expect(untouched.count == 10)
        #expect(untouched.values.allSatisfy { $0.version == "4.66.1" })

        try scene.edit("catalogs/platform/collections/base.yaml", "version: 4.66.1", "version: 4.67.0")
        try CommandTests.commit(scene.folder, "update metrics-operator to 4.67.0")
        let halted = try await scene.fleet("the rollout halts") { $0["state"] == "Halted" }
        #expect(halted["wave"] == "canary")
        let reason = try #require(halted["reason"]?.string)
        #expect(reason.contains("metrics-operator"), "the reason names the object: \(reason)")
        let during = try await scene.members("the others stay") { _ in true }
        for member in during where !Self.canaries.contains(member.name) { #expect(member.applied == before) }

        try CommandTests.git(scene.folder, "revert", "--no-edit", "HEAD")
        _ = try await scene.members("the revert reaches all") { members in
            members.allSatisfy { $0.state == "Synced" && $0.applied != before }
        }
        let after = try scene.operators()
        #expect(after.count == 12)
        #expect(after.values.allSatisfy { $0.version == "4.66.1" })
        for (name, written) in untouched { #expect(after[name] == written, "\(name) was written to") }
    }
}

/// A daemon on a copy of the example.
private struct Scene {
    let folder: URL
    private let daemon: BackgroundProgram
    private let server: String

    struct Member: Sendable {
        var name: String
        var state: String
        var applied: String
    }

    /// The operator's ConfigMap on one management cluster.
    struct Operator: Hashable {
        var version: String
        var resourceVersion: String
    }

    init() throws {
        folder = Scratch.place("martlet")
        try FileManager.default.copyItem(at: ExamplesTests.root.appending(path: "examples/incident-replay"), to: folder)
        try CommandTests.git(folder, "init", "-q", "-b", "main")
        try CommandTests.commit(folder, "metrics-operator 4.66.1")
        let program: URL = try #require(CommandTests.program, "the martlet program is not built")
        let port = Int.random(in: 20_000..<32_000)
        server = "http://127.0.0.1:\(port)"
        daemon = try BackgroundProgram(
            program.path(),
            [
                "run", "--repo", folder.path(), "--branch", "main", "--interval", "1s", "--lab",
                "--listen", "127.0.0.1:\(port)", "--data-dir", folder.appending(path: ".git/martlet").path(),
                "--kubeconfig-out", folder.appending(path: ".git/kubeconfig").path(),
            ]
        )
    }

    func end() {
        try? FileManager.default.removeItem(at: folder)  // it lies in the temporary folder
    }

    func edit(_ path: String, _ old: String, _ new: String) throws {
        let file = folder.appending(path: path)
        let text = try String(contentsOf: file, encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, with: new).write(to: file, atomically: true, encoding: .utf8)
    }

    private func get(_ path: String) throws -> Value {
        let url = try #require(URL(string: server + path))
        return try JSON.parse([UInt8](Data(contentsOf: url)))
    }

    /// Asks for the fleet's status until something holds of it.
    func fleet(_ what: String, until holds: (Value) -> Bool) async throws -> Value {
        var last: Value = .null
        for _ in 0..<900 {
            // It may still be starting.
            if let status = try? get("/api/v1/status"), let fleet = status["fleets"]?.array?.first {
                last = fleet
                if holds(fleet) { return fleet }
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(what): not within 90 s; \(JSON.text(last).prefix(1500))")
        throw CancellationError()
    }

    func members(_ what: String, until holds: ([Member]) -> Bool) async throws -> [Member] {
        func read(_ fleet: Value) -> [Member] {
            (fleet["managementClusters"]?.array ?? []).map { member in
                Member(
                    name: member["name"]?.string ?? "",
                    state: member["state"]?.string ?? "",
                    applied: member["appliedRevision"]?.string ?? ""
                )
            }
        }
        return read(try await fleet(what) { holds(read($0)) })
    }

    /// What the management clusters run, from the daemon's caches.
    func operators() throws -> [String: Operator] {
        var found: [String: Operator] = [:]
        for member in try get("/api/v1/status")["fleets"]?.array?.first?["managementClusters"]?.array ?? [] {
            let name = member["name"]?.string ?? ""
            let targets = try get("/api/v1/observed/production/\(name)")["targets"]?.array ?? []
            for object in targets.flatMap({ $0["objects"]?.array ?? [] })
            where object["kind"] == "ConfigMap" && object[path: "metadata", "name"] == "metrics-operator" {
                found[name] = Operator(
                    version: object[path: "data", "version"]?.string ?? "",
                    resourceVersion: object[path: "metadata", "resourceVersion"]?.string ?? ""
                )
            }
        }
        return found
    }
}
