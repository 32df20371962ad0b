internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import Synchronization

/// What passes remember of each other; all of it can be found out again.
final class PassMemory: Sendable {
    private struct State {
        var bindings: [ObjectKey: Manifest] = [:]
        var verified: [String: String] = [:]
        var repairs = ClusterResourceSetRepairs()
    }

    private let state = Mutex(State())

    /// The newer one of a binding as a watch knows it and as it was written last.
    func newest(of cached: Manifest?, _ key: ObjectKey) -> Manifest? {
        state.withLock { state in
            guard let written = state.bindings[key], let cached, written.uid == cached.uid else { return cached }
            guard let left = written.resourceVersion.flatMap({ Int($0) }),
                let right = cached.resourceVersion.flatMap({ Int($0) }), left > right
            else {
                state.bindings[key] = nil
                return cached
            }
            return written
        }
    }

    func note(_ binding: Manifest) { state.withLock { $0.bindings[binding.key] = binding } }

    /// Whether this version of an object was found to be as it was applied.
    func isVerified(_ object: String, _ mark: String) -> Bool { state.withLock { $0.verified[object] == mark } }
    func verify(_ object: String, _ mark: String) { state.withLock { $0.verified[object] = mark } }

    func mayRepair(_ object: String, now: Timestamp) -> Bool {
        state.withLock { $0.repairs.mayRepair(object, now: now) }
    }

    /// A new source is a new reason to write.
    func forgive(_ prefix: String) { state.withLock { $0.repairs.forget { $0.hasPrefix(prefix) } } }
}

/// A pass over one set in one cluster.
private struct ClusterWork {
    var set: Manifest
    var spec: ClusterResourceSetSpec
    var cluster: Manifest
    var entry: ClusterResourceSetEntry
    var inventory: ClusterResourceSetInventory
    var workload: APIClient?
    var round: ClusterRound

    func id(_ object: Manifest) -> String { "\(cluster.key)|\(object.key)" }
}

extension ResourceSetPass {
    /// Applies what has to be applied to a cluster, finds what differs there, puts it back where the strategy says so,
    /// and removes what no source wants any more.
    func round(
        over cluster: Manifest,
        _ sources: [ReadSource],
        of set: Manifest,
        _ spec: ClusterResourceSetSpec
    ) async -> ClusterRound {
        let key = ObjectKey(
            groupKind: ResourceSetService.binding,
            namespace: cluster.namespace,
            name: cluster.name
        )
        let known = memory.newest(of: bindings.object(key), key)
        var work = ClusterWork(
            set: set,
            spec: spec,
            cluster: cluster,
            entry: ClusterResourceSetEntry(of: set.name, in: known),
            inventory: ClusterResourceSetInventory(of: known),
            round: ClusterRound(cluster: cluster.name)
        )
        do throws(KubernetesFailure) {
            for source in sources { try await look(at: source, &work) }
            try await prune(sources, &work)
        } catch {
            work.round.fail(.clusterNotReached("Cluster \(cluster.name): \(error)"))
        }
        do throws(KubernetesFailure) {
            try await write(work.entry, work.inventory, of: set, for: cluster)
        } catch {
            work.round.isConflict = error.kind == .conflict
            work.round.fail(.notApplied("Cluster \(cluster.name): \(error)"))
        }
        return work.round
    }

    private func look(at source: ReadSource, _ work: inout ClusterWork) async throws(KubernetesFailure) {
        switch source.content {
        case .failure(let problem):
            work.round.fail(.notApplied("Cluster \(work.cluster.name): \(problem.message)"))
            work.entry.record(.init(source.reference, hash: "", lastAppliedTime: time(), isApplied: false))
        case .success(let data):
            if work.entry.needsApply(source.reference, hash: data.hash, work.spec.strategy) {
                try await apply(data, source.reference, &work)
            } else {
                await findDrift(data, source.reference, &work)
            }
        }
    }

    private func time() -> String { service.site.now().description }

    // MARK: Apply

    private func apply(
        _ data: ClusterResourceSetSource,
        _ reference: ClusterResourceSetSpec.Reference,
        _ work: inout ClusterWork
    ) async throws(KubernetesFailure) {
        let workload = try await reach(&work)
        var failures: [String] = []
        for object in data.objects {
            do throws(KubernetesFailure) {
                try await put(object, reference, &work, workload)
            } catch {
                failures.append("Cluster \(work.cluster.name): \(error)")
            }
        }
        if !failures.isEmpty { work.round.fail(.notApplied(failures.joined(separator: "; "))) }
        work.entry.record(
            .init(reference, hash: data.hash, lastAppliedTime: time(), isApplied: failures.isEmpty)
        )
        memory.forgive("\(work.cluster.key)|")
        workloads.follow(work.inventory[set: work.set.name, source: reference] ?? [], in: work.cluster.key, workload)
    }

    private func reach(_ work: inout ClusterWork) async throws(KubernetesFailure) -> APIClient {
        if let workload = work.workload { return workload }
        guard Self.isInitialized(work.cluster) else {
            throw KubernetesFailure(
                .unreachable,
                operation: "connect to workload cluster \(work.cluster.name)",
                message: "its control plane is not initialized yet"
            )
        }
        let workload = try await clients.client(of: work.cluster)
        work.workload = workload
        return workload
    }

    private func put(
        _ object: Manifest,
        _ reference: ClusterResourceSetSpec.Reference,
        _ work: inout ClusterWork,
        _ workload: APIClient
    ) async throws(KubernetesFailure) {
        guard let live = try await putLive(object, work.spec.strategy, workload) else { return }
        work.inventory.renew(.init(object, live: live), set: work.set.name, source: reference)
        memory.verify(work.id(object), WorkloadObjects.mark(of: live))
    }

    /// The object as the server has it now; nil when it belongs to somebody else.
    private func putLive(
        _ object: Manifest,
        _ strategy: ClusterResourceSetSpec.Strategy,
        _ workload: APIClient
    ) async throws(KubernetesFailure) -> Manifest? {
        let kind = object.groupVersionKind
        if strategy == .reconcile,
            let live = try await workload.get(kind, namespace: object.namespace, name: object.name)
        {
            guard let patch = ClusterResourceSetPatch.patch(from: live, to: object) else { return live }
            return try await workload.patch(
                kind,
                namespace: object.namespace,
                name: object.name,
                with: patch,
                as: .merge,
                fieldManager: Self.manager
            )
        }
        do throws(KubernetesFailure) {
            return try await workload.create(object, fieldManager: Self.manager)
        } catch {
            if error.kind != .alreadyExists || strategy == .reconcile { throw error }
            return nil
        }
    }

    // MARK: Drift

    /// Compares what was applied with what is there, as far as watches tell that something changed.
    private func findDrift(
        _ data: ClusterResourceSetSource,
        _ reference: ClusterResourceSetSpec.Reference,
        _ work: inout ClusterWork
    ) async {
        // A source that moved on after it was applied once says nothing about what is there.
        let entry = work.entry.resources.first { $0.reference == reference }
        guard entry?.hash == data.hash else { return }
        do throws(KubernetesFailure) {
            guard let applied = work.inventory[set: work.set.name, source: reference] else {
                // Applied by somebody who noted nothing: what is there now is what counts from now on.
                if work.spec.strategy == .reconcile { try await adopt(data, reference, &work) }
                return
            }
            if !workloads.isFollowing(applied, in: work.cluster.key) {
                workloads.follow(applied, in: work.cluster.key, try await reach(&work))
            }
            for object in data.objects {
                guard let noted = applied.first(where: { $0.key == object.key }),
                    let drift = try await drift(of: object, noted, &work)
                else { continue }
                await answer(drift, reference, &work)
            }
        } catch {
            // What cannot be seen has neither drifted nor stayed.
            work.round.drift.isIncomplete = true
            work.round.isRetried = true
        }
    }

    private func adopt(
        _ data: ClusterResourceSetSource,
        _ reference: ClusterResourceSetSpec.Reference,
        _ work: inout ClusterWork
    ) async throws(KubernetesFailure) {
        let workload = try await reach(&work)
        work.inventory[set: work.set.name, source: reference] = []
        for object in data.objects {
            let kind = object.groupVersionKind
            guard let live = try await workload.get(kind, namespace: object.namespace, name: object.name) else {
                try await put(object, reference, &work, workload)
                continue
            }
            work.inventory.renew(.init(object, live: live), set: work.set.name, source: reference)
            memory.verify(work.id(object), WorkloadObjects.mark(of: live))
        }
        workloads.follow(work.inventory[set: work.set.name, source: reference] ?? [], in: work.cluster.key, workload)
    }

    private func drift(
        of object: Manifest,
        _ noted: ClusterResourceSetInventory.Applied,
        _ work: inout ClusterWork
    ) async throws(KubernetesFailure) -> ClusterResourceSetDrift? {
        switch workloads.look(at: object, in: work.cluster.key) {
        case .unknown:
            work.round.drift.isIncomplete = true
            return nil
        case .present(let mark) where memory.isVerified(work.id(object), mark): return nil
        case .missing, .present:
            let workload = try await reach(&work)
            let live = try await workload.get(
                object.groupVersionKind,
                namespace: object.namespace,
                name: object.name
            )
            let drift = ClusterResourceSetDrift.compare(live, with: noted, object)
            if drift == nil, let live { memory.verify(work.id(object), WorkloadObjects.mark(of: live)) }
            return drift
        }
    }

    private func answer(
        _ drift: ClusterResourceSetDrift,
        _ reference: ClusterResourceSetSpec.Reference,
        _ work: inout ClusterWork
    ) async {
        let text = "Cluster \(work.cluster.name): \(drift.text)"
        guard work.spec.strategy == .reconcile else {
            work.round.drift.found.append(text)
            return
        }
        guard memory.mayRepair(work.id(drift.manifest), now: service.site.now()) else {
            let limit = ClusterResourceSetRepairs.limit
            work.round.drift.found.append("\(text); it was put back \(limit) times and is left alone for a while")
            return
        }
        do throws(KubernetesFailure) {
            let workload = try await reach(&work)
            try await put(drift.manifest, reference, &work, workload)
            work.round.drift.repaired.append(text)
            service.site.log.info(
                "put back what had drifted",
                metadata: ["drift": "\(text)"]
            )
        } catch {
            work.round.drift.found.append("\(text); it cannot be put back: \(error)")
            work.round.isRetried = true
        }
    }

    // MARK: Prune

    /// Deletes what an earlier content of the sources had, and no source has now.
    private func prune(_ sources: [ReadSource], _ work: inout ClusterWork) async throws(KubernetesFailure) {
        guard work.spec.strategy == .reconcile else { return }
        var desired: [ClusterResourceSetSpec.Reference: [Manifest]] = [:]
        for source in sources {
            guard case .success(let data) = source.content else { continue }
            let entry = work.entry.resources.first { $0.reference == source.reference }
            // Only what has been applied as a whole says what is left over.
            if entry?.isApplied == true, entry?.hash == data.hash { desired[source.reference] = data.objects }
        }
        let leaving = work.inventory.leaving(
            set: work.set.name,
            references: work.spec.references,
            desired: desired
        )
        for (source, object, isKept) in leaving {
            if !isKept {
                let workload = try await reach(&work)
                do throws(KubernetesFailure) {
                    try await workload.delete(
                        object.groupVersionKind,
                        namespace: object.namespace,
                        name: object.name,
                        preconditions: .init(uid: object.uid)
                    )
                } catch {
                    // Another object of this name, or a kind that is gone: nothing of ours is left.
                    guard error.kind == .conflict || error.kind == .notFound else { throw error }
                }
            }
            work.inventory.remove(object, set: work.set.name, source: source)
        }
    }

    // MARK: Binding

    /// Writes what was applied. Other sets write to the same binding, so a conflict is tried again on what is there.
    private func write(
        _ entry: ClusterResourceSetEntry,
        _ inventory: ClusterResourceSetInventory,
        of set: Manifest,
        for cluster: Manifest
    ) async throws(KubernetesFailure) {
        let key = ObjectKey(
            groupKind: ResourceSetService.binding,
            namespace: cluster.namespace,
            name: cluster.name
        )
        var known = memory.newest(of: bindings.object(key), key)
        var tries = 0
        while true {
            tries += 1
            let apiVersion = bindingVersion.apiVersion
            var merged = ClusterResourceSetInventory(of: known)
            merged.take(set.name, from: inventory)
            let wanted = merged.noted(
                in: entry.binding(known, apiVersion: apiVersion, cluster: cluster, owner: set)
            )
            if let known, known.value == wanted.value { return }
            do throws(KubernetesFailure) {
                memory.note(
                    known == nil
                        ? try await client.create(wanted, fieldManager: Self.manager)
                        : try await client.update(wanted, fieldManager: Self.manager)
                )
                return
            } catch {
                guard tries < 5, error.kind == .conflict || error.kind == .alreadyExists || error.kind == .notFound
                else { throw error }
            }
            known = try await client.get(bindingVersion, namespace: cluster.namespace, name: cluster.name)
        }
    }
}
