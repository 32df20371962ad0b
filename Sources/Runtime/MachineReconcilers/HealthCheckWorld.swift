internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import MachineDecisions
internal import StructuredValue

/// Something that may change what a health check says.
enum HealthCheckNews: Sendable {
    case change(WatchCache.Change)
    case workload(WorkloadNodes.News)
}

/// What the health checks of one management cluster look at, and whom a change concerns.
struct HealthCheckWorld: Sendable {
    let checks: WatchCache
    let machines: WatchCache
    let clusters: WatchCache
    let nodes: WorkloadNodes.Follower
    private let checkIndex: ClusterIndex
    private let machineIndex: ClusterIndex

    init(checks: WatchCache, machines: WatchCache, clusters: WatchCache, nodes: WorkloadNodes.Follower) {
        self.checks = checks
        self.machines = machines
        self.clusters = clusters
        self.nodes = nodes
        checkIndex = ClusterIndex(checks)
        machineIndex = ClusterIndex(machines)
    }

    /// Everything at once, after the caches have been filled.
    func begin() -> [ObjectKey] {
        checkIndex.fill()
        machineIndex.fill()
        for id in checkIndex.clusters { followNodes(of: id) }
        return checks.objects.keys.sorted()
    }

    func cluster(_ id: ClusterID) -> Manifest? { clusters.object(id.key) }

    func machines(of id: ClusterID) -> [Manifest] { machineIndex.objects(of: id) }

    /// Whether a workload cluster can be asked about its Nodes at all.
    static func isInitialized(_ cluster: Manifest) -> Bool {
        DualConditions(cluster)["ControlPlaneInitialized"]?.status == .yes
    }

    /// The health checks that a piece of news concerns.
    func note(_ news: HealthCheckNews) -> [ObjectKey] {
        switch news {
        case .change(let change): note(change)
        case .workload(.seen(let id)): checkIndex.objects(of: id).map(\.key)
        // Nothing is judged of a cluster that is not seen.
        case .workload(.lost): []
        case .workload(.node(let id, .removed(let node))): checks(of: id, node: node.name)
        case .workload(.node(let id, .put(let node, let before))):
            before?.status["conditions"] == node.status["conditions"] ? [] : checks(of: id, node: node.name)
        }
    }

    private func note(_ change: WatchCache.Change) -> [ObjectKey] {
        let object: Manifest
        var before: Manifest?
        switch change {
        case .put(let new, let previous): (object, before) = (new, previous)
        case .removed(let old): object = old
        }
        switch object.groupKind {
        case MachineHealthCheckService.check:
            checkIndex.note(change)
            if let id = ClusterID(of: object) { followNodes(of: id) }
            return [object.key]
        case MachineHealthCheckService.machine:
            machineIndex.note(change)
            if let before, Self.looksTheSame(before, object) { return [] }
            return checks(selecting: [object, before].compactMap { $0 })
        default:
            let id = ClusterID(namespace: object.namespace, name: object.name)
            if let before, before.status == object.status, before.spec == object.spec,
                before.isBeingDeleted == object.isBeingDeleted
            {
                return []
            }
            followNodes(of: id)
            nodes.retry(id)
            return checkIndex.objects(of: id).map(\.key)
        }
    }

    /// Whether nothing differs that a health check looks at.
    private static func looksTheSame(_ left: Manifest, _ right: Manifest) -> Bool {
        left.labels == right.labels && left.annotations == right.annotations
            && left.isBeingDeleted == right.isBeingDeleted && left.status["nodeRef"] == right.status["nodeRef"]
            && DualConditions(left) == DualConditions(right)
    }

    private func checks(selecting machines: [Manifest]) -> [ObjectKey] {
        guard let id = machines.first.flatMap({ ClusterID(of: $0) }) else { return [] }
        return checkIndex.objects(of: id).filter { check in
            let spec = MachineHealthCheckSpec(check)
            return machines.contains { spec.selects($0) }
        }.map(\.key)
    }

    /// The checks of the one Machine whose Node this is.
    private func checks(of id: ClusterID, node: String) -> [ObjectKey] {
        let owners = machines(of: id).filter { $0.status[path: "nodeRef", "name"]?.string == node }
        return owners.count == 1 ? checks(selecting: owners) : []
    }

    /// The Nodes of a cluster are watched while it has a health check and a control plane.
    private func followNodes(of id: ClusterID) {
        let hasChecks = checkIndex.isKnown(id)
        if hasChecks, cluster(id).map(Self.isInitialized) ?? false { nodes.follow(id) } else { nodes.leave(id) }
    }
}
