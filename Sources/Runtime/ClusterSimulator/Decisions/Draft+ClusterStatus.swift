import KubernetesModel
import StructuredValue

extension Draft {
    /// The cluster's phase, counters and conditions, from everything that belongs to it.
    mutating func decideClusterStatus() {
        guard let cluster else { return }
        let infrastructure = infrastructureCluster
        let hasInfrastructure = cluster.spec["infrastructureRef"]?.isEmpty == false
        let machines = controlPlaneMachines
        let picture = ClusterPicture(
            phase: phase(of: cluster),
            failureDomains: infrastructure?.status["failureDomains"].map(Self.list),
            controlPlane: controlPlane,
            machines: machines,
            owners: all("MachineDeployment") + all("MachinePool")
                + all("MachineSet").filter { $0.controllerReference?.kind != "MachineDeployment" },
            workers: workerMachines,
            isInfrastructureReady: infrastructure.map(isProvisioned) ?? !hasInfrastructure,
            isStarted: isControlPlaneInitialized,
            isAvailable: controlPlane.map(Self.answers) ?? machines.contains { $0.isTrue("Available") },
            isAnswering: isReachable,
            now: now
        )
        edit(clusterID) { picture.note(in: &$0) }
    }

    private func phase(of cluster: Manifest) -> String {
        if cluster.isBeingDeleted { return "Deleting" }
        if isInfrastructureReady, hasEndpoint { return "Provisioned" }
        let isEmpty = ["infrastructureRef", "controlPlaneRef"].allSatisfy { cluster.spec[$0]?.isEmpty != false }
        return isEmpty ? "Pending" : "Provisioning"
    }

    /// A control plane tells by a condition, or by the flag of the older contract.
    private static func answers(_ controlPlane: Manifest) -> Bool {
        controlPlane.condition("Available").map { $0.status == .yes } ?? (controlPlane.status["ready"]?.bool == true)
    }

    /// Failure domains as a list, whichever contract's form they have.
    private static func list(_ domains: Value) -> Value {
        guard case .object(let object) = domains else { return domains }
        return .array(
            object.sortedPairs.map { pair in
                var entry = pair.value
                entry["name"] = .string(pair.key)
                return entry
            }
        )
    }
}
