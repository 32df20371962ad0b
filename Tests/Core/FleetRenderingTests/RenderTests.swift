import FleetModel
import FleetRendering
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue
import TestSupport
import Testing

@Suite struct RenderTests {
    @Test func membersGetTheCommonFolderAndTheirOwn() throws {
        let state = try Rendering([
            "fleets/edge/common/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: common}}",
            "fleets/edge/management-clusters/mc-1/deep/b.yaml": """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: one}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: two}}
            """,
            "fleets/edge/management-clusters/mc-1/.hidden/c.yaml": "nonsense",
            "fleets/edge/management-clusters/mc-2/management-cluster.yaml": member("mc-2"),
            "fleets/edge/management-clusters/mc-2/other.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}",
        ]).state("mc-1")
        #expect(state.objects.map(\.key.name) == ["common", "one", "two"])
        #expect(state.isComplete)
        #expect(
            state.objects[2].manifest.origin?.position
                == SourcePosition(file: "fleets/edge/management-clusters/mc-1/deep/b.yaml", line: 3, column: 1)
        )
        #expect(state.objects[0].source == .manifest(file: "fleets/edge/common/a.yaml"))
    }

    @Test func aListIsTakenApart() throws {
        let state = try Rendering([
            "fleets/edge/common/a.yaml": """
            apiVersion: v1
            kind: List
            items:
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}
              - {apiVersion: v1, kind: ConfigMap, metadata: {name: b}}
            """
        ]).state("mc-1")
        #expect(state.objects.map(\.key.name) == ["a", "b"])
    }

    @Test func aBrokenDocumentMakesTheStateIncompleteAndNothingElse() throws {
        let state = try Rendering([
            "fleets/edge/common/broken.yaml": "apiVersion: v1\nkind: ConfigMap\ndata:\n  a: [1,\n",
            "fleets/edge/common/fine.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: fine}}",
        ]).state("mc-1")
        #expect(!state.isComplete)
        #expect(state.objects.map(\.key.name) == ["fine"])
        #expect(state.diagnostics.first?.position?.file == "fleets/edge/common/broken.yaml")
    }

    @Test func mistakesOfMembersAreNamed() throws {
        let state = try Rendering([
            "fleets/edge/common/a.yaml": """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: twice}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: twice}, data: {a: b}}
            ---
            {replicas: 3}
            """,
            "fleets/edge/management-clusters/mc-1/app.yaml": """
            apiVersion: martlet.dev/v1alpha1
            kind: Fleet
            metadata: {name: nested}
            """,
        ]).state("mc-1")
        try expectGolden(state.diagnostics.map(\.description).joined(separator: "\n") + "\n", "member-mistakes.txt")
    }

    @Test func namespacesAreAddedWhenTheFleetSaysSo() throws {
        let texts = [
            "fleets/edge/fleet.yaml": fleet("createNamespaces: true"),
            "fleets/edge/common/a.yaml": """
            {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: one}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}}
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: two}}
            ---
            {apiVersion: v1, kind: Namespace, metadata: {name: two, labels: {a: b}}}
            """,
        ]
        let state = try Rendering(texts).state("mc-1")
        let namespaces = state.objects.filter { $0.key.kind == "Namespace" }
        #expect(namespaces.map(\.key.name) == ["one", "two"])
        #expect(namespaces.map(\.source) == [.namespace, .manifest(file: "fleets/edge/common/a.yaml")])
    }

    @Test func tombstonesOfTheMemberComeAlong() throws {
        let state = try Rendering([
            "fleets/edge/fleet.yaml": fleet(
                "deletions: [{managementCluster: mc-1, kind: Cluster, namespace: a, name: b}, {managementCluster: mc-9, kind: Cluster, name: c}]"
            )
        ]).state("mc-1")
        #expect(state.tombstones.map(\.name) == ["b"])
    }

    @Test func onlyWhatReadAChangedFileRendersAgain() throws {
        var rendering = Rendering([
            "fleets/edge/management-clusters/mc-1/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
            "fleets/edge/management-clusters/mc-1/b.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: b}}",
            "fleets/edge/management-clusters/mc-2/management-cluster.yaml": member("mc-2"),
            "fleets/edge/management-clusters/mc-2/a.yaml": "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
        ])
        _ = try rendering.state("mc-1")
        _ = try rendering.state("mc-2")
        #expect(rendering.cache.renders == 2)
        let read = rendering.cache.sources.misses
        rendering.texts["fleets/edge/management-clusters/mc-2/a.yaml"] =
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"
        rendering.revision = "next"
        let one = try rendering.state("mc-1")
        let two = try rendering.state("mc-2")
        #expect(rendering.cache.renders == 3)
        #expect(rendering.cache.sources.misses == read + 1)
        #expect(one.revision == "next" && two.objects.map(\.key.name) == ["c"])
    }
}

/// A repository with one fleet, rendered as a daemon would.
struct Rendering {
    var texts: [String: String]
    var revision = "r1"
    let cache = RenderCache()
    var now = Timestamp(seconds: 1_800_000_000)

    init(_ texts: [String: String]) {
        self.texts = [
            "fleets/edge/fleet.yaml": fleet("createNamespaces: false"),
            "fleets/edge/management-clusters/mc-1/management-cluster.yaml": member("mc-1"),
        ].merging(texts) { $1 }
    }

    func state(_ name: String) throws -> DesiredState {
        let repository = cache.sources.load(SourceTree(revision: revision, texts: texts))
        let folder = try #require(repository.fleet("edge"))
        let fleet = try #require(folder.fleet)
        return render(repository, fleet: fleet, member: try #require(folder.member(name)), now: now, cache: cache)
    }
}

func member(_ name: String, _ spec: String = "") -> String {
    """
    apiVersion: martlet.dev/v1alpha1
    kind: ManagementCluster
    metadata: {name: \(name), labels: {fleet: edge}}
    spec: {connection: {lab: {}}\(spec.isEmpty ? "" : ", " + spec)}
    """
}

func fleet(_ spec: String) -> String {
    """
    apiVersion: martlet.dev/v1alpha1
    kind: Fleet
    metadata: {name: edge}
    spec: {\(spec)}
    """
}
