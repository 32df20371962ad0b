import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

@Suite struct LookupTests {
    private static let files = [
        "catalogs/demo/catalog.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: Catalog
        metadata: {name: demo}
        spec: {source: {path: charts}}
        """,
        "catalogs/demo/charts/ask/Chart.yaml": "{apiVersion: v2, name: ask, version: 1.0.0}",
        "catalogs/demo/charts/ask/templates/all.yaml": """
        {{- $map := lookup "v1" "ConfigMap" "org" "settings" }}
        {{- $keys := lookup "v1" "Secret" "org" "keys" }}
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: answer}
        data:
          size: {{ dig "data" "size" "none" $map | quote }}
          keys: {{ len $keys | quote }}
        """,
        "fleets/edge/management-clusters/mc-1/ask.yaml": """
        apiVersion: martlet.dev/v1alpha1
        kind: App
        metadata: {name: ask, namespace: org}
        spec: {catalog: demo, chart: ask, version: 1.0.0}
        """,
    ]

    private func render(_ rendering: Rendering, _ objects: [Value]) throws -> DesiredState {
        let repository = rendering.cache.sources.load(SourceTree(revision: "r", texts: rendering.texts))
        let folder = try #require(repository.fleet("edge"))
        let manifests = objects.map { Manifest($0) }
        return FleetRendering.render(
            repository,
            fleet: try #require(folder.fleet),
            member: try #require(folder.member("mc-1")),
            now: rendering.now,
            observed: ObservedObjects(Dictionary(uniqueKeysWithValues: manifests.map { ($0.key, $0) })),
            cache: rendering.cache
        )
    }

    private func object(_ kind: String, _ name: String, _ size: String, version: Int = 1) -> Value {
        [
            "apiVersion": "v1", "kind": .string(kind),
            "metadata": ["name": .string(name), "namespace": "org", "resourceVersion": .string("\(version)")],
            "data": ["size": .string(size)],
        ]
    }

    private func data(_ state: DesiredState) -> Value? {
        state.objects.first { $0.key.name == "answer" }?.manifest.value["data"]
    }

    @Test func chartsFindWhatIsObservedAndSayWhatTheyAskedFor() throws {
        let rendering = Rendering(Self.files)
        let blind = try render(rendering, [])
        #expect(blind.diagnostics.map(\.description) == [])
        #expect(data(blind) == ["size": "none", "keys": "0"])
        #expect(blind.lookedUpKinds.map(\.kind).sorted() == ["ConfigMap", "Secret"])
        let seeing = try render(rendering, [object("ConfigMap", "settings", "big"), object("Secret", "keys", "hush")])
        #expect(data(seeing) == ["size": "big", "keys": "0"], "Secrets are not shown to charts")
    }

    @Test func onlyWhatWasFoundMakesItRenderAgain() throws {
        let rendering = Rendering(Self.files)
        let settings = object("ConfigMap", "settings", "big")
        _ = try render(rendering, [settings])
        #expect(rendering.cache.renders == 1)
        _ = try render(rendering, [object("ConfigMap", "settings", "big", version: 2)])
        _ = try render(rendering, [settings, object("ConfigMap", "other", "x")])
        #expect(rendering.cache.renders == 1)
        let changed = try render(rendering, [object("ConfigMap", "settings", "small")])
        #expect(rendering.cache.renders == 2)
        #expect(data(changed)?["size"] == "small")
    }

    @Test func whatGitIsAboutToMakeIsFoundToo() throws {
        var rendering = Rendering(Self.files)
        rendering.texts["fleets/edge/management-clusters/mc-1/settings.yaml"] =
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings, namespace: org}\ndata: {size: planned}\n"
        #expect(data(try render(rendering, []))?["size"] == "planned")
        #expect(data(try render(rendering, [object("ConfigMap", "settings", "real")]))?["size"] == "real")
    }
}
