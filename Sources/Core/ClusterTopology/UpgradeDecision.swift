import StructuredValue

/// Which version every part of a Cluster is to have now, and what has to wait.
package struct UpgradeDecision: Hashable, Sendable {
    /// A deployment or pool.
    package struct Workers: Hashable, Sendable {
        package var version: String
        /// Has an older version and may not take the next one yet; nothing else of it changes meanwhile.
        package var isPending = false
        /// Its owner asked for the wait (`defer-upgrade`, `hold-upgrade-sequence`).
        package var isDeferred = false
        /// Does not exist, and is not made before the control plane is at rest.
        package var waitsForCreation = false
        /// Takes another version now, or is still on the way to it.
        package var isUpgrading = false
    }

    package var controlPlaneVersion: String
    /// Needs a newer version but may not take it: the control plane and its template stay as they are.
    package var controlPlaneIsPending = false
    package var controlPlaneIsProvisioning = false
    package var controlPlaneIsUpgrading = false
    /// Takes the next version now.
    package var controlPlaneStarts = false
    /// Waits until the workers have caught up.
    package var controlPlaneWaitsForWorkers = false
    package var plan = UpgradePlan.none
    /// By the name in the topology.
    package var deployments: [String: Workers] = [:]
    package var pools: [String: Workers] = [:]
    /// The value of the annotation that lets the step's version pass the preflight checks.
    package var step: String?

    package init(controlPlaneVersion: String) { self.controlPlaneVersion = controlPlaneVersion }

    /// What it comes to when every step is done.
    func finished(at version: String) -> UpgradeDecision {
        var result = UpgradeDecision(controlPlaneVersion: version)
        result.deployments = deployments.mapValues { _ in Workers(version: version) }
        result.pools = pools.mapValues { _ in Workers(version: version) }
        return result
    }

    /// Whether anything has to wait, or comes in more than one step.
    func isOnTheWay(to version: String) -> Bool {
        controlPlaneIsPending || controlPlaneVersion != version
            || deployments.values.contains { $0.isPending || $0.waitsForCreation }
            || pools.values.contains { $0.isPending || $0.waitsForCreation }
    }

    /// How many versions the control plane goes through, the one it takes now included.
    package var controlPlaneSteps: Int { max(plan.controlPlane.count, 1) }

    /// How many versions a deployment or pool goes through, the one it takes now included.
    package func steps(of workers: Workers?) -> Int {
        guard let workers else { return 1 }
        let later = plan.workers.firstIndex(of: workers.version).map { plan.workers.count - $0 - 1 }
        let all = later ?? plan.workers.count
        return max(workers.isPending ? all : all + 1, 1)
    }

    var controlPlaneIsStable: Bool {
        !controlPlaneIsProvisioning && !controlPlaneIsUpgrading && !controlPlaneStarts && !controlPlaneIsPending
    }

    var workersMayUpgrade: Bool {
        !controlPlaneIsProvisioning && !controlPlaneIsUpgrading && !controlPlaneStarts
            && (!controlPlaneIsPending || controlPlaneWaitsForWorkers)
    }
}

extension UpgradePlan {
    /// Nothing to do.
    package static let none = UpgradePlan()

    private init() {}
}
