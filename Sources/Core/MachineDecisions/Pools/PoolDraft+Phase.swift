import KubernetesModel
import StructuredValue

/// What a pool says of itself after a pass.
extension PoolDraft {
    /// The newer counters; left alone when the infrastructure was not read.
    mutating func decideCounters() {
        guard hasInfrastructure, let infrastructure = view.infrastructure.object else { return }
        guard Self.machineKind(of: infrastructure) == nil else {
            let machines = machines
            let isOld = MachinePoolStatus.isOld(view.pool)
            func count(_ type: String) -> Int {
                machines.count { machine in
                    let list = isOld ? machine.status["v1beta2"]?["conditions"] : machine.status["conditions"]
                    return list?.array?.contains { $0["type"]?.string == type && $0["status"] == "True" } ?? false
                }
            }
            status.readyReplicas = count("Ready")
            status.availableReplicas = count("Available")
            // As this very pass makes and judges them.
            let applied = Dictionary(decision.machines.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
            let known = Set(machines.map(\.name))
            let new = decision.machines.filter { !known.contains($0.name) }
            status.upToDateReplicas = machines.count { !$0.isBeingDeleted } + new.count
            let versions = (machines + new).map { (applied[$0.name] ?? $0).spec["version"]?.string ?? "" }
            status.versions = Self.counted(versions)
            return
        }
        status.readyReplicas = status.replicas
        status.availableReplicas = status.replicas
        status.upToDateReplicas = spec.replicas
        guard case .known(let nodes) = view.nodes else { return }
        let own = Set(status.nodeReferences)
        status.versions = Self.counted(
            nodes.filter { own.contains(.init(name: $0.name, uid: $0.uid ?? "")) }
                .compactMap { $0.status[path: "nodeInfo", "kubeletVersion"]?.string }
        )
    }

    private static func counted(_ versions: [String]) -> [MachinePoolStatus.VersionCount] {
        var counts: [String: Int] = [:]
        for version in versions where !version.isEmpty { counts[version, default: 0] += 1 }
        func numbers(_ version: String) -> [Int] {
            version.split { !("0"..."9").contains($0) }.map { Int($0) ?? 0 }
        }
        return counts.map { .init(version: $0.key, replicas: $0.value) }.sorted {
            let (left, right) = (numbers($0.version), numbers($1.version))
            return left == right ? $0.version < $1.version : left.lexicographicallyPrecedes(right)
        }
    }

    /// Each rule that holds overrides those before.
    mutating func decidePhase() {
        var phase = status.phase ?? .pending
        let isProvisioned = status.isInfrastructureProvisioned == true
        if status.isBootstrapDataCreated == true, !isProvisioned { phase = .provisioning }
        if !status.nodeReferences.isEmpty { phase = .provisioned }
        if isProvisioned, let wanted = spec.replicas {
            let ready = status.legacyReadyReplicas
            if wanted == ready {
                phase = .running
            } else if spec.hasExternallyManagedReplicas {
                phase = .scaling
            } else {
                phase = wanted > ready ? .scalingUp : .scalingDown
            }
        }
        if view.pool.isBeingDeleted { phase = .deleting }
        status.phase = phase
    }
}
