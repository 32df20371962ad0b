import FleetModel
import FleetRendering
import RepositoryEdits
import SourceDiagnostics
import SourceFiles
import StructuredValue
import Testing

@Suite struct ScaffoldTests {
    private static let classFile = """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: ClusterClass
        metadata: {name: small}
        spec:
          workers: {machineDeployments: [{class: "1"}]}
          variables:
          - {name: site, required: true, schema: {openAPIV3Schema: {type: string}}}
        """

    /// The repository after edits, which must have no mistakes.
    private func applying(_ edits: [FileEdit], to repository: Repository) -> Repository {
        let cache = RenderCache()
        let next = cache.sources.load(repository.tree.applying(edits))
        #expect(next.allDiagnostics.map(\.description) == [])
        return next
    }

    private func codes<Answer>(_ body: () throws(RejectedSource) -> Answer) -> [String] {
        do {
            _ = try body()
            return []
        } catch { return error.diagnostics.map(\.code) }
    }

    private func start() throws -> Repository {
        let cache = RenderCache()
        let empty = cache.sources.load(SourceTree(texts: ["catalogs/demo/classes/small.yaml": Self.classFile]))
        return applying(try Scaffold.repository(fleet: "edge", managementCluster: "mc-1"), to: empty)
    }

    @Test func aNewRepositoryHasAFleetAndAMember() throws {
        let repository = try start()
        #expect(repository.fleets.map(\.name) == ["edge"])
        #expect(repository.fleets.first?.members.map(\.name) == ["mc-1"])
        #expect(repository.fleets.first?.members.first?.connection == .lab)
        #expect(
            codes { () throws(RejectedSource) in try Scaffold.repository(fleet: "A B", managementCluster: "m") } == [
                "bad-name"
            ]
        )
    }

    @Test func membersAreAddedOnce() throws {
        let repository = try start()
        let change = try Scaffold.addManagementCluster(
            "mc-2",
            fleet: "edge",
            connection: .kubeconfig(file: "mc-2.yaml", context: "on"),
            labels: [("wave", "canary"), ("on", "true")],
            in: repository
        )
        let next = applying(change.edits, to: repository)
        let member = try #require(next.fleets.first?.member("mc-2"))
        #expect(member.labels == ["wave": "canary", "on": "true"])
        #expect(member.connection == .kubeconfigFile(path: "mc-2.yaml", context: "on"))
        #expect(
            codes { () throws(RejectedSource) in
                try Scaffold.addManagementCluster("mc-1", fleet: "edge", connection: .lab, labels: [], in: repository)
            } == ["duplicate-management-cluster"]
        )
        #expect(
            codes { () throws(RejectedSource) in
                try Scaffold.addManagementCluster("mc-3", fleet: "egde", connection: .lab, labels: [], in: repository)
            } == ["unknown-fleet"]
        )
    }

    private func cluster(_ className: String?, _ variables: [(name: String, value: Value)]) -> Scaffold.NewCluster {
        Scaffold.NewCluster(
            name: "c1",
            namespace: "org",
            className: className,
            version: "1.33.4",
            controlPlaneReplicas: 1,
            workerReplicas: 2,
            variables: variables
        )
    }

    @Test func aClusterTakesItsClassAndVariables() throws {
        let repository = try start()
        func add(_ cluster: Scaffold.NewCluster) throws(RejectedSource) -> TitledEdits {
            try Scaffold.addCluster(cluster, fleet: "edge", managementCluster: "mc-1", in: repository)
        }
        let change = try add(cluster(nil, [("site", "on")]))
        let edit = try #require(change.edits.first)
        #expect(edit.path == "fleets/edge/management-clusters/mc-1/clusters/c1.yaml")
        let text = String(decoding: edit.bytes, as: UTF8.self)
        #expect(text.contains("version: v1.33.4\n") && text.contains("- class: \"1\"\n"), "\(text)")
        #expect(text.contains("- name: site\n        value: \"on\"\n"), "\(text)")
        #expect(codes { () throws(RejectedSource) in try add(cluster("smal", [])) } == ["unknown-class"])
        #expect(codes { () throws(RejectedSource) in try add(cluster(nil, [])) } == ["missing-variable"])
        #expect(codes { () throws(RejectedSource) in try add(cluster(nil, [("sit", 1)])) } == ["unknown-variable"])
        let next = applying(change.edits, to: repository)
        #expect(
            codes { () throws(RejectedSource) in
                try Scaffold.addCluster(
                    cluster(nil, [("site", "x")]),
                    fleet: "edge",
                    managementCluster: "mc-1",
                    in: next
                )
            } == ["file-exists"]
        )
    }

    @Test func anAppNeedsItsCatalog() throws {
        let repository = try start()
        let app = Scaffold.NewApp(name: "web", namespace: "org", catalog: "demo", chart: "web", version: "1.10")
        #expect(
            codes { () throws(RejectedSource) in
                try Scaffold.addApp(app, fleet: "edge", managementCluster: nil, in: repository)
            } == ["unknown-catalog"]
        )
    }
}
