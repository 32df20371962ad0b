import Foundation
import Synchronization
import TestSupport
import Testing

@testable import GitStore

@Suite struct GitSourceTests {
    struct Example: Sendable {
        var address: String
        var location: GitSource.Location?
        var origin = ""
    }

    static let examples: [Example] = [
        Example(address: "/srv/fleet", location: .local(path: "/srv/fleet")),
        Example(address: ".", location: .local(path: ".")),
        Example(
            address: "dir:x/y",
            location: .ssh(user: nil, host: "dir", port: nil, path: "x/y"),
            origin: "ssh://dir:22"
        ),
        Example(address: "./dir:x", location: .local(path: "./dir:x")),
        Example(address: "file:///srv/fleet.git", location: .local(path: "/srv/fleet.git")),
        Example(
            address: "https://Git.example.org/a/b.git",
            location: .http(url: "https://Git.example.org/a/b.git"),
            origin: "https://git.example.org:443"
        ),
        Example(address: "http://h:8080/a", location: .http(url: "http://h:8080/a"), origin: "http://h:8080"),
        Example(address: "https://me:p%40ss@h/a", location: .http(url: "https://h/a"), origin: "https://h:443"),
        Example(
            address: "git@h:org/a.git",
            location: .ssh(user: "git", host: "h", port: nil, path: "org/a.git"),
            origin: "ssh://h:22"
        ),
        Example(
            address: "ssh://git@h:2222/org/a.git",
            location: .ssh(user: "git", host: "h", port: 2222, path: "/org/a.git"),
            origin: "ssh://h:2222"
        ),
        Example(address: "ssh://-oProxyCommand=x/a", location: nil),
        Example(address: "-oProxyCommand=x:a", location: nil),
        Example(address: "git://h/a", location: nil),
        Example(
            address: "ext::sh -c x",
            location: .ssh(user: nil, host: "ext", port: nil, path: ":sh -c x"),
            origin: "ssh://ext:22"
        ),
        Example(address: "ssh://h:99999/a", location: nil),
        Example(address: "https://h/a\nb", location: nil),
        Example(address: "", location: nil),
    ]

    @Test(arguments: examples)
    func readsAddresses(_ example: Example) {
        do throws(GitFailure) {
            let source = try GitSource(example.address)
            #expect(source.location == example.location)
            #expect(source.origin == example.origin)
        } catch {
            #expect(example.location == nil, "\(error)")
            #expect(error.kind == .invalid)
        }
    }

    @Test func credentialsInTheAddressNeverShow() throws {
        let source = try GitSource("https://me:p%40ss@h/a")
        #expect(source.credentials.secret == .basic(user: "me", password: "p@ss"))
        #expect(!"\(source)".contains("p@ss"))
        #expect(source.description == "https://h/a")
        var dumped = ""
        dump(source, to: &dumped)
        #expect(!dumped.contains("p@ss"))
    }

    @Test func credentialsOfAnotherOriginAreRefused() {
        for origin in ["https://other", "http://h", "https://h:8443"] {
            #expect(throws: GitFailure.self) {
                try GitSource("https://h/a", credentials: GitCredentials(.token("t"), origin: origin))
            }
        }
    }
}

@Suite struct PollScheduleTests {
    @Test func slowsDownAfterFailuresUpToTheCeiling() {
        var schedule = PollSchedule(interval: .seconds(30), ceiling: .seconds(100))
        func pause(_ outcome: PollSchedule.Outcome) -> Duration { schedule.pause(after: outcome, random: 0.5) }
        #expect(pause(.changed) == .seconds(30))
        #expect(pause(.failed(isRetryable: true)) == .seconds(30))
        #expect(pause(.failed(isRetryable: true)) == .seconds(60))
        #expect(pause(.failed(isRetryable: true)) == .seconds(100))
        #expect(pause(.unchanged) == .seconds(30))
        #expect(pause(.failed(isRetryable: false)) == .seconds(60))
    }

    @Test func jitterStaysWithinItsShare() {
        var schedule = PollSchedule(interval: .seconds(10), jitter: 0.2)
        let pauses = [0.0, 1.0].map { schedule.pause(after: .unchanged, random: $0) }
        #expect(pauses == [.seconds(8), .seconds(12)])
    }

    @Test func aPokeEndsOnePause() {
        var schedule = PollSchedule(interval: .seconds(30))
        let first = schedule.poke()
        let second = schedule.poke()
        #expect(first && !second)
        let pauses = [0.5, 0.5].map { schedule.pause(after: .unchanged, random: $0) }
        #expect(pauses == [.zero, .seconds(30)])
    }
}

@Suite(.timeLimit(.minutes(1))) struct GitPollerTests {
    @Test func reportsEachNewCommitOnce() async throws {
        let repository = try TestRepository()
        try repository.commit("one", ["a": "1"])
        let clock = ManualClock()
        let poller = GitPoller(
            try repository.mirror(),
            following: .branch("main"),
            schedule: PollSchedule(interval: .seconds(30)),
            clock: clock,
            random: { 0.5 }
        )
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let run = Task {
            await poller.run { report in
                continuation.yield(Self.word(report))
                return true
            }
            continuation.finish()
        }
        var reports = stream.makeAsyncIterator()
        #expect(await reports.next() == "one")
        while clock.sleeperCount == 0 { await Task.yield() }
        try repository.commit("two", ["a": "2"])
        clock.advance(by: .seconds(30))
        #expect(await reports.next() == "two")
        while clock.sleeperCount == 0 { await Task.yield() }
        try repository.commit("three", ["a": "3"])
        await poller.poke()
        #expect(await reports.next() == "three")
        run.cancel()
        #expect(await reports.next() == nil)
    }

    private static func word(_ report: GitReport) -> String {
        switch report {
        case .commit(let commit): commit.summary
        case .recovered: "recovered"
        case .failure(let failure): failure.kind.rawValue
        }
    }

    /// Follows `main` of a repository with a clock of its own; every report is answered by `take`.
    private func following(
        _ repository: TestRepository,
        _ clock: ManualClock,
        take: @escaping @Sendable (String) -> Bool
    ) throws -> (reports: AsyncStream<String>, run: Task<Void, Never>) {
        let poller = GitPoller(
            try repository.mirror(),
            following: .branch("main"),
            schedule: PollSchedule(interval: .seconds(30)),
            clock: clock,
            random: { 0.5 }
        )
        let (stream, continuation) = AsyncStream<String>.makeStream()
        let run = Task {
            await poller.run { report in
                continuation.yield(Self.word(report))
                return take(Self.word(report))
            }
            continuation.finish()
        }
        return (stream, run)
    }

    private func lookAgain(_ clock: ManualClock) async {
        while clock.sleeperCount == 0 { await Task.yield() }
        clock.advance(by: .seconds(600))
    }

    @Test func saysWhenARepositoryThatWasGoneIsBackWithNothingNew() async throws {
        let repository = try TestRepository()
        try repository.commit("one", ["a": "1"])
        let clock = ManualClock()
        let (stream, run) = try following(repository, clock) { _ in true }
        var reports = stream.makeAsyncIterator()
        #expect(await reports.next() == "one")
        while clock.sleeperCount == 0 { await Task.yield() }
        try FileManager.default.moveItem(atPath: repository.path + "/.git", toPath: repository.path + "/away")
        await lookAgain(clock)
        #expect(await reports.next() == "notFound")
        while clock.sleeperCount == 0 { await Task.yield() }
        try FileManager.default.moveItem(atPath: repository.path + "/away", toPath: repository.path + "/.git")
        await lookAgain(clock)
        #expect(await reports.next() == "recovered")
        // Said once.
        await lookAgain(clock)
        while clock.sleeperCount == 0 { await Task.yield() }
        try repository.commit("two", ["a": "2"])
        await lookAgain(clock)
        #expect(await reports.next() == "two")
        run.cancel()
    }

    @Test func aCommitThatWasNotTakenComesAgain() async throws {
        let repository = try TestRepository()
        try repository.commit("one", ["a": "1"])
        let clock = ManualClock()
        let refusals = Mutex(2)
        let (stream, run) = try following(repository, clock) { _ in
            refusals.withLock { left in
                left -= 1
                return left < 0
            }
        }
        var reports = stream.makeAsyncIterator()
        for _ in 0..<3 {
            #expect(await reports.next() == "one")
            await lookAgain(clock)
        }
        while clock.sleeperCount == 0 { await Task.yield() }
        try repository.commit("two", ["a": "2"])
        await lookAgain(clock)
        #expect(await reports.next() == "two")
        run.cancel()
    }
}
