internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import StructuredValue
internal import Synchronization

/// One look at a MachinePool, and what it makes necessary: observe, decide, act, report.
struct PoolPass: Sendable {
    let service: MachinePoolService
    let pools: WatchCache
    let clusters: WatchCache
    let machines: WatchCache
    let providers: ProviderWatches
    let nodes: WorkloadNodes
    let complaints = Complaints()
    static let manager = "martlet-machine-pools"

    var client: APIClient { service.client }

    func run(_ key: ObjectKey) async -> Outcome {
        guard let pool = pools.object(key) else {
            complaints.forget(key)
            forgetUnused()
            return .done
        }
        do throws(KubernetesFailure) {
            guard let view = try await observe(pool) else { return .done }
            let decision = decideMachinePool(view)
            let failures = try await act(on: decision, pool, in: view.cluster?.key)
            return report(decision, failures, key)
        } catch {
            // Somebody else was faster; the watch brings what they wrote.
            if error.kind == .conflict { return .again(after: .milliseconds(100)) }
            return report(nil, ["\(error)"], key)
        }
    }

    // MARK: Which passes news make necessary

    func keys(for news: PoolNews) -> [ObjectKey] {
        switch news {
        case .kindIsLive: return Array(pools.objects.keys)
        case .nodes(let cluster): return all { Self.cluster(of: $0) == cluster }
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
        case MachinePoolService.cluster:
            if let before, Self.isSame(before, object) { return [] }
            return all { Self.cluster(of: $0) == object.key }
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

    static func cluster(of pool: Manifest) -> ObjectKey {
        ObjectKey(
            groupKind: MachinePoolService.cluster,
            namespace: pool.namespace,
            name: pool.spec["clusterName"]?.string ?? ""
        )
    }

    /// Whether the cluster ever had an API server that answered.
    static func isReachable(_ cluster: Manifest) -> Bool {
        if cluster.status[path: "initialization", "controlPlaneInitialized"]?.bool == true { return true }
        if cluster.status["controlPlaneReady"]?.bool == true { return true }
        return cluster.isTrue("ControlPlaneInitialized")
    }

    private func forgetUnused() {
        let used = Set(pools.objects.values.map(Self.cluster))
        nodes.forget(allBut: used)
    }

    // MARK: Observe

    /// Everything the decision depends on; nil while some of it is still being read for the first time.
    private func observe(_ pool: Manifest) async throws(KubernetesFailure) -> MachinePoolView? {
        let spec = MachinePoolSpec(pool)
        guard case .live = pools.state, case .live = clusters.state, case .live = machines.state else { return nil }
        let cluster = clusters.object(Self.cluster(of: pool))
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
            now: service.now()
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
        return nodes.look(at: cluster.key)
    }

    // MARK: Report

    private func report(_ decision: MachinePoolDecision?, _ failures: [String], _ key: ObjectKey) -> Outcome {
        let all = (decision?.failures ?? []) + failures
        let text = all.joined(separator: "; ")
        if complaints.isNew(text, of: key), !all.isEmpty {
            service.log.warning("a MachinePool waits for a repair", metadata: ["pool": "\(key)", "failure": "\(text)"])
        }
        if let waits = decision?.waits, !waits.isEmpty {
            service.log.debug(
                "a MachinePool waits",
                metadata: ["pool": "\(key)", "for": "\(waits.joined(separator: "; "))"]
            )
        }
        if !all.isEmpty { return .retry(text) }
        if let recheck = decision?.recheck { return .again(after: recheck) }
        return .done
    }
}

/// What was last complained about, so that the same is said once.
final class Complaints: Sendable {
    private let texts = Mutex<[ObjectKey: String]>([:])

    func isNew(_ text: String, of key: ObjectKey) -> Bool {
        texts.withLock { texts in
            defer { texts[key] = text.isEmpty ? nil : text }
            return texts[key] != text
        }
    }

    func forget(_ key: ObjectKey) { _ = texts.withLock { $0.removeValue(forKey: key) } }
}
