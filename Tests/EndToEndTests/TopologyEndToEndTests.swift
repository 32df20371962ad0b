import Foundation
import KubernetesModel
import StructuredValue
import Testing

/// A topology on the lab, as a user sees it: the daemon as a process, commits, forecasts, machines.
@Suite(.serialized, .timeLimit(.minutes(3))) struct TopologyEndToEndTests {
    private static let file = "fleets/edge/management-clusters/mc-1/c1.yaml"
    private static let classFile = "catalogs/demo/classes/standard.yaml"

    private static func classText() throws -> String {
        try String(
            contentsOf: ExamplesTests.root.appending(path: "catalogs/demo/classes/lab-standard.yaml"),
            encoding: .utf8
        )
        .replacingOccurrences(of: "namespace: org-acme", with: "namespace: default")
        .replacingOccurrences(
            of: "spec:\n  infrastructure:",
            with: "spec:\n  kubernetesVersions: [v1.31.0, v1.32.0, v1.33.0]\n  infrastructure:"
        )
    }

    private static func clusterText(
        version: String = "v1.31.0",
        labels: String = "{}",
        variables: String = "[]",
        more: String = ""
    ) -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: Cluster
        metadata: {name: c1, namespace: default}
        spec:
          topology:
            classRef: {name: lab-standard}
            version: \(version)
            controlPlane: {replicas: 1, metadata: {labels: \(labels)}}
            workers:
              machineDeployments: [{class: pool, name: a, replicas: 2}, {class: pool, name: b, replicas: 1\(more)}]
            variables: \(variables)
        """
    }

    private static let fleetFile = "fleets/edge/fleet.yaml"

    private static func fleetText(_ topology: String) -> String {
        "{apiVersion: martlet.dev/v1alpha1, kind: Fleet, metadata: {name: edge}, spec: {topology: \(topology)}}"
    }

    private static func daemon() throws -> RunningDaemon {
        try RunningDaemon([
            fleetFile: fleetText("Expand"),
            "fleets/edge/management-clusters/mc-1/management-cluster.yaml": """
            {apiVersion: martlet.dev/v1alpha1, kind: ManagementCluster, metadata: {name: mc-1}, \
            spec: {connection: {lab: {}}}}
            """,
            "catalogs/demo/catalog.yaml": """
            {apiVersion: martlet.dev/v1alpha1, kind: Catalog, metadata: {name: demo}, \
            spec: {source: {path: charts}}}
            """,
            Self.classFile: try classText(),
            Self.file: clusterText(),
        ])
    }

    /// The machines that run at a version.
    private func running(_ version: String, _ objects: [Manifest]) -> Set<String> {
        Set(
            objects.filter {
                $0.kind == "Machine" && $0.spec["version"]?.string == version && $0.status["phase"] == "Running"
            }.map(\.name)
        )
    }

    private func machines(_ objects: [Manifest]) -> Set<String> {
        Set(objects.filter { $0.kind == "Machine" }.map(\.name))
    }

    private func verdicts(_ plan: Value) -> Set<String> {
        Set((plan["objects"]?.array ?? []).map { "\($0["kind"]?.string ?? "") \($0["verdict"]?.string ?? "")" })
    }

    private func machinesRolled(_ plan: Value) -> Int? { plan[path: "forecast", "machinesRolled"]?.int }

    @Test func aClusterLivesThroughLabelsTemplatesAndVersions() async throws {
        let daemon = try Self.daemon()
        defer { daemon.stop() }
        try await daemon.wait("the cluster", "edge", "mc-1") { running("v1.31.0", $0).count == 4 }
        try await daemon.wait("rest", "edge", "mc-1") { _ in (try? verdicts(daemon.plan())) == [] }
        let first = machines(try daemon.objects("edge", "mc-1"))

        // Words roll nothing.
        #expect(try machinesRolled(daemon.forecast([Self.file: Self.clusterText(labels: "{tier: gold}")])) == 0)
        try daemon.commit("label")
        try await daemon.wait("the label", "edge", "mc-1") { objects in
            objects.contains {
                $0.kind == "KubeadmControlPlane" && $0.label("tier") == "gold"
            }
        }
        #expect(machines(try daemon.objects("edge", "mc-1")) == first)

        // A template of one deployment rolls that deployment's machines and no others.
        let bigger = ", variables: {overrides: [{name: poolSize, value: large}]}"
        let plan = try daemon.forecast([Self.file: Self.clusterText(labels: "{tier: gold}", more: bigger)])
        #expect(machinesRolled(plan) == 1)
        let reasons = (plan["objects"]?.array ?? []).compactMap { $0["reason"]?.string }
        #expect(reasons.contains { $0.contains("(patch poolSize, \(Self.classFile):") }, "\(reasons)")
        try daemon.commit("size")
        let affected = first.filter { $0.hasPrefix("c1-b-") }
        try await daemon.wait("the bigger machine", "edge", "mc-1") { objects in
            running("v1.31.0", objects).count == 4 && machines(objects).isDisjoint(with: affected)
        }
        let second = machines(try daemon.objects("edge", "mc-1"))
        #expect(second.isSuperset(of: first.subtracting(affected)))
        try await daemon.wait("the old template's end", "edge", "mc-1") { objects in
            objects.filter { $0.kind == "LabMachineTemplate" }.count == 3
        }

        // Two minor versions are two steps of the control plane; workers follow, one deployment at a time.
        let upgraded = Self.clusterText(version: "v1.33.0", labels: "{tier: gold}", more: bigger)
        // The control plane's machine is replaced for both, the workers' once.
        #expect(try machinesRolled(daemon.forecast([Self.file: upgraded])) == 5)
        try daemon.commit("version")
        try await daemon.wait("the new version", "edge", "mc-1") { objects in
            let controlPlane = objects.filter { $0.kind == "KubeadmControlPlane" }.compactMap { $0.spec["version"] }
            let workers = objects.filter { $0.kind == "MachineDeployment" }
                .compactMap { $0.spec[path: "template", "spec", "version"] }
            // Workers never run ahead, whenever one looks.
            #expect(workers.allSatisfy { ($0.string ?? "") <= (controlPlane.first?.string ?? "") })
            return running("v1.33.0", objects).count == 4
        }
        #expect(try daemon.versions(writtenTo: "KubeadmControlPlane") == ["v1.32.0", "v1.33.0"])
        #expect(try daemon.versions(writtenTo: "MachineDeployment") == ["v1.33.0", "v1.33.0"])
        try await daemon.wait("rest", "edge", "mc-1") { _ in (try? verdicts(daemon.plan())) == [] }

        // Whatever the daemon said meanwhile is what its OpenAPI document describes.
        try daemon.expectDescribed([
            ("/api/v1/status", "/api/v1/status"), ("/api/v1/history?limit=500", "/api/v1/history"),
            ("/api/v1/plan?revision=HEAD~1", "/api/v1/plan"), ("/api/v1/catalogs", "/api/v1/catalogs"),
            ("/api/v1/observed/edge/mc-1", "/api/v1/observed/{fleet}/{managementCluster}"),
            ("/api/v1/clusters/c1", "/api/v1/clusters/{name}"), ("/api/v1/logs", "/api/v1/logs"),
        ])
    }

    @Test func anEditOfTheClassIsForecastBeforeItIsCommitted() async throws {
        let daemon = try Self.daemon()
        defer { daemon.stop() }
        try await daemon.wait("the cluster", "edge", "mc-1") { running("v1.31.0", $0).count == 4 }
        let edited = try Self.classText().replacingOccurrences(of: "default: medium", with: "default: large")
        let plan = try daemon.forecast([Self.classFile: edited])
        #expect(plan[path: "forecast", "clusters"] == 1)
        #expect(machinesRolled(plan) == 1)
        #expect(verdicts(plan).isSuperset(of: ["KubeadmControlPlane roll", "LabMachineTemplate rotate"]))
    }

    @Test func aClusterChangesHandsAndKeepsItsMachines() async throws {
        let daemon = try Self.daemon()
        defer { daemon.stop() }
        try await daemon.wait("the cluster", "edge", "mc-1") { running("v1.31.0", $0).count == 4 }
        try await daemon.wait("rest", "edge", "mc-1") { _ in (try? verdicts(daemon.plan())) == [] }
        let first = machines(try daemon.objects("edge", "mc-1"))
        for (mode, isWithClusterAPI) in [("Passthrough", true), ("Expand", false)] {
            let plan = try daemon.forecast([Self.fleetFile: Self.fleetText(mode)])
            #expect(machinesRolled(plan) == 0)
            #expect(verdicts(plan).contains("Cluster handover"))
            try daemon.commit(mode)
            try await daemon.wait("the handover to \(mode)", "edge", "mc-1") { objects in
                objects.contains { $0.kind == "Cluster" && ($0.spec["topology"] != nil) == isWithClusterAPI }
            }
            try await daemon.wait("rest", "edge", "mc-1") { _ in
                (try? verdicts(daemon.plan()).isDisjoint(with: ["Cluster handover", "MachineDeployment handover"]))
                    == true
            }
            #expect(running("v1.31.0", try daemon.objects("edge", "mc-1")) == first)
        }
    }
}
