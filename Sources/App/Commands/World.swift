internal import APIServer
internal import FoundationEssentials
internal import KubernetesClient
internal import KubernetesModel

/// The clocks and the chance that only the App layer may reach; everything below gets them handed in.
enum World {
    /// The present moment.
    static let now: @Sendable () -> Timestamp = {
        let seconds = Date().timeIntervalSince1970
        let whole = seconds.rounded(.down)
        return Timestamp(seconds: Int(whole), microseconds: Int((seconds - whole) * 1_000_000))
    }

    /// A number in 0..<1.
    static let random: @Sendable () -> Double = { Double.random(in: 0..<1) }

    static let serverClock = ServerClock(now: now, sleep: { try await Task.sleep(for: $0) })

    static let pace = Pace(clock: ContinuousClock(), random: random)

    /// A name for this process that no other one has.
    static func identity() -> String {
        let host = ProcessInfo.processInfo.hostName
        return host + "-" + randomBytes(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    static func randomBytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255) } }

    /// A name that nothing else has.
    static var randomName: String { randomBytes(8).map { String($0, radix: 16) }.joined() }

    /// The file that this process runs.
    static var ownProgram: String {
        // Without /proc the name it was started by must do.
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// Reads a whole file; throws a sentence when it cannot be read.
    static func read(_ path: String) throws -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure("\(path) cannot be read")
        }
    }

    /// Writes a file whole or not at all.
    static func write(_ text: String, to path: String) throws {
        do {
            try Data(text.utf8).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure("\(path) cannot be written")
        }
    }
}
