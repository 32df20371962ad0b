internal import BlockingWork
internal import Glibc
internal import KubernetesModel
internal import StructuredValue

/// Runs a credential program of the operator's kubeconfig and reads the `ExecCredential` it prints.
///
/// Answers what it grants and how long that is good for; nil when the program does not say.
func runCredentialProgram(
    _ program: CredentialProgram
) async throws(KubernetesFailure) -> (CredentialSource.Grant, Duration?) {
    let operation = "run credential program \(program.command)"
    func failure(_ message: String) -> KubernetesFailure {
        KubernetesFailure(.unauthorized, operation: operation, message: message)
    }
    let (status, output) = await ProgramRunner().run(program, deadline: .seconds(60))
    guard status == 0 else { throw failure("it ended with status \(status)") }
    // Whatever else it printed, it is not what was asked for.
    guard let answer = try? JSON.parse(output), answer["kind"]?.string == "ExecCredential",
        let credential = answer["status"]
    else { throw failure("it did not print an ExecCredential") }
    var grant = CredentialSource.Grant()
    if let token = credential["token"]?.string, !token.isEmpty { grant.authorization = "Bearer \(token)" }
    if let certificate = credential["clientCertificateData"]?.string, let key = credential["clientKeyData"]?.string {
        grant.certificate = Array(certificate.utf8)
        grant.key = Array(key.utf8)
    }
    guard grant.authorization != nil || grant.certificate != nil else {
        throw failure("it gave neither a token nor a certificate with its key")
    }
    guard let text = credential["expirationTimestamp"]?.string, let end = Timestamp(text) else { return (grant, nil) }
    let now = Timestamp(seconds: time(nil))
    return (grant, max(.seconds(1), now.duration(to: end) - .seconds(10)))
}

/// Waits for child processes on a queue of its own.
private actor ProgramRunner {
    private let executor = BlockingExecutor(label: "credential-program")
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// More output than this is cut off; credentials are small.
    private static let maximumOutput = 1 << 20

    /// Answers 127 when the program cannot be started, 128 and more when it had to be ended.
    func run(_ program: CredentialProgram, deadline: Duration) -> (status: Int32, output: [UInt8]) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return (127, []) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        // Threads of this process may block signals, and a child inherits that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var process = pid_t()
        let arguments = Self.cStrings([program.command] + program.arguments)
        let variables = Self.cStrings(Self.environment(of: program))
        let status = posix_spawnp(&process, program.command, &actions, &attributes, arguments, variables)
        for text in arguments + variables { free(text) }
        close(ends[1])
        guard status == 0 else { return (127, []) }
        let (output, isComplete) = Self.readAll(from: ends[0], until: ContinuousClock.now.advanced(by: deadline))
        if !isComplete { kill(process, SIGKILL) }
        var result: Int32 = 0
        while waitpid(process, &result, 0) < 0, errno == EINTR {}
        return (result & 0x7F == 0 ? (result >> 8) & 0xFF : 128 + (result & 0x7F), output)
    }

    private static func readAll(
        from file: Int32,
        until deadline: ContinuousClock.Instant
    ) -> (output: [UInt8], isComplete: Bool) {
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while output.count <= maximumOutput {
            let left = ContinuousClock.now.duration(to: deadline).components
            var entry = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
            if left.seconds < 0 || left.attoseconds < 0 { return (output, false) }
            if poll(&entry, 1, Int32(clamping: left.seconds * 1000 + 1)) <= 0 { continue }
            let count = read(file, &buffer, buffer.count)
            if count == 0 { return (output, true) }
            if count > 0 { output.append(contentsOf: buffer[..<count]) }
        }
        return (output, false)
    }

    /// The environment of this process with the program's own variables instead of or beside it.
    private static func environment(of program: CredentialProgram) -> [String] {
        var variables: [String: String] = [:]
        var cursor = environ
        while let entry = cursor.pointee {
            let text = String(cString: entry)
            if let sign = text.firstIndex(of: "=") {
                variables[String(text[..<sign])] = String(text[text.index(after: sign)...])
            }
            cursor += 1
        }
        variables.merge(program.environment) { $1 }
        let request: Value = [
            "apiVersion": .string(program.apiVersion), "kind": "ExecCredential", "spec": ["interactive": false],
        ]
        variables["KUBERNETES_EXEC_INFO"] = JSON.text(request)
        return variables.map { "\($0.key)=\($0.value)" }
    }

    /// Copies that the caller frees, ended by nil.
    private static func cStrings(_ texts: [String]) -> [UnsafeMutablePointer<CChar>?] {
        texts.map { strdup($0) } + [nil]
    }
}
