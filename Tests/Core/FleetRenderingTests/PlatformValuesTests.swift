import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

/// How Giant Swarm's Apps layer their values: all ConfigMaps by priority, then all Secrets by priority over them.
@Suite struct PlatformValuesTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        /// Fields of the App's spec.
        var spec: String
        /// ConfigMaps and Secrets by name, `secret-…` being Secrets: the text of their only key.
        var objects: [String: String]
        /// What the chart gets as `text`, or the codes of what is wrong.
        var text: String?
        var codes: [String] = []

        var testDescription: String { name }
    }

    private static func text(_ names: String...) -> [String: String] {
        Dictionary(uniqueKeysWithValues: names.map { ($0, "text: \($0)") })
    }

    private static let config = "config: {configMap: {name: config, namespace: org}}"
    private static let user = "userConfig: {configMap: {name: user, namespace: org}}"

    private static func extra(_ items: (name: String, priority: Int?)...) -> String {
        let texts = items.map { item in
            let kind = item.name.hasPrefix("secret") ? ", kind: secret" : ""
            let priority = item.priority.map { ", priority: \($0)" } ?? ""
            return "{name: \(item.name), namespace: org\(kind)\(priority)}"
        }
        return "extraConfigs: [\(texts.joined(separator: ", "))]"
    }

    static let examples = [
        Example(name: "nothing but the chart", spec: "", objects: [:], text: "chart"),
        Example(name: "the catalog", spec: "", objects: text("catalog"), text: "catalog"),
        Example(
            name: "an extra config without a priority is above the catalog",
            spec: extra(("extra", nil)),
            objects: text("catalog", "extra"),
            text: "extra"
        ),
        Example(
            name: "and below config",
            spec: "\(extra(("extra", nil)))\n  \(config)",
            objects: text("extra", "config"),
            text: "config"
        ),
        Example(
            name: "priority 50 is below config",
            spec: "\(extra(("extra", 50)))\n  \(config)",
            objects: text("extra", "config"),
            text: "config"
        ),
        Example(
            name: "priority 51 is above config",
            spec: "\(extra(("extra", 51)))\n  \(config)",
            objects: text("extra", "config"),
            text: "extra"
        ),
        Example(
            name: "priority 100 is below userConfig",
            spec: "\(extra(("extra", 100)))\n  \(user)",
            objects: text("extra", "user"),
            text: "user"
        ),
        Example(
            name: "priority 101 is above userConfig",
            spec: "\(extra(("extra", 101)))\n  \(user)",
            objects: text("extra", "user"),
            text: "extra"
        ),
        Example(
            name: "userConfig is above config",
            spec: "\(user)\n  \(config)",
            objects: text("user", "config"),
            text: "user"
        ),
        Example(
            name: "priority 26 is above none",
            spec: extra(("one", 26), ("two", nil)),
            objects: text("one", "two"),
            text: "one"
        ),
        Example(
            name: "and 24 is below it",
            spec: extra(("one", 24), ("two", nil)),
            objects: text("one", "two"),
            text: "two"
        ),
        Example(
            name: "Secrets have the same priorities",
            spec: "\(extra(("secret-1", 51), ("secret-2", 50)))\n  config: {secret: {name: secret-c, namespace: org}}",
            objects: text("secret-1", "secret-2", "secret-c"),
            text: "secret-1"
        ),
        Example(
            name: "of equal priorities the later wins",
            spec: extra(("one", 30), ("two", 30)),
            objects: text("one", "two"),
            text: "two"
        ),
        Example(
            name: "a later one of lower priority loses",
            spec: extra(("one", 31), ("two", 30)),
            objects: text("one", "two"),
            text: "one"
        ),
        Example(
            name: "the lowest Secret is above the highest ConfigMap",
            spec: extra(("secret-1", 1), ("extra", 150)),
            objects: text("secret-1", "extra"),
            text: "secret-1"
        ),
        Example(
            name: "a catalog's Secret is above a user's ConfigMap",
            spec: user,
            objects: text("secret-catalog", "user"),
            text: "secret-catalog"
        ),
        Example(
            name: "a user's Secret is above a catalog's",
            spec: "userConfig: {secret: {name: secret-user, namespace: org}}",
            objects: text("secret-catalog", "secret-user"),
            text: "secret-user"
        ),
        Example(
            name: "null removes what the chart has",
            spec: user,
            objects: ["user": "text: null"],
            text: "(none)"
        ),
        Example(
            name: "and what lower layers have",
            spec: "\(user)\n  \(config)",
            objects: ["user": "text: null", "config": "text: config"],
            text: "(none)"
        ),
        Example(
            name: "a namespace left out is the App's",
            spec: "userConfig: {configMap: {name: user}}",
            objects: text("user"),
            text: "user"
        ),
        Example(
            name: "an empty name is no reference",
            spec: "config: {configMap: {name: \"\", namespace: \"\"}}",
            objects: [:],
            text: "chart"
        ),
        Example(
            name: "an empty text is no values",
            spec: user,
            objects: ["user": ""],
            text: "chart"
        ),
        Example(name: "an object that is not there", spec: user, objects: [:], codes: ["values-not-found"]),
        Example(
            name: "a text that is a list",
            spec: user,
            objects: ["user": "[text]"],
            codes: ["values-unreadable"]
        ),
        Example(name: "a text that is no YAML", spec: user, objects: ["user": "a: [b"], codes: ["values-unreadable"]),
        Example(name: "priority 0", spec: extra(("extra", 0)), objects: text("extra"), codes: ["out-of-range"]),
        Example(name: "priority 151", spec: extra(("extra", 151)), objects: text("extra"), codes: ["out-of-range"]),
    ]

    private static func rendered(_ spec: String, _ objects: String) throws -> DesiredState {
        let chart = SourceTree(texts: [
            "banner/Chart.yaml": "{apiVersion: v2, name: banner, version: 1.0.0}",
            "banner/values.yaml": "text: chart\n",
            "banner/templates/a.yaml": """
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: made}
            data: {text: {{ .Values.text | default "(none)" | quote }}}
            """,
        ])
        let entry = ChartEntry(
            name: "banner",
            version: "1.0.0",
            contentID: "banner",
            location: .folder(chart, path: "banner")
        )
        func reference(_ kind: String, _ name: String) -> String {
            objects.contains("name: \(name),") ? "\(kind): {name: \(name), namespace: org}" : ""
        }
        let catalogConfig = [reference("configMap", "catalog"), reference("secret", "secret-catalog")]
            .filter { !$0.isEmpty }.joined(separator: ", ")
        let rendering = Rendering([
            "fleets/edge/common/app.yaml": """
            apiVersion: application.giantswarm.io/v1alpha1
            kind: Catalog
            metadata: {name: vendor, namespace: org}
            spec:
              title: vendor
              repositories: [{type: helm, URL: https://charts.example.com}]
              config: {\(catalogConfig)}
            ---
            apiVersion: application.giantswarm.io/v1alpha1
            kind: App
            metadata: {name: a, namespace: org}
            spec:
              catalog: vendor
              name: banner
              namespace: org
              version: 1.0.0
              kubeConfig: {inCluster: true}
              \(spec)
            """,
            "fleets/edge/common/values.yaml": objects,
        ])
        let repository = rendering.cache.sources.load(SourceTree(texts: rendering.texts))
        let folder = try #require(repository.fleet("edge"))
        return render(
            repository,
            fleet: try #require(folder.fleet),
            member: try #require(folder.member("mc-1")),
            catalogs: CatalogContents(snapshots: ["vendor": CatalogContents.Snapshot(revision: "1", entries: [entry])]),
            now: rendering.now,
            cache: rendering.cache
        )
    }

    @Test(arguments: examples)
    func valuesAreLayeredAsTheVendorsOperatorDoes(_ example: Example) throws {
        let objects = example.objects.sorted { $0.key < $1.key }.map { name, text in
            let (kind, field) = name.hasPrefix("secret") ? ("Secret", "stringData") : ("ConfigMap", "data")
            return "{apiVersion: v1, kind: \(kind), metadata: {name: \(name), namespace: org}, "
                + "\(field): {values: \(JSON.text(.string(text)))}}"
        }
        let state = try Self.rendered(example.spec, objects.joined(separator: "\n---\n"))
        #expect(state.diagnostics.map(\.code) == example.codes, "\(state.diagnostics)")
        if let text = example.text {
            let made = state.objects.first { $0.key.name == "made" }
            #expect(made?.manifest.value["data"]?["text"]?.string == text)
        }
    }

    /// The vendor's operator takes a random key of an extra config with several; here each object must have one.
    /// One without data is no values to it.
    @Test(
        arguments: [user, config.replacing("config,", with: "user,"), extra(("user", 30))],
        [("{}", [String]()), ("{a: x, b: z}", ["values-key"])]
    )
    func anObjectWithValuesHasOneKeyOrNone(_ spec: String, _ example: (data: String, codes: [String])) throws {
        let state = try Self.rendered(
            spec,
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: user, namespace: org}, data: \(example.data)}"
        )
        #expect(state.diagnostics.map(\.code) == example.codes)
        #expect(state.diagnostics.allSatisfy { $0.message.contains("exactly one key, not 2") })
    }

    @Test func mapsMergeDeepAndListsAreReplaced() throws {
        let values = AppValues(layers: [
            ValuesLayer(name: "a", values: ["m": ["x": 1, "l": [1, 2]], "t": "s"], position: nil),
            ValuesLayer(name: "b", values: ["m": ["l": [3]], "t": ["now": "a map"]], position: nil),
        ])
        #expect(values.merged == ["m": ["x": 1, "l": [3]], "t": ["now": "a map"]])
    }
}
