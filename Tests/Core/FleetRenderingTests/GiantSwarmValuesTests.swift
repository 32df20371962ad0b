import FleetModel
import FleetRendering
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

/// How two layers of a Giant Swarm app's values merge, and where `martlet values --explain` says that they come from. The
/// order of the layers is `PlatformValuesTests`' table.
@Suite struct GiantSwarmValuesTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Fields of the App.
        var spec: String
        /// Texts of ConfigMaps and Secrets by kind and name: `cm/a`.
        var objects: [String: String] = [:]
        /// What the chart gets.
        var values: Value
    }

    private static func merge(_ title: String, _ low: String, _ high: String, _ map: Value) -> Example {
        Example(
            testDescription: title,
            spec:
                "config: {configMap: {name: low, namespace: org}}, userConfig: {configMap: {name: high, namespace: org}}",
            objects: ["cm/low": low, "cm/high": high],
            values: map
        )
    }

    private static let config = "config: {configMap: {name: config, namespace: org}}"

    static let examples = [
        merge("maps merge", "map: {x: 2}", "map: {z: 3}", ["keep": "chart", "map": ["x": 2, "w": 1, "z": 3]]),
        merge("null removes a default", "keep: null", "map: null", [:]),
        merge(
            "a later value comes back",
            "map: null",
            "map: {z: 3}",
            ["keep": "chart", "map": ["x": 1, "w": 1, "z": 3]]
        ),
        merge("lists replace", "l: [1, 2]", "l: []", ["keep": "chart", "map": ["x": 1, "w": 1], "l": []]),
        merge(
            "false, zero and nothing replace",
            "a: true\nb: 5\nc: x",
            "a: false\nb: 0\nc: ''",
            ["keep": "chart", "map": ["x": 1, "w": 1], "a": false, "b": 0, "c": ""]
        ),
        merge(
            "an empty map changes nothing",
            "m: {x: 1}",
            "m: {}",
            ["keep": "chart", "map": ["x": 1, "w": 1], "m": ["x": 1]]
        ),
        merge(
            "another type replaces",
            "m: {x: 1}\nk: [1]",
            "m: 2\nk: {w: 1}",
            ["keep": "chart", "map": ["x": 1, "w": 1], "m": 2, "k": ["w": 1]]
        ),
        merge("an empty text is no values", "", "keep: high", ["keep": "high", "map": ["x": 1, "w": 1]]),
    ]

    private static let files = [
        "catalogs/demo/catalog.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: demo}
        spec: {source: {path: charts}}
        """,
        "catalogs/demo/charts/web/Chart.yaml": "{apiVersion: v2, name: web, version: 1.0.0}",
        "catalogs/demo/charts/web/values.yaml": "keep: chart\nmap: {x: 1, w: 1}\n",
    ]

    private func explain(_ app: String, _ more: [String: String]) throws -> (AppExplanation?, [String]) {
        let rendering = Rendering(Self.files.merging(more) { $1 })
        let repository = rendering.cache.sources.load(SourceTree(revision: "r", texts: rendering.texts))
        let folder = try #require(repository.fleets.first)
        let (apps, _, diagnostics) = explainApps(
            named: app,
            repository,
            fleet: try #require(folder.fleet),
            member: try #require(folder.member("mc-1")),
            now: rendering.now,
            cache: rendering.cache
        )
        return (apps.first, diagnostics.map(\.code))
    }

    private static func app(_ spec: String) -> String {
        """
        apiVersion: application.giantswarm.io/v1alpha1
        kind: App
        metadata: {name: web, namespace: org}
        spec: {catalog: demo, name: web, namespace: org, version: 1.0.0, kubeConfig: {inCluster: true}, \(spec)}

        """
    }

    @Test(arguments: examples)
    func valuesLieOverOneAnother(_ example: Example) throws {
        var text = Self.app(example.spec)
        for (name, values) in example.objects.sorted(by: { $0.key < $1.key }) {
            let parts = name.split(separator: "/")
            let isSecret = parts[0] == "secret"
            let escaped = JSON.text(.string(values))
            text += """
                ---
                apiVersion: v1
                kind: \(isSecret ? "Secret" : "ConfigMap")
                metadata: {name: \(parts[1]), namespace: org}
                \(isSecret ? "stringData" : "data"): {values: \(escaped)}

                """
        }
        let (app, codes) = try explain("web", ["fleets/edge/management-clusters/mc-1/web.yaml": text])
        #expect(codes == [])
        #expect(app?.merged == example.values)
    }

    @Test func valuesOfAFluxKustomizationHaveAnOrigin() throws {
        let (app, codes) = try explain(
            "web",
            [
                "fleets/edge/management-clusters/mc-1/flux.yaml": """
                apiVersion: kustomize.toolkit.fluxcd.io/v1
                kind: Kustomization
                metadata: {name: web, namespace: default}
                spec:
                  path: ./templates/web
                  prune: true
                  postBuild:
                    substitute: {region: eu}
                    substituteFrom: [{kind: Secret, name: shared}]
                ---
                {apiVersion: v1, kind: Secret, metadata: {name: shared, namespace: default}, data: {size: bGFyZ2U=}}
                """,
                "templates/web/app.yaml": Self.app(Self.config),
                "templates/web/config.yaml": """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: config, namespace: org}
                data:
                  values: |
                    region: ${region}
                    size: ${size}
                """,
            ]
        )
        #expect(codes == [])
        let lines = (app?.explained ?? []).map { value in
            "\(value.path.joined(separator: ".")) \(JSON.text(value.value)) \(value.layer) \(value.position.map { "\($0)" } ?? "-")"
        }
        #expect(
            lines == [
                #"keep "chart" chart web catalogs/demo/charts/web/values.yaml:1:7"#,
                #"map.w 1 chart web catalogs/demo/charts/web/values.yaml:2:16"#,
                #"map.x 1 chart web catalogs/demo/charts/web/values.yaml:2:10"#,
                #"region "eu" ConfigMap org/config templates/web/config.yaml:6:13"#,
                #"size "large" ConfigMap org/config templates/web/config.yaml:7:11"#,
            ]
        )
    }
}
