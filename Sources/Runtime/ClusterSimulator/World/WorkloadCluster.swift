import APIServer
import APIStore
import ControllerRuntime
import HTTPServer
import KubernetesModel
import Logging
import Synchronization

/// A workload cluster: an API server of its own, which can be taken off the network and put back.
final class WorkloadCluster: Sendable {
    private struct State {
        var client: InProcessClient
        /// Set while the server listens or is about to.
        var listening: (gate: Gate<Int>, stop: AsyncStream<Void>.Continuation)?
    }

    let key: ClusterKey
    let uid: String
    let file: String?
    private let store: any ObjectStore
    private let host: String
    private let clock: ServerClock
    private let upkeepDelay: Duration
    private let onRequest: @Sendable () -> Void
    private let pump: TaskPump
    private let logger: Logger
    private let state: Mutex<State>
    /// Ends when the cluster is discarded.
    let life: AsyncStream<Void>
    private let death: AsyncStream<Void>.Continuation

    init(
        key: ClusterKey,
        uid: String,
        store: any ObjectStore,
        file: String?,
        host: String,
        clock: ServerClock,
        upkeepDelay: Duration,
        onRequest: @escaping @Sendable () -> Void,
        pump: TaskPump,
        logger: Logger
    ) {
        self.key = key
        self.uid = uid
        self.store = store
        self.file = file
        self.host = host
        self.clock = clock
        self.upkeepDelay = upkeepDelay
        self.onRequest = onRequest
        self.pump = pump
        self.logger = logger
        let api = APIServer(store: store, clock: clock, settings: .init(upkeepDelay: upkeepDelay))
        state = Mutex(State(client: InProcessClient(api, manager: "martlet-lab")))
        (life, death) = AsyncStream.makeStream()
    }

    /// Reads and writes the cluster's objects, whether or not it listens.
    var client: InProcessClient { state.withLock { $0.client } }

    /// Listens until `close`; answers the port. Listening already, it answers at once.
    ///
    /// - Parameter port: 0 takes any that is free.
    func open(port: Int, authority: Credential) async throws -> Int {
        let (gate, signals) = state.withLock { state -> (Gate<Int>, AsyncStream<Void>?) in
            if let listening = state.listening { return (listening.gate, nil) }
            let gate = Gate<Int>()
            let (signals, stop) = AsyncStream<Void>.makeStream()
            state.listening = (gate, stop)
            return (gate, signals)
        }
        if let signals {
            // A server that has run once is over: the next one begins anew on the same store.
            let api = APIServer(store: store, clock: clock, settings: .init(upkeepDelay: upkeepDelay))
            state.withLock { $0.client = InProcessClient(api, manager: "martlet-lab") }
            let server: LabServer
            do {
                let authority = try LabAuthority(authority)
                let names = [
                    "localhost", "127.0.0.1", host, "kubernetes", "kubernetes.default", "kubernetes.default.svc",
                ]
                server = LabServer(
                    name: key.description,
                    api: api,
                    authenticator: Authenticator(),
                    authority: authority,
                    credential: try authority.server(hosts: names, now: clock.now()),
                    host: host,
                    port: port,
                    onRequest: onRequest
                )
            } catch {
                state.withLock { $0.listening = nil }
                await gate.open(.failure(error))
                throw error
            }
            pump.add { await self.serve(server, gate, until: signals) }
        }
        return try await gate.value()
    }

    private func serve(_ server: LabServer, _ gate: Gate<Int>, until signals: AsyncStream<Void>) async {
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await server.run { await gate.open(.success($0)) } }
                group.addTask { for await _ in signals {} }
                try await group.next()
                group.cancelAll()
            }
        } catch is CancellationError {
            // Closed, or the lab ends.
        } catch {
            logger.warning("a workload cluster does not listen", metadata: ["cluster": "\(key)", "error": "\(error)"])
            await gate.open(.failure(error))
        }
        await gate.open(.failure(CancellationError()))
        state.withLock { state in
            if let listening = state.listening, listening.gate === gate { state.listening = nil }
        }
    }

    /// Stops listening. Objects stay.
    func close() {
        state.withLock { state in
            state.listening?.stop.finish()
            state.listening = nil
        }
    }

    /// Stops listening for good.
    func discard() {
        close()
        death.finish()
    }

    var isOpen: Bool { state.withLock { $0.listening != nil } }
}
