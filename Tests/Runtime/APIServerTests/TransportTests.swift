import APIStore
import Foundation
import KubernetesModel
import Logging
import StructuredValue
import Testing

@testable import APIServer

/// The server over TLS on a loopback port, asked by curl.
@Suite(.timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
struct TransportTests {
    private static let clock = ServerClock(
        now: { Timestamp(seconds: Int(Date().timeIntervalSince1970)) },
        sleep: { try await Task.sleep(for: $0) }
    )

    /// Runs curl on a thread of its own: a blocked task would keep the server from answering.
    private func curl(_ arguments: [String]) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
                process.arguments = ["-s", "--max-time", "20"] + arguments
                let pipe = Pipe()
                process.standardOutput = pipe
                do {
                    try process.run()
                    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    continuation.resume(returning: String(decoding: data, as: UTF8.self))
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }
    }

    /// Runs `body` against a lab with one cluster.
    private func withLab(_ body: @escaping @Sendable (ServerRack.Cluster, URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lab-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let lab = ServerRack(ServerRack.Settings(dataDirectory: folder.path), clock: Self.clock, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await lab.run() }
            let cluster = try await lab.open("mc")
            try cluster.authority.credential.certificate.write(
                to: folder.appendingPathComponent("ca.pem"),
                atomically: true,
                encoding: .utf8
            )
            let client = cluster.administrator.certificate + "\n" + cluster.administrator.privateKey
            try client.write(to: folder.appendingPathComponent("client.pem"), atomically: true, encoding: .utf8)
            try await body(cluster, folder)
            try lab.close("mc")
            group.cancelAll()
        }
        try FileManager.default.removeItem(at: folder)
    }

    @Test
    func tokensAndCertificatesOpenTheDoorAndNothingElseDoes() async throws {
        try await withLab { cluster, folder in
            let ca = ["--cacert", folder.appendingPathComponent("ca.pem").path]
            let pods = "\(cluster.url)/api/v1/namespaces/default/pods"
            let anonymous = try await curl(ca + [pods])
            #expect(anonymous.contains("\"code\":401"))
            let wrong = try await curl(ca + ["-H", "Authorization: Bearer wrong", pods])
            #expect(wrong.contains("\"code\":401"))
            let token = try await curl(ca + ["-H", "Authorization: Bearer \(cluster.token)", pods])
            #expect(token.contains("PodList"))
            let certificate = try await curl(ca + ["-E", folder.appendingPathComponent("client.pem").path, pods])
            #expect(certificate.contains("PodList"))
            let ready = try await curl(ca + ["\(cluster.url)/readyz"])
            #expect(ready == "ok")
            let untrusted = try await curl(["\(cluster.url)/readyz"])
            #expect(untrusted.isEmpty, "an unknown authority is refused by the client")
        }
    }

    @Test
    func aWatchStreamsUntilItsTimeIsOver() async throws {
        try await withLab { cluster, folder in
            let path = "\(cluster.url)/api/v1/namespaces?watch=1&timeoutSeconds=1"
            let text = try await curl([
                "--cacert", folder.appendingPathComponent("ca.pem").path, "-H",
                "Authorization: Bearer \(cluster.token)", path,
            ])
            #expect(text.split(separator: "\n").count == 4)
            #expect(text.hasPrefix("{\"type\":\"ADDED\""))
        }
    }

    @Test
    func bodiesThatAreTooLongAreRefused() async throws {
        try await withLab { cluster, folder in
            let file = folder.appendingPathComponent("big.json")
            try String(repeating: " ", count: 4 << 20).write(to: file, atomically: true, encoding: .utf8)
            let text = try await curl([
                "--cacert", folder.appendingPathComponent("ca.pem").path, "-H",
                "Authorization: Bearer \(cluster.token)", "-H",
                "Content-Type: application/json", "--data-binary", "@\(file.path)",
                "\(cluster.url)/api/v1/namespaces/default/configmaps",
            ])
            #expect(text.contains("RequestEntityTooLarge"))
        }
    }

    @Test
    func aClusterKeepsAuthorityPortAndObjects() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("lab-\(UUID().uuidString)")
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var seen: [(Int, String)] = []
        for round in 0..<2 {
            let lab = ServerRack(ServerRack.Settings(dataDirectory: folder.path), clock: Self.clock, logger: logger)
            let facts = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await lab.run() }
                let cluster = try await lab.open("mc")
                let client = cluster.client("test")
                if round == 0 {
                    try client.create([
                        "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "kept", "namespace": "default"],
                    ])
                } else {
                    let kind = GroupVersionKind(apiVersion: "v1", kind: "ConfigMap")
                    let kept = try client.find(kind, namespace: "default", name: "kept")
                    #expect(kept != nil)
                }
                defer { group.cancelAll() }
                return (cluster.port, cluster.authority.credential.certificate)
            }
            seen.append(facts)
        }
        #expect(seen[0].1 == seen[1].1)
        try FileManager.default.removeItem(at: folder)
    }
}
