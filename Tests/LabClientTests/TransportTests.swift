import APIServer
import Foundation
import ServerTestSupport
import TestSupport
import Testing

/// The server over TLS on a loopback port, asked by curl.
@Suite(.timeLimit(.minutes(1)), .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/curl")))
struct TransportTests {
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

    /// Runs `body` against a server; the folder holds its authority and a client's certificate with its key.
    private func withServer(_ body: @escaping @Sendable (TestServer.Address, URL) async throws -> Void) async throws {
        let folder = Scratch.place("lab")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try await TestServer().serving { address in
            let authority = folder.appendingPathComponent("ca.pem")
            try address.authority.write(to: authority, atomically: true, encoding: .utf8)
            let client = address.client.certificate + "\n" + address.client.privateKey
            try client.write(to: folder.appendingPathComponent("client.pem"), atomically: true, encoding: .utf8)
            try await body(address, folder)
        }
        try FileManager.default.removeItem(at: folder)
    }

    @Test
    func tokensAndCertificatesOpenTheDoorAndNothingElseDoes() async throws {
        try await withServer { server, folder in
            let ca = ["--cacert", folder.appendingPathComponent("ca.pem").path]
            let pods = "\(server.url)/api/v1/namespaces/default/pods"
            let anonymous = try await curl(ca + [pods])
            #expect(anonymous.contains("\"code\":401"))
            let wrong = try await curl(ca + ["-H", "Authorization: Bearer wrong", pods])
            #expect(wrong.contains("\"code\":401"))
            let token = try await curl(ca + ["-H", "Authorization: Bearer \(server.token)", pods])
            #expect(token.contains("PodList"))
            let certificate = try await curl(ca + ["-E", folder.appendingPathComponent("client.pem").path, pods])
            #expect(certificate.contains("PodList"))
            let ready = try await curl(ca + ["\(server.url)/readyz"])
            #expect(ready == "ok")
            let untrusted = try await curl(["\(server.url)/readyz"])
            #expect(untrusted.isEmpty, "an unknown authority is refused by the client")
        }
    }

    @Test
    func aWatchStreamsUntilItsTimeIsOver() async throws {
        try await withServer { server, folder in
            let path = "\(server.url)/api/v1/namespaces?watch=1&timeoutSeconds=1"
            let text = try await curl([
                "--cacert", folder.appendingPathComponent("ca.pem").path, "-H",
                "Authorization: Bearer \(server.token)", path,
            ])
            #expect(text.split(separator: "\n").count == 4)
            #expect(text.hasPrefix("{\"type\":\"ADDED\""))
        }
    }

    @Test
    func bodiesThatAreTooLongAreRefused() async throws {
        try await withServer { server, folder in
            let file = folder.appendingPathComponent("big.json")
            try String(repeating: " ", count: 4 << 20).write(to: file, atomically: true, encoding: .utf8)
            let text = try await curl([
                "--cacert", folder.appendingPathComponent("ca.pem").path, "-H",
                "Authorization: Bearer \(server.token)", "-H",
                "Content-Type: application/json", "--data-binary", "@\(file.path)",
                "\(server.url)/api/v1/namespaces/default/configmaps",
            ])
            #expect(text.contains("RequestEntityTooLarge"))
        }
    }
}
