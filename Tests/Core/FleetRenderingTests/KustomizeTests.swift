import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing

@Suite struct KustomizeTests {
    private static let texts = [
        "bases/settings/kustomization.yaml": "resources: [settings.yaml]\n",
        "bases/settings/settings.yaml":
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue}}",
        "fleets/edge/common/kustomization.yaml": """
        resources: [../../../bases/settings]
        namespace: platform
        patches:
          - patch: |-
              - {op: replace, path: /data/colour, value: green}
            target: {kind: ConfigMap}
        """,
        "fleets/edge/common/unused.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: unused}}",
        "fleets/edge/management-clusters/mc-1/plain.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: plain}}",
    ]

    @Test func aFolderWithAKustomizationIsBuilt() throws {
        let state = try Rendering(Self.texts).state("mc-1")
        #expect(state.diagnostics.map(\.description) == [])
        #expect(state.objects.map(\.key.name).sorted() == ["plain", "settings"])
        let settings = try #require(state.objects.first { $0.key.name == "settings" })
        #expect(settings.key.namespace == "platform")
        #expect(settings.manifest.value["data"]?["colour"]?.string == "green")
        #expect(settings.source == .kustomization(directory: "fleets/edge/common"))
    }

    @Test func aChangedBaseRendersAgain() throws {
        var rendering = Rendering(Self.texts)
        _ = try rendering.state("mc-1")
        rendering.texts["bases/settings/settings.yaml"] =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue, size: large}}"
        let state = try rendering.state("mc-1")
        #expect(state.objects.first { $0.key.name == "settings" }?.manifest.value["data"]?["size"]?.string == "large")
    }

    @Test func whatCannotBeBuiltIsADiagnostic() throws {
        var texts = Self.texts
        texts["bases/settings/settings.yaml"] = nil
        let state = try Rendering(texts).state("mc-1")
        #expect(!state.isComplete)
        #expect(state.objects.map(\.key.name) == ["plain"])
        #expect(state.diagnostics.first?.position?.file.hasPrefix("bases/settings") == true)
    }

    @Test func appsThatAKustomizationMakesAreApps() throws {
        var texts = Self.texts
        texts["bases/settings/settings.yaml"] = """
            {apiVersion: martlet.dev/v1alpha1, kind: App, metadata: {name: a, namespace: org}, spec: {catalog: nowhere, chart: a, version: 1.0.0}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: settings}, data: {colour: blue}}
            """
        let state = try Rendering(texts).state("mc-1")
        #expect(state.diagnostics.map(\.code) == ["unknown-catalog"])
    }
}
