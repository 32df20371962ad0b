internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import StructuredValue

/// One look at a ClusterResourceSet or at a binding, and what it makes necessary.
struct ResourceSetPass: Sendable {
    let service: ResourceSetService
    let bindingVersion: GroupVersionKind
    let caches: [WatchCache]
    let clients: WorkloadClients
    static let manager = "martlet-resource-sets"

    private var client: APIClient { service.client }
    private var sets: WatchCache { caches[0] }
    private var bindings: WatchCache { caches[1] }
    private var clusters: WatchCache { caches[2] }

    /// Whose passes a change makes necessary.
    func keys(for change: WatchCache.Change) -> [ObjectKey] {
        let object: Manifest
        var before: Manifest?
        switch change {
        case .put(let new, let previous): (object, before) = (new, previous)
        case .removed(let old): object = old
        }
        switch object.groupKind {
        case ResourceSetService.set, ResourceSetService.binding: return [object.key]
        case ResourceSetService.cluster:
            if let before, Self.isSame(before, object) { return [] }
            let binding = ObjectKey(
                groupKind: ResourceSetService.binding,
                namespace: object.namespace,
                name: object.name
            )
            return [binding] + sets(in: object.namespace) { $0.selects(object) }
        default:
            if let before, before.resourceVersion == object.resourceVersion { return [] }
            if object.kind == "Secret", object.name.hasSuffix("-kubeconfig") {
                return sets(in: object.namespace) { _ in true }
            }
            let reference = ClusterResourceSetSpec.Reference(kind: object.kind, name: object.name)
            return sets(in: object.namespace) { $0.references.contains(reference) }
        }
    }

    private func sets(in namespace: String, _ isWanted: (ClusterResourceSetSpec) -> Bool) -> [ObjectKey] {
        sets.objects.filter { $0.key.namespace == namespace && isWanted(ClusterResourceSetSpec($0.value)) }.map(\.key)
    }

    private static func isSame(_ left: Manifest, _ right: Manifest) -> Bool {
        left.labels == right.labels && left.isBeingDeleted == right.isBeingDeleted
            && isInitialized(left) == isInitialized(right)
    }

    private static func isInitialized(_ cluster: Manifest) -> Bool {
        if cluster.status["initialization"]?["controlPlaneInitialized"]?.bool == true { return true }
        if cluster.status["controlPlaneReady"]?.bool == true { return true }
        let conditions = cluster.status["conditions"]?.array ?? []
        return conditions.contains { $0["type"] == "ControlPlaneInitialized" && $0["status"] == "True" }
    }

    func run(_ key: ObjectKey) async -> Outcome {
        do {
            if key.groupKind == ResourceSetService.binding {
                try await lookAtBinding(key)
                return .done
            }
            guard let set = sets.object(key) else { return .done }
            if set.isBeingDeleted {
                try await leave(set)
                return .done
            }
            return try await lookAt(set)
        } catch {
            if error.kind == .conflict { return .again(after: .milliseconds(100)) }
            service.log.warning("\(key): \(error)", metadata: ["managementCluster": "\(service.managementCluster)"])
            return .retry("\(error)")
        }
    }

    /// A binding goes with its Cluster.
    private func lookAtBinding(_ key: ObjectKey) async throws(KubernetesFailure) {
        guard let binding = bindings.object(key), !binding.isBeingDeleted else { return }
        let name = binding.spec["clusterName"]?.string ?? key.name
        let cluster = try await client.get(
            clusters.resource.groupVersionKind,
            namespace: key.namespace,
            name: name
        )
        if let cluster, !cluster.isBeingDeleted { return }
        clients.forget(key.namespace, name)
        try await client.delete(bindingVersion, namespace: key.namespace, name: key.name)
    }

    /// Takes a set that is being deleted out of every binding, then lets it go.
    private func leave(_ set: Manifest) async throws(KubernetesFailure) {
        guard set.finalizers.contains(ClusterResourceSetSpec.finalizer) else { return }
        let names = bindings.objects.values.filter { $0.namespace == set.namespace }.map(\.name)
        for name in names {
            guard let binding = try await client.get(bindingVersion, namespace: set.namespace, name: name) else {
                continue
            }
            let items = binding.spec["bindings"]?.array ?? []
            guard items.contains(where: { $0["clusterResourceSetName"]?.string == set.name }) else { continue }
            if let rest = ClusterResourceSetEntry.binding(binding, without: set) {
                try await client.update(rest, fieldManager: Self.manager)
            } else {
                try await client.delete(
                    bindingVersion,
                    namespace: set.namespace,
                    name: name,
                    preconditions: .init(resourceVersion: binding.resourceVersion)
                )
            }
        }
        let finalizers = set.finalizers.filter { $0 != ClusterResourceSetSpec.finalizer }
        try await setMetadata(set, "finalizers", .array(finalizers.map { .string($0) }))
    }

    private func setMetadata(_ object: Manifest, _ field: String, _ value: Value) async throws(KubernetesFailure) {
        var metadata = Object()
        metadata["resourceVersion"] = object.resourceVersion.map { .string($0) }
        metadata[field] = value
        try await client.patch(
            object.groupVersionKind,
            namespace: object.namespace,
            name: object.name,
            with: ["metadata": .object(metadata)],
            as: .merge,
            fieldManager: Self.manager
        )
    }

    private func lookAt(_ set: Manifest) async throws(KubernetesFailure) -> Outcome {
        if !set.finalizers.contains(ClusterResourceSetSpec.finalizer) {
            let finalizers = set.finalizers + [ClusterResourceSetSpec.finalizer]
            try await setMetadata(set, "finalizers", .array(finalizers.map { .string($0) }))
            return .again(after: .milliseconds(100))
        }
        if set.annotation("cluster.x-k8s.io/paused") != nil {
            try await report(.applied, of: set, isPaused: true)
            return .done
        }
        let spec = ClusterResourceSetSpec(set)
        guard spec.selector != nil else {
            try await report(.invalidSelector("the clusterSelector cannot be read"), of: set)
            return .done
        }
        let wanted = clusters.objects.values.filter { $0.namespace == set.namespace && spec.selects($0) }
            .sorted { $0.name < $1.name }
        if wanted.isEmpty { return .done }
        let (sources, problem) = try await sources(of: set, spec)
        var verdict = problem ?? .applied
        var isRetried = false
        if case .wrongSecretType = verdict {
            try await report(verdict, of: set)
            return .done
        }
        for cluster in wanted {
            let result = try await apply(sources, of: set, spec, to: cluster)
            if result != .applied {
                verdict = result
                isRetried = true
            }
        }
        try await report(verdict, of: set)
        return isRetried ? .retry("\(verdict)") : .done
    }

    private func report(
        _ verdict: ClusterResourceSetVerdict,
        of set: Manifest,
        isPaused: Bool = false
    ) async throws(KubernetesFailure) {
        let status = verdict.status(of: set, isPaused: isPaused, now: service.now().description)
        if status == set.status { return }
        try await client.patch(
            set.groupVersionKind,
            namespace: set.namespace,
            name: set.name,
            with: ["status": status],
            as: .merge,
            subresource: "status",
            fieldManager: Self.manager
        )
    }

    private func sources(
        of set: Manifest,
        _ spec: ClusterResourceSetSpec
    ) async throws(KubernetesFailure) -> ([Manifest], ClusterResourceSetVerdict?) {
        var found: [Manifest] = []
        var problem: ClusterResourceSetVerdict?
        for reference in spec.references {
            let kind = GroupVersionKind(group: "", version: "v1", kind: reference.kind)
            guard let source = try await client.get(kind, namespace: set.namespace, name: reference.name) else {
                problem = .sourceMissing("\(reference.kind) \(reference.name) does not exist")
                continue
            }
            if source.kind == "Secret", source.value["type"]?.string != ClusterResourceSetSource.secretType {
                let problem = ClusterResourceSetProblem.wrongSecretType
                return ([], .wrongSecretType("Secret \(reference.name): \(problem.message)"))
            }
            found.append(source)
            let owners = ClusterResourceSetEntry.owners(of: source, with: set)
            if owners != source.metadata["ownerReferences"]?.array {
                try await setMetadata(source, "ownerReferences", .array(owners))
            }
        }
        return (found, problem)
    }

    private func apply(
        _ sources: [Manifest],
        of set: Manifest,
        _ spec: ClusterResourceSetSpec,
        to cluster: Manifest
    ) async throws(KubernetesFailure) -> ClusterResourceSetVerdict {
        let known = try await client.get(bindingVersion, namespace: cluster.namespace, name: cluster.name)
        var entry = ClusterResourceSetEntry(of: set.name, in: known)
        var verdict = ClusterResourceSetVerdict.applied
        var workload: APIClient?
        for source in sources {
            let reference = ClusterResourceSetSpec.Reference(kind: source.kind, name: source.name)
            let data: ClusterResourceSetSource
            do {
                data = try ClusterResourceSetSource(of: source)
            } catch {
                verdict = .notApplied(error.message)
                entry.record(.init(reference, hash: "", lastAppliedTime: time(), isApplied: false))
                continue
            }
            guard entry.needsApply(reference, hash: data.hash, spec.strategy) else { continue }
            do {
                if workload == nil { workload = try await reach(cluster) }
            } catch {
                verdict = .clusterNotReached("Cluster \(cluster.name): \(error)")
                break
            }
            guard let workload else { break }
            var failures: [String] = []
            for object in data.objects {
                do {
                    try await put(object, spec.strategy, workload)
                } catch {
                    failures.append("Cluster \(cluster.name): \(error)")
                }
            }
            if !failures.isEmpty { verdict = .notApplied(failures.joined(separator: "; ")) }
            entry.record(.init(reference, hash: data.hash, lastAppliedTime: time(), isApplied: failures.isEmpty))
        }
        try await write(entry, of: set, for: cluster)
        return verdict
    }

    private func time() -> String { service.now().description }

    private func reach(_ cluster: Manifest) async throws(KubernetesFailure) -> APIClient {
        guard Self.isInitialized(cluster) else {
            throw KubernetesFailure(
                .unreachable,
                operation: "connect to workload cluster \(cluster.name)",
                message: "its control plane is not initialized yet"
            )
        }
        return try await clients.client(of: cluster)
    }

    private func put(
        _ object: Manifest,
        _ strategy: ClusterResourceSetSpec.Strategy,
        _ workload: APIClient
    ) async throws(KubernetesFailure) {
        let kind = object.groupVersionKind
        if strategy == .reconcile,
            let live = try await workload.get(kind, namespace: object.namespace, name: object.name)
        {
            guard let patch = ClusterResourceSetPatch.patch(from: live, to: object) else { return }
            try await workload.patch(
                kind,
                namespace: object.namespace,
                name: object.name,
                with: patch,
                as: .merge,
                fieldManager: Self.manager
            )
            return
        }
        do {
            try await workload.create(object, fieldManager: Self.manager)
        } catch {
            if error.kind != .alreadyExists || strategy == .reconcile { throw error }
        }
    }

    /// Writes what was applied. Other sets write to the same binding, so a conflict is tried again on what is there.
    private func write(
        _ entry: ClusterResourceSetEntry,
        of set: Manifest,
        for cluster: Manifest
    ) async throws(KubernetesFailure) {
        var tries = 0
        while true {
            tries += 1
            let known = try await client.get(bindingVersion, namespace: cluster.namespace, name: cluster.name)
            let apiVersion = bindingVersion.apiVersion
            let wanted = entry.binding(known, apiVersion: apiVersion, cluster: cluster, owner: set)
            if let known, known.value == wanted.value { return }
            do {
                if known == nil {
                    try await client.create(wanted, fieldManager: Self.manager)
                } else {
                    try await client.update(wanted, fieldManager: Self.manager)
                }
                return
            } catch {
                guard tries < 5, error.kind == .conflict || error.kind == .alreadyExists else { throw error }
            }
        }
    }
}
