import APIServer
import ControllerRuntime
import KubernetesClient
import KubernetesModel
import MachineDecisions
import MachineReconcilers
import StructuredValue
import Synchronization
import Testing

/// Whether an embedded reconciler runs beside Cluster API's own controllers: never.
@Suite(.timeLimit(.minutes(1))) struct EmbeddedReconcilerHostTests {
    private final class Seen: Sendable {
        let running = Mutex(0)
        let verdict = Mutex<String?>(nil)
        var isRunning: Bool { running.withLock { $0 > 0 } }
        var reason: String? { verdict.withLock { $0 } }
    }

    private static func setControllers(_ replicas: Int, _ bench: HealthBench) throws {
        let kind = GroupVersionKind(group: "apps", version: "v1", kind: "Deployment")
        let name = "capi-controller-manager"
        let size: Value = ["spec": ["replicas": .int(replicas)]]
        if try bench.management.find(kind, namespace: "default", name: name) != nil {
            try bench.management.patch(kind, namespace: "default", name: name, size)
            return
        }
        try bench.management.create([
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": .string(name), "namespace": "default"],
            "spec": [
                "replicas": .int(replicas), "selector": ["matchLabels": ["a": "b"]],
                "template": [
                    "metadata": ["labels": ["a": "b"]], "spec": ["containers": [["name": "m", "image": "m"]]],
                ],
            ],
        ])
    }

    private static func hosting(_ bench: HealthBench, _ body: (Seen) async throws -> Void) async throws {
        let seen = Seen()
        let site = bench.site()
        let host = EmbeddedReconcilerHost(
            .machineHealthCheck,
            on: site,
            onVerdict: { sign in seen.verdict.withLock { $0 = sign?.reason } }
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await site.watches.run() }
            group.addTask {
                await host.run {
                    seen.running.withLock { $0 += 1 }
                    // Nothing comes: the wait ends with the task alone.
                    let (nothing, source) = AsyncStream<Void>.makeStream()
                    for await _ in nothing {}
                    source.finish()
                    seen.running.withLock { $0 -= 1 }
                }
            }
            try await body(seen)
            group.cancelAll()
        }
    }

    @Test func runsOnlyWhileTheControllersAreScaledToNothing() async throws {
        try await HealthBench.run(reaches: false) { bench in
            try Self.setControllers(1, bench)
            try await Self.hosting(bench) { seen in
                try await bench.until("it refuses") { seen.reason != nil }
                #expect(seen.reason?.contains("default/capi-controller-manager") == true)
                #expect(!seen.isRunning)
                try Self.setControllers(0, bench)
                try await bench.until("it runs") { seen.isRunning && seen.reason == nil }
                try Self.setControllers(1, bench)
                try await bench.until("it stops") { !seen.isRunning && seen.reason != nil }
            }
        }
    }

    @Test func refusesWhereSomebodyElseWritesTheStatus() async throws {
        try await HealthBench.run(reaches: false) { bench in
            try bench.makeCheck()
            try await Self.hosting(bench) { seen in
                try await bench.until("it runs") { seen.isRunning }
                let controller = bench.controllers
                try controller.patch(
                    HealthBench.check,
                    namespace: "default",
                    name: "mhc",
                    ["status": ["currentHealthy": 3]],
                    subresource: "status"
                )
                try await bench.until("it stops") { !seen.isRunning && seen.reason?.contains("“manager”") == true }
            }
        }
    }
}
