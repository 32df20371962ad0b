import APIServer
import APIStore
import FleetModel
import KubernetesModel
import Logging
import StructuredValue
import Testing

@testable import ClusterSimulator

/// A management cluster with a simulator, in memory and quick.
struct TestLab: Sendable {
    let store = MemoryStore()
    let client: InProcessClient
    let clock: ServerClock

    static func run(
        definitions: [Manifest] = [],
        scenario: Scenario? = nil,
        _ body: (TestLab) async throws -> Void
    ) async throws {
        let lab = try TestLab(definitions)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let workloads = WorkloadClusters(
            directory: nil,
            host: "127.0.0.1",
            clock: lab.clock,
            upkeepDelay: .milliseconds(20),
            logger: logger
        )
        let simulator = Simulator(
            client: InProcessClient(lab.api, manager: "martlet-lab"),
            workloads: workloads,
            clock: lab.clock,
            rules: LabRules(timeScale: 200, scenario: scenario),
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lab.api.run() }
            group.addTask { await workloads.run() }
            group.addTask { await simulator.run() }
            try await body(lab)
            group.cancelAll()
        }
    }

    private let api: APIServer

    private init(_ definitions: [Manifest]) throws {
        // Real time, as the real server has it: what is tested is its hurried flow.
        let start = ContinuousClock.now
        clock = ServerClock(
            now: { Timestamp(seconds: 1_790_000_000).advanced(by: start.duration(to: .now)) },
            sleep: { try await Task.sleep(for: $0) }
        )
        api = APIServer(store: store, clock: clock, settings: .init(upkeepDelay: .milliseconds(20)))
        client = InProcessClient(api, manager: "test")
        for definition in allDefinitions(given: definitions) { try client.create(definition.value) }
    }

    func kind(_ kind: String, group: String = CAPI.core) -> GroupVersionKind {
        GroupVersionKind(group: group, version: "v1beta2", kind: kind)
    }

    func get(_ kind: String, _ name: String, group: String = CAPI.core) throws -> Manifest {
        Manifest(try client.get(self.kind(kind, group: group), namespace: "default", name: name))
    }

    func all(_ kind: String, group: String = CAPI.core) -> [Manifest] {
        ((try? client.list(self.kind(kind, group: group)))?.items ?? []).map { Manifest($0) }
    }

    func patch(_ kind: String, _ name: String, group: String = CAPI.core, _ patch: Value) throws {
        try client.patch(self.kind(kind, group: group), namespace: "default", name: name, patch)
    }

    var machines: [Manifest] { all("Machine") }

    /// Does for a pool what its controller does before a provider begins: makes it the owner.
    func adoptPool() throws {
        let pool = try get("MachinePool", "c1-mp-0")
        let owner = OwnerReference(to: pool, isController: true, blocksOwnerDeletion: true).value
        for (kind, group) in [("LabMachinePool", CAPI.infrastructure), ("KubeadmConfig", CAPI.bootstrap)] {
            try patch(kind, "c1-mp-0", group: group, ["metadata": ["ownerReferences": [owner]]])
        }
    }

    func running(version: String) -> Int {
        machines.count { $0.status["phase"] == "Running" && $0.spec["version"]?.string == version }
    }

    /// Waits until something holds; what never does ends the test by its time limit.
    func until(_ what: String, _ holds: () throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while try !holds() {
            if ContinuousClock.now > end {
                Issue.record(
                    "\(what): not within 30 s; \(machines.map { "\($0.name) \($0.status["phase"]?.string ?? "") \($0.spec["version"]?.string ?? "")" })"
                )
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// A cluster of three control-plane and two worker machines.
func demoCluster(version: String, replicas: Int = 2) -> [Value] {
    let core = "cluster.x-k8s.io/v1beta2"
    let infrastructure = "infrastructure.cluster.x-k8s.io/v1beta2"
    func metadata(_ name: String) -> Value { ["name": .string(name), "namespace": "default"] }
    func reference(_ group: String, _ kind: String, _ name: String) -> Value {
        ["apiGroup": .string(group), "kind": .string(kind), "name": .string(name)]
    }
    return [
        [
            "apiVersion": .string(core), "kind": "Cluster", "metadata": metadata("c1"),
            "spec": [
                "controlPlaneRef": reference(CAPI.controlPlane, "KubeadmControlPlane", "c1"),
                "infrastructureRef": reference(CAPI.infrastructure, "LabCluster", "c1"),
            ],
        ],
        ["apiVersion": .string(infrastructure), "kind": "LabCluster", "metadata": metadata("c1")],
        [
            "apiVersion": "controlplane.cluster.x-k8s.io/v1beta2", "kind": "KubeadmControlPlane",
            "metadata": metadata("c1"),
            "spec": [
                "replicas": 3, "version": .string(version),
                "machineTemplate": [
                    "spec": ["infrastructureRef": reference(CAPI.infrastructure, "LabMachineTemplate", "c1-cp")]
                ],
            ],
        ],
        [
            "apiVersion": .string(infrastructure), "kind": "LabMachineTemplate", "metadata": metadata("c1-cp"),
            "spec": ["template": ["spec": ["size": "medium"]]],
        ],
        [
            "apiVersion": .string(infrastructure), "kind": "LabMachineTemplate", "metadata": metadata("c1-md-0"),
            "spec": ["template": ["spec": ["size": "large"]]],
        ],
        [
            "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta2", "kind": "KubeadmConfigTemplate",
            "metadata": metadata("c1-md-0"), "spec": ["template": ["spec": ["joinConfiguration": [:]]]],
        ],
        [
            "apiVersion": .string(core), "kind": "MachineDeployment", "metadata": metadata("c1-md-0"),
            "spec": [
                "clusterName": "c1", "replicas": .int(replicas), "selector": ["matchLabels": ["pool": "md-0"]],
                "template": [
                    "metadata": ["labels": ["pool": "md-0"]],
                    "spec": [
                        "clusterName": "c1", "version": .string(version),
                        "bootstrap": [
                            "configRef": reference(CAPI.bootstrap, "KubeadmConfigTemplate", "c1-md-0")
                        ],
                        "infrastructureRef": reference(CAPI.infrastructure, "LabMachineTemplate", "c1-md-0"),
                    ],
                ],
            ],
        ],
    ]
}

/// A pool of three machines.
func demoPool(version: String) -> [Value] {
    let metadata: Value = ["name": "c1-mp-0", "namespace": "default"]
    return [
        [
            "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2", "kind": "LabMachinePool", "metadata": metadata,
            "spec": ["template": ["size": "small"]],
        ],
        [
            "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta2", "kind": "KubeadmConfig", "metadata": metadata,
            "spec": ["joinConfiguration": [:]],
        ],
        [
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachinePool", "metadata": metadata,
            "spec": [
                "clusterName": "c1", "replicas": 3,
                "template": [
                    "spec": [
                        "clusterName": "c1", "version": .string(version),
                        "bootstrap": [
                            "configRef": [
                                "apiGroup": .string(CAPI.bootstrap), "kind": "KubeadmConfig", "name": "c1-mp-0",
                            ]
                        ],
                        "infrastructureRef": [
                            "apiGroup": .string(CAPI.infrastructure), "kind": "LabMachinePool", "name": "c1-mp-0",
                        ],
                    ]
                ],
            ],
        ],
    ]
}
