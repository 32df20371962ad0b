package import KubernetesModel
package import StructuredValue

/// The counters of anything that owns Machines, in either API version's shape.
package struct ReplicaCounts: Hashable, Sendable {
    package var desired: Int
    package var current: Int
    package var ready: Int
    package var available: Int
    /// Nil when the object does not tell.
    package var upToDate: Int?

    /// All zero.
    package init() {
        desired = 0
        current = 0
        ready = 0
        available = 0
        upToDate = 0
    }

    /// Reads `spec.replicas` and the counters in `status`.
    package init(_ object: Manifest) {
        let status = object.status
        desired = object.spec["replicas"]?.int ?? 1
        current = status["replicas"]?.int ?? 0
        ready = status["readyReplicas"]?.int ?? 0
        available = status["availableReplicas"]?.int ?? ready
        upToDate = status["upToDateReplicas"]?.int ?? status["updatedReplicas"]?.int
    }

    /// Reads what `value` wrote.
    init(counts value: Value) {
        desired = value["desired"]?.int ?? 0
        current = value["current"]?.int ?? 0
        ready = value["ready"]?.int ?? 0
        available = value["available"]?.int ?? 0
        upToDate = value["upToDate"]?.int
    }

    /// The targets of a MachineHealthCheck: the healthy ones of all.
    static func targets(of check: Manifest) -> ReplicaCounts {
        var counts = ReplicaCounts()
        counts.desired = check.status["expectedMachines"]?.int ?? 0
        counts.current = counts.desired
        counts.ready = check.status["currentHealthy"]?.int ?? 0
        counts.available = counts.ready
        counts.upToDate = nil
        return counts
    }

    package static func + (left: ReplicaCounts, right: ReplicaCounts) -> ReplicaCounts {
        var sum = left
        sum.desired += right.desired
        sum.current += right.current
        sum.ready += right.ready
        sum.available += right.available
        sum.upToDate = (left.upToDate ?? 0) + (right.upToDate ?? 0)
        return sum
    }

    /// `ready/desired`, for tables.
    package var text: String { "\(ready)/\(desired)" }

    package var value: Value {
        [
            "desired": .int(desired), "current": .int(current), "ready": .int(ready), "available": .int(available),
            "upToDate": upToDate.map(Value.int) ?? .null,
        ]
    }
}
