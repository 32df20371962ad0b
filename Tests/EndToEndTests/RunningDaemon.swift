import Foundation
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// `martlet run --lab` as a process on a repository of its own, and what tests ask of it.
final class RunningDaemon: Sendable {
    let repository: URL
    let server: String
    private let process: Process
    private let log: URL
    private let ownsRepository: Bool

    struct GaveUp: Error, CustomStringConvertible {
        var description: String
    }

    /// Commits the files and starts the daemon on them. Simulated delays are shortened a hundred times.
    convenience init(_ files: [String: String]) throws {
        let repository = try Self.repository(files)
        try self.init(
            repository: repository,
            dataDirectory: repository.appending(path: ".git/martlet"),
            [
                "--lab", "--time-scale", "100",
                "--kubeconfig-out", repository.appending(path: ".git/kubeconfig").path(),
            ],
            ownsRepository: true
        )
    }

    /// A repository with these files in its first commit.
    static func repository(_ files: [String: String]) throws -> URL {
        let repository = Scratch.place("martlet")
        try FileManager.default.createDirectory(at: repository, withIntermediateDirectories: true)
        try CommandTests.git(repository, "init", "-q", "-b", "main")
        for (path, text) in files { try Self.write(text, to: repository.appending(path: path)) }
        try CommandTests.commit(repository, "first")
        return repository
    }

    /// Starts the daemon on a repository that is there, without a lab of its own.
    init(repository: URL, dataDirectory: URL, _ arguments: [String], ownsRepository: Bool = false) throws {
        self.repository = repository
        self.ownsRepository = ownsRepository
        let port = Int.random(in: 20_000..<32_000)
        server = "http://127.0.0.1:\(port)"
        log = Scratch.place("log")
        try Data().write(to: log)
        process = Process()
        let program: URL = try #require(CommandTests.program, "the martlet program is not built")
        process.executableURL = program
        process.arguments =
            [
                "run", "--repo", repository.path(), "--branch", "main", "--interval", "1s",
                "--listen", "127.0.0.1:\(port)", "--data-dir", dataDirectory.path(),
            ] + arguments
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = process.standardOutput
        try process.run()
    }

    /// Ends it without a word, as a machine that loses its power.
    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks it to end, and answers its exit status.
    func end() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// What it has logged.
    var words: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }  // nothing when it has no log any more

    func stop() {
        if process.isRunning { process.terminate() }
        process.waitUntilExit()
        if ownsRepository { try? FileManager.default.removeItem(at: repository) }  // it lies in the temporary folder
        try? FileManager.default.removeItem(at: log)  // as above
    }

    /// What `status` is made of; nil while nobody answers.
    func status() -> Value? {
        guard let url = URL(string: "\(server)/api/v1/status"), let data = try? Data(contentsOf: url) else {
            return nil
        }
        return try? JSON.parse(String(decoding: data, as: UTF8.self))  // nil, too, while it is starting
    }

    /// Looks again and again until the status is as wanted.
    @discardableResult
    func wait(_ what: String, until isSo: (Value) -> Bool) async throws -> Value {
        var last: Value?
        for _ in 0..<600 {
            last = status()
            if let last, isSo(last) { return last }
            try await Task.sleep(for: .milliseconds(100))
        }
        let tail = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").suffix(2000)  // only words for the failure
        throw GaveUp(description: "\(what) did not come: \(last.map { JSON.text($0) } ?? "no answer"); log: \(tail)")
    }

    private static func write(_ text: String, to file: URL) throws {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(),
            withIntermediateDirectories: true
        )
        try text.write(to: file, atomically: true, encoding: .utf8)
    }

    /// What `plan -o json` says about the files as they are on disk, given what runs.
    func plan() throws -> Value {
        let answer = try CommandTests.martlet(
            "plan",
            "--repo",
            repository.path(),
            "--worktree",
            "--server",
            server,
            "-o",
            "json"
        )
        guard answer.status == 0 else { throw GaveUp(description: answer.errors) }
        return try JSON.parse(answer.output)
    }

    /// Writes files and asks for the plan before anything is committed; `commit` lets it happen.
    func forecast(_ files: [String: String]) throws -> Value {
        for (path, text) in files { try Self.write(text, to: repository.appending(path: path)) }
        return try plan()
    }

    func commit(_ message: String) throws { try CommandTests.commit(repository, message) }

    /// The objects on a management cluster as the daemon has them in its caches.
    func objects(_ fleet: String, _ member: String) throws -> [Manifest] {
        guard let url = URL(string: "\(server)/api/v1/observed/\(fleet)/\(member)") else { return [] }
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        let target = try JSON.parse(text)["targets"]?.array?.first { $0["target"] == "management cluster" }
        return (target?["objects"]?.array ?? []).map { Manifest($0) }
    }

    /// The versions that the history says were written over others, oldest first.
    func versions(writtenTo kind: String) throws -> [String] {
        guard let url = URL(string: "\(server)/api/v1/history?kind=\(kind)&limit=500") else { return [] }
        let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
        let entries = try JSON.parse(text)["entries"]?.array ?? []
        return entries.reversed().flatMap { $0["fields"]?.array ?? [] }
            .filter { $0["path"]?.string?.hasSuffix("spec.version") == true && $0["old"]?.string != nil }
            .compactMap { $0["new"]?.string }
    }

    /// Looks again and again until what is waited for is there. A daemon that is not up yet is waited for.
    func wait(
        _ what: String,
        _ fleet: String,
        _ member: String,
        until isThere: ([Manifest]) -> Bool
    ) async throws {
        var last: [Manifest] = []
        for _ in 0..<600 {
            last = (try? objects(fleet, member)) ?? []  // it may still be starting
            if isThere(last) { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        let machines = last.filter { $0.kind == "Machine" }.map {
            "\($0.name) \($0.spec["version"]?.string ?? "") \($0.status["phase"]?.string ?? "")"
        }
        let tail = ((try? String(contentsOf: log, encoding: .utf8)) ?? "").suffix(2000)  // only words for the failure
        throw GaveUp(description: "\(what) did not come; machines: \(machines.sorted()); log: \(tail)")
    }
}
