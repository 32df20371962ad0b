import FleetModel
import FleetRendering
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

@Suite struct ExplainAppsTests {
    private static let files = [
        "catalogs/demo/catalog.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: demo}
        spec:
          source: {path: charts}
          values:
            region: none
        """,
        "catalogs/demo/charts/web/Chart.yaml": """
        apiVersion: v2
        name: web
        version: 1.0.0
        dependencies:
        - {name: store, version: 1.0.0, alias: db}
        - {name: cache, version: 1.0.0, condition: cache.enabled}
        """,
        "catalogs/demo/charts/web/values.yaml": "# defaults\nreplicas: 1\nport: 80\ncache:\n  enabled: false\n",
        "catalogs/demo/charts/web/charts/store/Chart.yaml": "{apiVersion: v2, name: store, version: 1.0.0}",
        "catalogs/demo/charts/web/charts/store/values.yaml": "size: 1Gi\n",
        "catalogs/demo/charts/web/charts/cache/Chart.yaml": "{apiVersion: v2, name: cache, version: 1.0.0}",
        "catalogs/demo/charts/web/charts/cache/values.yaml": "memory: 1Gi\n",
        "fleets/edge/management-clusters/mc-1/web.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: settings, namespace: org}
        data:
          values: |
            # for all
            db:
              size: 9Gi
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: keys, namespace: org}
        stringData:
          values: |
            token: hush
        ---
        apiVersion: martlet.dev/v1alpha1
        kind: App
        metadata: {name: web, namespace: org}
        spec:
          catalog: demo
          chart: web
          version: ^1
          valuesFrom:
            - {kind: ConfigMap, name: settings, key: values}
            - {kind: Secret, name: keys, key: values}
          values:
            replicas: 3
            port: null
        """,
    ]

    private func explain(_ name: String) throws -> (apps: [AppExplanation], known: [String], codes: [String]) {
        let rendering = Rendering(Self.files)
        let repository = rendering.cache.sources.load(SourceTree(revision: "r", texts: rendering.texts))
        let folder = try #require(repository.fleet("edge"))
        let (apps, known, diagnostics) = explainApps(
            named: name,
            repository,
            fleet: try #require(folder.fleet),
            member: try #require(folder.member("mc-1")),
            now: rendering.now,
            cache: rendering.cache
        )
        return (apps, known, diagnostics.map(\.code))
    }

    @Test func everyKeyHasItsOwnPlace() throws {
        let app = try #require(try explain("web").apps.first)
        #expect(app.version == "1.0.0")
        let file = "fleets/edge/management-clusters/mc-1/web.yaml"
        let charts = "catalogs/demo/charts/web"
        let lines = app.explained.map { value in
            "\(value.path.joined(separator: ".")) \(JSON.text(value.value)) \(value.layer) \(value.position.map { "\($0)" } ?? "-")"
        }
        #expect(
            lines == [
                #"cache.enabled false chart web \#(charts)/values.yaml:5:12"#,
                #"db.size "9Gi" ConfigMap org/settings \#(file):8:13"#,
                #"port null app web \#(file):29:11"#,
                #"region "none" catalog demo catalogs/demo/catalog.yaml:7:13"#,
                #"replicas 3 app web \#(file):28:15"#,
                #"token "hush" Secret org/keys \#(file):15:12"#,
            ]
        )
        let replicas = try #require(app.explained.first { $0.path == ["replicas"] })
        #expect(replicas.overridden.map(\.name) == ["chart web"])
    }

    @Test func mergedValuesHideSecretsAndLeaveOutWhatIsRemoved() throws {
        let app = try #require(try explain("web").apps.first)
        #expect(
            app.mergedForDisplay.sortedForTest == [
                "cache": ["enabled": false], "db": ["size": "9Gi"], "region": "none", "replicas": 3,
                "token": "(from a Secret)",
            ]
        )
        #expect(app.merged["token"] == "hush")
    }

    @Test func anAppThatComesThroughFluxIsExplained() throws {
        var files = Self.files.filter { $0.key.hasPrefix("catalogs/") }
        files["fleets/edge/management-clusters/mc-1/flux.yaml"] = """
            apiVersion: kustomize.toolkit.fluxcd.io/v1
            kind: Kustomization
            metadata: {name: apps, namespace: default}
            spec: {path: ./bases/apps, prune: true, postBuild: {substitute: {count: "7"}}}
            """
        files["bases/apps/web.yaml"] = """
            apiVersion: martlet.dev/v1alpha1
            kind: App
            metadata: {name: web, namespace: org}
            spec:
              catalog: demo
              chart: web
              version: ^1
              values: {replicas: "${count}"}
            """
        let rendering = Rendering(files)
        let repository = rendering.cache.sources.load(SourceTree(revision: "r", texts: rendering.texts))
        let folder = try #require(repository.fleet("edge"))
        let (apps, _, diagnostics) = explainApps(
            named: "web",
            repository,
            fleet: try #require(folder.fleet),
            member: try #require(folder.member("mc-1")),
            now: rendering.now,
            cache: rendering.cache
        )
        #expect(diagnostics.map(\.code) == [])
        let app = try #require(apps.first)
        #expect(app.merged["replicas"] == 7)
    }

    @Test func anUnknownAppIsNotFound() throws {
        let (apps, known, codes) = try explain("wbe")
        #expect(apps.isEmpty && known == ["web"] && codes.isEmpty)
    }
}

extension Value {
    /// The same value with the keys of its objects in order.
    fileprivate var sortedForTest: Value {
        guard case .object(let object) = self else { return self }
        let pairs = object.pairs.sorted { $0.key < $1.key }
        return .object(Object(pairs.map { Object.Pair(key: $0.key, value: $0.value.sortedForTest) }))
    }
}
