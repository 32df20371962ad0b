import FleetModel
import FleetPlanning
import FleetRendering
import Foundation
import GitStore
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import Testing

/// What the repository shows newcomers must work: every fleet in it renders without a finding and can be planned.
@Suite struct ExamplesTests {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The files below `fleets/` and `catalogs/` of a folder, as they are on disk.
    static func tree(of folder: URL) throws -> SourceTree {
        var files: [SourceTree.File] = []
        for top in ["fleets", "catalogs"] {
            let walk = FileManager.default.enumerator(at: folder.appending(path: top), includingPropertiesForKeys: nil)
            for case let file as URL in walk ?? FileManager.DirectoryEnumerator() {
                guard let data = try? Data(contentsOf: file) else { continue }
                let path = String(file.path().dropFirst(folder.path().count).drop { $0 == "/" })
                let bytes = Array(data)
                files.append(SourceTree.File(path: path, contentID: "\(bytes.hashValue)") { bytes })
            }
        }
        return SourceTree(revision: "worktree", files: files)
    }

    static func rendered(_ folder: URL) throws -> [(fleet: Fleet, state: DesiredState)] {
        let cache = RenderCache()
        let repository = cache.sources.load(try tree(of: folder))
        #expect(repository.allDiagnostics.map(\.description) == [])
        return repository.fleets.flatMap { folder -> [(Fleet, DesiredState)] in
            guard let fleet = folder.fleet else { return [] }
            return folder.members.map { member in
                let now = Timestamp(seconds: 1_800_000_000)
                return (fleet, render(repository, fleet: fleet, member: member, now: now, cache: cache))
            }
        }
    }

    @Test func theDemoFleetRendersWithoutAFinding() throws {
        let members = try Self.rendered(Self.root)
        #expect(members.map(\.state.managementCluster).sorted() == ["eu-1", "us-1"])
        for member in members {
            #expect(member.state.diagnostics.map(\.description) == [])
            #expect(member.state.isComplete)
            let kinds = Set(member.state.objects.map(\.key.kind))
            #expect(kinds.isSuperset(of: ["Cluster", "KubeadmControlPlane", "MachineDeployment", "ConfigMap"]))
        }
    }

    @Test func theDemoFleetIsPlannedAsNothingButCreations() throws {
        for (fleet, state) in try Self.rendered(Self.root) {
            let plan = planApply(
                state,
                ObservedState(),
                inventory: Inventory(),
                settings: PlanSettings(fleet),
                now: Timestamp(seconds: 1_800_000_000)
            )
            #expect(plan.isComplete)
            #expect(plan.steps.count == state.objects.count)
            #expect(plan.steps.allSatisfy { $0.verdict == .create })
        }
    }
}
