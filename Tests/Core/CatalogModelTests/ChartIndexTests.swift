import CatalogModel
import FoundationEssentials
import SourceDiagnostics
import Testing

struct ChartIndexTests {
    static let text = """
        apiVersion: v1
        entries:
          cluster:
          - name: cluster
            version: 1.10.0
            appVersion: 1.2
            digest: sha256:AAAA
            created: "2024-01-02T00:00:00Z"
            annotations:
              io.giantswarm.application.team: tenet
              artifacthub.io/links: !!python/object/new:app_build_suite.BlockLiteralStr
              - "- name: Support\\n"
            urls: [cluster-1.10.0.tgz]
            dependencies:
            - {name: common, version: ^1, repository: "https://example.com"}
          - name: cluster
            version: 1.9.0
            annotations: {application.giantswarm.io/team: phoenix, application.giantswarm.io/restrictions/compatibleProviders: aws}
            urls: ["https://charts.example/cluster-1.9.0.tgz", "/other/cluster-1.9.0.tgz"]
          - {name: cluster, version: 2.0.0-rc.1, urls: [a.tgz]}
          - {name: cluster, version: 1.9.0, urls: [again.tgz]}
          - {name: cluster, version: not-a-version, urls: [b.tgz]}
          - {name: cluster}
          - just text
          empty: []
        generated: "2026-08-22T21:56:46Z"
        """

    static let index = try? ChartIndex(Array(text.utf8), base: "https://host.example/charts/")

    @Test func takesWhatItCanAndTellsWhatItCannot() throws {
        let index = try #require(Self.index)
        let versions = index.entries["cluster"]?.map(\.version)
        #expect(versions == ["2.0.0-rc.1", "1.10.0", "1.9.0", "not-a-version"])
        #expect(index.entries["empty"] == nil)
        #expect(index.generated == "2026-08-22T21:56:46Z")
        #expect(index.warnings.count == 3)
    }

    @Test func readsBothGenerationsOfAnnotations() throws {
        let entries = try #require(Self.index?.entries["cluster"])
        #expect(entries[1].fact(.team) == "tenet")
        #expect(entries[2].fact(.team) == "phoenix")
        #expect(entries[2].fact(.compatibleProviders) == "aws")
        #expect(entries[1].fact(.readme) == nil)
        #expect(entries[1].annotations["artifacthub.io/links"] == "- name: Support\n")
    }

    @Test func makesRelativeAddressesAbsolute() throws {
        let entries = try #require(Self.index?.entries["cluster"])
        #expect(entries[1].urls == ["https://host.example/charts/cluster-1.10.0.tgz"])
        #expect(
            entries[2].urls == [
                "https://charts.example/cluster-1.9.0.tgz", "https://host.example/other/cluster-1.9.0.tgz",
            ]
        )
        #expect(entries[1].dependencies.first?.version == "^1")
        #expect(entries[1].appVersion == "1.2")
        #expect(RepositoryURL.join("https://h/x/index.yaml", "./a.tgz") == "https://h/x/a.tgz")
    }

    @Test(arguments: [
        ("", "1.10.0"), ("latest", "1.10.0"), ("1.9.0", "1.9.0"), ("v1.9.0", "1.9.0"), ("^1.9", "1.10.0"),
        ("~1.9.0", "1.9.0"),
        (">=1-0", "2.0.0-rc.1"), ("2.0.0-rc.1", "2.0.0-rc.1"), ("1.x", "1.10.0"),
    ])
    func choosesTheWantedVersion(_ wish: String, _ expected: String) throws {
        let entries = try #require(Self.index?.entries["cluster"])
        #expect(try VersionWish(wish).choose(from: entries, chart: "cluster").version == expected)
    }

    @Test(arguments: ["3.0.0", "^3", "1.9.0+meta"])
    func saysWhichVersionsThereAre(_ wish: String) throws {
        let entries = try #require(Self.index?.entries["cluster"])
        do throws(RejectedSource) {
            let wish = try? VersionWish(wish)  // The texts above are versions and ranges.
            _ = try wish?.choose(from: entries, chart: "cluster")
            Issue.record("chose a version")
        } catch {
            #expect(error.diagnostics.first?.code == "chart-unknown-version")
            #expect(error.diagnostics.first?.hint?.contains("1.10.0") == true)
        }
    }

    @Test func theNewestMayBeAPrereleaseWhenThereIsNothingElse() throws {
        let entries = [CatalogEntry(name: "a", version: "0.1.0-a"), CatalogEntry(name: "a", version: "0.1.0-b")]
        #expect(try VersionWish.newest.choose(from: entries, chart: "a").version == "0.1.0-b")
    }

    @Test(arguments: ["entries: 5", "[]", "just text", "a: 1", "{apiVersion: v1, kind: Catalog}"])
    func refusesWhatIsNoIndex(_ text: String) {
        #expect(throws: RejectedSource.self) { try ChartIndex(Array(text.utf8), base: "https://h/") }
    }

    static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "shared/corpus/app-platform/catalogs")

    @Test(arguments: [("cluster-catalog-index.yaml", 30, 2_667), ("default-catalog-index.yaml", 107, 1_879)])
    func readsRealIndexes(_ name: String, _ charts: Int, _ versions: Int) throws {
        guard let data = try? Data(contentsOf: Self.corpus.appending(path: name)) else { return }  // No corpus here.
        let index = try ChartIndex([UInt8](data), base: "https://giantswarm.github.io/x/")
        #expect(index.entries.count == charts)
        #expect(index.entries.values.reduce(0) { $0 + $1.count } == versions)
        #expect(
            index.entries.values.allSatisfy { $0.allSatisfy { ContentDigest($0.digest) != nil && !$0.urls.isEmpty } }
        )
    }
}
