import Foundation
import TestSupport
import Testing

/// `martlet init`, `add`, `hold`, `unhold` and `completions`, as a newcomer runs them.
@Suite(.timeLimit(.minutes(3))) struct EditCommandTests {
    @Test func aNewcomerBuildsARepositoryThatLintsAndPlans() throws {
        let folder = Scratch.place("martlet")
        let repo = folder.path()
        #expect(try CommandTests.martlet("init", repo, "--fleet", "edge").status == 0)
        try FileManager.default.copyItem(
            at: ExamplesTests.root.appending(path: "catalogs"),
            to: folder.appending(path: "catalogs")
        )
        let steps = [
            ["add", "management-cluster", "mc-2", "--label", "wave=canary"],
            [
                "add", "cluster", "c1", "--management-cluster", "mc-2", "--version", "v1.33.4", "--class",
                "lab-standard",
            ],
            ["add", "app", "guard", "--catalog", "demo", "--chart", "guardrails", "--version", "^1", "--common"],
        ]
        for step in steps {
            let answer = try CommandTests.martlet(step + ["--repo", repo])
            #expect(answer.status == 0, "\(step): \(answer.errors)")
        }
        let lint = try CommandTests.martlet("lint", "--repo", repo, "--worktree")
        #expect(lint.status == 0 && lint.output.hasPrefix("2 management clusters"), "\(lint.errors)")
        try CommandTests.commit(folder, "first")
        let twice = try CommandTests.martlet("init", repo, "--fleet", "edge")
        #expect(twice.status == 0 && twice.errors.contains("is there already"), "\(twice.errors)")
        let unknown = try CommandTests.martlet(
            "add",
            "app",
            "x",
            "--catalog",
            "dmo",
            "--version",
            "1.0.0",
            "--common",
            "--repo",
            repo
        )
        #expect(unknown.status == 1 && unknown.errors.contains("did you mean “demo”?"), "\(unknown.errors)")
    }

    @Test func aHoldIsWrittenCommittedAndReleased() throws {
        let folder = try CommandTests.repository()
        try CommandTests.git(folder, "config", "user.name", "Test")
        try CommandTests.git(folder, "config", "user.email", "t@example.com")
        let file = folder.appending(path: "fleets/demo/fleet.yaml")
        let before = try String(contentsOf: file, encoding: .utf8)
        let repo = folder.path()
        let hold = try CommandTests.martlet(
            ["hold", "guardrails", "--reason", "incident 42", "--until", "2099-12-01", "--commit", "--repo", repo]
        )
        #expect(hold.status == 0, "\(hold.errors)")
        let held = try String(contentsOf: file, encoding: .utf8)
        #expect(held.hasPrefix(before) && held.contains("incident 42"), "\(held)")
        #expect(try CommandTests.martlet("lint", "--repo", repo).status == 0)
        let bad = try CommandTests.martlet(
            ["hold", "guardrails", "--reason", "x", "--until", "soon", "--repo", repo]
        )
        #expect(bad.status == 1 && bad.errors.contains("bad-date"), "\(bad.errors)")
        #expect(try String(contentsOf: file, encoding: .utf8) == held)
        let unhold = try CommandTests.martlet("unhold", "guardrails", "--repo", repo)
        #expect(unhold.status == 0, "\(unhold.errors)")
        #expect(try String(contentsOf: file, encoding: .utf8) == before)
    }

    @Test(arguments: ["bash", "zsh", "fish"])
    func completionsKnowTheCommands(shell: String) throws {
        let answer = try CommandTests.martlet("completions", shell)
        #expect(answer.status == 0)
        for command in ["upgrade", "values", "catalogs", "hold"] { #expect(answer.output.contains(command)) }
    }
}
