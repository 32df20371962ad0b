import KubernetesModel
import StructuredValue

extension Draft {
    /// MachineSets: as many Machines as wanted.
    mutating func decideSets() {
        for set in all("MachineSet") where set.uid != nil && !set.isPaused {
            let machines = all("Machine").filter { $0.isControlled(by: set.uid) }
            if set.isBeingDeleted {
                for machine in machines { delete(machine) }
                if machines.isEmpty { edit(set.key) { $0.removeFinalizer(CAPI.setFinalizer) } }
            } else if cluster?.isBeingDeleted == false {
                edit(set.key) {
                    $0.addFinalizer(CAPI.setFinalizer)
                    if $0.spec["replicas"]?.int == nil { $0.set("spec", "replicas", to: 1) }
                }
                decide(set, machines)
            }
            noteStatus(of: set)
        }
    }

    private mutating func decide(_ set: Manifest, _ machines: [Manifest]) {
        propagate(from: set, to: machines)
        remediateWorkers(machines.compactMap { self[$0.key] }, of: set)
        let present = machines.compactMap { self[$0.key] }
        let missing = set.replicas - present.count
        if missing > 0 {
            guard set.annotation(CAPI.disableCreateAnnotation) != "true", blockage(of: set) == nil else { return }
            for _ in 0..<missing { createWorker(of: set) }
        } else if missing < 0 {
            let leaving = present.count(where: \.isBeingDeleted)
            let surplus = -missing - leaving
            guard surplus > 0 else { return }
            let order = set.spec[path: "deletion", "order"]?.string ?? set.spec["deletePolicy"]?.string ?? "Random"
            let ranked = rankForDeletion(present.filter { !$0.isBeingDeleted }, order: order)
            for machine in ranked.prefix(surplus) { delete(machine) }
        }
    }

    private mutating func propagate(from set: Manifest, to machines: [Manifest]) {
        let template = set.spec["template"] ?? [:]
        let metadata = Manifest(["metadata": template["metadata"] ?? [:]])
        for machine in machines where !machine.isBeingDeleted {
            edit(machine.key) {
                $0.merge(labels: metadata.labels, annotations: metadata.annotations)
                for field in ["deletion", "readinessGates", "minReadySeconds", "taints"] {
                    if let wanted = template[path: "spec", field] { $0.set("spec", field, to: wanted) }
                }
            }
        }
    }

    /// What keeps a MachineSet from making Machines now; nil when nothing does.
    func blockage(of set: Manifest) -> String? {
        let skipped = (set.annotation(CAPI.skipPreflightAnnotation) ?? "").split(separator: ",").map(String.init)
        if skipped.contains("All") { return nil }
        guard let controlPlane else { return nil }
        let wanted = controlPlane.spec["version"]?.string ?? ""
        let actual = controlPlane.status["version"]?.string ?? ""
        if !skipped.contains("ControlPlaneIsStable"), !wanted.isEmpty, !actual.isEmpty || !isManaged {
            if actual.isEmpty || KubernetesVersion(actual) != KubernetesVersion(wanted) {
                return actual.isEmpty ? "the control plane is being made" : "the control plane is being upgraded"
            }
            if !isManaged, controlPlaneMachines.contains(where: { $0.spec["version"]?.string != wanted }) {
                return "the control plane is being upgraded"
            }
        }
        let mine = KubernetesVersion(set.spec[path: "template", "spec", "version"]?.string ?? "")
        let theirs = KubernetesVersion(actual)
        guard mine.major > 0, theirs.major > 0 else { return nil }
        if !skipped.contains("KubernetesVersionSkew") {
            if (mine.major, mine.minor) > (theirs.major, theirs.minor) {
                return "the version is ahead of the control plane's"
            }
            if mine.minor < theirs.minor - 3 { return "the version is too far behind the control plane's" }
        }
        if !skipped.contains("KubeadmVersionSkew"), mine.minor != theirs.minor,
            set.spec[path: "template", "spec", "bootstrap", "configRef", "kind"]?.string == "KubeadmConfigTemplate"
        {
            return "kubeadm joins machines of the control plane's minor version only"
        }
        return nil
    }

    private mutating func createWorker(of set: Manifest) {
        let template = set.spec["template"] ?? [:]
        let metadata = Manifest(["metadata": template["metadata"] ?? [:]])
        guard let infrastructure = Reference(template[path: "spec", "infrastructureRef"], namespace: set.namespace)
        else {
            return
        }
        var labels = metadata.labels
        labels[CAPI.clusterLabel] = view.key.name
        labels[CAPI.setLabel] = labelValue(set.name)
        if let deployment = set.label(CAPI.deploymentLabel) { labels[CAPI.deploymentLabel] = deployment }
        let bootstrap: MachinePlan.Bootstrap =
            if let reference = Reference(template[path: "spec", "bootstrap", "configRef"], namespace: set.namespace) {
                .clone(reference)
            } else if let name = template[path: "spec", "bootstrap", "dataSecretName"]?.string { .secret(name) } else {
                .none
            }
        createMachine(
            MachinePlan(
                name: name(after: set.name),
                owner: set,
                labels: labels,
                annotations: metadata.annotations,
                version: template[path: "spec", "version"]?.string,
                failureDomain: template[path: "spec", "failureDomain"]?.string,
                infrastructure: infrastructure,
                bootstrap: bootstrap,
                rest: template["spec"] ?? [:]
            )
        )
    }

    private mutating func noteStatus(of set: Manifest) {
        let now = now
        let machines = all("Machine").filter { $0.isControlled(by: set.uid) && $0.uid != nil }
        let ready = machines.count { $0.isTrue("Ready") }
        let available = machines.count { $0.isTrue("Available") }
        let isAlone = set.controllerReference == nil
        if isAlone {
            let version = set.spec[path: "template", "spec", "version"]
            for machine in machines {
                let isNew = machine.spec["version"] == version
                edit(machine.key) {
                    $0.setCondition("UpToDate", isNew, yes: "UpToDate", no: "NotUpToDate", now: now)
                }
            }
        }
        let upToDate = all("Machine").count { $0.isControlled(by: set.uid) && $0.isTrue("UpToDate") }
        let labels = set.strings("spec", "selector", "matchLabels")
        let blocked = machines.count < set.replicas ? blockage(of: set) : nil
        edit(set.key) {
            $0.set("status", "observedGeneration", to: $0.generation.map(Value.int))
            $0.set("status", "selector", to: labels.isEmpty ? nil : .string(Self.text(labels)))
            $0.set("status", "replicas", to: .int(machines.count))
            $0.set("status", "readyReplicas", to: .int(ready))
            $0.set("status", "availableReplicas", to: .int(available))
            $0.set("status", "upToDateReplicas", to: .int(upToDate))
            let versions = countVersions(machines)
            $0.set("status", "versions", to: versions.isEmpty ? nil : versions)
            $0.set("status", "deprecated", "v1beta1", "readyReplicas", to: .int(ready))
            $0.set("status", "deprecated", "v1beta1", "availableReplicas", to: .int(available))
            $0.set("status", "deprecated", "v1beta1", "fullyLabeledReplicas", to: .int(machines.count))
            $0.noteScale(
                total: machines.count,
                desired: $0.replicas,
                ready: ready,
                upToDate: upToDate,
                count: machines.count,
                now: now
            )
            if let blocked { $0.setCondition("ScalingUp", .yes, "ScalingUp", blocked, now: now) }
            $0.setCondition(
                "Remediating",
                machines.contains(where: needsRemediation),
                yes: "Remediating",
                no: "NotRemediating",
                now: now
            )
        }
    }
}

/// Which Machines go first when there are too many.
func rankForDeletion(_ machines: [Manifest], order: String) -> [Manifest] {
    func urgency(_ machine: Manifest) -> Int {
        if machine.isBeingDeleted { return 0 }
        if machine.annotation(CAPI.deleteMachineAnnotation) != nil { return 1 }
        if machine.isTrue("Updating") { return 2 }
        if machine.status["nodeRef"] == nil || machine.condition("NodeHealthy")?.status == .no
            || machine.condition("HealthCheckSucceeded")?.status == .no
        {
            return 3
        }
        return 4
    }
    return machines.sorted { left, right in
        let (first, second) = (urgency(left), urgency(right))
        if first != second { return first < second }
        if left.created != right.created, order != "Random" {
            return order == "Newest" ? left.created > right.created : left.created < right.created
        }
        return left.name < right.name
    }
}
