import FleetModel
import FleetRendering
import Foundation
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing
import YAMLFormat

/// Repositories that others keep, loaded as they are. Their files are not part of this repository.
@Suite struct RealRepositoryTests {
    static let corpus = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../../shared/corpus/app-platform").standardizedFileURL

    /// The files of a folder below a prefix; nil, and said, when the folder is not there.
    static func files(_ folder: String, at prefix: String = "") throws -> [SourceTree.File]? {
        let root = corpus.appending(path: folder)
        guard FileManager.default.fileExists(atPath: root.path()) else {
            print("skipped: nothing at \(root.path())")
            return nil
        }
        var files: [SourceTree.File] = []
        for case let path as String in FileManager.default.enumerator(atPath: root.path()) ?? .init() {
            guard let data = try? Data(contentsOf: root.appending(path: path)) else { continue }  // A folder.
            let bytes = [UInt8](data)
            files.append(SourceTree.File(path: prefix + path, contentID: "\(bytes.hashValue)") { bytes })
        }
        return files
    }

    private static func text(_ path: String, _ text: String) -> SourceTree.File {
        SourceTree.File(path: path, contentID: "\(text.hashValue)") { Array(text.utf8) }
    }

    private func state(_ files: [SourceTree.File]) throws -> DesiredState {
        let cache = RenderCache()
        let repository = cache.sources.load(SourceTree(revision: "r1", files: files))
        #expect(repository.allDiagnostics.map(\.description) == [])
        let folder = try #require(repository.fleets.first)
        let fleet = try #require(folder.fleet)
        let member = try #require(folder.members.first)
        return render(repository, fleet: fleet, member: member, now: Timestamp(seconds: 1_800_000_000), cache: cache)
    }

    /// Whether everything expected is there; more may be.
    private func holds(_ found: Value, _ expected: Value) -> Bool {
        switch (found, expected) {
        case (.object, .object(let members)):
            members.allSatisfy { pair in found[pair.key].map { holds($0, pair.value) } ?? false }
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { holds($0, $1) }
        // One recorded file has a last line break that its expectation was made without.
        case (.string(let left), .string(let right)): withoutLastBreak(left) == withoutLastBreak(right)
        default: found == expected
        }
    }

    private func withoutLastBreak(_ text: String) -> Substring { text.hasSuffix("\n") ? text.dropLast() : text[...] }

    /// What a server adds to objects, and the expectations were read from one.
    private func served(_ manifest: Manifest) -> Value {
        var value = manifest.value
        if manifest.kind == "Secret" { value["type"] = value["type"] ?? "Opaque" }
        if manifest.kind == "App", let configs = value["spec"]?["extraConfigs"]?.array {
            value[path: "spec", "extraConfigs"] = .array(
                configs.map { config in
                    var config = config
                    config["kind"] = config["kind"] ?? "configMap"
                    config["priority"] = config["priority"] ?? 25
                    return config
                }
            )
        }
        return value
    }

    @Test func theTemplateForGitOpsGivesTheObjectsItsTestsExpect() throws {
        guard let files = try Self.files("gitops-template") else { return }
        let state = try state(files)
        // Two Apps are of a catalog of the repository itself, whose registry is not at hand.
        #expect(Set(state.diagnostics.filter { $0.severity == .error }.map(\.code)) == ["catalog-unavailable"])
        var expected = 0
        for file in files where file.path.hasPrefix("tests/ats/assertions/exists/") {
            for document in YAML.documents(try file.bytes(), file: file.path) {
                guard let value = document.value, value.object != nil else { continue }
                expected += 1
                let key = Manifest(value).key
                let found = state.objects.filter { $0.key == key }
                #expect(
                    found.contains { holds(served($0.manifest), value) },
                    "\(file.path): \(key), \(found.map(\.manifest.value))"
                )
            }
        }
        #expect(expected == 46)
    }

    struct Generation: CustomTestStringConvertible, Sendable {
        var name: String
        var folder: String
        var resource: String
        var kinds: [String: Int]

        var testDescription: String { name }
    }

    static let generations = [
        Generation(
            name: "generators",
            folder: "collections/aws-2025-konfigure",
            resource: "flux-manifests",
            kinds: ["App": 74]
        ),
        Generation(
            name: "plain Apps",
            folder: "collections/capa-2026-01-appcr",
            resource: "kustomize",
            kinds: ["App": 55, "Konfiguration": 1]
        ),
        Generation(
            name: "layers and stages",
            folder: "collections/mcb-2026-08-stages",
            resource: "bases/collections/capa/stages/stable",
            kinds: ["App": 2, "ConfigMap": 2, "HelmRelease": 58, "Konfiguration": 1, "OCIRepository": 58]
        ),
    ]

    @Test(arguments: generations)
    func aCollectionIsReadAsItIs(_ generation: Generation) throws {
        guard var files = try Self.files(generation.folder, at: "collection/") else { return }
        let home = "fleets/edge/common/kustomization.yaml"
        files.append(Self.text("fleets/edge/fleet.yaml", fleet("createNamespaces: false")))
        files.append(
            Self.text("fleets/edge/management-clusters/mc-1/management-cluster.yaml", member("mc-1"))
        )
        files.append(Self.text(home, "resources: [../../../collection/\(generation.resource)]\n"))
        let state = try state(files)
        #expect(state.diagnostics.filter { $0.severity == .error }.map(\.description) == [])
        var kinds: [String: Int] = [:]
        for object in state.objects { kinds[object.key.kind, default: 0] += 1 }
        #expect(kinds == generation.kinds)
    }

    @Test func clusterAppsOfTheCommandLineToolAreReadAsTheyAre() throws {
        for provider in ["aks", "capa", "capv_1", "capz"] {
            let path = "cluster-app-\(provider).kubectl-gs.yaml"
            let place = Self.corpus.appending(path: path)
            guard let data = try? Data(contentsOf: place) else {
                print("skipped: nothing at \(place.path())")
                return
            }
            let state = try state([
                Self.text("fleets/edge/fleet.yaml", fleet("createNamespaces: false")),
                Self.text("fleets/edge/management-clusters/mc-1/management-cluster.yaml", member("mc-1")),
                Self.text("fleets/edge/management-clusters/mc-1/cluster.yaml", String(decoding: data, as: UTF8.self)),
            ])
            #expect(state.diagnostics.filter { $0.severity == .error }.map(\.description) == [], "\(path)")
            #expect(state.objects.contains { $0.key.kind == "App" }, "\(path)")
            #expect(state.objects.contains { $0.key.kind == "ConfigMap" }, "\(path)")
        }
    }
}
