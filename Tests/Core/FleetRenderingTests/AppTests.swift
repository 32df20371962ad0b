import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import TestSupport
import Testing

@Suite struct AppTests {
    private static let banner = [
        "catalogs/demo/catalog.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: demo}
        spec: {source: {path: charts}, values: {text: from-catalog, depth: {a: catalog, b: catalog}}}
        """,
        "catalogs/demo/charts/banner/Chart.yaml": "{apiVersion: v2, name: banner, version: 1.0.0}",
        "catalogs/demo/charts/banner/values.yaml": "text: hello\nregion: none\ndepth: {a: chart, b: chart, c: chart}\n",
        "catalogs/demo/charts/banner/templates/banner.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: {{ .Release.Name }}}
        data:
          version: {{ .Chart.Version | quote }}
          text: {{ .Values.text | quote }}
          region: {{ .Values.region | quote }}
          depth: {{ .Values.depth | toJson | quote }}
        """,
        "catalogs/demo/charts/banner/templates/test.yaml": """
        apiVersion: v1
        kind: Pod
        metadata: {name: check, annotations: {helm.sh/hook: test}}
        """,
        "catalogs/demo/collections/base.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Collection
        metadata: {name: base}
        spec:
          version: 1.0.0
          apps: [{name: banner, catalog: demo, chart: banner, version: 1.0.0, namespace: default, values: {text: from-collection}}]
        """,
        "fleets/edge/fleet.yaml": fleet("collections: [{name: base, version: 1.0.0}]"),
        "fleets/edge/management-clusters/mc-1/management-cluster.yaml": member(
            "mc-1",
            "values: {region: eu, depth: {b: mc}}"
        ),
    ]

    private func data(_ state: DesiredState, _ name: String) -> Value? {
        state.objects.first { $0.key.name == name }?.manifest.value["data"]
    }

    @Test func aCollectionBringsItsAppsWithLayeredValues() throws {
        let state = try Rendering(Self.banner).state("mc-1")
        #expect(state.diagnostics.map(\.description) == [])
        #expect(state.isComplete)
        let data = data(state, "banner")
        #expect(data?["text"]?.string == "from-collection")
        #expect(data?["region"]?.string == "eu")
        #expect(data?["depth"]?.string == #"{"a":"catalog","b":"mc","c":"chart"}"#)
        let object = try #require(state.objects.first)
        #expect(state.objects.count == 1)
        #expect(object.key.namespace == "default")
        #expect(object.source == .app(namespace: "default", name: "banner"))
        #expect(object.manifest.origin?.maker == "chart banner 1.0.0")
        #expect(object.manifest.origin?.trail.last?.file == "catalogs/demo/collections/base.yaml")
        #expect(state.resolutions.map(\.version) == ["1.0.0"])
    }

    private static let ownApp = """
        apiVersion: martlet.dev/v1alpha1
        kind: App
        metadata: {name: mine, namespace: org}
        spec:
          catalog: demo
          chart: banner
          version: ^1
          target: {workloadCluster: {name: c1}}
          valuesFrom:
            - {kind: ConfigMap, name: low, priority: 10}
            - {kind: Secret, name: high, key: v, priority: 90}
          values: {depth: {a: app}}
          dependsOn: [banner]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: low, namespace: org}
        data: {values: "text: from-low\\nregion: from-low\\n"}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: high, namespace: org}
        data: {v: cmVnaW9uOiBmcm9tLWhpZ2gK, other: eA==}
        """

    @Test func anAppTakesValuesFromObjectsAndGoesToItsTarget() throws {
        let state = try Rendering(
            Self.banner.merging(["fleets/edge/management-clusters/mc-1/mine.yaml": Self.ownApp]) { $1 }
        ).state("mc-1")
        #expect(state.diagnostics.map(\.description) == [])
        let data = data(state, "mine")
        #expect(data?["text"]?.string == "from-low")
        #expect(data?["region"]?.string == "from-high")
        #expect(data?["depth"]?.string == #"{"a":"app","b":"mc","c":"chart"}"#)
        let target = ObjectTarget.workloadCluster(namespace: "org", name: "c1", secret: "c1-kubeconfig")
        #expect(state.workloadTargets == [target])
        #expect(state.objects(for: target).map(\.key.name) == ["mine"])
        #expect(state.objects(for: target).first?.dependsOnApps == ["banner"])
        #expect(state.resolutions.first { $0.app == "mine" }?.requested == "^1")
    }

    @Test func aHoldKeepsItsVersionWhileItLasts() throws {
        var texts = Self.banner
        texts["catalogs/demo/charts/next/Chart.yaml"] = "{apiVersion: v2, name: banner, version: 2.0.0}"
        texts["catalogs/demo/charts/next/templates/a.yaml"] =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: banner}, data: {version: {{ .Chart.Version | quote }}}}"
        texts["catalogs/demo/collections/base.yaml"] = texts["catalogs/demo/collections/base.yaml"]?
            .replacing("version: 1.0.0, namespace", with: "version: 2.0.0, namespace")
        texts["fleets/edge/fleet.yaml"] = fleet(
            "collections: [{name: base, version: 1.0.0}], holds: [{app: banner, version: 1.0.0, reason: incident 42, until: 2027-02-01}]"
        )
        var rendering = Rendering(texts)
        var state = try rendering.state("mc-1")
        #expect(data(state, "banner")?["version"]?.string == "1.0.0")
        #expect(state.holds.map(\.reason) == ["incident 42"])
        #expect(state.holds.first?.wantedVersion == "2.0.0")
        rendering.now = try #require(Timestamp("2027-02-01T00:00:00Z"))
        state = try rendering.state("mc-1")
        #expect(data(state, "banner")?["version"]?.string == "2.0.0")
        #expect(state.holds.isEmpty)
    }

    @Test func mistakesOfAppsAreNamed() throws {
        func app(_ name: String, _ spec: String) -> String {
            """
            apiVersion: martlet.dev/v1alpha1
            kind: App
            metadata: {name: \(name), namespace: org}
            spec: {\(spec)}
            ---

            """
        }
        let state = try Rendering(
            Self.banner.merging([
                "fleets/edge/management-clusters/mc-1/apps.yaml":
                    app("one", "catalog: dmo, chart: banner, version: 1.0.0")
                    + app("two", "catalog: demo, chart: baner, version: 1.0.0")
                    + app("three", "catalog: demo, chart: banner, version: 1.0.1")
                    + app("four", "catalog: demo, chart: banner, version: 1.0.0, dependsOn: [bannre]")
                    + app(
                        "five",
                        "catalog: demo, chart: banner, version: 1.0.0, valuesFrom: [{kind: ConfigMap, name: lw}]"
                    )
                    + app(
                        "six",
                        "catalog: demo, chart: banner, version: 1.0.0, valuesFrom: [{kind: ConfigMap, name: low, key: x}]"
                    )
                    + app("seven", "catalog: demo, chart: banner, version: 1.0.0, dependsOn: [eight]")
                    + app("eight", "catalog: demo, chart: banner, version: 1.0.0, dependsOn: [seven]")
                    + app("eight", "catalog: demo, chart: broken, version: 1.0.0")
                    + "{apiVersion: v1, kind: ConfigMap, metadata: {name: low, namespace: org}, data: {values: a}}",
                "catalogs/demo/charts/broken/Chart.yaml": "{apiVersion: v2, name: broken, version: 1.0.0}",
                "catalogs/demo/charts/broken/templates/a.yaml": "a: b\nc: {{ fail \"no luck\" }}\n",
            ]) { $1 }
        ).state("mc-1")
        #expect(!state.isComplete)
        try expectGolden(state.diagnostics.map(\.description).joined(separator: "\n") + "\n", "app-mistakes.txt")
    }

    @Test func aPausedAppIsFrozen() throws {
        let state = try Rendering(
            Self.banner.merging([
                "fleets/edge/management-clusters/mc-1/apps.yaml": """
                apiVersion: martlet.dev/v1alpha1
                kind: App
                metadata: {name: still, namespace: org}
                spec: {catalog: demo, chart: banner, version: 1.0.0, paused: true}
                """
            ]) { $1 }
        ).state("mc-1")
        #expect(state.frozenSources == ["app org/still": "the app is paused"])
    }

    @Test func giantSwarmsConfigMapsComeBeforeAllSecrets() throws {
        let state = try Rendering(
            Self.banner.merging([
                "fleets/edge/management-clusters/mc-1/gs.yaml": """
                apiVersion: application.giantswarm.io/v1alpha1
                kind: App
                metadata: {name: gs, namespace: org}
                spec:
                  catalog: demo
                  name: banner
                  namespace: org
                  version: v1.0.0
                  kubeConfig: {inCluster: true}
                  config: {secret: {name: low-secret, namespace: org}}
                  userConfig: {configMap: {name: user, namespace: org}}
                  extraConfigs: [{name: extra, namespace: org, priority: 100}]
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: user, namespace: org}, data: {values: "text: user\\nregion: user"}}
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: extra, namespace: org}, data: {any: "text: extra\\ndepth: null"}}
                ---
                {apiVersion: v1, kind: Secret, metadata: {name: low-secret, namespace: org}, stringData: {values: "region: secret"}}
                """
            ]) { $1 }
        ).state("mc-1")
        #expect(state.diagnostics.map(\.description) == [])
        let data = data(state, "gs")
        #expect(data?["text"]?.string == "user")
        #expect(data?["region"]?.string == "secret")
        #expect(data?["depth"]?.string == "null")
    }

    @Test func anAppOfAnUnknownForeignCatalogIsLeftToItsOperator() throws {
        let state = try Rendering([
            "fleets/edge/common/gs.yaml": """
            apiVersion: application.giantswarm.io/v1alpha1
            kind: App
            metadata: {name: gs, namespace: org}
            spec: {catalog: elsewhere, name: banner, namespace: org, version: 1.0.0, kubeConfig: {inCluster: true}}
            """
        ]).state("mc-1")
        #expect(state.objects.map(\.key.kind) == ["App"])
        #expect(state.isComplete)
    }

    @Test func whatWasRenderedBeforeIsNotRenderedAgain() throws {
        var rendering = Rendering(Self.banner)
        let first = try rendering.state("mc-1")
        rendering.texts["fleets/edge/common/x.yaml"] = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}"
        let second = try rendering.state("mc-1")
        #expect(second.objects.count == first.objects.count + 1)
        #expect(rendering.cache.renderedApps == 1)
        rendering.texts["catalogs/demo/charts/banner/values.yaml"] = "text: hello\nregion: other\ndepth: {}\n"
        _ = try rendering.state("mc-1")
        #expect(rendering.cache.renderedApps == 2)
    }

    @Test func everyValueKnowsItsLayer() {
        let position = SourcePosition(file: "a.yaml", line: 1, column: 1)
        let values = AppValues(layers: [
            ValuesLayer(name: "chart", values: ["a": ["y": 0, "q": 0], "c": "chart"], position: nil),
            ValuesLayer(
                name: "catalog",
                values: ["a": ["x": 1, "y": 1], "b": [1], "d": ["z": 1]],
                position: position
            ),
            ValuesLayer(name: "app", values: ["a": ["y": 2], "b": [2], "d": nil], position: nil),
        ])
        #expect(values.merged == ["a": ["y": 2, "q": 0, "x": 1], "c": "chart", "b": [2], "d": nil])
        let explained = values.explained
        #expect(
            explained.map { "\($0.path.joined(separator: ".")) \(JSON.text($0.value)) \($0.layer)" } == [
                "a.q 0 chart", "a.x 1 catalog", "a.y 2 app", "b [2] app", "c \"chart\" chart", "d null app",
            ]
        )
        #expect(explained[2].overridden.map(\.name) == ["chart", "catalog"])
    }
}
