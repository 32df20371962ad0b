import KubernetesModel
import StructuredValue

/// Decides what has to change about a cluster: the whole life cycle, as a function of what is stored and of the time.
func decide(_ view: ClusterView, now: Timestamp, rules: LabRules) -> Draft {
    var draft = Draft(view, now: now, rules: rules)
    guard let cluster = draft.cluster else {
        draft.releaseOrphans()
        draft.requests.insert(.discardWorkload)
        return draft
    }
    if draft.waitsForTopology(cluster) { return draft }
    if cluster.spec["paused"]?.bool == true {
        draft.notePause()
        draft.completeForeignConditions()
        return draft
    }
    draft.followScenario()
    draft.adopt()
    draft.decideInfrastructureCluster()
    draft.decideClusterInitialization()
    draft.decideControlPlane()
    draft.decideDeployments()
    draft.decideSets()
    draft.decideBootstrap()
    draft.decideInfrastructureMachines()
    draft.decidePools()
    draft.decideNodes()
    draft.decideMachines()
    draft.decideClusterStatus()
    if draft.cluster?.isBeingDeleted == true { draft.decideClusterDeletion() }
    draft.completeForeignConditions()
    return draft
}

extension Draft {
    /// Nobody here turns a topology into objects: until somebody has, the cluster and its status are that client's.
    func waitsForTopology(_ cluster: Manifest) -> Bool {
        cluster.spec["topology"]?.object != nil && cluster.annotation(CAPI.portAnnotation) == nil
            && infrastructureCluster == nil && controlPlane == nil
    }

    /// A cluster that went without its members: nothing may hold them any more. What was never adopted was never held
    /// from here.
    mutating func releaseOrphans() {
        for object in all(where: { $0.group.hasSuffix(CAPI.core) })
        where object.isBeingDeleted && object.value[path: "metadata", "ownerReferences"]?.isEmpty == false {
            edit(object.key) { object in
                for finalizer in object.finalizers where Self.isOurs(finalizer) { object.removeFinalizer(finalizer) }
            }
        }
    }

    static func isOurs(_ finalizer: String) -> Bool {
        [
            CAPI.clusterFinalizer, CAPI.machineFinalizer, CAPI.setFinalizer, CAPI.deploymentFinalizer,
        ].contains(finalizer)
            || finalizer.hasSuffix("." + CAPI.infrastructure) || finalizer.hasSuffix("." + CAPI.controlPlane)
    }

    /// The finalizer by which a provider holds its objects.
    static func finalizer(of kind: GroupKind) -> String { "\(kind.kind.lowercased()).\(kind.group)" }

    /// Conditions of other providers' control planes must say something, also when all is well.
    mutating func completeForeignConditions() {
        guard let controlPlane, controlPlane.kind != "KubeadmControlPlane",
            let conditions = controlPlane.status["conditions"]?.array,
            conditions.contains(where: { $0["message"]?.string?.isEmpty != false })
        else { return }
        let complete = conditions.map { condition in
            var condition = condition
            if condition["message"]?.string?.isEmpty != false { condition["message"] = .string(Self.readyMessage) }
            return condition
        }
        edit(controlPlane.key) { $0.set("status", "conditions", to: .array(complete)) }
    }

    /// A paused cluster is left alone, but says so.
    mutating func notePause() {
        let now = now
        for object in pausable {
            edit(object.key) {
                $0.setCondition("Paused", .yes, "Paused", "Cluster spec.paused is set to true", now: now)
            }
        }
    }

    /// Objects that tell whether they are paused.
    private var pausable: [Manifest] {
        var result = all("Cluster") + all("MachineDeployment") + all("MachineSet") + all("Machine")
        if let controlPlane { result.append(controlPlane) }
        return result
    }

    var controlPlane: Manifest? { find(Reference(cluster?.spec["controlPlaneRef"], namespace: view.key.namespace)) }
    var infrastructureCluster: Manifest? {
        find(Reference(cluster?.spec["infrastructureRef"], namespace: view.key.namespace))
    }

    /// The control plane's Machines, oldest first.
    var controlPlaneMachines: [Manifest] {
        all("Machine").filter { $0.label(CAPI.controlPlaneLabel) != nil }.sorted {
            ($0.created, $0.name) < ($1.created, $1.name)
        }
    }

    var workerMachines: [Manifest] { all("Machine").filter { $0.label(CAPI.controlPlaneLabel) == nil } }

    /// Which forms of status a kind wants.
    func writesContract(_ contract: String, _ kind: GroupKind) -> Bool {
        guard let contracts = view.kinds[kind]?.contracts, !contracts.isEmpty else { return true }
        return contract == "v1beta2" ? contracts.contains("v1beta2") : !contracts.contains("v1beta2")
    }

    /// Owner references, labels, finalizers and pause marks of what the cluster consists of.
    mutating func adopt() {
        let now = now
        guard let cluster else { return }
        let hasTopology = cluster.spec["topology"]?.object != nil
        let isLeaving = cluster.isBeingDeleted
        for object in pausable {
            edit(object.key) {
                $0.setCondition("Paused", $0.isPaused, yes: "Paused", no: "NotPaused", now: now)
                if $0.isPaused {
                    $0.setCondition(
                        "Paused",
                        .yes,
                        "Paused",
                        "the object has the annotation \(CAPI.pausedAnnotation)",
                        now: now
                    )
                }
            }
        }
        guard !isLeaving else { return }
        edit(clusterID) { $0.addFinalizer(CAPI.clusterFinalizer) }
        for owned in [infrastructureCluster, controlPlane].compactMap({ $0 }) where !owned.isBeingDeleted {
            edit(owned.key) {
                $0.own(by: cluster, isController: hasTopology)
                $0.merge(labels: [CAPI.clusterLabel: cluster.name])
                $0.addFinalizer(
                    $0.kind == "KubeadmControlPlane"
                        ? "kubeadm.controlplane.cluster.x-k8s.io" : Self.finalizer(of: $0.groupKind)
                )
            }
        }
        for kind in ["MachineDeployment", "MachineSet", "MachineHealthCheck"] {
            for object in all(kind) where !object.isBeingDeleted && object.spec["clusterName"]?.string == cluster.name {
                guard object.controllerReference == nil else { continue }
                edit(object.key) {
                    $0.own(by: cluster)
                    $0.merge(labels: [CAPI.clusterLabel: cluster.name])
                }
            }
        }
        for template in templates where !template.isBeingDeleted {
            edit(template.key) { $0.own(by: cluster) }
        }
    }

    /// The templates that Machines are cloned from.
    private var templates: [Manifest] {
        var references: [Reference?] = []
        for owner in all("MachineDeployment") + all("MachineSet") {
            let spec = owner.spec[path: "template", "spec"]
            references.append(Reference(spec?["infrastructureRef"], namespace: owner.namespace))
            references.append(Reference(spec?[path: "bootstrap", "configRef"], namespace: owner.namespace))
        }
        if let controlPlane { references.append(machineTemplate(of: controlPlane)) }
        var seen: Set<ObjectKey> = []
        return references.compactMap { find($0) }.filter {
            $0.kind.hasSuffix("Template") && seen.insert($0.key).inserted
        }
    }

    /// The infrastructure template of a control plane that consists of Machines; nil for a managed one.
    func machineTemplate(of controlPlane: Manifest) -> Reference? {
        let spec = controlPlane.spec
        return Reference(
            spec[path: "machineTemplate", "spec", "infrastructureRef"]
                ?? spec[path: "machineTemplate", "infrastructureRef"] ?? spec["infrastructureRef"]
                // Talos', and k3s' before its second beta.
                ?? spec["infrastructureTemplate"],
            namespace: controlPlane.namespace
        )
    }
}
