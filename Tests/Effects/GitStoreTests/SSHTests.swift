import Foundation
import TestSupport
import Testing

@testable import GitStore

/// Against a real OpenSSH server on a loopback port; as root it starts only where its own directory exists.
@Suite(
    .enabled(
        if: FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")
            && (NSUserName() != "root" || FileManager.default.fileExists(atPath: "/run/sshd"))
    ),
    .timeLimit(.minutes(1))
)
struct SSHTests {
    final class Server {
        let folder: TemporaryFolder
        let port: Int
        private let program: BackgroundProgram

        init() throws {
            folder = try TemporaryFolder()
            for name in ["host", "user", "stranger"] {
                try folder.run("ssh-keygen", ["-q", "-t", name == "user" ? "rsa" : "ed25519", "-N", "", "-f", name])
            }
            try folder.run("cp", ["user.pub", "authorized"])
            port = Int.random(in: 20_000...60_000)
            try folder.write(
                """
                Port \(port)
                ListenAddress 127.0.0.1
                HostKey \(folder.path)/host
                AuthorizedKeysFile \(folder.path)/authorized
                PasswordAuthentication no
                StrictModes no
                UsePAM no
                PidFile none
                """,
                to: "config"
            )
            let key = try folder.read("host.pub").split(separator: " ").prefix(2).joined(separator: " ")
            try folder.write("[127.0.0.1]:\(port) \(key)\n", to: "known")
            let wrong = try folder.read("stranger.pub").split(separator: " ").prefix(2).joined(separator: " ")
            try folder.write("[127.0.0.1]:\(port) \(wrong)\n", to: "changed")
            try folder.write("", to: "unknown")
            program = try BackgroundProgram("/usr/sbin/sshd", ["-D", "-f", "\(folder.path)/config"])
        }

        func mirror(of repository: TestRepository, key: String, known: String) throws -> GitMirror {
            let source = try GitSource(
                "ssh://\(NSUserName())@127.0.0.1:\(port)\(repository.path)",
                credentials: GitCredentials(
                    .sshKey(file: "\(folder.path)/\(key)"),
                    knownHostsFile: "\(folder.path)/\(known)"
                )
            )
            return GitMirror(source, dataDirectory: folder.path)
        }
    }

    @Test func fetchesWithAnRSAKeyAndChecksTheHost() async throws {
        let repository = try TestRepository()
        let first = try repository.commit("first", ["a": "1"])
        let server = try Server()
        let mirror = try server.mirror(of: repository, key: "user", known: "known")
        var attempts = 0
        while true {
            do {
                try await mirror.refresh()
                break
            } catch {
                // The server needs a moment before it listens.
                attempts += 1
                if attempts > 100 || error.kind != .network { throw error }
            }
        }
        #expect(try await mirror.resolve(.branch("main")).id.description == first)
        let second = try repository.commit("second", ["a": "2"])
        try await mirror.refresh()
        #expect(try await mirror.resolve(.branch(nil)).id.description == second)

        await expectFailure(.authentication) {
            try await server.mirror(of: repository, key: "stranger", known: "known").refresh()
        }
        await expectFailure(.certificate) {
            try await server.mirror(of: repository, key: "user", known: "unknown").refresh()
        }
        await expectFailure(.certificate) {
            try await server.mirror(of: repository, key: "user", known: "changed").refresh()
        }
    }
}
