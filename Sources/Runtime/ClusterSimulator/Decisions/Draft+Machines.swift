import KubernetesModel
import StructuredValue

extension Draft {
    /// Machines: what they learn from their parts, and how they go.
    mutating func decideMachines() {
        for machine in all("Machine") where machine.uid != nil && !machine.isPaused {
            if machine.isBeingDeleted { deleteMachine(machine) } else { follow(machine) }
            if let machine = self[machine.key] { noteStatus(of: machine) }
        }
    }

    private mutating func follow(_ machine: Manifest) {
        let view = view
        let config = find(Reference(machine.spec[path: "bootstrap", "configRef"], namespace: machine.namespace))
        let infrastructure = find(Reference(machine.spec["infrastructureRef"], namespace: machine.namespace))
        let isInfrastructureThere = infrastructure.map(isProvisioned) == true
        edit(machine.key) {
            $0.addFinalizer(CAPI.machineFinalizer)
            $0.merge(labels: [CAPI.clusterLabel: view.key.name])
            // Copied once, then trusted.
            if ($0.spec[path: "bootstrap", "dataSecretName"]?.string ?? "").isEmpty,
                let name = config?.status["dataSecretName"]?.string
            {
                $0.set("spec", "bootstrap", "dataSecretName", to: .string(name))
            }
            if !($0.spec[path: "bootstrap", "dataSecretName"]?.string ?? "").isEmpty {
                $0.set("status", "initialization", "bootstrapDataSecretCreated", to: true)
            }
            guard isInfrastructureThere, let infrastructure, let id = infrastructure.spec["providerID"] else { return }
            $0.set("spec", "providerID", to: id)
            $0.set("status", "addresses", to: infrastructure.status["addresses"])
            if let domain = infrastructure.status["failureDomain"] ?? infrastructure.spec["failureDomain"] {
                $0.set("status", "failureDomain", to: domain)
            }
            $0.set("status", "initialization", "infrastructureProvisioned", to: true)
        }
        guard isReachable, let machine = self[machine.key], let id = machine.spec["providerID"],
            let node = nodes[machine.name].flatMap({ $0.spec["providerID"] == id ? $0 : nil })
        else { return }
        edit(machine.key) {
            $0.set("status", "nodeRef", to: ["name": .string(node.name)])
            $0.set("status", "nodeInfo", to: node.status["nodeInfo"])
        }
        tell(node, of: machine)
    }

    /// Writes on the Node whose it is.
    private mutating func tell(_ node: Manifest, of machine: Manifest) {
        var annotations = [
            CAPI.clusterLabel: view.key.name, "cluster.x-k8s.io/cluster-namespace": view.key.namespace,
            "cluster.x-k8s.io/machine": machine.name,
        ]
        if let owner = machine.controllerReference {
            annotations["cluster.x-k8s.io/owner-kind"] = owner.kind
            annotations["cluster.x-k8s.io/owner-name"] = owner.name
        }
        let labels = machine.labels.filter { label in
            let domain = label.key.split(separator: "/").first.map(String.init) ?? ""
            return domain == "node-role.kubernetes.io" || domain == "node.cluster.x-k8s.io"
                || domain == "node-restriction.kubernetes.io" || domain.hasSuffix(".node-restriction.kubernetes.io")
                || domain.hasSuffix(".node.cluster.x-k8s.io")
        }
        nodes[node.name]?.merge(labels: labels, annotations: annotations)
        let wanted = machine.spec["taints"]?.array ?? []
        guard !wanted.isEmpty else { return }
        var taints = node.spec["taints"]?.array ?? []
        for taint in wanted
        where !taints.contains(where: { $0["key"] == taint["key"] && $0["effect"] == taint["effect"] }) {
            var entry = taint
            entry["propagation"] = nil
            taints.append(entry)
        }
        nodes[node.name]?.set("spec", "taints", to: .array(taints))
    }

    // MARK: Deletion

    private mutating func deleteMachine(_ machine: Manifest) {
        let now = now
        let (reason, isDone) = removalStep(machine)
        edit(machine.key) {
            $0.setCondition("Deleting", .yes, reason, now: now)
            if isDone { $0.removeFinalizer(CAPI.machineFinalizer) }
        }
    }

    /// Takes the next step of a removal; answers what it waits for.
    private mutating func removalStep(_ machine: Manifest) -> (reason: String, isDone: Bool) {
        let hooks = machine.annotations.keys
        let mayTouchNode = isNodeOurs(machine)
        if mayTouchNode, hooks.contains(where: { $0.hasPrefix(CAPI.preDrainHook) }) {
            return ("WaitingForPreDrainHook", false)
        }
        // Nodes of the lab run nothing that takes time to drain.
        if hooks.contains(where: { $0.hasPrefix(CAPI.preTerminateHook) }) {
            return ("WaitingForPreTerminateHook", false)
        }
        let infrastructure = find(Reference(machine.spec["infrastructureRef"], namespace: machine.namespace))
        if let infrastructure, infrastructure.uid != nil {
            delete(infrastructure)
            return ("WaitingForInfrastructureDeletion", false)
        }
        if let config = find(Reference(machine.spec[path: "bootstrap", "configRef"], namespace: machine.namespace)),
            !config.kind.hasSuffix("Template"), config.uid != nil
        {
            delete(config)
            return ("WaitingForBootstrapDeletion", false)
        }
        if mayTouchNode, let name = machine.status[path: "nodeRef", "name"]?.string, nodes[name] != nil {
            nodes[name] = nil
            if machine.label(CAPI.controlPlaneLabel) != nil { requests.insert(.removePods(node: name)) }
        }
        return ("DeletionCompleted", true)
    }

    /// Whether the Node may be drained and deleted: there is somebody left who would care.
    private func isNodeOurs(_ machine: Manifest) -> Bool {
        if cluster?.isBeingDeleted != false || machine.status["nodeRef"] == nil { return false }
        if let controlPlane {
            if controlPlane.isBeingDeleted { return false }
            if controlPlane.status["externalManagedControlPlane"]?.bool == true { return true }
        }
        return controlPlaneMachines.contains { !$0.isBeingDeleted }
    }

    // MARK: Status

    private mutating func noteStatus(of machine: Manifest) {
        let node = machine.status[path: "nodeRef", "name"]?.string.flatMap { nodes[$0] }
        let hasData = machine.hasReached("bootstrapDataSecretCreated")
        let isThere = machine.hasReached("infrastructureProvisioned")
        let hasJoined = machine.status["nodeRef"] != nil
        var phase = "Pending"
        if hasData, !isThere { phase = "Provisioning" }
        if !(machine.spec["providerID"]?.string ?? "").isEmpty { phase = "Provisioned" }
        if hasJoined, isThere { phase = "Running" }
        if machine.isTrue("Updating") { phase = "Updating" }
        if machine.isBeingDeleted { phase = "Deleting" }
        let before = machine.status["phase"]?.string
        let infrastructure = find(Reference(machine.spec["infrastructureRef"], namespace: machine.namespace))
        let obstacle = infrastructure?.condition("Ready").flatMap { $0.status == .no ? $0.message : nil }
        let now = now
        edit(machine.key) {
            if before != phase {
                $0.set("status", "phase", to: .string(phase))
                $0.set("status", "lastUpdated", to: .string(now.description))
            }
            $0.set("status", "observedGeneration", to: $0.generation.map(Value.int))
            $0.setCondition(
                "BootstrapConfigReady",
                hasData,
                yes: "Ready",
                no: "NotReady",
                "the bootstrap data are not there yet",
                now: now
            )
            $0.setCondition(
                "InfrastructureReady",
                isThere,
                yes: "Ready",
                no: "NotReady",
                obstacle.flatMap { $0.isEmpty ? nil : $0 } ?? "the machine does not run yet",
                now: now
            )
            for field in ["failureReason", "failureMessage"] {
                guard let text = infrastructure?.status[field], !isThere else { continue }
                $0.set("status", "deprecated", "v1beta1", field, to: text)
            }
            $0.noteNode(node, hasJoined: hasJoined, now: now)
            if !$0.isBeingDeleted { $0.setCondition("Deleting", .no, "NotDeleting", now: now) }
            $0.noteReady(now: now)
            for (type, source) in [
                ("Ready", "Ready"), ("BootstrapReady", "BootstrapConfigReady"),
                ("InfrastructureReady", "InfrastructureReady"), ("NodeHealthy", "NodeHealthy"),
            ] {
                guard let condition = $0.condition(source) else { continue }
                $0.setCondition(
                    type,
                    condition.status,
                    condition.reason,
                    condition.message,
                    now: now,
                    at: ["status", "deprecated", "v1beta1", "conditions"]
                )
            }
        }
        noteAvailability(of: machine.key)
    }

    /// Available is who has been ready long enough.
    private mutating func noteAvailability(of key: ObjectKey) {
        let now = now
        guard let machine = self[key] else { return }
        let ready = machine.condition("Ready")
        guard ready?.status == .yes, let since = ready?.lastTransitionTime.flatMap({ Timestamp($0) }) else {
            edit(key) { $0.setCondition("Available", .no, "NotReady", now: now) }
            return
        }
        let seconds = machine.spec["minReadySeconds"]?.int ?? 0
        let isAvailable = seconds == 0 || isDue(since.advanced(by: .seconds(seconds)))
        edit(key) {
            $0.setCondition("Available", isAvailable, yes: "Available", no: "WaitingForMinReadySeconds", now: now)
        }
    }
}

extension Manifest {
    fileprivate mutating func noteNode(_ node: Manifest?, hasJoined: Bool, now: Timestamp) {
        guard let node else {
            let reason = hasJoined ? "NodeDeleted" : "NodeDoesNotExist"
            let message = hasJoined ? "the Node has been deleted" : "the Node has not joined yet"
            setCondition("NodeHealthy", hasJoined ? .no : .unknown, reason, message, now: now)
            setCondition("NodeReady", hasJoined ? .no : .unknown, reason, message, now: now)
            return
        }
        let ready = node.condition("Ready")
        let status = ready?.status ?? .unknown
        let reason = status == .yes ? "NodeReady" : status == .no ? "NodeNotReady" : "NodeReadyUnknown"
        setCondition("NodeReady", status, reason, ready?.message ?? "", now: now)
        setCondition(
            "NodeHealthy",
            status,
            status == .yes ? "NodeHealthy" : status == .no ? "NodeNotHealthy" : "NodeHealthUnknown",
            ready?.message ?? "",
            now: now
        )
    }

    /// The summary: everything it consists of holds.
    fileprivate mutating func noteReady(now: Timestamp) {
        var problems: [(status: Condition.Status, text: String)] = []
        if isBeingDeleted { problems.append((.no, "Deleting: \(condition("Deleting")?.reason ?? "")")) }
        if isTrue("Updating") { problems.append((.no, "Updating")) }
        var parts = ["BootstrapConfigReady", "InfrastructureReady", "NodeHealthy"]
        if condition("HealthCheckSucceeded") != nil { parts.append("HealthCheckSucceeded") }
        for part in parts {
            guard let condition = condition(part), condition.status != .yes else { continue }
            problems.append(
                (condition.status, "\(part): \(condition.message.isEmpty ? condition.reason : condition.message)")
            )
        }
        for gate in spec["readinessGates"]?.array ?? [] {
            guard let type = gate["conditionType"]?.string else { continue }
            let isNegative = gate["polarity"]?.string == "Negative"
            let status = condition(type)?.status ?? .unknown
            if status != (isNegative ? .no : .yes) {
                problems.append((status == .unknown ? .unknown : .no, "\(type): \(status.rawValue)"))
            }
        }
        let isFalse = problems.contains { $0.status == .no }
        let status: Condition.Status = problems.isEmpty ? .yes : isFalse ? .no : .unknown
        let message = problems.map { "* \($0.text)" }.joined(separator: "\n")
        setCondition(
            "Ready",
            status,
            status == .yes ? "Ready" : status == .no ? "NotReady" : "ReadyUnknown",
            message,
            now: now
        )
    }
}
