import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

/// What a Cluster looks like before a decision, in a few words.
private struct Situation: CustomTestStringConvertible, Sendable {
    var name: String
    var desired: String
    var controlPlane = "v1.30.0"
    /// Empty while the control plane is being made.
    var status = "v1.30.0"
    var a = "v1.30.0"
    var b = "v1.30.0"
    var versions = ""
    var annotations = ""
    var deployments = "[{class: worker, name: a}, {class: worker, name: b}]"
    /// Control plane, a, b, and `!` behind what waits.
    var expected: String
    var testDescription: String { name }
}

struct UpgradeTests {
    private static let chain = "[v1.30.0, v1.31.0, v1.31.4, v1.32.1, v1.33.0, v1.34.0]"

    private static let situations = [
        Situation(name: "nothing to do", desired: "v1.30.0", expected: "v1.30.0 v1.30.0 v1.30.0"),
        Situation(name: "control plane first", desired: "v1.31.0", expected: "v1.31.0 v1.30.0! v1.30.0!"),
        Situation(
            name: "control plane on its way",
            desired: "v1.31.0",
            controlPlane: "v1.31.0",
            expected: "v1.31.0 v1.30.0! v1.30.0!"
        ),
        Situation(
            name: "one deployment at a time",
            desired: "v1.31.0",
            controlPlane: "v1.31.0",
            status: "v1.31.0",
            expected: "v1.31.0 v1.31.0 v1.30.0!"
        ),
        Situation(
            name: "two at a time",
            desired: "v1.31.0",
            controlPlane: "v1.31.0",
            status: "v1.31.0",
            annotations: "topology.cluster.x-k8s.io/upgrade-concurrency: '2'",
            expected: "v1.31.0 v1.31.0 v1.31.0"
        ),
        Situation(name: "being made", desired: "v1.31.0", status: "", expected: "v1.30.0! v1.30.0! v1.30.0!"),
        Situation(
            name: "chained, first step",
            desired: "v1.32.1",
            versions: chain,
            expected: "v1.31.4 v1.30.0! v1.30.0!"
        ),
        Situation(
            name: "chained, second step before the workers",
            desired: "v1.32.1",
            controlPlane: "v1.31.4",
            status: "v1.31.4",
            versions: chain,
            expected: "v1.32.1 v1.30.0! v1.30.0!"
        ),
        Situation(
            name: "workers catch up at three minors",
            desired: "v1.34.0",
            controlPlane: "v1.33.0",
            status: "v1.33.0",
            versions: chain,
            expected: "v1.33.0! v1.33.0 v1.30.0!"
        ),
        Situation(
            name: "deferred",
            desired: "v1.31.0",
            controlPlane: "v1.31.0",
            status: "v1.31.0",
            deployments:
                "[{class: worker, name: a, metadata: {annotations: {topology.cluster.x-k8s.io/defer-upgrade: ''}}}, {class: worker, name: b}]",
            expected: "v1.31.0 v1.30.0! v1.31.0"
        ),
        Situation(
            name: "held",
            desired: "v1.31.0",
            controlPlane: "v1.31.0",
            status: "v1.31.0",
            deployments:
                "[{class: worker, name: a, metadata: {annotations: {topology.cluster.x-k8s.io/hold-upgrade-sequence: ''}}}, {class: worker, name: b}]",
            expected: "v1.31.0 v1.30.0! v1.30.0!"
        ),
    ]

    private func input(_ situation: Situation) throws -> TopologyInput {
        let labels = "cluster.x-k8s.io/cluster-name: c1, topology.cluster.x-k8s.io/owned: ''"
        func deployment(_ name: String, _ version: String) -> String {
            """
            apiVersion: cluster.x-k8s.io/v1beta2
            kind: MachineDeployment
            metadata: {name: c1-\(name)-x, namespace: org, labels: {\(labels), topology.cluster.x-k8s.io/deployment-name: \(name)}}
            spec: {template: {spec: {version: \(version)}}}
            """
        }
        var cluster = Example.clusterText(
            version: situation.desired,
            topology: """
                  controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: c1-cp}
                  infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: TestCluster, name: c1-infra}
                """
        )
        cluster = cluster.replacing(
            "{machineDeployments: [{class: worker, name: a, replicas: 1}, {class: worker, name: b, replicas: 1}]}",
            with: "{machineDeployments: \(situation.deployments)}"
        )
        cluster = cluster.replacing("namespace: org}", with: "namespace: org, annotations: {\(situation.annotations)}}")
        let versions = situation.versions.isEmpty ? "" : "  kubernetesVersions: \(situation.versions)"
        return try Example.input(
            Example.classText(more: versions),
            cluster,
            """
            apiVersion: controlplane.cluster.x-k8s.io/v1beta2
            kind: KubeadmControlPlane
            metadata: {name: c1-cp, namespace: org, labels: {\(labels)}}
            spec: {version: \(situation.controlPlane)}
            status: {\(situation.status.isEmpty ? "" : "version: \(situation.status)")}
            """,
            deployment("a", situation.a),
            deployment("b", situation.b)
        )
    }

    @Test(arguments: situations)
    private func decides(_ situation: Situation) throws {
        let expansion = try #require(try input(situation).expand().first)
        let decision = expansion.upgrade
        func shown(_ name: String) -> String {
            guard let workers = decision.deployments[name] else { return "?" }
            return workers.version + (workers.isPending ? "!" : "")
        }
        let controlPlane = decision.controlPlaneVersion + (decision.controlPlaneIsPending ? "!" : "")
        #expect("\(controlPlane) \(shown("a")) \(shown("b"))" == situation.expected)
    }

    @Test func twoMinorsAtOnceNeedAList() throws {
        let situation = Situation(name: "", desired: "v1.32.0", expected: "")
        let rejection = #expect(throws: TopologyRejection.self) { try input(situation).expand() }
        #expect(rejection?.description.contains("cannot compute an upgrade plan from v1.30.0 to v1.32.0") == true)
    }

    @Test func whatWaitsIsLeftAlone() throws {
        let situation = Situation(name: "", desired: "v1.31.0", expected: "")
        let made = try input(situation)
        let expansion = try #require(try made.expand().first)
        let observed = try ObservedTopology(of: made.clusters[0], among: made.objects)
        let applied = expansion.applied(observed: observed)
        #expect(!applied.manifests.contains { $0.kind == "MachineDeployment" })
        #expect(applied.held.filter { $0.groupKind.kind == "MachineDeployment" }.map(\.name) == ["c1-a-x", "c1-b-x"])
        #expect(applied.manifests.contains { $0.kind == "KubeadmControlPlane" })
    }
}
