import KubernetesModel
import StructuredValue

/// Machines of pools whose provider has an infrastructure object per machine.
extension PoolDraft {
    /// The pool's own Machines.
    var machines: [Manifest] {
        view.machines.filter { machine in
            machine.namespace == spec.namespace && machine.label(MachinePoolSpec.poolLabel) == spec.labelValue
                && machine.label(MachinePoolSpec.clusterLabel) == spec.clusterName
                && machine.controllerReference.map { $0.uid == view.pool.uid } ?? true
        }
    }

    /// The kind of a provider's machines, where it has such a kind.
    static func machineKind(of infrastructure: Manifest) -> String? {
        infrastructure.status["infrastructureMachineKind"]?.string.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// One Machine for each infrastructure machine. The provider takes both away again.
    mutating func applyMachines(of infrastructure: Manifest, _ nodes: [Manifest]) {
        guard let kind = Self.machineKind(of: infrastructure), let found = view.infrastructureMachines else { return }
        let versions = Dictionary(
            nodes.compactMap { node -> (String, String)? in
                guard let identity = node.spec["providerID"]?.string, !identity.isEmpty,
                    let version = node.status[path: "nodeInfo", "kubeletVersion"]?.string, !version.isEmpty
                else { return nil }
                return (identity, version)
            },
            uniquingKeysWith: { first, _ in first }
        )
        let known = Dictionary(
            machines.compactMap { machine in
                MachinePoolSpec.Reference(machine.spec["infrastructureRef"]).map { ($0.name, machine) }
            },
            uniquingKeysWith: { first, _ in first }
        )
        for machine in found.sorted(by: { $0.name < $1.name })
        where machine.kind == kind && machine.namespace == spec.namespace
            && machine.label(MachinePoolSpec.poolLabel) == spec.labelValue
            && machine.label(MachinePoolSpec.clusterLabel) == spec.clusterName
        {
            let existing = known[machine.name]
            if existing?.isBeingDeleted == true || (existing == nil && machine.isBeingDeleted) { continue }
            let version = machine.spec["providerID"]?.string.flatMap { versions[$0] }
            let desired = desiredMachine(for: machine, existing, version: version)
            if let existing, Self.holds(existing, desired) { continue }
            decision.machines.append(desired)
        }
    }

    private func desiredMachine(for infrastructure: Manifest, _ existing: Manifest?, version: String?) -> Manifest {
        let isOld = MachinePoolStatus.isOld(view.pool)
        var reference: Object = ["kind": .string(infrastructure.kind), "name": .string(infrastructure.name)]
        if isOld {
            reference["apiVersion"] = .string(infrastructure.apiVersion)
            reference["namespace"] = .string(infrastructure.namespace)
        } else {
            reference["apiGroup"] = .string(infrastructure.groupKind.group)
        }
        var machineSpec: Object = [
            "clusterName": .string(spec.clusterName), "bootstrap": ["dataSecretName": ""],
            "infrastructureRef": .object(reference),
        ]
        if let version { machineSpec["version"] = .string(version) }
        var machine = Manifest([
            "apiVersion": .string(view.pool.apiVersion), "kind": "Machine",
            "metadata": [
                "name": .string(existing?.name ?? infrastructure.name), "namespace": .string(spec.namespace),
                "ownerReferences": [
                    OwnerReference(to: view.pool, isController: true, blocksOwnerDeletion: true).value
                ],
            ],
            "spec": .object(machineSpec),
        ])
        let template = view.pool.spec[path: "template", "metadata"]
        for field in ["labels", "annotations"] {
            if let entries = template?[field], !entries.isEmpty { machine.value[path: "metadata", field] = entries }
        }
        machine.setLabel(MachinePoolSpec.poolLabel, spec.labelValue)
        machine.setLabel(MachinePoolSpec.clusterLabel, spec.clusterName)
        return machine
    }

    /// Whether applying what is desired would change nothing.
    private static func holds(_ machine: Manifest, _ desired: Manifest) -> Bool {
        for field in ["labels", "annotations"] {
            let wanted = desired.metadata[field]?.object ?? Object()
            for pair in wanted where machine.metadata[field]?[pair.key] != pair.value { return false }
            // What was applied before and is not wanted any more would be taken away.
            for name in owned(field, of: machine) where wanted[name] == nil { return false }
        }
        guard machine.controllerReference?.uid == desired.controllerReference?.uid else { return false }
        for pair in desired.spec.object ?? Object() {
            guard let live = machine.spec[pair.key] else { return false }
            if let wanted = pair.value.object {
                for inner in wanted where live[inner.key] != inner.value { return false }
            } else if live != pair.value {
                return false
            }
        }
        return true
    }

    private static func owned(_ field: String, of machine: Manifest) -> [String] {
        for entry in machine.metadata["managedFields"]?.array ?? []
        where entry["manager"]?.string == MachinePoolSpec.machineManager
            && entry["operation"] == "Apply"
        {
            let fields = entry[path: "fieldsV1", "f:metadata", "f:\(field)"]?.object ?? Object()
            return fields.keys.filter { $0.hasPrefix("f:") }.map { String($0.dropFirst(2)) }
        }
        return []
    }

    /// A pool's Machines are up to date as long as nobody deletes them: it is the provider that replaces them.
    mutating func decideMachines() {
        let path = MachinePoolStatus.isOld(view.pool) ? ["status", "v1beta2", "conditions"] : ["status", "conditions"]
        for machine in machines {
            var conditions = machine.value[path: path]?.array ?? []
            let before = conditions
            let isStaying = !machine.isBeingDeleted
            let condition = Condition(
                "UpToDate",
                isStaying ? .yes : .no,
                reason: isStaying ? "UpToDate" : "NotUpToDate",
                message: isStaying ? "" : "Machine is being deleted",
                observedGeneration: machine.generation
            )
            MachinePoolConditions.set(condition, in: &conditions, now: now)
            guard conditions != before else { continue }
            var judged = machine
            judged.value[path: path] = .array(conditions)
            decision.judged.append(judged)
        }
    }
}
