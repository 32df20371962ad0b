package import KubernetesModel
package import SourceDiagnostics

/// What goes wrong in a lab, and when: `kind: Scenario`. All times are those of simulated life, which the time scale
/// shortens.
package struct Scenario: Sendable, Hashable {
    package var name: String
    /// Everything that is left to chance follows from it: the same seed chooses the same.
    package var seed: Int
    package var delays: Delays
    /// Delays of some only; the last that covers an object counts.
    package var exceptions: [Exception]
    package var faults: [Fault]

    /// How long things take; nil leaves it to the lab.
    package struct Delays: Sendable, Hashable {
        package var infrastructure: Duration?
        package var machine: Duration?
        package var node: Duration?
        package var removal: Duration?
        package var managedControlPlane: Duration?
        /// By how many percent of a delay one object may differ from it, to both sides.
        package var jitter: Int?

        package init() {}
    }

    /// Other delays for what a target covers.
    package struct Exception: Sendable, Hashable {
        package var target: Target
        package var delays: Delays
    }

    /// Which clusters and Machines are meant; everything that is not said is not asked for.
    package struct Target: Sendable, Hashable {
        package enum Role: String, Sendable, CaseIterable {
            case controlPlane = "ControlPlane"
            case worker = "Worker"
        }

        package var managementCluster: String?
        package var namespace: String?
        package var cluster: String?
        package var clusterSelector: LabelSelector?
        package var machineSelector: LabelSelector?
        package var role: Role?

        package init() {}
    }

    package struct Fault: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// Nodes are not heard of any more: so many of each cluster.
            case nodeDown(Amount)
            /// The API servers of a share of the clusters leave the network.
            case apiServerDown(percent: Int)
            /// A share of the Machines that are being made cannot be; terminally, or until the fault ends.
            case provisioningFailure(percent: Int, isTerminal: Bool, message: String)
            /// No more than so many machines run, counted over everything that the target covers.
            case quotaExceeded(limit: Int, message: String)
        }

        package var name: String
        package var kind: Kind
        package var target: Target
        package var schedule: Schedule
        package var position: SourcePosition
    }

    /// When a fault is there, counted from the start.
    package struct Schedule: Sendable, Hashable {
        package enum Origin: String, Sendable, CaseIterable {
            case creation = "Creation"
            case initialization = "Initialization"
        }

        /// Of the cluster.
        package var origin = Origin.creation
        package var start: Duration = .zero
        /// nil lasts for ever.
        package var length: Duration?
        /// From one beginning to the next; nil happens once.
        package var period: Duration?
        /// How often; nil has no end.
        package var times: Int?
        /// Comes and goes while it lasts.
        package var flap: Flap?

        package struct Flap: Sendable, Hashable {
            package var down: Duration
            package var up: Duration

            package init(down: Duration, up: Duration) {
                self.down = down
                self.up = up
            }
        }

        package init() {}
    }
}

extension Scenario.Schedule {
    /// Where a schedule stands.
    package struct Phase: Sendable, Hashable {
        /// Which occurrence it is, from 0; nil before the first, between two, and after the last.
        package var occurrence: Int?
        /// Whether it bites: not in the good moments of something that flaps.
        package var isDown: Bool
        /// When this changes; nil when it never does.
        package var next: Duration?

        package init(occurrence: Int?, isDown: Bool, next: Duration?) {
            self.occurrence = occurrence
            self.isDown = isDown
            self.next = next
        }
    }

    /// Where the schedule stands so long after its origin.
    package func phase(at elapsed: Duration) -> Phase {
        guard elapsed >= start else { return Phase(occurrence: nil, isDown: false, next: start) }
        var occurrence = 0
        if let period {
            occurrence = Int(((elapsed - start) / period).rounded(.down))
            if let times { occurrence = min(occurrence, times - 1) }
        }
        let begin = start + (period ?? .zero) * occurrence
        let isLast = period == nil || times.map { occurrence >= $0 - 1 } == true
        let successor = isLast ? nil : period.map { begin + $0 }
        let end = length.map { begin + $0 }
        if let end, elapsed >= end { return Phase(occurrence: nil, isDown: false, next: successor) }
        let change = [end, successor].compactMap { $0 }.min()
        guard let flap else { return Phase(occurrence: occurrence, isDown: true, next: change) }
        let cycle = flap.down + flap.up
        let cycles = ((elapsed - begin) / cycle).rounded(.down)
        let since = begin + cycle * Int(cycles)
        let isDown = elapsed < since + flap.down
        let turn = since + (isDown ? flap.down : cycle)
        return Phase(occurrence: occurrence, isDown: isDown, next: change.map { min($0, turn) } ?? turn)
    }
}

extension Scenario.Target {
    /// Whether it covers a cluster.
    package func covers(managementCluster: String, namespace: String, name: String, labels: [String: String]) -> Bool {
        (self.managementCluster ?? managementCluster) == managementCluster
            && (self.namespace ?? namespace) == namespace && (cluster ?? name) == name
            && clusterSelector?.matches(labels) != false
    }

    /// Whether it covers a Machine of a cluster that it covers.
    package func covers(machineLabels labels: [String: String], isControlPlane: Bool) -> Bool {
        (role.map { ($0 == .controlPlane) == isControlPlane } ?? true) && machineSelector?.matches(labels) != false
    }
}
