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
    let workloads: WorkloadObjects
    let memory = PassMemory()
    private let complaints = Complaints()
    static let manager = "martlet-resource-sets"

    var client: APIClient { service.client }
    private var sets: WatchCache { caches[0] }
    var bindings: WatchCache { caches[1] }
    private var clusters: WatchCache { caches[2] }

    init(
        service: ResourceSetService,
        bindingVersion: GroupVersionKind,
        caches: [WatchCache],
        clients: WorkloadClients,
        workloads: WorkloadObjects
    ) {
        self.service = service
        self.bindingVersion = bindingVersion
        self.caches = caches
        self.clients = clients
        self.workloads = workloads
    }

    /// Whose passes news make necessary.
    func keys(for news: ResourceSetNews) -> [ObjectKey] {
        switch news {
        case .changed(let change): keys(for: change)
        case .workload(let cluster): keys(forWorkload: cluster)
        }
    }

    private func keys(for change: WatchCache.Change) -> [ObjectKey] {
        let object: Manifest
        var before: Manifest?
        switch change {
        case .put(let new, let previous): (object, before) = (new, previous)
        case .removed(let old): object = old
        }
        switch object.groupKind {
        case ResourceSetService.set, ResourceSetService.binding: return [object.key]
        case ClusterID.kind:
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
                let name = String(object.name.dropLast("-kubeconfig".count))
                workloads.forget(
                    ObjectKey(groupKind: ClusterID.kind, namespace: object.namespace, name: name)
                )
                return sets(in: object.namespace) { _ in true }
            }
            let reference = ClusterResourceSetSpec.Reference(kind: object.kind, name: object.name)
            return sets(in: object.namespace) { $0.references.contains(reference) }
        }
    }

    /// The sets that have put something into a workload cluster.
    private func keys(forWorkload cluster: ObjectKey) -> [ObjectKey] {
        guard let cluster = clusters.object(cluster) else { return [] }
        return sets(in: cluster.namespace) { $0.selects(cluster) }
    }

    private func sets(in namespace: String, _ isWanted: (ClusterResourceSetSpec) -> Bool) -> [ObjectKey] {
        sets.objects.filter { $0.key.namespace == namespace && isWanted(ClusterResourceSetSpec($0.value)) }.map(\.key)
    }

    private static func isSame(_ left: Manifest, _ right: Manifest) -> Bool {
        left.labels == right.labels && left.isBeingDeleted == right.isBeingDeleted
            && isInitialized(left) == isInitialized(right)
    }

    /// Only the set's own annotation counts, not a pause of its Clusters. A set that is paused is not deleted either.
    private static func isPaused(_ set: Manifest) -> Bool { set.annotation("cluster.x-k8s.io/paused") != nil }

    static func isInitialized(_ cluster: Manifest) -> Bool {
        if cluster.status["initialization"]?["controlPlaneInitialized"]?.bool == true { return true }
        if cluster.status["controlPlaneReady"]?.bool == true { return true }
        let conditions = cluster.status["conditions"]?.array ?? []
        return conditions.contains { $0["type"] == "ControlPlaneInitialized" && $0["status"] == "True" }
    }

    func run(_ key: ObjectKey) async -> Outcome {
        do {
            let outcome = try await look(at: key)
            _ = complaints.isNew("", of: key)
            service.denials.clear("\(key)")
            return outcome
        } catch {
            if error.kind == .conflict { return .again(after: .milliseconds(100)) }
            if service.denials.note(error, at: "\(key)") { return .again(after: Denials.pause) }
            service.site.log.log(
                level: complaints.isNew("\(error)", of: key) ? .warning : .debug,
                "a ClusterResourceSet failed",
                metadata: ["object": "\(key)", "error": "\(error)"]
            )
            return .retry("\(error)")
        }
    }

    private func look(at key: ObjectKey) async throws(KubernetesFailure) -> Outcome {
        if key.groupKind == ResourceSetService.binding {
            try await lookAtBinding(key)
            return .done
        }
        guard let set = sets.object(key) else { return .done }
        if set.isBeingDeleted, !Self.isPaused(set) {
            try await leave(set)
            return .done
        }
        return try await lookAt(set)
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
        let gone = ObjectKey(groupKind: ClusterID.kind, namespace: key.namespace, name: name)
        clients.forget(gone)
        workloads.forget(gone)
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
                var inventory = ClusterResourceSetInventory(of: rest)
                inventory.forget(set.name)
                try await client.update(inventory.noted(in: rest), fieldManager: Self.manager)
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
        if !set.isBeingDeleted, !set.finalizers.contains(ClusterResourceSetSpec.finalizer) {
            let finalizers = set.finalizers + [ClusterResourceSetSpec.finalizer]
            try await setMetadata(set, "finalizers", .array(finalizers.map { .string($0) }))
            return .again(after: .milliseconds(100))
        }
        if Self.isPaused(set) {
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
        if wanted.isEmpty {
            try await report(.idle, of: set)
            return .done
        }
        let (sources, problem) = try await sources(of: set, spec)
        if case .wrongSecretType? = problem {
            try await report(problem ?? .applied, of: set)
            return .done
        }
        var round = ClusterRound(verdict: problem ?? .applied)
        for result in await rounds(over: wanted, sources, of: set, spec) { round.merge(result) }
        if round.isConflict { return .again(after: .milliseconds(100)) }
        try await report(round.verdict, of: set, drift: round.drift)
        await publish(round.drift, about: set)
        return round.isRetried ? .retry("\(round.verdict)") : .done
    }

    /// Looks at each cluster, a few at a time: one that does not answer keeps no other waiting.
    private func rounds(
        over wanted: [Manifest],
        _ sources: [ReadSource],
        of set: Manifest,
        _ spec: ClusterResourceSetSpec
    ) async -> [ClusterRound] {
        await withTaskGroup(of: ClusterRound.self) { group in
            var rest = wanted[...]
            var results: [ClusterRound] = []
            for _ in 0..<min(8, wanted.count) {
                guard let cluster = rest.popFirst() else { break }
                group.addTask { await round(over: cluster, sources, of: set, spec) }
            }
            while let result = await group.next() {
                results.append(result)
                guard let cluster = rest.popFirst() else { continue }
                group.addTask { await round(over: cluster, sources, of: set, spec) }
            }
            // Together they are one verdict, whatever came first.
            return results.sorted { $0.cluster < $1.cluster }
        }
    }

    private func publish(_ drift: ClusterResourceSetDriftReport, about set: Manifest) async {
        guard !drift.repaired.isEmpty else { return }
        do throws(KubernetesFailure) {
            try await client.publishEvent(
                "DriftRepaired",
                drift.repaired.joined(separator: "; "),
                about: set,
                from: Self.manager,
                now: service.site.now()
            )
        } catch {
            service.site.log.debug("an event was not written", metadata: ["set": "\(set.key)", "error": "\(error)"])
        }
    }

    private func report(
        _ verdict: ClusterResourceSetVerdict,
        of set: Manifest,
        isPaused: Bool = false,
        drift: ClusterResourceSetDriftReport = .init()
    ) async throws(KubernetesFailure) {
        let status = verdict.status(of: set, isPaused: isPaused, drift: drift, now: service.site.now().description)
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
    ) async throws(KubernetesFailure) -> ([ReadSource], ClusterResourceSetVerdict?) {
        var found: [ReadSource] = []
        var problem: ClusterResourceSetVerdict?
        for reference in spec.references {
            let kind = GroupVersionKind(group: "", version: "v1", kind: reference.kind)
            guard let source = try await client.get(kind, namespace: set.namespace, name: reference.name) else {
                let missing = ClusterResourceSetVerdict.sourceMissing(
                    "\(reference.kind) \(reference.name) does not exist"
                )
                problem = problem?.joined(with: missing) ?? missing
                continue
            }
            if source.kind == "Secret", source.value["type"]?.string != ClusterResourceSetSource.secretType {
                let text = ClusterResourceSetProblem.wrongSecretType.message
                let wrong = ClusterResourceSetVerdict.wrongSecretType("Secret \(reference.name): \(text)")
                // The others are this set's own nevertheless.
                problem = problem?.joined(with: wrong) ?? wrong
                continue
            }
            do {
                found.append(
                    ReadSource(reference: reference, content: .success(try ClusterResourceSetSource(of: source)))
                )
            } catch {
                found.append(ReadSource(reference: reference, content: .failure(error)))
            }
            var owned = source
            owned.setOwner(OwnerReference(to: set))
            if owned != source, let owners = owned.metadata["ownerReferences"] {
                try await setMetadata(source, "ownerReferences", owners)
            }
        }
        return (found, problem)
    }
}

/// A source of a set, read in this pass.
struct ReadSource: Sendable {
    var reference: ClusterResourceSetSpec.Reference
    var content: Result<ClusterResourceSetSource, ClusterResourceSetProblem>
}

/// What a pass over a set came to in its clusters.
struct ClusterRound: Sendable {
    var cluster = ""
    var verdict = ClusterResourceSetVerdict.applied
    var drift = ClusterResourceSetDriftReport()
    /// Whether to look again soon, even though nothing may change by itself.
    var isRetried = false
    /// Whether somebody else wrote to the binding meanwhile.
    var isConflict = false

    mutating func fail(_ verdict: ClusterResourceSetVerdict) { self.verdict = self.verdict.joined(with: verdict) }

    mutating func merge(_ other: Self) {
        if other.verdict != .applied { isRetried = true }
        verdict = verdict.joined(with: other.verdict)
        drift.merge(other.drift)
        isRetried = isRetried || other.isRetried
        isConflict = isConflict || other.isConflict
    }
}
