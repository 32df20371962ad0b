import APIServer
import FoundationEssentials
import KubernetesModel
import Logging
import TestSupport
import Testing

@testable import ClusterSimulator

@Suite(.timeLimit(.minutes(1)))
struct LabTests {
    /// Runs a lab in a directory until the body is done.
    @discardableResult
    private func withLab<Result: Sendable>(
        in directory: String?,
        _ body: (ClusterSimulator.Lab) async throws -> Result
    ) async throws -> Result {
        let start = ContinuousClock.now
        let clock = ServerClock(
            now: { Timestamp(seconds: 1_790_000_000).advanced(by: start.duration(to: .now)) },
            sleep: { try await Task.sleep(for: $0) }
        )
        let lab = ClusterSimulator.Lab(
            .init(dataDirectory: directory, definitions: [], timeScale: 100),
            clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await lab.run() }
            let result = try await body(lab)
            group.cancelAll()
            return result
        }
    }

    @Test func aManagementClusterIsTheSameAfterARestart() async throws {
        let directory = Scratch.place("lab").path()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let first = try await withLab(in: directory) { try await $0.start("mc-1") }
        let second = try await withLab(in: directory) { try await $0.start("mc-1") }
        #expect(first == second)
        #expect(kubeconfigText(for: [first]) == kubeconfigText(for: [second]))
    }

    @Test func startingTwiceFindsTheSame() async throws {
        try await withLab(in: nil) { lab in
            async let one = lab.start("mc-1")
            async let two = lab.start("mc-1")
            let endpoints = try await [one, two]
            #expect(endpoints[0] == endpoints[1])
            let other = try await lab.start("mc-2")
            #expect(other.server != endpoints[0].server)
        }
    }

    @Test func aNameThatIsAPathIsRefused() async throws {
        try await withLab(in: nil) { lab in
            await #expect(throws: LabFailure.self) { try await lab.start("../mc-1") }
        }
    }
}
