import FleetModel
import KubernetesModel

/// What a lab's world is like: how long things take, what goes wrong, and what chance comes to.
struct LabRules: Sendable {
    let timeScale: Double
    /// What goes wrong; only what concerns this management cluster.
    let scenario: Scenario?
    let managementCluster: String
    private let seed: UInt64
    private let delays: Delays

    /// - Parameter seed: What chance follows from where no scenario gives a seed.
    init(timeScale: Double, scenario: Scenario? = nil, managementCluster: String = "", seed: UInt64 = 0) {
        self.timeScale = timeScale > 0 ? timeScale : 1
        self.managementCluster = managementCluster
        func isHere(_ target: Scenario.Target) -> Bool {
            (target.managementCluster ?? managementCluster) == managementCluster
        }
        var scenario = scenario
        scenario?.faults.removeAll { !isHere($0.target) }
        scenario?.exceptions.removeAll { !isHere($0.target) }
        self.scenario = scenario
        self.seed = scenario.map { UInt64($0.seed) } ?? seed
        var delays = Delays()
        delays.replace(with: scenario?.delays ?? Scenario.Delays(), factor: 1)
        self.delays = delays * (1 / self.timeScale)
    }

    /// A duration of simulated life in real time.
    func real(_ duration: Duration) -> Duration { duration * (1 / timeScale) }

    /// A real duration as simulated life counts it.
    func simulated(_ duration: Duration) -> Duration { duration * timeScale }

    /// The delays of an object of a cluster.
    func delays(for object: Manifest, in cluster: Manifest?) -> Delays {
        guard let exceptions = scenario?.exceptions, !exceptions.isEmpty, let cluster else { return delays }
        var result = delays
        for exception in exceptions where covers(exception.target, cluster) {
            let isControlPlane = object.label(CAPI.controlPlaneLabel) != nil || object.kind.hasSuffix("ControlPlane")
            guard
                object.key == cluster.key
                    || exception.target.covers(machineLabels: object.labels, isControlPlane: isControlPlane)
            else { continue }
            result.replace(with: exception.delays, factor: 1 / timeScale)
        }
        return result
    }

    /// Whether some fault counts Machines over several clusters.
    var countsOverClusters: Bool {
        scenario?.faults.contains { if case .quotaExceeded = $0.kind { true } else { false } } == true
    }

    func covers(_ target: Scenario.Target, _ cluster: Manifest) -> Bool {
        target.covers(
            managementCluster: managementCluster,
            namespace: cluster.namespace,
            name: cluster.name,
            labels: cluster.labels
        )
    }

    /// The bits that chance has for a name: always the same with the same seed.
    func chance(_ name: String) -> UInt64 {
        // SplitMix64 over the name's fingerprint, whose own bits are too alike for names that are.
        var mixed = fingerprint("\(seed)/\(name)".utf8) &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// Whether chance counts a name among so many of a hundred.
    func isAmong(percent: Int, _ name: String) -> Bool { chance(name) % 100 < UInt64(max(0, percent)) }
}

extension Draft {
    /// The delays of an object, as exceptions have them.
    func delays(for object: Manifest) -> Delays { rules.delays(for: object, in: cluster) }

    /// The delay of one object: a little more or less, always the same for the same name.
    func vary(_ delays: Delays, _ delay: KeyPath<Delays, Duration>, _ name: String) -> Duration {
        let share = Double(fingerprint(name.utf8) % 1000) / 1000
        return delays[keyPath: delay] * (1 - delays.jitter + 2 * delays.jitter * share)
    }
}
