import SourceFiles
import TestSupport
import Testing

@testable import GitStore

@Suite(.timeLimit(.minutes(1))) struct LocalRepositoryTests {
    @Test func readsTheCommittedFilesInPlace() async throws {
        let repository = try TestRepository()
        let id = try repository.commit("first", ["a.yaml": "a: 1\n", "dir/b.yaml": "b: 2\n"])
        try repository.folder.write("changed", to: "a.yaml")
        let tree = try await repository.mirror().snapshot(of: .branch(nil))
        #expect(tree.revision == id)
        #expect(tree.files.map(\.path) == ["a.yaml", "dir/b.yaml"])
        #expect(try tree.file("a.yaml")?.bytes() == Array("a: 1\n".utf8))
        #expect(tree.file("a.yaml")?.contentID == (try repository.git("rev-parse", "HEAD:a.yaml")))
    }

    @Test func seesANewCommitWithoutReopening() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1"])
        let mirror = try repository.mirror()
        let first = try await mirror.resolve(.branch("main"))
        let id = try repository.commit("second\n\nbody", ["a": "2", "new/b": "3"])
        let second = try await mirror.resolve(.branch("main"))
        #expect(second.id.description == id)
        #expect(second.summary == "second")
        #expect(second.author == GitCommit.Person(name: "Ada", email: "ada@example.org"))
        #expect(second.parents == [first.id])
        #expect(
            try await mirror.changes(from: first, to: second) == [
                GitChange(path: "a", kind: .modified), GitChange(path: "new/b", kind: .added),
            ]
        )
        #expect(try await mirror.isAncestor(first.id, of: second.id))
        #expect(try await mirror.isAncestor(second.id, of: first.id) == false)
    }

    @Test func readsBareRepositoriesAndFileAddresses() async throws {
        let repository = try TestRepository()
        let id = try repository.commit("first", ["a": "1"])
        try repository.git("clone", "--quiet", "--bare", ".", "bare.git")
        let mirror = GitMirror(try GitSource("file://\(repository.path)/bare.git"), dataDirectory: "/nowhere")
        #expect(try await mirror.snapshot(of: .branch("main")).revision == id)
    }

    @Test func resolvesRevisionsAsGitDoes() async throws {
        let repository = try TestRepository()
        for number in 1...7 { try repository.commit("c\(number)", ["n": "\(number)"]) }
        try repository.git("tag", "--annotate", "--message", "x", "v1.0.0", "HEAD~3")
        try repository.git("branch", "side", "HEAD~2")
        let mirror = try repository.mirror()
        for revision in ["HEAD", "HEAD~6", "HEAD^", "main", "side", "v1.0.0", "side~1"] {
            let expected = try repository.git("rev-parse", "\(revision)^{commit}")
            #expect(try await mirror.resolve(revision: revision).id.description == expected)
            let short = String(expected.prefix(8))
            #expect(try await mirror.resolve(revision: short).id.description == expected)
            #expect(try await mirror.resolve(.commit(short)).id.description == expected)
        }
        await expectFailure(.notFound) { _ = try await mirror.resolve(revision: "nothing") }
        await expectFailure(.invalid) { _ = try await mirror.resolve(revision: "--exec=x") }
        await expectFailure(.invalid) { _ = try await mirror.resolve(.commit("HEAD")) }
    }

    @Test func choosesTheHighestTagWithinARange() async throws {
        let repository = try TestRepository()
        for tag in ["v1.0.0", "v1.2.0", "1.10.0", "v2.0.0", "v1.11.0-rc.1", "release"] {
            try repository.commit(tag, ["n": tag])
            try repository.git("tag", tag)
        }
        let mirror = try repository.mirror()
        #expect(try await mirror.resolve(.semver("^1.0")).tag == "1.10.0")
        #expect(try await mirror.resolve(.semver(">=1.0.0")).tag == "v2.0.0")
        #expect(try await mirror.resolve(.semver("~1.0")).summary == "v1.0.0")
        await expectFailure(.notFound) { _ = try await mirror.resolve(.semver("^3")) }
        await expectFailure(.invalid) { _ = try await mirror.resolve(.semver("not a range")) }
    }

    @Test func tellsWhatIsMissing() async throws {
        let empty = try TestRepository()
        await expectFailure(.notFound) { _ = try await empty.mirror().resolve(.branch(nil)) }
        await expectFailure(.notFound) { _ = try await empty.mirror().resolve(.branch("nope")) }
        let folder = try TemporaryFolder()
        let mirror = GitMirror(try GitSource(folder.path), dataDirectory: folder.path)
        await expectFailure(.notFound) { _ = try await mirror.resolve(.branch(nil)) }
    }

    @Test func putsWhatLinksNameInTheirPlace() async throws {
        let repository = try TestRepository()
        try repository.folder.write("x", to: "real/file")
        for (target, link) in [
            ("real/file", "link"), ("real", "folder"), ("/etc/passwd", "absolute"), ("../../outside", "outside"),
            ("../loop", "loop/self"), ("missing", "dangling"),
        ] {
            try repository.folder.run("mkdir", ["-p", "loop"])
            try repository.folder.run("ln", ["-s", target, link])
        }
        try repository.commit("links", [:])
        let committed = try await repository.mirror().snapshot(of: .branch(nil))
        #expect(committed.files.map(\.path) == ["folder/file", "link", "real/file"])
        #expect(try DiskTree(root: repository.path).read().files.map(\.path) == committed.files.map(\.path))
    }

    @Test func readsTheWorkTreeAsItStands() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["kept": "1", "changed": "1", "deleted": "1", ".gitignore": "*.log\n"])
        try repository.folder.write("2", to: "changed")
        try repository.folder.write("new", to: "sub/new")
        try repository.folder.write("staged", to: "staged")
        try repository.git("add", "staged")
        try repository.folder.write("noise", to: "x.log")
        try repository.folder.run("rm", ["deleted"])
        let tree = try await repository.mirror().workTree()
        #expect(tree.revision == "worktree")
        #expect(tree.files.map(\.path) == [".gitignore", "changed", "kept", "staged", "sub/new"])
        #expect(try tree.file("changed")?.bytes() == Array("2".utf8))
        #expect(tree.file("changed")?.contentID == (try repository.git("hash-object", "changed")))
    }

    @Test func commitsAnEditAndNothingElse() async throws {
        let repository = try TestRepository()
        let first = try repository.commit("first", ["a.yaml": "v: 1\n", "b": "1"])
        try repository.folder.write("2", to: "b")
        let mirror = try repository.mirror()
        let commit = try await mirror.record(
            [GitEdit(path: "a.yaml", bytes: Array("v: 2\n".utf8)), GitEdit(path: "x/y", bytes: Array("new".utf8))],
            message: "Upgrade"
        )
        #expect(try repository.git("rev-parse", "HEAD") == commit.id.description)
        #expect(try repository.git("rev-parse", "HEAD~1") == first)
        #expect(try repository.folder.read("a.yaml") == "v: 2\n")
        let status = try repository.git("status", "--porcelain")
        #expect(status == "M b")
        let shown = try repository.git("show", "--name-only", "--format=%s %an")
        #expect(shown == "Upgrade Ada\n\na.yaml\nx/y")
    }

    @Test func readsAndCommitsInALinkedWorkTree() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1"])
        try repository.git("worktree", "add", "--quiet", "-b", "side", "linked")
        try repository.folder.write("2", to: "linked/b")
        let mirror = GitMirror(try GitSource(repository.path + "/linked"), dataDirectory: "/nowhere")
        #expect(try await mirror.currentBranch() == "side")
        #expect(try await mirror.snapshot(of: .branch(nil)).files.map(\.path) == ["a"])
        #expect(try await mirror.workTree().files.map(\.path) == ["a", "b"])
        let commit = try await mirror.record([GitEdit(path: "b", bytes: [0x32])], message: "b")
        #expect(try repository.git("rev-parse", "side") == commit.id.description)
        #expect(try repository.git("-C", "linked", "status", "--porcelain") == "")
    }

    @Test func aSnapshotOutlivesRepacking() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1", "b": "2"])
        let mirror = try repository.mirror()
        let tree = try await mirror.snapshot(of: .branch(nil))
        #expect(try tree.file("a")?.bytes() == [0x31])
        try repository.commit("second", ["c": "3"])
        try repository.git("gc", "--quiet", "--prune=now")
        #expect(try tree.file("b")?.bytes() == [0x32])
        #expect(try await mirror.snapshot(of: .branch(nil)).files.count == 3)
    }

    @Test func aRepositoryThatIsReplacedIsReadAnew() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1"])
        let mirror = try repository.mirror()
        #expect(try await mirror.snapshot(of: .branch(nil)).files.count == 1)
        try repository.folder.run("rm", ["-rf", ".git"])
        do {
            _ = try await mirror.resolve(.branch(nil))
            Issue.record("nothing failed")
        } catch {
            #expect(error.kind == .notFound)
            #expect(error.message == "there is no Git repository")
        }
        try repository.git("init", "--quiet", "--initial-branch=main", ".")
        try repository.git("config", "user.name", "Ada")
        try repository.git("config", "user.email", "ada@example.org")
        let id = try repository.commit("other", ["a": "2", "b": "3"])
        let tree = try await mirror.snapshot(of: .branch(nil))
        #expect(tree.revision == id)
        #expect(try tree.file("b")?.bytes() == [0x33])
    }

    @Test func aDetachedHeadIsNotCommittedTo() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["a": "1"])
        try repository.git("checkout", "--quiet", "--detach")
        let mirror = try repository.mirror()
        await expectFailure(.conflict) {
            _ = try await mirror.record([GitEdit(path: "b", bytes: [0x32])], message: "b")
        }
    }

    @Test func filesBeyondTheLimitAreRefusedWhenRead() async throws {
        let repository = try TestRepository()
        try repository.commit("first", ["big": String(repeating: "x", count: 5_000), "small": "x"])
        let mirror = GitMirror(
            try GitSource(repository.path),
            dataDirectory: "/nowhere",
            limits: GitLimits(fileBytes: 1_000, files: 2)
        )
        let tree = try await mirror.snapshot(of: .branch(nil))
        #expect(try tree.file("small")?.bytes() == [0x78])
        await expectFailure(.tooLarge) { _ = try tree.file("big")?.bytes() }
        try repository.commit("second", ["third": "x"])
        await expectFailure(.tooLarge) { _ = try await mirror.snapshot(of: .branch(nil)) }
    }

    @Test func doesNotOverwriteAnUncommittedChange() async throws {
        let repository = try TestRepository()
        let first = try repository.commit("first", ["a": "1"])
        try repository.folder.write("by hand", to: "a")
        let mirror = try repository.mirror()
        await expectFailure(.conflict) {
            _ = try await mirror.record([GitEdit(path: "a", bytes: [0x32])], message: "x")
        }
        #expect(try repository.folder.read("a") == "by hand")
        #expect(try repository.git("rev-parse", "HEAD") == first)
    }
}

/// Expects a Git failure of one kind.
func expectFailure(
    _ kind: GitFailure.Kind,
    sourceLocation: Testing.SourceLocation = #_sourceLocation,
    _ body: () async throws -> Void
) async {
    do {
        try await body()
        Issue.record("nothing failed", sourceLocation: sourceLocation)
    } catch let failure as GitFailure {
        #expect(failure.kind == kind, "\(failure)", sourceLocation: sourceLocation)
    } catch {
        Issue.record("failed otherwise: \(error)", sourceLocation: sourceLocation)
    }
}
