import KubernetesModel
import StructuredValue

/// What a pool learns from its bootstrap and its infrastructure object.
extension PoolDraft {
    mutating func decideBootstrap() {
        switch view.bootstrap {
        case .unnamed:
            // Managed pools give an empty name: their provider brings its own.
            guard spec.dataSecretName != nil else {
                decision.failures.append("the pool has neither bootstrap.configRef nor bootstrap.dataSecretName")
                return
            }
            status.isBootstrapDataCreated = true
            setLegacy(MachinePoolConditions.bootstrapReady, .isTrue)
        case .unknown(let reason): decision.failures.append(reason)
        case .missing:
            let kind = spec.bootstrap?.groupKind.kind ?? ""
            decision.failures.append("there is no \(kind) \(spec.bootstrap?.name ?? "") to bootstrap with")
        case .found(let object, let contract): follow(bootstrap: object, contract)
        }
    }

    private mutating func follow(bootstrap object: Manifest, _ contract: MachinePoolView.Contract) {
        guard adopt(object) else { return }
        copyFailure(of: object)
        if object.isBeingDeleted { return }
        let isCreated = Self.reads("dataSecretCreated", of: object, contract)
        let fallback = MachinePoolConditions.Legacy(status: .no, reason: "WaitingForDataSecret", severity: .info)
        setLegacy(
            MachinePoolConditions.bootstrapReady,
            MachinePoolConditions.ready(of: object) ?? (isCreated ? .isTrue : fallback)
        )
        guard isCreated else {
            status.isBootstrapDataCreated = false
            decision.waits.append("\(object.kind) \(object.name) has no data yet")
            return
        }
        guard let name = object.status["dataSecretName"]?.string, !name.isEmpty else {
            decision.failures.append("\(object.kind) \(object.name) has data but no status.dataSecretName")
            return
        }
        // Read in every pass: unlike a Machine, a pool follows a Secret of another name.
        if spec.dataSecretName != name {
            spec.dataSecretName = name
            decision.pool.value[path: "spec", "template", "spec", "bootstrap", "dataSecretName"] = .string(name)
        }
        status.isBootstrapDataCreated = true
    }

    /// What a provider's object says of a step: where its contract puts it, else in `status.ready`, which is all that
    /// many providers of the newer contract write.
    private static func reads(_ step: String, of object: Manifest, _ contract: MachinePoolView.Contract) -> Bool {
        if contract == .v1beta2, let value = object.status[path: "initialization", step]?.bool { return value }
        return object.status["ready"]?.bool ?? false
    }

    mutating func decideInfrastructure() {
        switch view.infrastructure {
        case .unnamed: decision.failures.append("the pool has no infrastructureRef")
        case .unknown(let reason): decision.failures.append(reason)
        case .missing:
            let kind = spec.infrastructure?.groupKind.kind ?? ""
            let message = "there is no \(kind) \(spec.infrastructure?.name ?? "")"
            setLegacy(
                MachinePoolConditions.infrastructureReady,
                .init(status: .no, reason: "IncorrectExternalRef", severity: .error, message: message)
            )
            if status.isInfrastructureProvisioned == true {
                status.failureReason = "InvalidConfiguration"
                status.failureMessage = "\(message), although the pool's infrastructure was ready before"
            }
            decision.failures.append(message)
        case .found(let object, let contract): follow(infrastructure: object, contract)
        }
    }

    private mutating func follow(infrastructure object: Manifest, _ contract: MachinePoolView.Contract) {
        guard adopt(object) else { return }
        hasInfrastructure = true
        copyFailure(of: object)
        if object.isBeingDeleted { return }
        // Written each time: unlike a Machine's, a pool's infrastructure may stop being ready.
        let isReady = Self.reads("provisioned", of: object, contract)
        status.isInfrastructureProvisioned = isReady
        let fallback = MachinePoolConditions.Legacy(status: .no, reason: "WaitingForInfrastructure", severity: .info)
        setLegacy(
            MachinePoolConditions.infrastructureReady,
            MachinePoolConditions.ready(of: object) ?? (isReady ? .isTrue : fallback)
        )
        switch view.nodes {
        case .notConnected(let reason), .unreachable(let reason):
            isBlind = true
            decision.waits.append(reason)
            return
        case .known(let nodes): applyMachines(of: object, nodes)
        }
        guard isReady else {
            decision.waits.append("\(object.kind) \(object.name) is not ready")
            return
        }
        if let replicas = object.status["replicas"]?.int { status.replicas = replicas }
        let identities = (object.spec["providerIDList"]?.array ?? []).compactMap(\.string)
        if identities.isEmpty, (status.replicas ?? 0) != 0 {
            decision.waits.append("\(object.kind) \(object.name) has replicas but no providerIDList")
            return
        }
        guard identities != spec.providerIDs else { return }
        spec.providerIDs = identities
        decision.pool.value[path: "spec", "providerIDList"] =
            identities.isEmpty ? nil : .array(identities.map { .string($0) })
        status.legacyReadyReplicas = 0
        status.legacyAvailableReplicas = 0
        status.legacyUnavailableReplicas = status.replicas ?? 0
    }
}
