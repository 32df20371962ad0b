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
internal import Logging
internal import RemoteCatalogs
internal import ServiceLifecycle
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
        /// The file with the secrets of webhooks; nil when there are none.
        var hookSecrets: String?
        /// Where only webhooks are served; nil serves them beside the API.
        var hookAddress: (host: String, port: Int)?
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
    private let hooks: WebhookReceiver?
    /// What the daemon answers over HTTP.
    let api: FleetAPI

    init(_ settings: Settings, log: Logger, logs: LogTail = LogTail()) throws {
        self.settings = settings
        self.log = log
        try FileManager.default.createDirectory(atPath: settings.dataDirectory, withIntermediateDirectories: true)
        let records = try DaemonRecords(settings, log)
        let transport = HTTPTransport()
        let signals = ChangeSignals()
        let mirror = GitMirror(try Self.source(settings), dataDirectory: settings.dataDirectory)
        let catalogs = records.catalogs(settings, mirror, transport)
        let stations = RenderStation(git: mirror, catalogs: catalogs)
        let director = FleetDirector(ledger: records.ledger, now: World.now, zones: timeZoneRules)
        lab = settings.lab.map { Lab($0, clock: World.serverClock, logger: log.quiet) }
        let links = records.links(settings, lab, transport, signals)
        let reconciler = FleetReconciler(
            stations: stations,
            director: director,
            links: links,
            signals: signals,
            board: records.board,
            ledger: records.ledger,
            metrics: records.metrics,
            log: log,
            redaction: records.redaction,
            now: World.now
        )
        let poller = GitPoller(
            mirror,
            following: .branch(settings.branch),
            schedule: PollSchedule(interval: settings.interval),
            clock: ContinuousClock(),
            random: World.random
        )
        let service = FleetService(
            poller: poller,
            stations: stations,
            director: director,
            reconciler: reconciler,
            links: links,
            signals: signals,
            board: records.board,
            log: log,
            clock: ContinuousClock(),
            random: World.random,
            now: World.now
        )
        self.service = service
        records.board.updateSource {
            $0.repository = settings.repository
            $0.branch = settings.branch ?? "the current branch"
        }
        let desk = FleetDesk(
            board: records.board,
            director: director,
            reconciler: reconciler,
            links: links,
            mirror: mirror,
            catalogs: catalogs,
            redactionKey: records.redactionKey
        )
        hooks = try settings.hookSecrets.map { path in
            try records.hooks(secretsIn: path) { await service.lookAtGit() }
        }
        api = FleetAPI(
            board: records.board,
            ledger: records.ledger,
            metrics: records.metrics,
            actions: desk.actions(
                poke: {
                    await catalogs.forgetFailures()
                    await service.poke()
                },
                step: { await service.stepRollout(of: $0) }
            ),
            logs: logs,
            hooks: settings.hookAddress == nil ? hooks : nil,
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
        // What the world may reach can do nothing else.
        let hookServer = settings.hookAddress.map { address in
            let limits = HTTPServer.Settings(
                host: address.host,
                port: address.port,
                maximumBodySize: WebhookReceiver.maximumBodySize,
                idleTimeout: .seconds(30)
            )
            return HTTPServer(limits) { [hooks] request in
                await hooks?.respond(to: request) ?? .text("there are no hooks\n", status: 404)
            }
        }
        // They end in reverse: the loops first, so that none of them mistakes our own end for the death of a cluster.
        var services: [any Service] = []
        if let lab { services.append(NamedService { try await lab.run() }) }
        func serve(_ server: HTTPServer, _ host: String, _ message: Logger.Message, _ option: String) -> NamedService {
            NamedService {
                do {
                    try await server.run { port in
                        log.info(message, metadata: ["address": "http://\(host):\(port)"])
                    }
                } catch let failure as HTTPServerFailure where failure.kind == .address {
                    throw CommandFailure(failure.description, hint: "choose another address with \(option)")
                }
            }
        }
        services.append(serve(server, settings.host, "serving", "--listen"))
        if let hookServer, let address = settings.hookAddress {
            services.append(serve(hookServer, address.host, "serving hooks", "--hook-listen"))
        }
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

/// The rules of a time zone of this system's database; nil when it has no such zone.
let timeZoneRules: @Sendable (String) -> TimeZoneRules? = { name in
    if name == "UTC" { return .utc }
    let isName = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "/_+-".contains($0) }
    guard isName, !name.hasPrefix("/") else { return nil }
    // A name that the database does not have gives nil, which closes the window with a reason.
    return (try? World.read("/usr/share/zoneinfo/\(name)")).flatMap { TimeZoneRules(tzif: $0) }
}
