import Foundation
import SourceFiles
import Synchronization
import TestSupport
import Testing

@testable import GitStore

@Suite(.timeLimit(.minutes(1))) struct RemoteRepositoryTests {
    @Test func fetchesNewCommitsAndForgetsRewrittenOnes() async throws {
        let repository = try TestRepository()
        let first = try repository.commit("first", ["a": "1"])
        try repository.git("branch", "old")
        let server = try repository.serve()
        let data = try TemporaryFolder()
        let mirror = GitMirror(try GitSource("\(server.url)/fleet.git"), dataDirectory: data.path)
        await expectFailure(.notFound) { _ = try await mirror.resolve(.branch(nil)) }
        try await mirror.refresh()
        #expect(try await mirror.resolve(.branch(nil)).id.description == first)

        let second = try repository.commit("second", ["a": "2"])
        try repository.git("tag", "v1.0.0")
        try await mirror.refresh()
        #expect(try await mirror.resolve(.semver("1.x")).id.description == second)

        // A force-push: history is another one, a branch is gone.
        try repository.git("checkout", "--quiet", "--orphan", "rewritten")
        let other = try repository.commit("other", ["a": "3"])
        try repository.git("branch", "--force", "main", "rewritten")
        try repository.git("branch", "--delete", "--force", "old")
        try await mirror.refresh()
        #expect(try await mirror.resolve(.branch("main")).id.description == other)
        #expect(try await mirror.snapshot(of: .branch("main")).file("a")?.bytes() == [0x33])
        await expectFailure(.notFound) { _ = try await mirror.resolve(.branch("old")) }
    }

    @Test func sendsCredentialsOnceAndNamesTheirRefusal() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1"])
        let seen = Mutex<[String]>([])
        let server = try repository.serve { request, connection in
            let header = request.headers["authorization"] ?? ""
            seen.withLock { $0.append(header) }
            if header == "Basic " + Data("x-access-token:right".utf8).base64EncodedString() { return false }
            connection.respond(401, "", headers: ["WWW-Authenticate": "Basic realm=\"git\""])
            return true
        }
        let data = try TemporaryFolder()
        let wrong = GitMirror(
            try GitSource("\(server.url)/a.git", credentials: GitCredentials(.token("wrong"))),
            dataDirectory: data.path
        )
        await expectFailure(.authentication) { try await wrong.refresh() }
        #expect(seen.withLock { $0.count } == 1)
        let right = GitMirror(
            try GitSource("\(server.url)/a.git", credentials: GitCredentials(.token("right"), origin: server.url)),
            dataDirectory: data.path
        )
        try await right.refresh()
        #expect(try await right.resolve(.branch("main")).summary == "first")
    }

    @Test func followsRedirectsOnlyWithinTheOrigin() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1"])
        let leaked = Mutex<[String]>([])
        let thief = try repository.serve { request, _ in
            leaked.withLock { $0.append(request.target) }
            return false
        }
        let server = try repository.serve { request, connection in
            if request.target.hasPrefix("/away") {
                connection.respond(302, "", headers: ["Location": thief.url + "/x/info/refs?service=git-upload-pack"])
                return true
            }
            if request.target.hasPrefix("/old") {
                connection.respond(301, "", headers: ["Location": "/new.git/info/refs?service=git-upload-pack"])
                return true
            }
            if request.target.hasPrefix("/loop") {
                connection.respond(301, "", headers: ["Location": request.target])
                return true
            }
            return false
        }
        let data = try TemporaryFolder()
        func mirror(_ path: String) throws -> GitMirror {
            let source = try GitSource("\(server.url)/\(path)", credentials: GitCredentials(.token("secret")))
            return GitMirror(source, dataDirectory: data.path)
        }
        try await mirror("old.git").refresh()
        await expectFailure(.redirected) { try await mirror("away.git").refresh() }
        await expectFailure(.redirected) { try await mirror("loop.git").refresh() }
        #expect(leaked.withLock { $0 }.isEmpty)
    }

    struct Fault: Sendable, CustomStringConvertible {
        var description: String
        var kind: GitFailure.Kind
        var isRetryable: Bool
        var answer: @Sendable (LoopbackServer.Connection) -> Void
    }

    static let faults: [Fault] = [
        Fault(description: "404", kind: .notFound, isRetryable: false) { $0.respond(404, "no") },
        Fault(description: "503", kind: .server, isRetryable: true) { $0.respond(503, "later") },
        Fault(description: "a web page", kind: .notGit, isRetryable: false) {
            $0.respond(200, "<html>", headers: ["Content-Type": "text/html"])
        },
        Fault(description: "closed", kind: .network, isRetryable: true) { $0.close() },
        Fault(description: "silent", kind: .timeout, isRetryable: true) { $0.waitUntilClosed() },
        Fault(description: "endless", kind: .tooLarge, isRetryable: false) { connection in
            connection.write(
                "HTTP/1.1 200 OK\r\nContent-Type: application/x-git-upload-pack-advertisement\r\n"
                    + "Transfer-Encoding: chunked\r\n\r\n"
            )
            let line = "8000\r\n" + String(repeating: "0", count: 0x8000) + "\r\n"
            while connection.write(line) {}
        },
    ]

    @Test(arguments: faults)
    func namesWhatIsWrongWithTheRemote(_ fault: Fault) async throws {
        let server = try LoopbackServer { _, connection in fault.answer(connection) }
        let data = try TemporaryFolder()
        let mirror = GitMirror(
            try GitSource("\(server.url)/a.git"),
            dataDirectory: data.path,
            limits: GitLimits(fetchTimeout: .milliseconds(fault.kind == .timeout ? 400 : 120_000), fetchBytes: 1 << 20)
        )
        do {
            try await mirror.refresh()
            Issue.record("nothing failed")
        } catch {
            // An endless answer is either too large or, when the parser is first, no Git.
            #expect(error.kind == fault.kind || (fault.kind == .tooLarge && error.kind != .timeout), "\(error)")
            if error.kind == fault.kind { #expect(error.isRetryable == fault.isRetryable) }
        }
    }

    @Test func refusesAServerThatIsNotThere() async throws {
        let server = try LoopbackServer { _, _ in }
        let address = "\(server.url)/a.git"
        server.stop()
        let data = try TemporaryFolder()
        await expectFailure(.network) {
            try await GitMirror(try GitSource(address), dataDirectory: data.path).refresh()
        }
    }

    @Test func cancellingTheTaskStopsTheFetch() async throws {
        let started = AsyncStream<Void>.makeStream()
        let server = try LoopbackServer { _, connection in
            started.continuation.yield()
            connection.waitUntilClosed()
        }
        let data = try TemporaryFolder()
        let mirror = GitMirror(try GitSource("\(server.url)/a.git"), dataDirectory: data.path)
        let fetch = Task { try await mirror.refresh() }
        for await _ in started.stream { break }
        fetch.cancel()
        await expectFailure(.cancelled) { try await fetch.value }
    }

    @Test func replacesADamagedMirror() async throws {
        let repository = try TestRepository()
        let first = try repository.commit("first", ["a": "1"])
        let server = try repository.serve()
        let data = try TemporaryFolder()
        let source = try GitSource("\(server.url)/fleet.git")
        try await GitMirror(source, dataDirectory: data.path).refresh()
        for name in try FileManager.default.contentsOfDirectory(atPath: data.path + "/git") {
            try Data("garbage".utf8).write(to: URL(filePath: "\(data.path)/git/\(name)/HEAD"))
            try Data("[core\nbroken".utf8).write(to: URL(filePath: "\(data.path)/git/\(name)/config"))
        }
        let mirror = GitMirror(source, dataDirectory: data.path)
        try await mirror.refresh()
        #expect(try await mirror.resolve(.branch("main")).id.description == first)
    }

    @Test(.enabled(if: TinyDisk.isAvailable))
    func aFullDiskKeepsWhatWasFetched() async throws {
        let repository = try TestRepository()
        let first = try repository.commit("first", ["a": "1"])
        let server = try repository.serve()
        let disk = try TinyDisk(kilobytes: 512)
        let mirror = GitMirror(try GitSource("\(server.url)/fleet.git"), dataDirectory: disk.path)
        try await mirror.refresh()
        // Random text, so that it does not shrink on the way.
        let large = (0..<120_000).map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }.joined()
        let second = try repository.commit("second", ["large": large])
        for _ in 0..<2 {
            await expectFailure(.storage) { try await mirror.refresh() }
            #expect(try await mirror.resolve(.branch("main")).id.description == first)
            #expect(try await mirror.snapshot(of: .branch("main")).file("a")?.bytes() == [0x31])
        }
        try disk.resize(kilobytes: 16_384)
        try await mirror.refresh()
        #expect(try await mirror.resolve(.branch("main")).id.description == second)
    }
}
