import Foundation
import TestSupport
import Testing

/// The commands of README and docs, run as a user runs them: as a process, on a repository made for the test.
@Suite(.timeLimit(.minutes(3))) struct CommandTests {
    struct Answer {
        var status: Int32
        var output: String
        var errors: String
    }

    /// The program beside the test bundle.
    static let program: URL? = {
        let bundle = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = bundle.deletingLastPathComponent()
        for _ in 0..<4 {
            let candidate = folder.appending(path: "martlet")
            if FileManager.default.isExecutableFile(atPath: candidate.path()) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return nil
    }()

    static func martlet(_ arguments: String..., in folder: URL = ExamplesTests.root) throws -> Answer {
        try martlet(arguments, in: folder)
    }

    static func martlet(_ arguments: [String], in folder: URL = ExamplesTests.root) throws -> Answer {
        let process = Process()
        let program: URL = try #require(Self.program, "the martlet program is not built")
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder
        let output = Pipe()
        let errors = Scratch.place("errors")
        try Data().write(to: errors)
        defer { try? FileManager.default.removeItem(at: errors) }
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Answer(
            status: process.terminationStatus,
            output: String(decoding: text, as: UTF8.self),
            errors: (try? String(contentsOf: errors, encoding: .utf8)) ?? ""
        )
    }

    /// A repository of its own, with the demo fleet in it.
    static func repository() throws -> URL {
        let folder = Scratch.place("martlet")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["fleets", "catalogs"] {
            try FileManager.default.copyItem(
                at: ExamplesTests.root.appending(path: name),
                to: folder.appending(path: name)
            )
        }
        try git(folder, "init", "-q", "-b", "main")
        try commit(folder, "first")
        return folder
    }

    static func git(_ folder: URL, _ arguments: String...) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            ["git", "-C", folder.path(), "-c", "user.name=t", "-c", "user.email=t@example.com"] + arguments
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    static func commit(_ folder: URL, _ message: String) throws {
        try git(folder, "add", "-A")
        try git(folder, "commit", "-q", "-m", message)
    }

    @Test func lintsTheDemoFleet() throws {
        let answer = try Self.martlet("lint", "--repo", try Self.repository().path())
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.output.hasSuffix("no errors.\n"))
    }

    @Test(arguments: [
        (["render", "--fleet", "dmo"], "error: no fleet is named “dmo”\n  hint: did you mean “demo”?\n"),
        (
            ["lint", "--management-cluster", "ap-1"],
            "error: no management cluster is named “ap-1”\n  hint: there is eu-1, us-1\n"
        ),
        (
            ["plan", "--offline", "--fleet", "demo", "--management-cluster", "us-2"],
            "error: no management cluster is named “us-2”\n  hint: did you mean “us-1”?\n"
        ),
        (["values", "guardrails", "--fleet", "edge"], "error: no fleet is named “edge”\n  hint: there is demo\n"),
    ])
    func aMistypedNameIsNoEmptyAnswer(_ arguments: [String], _ message: String) throws {
        let answer = try Self.martlet(arguments + ["--repo", try Self.repository().path()])
        #expect(answer.status == 1)
        #expect(answer.output.isEmpty)
        #expect(answer.errors.hasSuffix(message), "\(answer.errors)")
    }

    @Test func lintNamesThePlaceOfAMistake() throws {
        let folder = try Self.repository()
        let file = folder.appending(path: "fleets/demo/fleet.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacingOccurrences(of: "createNamespaces", with: "createNamespace").write(
            to: file,
            atomically: true,
            encoding: .utf8
        )
        let answer = try Self.martlet("lint", "--repo", folder.path(), "--worktree")
        #expect(answer.status == 1)
        #expect(answer.errors.contains("fleets/demo/fleet.yaml:12:3: error:"), "\(answer.errors)")
        #expect(answer.errors.contains("createNamespaces"), "\(answer.errors)")
    }

    @Test func lintKnowsTimeZones() throws {
        let folder = try Self.repository()
        let file = folder.appending(path: "fleets/demo/fleet.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        let windows = "  rollout:\n    windows: [{from: \"08:00\", to: \"16:00\", timeZone: Europe/Berln}]"
        try text.replacingOccurrences(of: "  rollout:", with: windows).write(
            to: file,
            atomically: true,
            encoding: .utf8
        )
        let answer = try Self.martlet("lint", "--repo", folder.path(), "--worktree")
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.errors.contains("warning: no time zone is named “Europe/Berln” here"), "\(answer.errors)")
    }

    @Test func plansAVersionBumpOffline() throws {
        let folder = try Self.repository()
        let file = folder.appending(path: "fleets/demo/management-clusters/eu-1/clusters/berlin.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        try text.replacingOccurrences(of: "version: v1.33.4", with: "version: v1.34.2").write(
            to: file,
            atomically: true,
            encoding: .utf8
        )
        try Self.commit(folder, "upgrade berlin")
        let answer = try Self.martlet("plan", "--repo", folder.path(), "--offline", "--base", "HEAD~1", "-o", "json")
        #expect(answer.status == 0, "\(answer.errors)")
        let plan = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
        let forecast = plan?["forecast"] as? [String: Any]
        #expect(forecast?["clusters"] as? Int == 1)
        #expect(forecast?["machinesRolled"] as? Int == 6)
        #expect(forecast?["deletes"] as? Int == 0)
        let differs = try Self.martlet("plan", "--repo", folder.path(), "--offline", "--exit-code")
        #expect(differs.status == 3)
    }

    @Test(arguments: [["--offline"], ["--offline", "--worktree"]])
    func plansAFirstCommitAgainstNothing(_ arguments: [String]) throws {
        let folder = try Self.repository()
        defer { try? FileManager.default.removeItem(at: folder) }
        if arguments.contains("--worktree") {
            try FileManager.default.removeItem(at: folder.appending(path: ".git"))
            try Self.git(folder, "init", "-q", "-b", "main")
        }
        let answer = try Self.martlet(["plan", "--repo", folder.path(), "-o", "json"] + arguments)
        #expect(answer.status == 0, "\(answer.errors)")
        #expect(answer.errors.contains("compared with an empty repository"), "\(answer.errors)")
        let plan = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
        #expect(plan?["base"] as? String == "empty")
        let forecast = plan?["forecast"] as? [String: Any]
        #expect((forecast?["creates"] as? Int ?? 0) > 30)
        #expect(forecast?["updates"] as? Int == 0)
        if arguments.contains("--worktree") { return }
        // A revision that is named and not there stays a mistake.
        let wrong = try Self.martlet("plan", "--repo", folder.path(), "--offline", "--base", "nowhere")
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("nowhere"), "\(wrong.errors)")
    }

    @Test func rendersAllObjects() throws {
        let answer = try Self.martlet("render", "--repo", try Self.repository().path(), "-o", "json")
        #expect(answer.status == 0, "\(answer.errors)")
        let objects = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [[String: Any]]
        #expect((objects?.count ?? 0) > 30)
    }

    @Test func wrongUsageIsSaidWithExitCode2() throws {
        #expect(try Self.martlet("plan", "--no-such-flag").status == 2)
        #expect(try Self.martlet("run", "--repo", ".", "--interval", "soon").status == 2)
    }

    @Test func aMissingDaemonIsExplained() throws {
        let answer = try Self.martlet("status", "--server", "http://127.0.0.1:9")
        #expect(answer.status == 1)
        #expect(answer.errors.contains("martlet run"))
    }
}
