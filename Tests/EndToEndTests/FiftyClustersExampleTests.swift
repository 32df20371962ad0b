import Foundation
import KubernetesClient
import KubernetesModel
import StructuredValue
import Testing

/// The story of `examples/fifty-clusters`: a network for all of them, once or always.
@Suite(.timeLimit(.minutes(10))) struct FiftyClustersExampleTests {
    private static let folder = "fleets/home/management-clusters/home-1"
    private static let daemonSet = GroupVersionKind(group: "apps", version: "v1", kind: "DaemonSet")
    private static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
    private static let addons = "addons.cluster.x-k8s.io"

    /// The other forty-nine, as the README makes them.
    private static func makeClusters(in folder: URL) throws {
        let clusters = folder.appending(path: "\(Self.folder)/clusters")
        let first = try String(contentsOf: clusters.appending(path: "fir-1.yaml"), encoding: .utf8)
        for number in 2...50 {
            var text = first.replacing("fir-1", with: "fir-\(number)")
            if number.isMultiple(of: 2) { text = text.replacing("network: once", with: "network: always") }
            let file = clusters.appending(path: "fir-\(number).yaml")
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
    }

    @Test func allGetTheirNetwork() async throws {
        let daemon = try await ExampleDaemon.start(
            "fifty-clusters",
            context: "home-1",
            ["--time-scale", "100"],
            prepare: Self.makeClusters
        )
        func image(_ number: Int) async throws -> String? {
            let found = try await daemon.workload("fir-\(number)")
                .get(Self.daemonSet, namespace: "net-system", name: "net")
            return found?.spec[path: "template", "spec", "containers"]?.array?.first?["image"]?.string
        }
        func settings(_ number: Int) async throws -> Value? {
            let found = try await daemon.workload("fir-\(number)")
                .get(Self.configMap, namespace: "net-system", name: "net")
            return found?.value["data"]
        }
        func waitForAll(_ numbers: some Sequence<Int>, version: String) async throws {
            for number in numbers {
                try await ExampleDaemon.until("fir-\(number) has its network", within: .seconds(180)) {
                    try await image(number) == "example.com/net:\(version)"
                }
            }
        }
        try await waitForAll(1...50, version: "1")
        try await ExampleDaemon.until("all bindings tell so") {
            let kind = GroupVersionKind(group: Self.addons, version: "v1beta2", kind: "ClusterResourceSetBinding")
            let all = try await daemon.client.list(try await daemon.client.resource(for: kind)).items
            return all.count == 50
                && all.allSatisfy {
                    $0.spec[path: "bindings"]?[0]?["resources"]?[0]?["applied"] == true
                }
        }

        let source = "\(Self.folder)/addons/network.yaml"
        try daemon.edit(source, "example.com/net:1", "example.com/net:2")
        let even = stride(from: 2, through: 50, by: 2)
        let odd = stride(from: 1, to: 50, by: 2)
        try await waitForAll(even, version: "2")
        for number in odd { #expect(try await image(number) == "example.com/net:1", "fir-\(number)") }

        for number in [1, 2] {
            try await daemon.workload("fir-\(number)").patch(
                Self.configMap,
                namespace: "net-system",
                name: "net",
                with: ["data": ["mtu": "9000"]],
                as: .merge,
                fieldManager: "somebody"
            )
        }
        try await ExampleDaemon.until("it is put back in one") { try await settings(2)?["mtu"] == "1400" }
        #expect(try await settings(1)?["mtu"] == "9000", "and left in the other")

        let text = try String(contentsOf: daemon.folder.appending(path: source), encoding: .utf8)
        let settingsText = try #require(text.components(separatedBy: "    ---\n").first { $0.contains("mtu") })
        try daemon.edit(source, settingsText + "    ---\n", "")
        try await ExampleDaemon.until("what left the source leaves the one") { try await settings(2) == nil }
        #expect(try await settings(1) != nil, "and stays in the other")
    }
}
