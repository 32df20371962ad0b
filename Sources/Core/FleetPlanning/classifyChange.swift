import ClusterInspection
import KubernetesModel
import StructuredValue

/// What a change of an existing object does: to machines, to running things, or to nothing but words.
extension PlanDraft {
    func classify(_ desired: Manifest, _ live: Manifest, _ changes: [OwnedChange], _ step: inout PlanStep) {
        let paths = changes.map { OwnedChange.text(of: $0.path) }
        if let refused = paths.first(where: { ImmutableFields.refuses($0, of: step.key.groupKind, live) }) {
            step.verdict = ImmutableFields.mayRecreate(step.key.groupKind) ? .recreate : .blocked
            step.reason =
                "\(refused) cannot be changed"
                + (step.verdict == .recreate ? ": the object is deleted and made again" : " once the object exists")
            return
        }
        let trigger = paths.first { RolloutTriggers.rolls($0, of: live, at: now, desired) }
        let rolled = trigger.map { machinesRolled(by: $0, desired, live) } ?? 0
        let scaled = scaling(desired, live, paths)
        if let trigger, rolled > 0 {
            step.verdict = .roll
            step.machines = MachineForecast(
                rolled: rolled,
                created: scaled.created,
                deleted: scaled.deleted,
                because: field(behind: trigger, desired)
            )
            step.reason =
                "\(count(rolled, "machine")) \(rolled == 1 ? "rolls" : "roll") because \(cause(of: trigger, desired)) changes"
                + versions(trigger, changes)
        } else if paths.allSatisfy({ Self.isMetadata($0, step.key.groupKind) }) {
            step.verdict = .metadata
        } else {
            step.verdict = .inPlace
            if trigger != nil { step.reason = "machines are replaced only as they are deleted" }
            if scaled.created > 0 || scaled.deleted > 0 {
                step.machines = MachineForecast(created: scaled.created, deleted: scaled.deleted)
                step.reason =
                    "\(count(scaled.created + scaled.deleted, "machine")) "
                    + (scaled.created > 0 ? "more" : "fewer")
            }
        }
    }

    private static func isMetadata(_ path: String, _ kind: GroupKind) -> Bool {
        if path.hasPrefix("metadata") { return true }
        guard kind.ownsMachines else { return false }
        return path.hasPrefix("spec.template.metadata") || path.hasPrefix("spec.machineTemplate.metadata")
    }

    /// How many machines a change of this field replaces.
    func machinesRolled(by trigger: String, _ desired: Manifest, _ live: Manifest) -> Int {
        let kind = live.groupKind
        if kind == .cluster { return machines(ofCluster: live) }
        if kind.isInfrastructurePool { return poolMachines(behind: live.key) }
        if RolloutTriggers.isOnDelete(desired) { return 0 }
        if kind.isControlPlane, live.value["spec"]?["replicas"] == nil, live.value["status"]?["replicas"] == nil {
            return 0
        }
        return min(live.currentReplicas, desired.isAutoscaled ? live.currentReplicas : max(desired.wantedReplicas, 0))
    }

    /// All machines of a Cluster: what a new `spec.topology.version` rolls.
    private func machines(ofCluster live: Manifest) -> Int {
        let cluster = "\(live.namespace)/\(live.name)"
        return relations.members(of: cluster).reduce(0) { sum, key in
            guard key.groupKind.ownsMachines, let owner = observed.objects[key] else { return sum }
            return sum + owner.currentReplicas
        }
    }

    private func poolMachines(behind key: ObjectKey) -> Int {
        relations.referrers(to: key).reduce(0) { sum, referrer in
            guard referrer.groupKind == .machinePool, let pool = observed.objects[referrer] else { return sum }
            return sum + pool.currentReplicas
        }
    }

    private func scaling(_ desired: Manifest, _ live: Manifest, _ paths: [String]) -> (created: Int, deleted: Int) {
        guard live.groupKind.ownsMachines, paths.contains("spec.replicas") else { return (0, 0) }
        let difference = desired.wantedReplicas - live.wantedReplicas
        return (max(difference, 0), max(-difference, 0))
    }

    /// The trigger in a reader's words: a reference to a rotated template is told by the template's own field.
    func cause(of trigger: String, _ desired: Manifest) -> String {
        guard let (template, rotation, path) = rotation(behind: trigger, desired) else {
            return trigger + patchWords(for: trigger, of: desired.key)
        }
        return "\(path) of \(template.kind) \(rotation.original.name)\(patchWords(for: path, of: template))"
    }

    /// The same without names, so that equal causes of many clusters are counted together.
    func field(behind trigger: String, _ desired: Manifest) -> String {
        guard let (template, _, path) = rotation(behind: trigger, desired) else { return trigger }
        return "\(path) of \(template.kind)"
    }

    private func rotation(
        behind trigger: String,
        _ desired: Manifest
    ) -> (template: ObjectKey, rotation: Rotation, path: String)? {
        guard trigger.hasSuffix(".name") || trigger.hasSuffix("Ref") else { return nil }
        for key in ObjectReferences.of(desired) {
            guard let rotation = rotations[key], let field = rotation.changes.first else { continue }
            let prefix = trigger.hasSuffix(".name") ? String(trigger.dropLast(5)) : trigger
            let keys = prefix.split(separator: ".").map(String.init)
            guard desired.value[path: keys]?["name"]?.string == key.name else { continue }
            return (key, rotation, OwnedChange.text(of: field.path))
        }
        return nil
    }

    private func versions(_ trigger: String, _ changes: [OwnedChange]) -> String {
        guard trigger.hasSuffix("version"),
            let change = changes.first(where: { OwnedChange.text(of: $0.path) == trigger }),
            let old = change.old?.string, let new = change.new?.string
        else { return "" }
        return " (\(old) → \(new))"
    }
}

/// `1 machine`, `2 machines`.
func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }

/// Which fields make Cluster API replace machines.
enum RolloutTriggers {
    static func rolls(_ path: String, of live: Manifest, at now: Timestamp, _ desired: Manifest) -> Bool {
        let kind = live.groupKind
        if kind.ownsWorkers {
            return workers(path) || after(path, ["spec.rolloutAfter", "spec.rollout.after"], now, desired)
        }
        if kind == .kubeadmControlPlane {
            return kubeadm(path) || after(path, ["spec.rolloutAfter", "spec.rollout.after"], now, desired)
        }
        if kind.isControlPlane { return otherControlPlane(path) }
        if kind == .cluster { return path == "spec.topology.version" }
        if kind.isInfrastructurePool { return pool(path) }
        return false
    }

    /// MachineDeployments compare version, bootstrap, infrastructure and failure domain of the machine template, and
    /// nothing else.
    private static func workers(_ path: String) -> Bool {
        let prefix = "spec.template.spec."
        if path == "spec.template" || path == "spec.template.spec" { return true }
        guard path.hasPrefix(prefix) else { return false }
        let field = path.dropFirst(prefix.count)
        return ["version", "bootstrap", "infrastructureRef", "failureDomain"].contains { isAtOrBelow(field, $0) }
    }

    private static func kubeadm(_ path: String) -> Bool {
        if path == "spec.version" || isAtOrBelow(path, "spec.kubeadmConfigSpec") { return true }
        return infrastructure(path)
    }

    /// Other providers of control planes: version, machine template and whatever configures their nodes.
    private static func otherControlPlane(_ path: String) -> Bool {
        if path == "spec.version" || infrastructure(path) { return true }
        let field = path.dropFirst("spec.".count).prefix { $0 != "." && $0 != "[" }
        return field.hasSuffix("ConfigSpec") || ["agentConfig", "serverConfig", "controlPlaneConfig"].contains(field)
    }

    private static func infrastructure(_ path: String) -> Bool {
        for reference in ["spec.machineTemplate.infrastructureRef", "spec.machineTemplate.spec.infrastructureRef"] {
            // The API version of the reference alone changes nothing.
            if path == reference || path == reference + ".name" || path == reference + ".kind" { return true }
        }
        return path == "spec.machineTemplate"
    }

    private static func pool(_ path: String) -> Bool {
        guard path.hasPrefix("spec.") else { return false }
        let field = path.dropFirst("spec.".count).prefix { $0 != "." && $0 != "[" }
        return !["minSize", "maxSize", "replicas", "providerID", "providerIDList", "additionalTags"].contains(field)
    }

    private static func after(_ path: String, _ fields: [String], _ now: Timestamp, _ desired: Manifest) -> Bool {
        guard fields.contains(path) else { return false }
        let text = desired.value[path: path.split(separator: ".").map(String.init)]?.string
        return text.flatMap { Timestamp($0) }.map { $0 <= now } ?? false
    }

    private static func isAtOrBelow(_ path: some StringProtocol, _ field: String) -> Bool {
        guard path.hasPrefix(field) else { return false }
        let rest = path.dropFirst(field.count)
        return rest.isEmpty || rest.first == "." || rest.first == "["
    }

    /// Whether machines are replaced only when somebody deletes them.
    static func isOnDelete(_ manifest: Manifest) -> Bool {
        let spec = manifest.value["spec"]
        let strategy = spec?["rollout"]?["strategy"] ?? spec?["strategy"] ?? spec?["rolloutStrategy"]
        return strategy?["type"]?.string == "OnDelete"
    }
}

/// Fields that a server refuses to change, as far as they are known by kind.
enum ImmutableFields {
    static func refuses(_ path: String, of kind: GroupKind, _ live: Manifest) -> Bool {
        if kind.group.isEmpty, kind.kind == "ConfigMap" || kind.kind == "Secret", live.value["immutable"]?.bool == true,
            path.hasPrefix("data") || path.hasPrefix("binaryData") || path == "immutable"
        {
            return true
        }
        return (table[kind] ?? []).contains { path == $0 || path.hasPrefix($0 + ".") || path.hasPrefix($0 + "[") }
    }

    /// Whether deleting and making it again loses nothing but the object itself.
    static func mayRecreate(_ kind: GroupKind) -> Bool {
        switch (kind.group, kind.kind) {
        case ("rbac.authorization.k8s.io", _), ("batch", "Job"), ("", "ConfigMap"), ("", "Secret"),
            ("storage.k8s.io", _),
            ("apps", "Deployment"), ("apps", "DaemonSet"):
            true
        default: false
        }
    }

    private static let table: [GroupKind: [String]] = [
        GroupKind(group: "rbac.authorization.k8s.io", kind: "RoleBinding"): ["roleRef"],
        GroupKind(group: "rbac.authorization.k8s.io", kind: "ClusterRoleBinding"): ["roleRef"],
        GroupKind(group: "batch", kind: "Job"): [
            "spec.template", "spec.selector", "spec.completions", "spec.completionMode",
        ],
        GroupKind(group: "apps", kind: "Deployment"): ["spec.selector"],
        GroupKind(group: "apps", kind: "DaemonSet"): ["spec.selector"],
        GroupKind(group: "apps", kind: "ReplicaSet"): ["spec.selector"],
        GroupKind(group: "apps", kind: "StatefulSet"): [
            "spec.selector", "spec.serviceName", "spec.volumeClaimTemplates", "spec.podManagementPolicy",
        ],
        GroupKind(group: "", kind: "Secret"): ["type"],
        GroupKind(group: "", kind: "PersistentVolumeClaim"): [
            "spec.accessModes", "spec.storageClassName", "spec.volumeMode", "spec.volumeName", "spec.selector",
        ],
        GroupKind(group: "storage.k8s.io", kind: "StorageClass"): [
            "provisioner", "parameters", "reclaimPolicy", "volumeBindingMode",
        ],
        GroupKind(group: "cluster.x-k8s.io", kind: "MachineDeployment"): ["spec.clusterName", "spec.selector"],
        GroupKind(group: "cluster.x-k8s.io", kind: "MachinePool"): ["spec.clusterName"],
        GroupKind(group: "cluster.x-k8s.io", kind: "MachineHealthCheck"): ["spec.clusterName"],
        GroupKind(group: "addons.cluster.x-k8s.io", kind: "ClusterResourceSet"): [
            "spec.clusterSelector", "spec.strategy",
        ],
    ]
}
