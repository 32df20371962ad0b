import ControllerRuntime
import HTTPTransport
import KubernetesClient
import LabTestSupport
import Logging
import MachineDecisions
import MachineReconcilers
import StructuredValue
import Synchronization
import Testing

/// What is forbidden is said once, tried now and then, and noticed when it is granted.
@Suite(.timeLimit(.minutes(1))) struct DenialTests {
    /// What was told, and what was logged as a warning.
    private final class Seen: Sendable {
        let denial = Mutex<String?>(nil)
        let warnings = Mutex<[String]>([])
        let running = Mutex(false)
        let reason = Mutex<String?>(nil)

        var text: String? { denial.withLock { $0 } }
        var isRunning: Bool { running.withLock { $0 } }
        func tell(_ text: String?) { denial.withLock { $0 = text } }
    }

    private struct Recorder: LogHandler {
        let seen: Seen
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            if event.level >= .warning { seen.warnings.withLock { $0.append("\(event.message)") } }
        }
    }

    private static let transport = HTTPTransport()

    private static func site(_ server: GuardedServer, _ seen: Seen) -> ReconcilerSite {
        let client = APIClient(ServerConnection(server: server.url), transport: transport, pace: LabUnderTest.pace)
        return ReconcilerSite(
            managementCluster: "mc",
            watches: WatchCaches(client),
            makeClient: LabUnderTest.makeClient,
            now: LabUnderTest.now,
            log: Logger(label: "test") { _ in Recorder(seen: seen) }
        )
    }

    private static func serving(
        _ server: GuardedServer,
        _ work: @escaping @Sendable (ReconcilerSite, Seen) async -> Void,
        _ body: (Seen) async throws -> Void
    ) async throws {
        let seen = Seen()
        let site = site(server, seen)
        defer { server.stop() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await site.watches.run() }
            group.addTask { await site.nodes.run() }
            group.addTask { await work(site, seen) }
            try await body(seen)
            group.cancelAll()
        }
    }

    private static func until(_ what: String, _ holds: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(40)
        while !holds() {
            if ContinuousClock.now > end {
                Issue.record("\(what): not within 40 s")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func aKindThatMayNotBeWatchedIsNamedOnceAndTriedLittle() async throws {
        let server = try GuardedServer(forbidding: ["machines"])
        try await Self.serving(server) { site, seen in
            var reports = MachineHealthCheckService.Reports()
            reports.onDenial = { seen.tell($0) }
            await MachineHealthCheckService(site, budget: FleetRemediationBudget(), reports: reports).run()
        } _: { seen in
            try await Self.until("it is said") { seen.text != nil }
            #expect(seen.text?.hasPrefix("Martlet may not reconcile MachineHealthChecks fully") == true)
            #expect(seen.text?.contains("cannot list resource \"machines\"") == true)
            // A second of this hurried clock is twenty.
            try await Task.sleep(for: .seconds(1))
            #expect(server.refusals < 12)
            #expect(seen.warnings.withLock { $0 } == ["a reconciler may not do its work"])
            server.forbid([])
            try await Self.until("it is taken back") { seen.text == nil }
        }
    }

    private static func host(_ site: ReconcilerSite, _ seen: Seen) async {
        let host = EmbeddedReconcilerHost(
            .machineHealthCheck,
            on: site,
            onVerdict: { sign in seen.reason.withLock { $0 = sign?.reason } },
            onDenial: { seen.tell($0) }
        )
        await host.run {
            seen.running.withLock { $0 = true }
            // Only cancellation ends the pause early, and the loop sees it.
            while !Task.isCancelled { _ = try? await Task.sleep(for: .seconds(60)) }
            seen.running.withLock { $0 = false }
        }
    }

    @Test func whoMayNotSeeTheKindRunsNothing() async throws {
        let server = try GuardedServer(forbidding: ["machinehealthchecks"])
        try await Self.serving(server) {
            await Self.host($0, $1)
        } _: { seen in
            try await Self.until("it is said") { seen.text?.contains("machinehealthchecks") == true }
            #expect(!seen.isRunning)
            server.forbid([])
            try await Self.until("it runs when it is granted") { seen.isRunning && seen.text == nil }
        }
    }

    /// Without Deployments any trace of other controllers counts, however old; with them an old one does not.
    @Test func whoMayNotSeeDeploymentsGoesByTraces() async throws {
        let server = try GuardedServer(forbidding: ["deployments"])
        let trace: Value = [
            "manager": "manager", "subresource": "status", "time": "2020-01-01T00:00:00Z", "operation": "Update",
        ]
        server.setItems(
            "machinehealthchecks",
            [
                [
                    "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineHealthCheck",
                    "metadata": [
                        "name": "m", "namespace": "ns", "resourceVersion": "7", "managedFields": [trace],
                    ],
                ]
            ]
        )
        try await Self.serving(server) {
            await Self.host($0, $1)
        } _: { seen in
            try await Self.until("it refuses") { seen.reason.withLock { $0?.contains("“manager”") == true } }
            #expect(!seen.isRunning)
            server.forbid([])
            try await Self.until("it runs when Deployments are seen") { seen.isRunning }
        }
    }
}
