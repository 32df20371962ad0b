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
    private let stations = Mutex<[String: Gate<LabEndpoint>]>([:])

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
        for gate in open.values { await gate.open(.failure(CancellationError())) }
    }

    /// How many requests came over the network so far, to all servers of the lab.
    package var requests: Int { stores.requests }
    /// How many writes there were so far in all clusters of the lab.
    package var writes: Int { stores.writes }

    private func restAgainAndAgain() async {
        // Ends when it is cancelled.
        while (try? await clock.sleep(LabStores.pause)) != nil {
            if stores.rest() { releaseFreeMemory() }
        }
    }

    /// Starts a management cluster, or finds the one that runs; returns when it listens. Needs `run` to be running.
    package func start(_ name: String, port: Int = 0) async throws -> LabEndpoint {
        guard ObjectNames.subdomainProblem(name) == nil else {
            throw LabFailure(.name, operation: "start “\(name)”", message: "this is no name for a management cluster")
        }
        let (gate, isNew) = stations.withLock { stations in
            if let gate = stations[name] { return (gate, false) }
            let gate = Gate<LabEndpoint>()
            stations[name] = gate
            return (gate, true)
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
                do {
                    try await station.run { await gate.open(.success($0)) }
                } catch {
                    if !(error is CancellationError) {
                        station.logger.error("a management cluster of the lab stopped", metadata: ["error": "\(error)"])
                    }
                    await gate.open(.failure(error))
                }
                // A later start tries anew.
                self.stations.withLock { $0[name] = nil }
            }
        }
        return try await gate.value()
    }
}
