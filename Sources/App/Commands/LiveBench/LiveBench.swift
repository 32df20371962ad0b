internal import ClusterSimulator
internal import FoundationEssentials
internal import GitStore
internal import HTTPTransport
internal import KubernetesClient
internal import KubernetesModel
internal import OfflineCommands
internal import SourceFiles
internal import StructuredValue

/// A fleet of lab management clusters in this process, and a daemon in another that reconciles it from a repository.
struct LiveBench {
    let folder: String
    let program: String
    let catalogs: String
    let lab: Lab
    var fleet: BenchFleet
    /// How long a phase may take.
    let patience: Duration

    /// What one phase took.
    struct Result {
        var phase: String
        var time: Duration
        var usage: DaemonUnderMeasurement.Usage
    }

    private let clock = ContinuousClock()

    /// Runs all phases; each result is told as soon as it is there.
    mutating func run(changes: Int, idle: Duration, tell: (Result) -> Void) async throws {
        let endpoints = try await startLab()
        let mirror = try repository()
        var revision = try await commit(mirror, files(), "the fleet")
        let port = Int.random(in: 20_000..<32_000)
        let daemon = try DaemonUnderMeasurement(
            program: program,
            arguments: [
                "run", "--repo", folder + "/repository", "--data-dir", folder + "/data", "--kubeconfig-dir",
                folder + "/kubeconfigs", "--listen", "127.0.0.1:\(port)",
                // There is no other daemon, and a Lease that is renewed is no idleness.
                "--no-leader-elect",
            ],
            port: port,
            log: folder + "/log"
        )
        defer { daemon.stop() }

        try await phase("cold: applied", daemon, tell) { try await everybody(daemon, at: revision, isSettled: false) }
        try await phase("cold: healthy", daemon, tell) { try await everybody(daemon, at: revision, isSettled: true) }
        try await phase("until quiet", daemon, tell) { try await silence(of: daemon) }
        try await phase("idle", daemon, tell) { try await clock.sleep(for: idle) }

        let client = APIClient(endpoints[0].connection, transport: HTTPTransport(), pace: World.pace)
        for _ in 0..<changes {
            fleet.changes += 1
            let file = fleet.changingFile
            let replicas = fleet.changingPoolReplicas
            try await silence(of: daemon)
            try await phase("one cluster changed", daemon, tell) {
                revision = try await commit(mirror, [file.path: Array(file.text.utf8)], "another size")
                try await pool(client, has: replicas)
            }
            try await everybody(daemon, at: revision, isSettled: true)
        }

        try await silence(of: daemon)
        fleet.kubernetesVersion = "v1.33.5"
        try await phase("all bumped, in waves", daemon, tell) {
            revision = try await commit(mirror, fleet.texts.mapValues { Array($0.utf8) }, "everything to v1.33.5")
            try await everybody(daemon, at: revision, isSettled: true)
        }
        try await phase("until quiet", daemon, tell) { try await silence(of: daemon) }
    }

    // MARK: The stage

    private func startLab() async throws -> [LabEndpoint] {
        let kubeconfigs = folder + "/kubeconfigs"
        try FileManager.default.createDirectory(atPath: kubeconfigs, withIntermediateDirectories: true)
        var endpoints: [LabEndpoint] = []
        for name in fleet.memberNames {
            let endpoint = try await lab.start(name)
            try World.write(kubeconfigText(for: [endpoint]), to: "\(kubeconfigs)/\(name)")
            endpoints.append(endpoint)
        }
        return endpoints
    }

    private func repository() throws -> GitMirror {
        let path = folder + "/repository"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        _ = try GitMirror.makeRepository(path)
        return GitMirror(try GitSource(path), dataDirectory: folder + "/data")
    }

    private func files() throws -> [String: [UInt8]] {
        var files = fleet.texts.mapValues { Array($0.utf8) }
        for file in try LocalFiles.tree(catalogs).files { files["catalogs/" + file.path] = try file.bytes() }
        return files
    }

    private func commit(_ mirror: GitMirror, _ files: [String: [UInt8]], _ message: String) async throws -> String {
        let edits = files.sorted { $0.key < $1.key }.map { GitEdit(path: $0.key, bytes: $0.value) }
        let author = GitCommit.Person(name: "bench", email: "bench@example.com")
        return try await mirror.record(edits, message: message, author: author).id.description
    }

    // MARK: Measuring

    private func phase(
        _ name: String,
        _ daemon: DaemonUnderMeasurement,
        _ tell: (Result) -> Void,
        _ body: () async throws -> Void
    ) async throws {
        // It is not up yet before the first phase.
        let before = (try? await daemon.usage()) ?? DaemonUnderMeasurement.Usage()
        let start = clock.now
        try await body()
        let time = start.duration(to: clock.now)
        tell(Result(phase: name, time: time, usage: try await daemon.usage() - before))
    }

    private func everybody(_ daemon: DaemonUnderMeasurement, at revision: String, isSettled: Bool) async throws {
        let start = clock.now
        while true {
            let members = await daemon.members()
            let late = members.filter {
                $0.appliedRevision != revision || (isSettled && $0.state != "Synced")
            }
            if members.count == fleet.members, late.isEmpty { return }
            if start.duration(to: clock.now) > patience {
                let words = late.prefix(3).map { "\($0.name) is \($0.state)" }.joined(separator: ", ")
                throw CommandFailure("not done after \(patience): \(words); \(try await daemon.rollout())")
            }
            try await clock.sleep(for: .milliseconds(200))
        }
    }

    /// Waits until the daemon has sent nothing for three seconds.
    private func silence(of daemon: DaemonUnderMeasurement) async throws {
        let start = clock.now
        while start.duration(to: clock.now) < patience {
            let before = try await daemon.usage()
            try await clock.sleep(for: .seconds(3))
            let used = try await daemon.usage() - before
            if used.reads + used.writes + used.watches == 0, used.processorSeconds < 0.3 { return }
        }
        throw CommandFailure("the daemon is not quiet after \(patience)")
    }

    private func pool(_ client: APIClient, has replicas: Int) async throws {
        let kind = GroupVersionKind(group: "cluster.x-k8s.io", version: "v1beta2", kind: "MachineDeployment")
        let start = clock.now
        while true {
            let pool = try await client.get(kind, namespace: "bench", name: BenchFleet.changingPool)
            if pool?.spec["replicas"]?.int == replicas { return }
            if start.duration(to: clock.now) > patience {
                throw CommandFailure("the change was not applied after \(patience)")
            }
            try await clock.sleep(for: .milliseconds(5))
        }
    }
}
