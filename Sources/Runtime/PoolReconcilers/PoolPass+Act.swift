internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import StructuredValue

extension PoolPass {
    /// Carries a decision out. What fails beside the pool itself is answered, and does not stop the rest.
    func act(
        on decision: MachinePoolDecision,
        _ pool: Manifest,
        in cluster: ObjectKey?
    ) async throws(KubernetesFailure) -> [KubernetesFailure] {
        var failures: [KubernetesFailure] = []
        for object in decision.adopted {
            await attempt(&failures) { () throws(KubernetesFailure) in try await adopt(object) }
        }
        for object in decision.deletions {
            await attempt(&failures) { () throws(KubernetesFailure) in
                try await client.delete(
                    object.groupVersionKind,
                    namespace: object.namespace,
                    name: object.name,
                    preconditions: .init(uid: object.uid)
                )
            }
        }
        let others = failures.count
        let id = cluster.map { ClusterID(namespace: $0.namespace, name: $0.name) }
        if let id, case .nodes(_, let workload) = nodes.sight(of: id) {
            await change(decision, workload, &failures)
        }
        let haveNodesFailed = failures.count > others
        for machine in decision.machines {
            await attempt(&failures) { () throws(KubernetesFailure) in
                try await client.apply(machine, fieldManager: MachinePoolSpec.machineManager, force: true)
            }
        }
        for machine in decision.judged {
            await attempt(&failures) { () throws(KubernetesFailure) in
                try await write(machine, machines.object(machine.key), at: machine.resourceVersion)
            }
        }
        // The references are how retired Nodes are found, so they stay until those are gone.
        if haveNodesFailed { return failures }
        var version = pool.resourceVersion
        if let changed = try await writeMain(decision.pool, pool) { version = changed.resourceVersion }
        let isWritten = try await write(decision.pool, pool, at: version)
        if isWritten { for event in decision.events { await publish(event, about: pool) } }
        return failures
    }

    private func attempt(
        _ failures: inout [KubernetesFailure],
        _ work: () async throws(KubernetesFailure) -> some Sendable
    ) async {
        do throws(KubernetesFailure) {
            _ = try await work()
        } catch {
            failures.append(error)
        }
    }

    private func adopt(_ object: Manifest) async throws(KubernetesFailure) {
        var metadata: Object = [
            "labels": [MachinePoolSpec.clusterLabel: .string(object.label(MachinePoolSpec.clusterLabel) ?? "")]
        ]
        metadata["ownerReferences"] = object.metadata["ownerReferences"]
        // Owners are replaced as a whole, so nobody else may have changed them meanwhile.
        metadata["resourceVersion"] = object.resourceVersion.map { .string($0) }
        try await client.patch(
            object.groupVersionKind,
            namespace: object.namespace,
            name: object.name,
            with: ["metadata": .object(metadata)],
            as: .merge,
            fieldManager: Self.manager
        )
    }

    private func change(
        _ decision: MachinePoolDecision,
        _ workload: APIClient,
        _ failures: inout [KubernetesFailure]
    ) async {
        let kind = GroupVersionKind(group: "", version: "v1", kind: "Node")
        for node in decision.nodeDeletions {
            await attempt(&failures) { () throws(KubernetesFailure) in
                try await workload.delete(kind, namespace: "", name: node.name, preconditions: .init(uid: node.uid))
            }
        }
        for change in decision.nodeChanges {
            await attempt(&failures) { () throws(KubernetesFailure) in
                try await workload.patch(
                    kind,
                    namespace: "",
                    name: change.name,
                    with: change.patch.value,
                    as: .merge,
                    fieldManager: Self.manager
                )
            }
        }
    }

    /// Writes what differs in everything but the status; answers the object as it is then, nil when nothing differed.
    private func writeMain(_ wanted: Manifest, _ known: Manifest) async throws(KubernetesFailure) -> Manifest? {
        var from = known.value.object ?? Object()
        var to = wanted.value.object ?? Object()
        from["status"] = nil
        to["status"] = nil
        var patch = Value.object(mergeDifference(from, to))
        if patch.isEmpty { return nil }
        patch[path: "metadata", "resourceVersion"] = known.resourceVersion.map { .string($0) }
        return try await client.patch(
            known.groupVersionKind,
            namespace: known.namespace,
            name: known.name,
            with: patch,
            as: .merge,
            fieldManager: Self.manager
        )
    }

    /// Writes what differs in the status, if the object is still at this version. False when nothing differs.
    @discardableResult
    private func write(
        _ wanted: Manifest,
        _ known: Manifest?,
        at version: String?
    ) async throws(KubernetesFailure) -> Bool {
        let status = mergeDifference(known?.status.object ?? Object(), wanted.status.object ?? Object())
        if status.isEmpty { return false }
        try await client.patch(
            wanted.groupVersionKind,
            namespace: wanted.namespace,
            name: wanted.name,
            with: ["metadata": ["resourceVersion": version.map { .string($0) } ?? .null], "status": .object(status)],
            as: .merge,
            subresource: "status",
            fieldManager: Self.manager
        )
        return true
    }

    private func publish(_ event: MachinePoolDecision.Event, about pool: Manifest) async {
        do throws(KubernetesFailure) {
            try await client.publishEvent(
                event.reason,
                event.message,
                about: pool,
                from: Self.manager,
                now: service.site.now()
            )
        } catch {
            service.site.log.debug("an event was not written", metadata: ["pool": "\(pool.key)", "error": "\(error)"])
        }
    }
}
