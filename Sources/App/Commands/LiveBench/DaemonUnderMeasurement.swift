internal import FoundationEssentials
internal import Glibc
internal import HTTPTransport
internal import StructuredValue

/// `martlet run` as a process of its own, so that what it uses is not mixed with what the lab uses.
final class DaemonUnderMeasurement: Sendable {
    private let process: pid_t
    private let server: ServerOptions

    /// What the daemon has used since it started.
    struct Usage {
        var reads = 0
        var writes = 0
        var watches = 0
        var processorSeconds = 0.0
        var residentBytes = 0

        static func - (left: Usage, right: Usage) -> Usage {
            Usage(
                reads: left.reads - right.reads,
                writes: left.writes - right.writes,
                watches: left.watches - right.watches,
                processorSeconds: left.processorSeconds - right.processorSeconds,
                residentBytes: left.residentBytes
            )
        }
    }

    /// One management cluster in short.
    struct Member {
        var name: String
        var state: String
        var appliedRevision: String
    }

    /// Starts a program with arguments; its output goes to a file.
    init(program: String, arguments: [String], port: Int, log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        let texts = ([program] + arguments).map { strdup($0) }
        defer { for text in texts { free(text) } }
        var process = pid_t()
        let status = posix_spawn(&process, program, &actions, nil, texts + [nil], environ)
        if status != 0 { throw CommandFailure("\(program) cannot be started") }
        self.process = process
        server = ServerOptions(address: "http://127.0.0.1:\(port)")
    }

    /// Ends it and waits for its end.
    func stop() {
        kill(process, SIGTERM)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    func usage() async throws -> Usage {
        var usage = Usage()
        for line in try await server.getText("/metrics").split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let number = Double(parts[1]) else { continue }
            switch parts[0] {
            case #"martlet_requests_total{verb="read"}"#: usage.reads = Int(number)
            case #"martlet_requests_total{verb="write"}"#: usage.writes = Int(number)
            case #"martlet_requests_total{verb="watch"}"#: usage.watches = Int(number)
            case "process_cpu_seconds_total": usage.processorSeconds = number
            case "process_resident_memory_bytes": usage.residentBytes = Int(number)
            default: continue
            }
        }
        return usage
    }

    /// Every management cluster; none while the daemon does not answer yet.
    func members() async -> [Member] {
        // It may still be starting.
        guard let status = try? await server.get("/api/v1/status", [("brief", "true")]) else { return [] }
        return (status["fleets"]?.array ?? []).flatMap { $0["managementClusters"]?.array ?? [] }.map { member in
            Member(
                name: member["name"]?.string ?? "",
                state: member["state"]?.string ?? "",
                appliedRevision: member["appliedRevision"]?.string ?? ""
            )
        }
    }

    /// The rollout's state and what it waits for.
    func rollout() async throws -> String {
        let fleet = try await server.get("/api/v1/status", [("brief", "true")])["fleets"]?.array?.first
        return [fleet?["state"]?.string, fleet?["reason"]?.string].compactMap(\.self).joined(separator: ": ")
    }
}
