import APIServer
import ClusterSimulator
package import ControllerRuntime
import Foundation
import HTTPTransport
package import KubernetesClient
package import KubernetesModel
package import Logging
package import StructuredValue
import YAMLFormat

/// A management cluster of the lab, simulated and quick, and a client of it.
package struct LabUnderTest: Sendable {
    package let client: APIClient
    /// Where objects are that say no namespace of their own.
    package var namespace = "default"
    /// How the server is reached; of a bare one alone.
    var kubeconfig = ""

    static let transport = HTTPTransport()

    /// A log that nobody reads.
    package static let silence = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// The time of day.
    package static let now: @Sendable () -> Timestamp = {
        let time = Date().timeIntervalSince1970
        return Timestamp(seconds: Int(time), microseconds: Int((time - time.rounded(.down)) * 1_000_000))
    }

    /// Waiting in a hurry: pauses are twenty times shorter than they say.
    package static let pace: Pace = {
        let start = ContinuousClock.now
        var pace = Pace(clock: ContinuousClock(), random: { Double.random(in: 0..<1) })
        pace.now = { start.duration(to: .now) * 20 }
        pace.sleep = { try await Task.sleep(for: $0 / 20) }
        return pace
    }()

    /// Makes clients of workload clusters.
    package static let makeClient: @Sendable (ServerConnection) -> APIClient = {
        APIClient($0, transport: transport, pace: pace, timeout: .seconds(5))
    }

    /// Runs a management cluster beside the work that is under test until the body is done.
    package static func run(
        definitions: [Manifest] = [],
        timeScale: Double = 200,
        _ work: @escaping @Sendable (ReconcilerSite) async -> Void = { _ in },
        _ body: @escaping @Sendable (LabUnderTest) async throws -> Void
    ) async throws {
        let clock = ServerClock(now: now, sleep: { try await Task.sleep(for: $0) })
        let lab = ClusterSimulator.Lab(
            .init(dataDirectory: nil, definitions: definitions, timeScale: timeScale),
            clock: clock,
            logger: silence
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lab.run() }
            let endpoint = try await lab.start("mc-1")
            let text = kubeconfigText(for: [endpoint])
            let connection = try Kubeconfig(text: text, file: "lab", rules: .untrusted).connection()
            let client = makeClient(connection)
            try await client.discoverAll()
            group.addTask { await host(work, client) }
            try await body(LabUnderTest(client: client))
            group.cancelAll()
        }
    }

    /// Runs the work of an embedded reconciler, with the watches that it shares.
    static func host(_ work: @escaping @Sendable (ReconcilerSite) async -> Void, _ client: APIClient) async {
        let site = ReconcilerSite(
            managementCluster: "mc-1",
            watches: WatchCaches(client),
            makeClient: makeClient,
            now: now,
            log: silence
        )
        await withDiscardingTaskGroup { group in
            group.addTask { await site.watches.run() }
            group.addTask { await site.nodes.run() }
            group.addTask { await work(site) }
        }
    }

    /// Objects of a text with several YAML documents.
    package static func objects(_ text: String) throws -> [Manifest] {
        try YAML.values(Array(text.utf8), .lenient).filter { !$0.isEmpty }.map { Manifest($0) }
    }

    /// Creates the objects of a text with several YAML documents, with the status that they have there.
    package func create(_ text: String) async throws {
        for var object in try Self.objects(text) {
            let resource = try await client.resource(for: object.groupVersionKind)
            if resource.isNamespaced, object.namespace.isEmpty { object.namespace = namespace }
            let made = try await client.create(object, fieldManager: "test")
            guard namespace != "default", let status = object.value["status"] else { continue }
            try await client.patch(
                made.groupVersionKind,
                namespace: made.namespace,
                name: made.name,
                with: ["status": status],
                as: .merge,
                subresource: "status",
                fieldManager: "test"
            )
        }
    }

    /// The version in which the server serves a kind.
    package func kind(_ kind: String, _ group: String = "cluster.x-k8s.io") async throws -> GroupVersionKind {
        let wanted = GroupKind(group: group, kind: kind)
        guard let resource = await client.discovery.preferredResource(for: wanted) else { throw NoSuchKind(kind: kind) }
        return resource.groupVersionKind
    }

    package struct NoSuchKind: Error {
        package var kind: String
    }

    /// One object; nil when there is none.
    package func get(
        _ kind: String,
        _ name: String,
        group: String = "cluster.x-k8s.io"
    ) async throws -> Manifest? {
        let kind = try await self.kind(kind, group)
        let isNamespaced = try await client.resource(for: kind).isNamespaced
        return try await client.get(kind, namespace: isNamespaced ? namespace : "", name: name)
    }

    /// All objects of a kind.
    package func all(_ kind: String, group: String = "cluster.x-k8s.io") async throws -> [Manifest] {
        try await client.list(client.resource(for: self.kind(kind, group))).items
    }

    /// Changes an object by a merge patch.
    package func patch(
        _ kind: String,
        _ name: String,
        group: String = "cluster.x-k8s.io",
        subresource: String? = nil,
        _ patch: Value
    ) async throws {
        try await client.patch(
            self.kind(kind, group),
            namespace: client.resource(for: self.kind(kind, group)).isNamespaced ? namespace : "",
            name: name,
            with: patch,
            as: .merge,
            subresource: subresource,
            fieldManager: "test"
        )
    }

    /// Asks for the deletion of an object.
    package func delete(_ kind: String, _ name: String, group: String = "cluster.x-k8s.io") async throws {
        let kind = try await self.kind(kind, group)
        let isNamespaced = try await client.resource(for: kind).isNamespaced
        try await client.delete(kind, namespace: isNamespaced ? namespace : "", name: name)
    }

    /// A client of a workload cluster, by its kubeconfig Secret; nil while there is none.
    package func workload(_ cluster: String) async throws -> APIClient? {
        guard let secret = try await get("Secret", "\(cluster)-kubeconfig", group: ""),
            let data = secret.value["data"]?["value"]?.string.flatMap({ Data(base64Encoded: $0) })
        else { return nil }
        let text = String(decoding: data, as: UTF8.self)
        return Self.makeClient(try Kubeconfig(text: text, file: cluster, rules: .untrusted).connection())
    }

    /// The Nodes of a workload cluster by name.
    package func nodes(of cluster: String) async throws -> [Manifest] {
        guard let workload = try await workload(cluster) else { return [] }
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Node")
        return try await workload.list(workload.resource(for: kind)).items.sorted { $0.name < $1.name }
    }

    /// How far the management cluster's store has come: every write moves it.
    package func revision() async throws -> String {
        let kind = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
        return try await client.list(client.resource(for: kind)).resourceVersion
    }

    /// Waits until something holds; what never does fails after half a minute, with what was seen last.
    package func until(_ what: String, _ holds: () async throws -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(30)
        while try await !holds() {
            if ContinuousClock.now > end { throw NeverHeld(description: "\(what): not within 30 s") }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    package struct NeverHeld: Error, CustomStringConvertible {
        package var description: String

        package init(description: String) { self.description = description }
    }

    /// How many writes come within a moment in which nobody wants anything.
    package func writesWhileIdle(for duration: Duration = .milliseconds(1500)) async throws -> Int {
        let before = try await revision()
        try await Task.sleep(for: duration)
        let after = try await revision()
        return (Int(after) ?? 0) - (Int(before) ?? 0)
    }
}
