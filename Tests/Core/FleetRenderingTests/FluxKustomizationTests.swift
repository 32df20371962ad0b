import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import TestSupport
import Testing

/// Repositories that were made for Flux.
@Suite struct FluxKustomizationTests {
    private static let texts = [
        "management-clusters/mc-1/mc-1.yaml": kustomization("mc-1", "./management-clusters/mc-1", "prune: false"),
        "management-clusters/mc-1/clusters/demo.yaml": kustomization(
            "demo",
            "./templates/cluster",
            """
            prune: true
              postBuild:
                substitute: {cluster_name: demo, replicas: "3"}
                substituteFrom: [{kind: ConfigMap, name: shared}]
              commonMetadata: {labels: {team: blue}}
            """
        ),
        "management-clusters/mc-1/shared.yaml":
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: shared, namespace: default}, data: {cluster_name: lost, region: eu}}",
        "templates/cluster/cluster.yaml": """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: "${cluster_name}-settings", namespace: org}
        data: {region: "${region}", keep: "$${region}"}
        spec: {replicas: "${replicas}"}
        """,
    ]

    private static func kustomization(_ name: String, _ path: String, _ spec: String) -> String {
        """
        apiVersion: kustomize.toolkit.fluxcd.io/v1
        kind: Kustomization
        metadata: {name: \(name), namespace: default}
        spec:
          path: \(path)
          \(spec)
        """
    }

    private func state(_ texts: [String: String], _ cache: RenderCache = RenderCache()) throws -> DesiredState {
        let repository = cache.sources.load(SourceTree(revision: "r1", texts: texts))
        #expect(repository.allDiagnostics.map(\.description) == [])
        let folder = try #require(repository.fleets.first)
        let fleet = try #require(folder.fleet)
        let member = try #require(folder.member("mc-1"))
        return render(repository, fleet: fleet, member: member, now: Timestamp(seconds: 1_800_000_000), cache: cache)
    }

    @Test func aRepositoryForFluxIsAFleetOfItsManagementClusters() throws {
        let state = try state(Self.texts)
        #expect(state.diagnostics.map(\.description) == [])
        #expect(state.objects.map(\.key.name) == ["shared", "demo-settings"])
        let made = try #require(state.objects.last)
        #expect(made.source == .flux(namespace: "default", name: "demo"))
        #expect(made.manifest.label("team") == "blue")
        #expect(made.manifest.label("kustomize.toolkit.fluxcd.io/name") == "demo")
        #expect(made.manifest.value["data"] == ["region": "eu", "keep": "${region}"])
        #expect(made.manifest.spec["replicas"] == 3)
        #expect(state.keptSources.keys.sorted() == ["Flux Kustomization default/mc-1"])
    }

    @Test func aFileThatComesOrChangesRendersAgain() throws {
        let cache = RenderCache()
        _ = try state(Self.texts, cache)
        var texts = Self.texts
        texts["templates/cluster/more.yaml"] =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: more, namespace: org}}"
        #expect(try state(texts, cache).objects.map(\.key.name) == ["shared", "demo-settings", "more"])
        texts["templates/cluster/more.yaml"] =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: moved, namespace: org}}"
        #expect(try state(texts, cache).objects.map(\.key.name) == ["shared", "demo-settings", "moved"])
    }

    @Test func suspendedKustomizationsAndRemoteTargetsAreMinded() throws {
        var texts = Self.texts
        texts["management-clusters/mc-1/clusters/demo.yaml"] = Self.kustomization(
            "demo",
            "templates/cluster",
            """
            suspend: true
              targetNamespace: elsewhere
              kubeConfig: {secretRef: {name: demo-kubeconfig}}
              postBuild: {substitute: {cluster_name: demo, region: eu, replicas: "1"}}
            """
        )
        let state = try state(texts)
        let made = try #require(state.objects.last)
        #expect(made.key.namespace == "elsewhere")
        #expect(made.target == .workloadCluster(namespace: "default", name: "demo", secret: "demo-kubeconfig"))
        #expect(state.frozenSources["Flux Kustomization default/demo"] == "its Flux Kustomization is suspended")
    }

    @Test func whatCannotBeCarriedOutIsSaid() throws {
        var texts = Self.texts
        texts["management-clusters/mc-1/clusters/demo.yaml"] = Self.kustomization(
            "demo",
            "templates/cluster",
            "postBuild: {substitute: {cluster_nam: demo}, substituteFrom: [{kind: Secret, name: absent}]}\n"
                + "  dependsOn: [{name: mc-1}]"
        )
        texts["management-clusters/mc-1/other.yaml"] = Self.kustomization("other", "./elsewhere", "prune: true")
        texts["management-clusters/mc-1/secret.yaml"] = """
            {apiVersion: v1, kind: Secret, metadata: {name: key, namespace: default}, data: {a: "ENC[x]"}, sops: {mac: "ENC[y]"}}
            """
        texts["templates/cluster/broken.yaml"] =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: broken, namespace: org}, data: {a: \"${b@Q}\"}}"
        let state = try state(texts)
        #expect(!state.isComplete)
        #expect(state.objects.contains { $0.key.name == "other" })
        let text = state.diagnostics.map(\.description).joined(separator: "\n") + "\n"
        try expectGolden(text, "flux-diagnostics.txt")
    }
}
