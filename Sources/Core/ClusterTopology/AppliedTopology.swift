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

    /// One object.
    package struct Part: Sendable {
        package var role: TopologyExpansion.Role
        package var manifest: Manifest
        package var touches: [PatchTouch] = []
        /// The template in use that this one takes the place of.
        package var predecessor: ObjectKey?
        /// Set for a part that must neither be made nor change now; its manifest is then what it becomes in the end.
        package var wait: Wait?
    }

    /// Why a part waits.
    package struct Wait: Hashable, Sendable {
        package var reason: String
        /// The Cluster's owner asked for it, so that nothing happens until the owner does something.
        package var isDeferred = false
        /// Whether the part does not exist yet.
        package var isCreation = false
    }

    /// In the order of application: provider objects before what refers to them, the Cluster's references last.
    package var parts: [Part]
    package var upgrade: UpgradeDecision

    /// What is applied now.
    package var manifests: [Manifest] { parts.filter { $0.wait == nil }.map(\.manifest) }
    /// What exists and must neither change nor be pruned now: parts that wait for their turn in an upgrade.
    package var held: [ObjectKey] { parts.filter { $0.wait?.isCreation == false }.map(\.manifest.key) }
    /// What is not made yet, and why.
    package var waiting: [String] {
        parts.compactMap { part in
            guard let wait = part.wait, wait.isCreation else { return nil }
            return "\(part.role) waits: \(wait.reason)"
        }
    }
}

extension TopologyExpansion {
    /// The objects as they are applied, given what exists.
    ///
    /// `final` is the expansion as it is when every step is done; parts that wait are taken from it.
    package func applied(
        observed: ObservedTopology = ObservedTopology(),
        final: TopologyExpansion? = nil
    ) -> AppliedTopology {
        var draft = AppliedDraft(now: self, final: final ?? self, observed: observed)
        return draft.run()
    }
}

/// The steps of `applied`.
private struct AppliedDraft {
    let now: TopologyExpansion
    let final: TopologyExpansion
    let observed: ObservedTopology
    private var parts: [AppliedTopology.Part] = []

    init(now: TopologyExpansion, final: TopologyExpansion, observed: ObservedTopology) {
        self.now = now
        self.final = final
        self.observed = observed
    }

    mutating func run() -> AppliedTopology {
        add(.infrastructureCluster)
        addControlPlane()
        for item in now.items {
            switch item.role {
            case .machineDeployment(let name): addDeployment(name)
            case .machinePool(let name): addPool(name)
            default: continue
            }
        }
        if var cluster = part(.cluster, nil) {
            cluster.manifest = Self.withoutTopology(cluster.manifest)
            parts.append(cluster)
        }
        return AppliedTopology(parts: parts, upgrade: now.upgrade)
    }

    private func part(_ role: TopologyExpansion.Role, _ wait: AppliedTopology.Wait?) -> AppliedTopology.Part? {
        guard let item = (wait == nil ? now : final).items.first(where: { $0.role == role }) else { return nil }
        return AppliedTopology.Part(role: role, manifest: item.manifest, touches: item.touches, wait: wait)
    }

    private mutating func add(_ role: TopologyExpansion.Role, _ wait: AppliedTopology.Wait? = nil) {
        if let part = part(role, wait) { parts.append(part) }
    }

    /// A template under the name that its content gives it, or under the one it has.
    private func template(
        _ role: TopologyExpansion.Role,
        _ existing: Value?,
        _ wait: AppliedTopology.Wait?
    ) -> AppliedTopology.Part? {
        guard var part = part(role, wait) else { return nil }
        let hash = TopologyNames.suffix(of: part.manifest.spec)
        if let existing {
            let kept = existing.text("metadata", "name")
            if Self.asks(for: part.manifest, hash, existing) {
                part.manifest.name = kept
            } else {
                part.predecessor = Manifest(existing).key
                part.manifest.name = TopologyNames.prefixed(Self.prefix(of: part.manifest, role), hash)
            }
        } else if !now.readsTemplateNames {
            part.manifest.name = TopologyNames.prefixed(Self.prefix(of: part.manifest, role), hash)
        }
        part.manifest.setAnnotation(AppliedTopology.specHashAnnotation, hash)
        return part
    }

    // MARK: Control plane

    private mutating func addControlPlane() {
        let wait = now.upgrade.controlPlaneWait
        guard var controlPlane = part(.controlPlane, wait) else { return }
        if let machines = template(.controlPlaneMachineTemplate, observed.controlPlaneMachines, wait) {
            parts.append(machines)
            for path in [["machineTemplate", "spec", "infrastructureRef"], ["machineTemplate", "infrastructureRef"]]
            where controlPlane.manifest.value[path: ["spec"] + path] != nil {
                controlPlane.manifest.value[path: ["spec"] + path + ["name"]] = .string(machines.manifest.name)
            }
        }
        parts.append(controlPlane)
        add(.controlPlaneHealthCheck)
    }

    // MARK: Workers

    private mutating func addDeployment(_ name: String) {
        let decided = now.upgrade.deployments[name]
        let wait = now.upgrade.wait(of: decided)
        guard var deployment = part(.machineDeployment(name), wait) else { return }
        let existing = observed.deployments[name]
        for (role, current, path) in [
            (
                TopologyExpansion.Role.deploymentBootstrapTemplate(name), existing?.bootstrap,
                ["bootstrap", "configRef", "name"]
            ),
            (.deploymentMachineTemplate(name), existing?.infrastructure, ["infrastructureRef", "name"]),
        ] {
            guard let made = template(role, current, wait) else { continue }
            parts.append(made)
            deployment.manifest.value[path: ["spec", "template", "spec"] + path] = .string(made.manifest.name)
        }
        parts.append(deployment)
        add(.deploymentHealthCheck(name), wait?.isCreation == true ? wait : nil)
    }

    /// Objects of pools are changed in place and keep their names.
    private mutating func addPool(_ name: String) {
        let wait = now.upgrade.wait(of: now.upgrade.pools[name])
        for role in [TopologyExpansion.Role.poolInfrastructure(name), .poolBootstrap(name), .machinePool(name)] {
            add(role, wait)
        }
    }

    // MARK: Parts

    private static func withoutTopology(_ cluster: Manifest) -> Manifest {
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
    private static func prefix(of manifest: Manifest, _ role: TopologyExpansion.Role) -> String {
        let cluster = manifest.label(TopologyKey.clusterName) ?? ""
        switch role {
        case .deploymentBootstrapTemplate(let name), .deploymentMachineTemplate(let name): return "\(cluster)-\(name)-"
        default: return "\(cluster)-"
        }
    }

    /// Whether a template that exists was made for the same spec: by its hash, or because it says all that is asked for
    /// (servers add defaults; templates of Cluster API carry no hash).
    private static func asks(for wanted: Manifest, _ hash: String, _ existing: Value) -> Bool {
        guard existing["kind"]?.string == wanted.kind else { return false }
        if let known = existing[path: "metadata", "annotations", AppliedTopology.specHashAnnotation]?.string {
            return known == hash
        }
        return covers(existing["spec"] ?? .null, wanted.spec)
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

extension UpgradeDecision {
    /// Why the control plane stays as it is; nil when it does not.
    var controlPlaneWait: AppliedTopology.Wait? {
        guard controlPlaneIsPending else { return nil }
        let next = plan.controlPlane.first.map { " before it goes on to \($0)" } ?? ""
        let reason =
            if controlPlaneIsProvisioning {
                "the control plane is still being made at \(controlPlaneVersion)\(next)"
            } else if controlPlaneIsUpgrading {
                "all of the control plane must run \(controlPlaneVersion)\(next)"
            } else if controlPlaneWaitsForWorkers {
                "workers must reach \(controlPlaneVersion)\(next)"
            } else {
                "workers are still on the way to another version\(next)"
            }
        return AppliedTopology.Wait(reason: reason)
    }

    /// Why a deployment or pool stays as it is, or is not made; nil when it does not wait.
    func wait(of workers: Workers?) -> AppliedTopology.Wait? {
        guard let workers else { return nil }
        if workers.waitsForCreation {
            return AppliedTopology.Wait(reason: "the control plane is not at rest", isCreation: true)
        }
        guard workers.isPending else { return nil }
        if workers.isDeferred {
            return AppliedTopology.Wait(
                reason: "stays at \(workers.version): the upgrade is deferred by an annotation",
                isDeferred: true
            )
        }
        let reason =
            if workersMayUpgrade, plan.workers.first != workers.version {
                "as many others as may upgrade at a time are on their way (\(TopologyKey.upgradeConcurrency))"
            } else if workersMayUpgrade || controlPlaneWaitsForWorkers {
                "others of its kind must reach \(workers.version) first"
            } else {
                "the control plane goes first"
            }
        return AppliedTopology.Wait(reason: reason)
    }
}

extension TopologyClass {
    /// What a Cluster of this class comes to now, given everything that runs: names are kept, versions go in steps, and
    /// templates get successors. `cluster` is as Git has it.
    ///
    /// `rendered` is the same Cluster expanded as if nothing existed; it is used where that makes no difference. With
    /// `isOffline`, nothing has a status and all is taken to be at rest.
    package func applied(
        _ cluster: Manifest,
        rendered: TopologyExpansion,
        live: LiveClusterObjects,
        isOffline: Bool = false,
        options: TopologyOptions = TopologyOptions(),
        cache: ExpansionCache? = nil
    ) throws(TopologyRejection) -> AppliedTopology {
        guard let existing = live.cluster(namespace: cluster.namespace, name: cluster.name) else {
            return rendered.applied()
        }
        var placed = cluster
        for reference in ["infrastructureRef", "controlPlaneRef"] {
            if let value = existing.spec[reference] { placed.value[path: "spec", reference] = value }
        }
        if !isOffline { placed.value[path: "metadata", "uid"] = existing.uid.map(Value.string) }
        var observed = try ObservedTopology(of: placed, in: live)
        if isOffline { observed.assumeSettled() }
        let question = observed.identity(with: existing).map { identity in
            ExpansionCache.Question(
                topologyClass: ObjectIdentifier(self),
                cluster: placed.value,
                observed: identity,
                isOffline: isOffline
            )
        }
        if let question, let known = cache?.answer(to: question) { return known }
        let applied = try applied(placed, existing, observed, options)
        if let question { cache?.keep(applied, by: self, for: question) }
        return applied
    }

    private func applied(
        _ placed: Manifest,
        _ existing: Manifest,
        _ observed: ObservedTopology,
        _ options: TopologyOptions
    ) throws(TopologyRejection) -> AppliedTopology {
        let previous = Self.previous(existing)
        let now = try expand(placed, observed: observed, previous: previous, options: options)
        let version = now[.cluster]?.value.text("spec", "topology", "version") ?? ""
        guard now.upgrade.isOnTheWay(to: version) else { return now.applied(observed: observed) }
        var last = try Expansion(
            placed,
            class: self,
            observed: observed,
            previous: previous,
            options: options,
            isFinal: true
        )
        return now.applied(observed: observed, final: try last.run())
    }

    /// The Cluster as it was last applied, with the topology it had then, for rules that compare.
    private static func previous(_ existing: Manifest) -> Manifest? {
        if existing.spec["topology"]?.object != nil { return existing }
        guard let text = existing.annotation(AppliedTopology.topologyAnnotation) else { return nil }
        // When somebody wrote over it there is nothing to compare with.
        guard let topology = try? JSON.parse(text) else { return nil }
        var previous = existing
        previous.value[path: "spec", "topology"] = topology
        return previous
    }
}
