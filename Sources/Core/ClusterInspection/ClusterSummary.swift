package import KubernetesModel
package import StructuredValue

/// One workload cluster in a line: what `martlet get clusters` and the dashboard show.
package struct ClusterSummary: Hashable, Sendable {
    package var namespace: String
    package var name: String
    package var phase: String
    package var health: Health
    /// The version the control plane runs, empty when it is not known.
    package var version: String
    /// The version it shall run.
    package var wantedVersion: String
    package var controlPlane: ReplicaCounts
    package var workers: ReplicaCounts
    package var isPaused: Bool
    package var isRemediating: Bool
    package var creationTimestamp: String?

    /// As `/api/v1/clusters` shows it.
    package var value: Value {
        [
            "namespace": .string(namespace), "name": .string(name), "phase": .string(phase),
            "health": .string(health.state.rawValue), "reason": .string(health.reason),
            "since": health.since.map(Value.string) ?? .null, "version": .string(version),
            "wantedVersion": .string(wantedVersion), "controlPlane": controlPlane.value, "workers": workers.value,
            "paused": .bool(isPaused), "remediating": .bool(isRemediating),
            "creationTimestamp": creationTimestamp.map(Value.string) ?? .null,
        ]
    }
}

/// Every Cluster among these objects, summed up; sorted by namespace and name.
package func summarizeClusters(_ objects: some Sequence<Manifest>) -> [ClusterSummary] {
    ClusterObjects.grouping(objects).map(\.summary)
}

extension ClusterObjects {
    var summary: ClusterSummary {
        let workers = workerOwners.map(ReplicaCounts.init).reduce(ReplicaCounts(), +)
        let paused = cluster.spec["paused"]?.bool ?? false
        return ClusterSummary(
            namespace: cluster.namespace,
            name: cluster.name,
            phase: cluster.isBeingDeleted ? "Deleting" : cluster.status["phase"]?.string ?? "Pending",
            health: health,
            version: controlPlane?.status["version"]?.string ?? lowestMachineVersion ?? "",
            wantedVersion: cluster.spec["topology"]?["version"]?.string ?? controlPlane?.spec["version"]?.string ?? "",
            controlPlane: controlPlane.map(ReplicaCounts.init) ?? ReplicaCounts(),
            workers: workers,
            isPaused: paused,
            isRemediating: machines.contains(where: \.isBeingRemediated),
            creationTimestamp: cluster.creationTimestamp
        )
    }

    /// The Cluster's own health, or that of the first part that is worse.
    var health: Health {
        let own = assessHealth(of: cluster)
        if own.state != .healthy { return own }
        for part in [controlPlane].compactMap({ $0 }) + workerOwners {
            let health = assessHealth(of: part)
            if health.state != .healthy {
                return Health(health.state, reason: "\(part.kind) \(part.name): \(health.reason)", since: health.since)
            }
        }
        return own
    }

    private var lowestMachineVersion: String? {
        machines.filter { $0.label("cluster.x-k8s.io/control-plane") != nil }
            .compactMap { $0.spec["version"]?.string }.min()
    }
}

extension Manifest {
    /// Whether a health check has handed this Machine over, to its owner or to another system, and it is not well again.
    package var isBeingRemediated: Bool {
        if condition("HealthCheckSucceeded")?.status == .yes { return false }
        return ["OwnerRemediated", "ExternallyRemediated"].contains { condition($0)?.status == .no }
    }
}
