import FleetModel
import FleetRendering
import KubernetesModel
import SemanticVersion
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

/// Giant Swarm's Releases and Organizations.
@Suite struct ReleaseTests {
    private static let folder = "fleets/edge/management-clusters/mc-1"

    private static func state(_ texts: [String: String]) throws -> DesiredState {
        var all = texts
        all["fleets/edge/fleet.yaml"] = fleet("createNamespaces: true")
        all["\(folder)/management-cluster.yaml"] = member("mc-1")
        all["catalogs/cluster/catalog.yaml"] = """
            apiVersion: martlet.dev/v1alpha1
            kind: Catalog
            metadata: {name: cluster}
            spec: {source: {path: charts}}
            """
        for version in ["7.7.2", "7.7.3", "8.0.0"] {
            let chart = "catalogs/cluster/charts/\(version)"
            all["\(chart)/Chart.yaml"] = "{apiVersion: v2, name: cluster-aws, version: \(version)}"
            all["\(chart)/templates/all.yaml"] = """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: made}
                data: {chart: "{{ .Chart.Version }}"}
                """
        }
        let cache = RenderCache()
        let repository = cache.sources.load(SourceTree(texts: all))
        let folder = try #require(repository.fleets.first)
        let fleet = try #require(folder.fleet)
        let member = try #require(folder.members.first)
        return render(repository, fleet: fleet, member: member, now: Timestamp(seconds: 1_800_000_000), cache: cache)
    }

    private static let release = """
        apiVersion: release.giantswarm.io/v1alpha1
        kind: Release
        metadata: {name: aws-34.4.1}
        spec:
          state: active
          components: [{name: cluster-aws, catalog: cluster, version: 7.7.3}, {name: kubernetes, version: 1.34.7}]
        """

    private static func app(release: String, chart: String = "cluster-aws") -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: c1-userconfig, namespace: org-acme}
        data:
          values: |
            global: {release: {version: \(release)}}
        ---
        apiVersion: application.giantswarm.io/v1alpha1
        kind: App
        metadata: {name: c1, namespace: org-acme}
        spec:
          catalog: cluster
          name: \(chart)
          namespace: org-acme
          version: ""
          kubeConfig: {inCluster: true}
          userConfig: {configMap: {name: c1-userconfig}}
        """
    }

    @Test func anAppWithoutAVersionGetsTheOneOfItsRelease() throws {
        let state = try Self.state([
            "\(Self.folder)/r.yaml": Self.release, "\(Self.folder)/c1.yaml": Self.app(release: "34.4.1"),
        ])
        #expect(state.diagnostics.map(\.description) == [])
        #expect(state.resolutions.map(\.version) == ["7.7.3"])
        #expect(state.releaseClusters.map(\.release) == ["aws-34.4.1"])
        let made = state.objects.first { $0.key.name == "made" }
        #expect(made?.manifest.value["data"]?["chart"]?.string == "7.7.3")
    }

    @Test(arguments: [
        ("34.4.2", "cluster-aws", "unknown-release", "did you mean “aws-34.4.1”?"),
        ("34.4.1", "cluster-aws", nil, nil),
        ("\"\"", "cluster-aws", "missing-version", "global.release.version"),
    ])
    func aReleaseThatIsNotThereIsSaid(_ release: String, _ chart: String, _ code: String?, _ hint: String?) throws {
        let state = try Self.state([
            "\(Self.folder)/r.yaml": Self.release, "\(Self.folder)/c1.yaml": Self.app(release: release, chart: chart),
        ])
        #expect(state.diagnostics.map(\.code) == (code.map { [$0] } ?? []))
        if let hint { #expect(state.diagnostics.first?.hint?.contains(hint) == true, "\(state.diagnostics)") }
    }

    @Test func anOrganizationHasItsNamespace() throws {
        let state = try Self.state([
            "\(Self.folder)/acme.yaml": """
            apiVersion: security.giantswarm.io/v1alpha1
            kind: Organization
            metadata: {name: acme}
            spec: {}
            """
        ])
        #expect(
            state.objects.map(\.key.description).sorted() == [
                "Namespace org-acme", "Organization.security.giantswarm.io acme",
            ]
        )
    }

    @Test(arguments: [
        ("aws-34.5.0", "aws", "34.5.0"), ("cloud-director-33.0.1", "cloud-director", "33.0.1"),
        ("v20.0.0", "", "20.0.0"),
        ("aws-35.0.0-rc.1", "aws", "35.0.0-rc.1"), ("aws", nil, nil), ("aws-34.5", nil, nil),
    ])
    func namesOfReleasesAreTakenApart(_ name: String, _ provider: String?, _ version: String?) {
        let found = PlatformRelease.split(name)
        #expect(found?.provider == provider)
        #expect(found?.version.description == version)
    }
}
