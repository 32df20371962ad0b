import FleetLedger
import Foundation
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

@Suite struct LedgerTests {
    static func entry(_ second: Int, name: String, _ event: LedgerEntry.Event = .updated) -> LedgerEntry {
        LedgerEntry(
            time: Timestamp(seconds: second),
            event: event,
            fleet: "edge",
            managementCluster: "mc-1",
            revision: "abc",
            object: ObjectKey(groupKind: GroupKind(group: "", kind: "ConfigMap"), namespace: "default", name: name),
            fields: [.init(path: "data.colour", old: "red", new: "blue")],
            manager: "kubectl-patch"
        )
    }

    @Test func tellsTheNewestFirst() async throws {
        let ledger = try Ledger(path: nil)
        try await ledger.append([
            Self.entry(1, name: "a"), Self.entry(2, name: "b"), Self.entry(3, name: "a", .corrected),
        ])
        #expect(try await ledger.history(.init()).map(\.time.seconds) == [3, 2, 1])
        #expect(
            try await ledger.history(.init(name: "a")) == [
                Self.entry(3, name: "a", .corrected), Self.entry(1, name: "a"),
            ]
        )
        #expect(try await ledger.history(.init(fleet: "other")).isEmpty)
        #expect(try await ledger.history(.init(limit: 1)).count == 1)
    }

    @Test func remembersAcrossRuns() async throws {
        let folder = Scratch.place("ledger")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appending(path: "ledger.sqlite").path()
        try await Ledger(path: path).remember("rollout/edge", ["wave": 2])
        let again = try Ledger(path: path)
        #expect(try await again.recall("rollout/edge") == ["wave": 2])
        try await again.remember("rollout/edge", nil)
        #expect(try await again.recall("rollout/edge") == nil)
    }

    @Test func aBrokenFileIsAFailureNotACrash() throws {
        let file = Scratch.place("broken", suffix: ".sqlite")
        try Data(repeating: 7, count: 8192).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        #expect(throws: Ledger.Failure.self) { try Ledger(path: file.path()) }
    }

    @Test(.enabled(if: TinyDisk.isAvailable))
    func aFullDiskCostsNewLinesAndNothingElse() async throws {
        let disk = try TinyDisk(kilobytes: 1_024)
        let ledger = try Ledger(path: disk.path + "/ledger.sqlite")
        try await ledger.append([Self.entry(1, name: "a")])
        try await ledger.remember("rollout/edge", ["wave": 1])
        try disk.fill()
        // What still fits into pages that are there may be written; what does not must be refused, whole.
        var written = 1
        do {
            for second in 2..<2_000 {
                try await ledger.append([Self.entry(second, name: "b"), Self.entry(second, name: "b")])
                written += 2
            }
            Issue.record("the disk never was full")
        } catch {
            #expect("\(error)".contains("full"), "\(error)")
        }
        await #expect(throws: Ledger.Failure.self) {
            try await ledger.remember("rollout/edge", ["text": .string(String(repeating: "x", count: 100_000))])
        }
        #expect(try await ledger.history(.init(limit: 5_000)).count == written)
        #expect(try await ledger.recall("rollout/edge") == ["wave": 1])
        disk.clear()
        try await ledger.remember("rollout/edge", ["wave": 2])
        try await ledger.append([Self.entry(9_999, name: "a")])
        let again = try Ledger(path: disk.path + "/ledger.sqlite")
        #expect(try await again.recall("rollout/edge") == ["wave": 2])
        #expect(try await again.history(.init(limit: 5_000)).count == written + 1)
    }
}
