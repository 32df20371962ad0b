package import KubernetesModel
import StructuredValue

/// What a tool applies that expands topologies itself, so that Cluster API's own topology controller has nothing to do.
///
/// The Cluster goes without `spec.topology`; class, hash and topology are kept in annotations. Names of templates end in a
/// hash of their content, unless the template that is in use already says the same. Parts that wait are left alone.
package struct AppliedTopology: Sendable {
    package static let classAnnotation = "martlet.dev/cluster-class"
    package static let topologyAnnotation = "martlet.dev/topology"
    package static let hashAnnotation = "martlet.dev/topology-hash"
    /// On templates: the hash of the spec that was asked for.
    package static let specHashAnnotation = "martlet.dev/spec-hash"

    /// In the order of application: provider objects before what refers to them, the Cluster's references last.
    package var manifests: [Manifest]
    /// What exists and must neither change nor be pruned now: parts that wait for their turn in an upgrade.
    package var held: [ObjectKey]
    /// What is not made yet, and why.
    package var waiting: [String]
}

extension TopologyExpansion {
    /// The objects as they are applied, given what exists.
    package func applied(observed: ObservedTopology = ObservedTopology()) -> AppliedTopology {
        var result = AppliedTopology(manifests: [], held: [], waiting: [])
        func template(_ role: Role, _ existing: Value?) -> Manifest? {
            guard var manifest = self[role] else { return nil }
            let hash = TopologyNames.suffix(of: manifest.spec)
            if let existing, Self.asks(for: manifest.spec, hash, existing) {
                manifest.name = existing.text("metadata", "name")
            } else {
                manifest.name = TopologyNames.prefixed(Self.prefix(of: manifest, role), hash)
            }
            manifest.setAnnotation(AppliedTopology.specHashAnnotation, hash)
            return manifest
        }
        if let infrastructure = self[.infrastructureCluster] { result.manifests.append(infrastructure) }
        addControlPlane(observed, template, to: &result)
        for item in items {
            switch item.role {
            case .machineDeployment(let name):
                addDeployment(name, item.manifest, observed, template, to: &result)
            case .machinePool(let name): addPool(name, item.manifest, to: &result)
            default: break
            }
        }
        if let cluster = self[.cluster] { result.manifests.append(Self.applied(cluster)) }
        return result
    }

    private func addControlPlane(
        _ observed: ObservedTopology,
        _ template: (Role, Value?) -> Manifest?,
        to result: inout AppliedTopology
    ) {
        guard var controlPlane = self[.controlPlane] else { return }
        if upgrade.controlPlaneIsPending {
            result.held.append(controlPlane.key)
            if let machines = self[.controlPlaneMachineTemplate] { result.held.append(machines.key) }
        } else {
            if let machines = template(.controlPlaneMachineTemplate, observed.controlPlaneMachines) {
                result.manifests.append(machines)
                for path in [
                    ["machineTemplate", "spec", "infrastructureRef"], ["machineTemplate", "infrastructureRef"],
                ]
                where controlPlane.value[path: ["spec"] + path] != nil {
                    controlPlane.value[path: ["spec"] + path + ["name"]] = .string(machines.name)
                }
            }
            result.manifests.append(controlPlane)
        }
        if let check = self[.controlPlaneHealthCheck] { result.manifests.append(check) }
    }

    private func addDeployment(
        _ name: String,
        _ manifest: Manifest,
        _ observed: ObservedTopology,
        _ template: (Role, Value?) -> Manifest?,
        to result: inout AppliedTopology
    ) {
        let decided = upgrade.deployments[name]
        if decided?.waitsForCreation == true {
            result.waiting.append("MachineDeployment \(name) waits for the control plane")
            return
        }
        if decided?.isPending == true {
            result.held.append(manifest.key)
            for role in [Role.deploymentBootstrapTemplate(name), .deploymentMachineTemplate(name)] {
                if let kept = self[role] { result.held.append(kept.key) }
            }
        } else {
            var manifest = manifest
            let existing = observed.deployments[name]
            for (role, current, path) in [
                (Role.deploymentBootstrapTemplate(name), existing?.bootstrap, ["bootstrap", "configRef", "name"]),
                (.deploymentMachineTemplate(name), existing?.infrastructure, ["infrastructureRef", "name"]),
            ] {
                guard let made = template(role, current) else { continue }
                result.manifests.append(made)
                manifest.value[path: ["spec", "template", "spec"] + path] = .string(made.name)
            }
            result.manifests.append(manifest)
        }
        if let check = self[.deploymentHealthCheck(name)] { result.manifests.append(check) }
    }

    /// Objects of pools are changed in place and keep their names.
    private func addPool(_ name: String, _ manifest: Manifest, to result: inout AppliedTopology) {
        let parts = [self[.poolInfrastructure(name)], self[.poolBootstrap(name)], manifest].compactMap { $0 }
        let decided = upgrade.pools[name]
        if decided?.waitsForCreation == true {
            result.waiting.append("MachinePool \(name) waits for the control plane")
        } else if decided?.isPending == true {
            result.held += parts.map(\.key)
        } else {
            result.manifests += parts
        }
    }

    private static func applied(_ cluster: Manifest) -> Manifest {
        var result = cluster
        let topology = cluster.spec["topology"] ?? .null
        result.value[path: "spec", "topology"] = nil
        let key = TopologyInput.classKey(of: cluster)
        result.setAnnotation(AppliedTopology.classAnnotation, "\(key.namespace)/\(key.name)")
        result.setAnnotation(AppliedTopology.topologyAnnotation, JSON.text(topology, .canonical))
        result.setAnnotation(AppliedTopology.hashAnnotation, TopologyNames.suffix(of: topology))
        return result
    }

    /// The part of a generated name before its letters.
    private static func prefix(of manifest: Manifest, _ role: Role) -> String {
        let cluster = manifest.label(TopologyKey.clusterName) ?? ""
        switch role {
        case .deploymentBootstrapTemplate(let name), .deploymentMachineTemplate(let name): return "\(cluster)-\(name)-"
        default: return "\(cluster)-"
        }
    }

    /// Whether a template that exists was made for the same spec: by its hash, or because it says all that is asked for
    /// (servers add defaults; templates of Cluster API carry no hash).
    private static func asks(for spec: Value, _ hash: String, _ existing: Value) -> Bool {
        if let known = existing[path: "metadata", "annotations", AppliedTopology.specHashAnnotation]?.string {
            return known == hash
        }
        return covers(existing["spec"] ?? .null, spec)
    }

    private static func covers(_ existing: Value, _ wanted: Value) -> Bool {
        switch (existing, wanted) {
        case (.object(let existing), .object(let wanted)):
            return wanted.pairs.allSatisfy { pair in
                guard let value = existing[pair.key] else { return pair.value.isEmpty }
                return covers(value, pair.value)
            }
        case (.array(let existing), .array(let wanted)):
            return existing.count == wanted.count && zip(existing, wanted).allSatisfy { covers($0, $1) }
        default: return existing == wanted
        }
    }
}
