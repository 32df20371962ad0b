import KubernetesModel
import StructuredValue

extension Draft {
    /// The control plane: kubeadm's and others that consist of Machines, or a managed one.
    mutating func decideControlPlane() {
        guard let controlPlane, !controlPlane.isPaused else { return }
        if isManaged { return decideManagedControlPlane(controlPlane) }
        let machines = controlPlaneMachines.filter { $0.isControlled(by: controlPlane.uid) }
        if controlPlane.isBeingDeleted {
            deleteControlPlane(controlPlane, machines)
        } else {
            // The etcd member of a machine that goes has left by now.
            for machine in machines where machine.isBeingDeleted {
                edit(machine.key) { $0.set("metadata", "annotations", CAPI.controlPlaneHook, to: nil) }
            }
            propagate(from: controlPlane, to: machines)
            if isInfrastructureReady, hasEndpoint { operate(controlPlane, machines) }
        }
        noteStatus(of: controlPlane)
    }

    private mutating func deleteControlPlane(_ controlPlane: Manifest, _ machines: [Manifest]) {
        guard workerMachines.isEmpty, all("MachinePool").isEmpty else { return }
        for machine in machines {
            edit(machine.key) { $0.set("metadata", "annotations", CAPI.controlPlaneHook, to: nil) }
            if let machine = self[machine.key] { delete(machine) }
        }
        guard machines.isEmpty else { return }
        edit(controlPlane.key) { object in
            for finalizer in object.finalizers where Self.isOurs(finalizer) { object.removeFinalizer(finalizer) }
        }
    }

    /// Labels, annotations and times that Machines take over without being replaced.
    private mutating func propagate(from controlPlane: Manifest, to machines: [Manifest]) {
        let template = controlPlane.value[path: "spec", "machineTemplate"] ?? .null
        let metadata = Manifest(["metadata": template["metadata"] ?? [:]])
        for machine in machines where !machine.isBeingDeleted {
            edit(machine.key) {
                $0.merge(labels: metadata.labels, annotations: metadata.annotations)
                for field in ["readinessGates", "deletion", "taints"] {
                    if let wanted = template[path: "spec", field] { $0.set("spec", field, to: wanted) }
                }
            }
        }
    }

    /// Makes the next step: one Machine more, one less, or none.
    private mutating func operate(_ controlPlane: Manifest, _ machines: [Manifest]) {
        let desired = controlPlane.replicas
        let isStarted = isInitialized(controlPlane)
        guard let template = machineTemplate(of: controlPlane), find(template) != nil else { return }
        if machines.isEmpty {
            if desired > 0 { createControlPlaneMachine(controlPlane, isFirst: !isStarted) }
            return
        }
        if remediateControlPlane(controlPlane, machines, isStarted: isStarted) { return }
        guard isStarted, !machines.contains(where: \.isBeingDeleted) else { return }
        // Who waits for its replacement does not keep that back.
        guard machines.allSatisfy({ isStable($0) || needsRemediation($0) }) else { return }
        if machines.contains(where: needsRemediation) {
            if machines.count < desired { createControlPlaneMachine(controlPlane, isFirst: false) }
            return
        }
        let outdated = machines.filter { rolloutReason($0, controlPlane) != nil }
        let surge =
            controlPlane.spec[path: "rollout", "strategy", "rollingUpdate", "maxSurge"].flatMap(Self.number) ?? 1
        if !outdated.isEmpty {
            if machines.count < desired + surge {
                createControlPlaneMachine(controlPlane, isFirst: false)
            } else {
                scaleDown(machines, outdated)
            }
        } else if machines.count < desired {
            createControlPlaneMachine(controlPlane, isFirst: false)
        } else if machines.count > desired {
            scaleDown(machines, [])
        }
    }

    static func number(_ value: Value) -> Int? { value.int ?? value.string.flatMap { Int($0) } }

    /// Joined and well: nothing keeps the next operation back.
    private func isStable(_ machine: Manifest) -> Bool {
        machine.status["nodeRef"] != nil && machine.isTrue("Ready")
    }

    /// Why a Machine has to be replaced; nil when it is as the control plane wants it.
    func rolloutReason(_ machine: Manifest, _ controlPlane: Manifest) -> String? {
        if let version = controlPlane.spec["version"]?.string, machine.spec["version"]?.string != version {
            return "version \(machine.spec["version"]?.string ?? "") is not \(version)"
        }
        if let hash = machine.annotation(CAPI.configurationAnnotation), hash != configurationHash(controlPlane) {
            return "the configuration has changed"
        }
        if let template = machineTemplate(of: controlPlane),
            let infrastructure = find(Reference(machine.spec["infrastructureRef"], namespace: machine.namespace)),
            let origin = infrastructure.annotation(CAPI.clonedNameAnnotation), origin != template.name
        {
            return "the infrastructure template is \(template.name) now"
        }
        if let after = (controlPlane.spec[path: "rollout", "after"] ?? controlPlane.spec["rolloutAfter"])?.string
            .flatMap({ Timestamp($0) }), after <= now, machine.created < after
        {
            return "a rollout was asked for"
        }
        return nil
    }

    private func configurationHash(_ controlPlane: Manifest) -> String {
        fingerprint(
            controlPlane.spec["kubeadmConfigSpec"] ?? controlPlane.spec["k0sConfigSpec"]
                ?? controlPlane.spec["agentConfig"] ?? .null
        )
    }

    private mutating func scaleDown(_ machines: [Manifest], _ outdated: [Manifest]) {
        func isMarked(_ machine: Manifest) -> Bool { machine.annotation(CAPI.deleteMachineAnnotation) != nil }
        let marked = machines.filter(isMarked)
        let markedOutdated = outdated.filter(isMarked)
        let candidates =
            [markedOutdated, marked, outdated, machines].first { !$0.isEmpty } ?? machines
        let spread = Dictionary(grouping: candidates) { Self.domain(of: $0) }
        let crowded = spread.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.value ?? candidates
        if let victim = crowded.min(by: { ($0.created, $0.name) < ($1.created, $1.name) }) { delete(victim) }
    }

    private static func domain(of machine: Manifest) -> String {
        machine.spec["failureDomain"]?.string ?? machine.status["failureDomain"]?.string ?? ""
    }

    /// The failure domain for control planes that has the fewest Machines.
    private func failureDomain(_ machines: [Manifest]) -> String? {
        var names: [String] = []
        switch infrastructureCluster?.status["failureDomains"] {
        case .array(let domains):
            names = domains.filter { $0["controlPlane"]?.bool == true }.compactMap { $0["name"]?.string }
        case .object(let domains):
            names = domains.filter { $0.value["controlPlane"]?.bool == true }.map(\.key)
        default: break
        }
        return names.min { left, right in
            func count(_ name: String) -> Int { machines.count { Self.domain(of: $0) == name } }
            return (count(left), left) < (count(right), right)
        }
    }

    private mutating func createControlPlaneMachine(_ controlPlane: Manifest, isFirst: Bool) {
        guard let template = machineTemplate(of: controlPlane), let cluster else { return }
        let metadata = Manifest(["metadata": controlPlane.value[path: "spec", "machineTemplate", "metadata"] ?? [:]])
        var labels = metadata.labels
        labels[CAPI.clusterLabel] = cluster.name
        labels[CAPI.controlPlaneLabel] = ""
        labels[CAPI.controlPlaneNameLabel] = labelValue(controlPlane.name)
        var configuration = Self.configuration(of: controlPlane)
        // The first machine begins the cluster, every other one joins it.
        configuration[isFirst ? "joinConfiguration" : "initConfiguration"] = nil
        var annotations = metadata.annotations
        annotations[CAPI.configurationAnnotation] = configurationHash(controlPlane)
        annotations[CAPI.controlPlaneHook] = ""
        if let attempt = controlPlane.annotation(CAPI.remediationAnnotation) {
            annotations[CAPI.remediationForAnnotation] = attempt
            edit(controlPlane.key) { $0.set("metadata", "annotations", CAPI.remediationAnnotation, to: nil) }
        }
        createMachine(
            MachinePlan(
                name: self.name(after: controlPlane.name),
                owner: controlPlane,
                labels: labels,
                annotations: annotations,
                version: controlPlane.spec["version"]?.string,
                failureDomain: failureDomain(controlPlaneMachines),
                infrastructure: template,
                bootstrap: .make(kind: Self.bootstrapKind(of: controlPlane), spec: configuration),
                rest: controlPlane.value[path: "spec", "machineTemplate", "spec"] ?? [:]
            )
        )
    }

    /// What the configurations of a control plane's machines are made of, wherever its kind keeps it.
    private static func configuration(of controlPlane: Manifest) -> Value {
        let spec = controlPlane.spec
        return spec["kubeadmConfigSpec"] ?? spec["kthreesConfigSpec"]
            ?? spec[path: "controlPlaneConfig", "controlplane"] ?? [:]
    }

    /// The configuration kind of a control plane's machines.
    private static func bootstrapKind(of controlPlane: Manifest) -> String {
        switch controlPlane.kind {
        case "KubeadmControlPlane": "KubeadmConfig"
        case "K0sControlPlane": "K0sControllerConfig"
        default: controlPlane.kind.replacing("ControlPlane", with: "Config")
        }
    }

    // MARK: Status

    private mutating func noteStatus(of controlPlane: Manifest) {
        let now = now
        let machines = controlPlaneMachines.filter { $0.isControlled(by: controlPlane.uid) }
        let desired = controlPlane.replicas
        let ready = machines.count { $0.isTrue("Ready") }
        let available = machines.count { $0.isTrue("Available") }
        let outdated = machines.filter { rolloutReason($0, controlPlane) != nil }
        let upToDate = machines.count - outdated.count
        let leaving = machines.contains(where: \.isBeingDeleted)
        let isStarted = isInitialized(controlPlane) || machines.contains { $0.status["nodeRef"] != nil }
        let versions = countVersions(machines)
        let isOld = writesContract("v1beta1", controlPlane.groupKind)
        let selector = "\(CAPI.clusterLabel)=\(view.key.name),\(CAPI.controlPlaneLabel)"
        let hasCertificates = secret("\(view.key.name)-ca") != nil
        for machine in machines {
            let reason = rolloutReason(machine, controlPlane)
            edit(machine.key) {
                $0.setCondition("UpToDate", reason == nil, yes: "UpToDate", no: "NotUpToDate", reason ?? "", now: now)
            }
        }
        edit(controlPlane.key) {
            if isStarted {
                $0.set("status", "initialization", "controlPlaneInitialized", to: true)
                if isOld {
                    $0.set("status", "initialized", to: true)
                    $0.set("status", "ready", to: .bool(available > 0))
                }
            }
            $0.set("status", "observedGeneration", to: $0.generation.map(Value.int))
            $0.set("status", "selector", to: .string(selector))
            $0.set("status", "replicas", to: .int(machines.count))
            $0.set("status", "readyReplicas", to: .int(ready))
            $0.set("status", "availableReplicas", to: .int(available))
            $0.set("status", "upToDateReplicas", to: .int(upToDate))
            $0.set("status", "versions", to: versions.isEmpty ? nil : versions)
            $0.set("status", "version", to: versions[0]?["version"])
            let legacy = isOld ? ["status"] : ["status", "deprecated", "v1beta1"]
            $0.value[path: legacy + ["readyReplicas"]] = .int(ready)
            $0.value[path: legacy + ["updatedReplicas"]] = .int(upToDate)
            $0.value[path: legacy + ["unavailableReplicas"]] = .int(max(0, machines.count - ready))
            let isAvailable = isStarted && available > 0 && hasCertificates
            $0.setCondition(
                "Available",
                isAvailable,
                yes: "Available",
                no: "NotAvailable",
                "no Machine is available",
                now: now
            )
            $0.setCondition("Initialized", isStarted, yes: "Initialized", no: "NotInitialized", now: now)
            $0.setCondition("CertificatesAvailable", hasCertificates, yes: "Available", no: "InternalError", now: now)
            $0.setCondition("EtcdClusterHealthy", isAvailable, yes: "Healthy", no: "NotHealthy", now: now)
            $0.setCondition("ControlPlaneComponentsHealthy", isAvailable, yes: "Healthy", no: "NotHealthy", now: now)
            $0.setCondition(
                "MachinesReady",
                ready == machines.count,
                yes: "Ready",
                no: "NotReady",
                "\(ready) of \(machines.count) Machines are ready",
                now: now
            )
            $0.setCondition(
                "MachinesUpToDate",
                outdated.isEmpty,
                yes: "UpToDate",
                no: "NotUpToDate",
                "\(outdated.count) Machines are not up to date",
                now: now
            )
            $0.setCondition("RollingOut", !outdated.isEmpty, yes: "RollingOut", no: "NotRollingOut", now: now)
            $0.setCondition("ScalingUp", machines.count < desired, yes: "ScalingUp", no: "NotScalingUp", now: now)
            $0.setCondition(
                "ScalingDown",
                machines.count > desired || leaving,
                yes: "ScalingDown",
                no: "NotScalingDown",
                now: now
            )
            $0.setCondition(
                "Remediating",
                machines.contains(where: needsRemediation),
                yes: "Remediating",
                no: "NotRemediating",
                now: now
            )
            $0.setCondition(
                "Deleting",
                $0.isBeingDeleted,
                yes: "WaitingForMachineDeletion",
                no: "NotDeleting",
                now: now
            )
        }
    }

    /// A control plane without Machines: after a while it answers, in its version.
    private mutating func decideManagedControlPlane(_ controlPlane: Manifest) {
        let now = now
        if controlPlane.isBeingDeleted {
            guard workerMachines.isEmpty, all("MachinePool").isEmpty,
                isDue(leaving(controlPlane, delays(for: controlPlane).removal))
            else { return }
            edit(controlPlane.key) { object in
                for finalizer in object.finalizers where Self.isOurs(finalizer) { object.removeFinalizer(finalizer) }
            }
            return
        }
        guard isInfrastructureReady, let endpoint = view.endpoint else { return }
        guard
            isInitialized(controlPlane)
                || isDue(controlPlane.created.advanced(by: delays(for: controlPlane).managedControlPlane))
        else { return }
        let isOld = writesContract("v1beta1", controlPlane.groupKind)
        edit(controlPlane.key) {
            if ($0.spec[path: "controlPlaneEndpoint", "host"]?.string ?? "").isEmpty {
                $0.set(
                    "spec",
                    "controlPlaneEndpoint",
                    to: ["host": .string(endpoint.host), "port": .int(endpoint.port)]
                )
            }
            $0.set("status", "initialization", "controlPlaneInitialized", to: true)
            if isOld {
                $0.set("status", "initialized", to: true)
                $0.set("status", "ready", to: true)
            }
            $0.set("status", "externalManagedControlPlane", to: true)
            $0.set("status", "version", to: $0.spec["version"])
            $0.setCondition("Ready", .yes, "Ready", now: now)
            $0.setCondition("Available", .yes, "Available", now: now)
        }
    }
}

/// A name as a label's value: itself where it fits, else a hash of it.
func labelValue(_ name: String) -> String {
    if name.utf8.count <= 63 { return name }
    return "hash_\(String(fingerprint(name.utf8) & 0xffff_ffff, radix: 16))_z"
}
