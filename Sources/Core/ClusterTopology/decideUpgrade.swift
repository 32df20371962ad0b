package import KubernetesModel
import StructuredValue

/// Decides which versions the parts of a Cluster take now: control plane first, then deployments and pools, so many at a
/// time, with chained minor versions where the class lists them. A function of what is wanted and what is observed.
package func decideUpgrade(
    of cluster: Manifest,
    class topologyClass: TopologyClass,
    observed: ObservedTopology,
    release: TopologyRelease = .newest
) throws(TopologyRejection) -> UpgradeDecision {
    let value = ConvertedTopology.cluster(cluster.value)
    let kubernetesVersions = topologyClass.spec.list("kubernetesVersions").compactMap(\.string)
    var decider = UpgradeDecider(
        cluster: value,
        topology: TopologyCheck.versioned(value[path: "spec", "topology"] ?? .null),
        observed: observed,
        kubernetesVersions: kubernetesVersions,
        release: release
    )
    do throws(UpgradePlan.Failure) {
        return try decider.run()
    } catch {
        let message = "Cluster “\(cluster.name)”: \(error.message)"
        throw TopologyRejection([
            TopologyRejection.Finding("topology-upgrade", message, in: cluster, path: ["spec", "topology", "version"])
        ])
    }
}

/// The steps of `decideUpgrade`.
struct UpgradeDecider {
    private let cluster: Value
    private let topology: Value
    private let observed: ObservedTopology
    private let kubernetesVersions: [String]
    private let release: TopologyRelease
    private let desired: String
    private let concurrency: Int
    private var decision: UpgradeDecision

    init(
        cluster: Value,
        topology: Value,
        observed: ObservedTopology,
        kubernetesVersions: [String],
        release: TopologyRelease
    ) {
        self.cluster = cluster
        self.topology = topology
        self.observed = observed
        self.kubernetesVersions = release.chainsUpgrades ? kubernetesVersions : []
        self.release = release
        desired = topology.text("version")
        concurrency = max(
            Int(cluster[path: "metadata", "annotations", TopologyKey.upgradeConcurrency]?.string ?? "") ?? 1,
            1
        )
        decision = UpgradeDecision(controlPlaneVersion: desired)
    }

    mutating func run() throws(UpgradePlan.Failure) -> UpgradeDecision {
        if let controlPlane = observed.controlPlane {
            let current = controlPlane.text("spec", "version")
            decision.plan = try UpgradePlan(
                to: desired,
                controlPlane: current,
                lowestWorker: lowestWorker(current),
                available: kubernetesVersions
            )
            decideControlPlane(controlPlane, current)
        }
        decision.deployments = try workers(
            topology.list("workers", "machineDeployments"),
            observed.deployments,
            kind: "machine deployment"
        )
        decision.pools = try workers(topology.list("workers", "machinePools"), observed.pools, kind: "machine pool")
        if release.chainsUpgrades, !decision.plan.controlPlane.isEmpty || !workersPlanIsEmpty {
            decision.step = decision.controlPlaneVersion
        }
        return decision
    }

    private var workersPlanIsEmpty: Bool {
        decision.plan.workers.isEmpty || (observed.deployments.isEmpty && observed.pools.isEmpty)
    }

    private func lowestWorker(_ controlPlane: String) -> String? {
        var lowest: KubernetesVersion?
        // Sorted, so that builds without order give the same answer every time.
        for workers in (Array(observed.deployments.values) + observed.pools.values).sorted(by: { $0.name < $1.name }) {
            guard let version = KubernetesVersion(workers.version) else { continue }
            guard let known = lowest else {
                lowest = version
                continue
            }
            let order = version.compare(known)
            if order == -1 || (order == 2 && workers.version != controlPlane) { lowest = version }
        }
        return lowest?.text
    }

    private mutating func decideControlPlane(_ controlPlane: Value, _ current: String) {
        decision.controlPlaneVersion = current
        decision.controlPlaneIsPending = current != desired
        var versions = controlPlane.list("status", "versions").map { $0.text("version") }.filter { !$0.isEmpty }
        if versions.isEmpty {
            let single = controlPlane.text("status", "version")
            if !single.isEmpty { versions = [single] }
        }
        if versions.isEmpty {
            decision.controlPlaneIsProvisioning = true
            return
        }
        if let wanted = KubernetesVersion(current) {
            decision.controlPlaneIsUpgrading = versions.contains { text in
                KubernetesVersion(text).map { wanted.compare($0) >= 1 } ?? true
            }
        }
        if decision.controlPlaneIsUpgrading { return }
        if !workersPlanIsEmpty, decision.plan.workers.first == current {
            decision.controlPlaneWaitsForWorkers = true
            return
        }
        if observed.deployments.values.contains(where: \.isUpgrading)
            || observed.pools.values.contains(where: \.isUpgrading)
        {
            return
        }
        guard decision.controlPlaneIsPending, let next = decision.plan.controlPlane.first else { return }
        decision.controlPlaneVersion = next
        decision.controlPlaneStarts = true
        decision.controlPlaneIsPending = false
    }

    private func workers(
        _ list: [Value],
        _ existing: [String: ObservedTopology.Workers],
        kind: String
    ) throws(UpgradePlan.Failure) -> [String: UpgradeDecision.Workers] {
        var result: [String: UpgradeDecision.Workers] = [:]
        var upgrading = existing.values.filter(\.isUpgrading).count
        var isHeld = false
        for workers in list {
            let name = workers.text("name")
            let annotations = workers.members("metadata", "annotations")
            if annotations.contains(TopologyKey.holdUpgradeSequence) { isHeld = true }
            guard let current = existing[name] else {
                var decided = UpgradeDecision.Workers(version: desired)
                decided.waitsForCreation = observed.controlPlane != nil && !decision.controlPlaneIsStable
                result[name] = decided
                continue
            }
            var decided = UpgradeDecision.Workers(version: current.version)
            decided.isUpgrading = current.isUpgrading
            if current.version != desired {
                decided.isDeferred = isHeld || annotations.contains(TopologyKey.deferUpgrade)
                if decided.isDeferred || upgrading >= concurrency || !decision.workersMayUpgrade
                    || decision.plan.workers.first == current.version
                {
                    decided.isPending = true
                } else {
                    guard let next = decision.plan.workers.first else {
                        throw UpgradePlan.Failure(
                            message:
                                "cannot compute the \(kind) version if the \(kind) is pending upgrade and the upgrade plan is not set"
                        )
                    }
                    decided.version = next
                    decided.isUpgrading = true
                    upgrading += 1
                }
            }
            result[name] = decided
        }
        return result
    }
}
