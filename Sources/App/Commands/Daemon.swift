internal import ClusterSimulator
internal import ControllerRuntime
internal import Dashboard
internal import FleetAPI
internal import FleetLedger
internal import FleetPlanning
internal import FleetReconcilers
internal import FleetRendering
internal import FoundationEssentials
internal import GitStore
internal import HTTPServer
internal import HTTPTransport
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineReconcilers
internal import RemoteCatalogs
internal import ServiceLifecycle
internal import StructuredValue
internal import Telemetry
internal import UnixSignals

/// Everything the daemon is made of, put together in one place by plain initialiser calls.
struct Daemon {
    struct Settings {
        var repository: String
        var branch: String?
        var interval: Duration
        var host: String
        var port: Int
        var dataDirectory: String
        var kubeconfigDirectory: String?
        var gitCredentials: String?
        var credentialsDirectory: String?
        /// The name under which this daemon leads outside the lab; nil when it is the only one.
        var leaderIdentity: String?
        var lab: Lab.Settings?
        var kubeconfigOutput: String?
    }

    private let settings: Settings
    private let log: Logger
    /// The lab, where one is hosted.
    let lab: Lab?
    private let service: FleetService<ContinuousClock>
    /// What the daemon answers over HTTP.
    let api: FleetAPI

    init(_ settings: Settings, log: Logger, logs: LogTail = LogTail()) throws {
        self.settings = settings
        self.log = log
        try FileManager.default.createDirectory(atPath: settings.dataDirectory, withIntermediateDirectories: true)
        let clock = ContinuousClock()
        let quiet = log.quiet
        let board = StatusBoard()
        let metrics = MetricsRegistry()
        metrics.declareDaemonMetrics()
        let ledger = try Ledger(path: settings.dataDirectory + "/ledger.sqlite")
        let transport = HTTPTransport()
        let redactionKey = World.randomBytes(16).map { String($0, radix: 16) }.joined()
        let redaction = SecretRedaction(key: Array(redactionKey.utf8))
        let signals = ChangeSignals()
        let mirror = GitMirror(try Self.source(settings), dataDirectory: settings.dataDirectory)
        let catalogs = Self.catalogs(settings, mirror, transport, ledger, log)
        let stations = RenderStation(git: mirror, catalogs: catalogs)
        let director = FleetDirector(ledger: ledger, now: World.now, zones: timeZoneRules)
        lab = settings.lab.map { Lab($0, clock: World.serverClock, logger: quiet) }
        let connections = ConnectionDirectory(
            lab: lab,
            kubeconfigDirectory: settings.kubeconfigDirectory,
            kubeconfigOutput: settings.kubeconfigOutput
        )
        let count: @Sendable (APIClient.RequestVerb) -> Void = { verb in
            metrics.add("martlet_requests_total", 1, ["verb": verb.rawValue])
        }
        let surroundings = ReconcilerSurroundings(
            makeClient: {
                APIClient($0, transport: transport, pace: World.pace, timeout: .seconds(10), onRequest: count)
            },
            board: board,
            metrics: metrics,
            budgets: FleetRemediationBudgets { Self.budgetMemory(of: $0, ledger, log) },
            log: log
        )
        let contest = settings.leaderIdentity.map { leaderElections(identity: $0) } ?? noElections
        let links = LinkDirectory(
            redaction: redaction,
            locate: { try await connections.connection(for: $0, in: $1) },
            makeClient: { connection, managementCluster in
                // Many wait for a management cluster; a workload cluster holds up nobody but itself.
                let breaker = managementCluster.map { name in
                    ServerBreaker(pace: World.pace) { failure in
                        let text = failure.map { "its API server is asked only now and then: \($0.message)" }
                        board.setNotice(text, topic: "CircuitOpen", of: name)
                    }
                }
                return APIClient(
                    connection,
                    transport: transport,
                    pace: World.pace,
                    breaker: breaker,
                    onRequest: count
                )
            },
            onChange: { signals.note($0, $1, $2) },
            onState: { signals.touch($0) },
            companions: { embeddedReconcilers(for: $0, watches: $1, in: surroundings) },
            contest: contest,
            onStanding: { (name: String) in
                signals.touch(name)
                log.info("the lead changed hands", metadata: ["cluster": "\(name)"])
            }
        )
        let reconciler = FleetReconciler(
            stations: stations,
            director: director,
            links: links,
            signals: signals,
            board: board,
            ledger: ledger,
            metrics: metrics,
            log: log,
            redaction: redaction,
            now: World.now
        )
        let poller = GitPoller(
            mirror,
            following: .branch(settings.branch),
            schedule: PollSchedule(interval: settings.interval),
            clock: clock,
            random: World.random
        )
        let service = FleetService(
            poller: poller,
            stations: stations,
            director: director,
            reconciler: reconciler,
            links: links,
            signals: signals,
            board: board,
            log: log,
            clock: clock,
            random: World.random,
            now: World.now
        )
        self.service = service
        board.updateSource {
            $0.repository = settings.repository
            $0.branch = settings.branch ?? "the current branch"
        }
        let desk = FleetDesk(
            board: board,
            director: director,
            reconciler: reconciler,
            links: links,
            mirror: mirror,
            catalogs: catalogs,
            redactionKey: redactionKey
        )
        api = FleetAPI(
            board: board,
            ledger: ledger,
            metrics: metrics,
            actions: desk.actions(
                poke: {
                    await catalogs.forgetFailures()
                    await service.poke()
                },
                step: { await service.stepRollout(of: $0) }
            ),
            logs: logs,
            process: { World.processFigures() },
            page: { DashboardPage.html }
        )
    }

    /// Runs until SIGTERM or SIGINT; one part failing ends all.
    func run() async throws {
        let api = api
        let log = log
        let settings = settings
        let server = HTTPServer(HTTPServer.Settings(host: settings.host, port: settings.port)) {
            await api.respond(to: $0)
        }
        // They end in reverse: the loops first, so that none of them mistakes our own end for the death of a cluster.
        var services: [any Service] = []
        if let lab { services.append(NamedService { try await lab.run() }) }
        services.append(
            NamedService {
                do {
                    try await server.run { port in
                        log.info("serving", metadata: ["address": "http://\(settings.host):\(port)"])
                    }
                } catch let failure as HTTPServerFailure where failure.kind == .address {
                    throw CommandFailure(failure.description, hint: "choose another address with --listen")
                }
            }
        )
        services.append(NamedService { [service] in await service.run() })
        let group = ServiceGroup(
            configuration: .init(
                services: services.map { .init(service: $0) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "lifecycle") { _ in SwiftLogNoOpLogHandler() }
            )
        )
        try await group.run()
        log.info("stopped")
    }

    /// The keeper of remote catalogs, which writes into the history what ranges come to.
    private static func catalogs(
        _ settings: Settings,
        _ mirror: GitMirror,
        _ transport: HTTPTransport,
        _ ledger: Ledger,
        _ log: Logger
    ) -> CatalogKeeper {
        var keeping = CatalogKeeper.Settings(dataDirectory: settings.dataDirectory)
        keeping.credentialsDirectory = settings.credentialsDirectory
        keeping.allowsLocalRepositories = mirror.source.isLocal
        return CatalogKeeper(keeping, transport: transport, now: World.now) { resolution in
            let choice = resolution.choice
            guard resolution.wish.version != choice.version else { return }
            let message =
                "\(resolution.wish.chart) \(resolution.wish.version) of catalog \(resolution.catalog) is "
                + "\(choice.version) (\(choice.content))"
            let entry = LedgerEntry(
                time: choice.chosen,
                event: .resolved,
                fleet: "",
                revision: resolution.revision,
                message: message
            )
            do {
                try await ledger.append([entry])
            } catch {
                log.error("history could not be written", metadata: ["reason": "\(error)"])
            }
        }
    }

    /// Where a fleet's remediation budget outlives a restart.
    private static func budgetMemory(
        of fleet: String,
        _ ledger: Ledger,
        _ log: Logger
    ) -> FleetRemediationBudget.Memory {
        let key = "remediation-budget/\(fleet)"
        return FleetRemediationBudget.Memory(
            recall: {
                do {
                    let known = try await ledger.recall(key)
                    return (known?.array ?? []).compactMap { $0.string.flatMap { Timestamp($0) } }
                } catch {
                    log.error("the remediation budget could not be read", metadata: ["reason": "\(error)"])
                    return []
                }
            },
            keep: { spent in
                do {
                    try await ledger.remember(key, .array(spent.map { .string($0.description) }))
                } catch {
                    log.error("the remediation budget could not be kept", metadata: ["reason": "\(error)"])
                }
            }
        )
    }

    private static func source(_ settings: Settings) throws -> GitSource {
        guard let file = settings.gitCredentials else { return try GitSource(settings.repository) }
        let text = String(decoding: try World.read(file), as: UTF8.self)
        let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
        let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
        let secret: GitCredentials.Secret =
            parts.count == 2 ? .basic(user: parts[0], password: parts[1]) : .token(line)
        return try GitSource(settings.repository, credentials: GitCredentials(secret))
    }
}

/// A part of the daemon that ends when it is asked to.
private struct NamedService: Service {
    let body: @Sendable () async throws -> Void

    init(_ body: @escaping @Sendable () async throws -> Void) { self.body = body }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await body()
            } catch is CancellationError {
                // Asked to end: that is no failure.
            }
        }
    }
}

extension Logger {
    /// For parts that have little to tell a user.
    fileprivate var quiet: Logger {
        var copy = self
        copy.logLevel = max(logLevel, .warning)
        return copy
    }
}

extension MetricsRegistry {
    /// Names everything the daemon counts.
    func declareDaemonMetrics() {
        declare("martlet_passes_total", .counter, "Passes over a management cluster, by how they ended.")
        declare("martlet_objects_written_total", .counter, "Objects that were written or deleted.")
        declare("martlet_remediations_total", .counter, "Machines that health checks handed over for remediation.")
        declare("martlet_drift_total", .counter, "Changes of others that were found in our fields.")
        declare("martlet_requests_total", .counter, "Requests to clusters, by what they were for; a watch counts once.")
    }
}

/// The rules of a time zone of this system's database; nil when it has no such zone.
let timeZoneRules: @Sendable (String) -> TimeZoneRules? = { name in
    if name == "UTC" { return .utc }
    let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "/_+-".contains($0) }
    guard isName, !name.hasPrefix("/") else { return nil }
    // A name that the database does not have gives nil, which closes the window with a reason.
    return (try? World.read("/usr/share/zoneinfo/\(name)")).flatMap { TimeZoneRules(tzif: $0) }
}
