internal import ClusterSimulator
internal import ControllerRuntime
internal import FleetAPI
internal import FleetLedger
internal import FleetPlanning
internal import FleetReconcilers
internal import FleetRendering
internal import GitStore
internal import HTTPTransport
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineReconcilers
internal import RemoteCatalogs
internal import StructuredValue
internal import Telemetry

/// Where the parts of a daemon write what they know and did, and the parts that need little else.
struct DaemonRecords {
    let board = StatusBoard()
    let metrics = MetricsRegistry()
    let ledger: Ledger
    /// Under which Secrets' values are compared without being shown; another one in each process.
    let redactionKey = World.randomBytes(16).map { String($0, radix: 16) }.joined()
    private let log: Logger

    init(_ settings: Daemon.Settings, _ log: Logger) throws {
        self.log = log
        ledger = try Ledger(path: settings.dataDirectory + "/ledger.sqlite")
        metrics.declareDaemonMetrics()
    }

    var redaction: SecretRedaction { SecretRedaction(key: Array(redactionKey.utf8)) }

    /// The links to all management clusters, each with the embedded reconcilers beside it.
    func links(
        _ settings: Daemon.Settings,
        _ lab: Lab?,
        _ transport: HTTPTransport,
        _ signals: ChangeSignals
    ) -> LinkDirectory {
        let connections = ConnectionDirectory(
            lab: lab,
            kubeconfigDirectory: settings.kubeconfigDirectory,
            kubeconfigOutput: settings.kubeconfigOutput
        )
        let surroundings = surroundings(transport)
        let contest = settings.leaderIdentity.map { leaderElections(identity: $0) } ?? noElections
        return LinkDirectory(
            redaction: redaction,
            locate: { try await connections.connection(for: $0, in: $1) },
            makeClient: { connection, managementCluster in
                // Many wait for a management cluster; a workload cluster holds up nobody but itself.
                APIClient(
                    connection,
                    transport: transport,
                    pace: World.pace,
                    breaker: managementCluster.map { breaker(of: $0) },
                    onRequest: countRequest
                )
            },
            onChange: { signals.note($0, $1, $2) },
            onState: { signals.touch($0) },
            companions: { embeddedReconcilers(for: $0, watches: $1, in: surroundings) },
            contest: contest,
            onStanding: { [log] (name: String) in
                signals.touch(name)
                log.info("the lead changed hands", metadata: ["cluster": "\(name)"])
            }
        )
    }

    /// The receiver of webhooks, with the secrets of a file that may be exchanged while the daemon runs.
    func hooks(secretsIn path: String, look: @escaping @Sendable () async -> Void) throws -> WebhookReceiver {
        guard WebhookReceiver.secrets(in: try World.read(path)) != nil else {
            throw CommandFailure(
                "\(path) holds no secret of at least 16 characters",
                hint: "write one with: openssl rand -hex 32 > \(path)"
            )
        }
        WebhookReceiver.declareMetrics(metrics)
        return WebhookReceiver(
            // A file that cannot be read now proves nobody.
            secrets: { (try? World.read(path)).flatMap { WebhookReceiver.secrets(in: $0) } ?? [] },
            metrics: metrics,
            now: World.now,
            look: look
        )
    }

    private func surroundings(_ transport: HTTPTransport) -> ReconcilerSurroundings {
        ReconcilerSurroundings(
            makeClient: { [countRequest] in
                APIClient($0, transport: transport, pace: World.pace, timeout: .seconds(10), onRequest: countRequest)
            },
            board: board,
            metrics: metrics,
            budgets: FleetRemediationBudgets { budgetMemory(of: $0) },
            log: log
        )
    }

    private var countRequest: @Sendable (APIClient.RequestVerb) -> Void {
        { [metrics] verb in metrics.add("martlet_requests_total", 1, ["verb": verb.rawValue]) }
    }

    /// What keeps a server that does not answer from being asked by everybody, and says so on the board.
    private func breaker(of managementCluster: String) -> ServerBreaker {
        ServerBreaker(pace: World.pace) { [board] failure in
            let text = failure.map { "its API server is asked only now and then: \($0.message)" }
            board.setNotice(text, topic: "CircuitOpen", of: managementCluster)
        }
    }

    /// The keeper of remote catalogs, which writes into the history what ranges come to.
    func catalogs(_ settings: Daemon.Settings, _ mirror: GitMirror, _ transport: HTTPTransport) -> CatalogKeeper {
        var keeping = CatalogKeeper.Settings(dataDirectory: settings.dataDirectory)
        keeping.credentialsDirectory = settings.credentialsDirectory
        keeping.allowsLocalRepositories = mirror.source.isLocal
        return CatalogKeeper(keeping, transport: transport, now: World.now) { [ledger, log] resolution in
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
    private func budgetMemory(of fleet: String) -> FleetRemediationBudget.Memory {
        let key = "remediation-budget/\(fleet)"
        return FleetRemediationBudget.Memory(
            recall: { [ledger, log] in
                do {
                    let known = try await ledger.recall(key)
                    return (known?.array ?? []).compactMap { $0.string.flatMap { Timestamp($0) } }
                } catch {
                    log.error("the remediation budget could not be read", metadata: ["reason": "\(error)"])
                    return []
                }
            },
            keep: { [ledger, log] spent in
                do {
                    try await ledger.remember(key, .array(spent.map { .string($0.description) }))
                } catch {
                    log.error("the remediation budget could not be kept", metadata: ["reason": "\(error)"])
                }
            }
        )
    }
}

extension MetricsRegistry {
    /// Names everything the daemon counts.
    fileprivate func declareDaemonMetrics() {
        declare("martlet_passes_total", .counter, "Passes over a management cluster, by how they ended.")
        declare("martlet_objects_written_total", .counter, "Objects that were written or deleted.")
        declare("martlet_remediations_total", .counter, "Machines that health checks handed over for remediation.")
        declare("martlet_drift_total", .counter, "Changes of others that were found in our fields.")
        declare("martlet_requests_total", .counter, "Requests to clusters, by what they were for; a watch counts once.")
    }
}
