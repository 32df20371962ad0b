internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import StructuredValue

/// One look at a MachinePool, and what it makes necessary: observe, decide, act, report.
struct PoolPass: Sendable {
    let service: MachinePoolService
    let pools: WatchCache
    let clusters: WatchCache
    let machines: WatchCache
    let providers: ProviderWatches
    let nodes: WorkloadNodes.Follower
    let complaints = Complaints()
    static let manager = "martlet-machine-pools"

    var client: APIClient { service.client }

    func run(_ key: ObjectKey) async -> Outcome {
        guard let pool = pools.object(key) else {
            complaints.forget(key)
            service.denials.clear("\(key)")
            forgetUnused()
            return .done
        }
        do throws(KubernetesFailure) {
            guard let view = try await observe(pool) else { return .done }
            let decision = decideMachinePool(view)
            let failures = try await act(on: decision, pool, in: view.cluster?.key)
            let outcome = report(decision, failures.map { "\($0)" }, key)
            for failure in failures where service.denials.note(failure, at: "\(key)") {
                return .again(after: Denials.pause)
            }
            service.denials.clear("\(key)")
            return outcome
        } catch {
            // Somebody else was faster; the watch brings what they wrote.
            if error.kind == .conflict { return .again(after: .milliseconds(100)) }
            if service.denials.note(error, at: "\(key)") { return .again(after: Denials.pause) }
            return report(nil, ["\(error)"], key)
        }
    }

    // MARK: Which passes news make necessary

    func keys(for news: PoolNews) -> [ObjectKey] {
        switch news {
        case .kindIsLive: return Array(pools.objects.keys)
        case .workload(.node(let id, _)), .workload(.seen(let id)), .workload(.lost(let id)):
            return all { ClusterID(of: $0) == id }
        case .changed(let change):
            switch change {
            case .put(let object, let before): return keys(for: object, before)
            case .removed(let object): return keys(for: object, nil)
            }
        }
    }

    private func keys(for object: Manifest, _ before: Manifest?) -> [ObjectKey] {
        switch object.groupKind {
        case MachinePoolService.pool: return [object.key]
        case ClusterID.kind:
            if let before, Self.isSame(before, object) { return [] }
            return all { ClusterID(of: $0)?.key == object.key }
        default:
            if let before, before.resourceVersion == object.resourceVersion { return [] }
            let label = object.label(MachinePoolSpec.poolLabel)
            return all { pool in
                guard pool.namespace == object.namespace else { return false }
                let spec = MachinePoolSpec(pool)
                if let label, label == spec.labelValue { return true }
                return [spec.bootstrap, spec.infrastructure].contains { reference in
                    reference?.groupKind == object.groupKind && reference?.name == object.name
                }
            }
        }
    }

    private func all(where isWanted: (Manifest) -> Bool) -> [ObjectKey] {
        pools.objects.filter { isWanted($0.value) }.map(\.key)
    }

    /// Whether nothing changed of what pools look at.
    private static func isSame(_ left: Manifest, _ right: Manifest) -> Bool {
        left.uid == right.uid && left.isBeingDeleted == right.isBeingDeleted
            && left.spec["paused"] == right.spec["paused"] && isReachable(left) == isReachable(right)
    }

    /// Whether the cluster ever had an API server that answered.
    static func isReachable(_ cluster: Manifest) -> Bool {
        if cluster.status[path: "initialization", "controlPlaneInitialized"]?.bool == true { return true }
        if cluster.status["controlPlaneReady"]?.bool == true { return true }
        return cluster.isTrue("ControlPlaneInitialized")
    }

    private func forgetUnused() {
        nodes.leave(allBut: Set(pools.objects.values.compactMap { ClusterID(of: $0) }))
    }

    // MARK: Observe

    /// Everything the decision depends on; nil while some of it is still being read for the first time.
    private func observe(_ pool: Manifest) async throws(KubernetesFailure) -> MachinePoolView? {
        let spec = MachinePoolSpec(pool)
        guard case .live = pools.state, case .live = clusters.state, case .live = machines.state else { return nil }
        let cluster = ClusterID(of: pool).flatMap { clusters.object($0.key) }
        guard let bootstrap = try await look(at: spec.bootstrap, of: pool),
            let infrastructure = try await look(at: spec.infrastructure, of: pool)
        else { return nil }
        var infrastructureMachines: [Manifest]?
        if case .found(let object, _) = infrastructure,
            let kind = object.status["infrastructureMachineKind"]?.string, !kind.isEmpty
        {
            infrastructureMachines = providers.objects(
                of: GroupKind(group: object.groupKind.group, kind: kind),
                in: pool.namespace,
                label: MachinePoolSpec.poolLabel,
                spec.labelValue
            )
        }
        return MachinePoolView(
            pool: pool,
            cluster: cluster,
            bootstrap: bootstrap,
            infrastructure: infrastructure,
            nodes: nodes(of: cluster),
            machines: machines.objects.values.filter {
                $0.namespace == pool.namespace && $0.label(MachinePoolSpec.poolLabel) == spec.labelValue
            }.sorted { $0.name < $1.name },
            infrastructureMachines: infrastructureMachines,
            now: service.site.now()
        )
    }

    private func look(
        at reference: MachinePoolSpec.Reference?,
        of pool: Manifest
    ) async throws(KubernetesFailure) -> MachinePoolView.Part? {
        guard let reference else { return .unnamed }
        let part = providers.look(at: reference.groupKind, namespace: pool.namespace, name: reference.name)
        // Much follows from an object that is gone, so the server is asked itself.
        guard part == .missing, let kind = providers.version(of: reference.groupKind) else { return part }
        let found = try await client.get(kind, namespace: pool.namespace, name: reference.name)
        return found == nil ? .missing : nil
    }

    private func nodes(of cluster: Manifest?) -> MachinePoolView.Nodes {
        guard let cluster else { return .notConnected("there is no Cluster") }
        guard Self.isReachable(cluster) else {
            return .notConnected("the control plane of Cluster \(cluster.name) is not initialized yet")
        }
        let id = ClusterID(namespace: cluster.namespace, name: cluster.name)
        nodes.follow(id)
        switch nodes.sight(of: id) {
        case .nodes(let nodes, _): return .known(Array(nodes.values))
        case .connecting(let reason): return .notConnected(reason)
        case .unreachable(let reason): return .unreachable(reason)
        }
    }

    // MARK: Report

    private func report(_ decision: MachinePoolDecision?, _ failures: [String], _ key: ObjectKey) -> Outcome {
        let all = (decision?.failures ?? []) + failures
        let text = all.joined(separator: "; ")
        if complaints.isNew(text, of: key), !all.isEmpty {
            service.site.log.warning(
                "a MachinePool waits for a repair",
                metadata: ["pool": "\(key)", "failure": "\(text)"]
            )
        }
        if let waits = decision?.waits, !waits.isEmpty {
            service.site.log.debug(
                "a MachinePool waits",
                metadata: ["pool": "\(key)", "for": "\(waits.joined(separator: "; "))"]
            )
        }
        if !all.isEmpty { return .retry(text) }
        if let recheck = decision?.recheck { return .again(after: recheck) }
        return .done
    }
}
