import FleetModel
import KubernetesModel
import RepositoryEdits
import SourceDiagnostics
import Testing

/// What a plan says about versions that change with no line of their own.
@Suite struct VersionNoteTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let folder = "fleets/edge/management-clusters/mc-1"

    private static func repository(charts: [String], version: String = "^1") -> Edited {
        var files = [
            "catalogs/demo/catalog.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Catalog
            metadata: {name: demo}
            spec: {source: {path: charts}}
            """,
            "\(folder)/app.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: App
            metadata: {name: web, namespace: org}
            spec: {catalog: demo, chart: web, version: \(version)}
            """,
        ]
        for chart in charts {
            files["catalogs/demo/charts/\(chart)/Chart.yaml"] = "{apiVersion: v2, name: web, version: \(chart)}"
        }
        return Edited(files)
    }

    @Test func aRangeThatComesToAnotherVersionIsSaid() {
        let old = Self.repository(charts: ["1.0.0"])
        let new = Self.repository(charts: ["1.0.0", "1.1.0", "2.0.0"])
        let notes = noteVersionChanges(from: old.states, to: new.states, now: Self.now)
        #expect(
            notes.map(\.description) == [
                "\(Self.folder)/app.yaml:4:44: note: app “web”: “^1” of chart web comes to 1.1.0, "
                    + "and came to 1.0.0 before [version-resolved]"
            ]
        )
        #expect(noteVersionChanges(from: new.states, to: new.states, now: Self.now) == [])
    }

    @Test func aLineThatChangesNeedsNoNote() {
        let old = Self.repository(charts: ["1.0.0", "2.0.0"])
        let new = Self.repository(charts: ["1.0.0", "2.0.0"], version: "^2")
        #expect(new.states.flatMap(\.resolutions).map(\.version) == ["2.0.0"])
        #expect(noteVersionChanges(from: old.states, to: new.states, now: Self.now) == [])
    }

    private static func cluster(release: String) -> Edited {
        func object(_ version: String, _ kubernetes: String) -> String {
            """
            apiVersion: release.giantswarm.io/v1alpha1
            kind: Release
            metadata: {name: aws-\(version)}
            spec: {state: active, components: [{name: kubernetes, version: \(kubernetes)}]}
            """
        }
        return Edited([
            "\(folder)/releases.yaml": [
                object("34.4.1", "1.34.7"), object("34.5.0", "1.34.10"), object("36.0.0", "1.36.0"),
            ].joined(separator: "\n---\n"),
            "\(folder)/c1.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: c1, namespace: org}
            data: {values: "global: {release: {version: \(release)}}"}
            ---
            apiVersion: application.giantswarm.io/v1alpha1
            kind: App
            metadata: {name: c1, namespace: org}
            spec:
              catalog: cluster
              name: cluster-aws
              namespace: org
              version: ""
              kubeConfig: {inCluster: true}
              userConfig: {configMap: {name: c1}}
            """,
        ])
    }

    @Test(arguments: [
        ("34.4.1", []),
        ("34.5.0", ["release-change"]),
        ("36.0.0", ["release-change", "release-path", "release-path", "release-path"]),
    ])
    func anotherReleaseIsExplainedInThePlan(_ release: String, _ codes: [String]) {
        let notes = noteVersionChanges(
            from: Self.cluster(release: "34.4.1").states,
            to: Self.cluster(release: release).states,
            now: Self.now
        )
        #expect(notes.map(\.code) == codes)
        if release == "34.5.0" {
            #expect(
                notes.first?.message
                    == "cluster org/c1 goes from Release aws-34.4.1 to aws-34.5.0: kubernetes 1.34.7 → 1.34.10"
            )
        }
    }

    @Test func aMemberThatLeavesIsSaid() {
        let text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, namespace: default}"
        let old = Edited(["\(Self.folder)/a.yaml": text], members: ["mc-1", "mc-2"])
        let notes = noteLeavingMembers(from: old.states, to: Edited([:], members: ["mc-2"]).repository)
        #expect(notes.map(\.code) == ["member-leaves"])
        #expect(
            notes.first?.message
                == "management cluster “mc-1” leaves fleet “edge”; its object stays as it is, unwatched"
        )
        #expect(noteLeavingMembers(from: old.states, to: old.repository) == [])
    }

    @Test func aMemberThatMovesIsSaid() {
        let old = Edited([:], members: ["mc-1", "mc-2"])
        let new = Edited(
            [
                "fleets/core/fleet.yaml":
                    "{apiVersion: martlet.dev/v1alpha1, kind: Fleet, metadata: {name: core}, spec: {}}",
                "fleets/core/management-clusters/mc-1/management-cluster.yaml":
                    "{apiVersion: martlet.dev/v1alpha1, kind: ManagementCluster, metadata: {name: mc-1}, "
                    + "spec: {connection: {lab: {}}}}",
            ],
            members: ["mc-2"]
        )
        let notes = noteLeavingMembers(from: old.states, to: new.repository)
        #expect(notes.map(\.code) == ["member-moves"])
    }

    @Test(arguments: ["\(folder)/management-cluster.yaml", "fleets/edge/fleet.yaml"])
    func aBrokenFileIsNoLeaving(_ path: String) {
        let old = Edited([:])
        let new = Edited([path: "spec: ["], members: path.hasSuffix("fleet.yaml") ? ["mc-1"] : [])
        #expect(noteLeavingMembers(from: old.states, to: new.repository) == [])
    }
}
