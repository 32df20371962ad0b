import FleetModel

/// How long things take, as data. The time scale shortens all of them alike.
struct Delays: Sendable, Hashable {
    /// From an infrastructure cluster's adoption until it is there.
    var infrastructure = Duration.seconds(5)
    /// From the bootstrap data of a machine until the machine runs.
    var machine = Duration.seconds(20)
    /// From a running machine until its node has joined.
    var node = Duration.seconds(10)
    /// From the deletion of a machine until nothing of it is left.
    var removal = Duration.seconds(5)
    /// From the creation of a managed control plane until it answers.
    var managedControlPlane = Duration.seconds(60)
    /// By how much of a delay one object may differ from it, to both sides.
    var jitter = 0.1

    /// Takes over what somebody said about delays.
    mutating func replace(with wanted: Scenario.Delays, factor: Double) {
        if let delay = wanted.infrastructure { infrastructure = delay * factor }
        if let delay = wanted.machine { machine = delay * factor }
        if let delay = wanted.node { node = delay * factor }
        if let delay = wanted.removal { removal = delay * factor }
        if let delay = wanted.managedControlPlane { managedControlPlane = delay * factor }
        if let percent = wanted.jitter { jitter = Double(percent) / 100 }
    }

    static func * (delays: Delays, factor: Double) -> Delays {
        var result = delays
        result.infrastructure = result.infrastructure * factor
        result.machine = result.machine * factor
        result.node = result.node * factor
        result.removal = result.removal * factor
        result.managedControlPlane = result.managedControlPlane * factor
        return result
    }
}
