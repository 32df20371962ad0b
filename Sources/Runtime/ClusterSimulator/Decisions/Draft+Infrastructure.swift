import FoundationEssentials
import KubernetesModel
import StructuredValue

extension Draft {
    /// Bootstrap configurations: each gets the Secret with which its machine would start.
    mutating func decideBootstrap() {
        guard isInfrastructureReady else { return }
        for machine in all("Machine") where machine.uid != nil && !machine.isBeingDeleted {
            guard
                let config = find(
                    Reference(machine.spec[path: "bootstrap", "configRef"], namespace: machine.namespace)
                ),
                !config.kind.hasSuffix("Template")
            else { continue }
            takeOver(config, by: machine)
            // Workers have somebody to join once the control plane is there.
            guard machine.label(CAPI.controlPlaneLabel) != nil ? hasEndpoint : isControlPlaneInitialized else {
                continue
            }
            makeData(config)
        }
        for pool in all("MachinePool") where !pool.isBeingDeleted && isControlPlaneInitialized {
            let reference = Reference(
                pool.spec[path: "template", "spec", "bootstrap", "configRef"],
                namespace: pool.namespace
            )
            if let config = find(reference), config.isControlled(by: pool.uid) { makeData(config) }
        }
    }

    /// A Machine becomes the controller of what was made for it.
    private mutating func takeOver(_ object: Manifest, by machine: Manifest) {
        let view = view
        guard object.uid != nil, !object.isBeingDeleted else { return }
        edit(object.key) {
            for owner in $0.ownerReferences where owner.uid != machine.uid && owner.kind != "Cluster" {
                $0.disown(owner.uid)
            }
            $0.own(by: machine, isController: true)
            $0.merge(labels: [CAPI.clusterLabel: view.key.name])
        }
    }

    private mutating func makeData(_ config: Manifest) {
        let now = now
        guard config.uid != nil, !config.isBeingDeleted, !config.isPaused else { return }
        let name = config.status["dataSecretName"]?.string ?? config.name
        guard secret(name) != nil else {
            var made = Manifest([
                "apiVersion": "v1", "kind": "Secret",
                "metadata": ["name": .string(name), "namespace": .string(config.namespace)],
                "type": .string(CAPI.secretType),
                "data": [
                    "value": .string(Self.base64("#cloud-config\n# \(config.kind) \(config.name), simulated\n")),
                    "format": .string(Self.base64("cloud-config")),
                ],
            ])
            made.merge(labels: [CAPI.clusterLabel: view.key.name])
            made.own(by: config, isController: true)
            create(made)
            return
        }
        let isNew = writesContract("v1beta2", config.groupKind)
        let isOld = writesContract("v1beta1", config.groupKind)
        edit(config.key) {
            $0.set("status", "dataSecretName", to: .string(name))
            if isNew { $0.set("status", "initialization", "dataSecretCreated", to: true) }
            if isOld { $0.set("status", "ready", to: true) }
            $0.set("status", "observedGeneration", to: $0.generation.map(Value.int))
            $0.setCondition("DataSecretAvailable", .yes, "Available", Self.readyMessage, now: now)
            $0.setCondition("Ready", .yes, "Ready", Self.readyMessage, now: now)
        }
    }

    static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    /// Infrastructure machines: they run some time after their data are there, and are gone some time after their deletion.
    mutating func decideInfrastructureMachines() {
        var known: Set<ObjectKey> = []
        for machine in all("Machine") where machine.uid != nil {
            guard let infrastructure = find(Reference(machine.spec["infrastructureRef"], namespace: machine.namespace)),
                !infrastructure.kind.hasSuffix("Template")
            else { continue }
            known.insert(infrastructure.key)
            guard infrastructure.uid != nil, !infrastructure.isPaused else { continue }
            if infrastructure.isBeingDeleted {
                remove(infrastructure, of: machine)
            } else {
                takeOver(infrastructure, by: machine)
                run(infrastructure, for: machine)
            }
        }
        // Those whose Machine is gone.
        for object in all(where: { $0.group.hasSuffix(CAPI.infrastructure) }) where object.isBeingDeleted {
            guard !known.contains(object.key), object.key != infrastructureCluster?.key, !isPoolInfrastructure(object)
            else { continue }
            remove(object, of: nil)
        }
    }

    private func isPoolInfrastructure(_ object: Manifest) -> Bool {
        all("MachinePool").contains { pool in
            let reference = Reference(
                pool.spec[path: "template", "spec", "infrastructureRef"],
                namespace: pool.namespace
            )
            return find(reference)?.key == object.key
        }
    }

    private mutating func remove(_ infrastructure: Manifest, of machine: Manifest?) {
        guard isDue(leaving(infrastructure, delays(for: machine ?? infrastructure).removal)) else { return }
        edit(infrastructure.key) { $0.removeFinalizer(Self.finalizer(of: $0.groupKind)) }
    }

    /// A provider that cannot make a machine says why; what it will never make, it says so of.
    private mutating func refuse(_ infrastructure: Manifest, _ fault: ProvisioningFault) {
        let now = now
        edit(infrastructure.key) {
            $0.setCondition("Ready", .no, fault.reason, fault.message, now: now)
            guard fault.isTerminal else { return }
            $0.set("status", "failureReason", to: "CreateError")
            $0.set("status", "failureMessage", to: .string(fault.message))
        }
    }

    /// When a machine began to start: its object and its data are there. nil while it cannot.
    func start(of machine: Manifest, _ infrastructure: Manifest) -> Timestamp? {
        guard isInfrastructureReady, let name = machine.spec[path: "bootstrap", "dataSecretName"]?.string, !name.isEmpty
        else { return nil }
        return max(infrastructure.created, secret(name)?.created ?? machine.created)
    }

    private mutating func run(_ infrastructure: Manifest, for machine: Manifest) {
        let now = now
        edit(infrastructure.key) { $0.addFinalizer(Self.finalizer(of: $0.groupKind)) }
        if isProvisioned(infrastructure) { return }
        if let fault = ProvisioningFault(machine) { return refuse(infrastructure, fault) }
        guard let start = start(of: machine, infrastructure) else {
            edit(infrastructure.key) {
                $0.setCondition(
                    "Ready",
                    .no,
                    "WaitingForBootstrapData",
                    "the bootstrap data are not there yet",
                    now: now
                )
            }
            return
        }
        guard isDue(start.advanced(by: vary(delays(for: machine), \.machine, machine.name))) else { return }
        let isOld = !writesContract("v1beta2", infrastructure.groupKind)
        let domain = machine.spec["failureDomain"]
        let cluster = view.key.name
        markProvisioned(infrastructure) {
            if ($0.spec["providerID"]?.string ?? "").isEmpty {
                $0.set("spec", "providerID", to: .string("lab:///\(cluster)/\(machine.name)"))
            }
            if let domain { $0.set(isOld ? "spec" : "status", "failureDomain", to: domain) }
            $0.set(
                "status",
                "addresses",
                to: [
                    ["type": "InternalIP", "address": .string(simulatedAddress(of: machine.name))],
                    ["type": "Hostname", "address": .string(machine.name)],
                ]
            )
        }
    }
}

/// A private address for a name, always the same.
func simulatedAddress(of name: String) -> String {
    let hash = fingerprint(name.utf8)
    return "10.\(64 + hash % 64).\(hash >> 8 & 0xff).\(1 + (hash >> 16) % 254)"
}
