import APIServer
import APIStore
import ControllerRuntime
import FoundationEssentials
import KubernetesModel
import Logging
import Synchronization

/// The workload clusters of one management cluster.
final class WorkloadClusters: Sendable {
    private let directory: String?
    let host: String
    private let clock: ServerClock
    private let upkeepDelay: Duration
    private let stores: LabStores
    /// What the names of stores begin with.
    private let storePrefix: String
    private let logger: Logger
    private let pump = TaskPump()
    private let clusters = Mutex<[ClusterKey: WorkloadCluster]>([:])

    /// - Parameter directory: where each cluster keeps its objects; in memory when nil.
    init(
        directory: String?,
        host: String,
        clock: ServerClock,
        upkeepDelay: Duration,
        stores: LabStores = LabStores(),
        storePrefix: String = "",
        logger: Logger
    ) {
        self.directory = directory
        self.host = host
        self.clock = clock
        self.upkeepDelay = upkeepDelay
        self.stores = stores
        self.storePrefix = storePrefix
        self.logger = logger
    }

    /// Hosts the servers until the task is cancelled.
    func run() async { await pump.run() }

    func cluster(_ key: ClusterKey) -> WorkloadCluster? { clusters.withLock { $0[key] } }

    /// The cluster with this key, made when it is new. `uid` keeps a successor of the same name apart.
    func cluster(_ key: ClusterKey, uid: String) throws -> (cluster: WorkloadCluster, isNew: Bool) {
        if let known = cluster(key), known.uid == uid { return (known, false) }
        discard(key)
        let file = directory.map { "\($0)/\(key.namespace)_\(key.name)_\(uid).sqlite" }
        let store: any ObjectStore = if let file { try SQLiteStore(path: file) } else { MemoryStore() }
        let made = WorkloadCluster(
            key: key,
            uid: uid,
            store: store,
            file: file,
            host: host,
            clock: clock,
            upkeepDelay: upkeepDelay,
            onRequest: { [stores] in stores.noteRequest() },
            pump: pump,
            logger: logger
        )
        stores.add(store, named: storeName(key))
        clusters.withLock { $0[key] = made }
        return (made, true)
    }

    private func storeName(_ key: ClusterKey) -> String { "\(storePrefix)/\(key)" }

    /// Ends a cluster for good, with everything in it.
    func discard(_ key: ClusterKey) {
        guard let cluster = clusters.withLock({ $0.removeValue(forKey: key) }) else { return }
        cluster.discard()
        stores.remove(storeName(key))
        guard let file = cluster.file else { return }
        for suffix in ["", "-wal", "-shm"] {
            // A file that is gone already is as good.
            try? FileManager.default.removeItem(atPath: file + suffix)
        }
    }
}
