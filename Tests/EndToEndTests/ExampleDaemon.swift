import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import StructuredValue
import TestSupport
import Testing

/// A daemon with a lab on a copy of an example, and a client of one of its management clusters.
struct ExampleDaemon: Sendable {
    let folder: URL
    let server: String
    let client: APIClient
    private let process: BackgroundProgram

    /// - Parameters:
    ///   - arguments: Of `martlet run`; paths in them are seen from the copy.
    ///   - prepare: What is done to the copy before its first commit.
    static func start(
        _ example: String,
        context: String,
        _ arguments: [String],
        prepare: (URL) throws -> Void = { _ in }
    ) async throws -> ExampleDaemon {
        let folder = Scratch.place("martlet")
        try FileManager.default.copyItem(at: ExamplesTests.root.appending(path: "examples/\(example)"), to: folder)
        try prepare(folder)
        try CommandTests.git(folder, "init", "-q", "-b", "main")
        try CommandTests.commit(folder, "start")
        let program: URL = try #require(CommandTests.program, "the martlet program is not built")
        let port = try freePort()
        let kubeconfig = folder.appending(path: ".git/kubeconfig")
        let process = try BackgroundProgram(
            program.path(),
            [
                "run", "--repo", folder.path(), "--branch", "main", "--interval", "1s", "--listen", "127.0.0.1:\(port)",
                "--data-dir", folder.appending(path: ".git/martlet").path(), "--lab",
                "--kubeconfig-out", kubeconfig.path(),
            ] + arguments.map { $0.replacing("FOLDER/", with: folder.path() + "/") }
        )
        try await until("the daemon writes its kubeconfig") {
            FileManager.default.fileExists(atPath: kubeconfig.path())
        }
        let text = try String(contentsOf: kubeconfig, encoding: .utf8)
        let rules = Kubeconfig.Rules.operatorGiven(directory: folder.path())
        let connection = try Kubeconfig(text: text, file: "kubeconfig", rules: rules).connection(context: context)
        let pace = Pace(clock: ContinuousClock(), random: { Double.random(in: 0..<1) })
        let client = APIClient(connection, transport: HTTPTransport(), pace: pace)
        return ExampleDaemon(
            folder: folder,
            server: "http://127.0.0.1:\(port)",
            client: client,
            process: process
        )
    }

    /// Replaces a text in a file of the copy, and commits everything.
    func edit(_ file: String, _ old: String, _ new: String) throws {
        let place = folder.appending(path: file)
        let text = try String(contentsOf: place, encoding: .utf8)
        try #require(text.contains(old), "\(file) has no \(old)")
        try text.replacing(old, with: new).write(to: place, atomically: true, encoding: .utf8)
        try CommandTests.commit(folder, "edit \(file)")
    }

    /// A client of a workload cluster, by the Secret that has its kubeconfig.
    func workload(_ cluster: String) async throws -> APIClient {
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Secret")
        let secret = try await client.get(kind, namespace: "trees", name: "\(cluster)-kubeconfig")
        // Whoever waits for a cluster asks before it has one.
        guard let encoded = secret?.value[path: "data", "value"]?.string, let data = Data(base64Encoded: encoded) else {
            throw KubernetesFailure(.notFound, operation: "find the kubeconfig of \(cluster)", message: "there is none")
        }
        let kubeconfig = try Kubeconfig(text: String(decoding: data, as: UTF8.self), file: cluster, rules: .untrusted)
        let pace = Pace(clock: ContinuousClock(), random: { Double.random(in: 0..<1) })
        return APIClient(try kubeconfig.connection(), transport: Self.transport, pace: pace)
    }

    private static let transport = HTTPTransport()

    /// A port that nothing listens on.
    private static func freePort() throws -> Int {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(listener) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener, $0, size) == 0 && getsockname(listener, $0, &size) == 0
            }
        }
        try #require(isBound)
        return Int(address.sin_port.bigEndian)
    }

    /// Waits until something holds. What is not there yet counts as not holding.
    static func until(
        _ what: String,
        within limit: Duration = .seconds(60),
        sourceLocation: SourceLocation = #_sourceLocation,
        _ holds: () async throws -> Bool
    ) async throws {
        let end = ContinuousClock.now + limit
        while ContinuousClock.now < end {
            if (try? await holds()) == true { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("\(what): not within \(limit)", sourceLocation: sourceLocation)
        throw CancellationError()
    }
}
