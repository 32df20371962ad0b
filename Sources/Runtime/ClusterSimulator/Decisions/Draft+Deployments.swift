import KubernetesModel
import StructuredValue

extension Draft {
    /// MachineDeployments: the MachineSets they want, and how replicas move from old to new.
    mutating func decideDeployments() {
        for deployment in all("MachineDeployment") where !deployment.isPaused {
            let sets = all("MachineSet").filter { $0.isControlled(by: deployment.uid) }
            if deployment.isBeingDeleted {
                for set in sets { delete(set) }
                if sets.isEmpty { edit(deployment.key) { $0.removeFinalizer(CAPI.deploymentFinalizer) } }
            } else if cluster?.isBeingDeleted == false {
                decide(deployment, sets)
            }
            noteStatus(of: deployment)
        }
    }

    private mutating func decide(_ deployment: Manifest, _ sets: [Manifest]) {
        edit(deployment.key) {
            $0.addFinalizer(CAPI.deploymentFinalizer)
            if $0.spec["replicas"]?.int == nil { $0.set("spec", "replicas", to: .int(Self.defaultReplicas(of: $0))) }
            if $0.spec[path: "selector", "matchLabels"]?.isEmpty != false {
                $0.set("spec", "selector", "matchLabels", to: [CAPI.deploymentLabel: .string($0.name)])
            }
        }
        guard let deployment = self[deployment.key] else { return }
        let matching = sets.filter { !$0.isBeingDeleted && isCurrent($0, of: deployment) }
        let current = matching.max { ($0.replicas, $1.created, $1.name) < ($1.replicas, $0.created, $0.name) }
        guard let current else {
            if deployment.spec["paused"]?.bool != true { createSet(for: deployment, revision: revision(sets) + 1) }
            return
        }
        propagate(from: deployment, to: current)
        let old = sets.filter { $0.name != current.name }.sorted { ($0.created, $0.name) < ($1.created, $1.name) }
        let newest = revision(old) + 1
        if (current.annotation(CAPI.revisionAnnotation).flatMap { Int($0) } ?? 0) < newest {
            edit(current.key) { $0.setAnnotation(CAPI.revisionAnnotation, String(newest)) }
        }
        let status = deployment.spec[path: "rollout", "strategy"] ?? deployment.spec["strategy"]
        let pools = old.map(SetCount.init)
        let steps =
            status?["type"]?.string == "OnDelete"
            ? planOnDelete(desired: deployment.replicas, current: SetCount(current), old: pools)
            : planRollingUpdate(
                desired: deployment.replicas,
                limits: RolloutLimits(status?["rollingUpdate"], desired: deployment.replicas),
                current: SetCount(current),
                old: pools
            )
        for set in [current] + old {
            guard let replicas = steps[set.name], replicas != set.replicas else { continue }
            edit(set.key) { $0.set("spec", "replicas", to: .int(replicas)) }
        }
        let isComplete =
            current.replicas == deployment.replicas && current.status["replicas"]?.int == deployment.replicas
            && current.status["availableReplicas"]?.int == deployment.replicas
        if isComplete {
            for set in old where set.replicas == 0 && (set.status["replicas"]?.int ?? 0) == 0 { delete(set) }
        }
    }

    /// One, or what the autoscaler's annotations say.
    private static func defaultReplicas(of deployment: Manifest) -> Int {
        guard let least = deployment.annotation(CAPI.autoscalerMinimum).flatMap({ Int($0) }),
            let most = deployment.annotation(CAPI.autoscalerMaximum).flatMap({ Int($0) })
        else { return 1 }
        return min(max(1, least), max(least, most))
    }

    private func revision(_ sets: [Manifest]) -> Int {
        sets.compactMap { $0.annotation(CAPI.revisionAnnotation).flatMap { Int($0) } }.max() ?? 0
    }

    /// Whether a MachineSet makes the Machines that the deployment wants now.
    func isCurrent(_ set: Manifest, of deployment: Manifest) -> Bool {
        let wanted = deployment.spec[path: "template", "spec"]
        let present = set.spec[path: "template", "spec"]
        for field in ["version", "bootstrap", "infrastructureRef", "failureDomain"]
        where wanted?[field] != present?[field] {
            return false
        }
        if let after = (deployment.spec[path: "rollout", "after"] ?? deployment.spec["rolloutAfter"])?.string
            .flatMap({ Timestamp($0) }), after <= now
        {
            return set.created >= after
        }
        return true
    }

    /// What a MachineSet and its Machines take over without being replaced.
    private mutating func propagate(from deployment: Manifest, to set: Manifest) {
        let template = deployment.spec["template"] ?? [:]
        let metadata = Manifest(["metadata": template["metadata"] ?? [:]])
        edit(set.key) {
            for (name, text) in metadata.labels {
                $0.set("spec", "template", "metadata", "labels", name, to: .string(text))
            }
            for (name, text) in metadata.annotations {
                $0.set("spec", "template", "metadata", "annotations", name, to: .string(text))
            }
            for field in ["deletion", "readinessGates", "minReadySeconds", "taints"] {
                $0.set("spec", "template", "spec", field, to: template[path: "spec", field])
            }
            $0.set("spec", "deletion", to: deployment.spec["deletion"])
        }
    }

    private mutating func createSet(for deployment: Manifest, revision: Int) {
        guard let version = view.kinds[GroupKind(group: CAPI.core, kind: "MachineSet")]?.apiVersion else { return }
        let hash = name(after: String(fingerprint(deployment.spec["template"] ?? .null).prefix(10)))
        let own = [CAPI.deploymentLabel: deployment.name, CAPI.hashLabel: hash, CAPI.clusterLabel: view.key.name]
        var template = deployment.spec["template"] ?? [:]
        for (name, text) in own.sorted(by: { $0.key < $1.key }) {
            template[path: "metadata", "labels", name] = .string(text)
        }
        // The selector's labels are the user's; the hash keeps the sets of one deployment apart.
        var selector = deployment.spec["selector"] ?? [:]
        selector[path: "matchLabels", CAPI.hashLabel] = .string(hash)
        var spec: Object = [
            "clusterName": .string(view.key.name), "replicas": 0, "selector": selector, "template": template,
        ]
        if let deletion = deployment.spec["deletion"] { spec.append("deletion", deletion) }
        if let naming = deployment.spec["machineNaming"] { spec.append("machineNaming", naming) }
        var set = Manifest([
            "apiVersion": .string(version), "kind": "MachineSet",
            "metadata": [
                "name": .string(name(after: deployment.name)), "namespace": .string(deployment.namespace),
            ],
            "spec": .object(spec),
        ])
        let metadata = Manifest(["metadata": deployment.value[path: "spec", "template", "metadata"] ?? [:]])
        set.merge(
            labels: metadata.labels.merging(own) { $1 },
            annotations: [CAPI.revisionAnnotation: String(revision)]
        )
        set.addFinalizer(CAPI.setFinalizer)
        set.own(by: deployment, isController: true)
        create(set)
    }

    private mutating func noteStatus(of deployment: Manifest) {
        let now = now
        let sets = all("MachineSet").filter { $0.isControlled(by: deployment.uid) }
        func sum(_ field: String) -> Int { sets.reduce(0) { $0 + ($1.status[field]?.int ?? 0) } }
        let names = Set(sets.map(\.name))
        let machines = all("Machine").filter { names.contains($0.controllerReference?.name ?? "") }
        let current = self[deployment.key].flatMap { deployment in sets.filter { isCurrent($0, of: deployment) } } ?? []
        let currentNames = Set(current.map(\.name))
        let desired = deployment.replicas
        let total = sum("replicas")
        let upToDate = machines.count { currentNames.contains($0.controllerReference?.name ?? "") }
        for machine in machines {
            let isNew = currentNames.contains(machine.controllerReference?.name ?? "")
            edit(machine.key) {
                $0.setCondition(
                    "UpToDate",
                    isNew,
                    yes: "UpToDate",
                    no: "NotUpToDate",
                    "another template is wanted",
                    now: now
                )
            }
        }
        let ready = sum("readyReplicas")
        let available = sum("availableReplicas")
        let limits = RolloutLimits(
            deployment.spec[path: "rollout", "strategy", "rollingUpdate"]
                ?? deployment.spec[path: "strategy", "rollingUpdate"],
            desired: desired
        )
        let phase =
            deployment.isBeingDeleted
            ? "ScalingDown" : total == desired ? "Running" : total < desired ? "ScalingUp" : "ScalingDown"
        let labels = deployment.strings("spec", "selector", "matchLabels")
        edit(deployment.key) {
            $0.set("status", "observedGeneration", to: $0.generation.map(Value.int))
            $0.set("status", "selector", to: labels.isEmpty ? nil : .string(Self.text(labels)))
            $0.set("status", "replicas", to: .int(total))
            $0.set("status", "readyReplicas", to: .int(ready))
            $0.set("status", "availableReplicas", to: .int(available))
            $0.set("status", "upToDateReplicas", to: .int(upToDate))
            let versions = countVersions(machines)
            $0.set("status", "versions", to: versions.isEmpty ? nil : versions)
            $0.set("status", "phase", to: .string(phase))
            $0.set("status", "deprecated", "v1beta1", "readyReplicas", to: .int(ready))
            $0.set("status", "deprecated", "v1beta1", "availableReplicas", to: .int(available))
            $0.set("status", "deprecated", "v1beta1", "updatedReplicas", to: .int(upToDate))
            $0.set(
                "status",
                "deprecated",
                "v1beta1",
                "unavailableReplicas",
                to: .int(max(0, max(desired, total) - available))
            )
            $0.setCondition(
                "Available",
                available >= desired - limits.unavailable,
                yes: "Available",
                no: "NotAvailable",
                "\(available) available replicas, at least \(desired - limits.unavailable) required",
                now: now
            )
            $0.noteScale(
                total: total,
                desired: desired,
                ready: ready,
                upToDate: upToDate,
                count: machines.count,
                now: now
            )
            $0.setCondition("RollingOut", upToDate < machines.count, yes: "RollingOut", no: "NotRollingOut", now: now)
            $0.setCondition(
                "Remediating",
                machines.contains(where: needsRemediation),
                yes: "Remediating",
                no: "NotRemediating",
                now: now
            )
        }
    }

    static func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}

extension Manifest {
    /// The conditions that everything with replicas has.
    mutating func noteScale(total: Int, desired: Int, ready: Int, upToDate: Int, count: Int, now: Timestamp) {
        setCondition(
            "MachinesReady",
            ready == count,
            yes: "Ready",
            no: "NotReady",
            "\(ready) of \(count) Machines are ready",
            now: now
        )
        setCondition(
            "MachinesUpToDate",
            upToDate == count,
            yes: "UpToDate",
            no: "NotUpToDate",
            "\(upToDate) of \(count) Machines are up to date",
            now: now
        )
        setCondition("ScalingUp", total < desired, yes: "ScalingUp", no: "NotScalingUp", now: now)
        setCondition("ScalingDown", total > desired, yes: "ScalingDown", no: "NotScalingDown", now: now)
        setCondition("Deleting", isBeingDeleted, yes: "WaitingForMachineDeletion", no: "NotDeleting", now: now)
    }
}
