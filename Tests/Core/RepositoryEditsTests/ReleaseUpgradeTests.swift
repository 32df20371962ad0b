import FleetModel
import FleetRendering
import Foundation
import KubernetesModel
import RepositoryEdits
import SourceDiagnostics
import SourceFiles
import StructuredValue
import TestSupport
import Testing

/// Clusters whose version is a Release's.
@Suite struct ReleaseUpgradeTests {
    private static let folder = "fleets/edge/management-clusters/mc-1"
    private static let now = Timestamp(seconds: 1_800_000_000)

    private static func release(_ name: String, kubernetes: String, state: String = "active", rest: String = "")
        -> String
    {
        """
        apiVersion: release.giantswarm.io/v1alpha1
        kind: Release
        metadata: {name: \(name)}
        spec:
          state: \(state)
          components:
          - {name: cluster-aws, catalog: cluster, version: 7.7.3}
          - {name: kubernetes, version: \(kubernetes)}
          apps:
          - {name: cilium, version: 1.4.3}
          - {name: coredns, version: 1.30.0, dependsOn: [cilium]}
        \(rest)
        """
    }

    private static let releases = [
        "aws-34.4.1": release("aws-34.4.1", kubernetes: "1.34.7"),
        "aws-34.5.0": """
        apiVersion: release.giantswarm.io/v1alpha1
        kind: Release
        metadata: {name: aws-34.5.0}
        spec:
          state: active
          notice: read the notes
          components:
          - {name: cluster-aws, catalog: cluster, version: 7.7.3}
          - {name: flatcar, version: 4593.2.4}
          - {name: kubernetes, version: 1.34.10}
          apps:
          - {name: cilium, version: 1.4.4, dependsOn: [priority-classes]}
          - {name: coredns, version: 1.30.0, dependsOn: [cilium, priority-classes]}
          - {name: priority-classes, version: 0.3.1}
        """,
        "aws-33.9.0": release("aws-33.9.0", kubernetes: "1.33.9"),
        "aws-34.6.0": release("aws-34.6.0", kubernetes: "1.34.11", state: "deprecated"),
        "aws-34.7.0": release("aws-34.7.0", kubernetes: "1.34.11", state: "wip"),
        "aws-34.8.0": release("aws-34.8.0", kubernetes: "1.36.0"),
        "aws-34.9.0": release("aws-34.9.0", kubernetes: "1.34.12", rest: "  - {name: cilium, version: 2.0.0}"),
        "aws-35.1.0": release("aws-35.1.0", kubernetes: "1.35.2"),
        "aws-35.0.1": release("aws-35.0.1", kubernetes: "1.35.1"),
        "aws-36.0.0": release("aws-36.0.0", kubernetes: "1.36.0"),
    ]

    private static let cluster = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: c1-userconfig, namespace: org-acme}
        data:
          values: |
            global:
              metadata: {name: c1}
              # the release
              release:
                version: "34.4.1"   # keep
              other: 34.4.1
        ---
        apiVersion: application.giantswarm.io/v1alpha1
        kind: App
        metadata: {name: c1, namespace: org-acme}
        spec:
          catalog: cluster
          name: cluster-aws
          namespace: org-acme
          version: ""
          kubeConfig: {inCluster: true}
          userConfig: {configMap: {name: c1-userconfig, namespace: org-acme}}

        """

    private static func edited(_ cluster: String = cluster) -> Edited {
        var files = ["\(folder)/c1.yaml": cluster]
        for (name, text) in releases { files["\(folder)/releases/\(name).yaml"] = text }
        return Edited(files)
    }

    private static func change(_ edited: Edited, to version: String, of name: String = "c1") throws(RejectedSource)
        -> VersionChange?
    {
        try upgradeRelease(
            of: name,
            namespace: nil,
            to: version,
            states: edited.states,
            in: edited.repository,
            now: now,
            explain: edited.explain
        )
    }

    @Test(arguments: ["34.5.0", "v34.5.0", "aws-34.5.0"])
    func theReleaseInAConfigMapIsEditedInPlace(_ version: String) throws {
        let change = try #require(try Self.change(Self.edited(), to: version))
        #expect(change.release?.blocks == [])
        #expect(change.title == "Upgrade cluster org-acme/c1 from 34.4.1 to 34.5.0")
        #expect(change.lines.map(\.position.description) == ["\(Self.folder)/c1.yaml:10:18"])
        let wanted = Self.cluster.replacingOccurrences(of: "\"34.4.1\"   # keep", with: "\"34.5.0\"   # keep")
        #expect(change.edits.map { String(decoding: $0.bytes, as: UTF8.self) } == [wanted])
    }

    @Test func everyDifferenceOfTwoReleasesIsShown() throws {
        let release = try #require(try Self.change(Self.edited(), to: "34.5.0")?.release)
        try expectGolden(
            release.text + "\n" + release.markdown + "\n" + JSON.text(release.value, .init(indent: 2)) + "\n",
            "release-change.txt"
        )
    }

    static let ways: [(String, [String])] = [
        ("34.4.1", []),
        ("33.9.0", ["a release never goes back", "Kubernetes would go back from 1.34.7 to 1.33.9"]),
        ("34.6.0", ["Release aws-34.6.0 is deprecated"]),
        ("34.7.0", ["Release aws-34.7.0 is not finished"]),
        ("34.8.0", ["Kubernetes would skip a minor version, from 1.34.7 to 1.36.0"]),
        ("34.9.0", ["Release aws-34.9.0 is not whole: app “cilium” is there twice"]),
        ("35.1.0", ["from 35 on the version is that of the chart release-aws"]),
        (
            "36.0.0",
            [
                "it skips a major release: go through 35.1.0, then 36.0.0",
                "from 35 on the version is that of the chart release-aws", "Kubernetes would skip a minor version",
            ]
        ),
    ]

    @Test(arguments: ways)
    func aWayThatMayNotBeGoneIsBlockedWithReasons(to version: String, reasons: [String]) throws {
        let blocks = try Self.change(Self.edited(), to: version)?.release?.blocks ?? []
        #expect(blocks.count == reasons.count, "\(blocks)")
        for (block, reason) in zip(blocks, reasons) { #expect(block.hasPrefix(reason)) }
    }

    @Test(arguments: [
        ("34.5.1", "unknown-release"), ("azure-34.5.0", "release-provider"), ("34.5", "bad-version"),
    ])
    func whatIsNoReleaseIsSaid(_ version: String, _ code: String) {
        do {
            _ = try Self.change(Self.edited(), to: version)
            Issue.record("\(version) was taken")
        } catch {
            #expect(error.diagnostics.map(\.code) == [code])
            if code == "unknown-release" {
                #expect(error.diagnostics.first?.hint?.hasPrefix("did you mean “aws-34.") == true)
            }
        }
    }

    @Test func otherClustersAreNotAsked() throws {
        #expect(try Self.change(Self.edited(), to: "34.5.0", of: "c2") == nil)
        let plain = Self.cluster.replacingOccurrences(of: "name: cluster-aws", with: "name: nginx")
        #expect(try Self.change(Self.edited(plain), to: "34.5.0") == nil)
    }

    @Test func aChartThatStandsForAReleaseGetsItsVersion() throws {
        let cluster = """
            apiVersion: application.giantswarm.io/v1alpha1
            kind: App
            metadata: {name: c1, namespace: org-acme}
            spec:
              catalog: cluster
              name: release-aws
              namespace: org-acme
              version: '35.0.1' # the release
              kubeConfig: {inCluster: true}

            """
        let change = try #require(try Self.change(Self.edited(cluster), to: "35.1.0"))
        #expect(change.release?.blocks == [])
        #expect(
            change.edits.map { String(decoding: $0.bytes, as: UTF8.self) } == [
                cluster.replacingOccurrences(of: "35.0.1", with: "35.1.0")
            ]
        )
    }

    @Test func aVariableIsNamedRatherThanOverwritten() {
        let base = Self.cluster.replacingOccurrences(of: "\"34.4.1\"", with: "${cluster_release}")
        let edited = Edited([
            "\(Self.folder)/flux.yaml": """
            apiVersion: kustomize.toolkit.fluxcd.io/v1
            kind: Kustomization
            metadata: {name: c1, namespace: default}
            spec:
              path: ./bases/c1
              prune: true
              postBuild: {substitute: {cluster_release: 34.4.1}}
            """,
            "bases/c1/c1.yaml": base,
            "\(Self.folder)/releases.yaml": [Self.releases["aws-34.4.1"], Self.releases["aws-34.5.0"]]
                .compactMap { $0 }.joined(separator: "\n---\n"),
        ])
        do {
            _ = try Self.change(edited, to: "34.5.0")
            Issue.record("it was edited")
        } catch {
            #expect(error.diagnostics.map(\.code) == ["version-place"])
            #expect(error.diagnostics.first?.hint?.contains("${cluster_release}") == true, "\(error.diagnostics)")
        }
    }

    @Test func theRealReleasesGiveTheirOwnNotes() throws {
        let corpus = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../../shared/corpus/app-platform").standardizedFileURL
        var files: [String: String] = [:]
        for (name, path) in [
            ("old", "releases/capa-v34.4.1.yaml"), ("new", "releases/capa-v34.5.0.yaml"),
            ("cluster", "cluster-app-capa.kubectl-gs.yaml"),
        ] {
            guard let text = try? String(contentsOf: corpus.appending(path: path), encoding: .utf8) else {
                print("skipped: nothing at \(corpus.path())")
                return
            }
            files["\(Self.folder)/\(name).yaml"] = text.replacingOccurrences(
                of: "version: 25.0.0",
                with: "version: 34.4.1"
            )
        }
        let change = try #require(try Self.change(Edited(files), to: "34.5.0", of: "test1"))
        let release = try #require(change.release)
        #expect(release.blocks == [])
        #expect(release.apps == [] && release.reordered == [] && release.unchangedApps == 37)
        #expect(
            release.components.map { "\($0.name) \($0.old ?? "") \($0.new ?? "")" } == [
                "flatcar 4593.2.2 4593.2.4", "kubernetes 1.34.7 1.34.10", "os-tooling 1.31.0 1.33.1",
            ]
        )
        let text = try #require(files["\(Self.folder)/cluster.yaml"])
        #expect(
            change.edits.map { String(decoding: $0.bytes, as: UTF8.self) } == [
                text.replacingOccurrences(of: "version: 34.4.1", with: "version: 34.5.0")
            ]
        )
    }
}
