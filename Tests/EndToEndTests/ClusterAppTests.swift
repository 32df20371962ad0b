import FleetModel
import FleetRendering
import Foundation
import KubernetesClient
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing

/// The chart and the clusters of `examples/cluster-app`.
@Suite(.timeLimit(.minutes(5))) struct ClusterAppTests {
    private static let folder = ExamplesTests.root.appending(path: "examples/cluster-app")
    private static let chart = "catalogs/clusters/charts/cluster-orchard"

    private static func rendered(_ values: String, _ more: [String] = []) throws -> CommandTests.Answer {
        let arguments = ["chart", "render", chart, "--name", "apple", "--namespace", "org-acme"]
        return try CommandTests.martlet(
            arguments + ["-f", "\(chart)/ci/\(values)-values.yaml", "-o", "raw"] + more,
            in: folder
        )
    }

    @Test(arguments: ["plain", "full"])
    func theChartComesToWhatIsExpected(values: String) throws {
        let expected = try String(contentsOf: Self.folder.appending(path: "expected/\(values).yaml"), encoding: .utf8)
        let answer = try Self.rendered(values)
        #expect(answer.errors == "")
        #expect(answer.output == expected)
    }

    @Test(arguments: [
        ("global.controlPlane.replicas=2", "- at '/global/controlPlane/replicas': value must be one of 1, 3, 5"),
        (
            "global.connectivity.proxy.enabled=true",
            "- at '/global/connectivity/proxy/address': '' does not match pattern '^https?://[^/]+$'"
        ),
        ("global.nodePools.ab.replicas=1", "- at '/global/nodePools': additional properties 'ab' not allowed"),
        ("global.metadata.organization=", "- at '/global/metadata/organization': minLength: got 0, want 1"),
        ("nodePoolDefaults.replicas=-1", "- at '/nodePoolDefaults/replicas': minimum: got -1, want 0"),
        ("colour=red", "- at '': additional properties 'colour' not allowed"),
        ("global.nodePools.def00=null", "global.nodePools: a cluster without workers runs nothing"),
    ])
    func valuesThatBreakAClusterAreRefused(setting: String, reason: String) throws {
        let answer = try Self.rendered("plain", ["--set", setting])
        #expect(answer.status == 1 && answer.output == "")
        #expect(answer.errors.contains(reason), "\(answer.errors)")
    }

    @Test func bothClustersRenderWithoutAFinding() throws {
        let states = try ExamplesTests.rendered(Self.folder).map(\.state)
        #expect(states.flatMap(\.diagnostics).map(\.description) == [])
        let objects = states.flatMap(\.objects)
        #expect(objects.filter { $0.key.kind == "Cluster" }.map(\.key.name).sorted() == ["apple", "pear"])
        #expect(objects.filter { $0.key.kind == "Secret" }.map(\.key.name) == ["apple-audit-policy"])
    }

    @Test func clustersComeUpAndAPoolIsReplacedWhole() async throws {
        let daemon = try await ExampleDaemon.start("cluster-app", context: "field-1", ["--time-scale", "60"])
        let machine = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Machine")
        func running(_ cluster: String) async throws -> [String] {
            let all = try await daemon.client.list(try await daemon.client.resource(for: machine)).items
            return all.filter {
                $0.label("cluster.x-k8s.io/cluster-name") == cluster && $0.status["phase"] == "Running"
                    && !$0.isBeingDeleted
            }
            .map(\.name).sorted()
        }
        try await ExampleDaemon.until("the clusters are up") {
            try await (running("apple").count, running("pear").count) == (6, 4)
        }
        let catalogs = try CommandTests.martlet("get", "catalogs", "-o", "json", "--server", daemon.server)
        let listed = try JSON.parse(Array(catalogs.output.utf8))["items"]?.array?.first
        #expect(listed?["name"]?.string == "clusters" && listed?["apps"]?.int == 2 && listed?["charts"]?.int == 1)
        let table = try CommandTests.martlet("get", "catalogs", "--server", daemon.server).output
        let row = table.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
        #expect(row.prefix(5) == ["clusters", "folder", "Ready", "1", "2"], "\(table)")

        let before = try await running("apple")
        let file = daemon.folder.appending(path: "fleets/orchards/management-clusters/field-1/clusters/apple.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacing("size: large", with: "size: medium").write(to: file, atomically: true, encoding: .utf8)
        try CommandTests.commit(daemon.folder, "press on medium machines")
        try await ExampleDaemon.until("the pool has another machine") {
            let now = try await running("apple")
            return now.count == 6 && Set(now).subtracting(before).count == 1
        }
        let replaced = try await Set(before).subtracting(running("apple"))
        #expect(replaced.allSatisfy { $0.hasPrefix("apple-press-") } && replaced.count == 1)
    }
}
