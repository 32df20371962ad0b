import APIServer
import ClusterSimulator
import FleetLedger
import FleetModel
import FleetPlanning
import FleetReconcilers
import GitStore
import HTTPTransport
import KubernetesClient
import KubernetesModel
import LabTestSupport
import Logging
import Synchronization
import Telemetry
import TestSupport
import Testing

/// Lab management clusters, a repository that says what runs on them, and the daemon's loops over both.
final class FleetScene: Sendable {
    let folder: TemporaryFolder
    let lab: Lab
    let board = StatusBoard()
    let links: LinkDirectory
    let service: FleetService<ContinuousClock>
    let names: [String]
    /// Requests to each management cluster, watches among them.
    private let requests = Requests()

    private final class Requests: Sendable {
        let counts = Mutex<[String: Int]>([:])
    }

    /// Runs the body while the loops run; every management cluster has the same objects, from `common/`.
    static func run(
        members count: Int,
        waves: String = "[]",
        _ body: @escaping @Sendable (FleetScene) async throws -> Void
    ) async throws {
        let scene = try FleetScene(members: count)
        try scene.folder.run("git", ["init", "-q", "-b", "main"])
        let fleet = "{apiVersion: martlet.dev/v1alpha1, kind: Fleet, metadata: {name: edge}, spec: "
        try scene.folder.write(fleet + "{rollout: {waves: \(waves)}}}", to: "fleets/edge/fleet.yaml")
        for name in scene.names { try scene.write(member: name) }
        try scene.commit("one")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await scene.lab.run() }
            group.addTask { await scene.service.run() }
            try await body(scene)
            group.cancelAll()
        }
    }

    private init(members count: Int) throws {
        let folder = try TemporaryFolder()
        self.folder = folder
        names = (0..<count).map { "mc-\($0 < 10 ? "0" : "")\($0)" }
        let lab = Lab(
            .init(dataDirectory: folder.path + "/.git/lab", definitions: [], timeScale: 200),
            clock: ServerClock(now: LabUnderTest.now, sleep: { try await Task.sleep(for: $0) }),
            logger: LabUnderTest.silence
        )
        self.lab = lab
        let ledger = try Ledger(path: nil)
        let signals = ChangeSignals()
        let redaction = SecretRedaction(key: Array("test".utf8))
        let mirror = GitMirror(try GitSource(folder.path), dataDirectory: folder.path + "/.git/martlet")
        let stations = RenderStation(git: mirror)
        let director = FleetDirector(ledger: ledger, now: LabUnderTest.now, zones: { _ in nil })
        // Where a stopped one was stays known, as a kubeconfig would say.
        let known = Mutex<[String: ServerConnection]>([:])
        let transport = HTTPTransport()
        let requests = requests
        links = LinkDirectory(
            redaction: redaction,
            locate: { member, _ in
                if let connection = known.withLock({ $0[member.name] }) { return connection }
                let text = kubeconfigText(for: [try await lab.start(member.name)])
                let connection = try Kubeconfig(text: text, file: "lab", rules: .untrusted).connection()
                known.withLock { $0[member.name] = connection }
                return connection
            },
            makeClient: { connection, _ in
                APIClient(connection, transport: transport, pace: LabUnderTest.pace, timeout: .seconds(5)) { _ in
                    requests.counts.withLock { $0[connection.server, default: 0] += 1 }
                }
            },
            onChange: { signals.note($0, $1, $2) },
            onState: { signals.touch($0) }
        )
        let reconciler = FleetReconciler(
            stations: stations,
            director: director,
            links: links,
            signals: signals,
            board: board,
            ledger: ledger,
            metrics: MetricsRegistry(),
            log: LabUnderTest.silence,
            redaction: redaction,
            now: LabUnderTest.now
        )
        service = FleetService(
            poller: GitPoller(
                mirror,
                following: .branch("main"),
                schedule: PollSchedule(interval: .milliseconds(50)),
                clock: ContinuousClock(),
                random: { 0.5 }
            ),
            stations: stations,
            director: director,
            reconciler: reconciler,
            links: links,
            signals: signals,
            board: board,
            log: LabUnderTest.silence,
            clock: ContinuousClock(),
            random: { 0.5 },
            now: LabUnderTest.now
        )
    }

    // MARK: The repository

    func write(member name: String) throws {
        let text =
            "{apiVersion: martlet.dev/v1alpha1, kind: ManagementCluster, "
            + "metadata: {name: \(name), labels: {name: \(name)}}, spec: {connection: {lab: {}}}}"
        try folder.write(text, to: "fleets/edge/management-clusters/\(name)/management-cluster.yaml")
    }

    /// Commits a ConfigMap with this colour for every management cluster, and what else was written.
    @discardableResult
    func commit(_ colour: String) throws -> String {
        try folder.write(
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: paint, namespace: default}, data: {colour: \(colour)}}",
            to: "fleets/edge/common/paint.yaml"
        )
        try folder.run("git", ["add", "-A"])
        try folder.run("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", colour])
        return String(decoding: try folder.run("git", ["rev-parse", "HEAD"]), as: UTF8.self).trimmed
    }

    // MARK: What became of it

    func member(_ name: String) -> MemberStatus? { board.member(name, of: "edge") }

    /// Whether all of them run a revision and are well.
    func areSynced(_ names: [String], at revision: String) -> Bool {
        names.allSatisfy { member($0).map { $0.state == .synced && $0.appliedRevision == revision } ?? false }
    }

    /// Requests that were ever sent to a management cluster.
    func requestCount(to name: String) async -> Int {
        guard let server = await links.existing(name)?.client.connection.server else { return 0 }
        return requests.counts.withLock { $0[server, default: 0] }
    }

    /// How long it takes until something holds; what never does fails after a minute.
    @discardableResult
    func wait(_ what: String, until holds: () async throws -> Bool) async throws -> Duration {
        let start = ContinuousClock.now
        while try await !holds() {
            if start.duration(to: .now) > .seconds(60) {
                let states = names.compactMap { member($0) }.map { "\($0.managementCluster) \($0.state) \($0.reason)" }
                throw LabUnderTest.NeverHeld(description: "\(what): not within a minute; \(states)")
            }
            try await Task.sleep(for: .milliseconds(5))
        }
        return start.duration(to: .now)
    }
}

extension String {
    fileprivate var trimmed: String { String(prefix { !$0.isWhitespace }) }
}
