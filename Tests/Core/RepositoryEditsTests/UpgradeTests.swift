import FleetModel
import FleetRendering
import Foundation
import KubernetesModel
import RepositoryEdits
import SourceDiagnostics
import SourceFiles
import Testing

/// A small repository of one fleet, rendered.
struct Edited {
    let repository: Repository
    let states: [DesiredState]
    private let cache = RenderCache()
    private static let now = Timestamp(seconds: 1_800_000_000)

    init(_ texts: [String: String], members: [String] = ["mc-1"]) {
        var all = texts
        if all["fleets/edge/fleet.yaml"] == nil {
            all["fleets/edge/fleet.yaml"] = """
                apiVersion: martlet.dev/v1alpha1
                kind: Fleet
                metadata: {name: edge}
                spec: {}
                """
        }
        for member in members {
            all["fleets/edge/management-clusters/\(member)/management-cluster.yaml"] = """
                apiVersion: martlet.dev/v1alpha1
                kind: ManagementCluster
                metadata: {name: \(member)}
                spec: {connection: {lab: {}}}
                """
        }
        let repository = cache.sources.load(SourceTree(texts: all))
        var states: [DesiredState] = []
        for folder in repository.fleets {
            for member in folder.members {
                guard let fleet = folder.fleet else { continue }
                states.append(render(repository, fleet: fleet, member: member, now: Self.now, cache: cache))
            }
        }
        (self.repository, self.states) = (repository, states)
    }

    func explain(_ app: String, _ state: DesiredState) -> AppExplanation? {
        guard let folder = repository.fleet(state.fleet), let fleet = folder.fleet,
            let member = folder.member(state.managementCluster)
        else { return nil }
        return explainApps(named: app, repository, fleet: fleet, member: member, now: Self.now, cache: cache).apps.first
    }

    /// The cluster's edit as texts by path, or the codes of what stands against it.
    func cluster(_ name: String, to version: String) -> ([String: String], [String]) {
        do {
            let change = try upgradeCluster(
                name,
                namespace: nil,
                to: version,
                states: states,
                in: repository,
                explain: explain
            )
            return (texts(change), [])
        } catch { return ([:], error.diagnostics.map(\.code)) }
    }

    func app(_ name: String, to version: String) -> ([String: String], [String]) {
        do { return (texts(try upgradeApp(name, to: version, states: states, in: repository)), []) } catch {
            return ([:], error.diagnostics.map(\.code))
        }
    }

    private func texts(_ change: VersionChange) -> [String: String] {
        Dictionary(uniqueKeysWithValues: change.edits.map { ($0.path, String(decoding: $0.bytes, as: UTF8.self)) })
    }
}

@Suite struct UpgradeTests {
    private static let folder = "fleets/edge/management-clusters/mc-1"

    private static let controlPlane = """
        # the cluster
        apiVersion: cluster.x-k8s.io/v1beta1
        kind: Cluster
        metadata: {name: c1, namespace: org}
        spec:
          controlPlaneRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta1, kind: KubeadmControlPlane, name: c1-cp}
        ---
        apiVersion: controlplane.cluster.x-k8s.io/v1beta1
        kind: KubeadmControlPlane
        metadata: {name: c1-cp, namespace: org}
        spec: {replicas: 3, version: "v1.33.4"} # keep me

        """

    private static let workers = """
        apiVersion: v1
        kind: List
        items:
        - apiVersion: cluster.x-k8s.io/v1beta1
          kind: MachineDeployment
          metadata: {name: a, namespace: org}
          spec:
            clusterName: c1
            template:
              spec:
                clusterName: c1
                version:   v1.32.9   # lags behind
        - apiVersion: cluster.x-k8s.io/v1beta1
          kind: MachinePool
          metadata: {name: b, namespace: org}
          spec: {clusterName: c1, template: {spec: {clusterName: c1, version: 'v1.33.4'}}}
        - apiVersion: cluster.x-k8s.io/v1beta1
          kind: MachineDeployment
          metadata: {name: other, namespace: org}
          spec: {clusterName: c2, template: {spec: {clusterName: c2, version: v1.33.4}}}

        """

    @Test func controlPlaneAndWorkersOfTwoFilesChangeTogether() {
        let edited = Edited([
            "\(Self.folder)/cp.yaml": Self.controlPlane, "\(Self.folder)/pools/workers.yaml": Self.workers,
        ])
        let (texts, codes) = edited.cluster("c1", to: "1.34.2")
        #expect(codes == [])
        #expect(
            texts == [
                "\(Self.folder)/cp.yaml": Self.controlPlane.replacingOccurrences(
                    of: "\"v1.33.4\"",
                    with: "\"v1.34.2\""
                ),
                "\(Self.folder)/pools/workers.yaml": Self.workers.replacingOccurrences(of: "v1.32.9", with: "v1.34.2")
                    .replacingOccurrences(of: "'v1.33.4'", with: "'v1.34.2'"),
            ]
        )
    }

    @Test func aKustomizedClusterIsEditedWhereItIsWritten() {
        let base = Self.controlPlane.replacingOccurrences(of: ", namespace: org", with: "")
        let edited = Edited([
            "\(Self.folder)/c1/kustomization.yaml": "namespace: org\nresources: [base.yaml]\n",
            "\(Self.folder)/c1/base.yaml": base,
        ])
        let (texts, codes) = edited.cluster("c1", to: "v1.34.2")
        #expect(codes == [])
        #expect(texts == ["\(Self.folder)/c1/base.yaml": base.replacingOccurrences(of: "v1.33.4", with: "v1.34.2")])
    }

    private static let chart = [
        "catalogs/demo/catalog.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: demo}
        spec: {source: {path: charts}}
        """,
        "catalogs/demo/charts/cluster-x/Chart.yaml": "{apiVersion: v2, name: cluster-x, version: 1.0.0}",
        "catalogs/demo/charts/cluster-x/values.yaml": "kubernetesVersion: 1.33.4\nosVersion: 1.0.0\n",
        "catalogs/demo/charts/cluster-x/templates/all.yaml": """
        apiVersion: cluster.x-k8s.io/v1beta1
        kind: Cluster
        metadata: {name: {{ .Release.Name }}}
        spec:
          controlPlaneRef: {kind: KubeadmControlPlane, name: {{ .Release.Name }}}
        ---
        apiVersion: controlplane.cluster.x-k8s.io/v1beta1
        kind: KubeadmControlPlane
        metadata: {name: {{ .Release.Name }}}
        spec: {version: v{{ .Values.kubernetesVersion }}}
        """,
    ]

    @Test(arguments: [
        ("version: 1.0.0 # chart\n", "version: 1.0.0 # chart\n  values:\n    kubernetesVersion: 1.34.2\n"),
        (
            "version: 1.0.0\n  values:\n    kubernetesVersion: 1.33.4 # k8s\n",
            "version: 1.0.0\n  values:\n    kubernetesVersion: 1.34.2 # k8s\n"
        ),
    ])
    func aClusterOfAChartGetsTheValue(before: String, after: String) {
        func app(_ text: String) -> String {
            "apiVersion: martlet.dev/v1alpha1\nkind: App\nmetadata: {name: c1, namespace: org}\nspec:\n"
                + "  catalog: demo\n  chart: cluster-x\n  \(text)"
        }
        let file = "\(Self.folder)/c1.yaml"
        let edited = Edited(Self.chart.merging([file: app(before)]) { $1 })
        let (texts, codes) = edited.cluster("c1", to: "v1.34.2")
        #expect(codes == [])
        #expect(texts == [file: app(after)])
    }

    @Test func anAppOfACollectionIsEditedInTheCollection() {
        let collection = """
            apiVersion: martlet.dev/v1alpha1
            kind: Collection
            metadata: {name: base}
            spec:
              version: 1.0.0
              apps:
              - {name: one, catalog: demo, chart: cluster-x, version: v1.0.0, namespace: org}
              - {name: two, catalog: demo, chart: cluster-x, version: ^1.0, namespace: org}

            """
        let fleet = """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: edge}
            spec: {collections: [{name: base, version: 1.0.0}]}
            """
        let file = "catalogs/demo/collections/base.yaml"
        let edited = Edited(
            Self.chart.merging([file: collection, "fleets/edge/fleet.yaml": fleet]) { $1 },
            members: ["mc-1", "mc-2"]
        )
        #expect(
            edited.app("one", to: "1.1.0").0 == [
                file: collection.replacingOccurrences(of: "version: v1.0.0", with: "version: v1.1.0")
            ]
        )
        #expect(
            edited.app("two", to: "1.1.0").0 == [
                file: collection.replacingOccurrences(of: "version: ^1.0", with: "version: 1.1.0")
            ]
        )
        #expect(edited.app("three", to: "1.1.0").1 == ["unknown-app"])
    }

    @Test func whatCannotBeDoneIsSaid() {
        let edited = Edited(
            [
                "\(Self.folder)/cp.yaml": Self.controlPlane,
                "fleets/edge/management-clusters/mc-2/cp.yaml": Self.controlPlane,
            ],
            members: ["mc-1", "mc-2"]
        )
        #expect(edited.cluster("c1", to: "v1.34.2").1 == ["ambiguous-cluster"])
        #expect(edited.cluster("c9", to: "v1.34.2").1 == ["unknown-cluster"])
        #expect(edited.cluster("c1", to: "1.34").1 == ["bad-version"])
    }

    @Test func longWaysAreGoneInSteps() {
        #expect(upgradeSteps(from: "v1.31.2", to: "1.34.1") == ["v1.32.x", "v1.33.x", "v1.34.1"])
        #expect(upgradeSteps(from: "v1.33.2", to: "v1.34.1") == [])
    }
}
