import APIServer
import APIStore
import FoundationEssentials
import HTTPServer
import KubernetesModel
import Logging
import StructuredValue

/// One management cluster of the lab: its store, its API server and its simulator.
struct LabStation: Sendable {
    let name: String
    /// The port somebody asked for; 0 takes the one of the last time, or any.
    let port: Int
    let settings: Lab.Settings
    let stores: LabStores
    let clock: ServerClock
    let logger: Logger

    init(
        name: String,
        port: Int,
        settings: Lab.Settings,
        stores: LabStores,
        clock: ServerClock,
        logger: Logger
    ) {
        self.name = name
        self.port = port
        self.settings = settings
        self.stores = stores
        self.clock = clock
        var logger = logger
        logger[metadataKey: "managementCluster"] = "\(name)"
        self.logger = logger
    }

    private var directory: String? { settings.dataDirectory.map { "\($0)/\(name)" } }
    private var identityFile: String? { directory.map { "\($0)/identity.json" } }

    /// Serves until the task is cancelled; `onListening` is called once.
    func run(onListening: @escaping @Sendable (LabEndpoint) async -> Void) async throws {
        if let directory {
            do {
                try FileManager.default.createDirectory(
                    atPath: directory + "/workloads",
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw LabFailure(.storage, operation: "make the directory \(directory)", message: "\(error)")
            }
        }
        let store: any ObjectStore =
            if let directory { try SQLiteStore(path: directory + "/state.sqlite") } else { MemoryStore() }
        stores.add(store, named: name)
        defer { stores.remove(name) }
        let api = APIServer(store: store, clock: clock, settings: .init(upkeepDelay: upkeepDelay))
        let client = InProcessClient(api, manager: "martlet-lab")
        try install(allDefinitions(given: settings.definitions), client)
        let identity =
            try identityFile.flatMap(LabIdentity.init) ?? LabIdentity(name: name, host: settings.host, clock: clock)
        let workloads = WorkloadClusters(
            directory: directory.map { $0 + "/workloads" },
            host: settings.host,
            clock: clock,
            upkeepDelay: upkeepDelay,
            stores: stores,
            storePrefix: name,
            logger: logger
        )
        let simulator = Simulator(
            client: client,
            workloads: workloads,
            clock: clock,
            rules: LabRules(
                timeScale: settings.timeScale,
                scenario: settings.scenario,
                managementCluster: name,
                seed: clock.random()
            ),
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await serve(api, identity, onListening) }
            group.addTask { await workloads.run() }
            group.addTask { await simulator.run() }
            // None of them ends by itself; one failing ends the others.
            try await group.next()
            group.cancelAll()
        }
    }

    private var upkeepDelay: Duration { min(.seconds(2), max(.milliseconds(50), .seconds(2 / settings.timeScale))) }

    /// Listens on the port that was asked for, else on that of the last time, else on any.
    private func serve(
        _ api: APIServer,
        _ identity: LabIdentity,
        _ onListening: @escaping @Sendable (LabEndpoint) async -> Void
    ) async throws {
        let wanted = port != 0 ? port : identity.port
        do {
            try await listen(api, identity, port: wanted, onListening)
        } catch let failure as HTTPServerFailure where failure.kind == .address && port == 0 && wanted != 0 {
            logger.warning("the port of the last time is taken", metadata: ["port": "\(wanted)"])
            try await listen(api, identity, port: 0, onListening)
        }
    }

    private func listen(
        _ api: APIServer,
        _ identity: LabIdentity,
        port: Int,
        _ onListening: @escaping @Sendable (LabEndpoint) async -> Void
    ) async throws {
        let server = LabServer(
            name: name,
            api: api,
            authenticator: Authenticator(tokens: [identity.token: .administrator]),
            authority: try LabAuthority(identity.authority),
            credential: identity.server,
            host: settings.host,
            port: port,
            onRequest: { [stores] in stores.noteRequest() }
        )
        try await server.run { port in
            var identity = identity
            identity.port = port
            if let identityFile {
                do { try identity.write(to: identityFile) } catch {
                    logger.warning("the lab's port is not kept", metadata: ["error": "\(error)"])
                }
            }
            await onListening(
                LabEndpoint(
                    name: name,
                    server: "https://\(settings.host):\(port)",
                    authority: identity.authority.certificate,
                    clientCertificate: identity.client.certificate,
                    clientKey: identity.client.privateKey,
                    token: identity.token
                )
            )
        }
    }

    /// Creates the definitions that are missing, and follows those that were given in another form than last time.
    private func install(_ definitions: [Manifest], _ client: InProcessClient) throws {
        let kind = GroupVersionKind(group: "apiextensions.k8s.io", version: "v1", kind: "CustomResourceDefinition")
        for definition in definitions {
            let hash = fingerprint(definition.spec)
            var definition = definition
            definition.setAnnotation(Self.hashAnnotation, hash)
            do {
                guard let existing = try client.find(kind, name: definition.name).map({ Manifest($0) }) else {
                    try client.create(definition.value)
                    continue
                }
                if existing.annotation(Self.hashAnnotation) == hash { continue }
                definition.value[path: "metadata", "resourceVersion"] = existing.resourceVersion.map(Value.string)
                try client.update(definition.value)
            } catch {
                // One bad definition does not keep the others away.
                logger.error(
                    "a custom resource definition was refused",
                    metadata: ["name": "\(definition.name)", "error": "\(error)"]
                )
            }
        }
    }

    private static let hashAnnotation = "lab.martlet.dev/definition-hash"
}
