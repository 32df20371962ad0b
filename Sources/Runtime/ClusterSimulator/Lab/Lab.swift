package import APIServer
import ControllerRuntime
package import FleetModel
package import KubernetesModel
package import Logging
import Synchronization

/// Management clusters that live in this process: an API server each, and a simulator of Cluster API behind it.
package final class Lab: Sendable {
    package struct Settings: Sendable {
        /// Where objects, ports and certificates are kept; in memory when nil.
        package var dataDirectory: String?
        /// Custom resource definitions that every management cluster serves. Kinds of Cluster API that are not among
        /// them come with definitions of the lab's own.
        package var definitions: [Manifest]
        /// How many times faster than in life machines come and go.
        package var timeScale: Double
        /// What goes wrong, and when.
        package var scenario: Scenario?
        package var host: String

        package init(
            dataDirectory: String?,
            definitions: [Manifest],
            timeScale: Double = 1,
            scenario: Scenario? = nil,
            host: String = "127.0.0.1"
        ) {
            self.dataDirectory = dataDirectory
            self.definitions = definitions
            self.timeScale = timeScale
            self.scenario = scenario
            self.host = host
        }
    }

    private let settings: Settings
    private let clock: ServerClock
    private let logger: Logger
    private let pump = TaskPump()
    private let stores = LabStores()
    private let stations = Mutex<[String: Running]>([:])

    /// A management cluster from its start until it has ended.
    private struct Running {
        var isListening = Gate<LabEndpoint>()
        var hasEnded = Gate<Void>()
        /// Ends it.
        var stop: AsyncStream<Void>.Continuation
    }

    /// - Parameter clock: Time and chance of the servers and of the simulator.
    package init(_ settings: Settings, clock: ServerClock, logger: Logger) {
        self.settings = settings
        self.clock = clock
        self.logger = logger
    }

    /// Hosts everything that is started until the task is cancelled.
    package func run() async throws {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.restAgainAndAgain() }
            await pump.run()
            group.cancelAll()
        }
        let open = stations.withLock { stations in
            defer { stations = [:] }
            return stations
        }
        for station in open.values { await station.isListening.open(.failure(CancellationError())) }
    }

    /// How many requests came over the network so far, to all servers of the lab.
    package var requests: Int { stores.requests }
    /// How many writes there were so far in all clusters of the lab.
    package var writes: Int { stores.writes }

    private func restAgainAndAgain() async {
        var looks = 0
        var hasFreed = false
        // Ends when it is cancelled.
        while (try? await clock.sleep(LabStores.pause)) != nil {
            looks += 1
            if stores.rest() { hasFreed = true }
            // Walks through all memory, so not each time.
            if hasFreed, looks % 3 == 0 {
                releaseFreeMemory()
                hasFreed = false
            }
        }
    }

    /// Starts a management cluster, or finds the one that runs; returns when it listens. Needs `run` to be running.
    package func start(_ name: String, port: Int = 0) async throws -> LabEndpoint {
        guard ObjectNames.subdomainProblem(name) == nil else {
            throw LabFailure(.name, operation: "start “\(name)”", message: "this is no name for a management cluster")
        }
        let (stops, stop) = AsyncStream<Void>.makeStream()
        let (running, isNew) = stations.withLock { stations in
            if let running = stations[name] { return (running, false) }
            let running = Running(stop: stop)
            stations[name] = running
            return (running, true)
        }
        if isNew {
            let station = LabStation(
                name: name,
                port: port,
                settings: settings,
                stores: stores,
                clock: clock,
                logger: logger
            )
            pump.add {
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        do {
                            try await station.run { await running.isListening.open(.success($0)) }
                        } catch {
                            if !(error is CancellationError) {
                                station.logger.error(
                                    "a management cluster of the lab stopped",
                                    metadata: ["error": "\(error)"]
                                )
                            }
                            await running.isListening.open(.failure(error))
                        }
                        running.stop.finish()
                    }
                    for await _ in stops {}
                    group.cancelAll()
                }
                // A later start tries anew.
                self.stations.withLock { $0[name] = nil }
                await running.hasEnded.open(.success(()))
            }
        }
        return try await running.isListening.value()
    }

    /// Stops a management cluster, as a power cut would; returns when nobody listens there any more. With a data
    /// directory `start` brings it back as it was, at the same port.
    package func stop(_ name: String) async throws {
        guard let running = stations.withLock({ $0[name] }) else { return }
        running.stop.finish()
        try await running.hasEnded.value()
    }
}
