import FleetModel
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import TestSupport
import Testing

@Suite struct RepositoryTests {
    @Test func aFleetIsReadWithEveryField() throws {
        let repository = load([
            "fleets/edge/fleet.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: edge}
            spec:
              managementClusters: {matchLabels: {fleet: edge}}
              collections: [{name: base, version: 1.4.0}]
              topology: Passthrough
              createNamespaces: true
              rollout:
                waves:
                  - {name: canary, select: {matchLabels: {wave: canary}}, soak: 1h30m}
                  - {name: rest, maxUnavailable: 25%, approval: Manual}
                windows: [{days: [Mon, Thu], from: "08:00", to: "16:30", timeZone: Europe/Istanbul}]
                freeze: [{from: 2026-12-18, to: 2027-01-04, reason: holidays}]
              drift: {mode: Report, ignore: [{kind: MachineDeployment, fields: [spec.replicas]}]}
              deletion: {maxPerPass: 7}
              remediation: {maxMachines: 3, window: 5m}
              deletions: [{managementCluster: mc-1, kind: Cluster, namespace: org, name: demo-0, reason: moved}]
              holds: [{app: dex-app, version: 1.2.3, reason: incident 42, until: 2026-12-01}]
            """,
            "fleets/edge/management-clusters/mc-1/management-cluster.yaml": member("mc-1"),
            "catalogs/base/catalog.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Catalog
            metadata: {name: base}
            spec: {source: {path: charts}, values: {a: 1}}
            """,
            "catalogs/base/collections/base.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Collection
            metadata: {name: base}
            spec: {version: 1.4.0, apps: [{name: dex-app, catalog: base, chart: dex, version: 1.0.0}]}
            """,
        ])
        // Its member has no labels.
        #expect(repository.allDiagnostics.map(\.code) == ["empty-wave"])
        let fleet = try #require(repository.fleet("edge")?.fleet)
        let budget = RemediationPolicy(maxMachines: 3, window: .seconds(300))
        #expect(fleet.remediation == budget)
        #expect(repository.fleet("edge")?.member("mc-1")?.remediation == budget)
        #expect(fleet.topology == .passthrough)
        #expect(fleet.createNamespaces)
        #expect(fleet.collections.map(\.version.value) == ["1.4.0"])
        #expect(fleet.rollout.waves.map(\.name) == ["canary", "rest"])
        #expect(fleet.rollout.waves[0].soak == .seconds(5400))
        #expect(fleet.rollout.waves[1].maxUnavailable == .percent(25))
        #expect(fleet.rollout.waves[1].approval == .manual)
        #expect(fleet.rollout.windows[0].days == [1, 4])
        #expect(fleet.rollout.windows[0].from == 480)
        #expect(fleet.rollout.windows[0].to == 990)
        #expect(fleet.rollout.freezes[0].to == Timestamp("2027-01-05T00:00:00Z"))
        #expect(fleet.drift.mode == .report)
        #expect(fleet.drift.ignored == [IgnoredFields(kind: "MachineDeployment", fields: ["spec.replicas"])])
        #expect(fleet.maxDeletionsPerPass == 7)
        #expect(fleet.tombstones[0].name == "demo-0")
        #expect(fleet.holds[0].until == Timestamp("2026-12-01T00:00:00Z"))
        #expect(repository.catalogs["base"]?.source == .folder("catalogs/base/charts"))
        #expect(repository.collection("base", version: "1.4.0")?.apps[0].releaseNamespace == "default")
    }

    @Test func membersAreThoseOfTheFolderAndThoseThatTheSelectorNames() {
        let repository = load([
            "fleets/a/fleet.yaml": fleet("a", "managementClusters: {matchLabels: {tier: gold}}"),
            "fleets/b/fleet.yaml": fleet("b", "createNamespaces: false"),
            "fleets/a/management-clusters/one/management-cluster.yaml": member("one"),
            "fleets/b/management-clusters/two/management-cluster.yaml": member("two", "{tier: gold}"),
            "fleets/b/management-clusters/three/management-cluster.yaml": member("three", "{tier: silver}"),
        ])
        #expect(repository.allDiagnostics.isEmpty)
        #expect(repository.fleet("a")?.members.map(\.name) == ["one", "two"])
        #expect(repository.fleet("b")?.members.map(\.name) == ["three", "two"])
        #expect(repository.fleet("a")?.member("two")?.homeFleet == "b")
    }

    @Test func aBrokenFleetFileLeavesTheOthersAlone() {
        let repository = load([
            "fleets/a/fleet.yaml": "apiVersion: martlet.dev/v1alpha1\nkind: Fleet\nmetadata: {name: [\n",
            "fleets/a/management-clusters/one/management-cluster.yaml": member("one"),
            "fleets/b/fleet.yaml": fleet("b", "createNamespaces: true"),
        ])
        #expect(repository.fleet("a")?.fleet == nil)
        #expect(repository.fleet("a")?.members.map(\.name) == ["one"])
        #expect(repository.fleet("b")?.fleet != nil)
        #expect(repository.fleet("a")?.diagnostics.first?.position?.file == "fleets/a/fleet.yaml")
    }

    @Test func everyMistakeIsFoundAtOnceAndNamed() throws {
        let repository = load([
            "fleets/edge/fleet.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: edge}
            spec:
              colections: [{name: base, version: 1.4.0}]
              collections:
                - {name: bse, version: 1.4.0}
                - {name: base, version: 1.5.0}
                - {name: base, version: 1.4}
              topology: expand
              rollout:
                waves:
                  - {name: canary, soak: 30 minutes}
                  - {name: canary, maxUnavailable: 250%}
                windows: [{days: [Monday], from: 8, to: "25:00"}]
                freeze: [{from: 2027-01-04, to: 2026-12-18}, {from: soon}]
              drift: {mode: Fix}
              deletion: {maxPerPass: -1}
              deletions: [{managementCluster: mc-2, kind: Cluster, name: demo-0}]
              holds: [{app: dex, version: 1.2.3}]
            """,
            "fleets/edge/management-clusters/mc-1/management-cluster.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: ManagementCluster
            metadata: {name: mc-1, label: {fleet: edge}}
            spec: {connection: {lab: {}, inCluster: {}}, reconcilers: {machinePool: Me}}
            """,
            "fleets/other/management-clusters/mc-9/management-cluster.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: ManagementClutser
            metadata: {name: mc-9}
            """,
            "catalogs/base/catalog.yaml": """
            apiVersion: martlet.dev/v1alpha2
            kind: Catalog
            metadata: {name: base}
            spec: {source: {path: ../../../etc}}
            """,
            "catalogs/more/catalog.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Catalog
            metadata: {name: more}
            spec: {source: {path: ../../../etc}}
            """,
            "catalogs/base/collections/base.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Collection
            metadata: {name: base}
            spec:
              version: 1.4.0
              apps:
                - {name: dex, catalog: mroe, chart: dex, version: latest}
                - {name: dex, catalog: more, chart: dex, version: 1.0.0, values: [1]}
            """,
        ])
        try expectGolden(repository.allDiagnostics.map(\.description).joined(separator: "\n") + "\n", "mistakes.txt")
    }

    @Test func itemsOfAListHavePlacesOfTheirOwn() throws {
        let text = """
            # two lists
            apiVersion: v1
            kind: List
            items:
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}
              - 5
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
            """
        let tree = SourceTree(texts: ["list.yaml": text])
        let file = readSourceFile(try #require(tree.file("list.yaml")))
        let places = file.documents.compactMap { document in
            if case .manifest(let manifest) = document { manifest.origin?.position.line } else { nil }
        }
        #expect(places == [5, 7])
        #expect(file.diagnostics.map(\.code) == ["not-a-manifest"])
        #expect(file.diagnostics.first?.position?.line == 6)
    }

    @Test func aFileIsReadOnceForAsLongAsItsContentStays() {
        var cache = SourceCache()
        var texts = [
            "fleets/a/fleet.yaml": fleet("a", "createNamespaces: true"),
            "fleets/a/management-clusters/one/management-cluster.yaml": member("one"),
        ]
        _ = cache.load(SourceTree(texts: texts))
        #expect(cache.misses == 2)
        _ = cache.load(SourceTree(texts: texts))
        #expect(cache.misses == 2)
        texts["fleets/a/fleet.yaml"] = fleet("a", "createNamespaces: false")
        #expect(cache.load(SourceTree(texts: texts)).fleet("a")?.fleet?.createNamespaces == false)
        #expect(cache.misses == 3)
    }

    @Test func theCacheStaysBounded() {
        var cache = SourceCache(capacity: 10)
        for number in 0..<100 {
            _ = cache.read(SourceTree.File(path: "x.yaml", contentID: "\(number)") { Array("a: 1".utf8) })
        }
        #expect(cache.misses == 100)
    }
}

@Suite struct ForeignKindTests {
    @Test func anAppOfGiantSwarmBecomesOurApp() throws {
        let file = SourceTree(texts: [
            "app.yaml": """
            apiVersion: application.giantswarm.io/v1alpha1
            kind: App
            metadata:
              name: demo-cilium
              namespace: org-acme
              labels: {giantswarm.io/cluster: demo}
              annotations:
                app-operator.giantswarm.io/depends-on: "demo-cpi, demo-coredns"
                app-operator.giantswarm.io/cordon-until: "2027-01-01T00:00:00Z"
            spec:
              catalog: default
              name: cilium
              namespace: kube-system
              version: v1.2.3
              kubeConfig: {inCluster: false, secret: {name: demo-kubeconfig, namespace: org-acme}}
              config: {configMap: {name: demo-cluster-values, namespace: org-acme}}
              userConfig: {configMap: {name: mine, namespace: org-acme}, secret: {name: hidden, namespace: org-acme}}
              extraConfigs:
                - {name: fifty, namespace: org-acme, priority: 50}
                - {kind: secret, name: last, namespace: org-acme, priority: 150}
              install: {skipCRDs: true}
              namespaceConfig: {labels: {a: b}}
            """
        ])
        let source = readSourceFile(try #require(file.file("app.yaml")))
        #expect(source.diagnostics.isEmpty)
        guard case .app(let app)? = source.documents.first else {
            Issue.record("no app")
            return
        }
        #expect(app.form == .giantSwarm)
        #expect(app.chart.value == "cilium")
        #expect(app.target == .workloadCluster(name: "demo", namespace: "org-acme", secret: "demo-kubeconfig"))
        #expect(app.dependsOn.map(\.value) == ["demo-cpi", "demo-coredns"])
        #expect(app.skipsCRDs)
        #expect(app.namespaceLabels == ["a": "b"])
        #expect(app.cordon?.until == Timestamp("2027-01-01T00:00:00Z"))
        let order = app.valuesFrom.sorted { $0.priority < $1.priority }.map { "\($0.kind.rawValue) \($0.name)" }
        #expect(
            order == [
                "ConfigMap fifty", "ConfigMap demo-cluster-values", "ConfigMap mine", "Secret hidden", "Secret last",
            ]
        )
    }

    @Test(arguments: [
        (
            #"{helm: {url: "https://e.com/", credentials: {file: shop}}}"#,
            CatalogSource.helm(urls: ["https://e.com/"], credentialsFile: "shop"), ""
        ),
        (
            #"{oci: {url: "oci://e.com/c", credentials: {file: shop}}}"#,
            .oci(urls: ["oci://e.com/c"], credentialsFile: "shop"), ""
        ),
        (
            #"{helm: {url: "http://127.0.0.1:81/", credentials: {file: shop}}}"#,
            .helm(urls: ["http://127.0.0.1:81/"], credentialsFile: "shop"), ""
        ),
        (#"{helm: {url: "http://e.com/"}}"#, .helm(urls: ["http://e.com/"]), ""),
        (#"{helm: {url: "http://e.com/", credentials: {file: shop}}}"#, nil, "bad-url"),
        (#"{helm: {url: "http://localhost.e.com/", credentials: {file: shop}}}"#, nil, "bad-url"),
        (#"{oci: {url: "oci://e.com/c", credentials: {user: me}}}"#, nil, "missing-field"),
    ])
    func aCatalogNamesItsCredentials(_ source: String, _ expected: CatalogSource?, _ code: String) {
        let repository = load([
            "catalogs/c/catalog.yaml":
                "apiVersion: martlet.dev/v1alpha1\nkind: Catalog\nmetadata: {name: c}\nspec: {source: \(source)}\n"
        ])
        if let expected { #expect(repository.catalogs["c"]?.source == expected) }
        #expect(code.isEmpty ? repository.allDiagnostics.isEmpty : repository.allDiagnostics.map(\.code).contains(code))
    }

    @Test func aCatalogOfGiantSwarmMayStillUseStorage() throws {
        let file = SourceTree(texts: [
            "catalog.yaml": """
            apiVersion: application.giantswarm.io/v1alpha1
            kind: Catalog
            metadata: {name: cluster, namespace: default}
            spec:
              title: Cluster
              description: cluster apps
              storage: {type: helm, URL: "https://example.com/cluster/"}
              config: {configMap: {name: defaults, namespace: default}}
            """
        ])
        guard case .catalog(let catalog)? = readSourceFile(try #require(file.file("catalog.yaml"))).documents.first
        else {
            Issue.record("no catalog")
            return
        }
        #expect(catalog.source == .helm(urls: ["https://example.com/cluster/"]))
        #expect(catalog.valuesFrom.map(\.name) == ["defaults"])
    }
}

private func load(_ texts: [String: String]) -> Repository {
    var cache = SourceCache()
    return cache.load(SourceTree(texts: texts))
}

private func member(_ name: String, _ labels: String = "{}") -> String {
    """
    apiVersion: martlet.dev/v1alpha1
    kind: ManagementCluster
    metadata: {name: \(name), labels: \(labels)}
    spec: {connection: {lab: {}}}
    """
}

private func fleet(_ name: String, _ spec: String) -> String {
    """
    apiVersion: martlet.dev/v1alpha1
    kind: Fleet
    metadata: {name: \(name)}
    spec: {\(spec)}
    """
}
