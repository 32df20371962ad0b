import Foundation
import HTTPTransport
import TestSupport
import Testing

/// Against `openssl s_server`, which answers each request with a page about the connection.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")), .timeLimit(.minutes(1)))
struct TLSTests {
    final class Server {
        let folder: TemporaryFolder
        let port = Int.random(in: 20_000...60_000)
        private let program: BackgroundProgram

        init() throws {
            folder = try TemporaryFolder()
            try folder.write("subjectAltName=DNS:api.example.org", to: "named.ext")
            for name in ["authority", "stranger"] {
                try folder.run("openssl", Self.key(name) + ["-subj", "/CN=\(name)", "-x509", "-days", "2"])
            }
            for (name, issuer) in [
                ("named", "authority"), ("address", "authority"), ("client", "authority"), ("impostor", "stranger"),
            ] {
                try folder.run("openssl", Self.key(name) + ["-subj", "/CN=\(name)"])
                let names = name == "named" ? ["-extfile", "\(name).ext"] : []
                try folder.run(
                    "openssl",
                    [
                        "x509", "-req", "-in", "\(name).pem", "-CA", "\(issuer).pem", "-CAkey", "\(issuer).key",
                        "-CAcreateserial", "-days", "2", "-out", "\(name).pem",
                    ] + names
                )
            }
            let root = folder.path
            program = try BackgroundProgram(
                "/usr/bin/openssl",
                [
                    "s_server", "-accept", "127.0.0.1:\(port)", "-cert", "\(root)/named.pem", "-key",
                    "\(root)/named.key",
                    "-CAfile", "\(root)/authority.pem", "-Verify", "1", "-verify_return_error", "-www",
                ]
            )
        }

        private static func key(_ name: String) -> [String] {
            [
                "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "\(name).key",
                "-out", "\(name).pem",
            ]
        }

        func pem(_ name: String) throws -> [UInt8] { Array(try folder.read(name).utf8) }

        func trust(authority: String? = "authority", client: String? = "client", name: String? = "api.example.org")
            throws -> HTTPTrust
        {
            HTTPTrust(
                authority: try authority.map { try pem("\($0).pem") },
                clientCertificate: try client.map { try pem("\($0).pem") },
                clientKey: try client.map { try pem("\($0).key") },
                serverName: name
            )
        }
    }

    @Test func bothSidesProveWhoTheyAre() async throws {
        let server = try Server()
        let transport = HTTPTransport()
        let request = HTTPRequest(url: "https://127.0.0.1:\(server.port)/", timeout: .seconds(10))
        func status(_ trust: HTTPTrust) async throws(HTTPFailure) -> Int {
            try await transport.send(request, trust: trust).status
        }
        func kind(_ trust: HTTPTrust) async -> HTTPFailure.Kind? {
            do {
                _ = try await status(trust)
                return nil
            } catch {
                return error.kind
            }
        }
        var attempts = 0
        while await kind(try server.trust()) == .unreachable, attempts < 200 {
            attempts += 1
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(try await status(try server.trust()) == 200)
        // The name in the certificate is not the address.
        #expect(await kind(try server.trust(name: nil)) == .certificate)
        #expect(await kind(try server.trust(authority: "stranger")) == .certificate)
        #expect(await kind(try server.trust(authority: nil)) == .certificate)
        #expect(await kind(try server.trust(client: "impostor")) != nil)
        #expect(await kind(try server.trust(client: nil)) != nil)
        var careless = try server.trust(authority: "stranger", name: nil)
        careless.skipsVerification = true
        #expect(try await status(careless) == 200)
        // Carelessness of one caller is no connection for another.
        #expect(await kind(try server.trust(authority: "stranger")) == .certificate)
    }
}
