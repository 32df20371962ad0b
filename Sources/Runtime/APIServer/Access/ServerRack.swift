import APIStore
import Foundation
import KubernetesModel
package import Logging
package import StructuredValue
import Synchronization

/// Many API servers in one process: management clusters, and the workload clusters they make.
///
/// `run` serves until it is cancelled; clusters may be added and removed while it runs. With a data directory every
/// cluster keeps its objects, its certificate authority and its port over restarts.
package final class ServerRack: Sendable {
    package struct Settings: Sendable {
        /// nil keeps everything in memory.
        package var dataDirectory: String?
        package var host: String
        /// Names and addresses beside the host that certificates are valid for.
        package var alternativeHosts: [String]
        package var server: APIServer.Settings
        /// Definitions that every management cluster begins with.
        package var definitions: [Value]

        package init(
            dataDirectory: String? = nil,
            host: String = "127.0.0.1",
            alternativeHosts: [String] = ["localhost"],
            server: APIServer.Settings = APIServer.Settings(),
            definitions: [Value] = []
        ) {
            self.dataDirectory = dataDirectory
            self.host = host
            self.alternativeHosts = alternativeHosts
            self.server = server
            self.definitions = definitions
        }
    }

    /// One cluster of the lab.
    package struct Cluster: Sendable {
        package let name: String
        package let api: APIServer
        package let authority: LabAuthority
        /// May do everything.
        package let administrator: Credential
        package let token: String
        /// Where it listens.
        package let port: Int
        package let url: String

        package func client(_ manager: String) -> InProcessClient { InProcessClient(api, manager: manager) }

        /// How clients outside the process reach it.
        package var access: Kubeconfig.Entry {
            Kubeconfig.Entry(
                name: name,
                server: url,
                authority: authority.credential.certificate,
                client: administrator
            )
        }
    }

    private struct State {
        var clusters: [String: Cluster] = [:]
        var stops: [String: AsyncStream<Void>.Continuation] = [:]
    }

    /// A server that waits to be run.
    private struct Opening: Sendable {
        var server: LabServer
        var stop: AsyncStream<Void>
        var onListening: @Sendable (Result<Int, any Error>) -> Void
    }

    private let settings: Settings
    private let clock: ServerClock
    private let logger: Logger
    private let state = Mutex(State())
    private let openings: AsyncStream<Opening>
    private let opening: AsyncStream<Opening>.Continuation

    package init(_ settings: Settings, clock: ServerClock, logger: Logger) {
        self.settings = settings
        self.clock = clock
        self.logger = logger
        (openings, opening) = AsyncStream.makeStream(of: Opening.self)
    }

    /// The clusters that are served now, by name.
    package var clusters: [Cluster] { state.withLock { $0.clusters.values.sorted { $0.name < $1.name } } }

    package func cluster(_ name: String) -> Cluster? { state.withLock { $0.clusters[name] } }

    /// One context per cluster, each named like it.
    package func kubeconfig(of names: [String]? = nil) -> Kubeconfig {
        Kubeconfig(clusters.filter { names?.contains($0.name) ?? true }.map(\.access))
    }

    /// Serves all clusters until the task is cancelled.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            for await next in openings { group.addTask { await Self.serve(next) } }
        }
    }

    /// Runs one server until it is stopped. How it ended is told to who opened it; the others go on.
    private static func serve(_ opening: Opening) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await opening.server.run { port in opening.onListening(.success(port)) }
                } catch {
                    opening.onListening(.failure(error))
                }
            }
            group.addTask { for await _ in opening.stop {} }
            await group.next()
            group.cancelAll()
        }
    }

    /// Opens a cluster and waits until it listens. `run` must be running.
    ///
    /// - Parameters:
    ///   - port: 0 takes the one it had before, or any.
    ///   - authority: Signs its certificates; nil takes the one it had before, or makes one.
    ///   - loadsDefinitions: Whether it begins with the lab's definitions, as management clusters do.
    @discardableResult
    package func open(
        _ name: String,
        port: Int = 0,
        authority: LabAuthority? = nil,
        historyLimit: Int = 4_096,
        loadsDefinitions: Bool = true
    ) async throws -> Cluster {
        if let known = cluster(name) { return known }
        let now = clock.now()
        let memory = try LabMemory(directory: settings.dataDirectory, cluster: name)
        let authority = try authority ?? memory.authority ?? LabAuthority(name: "\(name)-ca", now: now)
        let store: any ObjectStore
        if let path = memory.databasePath {
            store = try SQLiteStore(path: path, historyLimit: historyLimit)
        } else {
            store = MemoryStore(historyLimit: historyLimit)
        }
        let api = APIServer(store: store, clock: clock, settings: settings.server)
        if loadsDefinitions { try api.load(settings.definitions) }
        let administrator = try authority.client(.administrator, now: now)
        let token = clock.uid() + clock.uid()
        let credential = try authority.server(hosts: [settings.host] + settings.alternativeHosts, now: now)
        let wanted = port != 0 ? port : memory.port ?? 0
        var bound: Int?
        // The port of the last time may be taken by now.
        for attempt in wanted == 0 || port != 0 ? [wanted] : [wanted, 0] {
            let server = LabServer(
                name: name,
                api: api,
                authenticator: Authenticator(tokens: [token: .administrator]),
                authority: authority,
                credential: credential,
                host: settings.host,
                port: attempt,
                logger: logger
            )
            do {
                bound = try await start(server)
                break
            } catch {
                if attempt == 0 || port != 0 { throw error }
            }
        }
        guard let bound else { throw CancellationError() }
        let host = settings.host.contains(":") ? "[\(settings.host)]" : settings.host
        let cluster = Cluster(
            name: name,
            api: api,
            authority: authority,
            administrator: administrator,
            token: token,
            port: bound,
            url: "https://\(host):\(bound)"
        )
        state.withLock { $0.clusters[name] = cluster }
        try memory.keep(authority: authority, port: bound)
        return cluster
    }

    private func start(_ server: LabServer) async throws -> Int {
        let (stop, stopping) = AsyncStream.makeStream(of: Void.self)
        let (answers, answer) = AsyncStream.makeStream(
            of: Result<Int, any Error>.self,
            bufferingPolicy: .bufferingOldest(1)
        )
        opening.yield(
            Opening(server: server, stop: stop) {
                answer.yield($0)
                answer.finish()
            }
        )
        for await result in answers {
            let port = try result.get()
            state.withLock { $0.stops[server.name] = stopping }
            return port
        }
        throw CancellationError()
    }

    /// Stops a cluster; its data stays unless it is to be forgotten.
    package func close(_ name: String, forgets: Bool = false) throws {
        let stop = state.withLock { state in
            state.clusters[name] = nil
            return state.stops.removeValue(forKey: name)
        }
        stop?.finish()
        if forgets { try LabMemory(directory: settings.dataDirectory, cluster: name).forget() }
    }
}

extension APIServer {
    /// Creates or updates custom resource definitions.
    package func load(_ definitions: [Value]) throws(APIFailure) {
        let client = InProcessClient(self, manager: "martlet-lab")
        for definition in definitions { try client.apply(definition, force: true) }
    }
}
