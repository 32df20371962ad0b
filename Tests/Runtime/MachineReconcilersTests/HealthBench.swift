import APIServer
import APIStore
import ClusterSimulator
import ControllerRuntime
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import MachineDecisions
import MachineReconcilers
import ServerTestSupport
import StructuredValue
import Synchronization
import Testing

/// A management cluster and a workload cluster that listen, and a clock that tests can set forward.
struct HealthBench: Sendable {
    let management: InProcessClient
    /// The management cluster as Cluster API's own controllers write to it.
    let controllers: InProcessClient
    let workload: InProcessClient
    let store: MemoryStore
    let connection: ServerConnection
    let workloadServer: TestServer
    var budget: FleetRemediationBudget
    private let skipped = Skipped()

    private final class Skipped: Sendable {
        let time = Mutex(Duration.zero)
    }

    static let transport = HTTPTransport()
    static let pace = Pace(clock: ContinuousClock(), random: { Double.random(in: 0..<1) })
    static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// - Parameter reaches: Whether the workload cluster can be reached at first.
    static func run(
        _ budget: RemediationBudget = RemediationBudget(),
        reaches: Bool = true,
        _ body: @escaping @Sendable (HealthBench) async throws -> Void
    ) async throws {
        let store = MemoryStore()
        let server = try TestServer(
            store: store,
            definitions: allDefinitions(given: []).map(\.value) + [reboots, rebootTemplates]
        )
        let workload = try TestServer()
        try await server.serving { address in
            let kubeconfig = try Kubeconfig(
                text: address.kubeconfig,
                file: "kubeconfig",
                rules: .operatorGiven(directory: "/")
            )
            let bench = HealthBench(
                management: server.client(),
                controllers: server.client("manager"),
                workload: workload.client(),
                store: store,
                connection: try kubeconfig.connection(),
                workloadServer: workload,
                budget: FleetRemediationBudget(budget)
            )
            if reaches {
                try await workload.serving { address in
                    try bench.setKubeconfig(address.kubeconfig)
                    try await body(bench)
                }
            } else {
                try await body(bench)
            }
        }
    }

    /// Runs the service beside the body.
    ///
    /// - Parameter workloadURL: Where the workload cluster is instead of where its kubeconfig says.
    func serving(
        workloadURL: String? = nil,
        reports: MachineHealthCheckService.Reports = .init(),
        _ body: () async throws -> Void
    ) async throws {
        let site = site(makeClient: { connection in
            var connection = connection
            if let workloadURL { connection.server = workloadURL }
            return APIClient(connection, transport: Self.transport, pace: Self.pace, timeout: .seconds(5))
        })
        let service = MachineHealthCheckService(site, budget: budget, reports: reports)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await site.watches.run() }
            group.addTask { await site.nodes.run() }
            group.addTask { await service.run() }
            try await body()
            group.cancelAll()
        }
    }

    func site(
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient = {
            APIClient($0, transport: Self.transport, pace: Self.pace)
        }
    ) -> ReconcilerSite {
        ReconcilerSite(
            managementCluster: "mc",
            watches: WatchCaches(client()),
            makeClient: makeClient,
            now: now,
            log: Self.quiet
        )
    }

    func client() -> APIClient { APIClient(connection, transport: Self.transport, pace: Self.pace) }

    var now: @Sendable () -> Timestamp {
        { [skipped] in TestServer.clock.now().advanced(by: skipped.time.withLock { $0 }) }
    }

    func skip(_ duration: Duration) { skipped.time.withLock { $0 += duration } }

    // MARK: Objects

    static let cluster = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Cluster")
    static let machine = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "Machine")
    static let check = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "MachineHealthCheck")
    static let node = GroupVersionKind(group: "", version: "v1", kind: "Node")
    static let event = GroupVersionKind(group: "", version: "v1", kind: "Event")
    static let reboot = GroupVersionKind(group: "repair.example", version: "v1", kind: "Reboot")

    static let reboots = definition("Reboot", "reboots")
    static let rebootTemplates = definition("RebootTemplate", "reboottemplates")

    private static func definition(_ kind: String, _ plural: String) -> Value {
        [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": ["name": .string("\(plural).repair.example")],
            "spec": [
                "group": "repair.example", "scope": "Namespaced",
                "names": ["kind": .string(kind), "plural": .string(plural), "singular": .string(kind.lowercased())],
                "versions": [
                    [
                        "name": "v1", "served": true, "storage": true,
                        "schema": [
                            "openAPIV3Schema": ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
                        ],
                    ]
                ],
            ],
        ]
    }

    func setKubeconfig(_ text: String) throws {
        let encoded = Data(text.utf8).base64EncodedString()
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Secret")
        if try management.find(kind, namespace: "default", name: "c1-kubeconfig") != nil {
            let data: Value = ["data": ["value": .string(encoded)]]
            try management.patch(kind, namespace: "default", name: "c1-kubeconfig", data)
        } else {
            try management.create([
                "apiVersion": "v1", "kind": "Secret", "type": "cluster.x-k8s.io/secret",
                "metadata": ["name": "c1-kubeconfig", "namespace": "default"],
                "data": ["value": .string(encoded)],
            ])
        }
    }

    func moment(ago seconds: Int) -> Value { .string(now().advanced(by: .seconds(-seconds)).description) }

    func condition(_ type: String, _ status: String = "True", since seconds: Int = 3600) -> Value {
        [
            "type": .string(type), "status": .string(status), "reason": "R", "message": "",
            "lastTransitionTime": moment(ago: seconds),
        ]
    }

    private func make(_ object: Value, on client: InProcessClient) throws {
        var made = try client.create(object)
        made["status"] = object["status"]
        try client.updateStatus(made)
    }

    /// The Cluster, and Machines of these names with ready Nodes.
    func makeCluster(_ names: String...) throws {
        try make(
            [
                "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
                "metadata": ["name": "c1", "namespace": "default"],
                "spec": [:],
                "status": ["conditions": [condition("ControlPlaneInitialized"), condition("InfrastructureReady")]],
            ],
            on: management
        )
        for name in names {
            try make(
                [
                    "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
                    "metadata": [
                        "name": .string(name), "namespace": "default",
                        "labels": ["cluster.x-k8s.io/cluster-name": "c1", "pool": "md-0"],
                    ],
                    "spec": [
                        "clusterName": "c1", "bootstrap": ["dataSecretName": "x"],
                        "infrastructureRef": ["apiGroup": "x.example", "kind": "X", "name": "x"],
                    ],
                    "status": ["nodeRef": ["name": .string("node-\(name)")]],
                ],
                on: management
            )
            try make(
                [
                    "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string("node-\(name)")],
                    "status": ["conditions": [condition("Ready")]],
                ],
                on: workload
            )
        }
    }

    func makeCheck(_ trigger: Value = [:], template: Value? = nil) throws {
        var remediation: Value = ["triggerIf": trigger]
        remediation["templateRef"] = template
        try management.create([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineHealthCheck",
            "metadata": ["name": "mhc", "namespace": "default"],
            "spec": [
                "clusterName": "c1", "selector": ["matchLabels": ["pool": "md-0"]],
                "checks": ["unhealthyNodeConditions": [["type": "Ready", "status": "Unknown", "timeoutSeconds": 60]]],
                "remediation": remediation,
            ],
        ])
    }

    /// Sets the condition Ready of Machines' Nodes, as of some time ago.
    func setReady(_ status: String, since seconds: Int = 300, of names: String...) throws {
        for name in names {
            try workload.patch(
                Self.node,
                name: "node-\(name)",
                ["status": ["conditions": [condition("Ready", status, since: seconds)]]],
                subresource: "status"
            )
        }
    }

    func machine(_ name: String) throws -> Manifest {
        Manifest(try management.get(Self.machine, namespace: "default", name: name))
    }

    var theCheck: Manifest {
        get throws { Manifest(try management.get(Self.check, namespace: "default", name: "mhc")) }
    }

    func healthy() throws -> Int? { try theCheck.status["currentHealthy"]?.int }

    func isHandedOver(_ name: String) throws -> Bool { try machine(name).condition("OwnerRemediated")?.status == .no }

    func events(_ reason: String) throws -> [Manifest] {
        try management.list(Self.event).items.map { Manifest($0) }.filter { $0.value["reason"]?.string == reason }
    }

    /// Waits until something holds; what never does fails the test.
    func until(
        _ what: String,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ holds: () throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + .seconds(40)
        while try !holds() {
            if ContinuousClock.now > end {
                let status = (try? theCheck.status).map { "\($0)" } ?? ""  // there may be no check yet
                Issue.record("\(what): not within 40 s; \(status)", sourceLocation: sourceLocation)
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Waits until passes that were due have had their time.
    func settle() async throws { try await Task.sleep(for: .milliseconds(700)) }
}
