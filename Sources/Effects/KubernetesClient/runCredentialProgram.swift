internal import BlockingWork
internal import Glibc
internal import KubernetesModel
internal import StructuredValue

/// Runs a credential program of the operator's kubeconfig and reads the `ExecCredential` it prints.
///
/// Answers the token and how long it is good for; nil when the program does not say.
func runCredentialProgram(_ program: CredentialProgram) async throws(KubernetesFailure) -> (String, Duration?) {
    let runner = ProgramRunner()
    let (status, output) = await runner.run(program)
    let operation = "run credential program \(program.command)"
    guard status == 0 else {
        throw KubernetesFailure(.unauthorized, operation: operation, message: "it ended with status \(status)")
    }
    guard let answer = try? JSON.parse(output), answer["kind"]?.string == "ExecCredential" else {
        throw KubernetesFailure(.unauthorized, operation: operation, message: "it did not print an ExecCredential")
    }
    guard let token = answer["status"]?["token"]?.string, !token.isEmpty else {
        throw KubernetesFailure(.unauthorized, operation: operation, message: "it gave no token")
    }
    guard let text = answer["status"]?["expirationTimestamp"]?.string, let end = Timestamp(text) else {
        return (token, nil)
    }
    let now = Timestamp(seconds: time(nil))
    return (token, max(.seconds(1), now.duration(to: end) - .seconds(10)))
}

/// Waits for child processes on a queue of its own.
private actor ProgramRunner {
    private let executor = BlockingExecutor(label: "credential-program")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// More output than this is cut off; credentials are small.
    private static let maximumOutput = 1 << 20

    func run(_ program: CredentialProgram) -> (status: Int32, output: [UInt8]) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return (127, []) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addclose(&actions, ends[0])
        let information =
            #"{"apiVersion":"\#(program.apiVersion)","kind":"ExecCredential","spec":{"interactive":false}}"#
        var environment: [String] = []
        var cursor = environ
        while let entry = cursor.pointee {
            environment.append(String(cString: entry))
            cursor += 1
        }
        environment += program.environment.map { "\($0.key)=\($0.value)" }
        environment.append("KUBERNETES_EXEC_INFO=\(information)")
        var process = pid_t()
        let arguments = Self.cStrings([program.command] + program.arguments)
        let variables = Self.cStrings(environment)
        let status = posix_spawnp(&process, program.command, &actions, nil, arguments, variables)
        for text in arguments + variables { free(text) }
        close(ends[1])
        defer { close(ends[0]) }
        guard status == 0 else { return (127, []) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(ends[0], &buffer, buffer.count)
            if count <= 0 || output.count > Self.maximumOutput { break }
            output.append(contentsOf: buffer[..<count])
        }
        var result: Int32 = 0
        waitpid(process, &result, 0)
        return (result & 0x7F == 0 ? (result >> 8) & 0xFF : 128 + (result & 0x7F), output)
    }

    /// Copies that the caller frees, ended by nil.
    private static func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] { texts.map { strdup($0) } + [nil] }
}
