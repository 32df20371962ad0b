import Foundation
import KubernetesModel
import StructuredValue
import Synchronization
import TestSupport
import Testing

/// A watch that has gone silent shows what was. Before a Machine is given up its cluster is asked once more.
@Suite(.timeLimit(.minutes(1))) struct SilentWatchTests {
    /// What the workload cluster answers when it is asked directly.
    enum Answer: String, Sendable, CaseIterable {
        case agrees, isWellAgain, isNotReached
    }

    /// A workload cluster that shows a sick Node once, then nothing through its watch.
    private final class Workload: Sendable {
        /// How often Nodes were listed.
        private final class Lists: Sendable {
            let count = Mutex(0)
        }

        private let lists = Lists()
        let server: LoopbackServer

        var listCount: Int { lists.count.withLock { $0 } }

        init(_ answer: Answer, since: String) throws {
            let lists = lists
            server = try LoopbackServer { request, connection in
                if request.target.hasPrefix("/api/v1/nodes?watch=true") || request.target.contains("&watch=true") {
                    connection.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
                } else if request.target.hasPrefix("/api/v1/nodes") {
                    let count = lists.count.withLock { count -> Int in
                        count += 1
                        return count
                    }
                    switch (count, answer) {
                    case (1, _), (_, .agrees): Self.respond(connection, Self.list("Unknown", since))
                    case (_, .isWellAgain): Self.respond(connection, Self.list("True", since))
                    case (_, .isNotReached): connection.close()
                    }
                } else {
                    Self.respond(connection, Self.resources)
                }
            }
        }

        private static func respond(_ connection: LoopbackServer.Connection, _ value: Value) {
            connection.respond(200, JSON.bytes(value), headers: ["Content-Type": "application/json"])
        }

        private static func list(_ status: String, _ since: String) -> Value {
            [
                "apiVersion": "v1", "kind": "NodeList", "metadata": ["resourceVersion": "7"],
                "items": [
                    [
                        "metadata": ["name": "node-a", "resourceVersion": "7"],
                        "status": [
                            "conditions": [
                                [
                                    "type": "Ready", "status": .string(status),
                                    "lastTransitionTime": .string(since),
                                ]
                            ]
                        ],
                    ]
                ],
            ]
        }

        private static let resources: Value = [
            "apiVersion": "v1", "kind": "APIResourceList", "groupVersion": "v1",
            "resources": [
                [
                    "name": "nodes", "kind": "Node", "namespaced": false, "singularName": "node",
                    "verbs": ["get", "list", "watch"],
                ]
            ],
        ]
    }

    @Test(arguments: Answer.allCases)
    func aClusterIsAskedOnceMore(_ answer: Answer) async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a")
            try bench.makeCheck()
            let since = bench.now().advanced(by: .seconds(-300)).description
            let workload = try Workload(answer, since: since)
            defer { workload.server.stop() }
            try await bench.serving(workloadURL: workload.server.url) {
                try await bench.until("it is asked directly") { workload.listCount >= 2 }
                switch answer {
                case .agrees: try await bench.until("a is handed over") { try bench.isHandedOver("a") }
                case .isWellAgain:
                    try await bench.until("a is healthy") { try bench.healthy() == 1 }
                    #expect(try !bench.isHandedOver("a"))
                case .isNotReached:
                    try await bench.settle()
                    #expect(try bench.machine("a").condition("HealthCheckSucceeded") == nil)
                    #expect(try bench.theCheck.status["expectedMachines"] == nil)
                }
            }
        }
    }
}
