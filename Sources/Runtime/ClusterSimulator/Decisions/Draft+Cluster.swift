import KubernetesModel
import StructuredValue

extension Draft {
    private static let secretKind = GroupKind(group: "", kind: "Secret")

    func secret(_ name: String) -> Manifest? {
        self[ObjectKey(groupKind: Self.secretKind, namespace: view.key.namespace, name: name)]
    }

    /// The load balancer and network of a cluster, whatever provider's kind stands for them.
    mutating func decideInfrastructureCluster() {
        let now = now
        guard let cluster else { return }
        if !cluster.isBeingDeleted, secret("\(cluster.name)-ca") == nil { requests.insert(.certificates) }
        guard let infrastructure = infrastructureCluster, !infrastructure.isPaused else { return }
        if infrastructure.isBeingDeleted {
            guard isDue(leaving(infrastructure, delays(for: cluster).removal)) else { return }
            edit(infrastructure.key) { $0.removeFinalizer(Self.finalizer(of: $0.groupKind)) }
            return
        }
        guard infrastructure.isOwned(by: cluster.uid), let endpoint = view.endpoint else { return }
        if (infrastructure.spec[path: "controlPlaneEndpoint", "host"]?.string ?? "").isEmpty,
            controlPlaneGivesNoEndpoint
        {
            edit(infrastructure.key) {
                $0.set(
                    "spec",
                    "controlPlaneEndpoint",
                    to: ["host": .string(endpoint.host), "port": .int(endpoint.port)]
                )
            }
        }
        guard
            isProvisioned(infrastructure)
                || isDue(infrastructure.created.advanced(by: delays(for: cluster).infrastructure))
        else {
            edit(infrastructure.key) {
                $0.setCondition("Ready", .no, "NotReady", "the load balancer is being made", now: now)
            }
            return
        }
        markProvisioned(infrastructure) { infrastructure in
            if let domains = infrastructure.spec["failureDomains"], !domains.isEmpty {
                infrastructure.set("status", "failureDomains", to: domains)
            }
        }
    }

    /// Managed control planes name their endpoint themselves.
    private var controlPlaneGivesNoEndpoint: Bool {
        (controlPlane?.spec[path: "controlPlaneEndpoint", "host"]?.string ?? "").isEmpty
    }

    func isProvisioned(_ infrastructure: Manifest) -> Bool {
        infrastructure.hasReached("provisioned") || infrastructure.status["ready"]?.bool == true
    }

    /// Tells in the forms of both contracts that infrastructure is there.
    mutating func markProvisioned(_ infrastructure: Manifest, _ change: (inout Manifest) -> Void) {
        let now = now
        let isNew = writesContract("v1beta2", infrastructure.groupKind)
        let isOld = writesContract("v1beta1", infrastructure.groupKind)
        edit(infrastructure.key) {
            change(&$0)
            if isNew { $0.set("status", "initialization", "provisioned", to: true) }
            if isOld { $0.set("status", "ready", to: true) }
            $0.setCondition("Ready", .yes, "Ready", Self.readyMessage, now: now)
        }
    }

    /// What providers' objects say when they are ready. Some kinds require a message, others refuse an empty one.
    static let readyMessage = "simulated by the lab"

    /// When something that is being deleted is gone.
    func leaving(_ object: Manifest, _ delay: Duration) -> Timestamp {
        (object.deletionTimestamp.flatMap { Timestamp($0) } ?? now).advanced(by: delay)
    }

    /// The flags and the endpoint of the cluster, which never go back.
    mutating func decideClusterInitialization() {
        guard let cluster, !cluster.isBeingDeleted else { return }
        let infrastructure = infrastructureCluster
        let isReady = cluster.spec["infrastructureRef"]?.isEmpty != false || infrastructure.map(isProvisioned) == true
        if isReady {
            edit(clusterID) { $0.set("status", "initialization", "infrastructureProvisioned", to: true) }
        }
        if !hasEndpoint {
            for source in [infrastructure, controlPlane] {
                guard let endpoint = source?.spec["controlPlaneEndpoint"],
                    !(endpoint["host"]?.string ?? "").isEmpty, (endpoint["port"]?.int ?? 0) > 0
                else { continue }
                edit(clusterID) {
                    $0.set(
                        "spec",
                        "controlPlaneEndpoint",
                        to: ["host": endpoint["host"] ?? "", "port": endpoint["port"] ?? 0]
                    )
                }
                break
            }
        }
        // A provider whose kinds have no place for an endpoint leaves it to the lab.
        if !hasEndpoint, isReady, infrastructure.map(isProvisioned) ?? true, let endpoint = view.endpoint,
            infrastructure != nil || controlPlane != nil, !isManaged || isInitialized(controlPlane)
        {
            edit(clusterID) {
                $0.set(
                    "spec",
                    "controlPlaneEndpoint",
                    to: ["host": .string(endpoint.host), "port": .int(endpoint.port)]
                )
            }
        }
        if hasEndpoint, isInfrastructureReady, secret("\(cluster.name)-kubeconfig") == nil,
            secret("\(cluster.name)-ca") != nil
        {
            requests.insert(.kubeconfig)
        }
        let hasNode = controlPlaneMachines.contains { $0.status["nodeRef"] != nil }
        if isInitialized(controlPlane)
            || (controlPlane == nil && cluster.spec["controlPlaneRef"]?.isEmpty != false && hasNode)
        {
            edit(clusterID) { $0.set("status", "initialization", "controlPlaneInitialized", to: true) }
        }
    }

    var hasEndpoint: Bool {
        let endpoint = cluster?.spec["controlPlaneEndpoint"]
        return !(endpoint?["host"]?.string ?? "").isEmpty && (endpoint?["port"]?.int ?? 0) > 0
    }

    var isInfrastructureReady: Bool { cluster?.hasReached("infrastructureProvisioned") == true }
    var isControlPlaneInitialized: Bool { cluster?.hasReached("controlPlaneInitialized") == true }

    func isInitialized(_ controlPlane: Manifest?) -> Bool {
        controlPlane?.hasReached("controlPlaneInitialized") == true || controlPlane?.status["initialized"]?.bool == true
    }

    /// Whether the control plane does not consist of Machines.
    var isManaged: Bool { controlPlane.map { machineTemplate(of: $0) == nil } ?? false }

    /// Whether the workload cluster answers.
    var isReachable: Bool { view.endpoint != nil && cluster?.annotation(CAPI.apiFault) != "Down" }

    /// Deletes what belongs to a cluster, in order.
    mutating func decideClusterDeletion() {
        let now = now
        guard let cluster else { return }
        let sets = all("MachineSet")
        let pools = all("MachinePool")
        let deployments = all("MachineDeployment")
        let workers = workerMachines
        let direct =
            pools + deployments + sets.filter { $0.controllerReference == nil }
            + workers.filter { $0.controllerReference == nil }
            + (controlPlane == nil && cluster.spec["controlPlaneRef"]?.isEmpty != false ? controlPlaneMachines : [])
        for object in direct { delete(object) }
        var reason = "DeletionCompleted"
        defer {
            let reason = reason
            edit(clusterID) { $0.setCondition("Deleting", .yes, reason, now: now) }
        }
        if !(pools.isEmpty && deployments.isEmpty && sets.isEmpty && workers.isEmpty) {
            reason = "WaitingForWorkersDeletion"
            return
        }
        if let controlPlane {
            delete(controlPlane)
            reason = "WaitingForControlPlaneDeletion"
            return
        }
        if !controlPlaneMachines.isEmpty {
            for machine in controlPlaneMachines { delete(machine) }
            reason = "WaitingForControlPlaneDeletion"
            return
        }
        if let infrastructure = infrastructureCluster {
            delete(infrastructure)
            reason = "WaitingForInfrastructureDeletion"
            return
        }
        requests.insert(.discardWorkload)
        edit(clusterID) { $0.removeFinalizer(CAPI.clusterFinalizer) }
    }
}
