import KubernetesModel
import StructuredValue

/// One machine of a pool, as its infrastructure object remembers it.
struct PoolInstance: Hashable, Sendable {
    var name: String
    var version: String
    var since: Timestamp
}

extension Draft {
    /// What a provider does for MachinePools: as many instances as wanted, replaced one by one for a new version. The pools
    /// themselves are their controller's, which is not the simulator.
    mutating func decidePools() {
        for pool in all("MachinePool") where pool.uid != nil {
            let reference = Reference(
                pool.spec[path: "template", "spec", "infrastructureRef"],
                namespace: pool.namespace
            )
            guard let infrastructure = find(reference), !infrastructure.isPaused else { continue }
            if infrastructure.isBeingDeleted {
                for instance in instances(of: infrastructure) {
                    if cluster?.isBeingDeleted == false { nodes[instance.name] = nil }
                }
                if isDue(leaving(infrastructure, delays(for: pool).removal)) {
                    edit(infrastructure.key) { $0.removeFinalizer(Self.finalizer(of: $0.groupKind)) }
                }
            } else if !pool.isBeingDeleted, cluster?.isBeingDeleted == false {
                decide(pool, infrastructure)
            }
        }
    }

    private func instances(of infrastructure: Manifest) -> [PoolInstance] {
        guard let text = infrastructure.annotation(CAPI.instancesAnnotation),
            let value = try? JSON.parse(Array(text.utf8))  // somebody's edit: the pool begins anew
        else { return [] }
        return (value.array ?? []).compactMap { entry in
            guard let name = entry["name"]?.string, let since = entry["since"]?.string.flatMap({ Timestamp($0) }) else {
                return nil
            }
            return PoolInstance(name: name, version: entry["version"]?.string ?? "", since: since)
        }
    }

    private mutating func decide(_ pool: Manifest, _ infrastructure: Manifest) {
        let now = now
        // A provider does nothing before the pool's controller has made the pool the owner.
        guard infrastructure.isControlled(by: pool.uid) else { return }
        edit(infrastructure.key) { $0.addFinalizer(Self.finalizer(of: $0.groupKind)) }
        let configuration = find(
            Reference(pool.spec[path: "template", "spec", "bootstrap", "configRef"], namespace: pool.namespace)
        )
        let hasData =
            configuration.map { !($0.status["dataSecretName"]?.string ?? "").isEmpty }
            // Managed pools give an empty name: their provider brings its own.
            ?? (pool.spec[path: "template", "spec", "bootstrap", "dataSecretName"]?.string != nil)
        guard isInfrastructureReady, hasData else { return }
        let version = pool.spec[path: "template", "spec", "version"]?.string ?? ""
        var instances = instances(of: infrastructure)
        for instance in instances where !isRunning(instance, pool) { _ = isDue(runs(instance, pool)) }
        let kept = nextInstances(
            instances,
            desired: pool.replicas,
            version: version,
            isJoined: { nodes[$0.name] != nil && isRunning($0, pool) }
        )
        for gone in instances where !kept.contains(gone) { nodes[gone.name] = nil }
        instances = kept.map { place in
            guard place.name.isEmpty else { return place }
            let instance = PoolInstance(name: self.name(after: pool.name), version: version, since: now)
            _ = isDue(runs(instance, pool))
            return instance
        }
        let running = instances.filter { isRunning($0, pool) }
        for instance in running where nodes[instance.name] == nil {
            guard isDue(runs(instance, pool).advanced(by: vary(delays(for: pool), \.node, instance.name))) else {
                continue
            }
            addNode(
                named: instance.name,
                providerID: providerID(instance),
                version: instance.version,
                isControlPlane: false,
                labels: [:]
            )
        }
        let list = Value.array(
            instances.map {
                ["name": .string($0.name), "version": .string($0.version), "since": .string($0.since.micro)]
            }
        )
        let entries = instances.map { instance -> Value in
            let hasJoined = Value.bool(nodes[instance.name] != nil)
            return [
                "instanceName": .string(instance.name), "version": .string(instance.version),
                "providerID": .string(providerID(instance)), "ready": hasJoined, "bootstrapped": hasJoined,
                "latestModelApplied": .bool(instance.version == version),
            ]
        }
        let identities = running.map { Value.string(providerID($0)) }
        edit(infrastructure.key) {
            let text = JSON.text(list, .compact)
            if $0.annotation(CAPI.instancesAnnotation) != text { $0.setAnnotation(CAPI.instancesAnnotation, text) }
            $0.set("spec", "providerIDList", to: .array(identities))
            $0.set("status", "replicas", to: .int(running.count))
            $0.set("status", "ready", to: true)
            $0.set("status", "initialization", "provisioned", to: true)
            $0.set("status", "instances", to: .array(entries))
            $0.setCondition("Ready", .yes, "Ready", Self.readyMessage, now: now)
        }
    }

    private func runs(_ instance: PoolInstance, _ pool: Manifest) -> Timestamp {
        instance.since.advanced(by: vary(delays(for: pool), \.machine, instance.name))
    }

    private func isRunning(_ instance: PoolInstance, _ pool: Manifest) -> Bool { runs(instance, pool) <= now }
    private func providerID(_ instance: PoolInstance) -> String { "lab:///\(view.key.name)/\(instance.name)" }
}

/// The instances a pool should keep, followed by empty places for those to be made: with too few there are places, with
/// too many the outdated and then the newest go. An outdated one goes only when all others have joined.
func nextInstances(
    _ instances: [PoolInstance],
    desired: Int,
    version: String,
    isJoined: (PoolInstance) -> Bool
) -> [PoolInstance] {
    let place = PoolInstance(name: "", version: version, since: Timestamp(seconds: 0))
    let outdated = instances.filter { $0.version != version }
    if instances.count < desired {
        return instances + Array(repeating: place, count: desired - instances.count)
    }
    if instances.count > desired {
        let isRolling = !outdated.isEmpty && instances.count == desired + 1
        if isRolling, !instances.allSatisfy(isJoined) { return instances }
        var rest = instances
        while rest.count > desired {
            let index = rest.firstIndex { $0.version != version } ?? rest.count - 1
            rest.remove(at: index)
        }
        return rest
    }
    if !outdated.isEmpty, instances.allSatisfy(isJoined) { return instances + [place] }
    return instances
}
