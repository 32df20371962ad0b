import KubernetesModel
import StructuredValue

extension Draft {
    /// The cluster's phase, counters and conditions, from everything that belongs to it.
    mutating func decideClusterStatus() {
        let now = now
        guard let cluster else { return }
        let controlPlane = controlPlane
        let infrastructure = infrastructureCluster
        let machines = controlPlaneMachines
        let workers = workerMachines
        let owners =
            all("MachineDeployment") + all("MachinePool")
            + all("MachineSet").filter { $0.controllerReference?.kind != "MachineDeployment" }
        let wantsNothing =
            cluster.spec["infrastructureRef"]?.isEmpty != false && cluster.spec["controlPlaneRef"]?.isEmpty != false
        let phase =
            cluster.isBeingDeleted
            ? "Deleting"
            : isInfrastructureReady && hasEndpoint ? "Provisioned" : wantsNothing ? "Pending" : "Provisioning"
        let isStarted = isControlPlaneInitialized
        let isAnswering = isReachable
        let infrastructureReady =
            infrastructure.map(isProvisioned) ?? (cluster.spec["infrastructureRef"]?.isEmpty != false)
        let isControlPlaneAvailable = controlPlane.map(Self.answers) ?? machines.contains { $0.isTrue("Available") }
        let areWorkersAvailable = owners.allSatisfy(Self.isAvailable)
        edit(clusterID) {
            $0.set("status", "observedGeneration", to: $0.generation.map(Value.int))
            $0.set("status", "phase", to: .string(phase))
            if let domains = infrastructure?.status["failureDomains"] {
                $0.set("status", "failureDomains", to: Self.list(domains))
            }
            if let controlPlane {
                $0.set(
                    "status",
                    "controlPlane",
                    to: Self.counters([controlPlane], desired: controlPlane.replicas, machines)
                )
            }
            if !owners.isEmpty {
                $0.set(
                    "status",
                    "workers",
                    to: Self.counters(owners, desired: owners.reduce(0) { $0 + $1.replicas }, workers)
                )
            } else {
                $0.set("status", "workers", to: nil)
            }
            $0.setCondition(
                "InfrastructureReady",
                infrastructureReady,
                yes: "Ready",
                no: "NotReady",
                "the infrastructure is being made",
                now: now
            )
            $0.setCondition(
                "ControlPlaneInitialized",
                isStarted,
                yes: "Initialized",
                no: "NotInitialized",
                "the control plane has not started yet",
                now: now
            )
            $0.setCondition(
                "ControlPlaneAvailable",
                isControlPlaneAvailable,
                yes: "Available",
                no: "NotAvailable",
                "the control plane is not available",
                now: now
            )
            $0.noteMachines("ControlPlane", machines, machines, now: now)
            $0.setCondition(
                "WorkersAvailable",
                areWorkersAvailable,
                yes: "Available",
                no: "NotAvailable",
                "not all workers are available",
                now: now
            )
            $0.noteMachines("Worker", workers, workers, now: now)
            $0.setCondition(
                "RemoteConnectionProbe",
                isStarted && isAnswering,
                yes: "ProbeSucceeded",
                no: "ProbeFailed",
                isStarted ? "the workload cluster does not answer" : "the control plane has not started yet",
                now: now
            )
            let parts = owners + [controlPlane].compactMap { $0 }
            for (type, yes, no) in [
                ("RollingOut", "RollingOut", "NotRollingOut"), ("ScalingUp", "ScalingUp", "NotScalingUp"),
                ("ScalingDown", "ScalingDown", "NotScalingDown"), ("Remediating", "Remediating", "NotRemediating"),
            ] {
                let names = parts.filter { $0.isTrue(type) }.map { "\($0.kind) \($0.name)" }
                $0.setCondition(
                    type,
                    names.isEmpty ? .no : .yes,
                    names.isEmpty ? no : yes,
                    names.joined(separator: ", "),
                    now: now
                )
            }
            if !$0.isBeingDeleted { $0.setCondition("Deleting", .no, "NotDeleting", now: now) }
            $0.noteAvailable(now: now)
        }
    }

    /// A control plane tells by a condition, or by the flag of the older contract.
    private static func answers(_ controlPlane: Manifest) -> Bool {
        controlPlane.condition("Available").map { $0.status == .yes } ?? (controlPlane.status["ready"]?.bool == true)
    }

    private static func isAvailable(_ owner: Manifest) -> Bool {
        if let condition = owner.condition("Available") { return condition.status == .yes }
        return (owner.status["availableReplicas"]?.int ?? owner.status["readyReplicas"]?.int ?? 0) >= owner.replicas
    }

    private static func counters(_ owners: [Manifest], desired: Int, _ machines: [Manifest]) -> Value {
        var result: Object = ["desiredReplicas": .int(desired)]
        for field in ["replicas", "readyReplicas", "availableReplicas", "upToDateReplicas"] {
            result.append(field, .int(owners.reduce(0) { $0 + ($1.status[field]?.int ?? 0) }))
        }
        let versions = countVersions(machines)
        if !versions.isEmpty { result.append("versions", versions) }
        return .object(result)
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

extension Manifest {
    fileprivate mutating func noteMachines(_ prefix: String, _ all: [Manifest], _ machines: [Manifest], now: Timestamp)
    {
        let sick = machines.filter { !$0.isTrue("Ready") }.map(\.name)
        let outdated = machines.filter { $0.condition("UpToDate")?.status == .no }.map(\.name)
        setCondition(
            "\(prefix)MachinesReady",
            sick.isEmpty,
            yes: "Ready",
            no: "NotReady",
            "not ready: " + Self.few(sick),
            now: now
        )
        setCondition(
            "\(prefix)MachinesUpToDate",
            outdated.isEmpty,
            yes: "UpToDate",
            no: "NotUpToDate",
            "not up to date: " + Self.few(outdated),
            now: now
        )
    }

    /// The first names of a list that may be long.
    private static func few(_ names: [String]) -> String {
        names.count <= 3
            ? names.joined(separator: ", ") : names.prefix(3).joined(separator: ", ") + " and \(names.count - 3) more"
    }

    fileprivate mutating func noteAvailable(now: Timestamp) {
        var problems: [String] = []
        if isBeingDeleted { problems.append("Deleting: \(condition("Deleting")?.reason ?? "")") }
        var parts = ["RemoteConnectionProbe", "InfrastructureReady", "ControlPlaneAvailable", "WorkersAvailable"]
        parts += (spec["availabilityGates"]?.array ?? []).compactMap { $0["conditionType"]?.string }
        for part in parts {
            guard let condition = condition(part) else {
                problems.append("\(part): not reported")
                continue
            }
            if condition.status != .yes {
                problems.append("\(part): \(condition.message.isEmpty ? condition.reason : condition.message)")
            }
        }
        setCondition(
            "Available",
            problems.isEmpty,
            yes: "Available",
            no: "NotAvailable",
            problems.map { "* \($0)" }.joined(separator: "\n"),
            now: now
        )
    }
}
