import APIServer
import ControllerRuntime
import HTTPServer
import KubernetesModel
import Logging
import StructuredValue
import Synchronization

/// One pass over a workload cluster: observe, decide, act, until nothing is left to do.
struct ClusterPass: Sendable {
    let client: InProcessClient
    let mirror: ClusterMirror
    let kinds: KindDirectory
    let workloads: WorkloadClusters
    let clock: ServerClock
    let rules: LabRules
    let logger: Logger
    let onNewWorkload: @Sendable (WorkloadCluster) -> Void
    private let effectless = EffectlessWrites()
    private let names = MintedNames()

    init(
        client: InProcessClient,
        mirror: ClusterMirror,
        kinds: KindDirectory,
        workloads: WorkloadClusters,
        clock: ServerClock,
        rules: LabRules,
        logger: Logger,
        onNewWorkload: @escaping @Sendable (WorkloadCluster) -> Void
    ) {
        self.client = client
        self.mirror = mirror
        self.kinds = kinds
        self.workloads = workloads
        self.clock = clock
        self.rules = rules
        self.logger = logger
        self.onNewWorkload = onNewWorkload
    }

    /// What a round of writes came to.
    private struct Tally {
        var effects = 0
        var conflicts = 0
        var failure: String?
        /// The object whose status was written last.
        var touched: ObjectKey?
    }

    @concurrent
    func run(_ key: ClusterKey) async -> Outcome {
        for _ in 0..<20 {
            if Task.isCancelled { return .done }
            let view: ClusterView
            do { view = try await observe(key) } catch is CancellationError {
                return .done
            } catch {
                logger.warning("a cluster cannot be observed", metadata: ["cluster": "\(key)", "error": "\(error)"])
                return .retry("\(error)")
            }
            let draft = decide(view, now: clock.now(), rules: rules)
            names.remember(draft.minted, of: key)
            let tally = carryOut(draft)
            if let failure = tally.failure {
                logger.warning("a simulated write failed", metadata: ["cluster": "\(key)", "error": "\(failure)"])
                return .retry(failure)
            }
            if tally.effects == 0, tally.conflicts == 0 {
                guard let due = draft.due else { return .done }
                return .again(after: max(clock.now().duration(to: due), .milliseconds(1)))
            }
        }
        logger.debug("a cluster does not settle", metadata: ["cluster": "\(key)"])
        return .again(after: .milliseconds(500))
    }

    // MARK: Observe

    private func observe(_ key: ClusterKey) async throws -> ClusterView {
        var view = ClusterView(key: key, objects: mirror.objects(of: key), kinds: kinds.kinds)
        view.minted = names.of(key)
        if rules.countsOverClusters {
            view.census = mirror.all(GroupKind(group: CAPI.core, kind: "Machine"))
            for cluster in mirror.all(GroupKind(group: CAPI.core, kind: "Cluster")) {
                view.clusterLabels[ClusterKey(namespace: cluster.namespace, name: cluster.name)] = cluster.labels
            }
        }
        let id = ObjectKey(
            groupKind: GroupKind(group: CAPI.core, kind: "Cluster"),
            namespace: key.namespace,
            name: key.name
        )
        let secret = ObjectKey(
            groupKind: GroupKind(group: "", kind: "Secret"),
            namespace: key.namespace,
            name: "\(key.name)-ca"
        )
        guard let cluster = view.objects[id], let uid = cluster.uid,
            let authority = view.objects[secret].flatMap(credential)
        else { return view }
        let (workload, isNew) = try workloads.cluster(key, uid: uid)
        if isNew { onNewWorkload(workload) }
        if cluster.annotation(CAPI.apiFault) == "Down" {
            workload.close()
        } else {
            let kept = cluster.annotation(CAPI.portAnnotation).flatMap { Int($0) }
            let port = try await workload.open(port: kept ?? 0, authority: authority)
            if kept != port {
                let changed = try client.patch(
                    cluster.groupVersionKind,
                    namespace: key.namespace,
                    name: key.name,
                    ["metadata": ["annotations": [CAPI.portAnnotation: .string(String(port))]]]
                )
                mirror.store(Manifest(changed))
                view.objects[id] = Manifest(changed)
            }
            view.endpoint = .init(host: workloads.host, port: port)
        }
        for node in try workload.client.list(Self.node).items.map({ Manifest($0) }) { view.nodes[node.name] = node }
        return view
    }

    private static let node = GroupVersionKind(group: "", version: "v1", kind: "Node")

    // MARK: Act

    private func carryOut(_ draft: Draft) -> Tally {
        var tally = Tally()
        for write in draft.writes { perform(write, on: client, draft.view.objects, isMirrored: true, &tally) }
        for request in draft.requests.sorted(by: { "\($0)" < "\($1)" }) {
            do { try fulfil(request, draft, &tally) } catch { tally.failure = "\(error)" }
        }
        if let workload = workloads.cluster(draft.view.key), draft.cluster != nil {
            let nodes = Dictionary(uniqueKeysWithValues: draft.view.nodes.values.map { ($0.key, $0) })
            for write in draft.nodeWrites { perform(write, on: workload.client, nodes, isMirrored: false, &tally) }
        }
        return tally
    }

    private func perform(
        _ write: Write,
        on client: InProcessClient,
        _ known: [ObjectKey: Manifest],
        isMirrored: Bool,
        _ tally: inout Tally
    ) {
        do throws(APIFailure) {
            switch write {
            case .create(let object):
                let made = try createWhole(object.value, on: client)
                tally.effects += 1
                if isMirrored { mirror.store(Manifest(made)) }
            case .patch(let key, var patch, let subresource):
                guard let object = known[key] else { return }
                if effectless.contains(write, at: object.resourceVersion) { return }
                // Whole lists are replaced, so nobody else may have changed them meanwhile. A status was written just before.
                if !(subresource.isEmpty && tally.touched == key) {
                    patch[path: "metadata", "resourceVersion"] = object.resourceVersion.map(Value.string)
                }
                let changed = Manifest(
                    try client.patch(
                        object.groupVersionKind,
                        namespace: key.namespace,
                        name: key.name,
                        patch,
                        subresource: subresource
                    )
                )
                tally.touched = subresource.isEmpty ? nil : key
                if changed.resourceVersion == object.resourceVersion, !changed.isGone {
                    effectless.note(write, at: object.resourceVersion)
                    return
                }
                tally.effects += 1
                guard isMirrored else { return }
                if changed.isGone { mirror.remove(object, isOwn: true) } else { mirror.store(changed) }
            case .delete(let key, let uid):
                guard let object = known[key] else { return }
                try client.delete(object.groupVersionKind, namespace: key.namespace, name: key.name, uid: uid)
                tally.effects += 1
                guard isMirrored else { return }
                if let rest = try client.find(object.groupVersionKind, namespace: key.namespace, name: key.name) {
                    mirror.store(Manifest(rest))
                } else {
                    mirror.remove(object, isOwn: true)
                }
            }
        } catch {
            recover(from: error, write, on: client, known, isMirrored: isMirrored, &tally)
        }
    }

    /// Creates an object and then, because creations drop it, writes its status.
    private func createWhole(_ object: Value, on client: InProcessClient) throws(APIFailure) -> Value {
        var made = try client.create(object)
        guard let status = object["status"], !status.isEmpty else { return made }
        made["status"] = status
        return try client.updateStatus(made)
    }

    /// Somebody else was quicker: what they wrote is looked at before anything is decided again.
    private func recover(
        from failure: APIFailure,
        _ write: Write,
        on client: InProcessClient,
        _ known: [ObjectKey: Manifest],
        isMirrored: Bool,
        _ tally: inout Tally
    ) {
        let key: ObjectKey
        let kind: GroupVersionKind
        switch write {
        case .create(let object): (key, kind) = (object.key, object.groupVersionKind)
        case .patch(let id, _, _), .delete(let id, _):
            guard let object = known[id] else { return }
            (key, kind) = (id, object.groupVersionKind)
        }
        switch failure.kind {
        case .conflict, .alreadyExists, .notFound:
            tally.conflicts += 1
            guard isMirrored else { return }
            // A failing look is made again in the next round.
            if let found = try? client.find(kind, namespace: key.namespace, name: key.name) {
                mirror.store(Manifest(found))
            } else if let object = known[key] {
                mirror.remove(object, isOwn: true)
            }
        default: tally.failure = "\(key): \(failure)"
        }
    }

    private func fulfil(_ request: Draft.Request, _ draft: Draft, _ tally: inout Tally) throws {
        let view = draft.view
        switch request {
        case .certificates:
            guard let cluster = draft.cluster else { return }
            for secret in try ClusterSecrets(cluster, owner: draft.controlPlane, clock: clock).certificates() {
                perform(.create(secret), on: client, [:], isMirrored: true, &tally)
            }
        case .kubeconfig:
            guard let cluster = draft.cluster, let endpoint = view.endpoint,
                let authority = draft.secret("\(cluster.name)-ca").flatMap(credential)
            else { return }
            let secret = try ClusterSecrets(cluster, owner: draft.controlPlane, clock: clock)
                .kubeconfig(endpoint, authority: authority)
            perform(.create(secret), on: client, [:], isMirrored: true, &tally)
        case .discardWorkload:
            workloads.discard(view.key)
            names.forget(view.key)
        case .tell(let key, let reason, let message):
            guard let object = draft.view.objects[key] else { return }
            // An event is only words: a lab without room for it goes on.
            _ = try? client.create(warning(about: object, reason, message))
        case .controlPlanePods(let node, let version):
            guard let workload = workloads.cluster(view.key) else { return }
            for object in controlPlaneContents(node: node, version: version, cluster: view.key.name) {
                // What is there already is as good.
                _ = try? createWhole(object, on: workload.client)
            }
        case .removePods(let node):
            guard let workload = workloads.cluster(view.key) else { return }
            for component in controlPlaneComponents {
                try workload.client.delete(
                    GroupVersionKind(group: "", version: "v1", kind: "Pod"),
                    namespace: "kube-system",
                    name: "\(component)-\(node)"
                )
            }
        }
    }
}

extension ClusterPass {
    private func warning(about object: Manifest, _ reason: String, _ message: String) -> Value {
        let moment = clock.now()
        let now = Value.string(moment.description)
        let stamp = String(fingerprint("\(moment.micro)/\(reason)".utf8), radix: 16)
        return [
            "apiVersion": "v1", "kind": "Event",
            "metadata": [
                "name": .string("\(object.name).\(stamp)"), "namespace": .string(object.namespace),
            ],
            "involvedObject": [
                "apiVersion": .string(object.groupVersionKind.apiVersion), "kind": .string(object.kind),
                "namespace": .string(object.namespace), "name": .string(object.name),
                "uid": .string(object.uid ?? ""),
            ],
            "type": "Warning", "reason": .string(reason), "message": .string(message), "count": 1,
            "firstTimestamp": now, "lastTimestamp": now, "source": ["component": "martlet-lab"],
        ]
    }
}

/// How many names were made after each prefix, for as long as the process lives.
final class MintedNames: Sendable {
    private let state = Mutex<[ClusterKey: [String: Int]]>([:])

    func of(_ cluster: ClusterKey) -> [String: Int] { state.withLock { $0[cluster] ?? [:] } }
    func remember(_ names: [String: Int], of cluster: ClusterKey) { state.withLock { $0[cluster] = names } }
    func forget(_ cluster: ClusterKey) { state.withLock { $0[cluster] = nil } }
}

extension Manifest {
    /// Whether the answer to a write is the last of an object: nothing held it any more.
    fileprivate var isGone: Bool { isBeingDeleted && finalizers.isEmpty }
}

/// Writes that changed nothing, because the kind has no such field: not worth a second try at the same version.
final class EffectlessWrites: Sendable {
    private let state = Mutex<[ObjectKey: [String: (version: String?, write: Write)]]>([:])

    func contains(_ write: Write, at version: String?) -> Bool {
        guard case .patch(let key, _, let subresource) = write else { return false }
        return state.withLock { state in
            guard let known = state[key]?[subresource] else { return false }
            return known.version == version && known.write == write
        }
    }

    func note(_ write: Write, at version: String?) {
        guard case .patch(let key, _, let subresource) = write else { return }
        state.withLock { $0[key, default: [:]][subresource] = (version, write) }
    }
}
