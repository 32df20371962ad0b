import ClusterInspection
import FleetModel
import KubernetesModel
import SemanticVersion
import StructuredValue

/// Kubernetes' version rules, checked against what runs before anything is written:
/// control planes skip no minor version and go back none, workers are never ahead of their control plane, and never more
/// minor versions behind it than kubelets may be.
///
/// Everything is read off the observed objects, so that workers go on waiting after a restart of Martlet.
extension PlanDraft {
    mutating func checkVersions() {
        for object in desired where object.key.groupKind.isControlPlane || object.key.groupKind == .cluster {
            guard canChange(object.key), let reason = controlPlaneProblem(object.manifest) else { continue }
            block(object.key, reason)
        }
        for object in desired where object.key.groupKind.ownsWorkers {
            let key = object.key
            guard canChange(key) else { continue }
            if let reason = workerProblem(object.manifest) {
                block(key, reason)
            } else if let reason = blockedAhead(of: object.manifest) {
                block(key, reason, isForNow: true)
                // They don't roll as long as that stays.
                steps[key]?.machines = nil
            } else if !settings.isOffline, let reason = workerWait(object.manifest) {
                block(key, reason, isForNow: true)
            }
        }
    }

    private func canChange(_ key: ObjectKey) -> Bool { steps[key].map { $0.verdict != .blocked } ?? false }

    /// How many minor versions a kubelet may be older than its API server.
    private static func allowedSkew(_ controlPlane: SemanticVersion) -> Int {
        controlPlane.major == 1 && controlPlane.minor < 28 ? 2 : 3
    }

    // MARK: Control planes

    private func controlPlaneProblem(_ wanted: Manifest) -> String? {
        guard let live = observed.objects[wanted.key], let new = wanted.machineVersion, let old = live.machineVersion,
            new != old
        else { return nil }
        let step = old.minors(to: new)
        if step < 0 { return "\(old.original) → \(new.original) goes back a minor version, which Kubernetes cannot" }
        // Cluster API goes there in steps of its own, and workers follow in between.
        if step > 1, topologyNotes.chained.contains(wanted.key) { return nil }
        if step > 1 {
            return "\(old.original) → \(new.original) skips a minor version; go to v\(old.major).\(old.minor + 1) first"
        }
        let lowest = lowestVersion(of: live)
        if step == 1, let lowest, lowest.minors(to: new) > 1 {
            // It comes by itself, but so does the next minor, and nobody should be surprised by two.
            return "the upgrade to \(old.original) is not done yet: machines at \(lowest.original) remain"
        }
        return skewProblem(of: wanted.key, to: new)
    }

    /// The lowest version that a machine of this control plane runs, as far as its status and the Machines tell.
    private func lowestVersion(of live: Manifest) -> SemanticVersion? {
        var versions = controlPlaneMachines(of: live.key).compactMap(\.machineVersion)
        versions += [live.status["version"]?.string].compactMap { $0.flatMap { SemanticVersion($0) } }
        versions += (live.status["versions"]?.array ?? []).compactMap {
            $0["version"]?.string.flatMap { SemanticVersion($0) }
        }
        return versions.min()
    }

    private func controlPlaneMachines(of key: ObjectKey) -> [Manifest] {
        guard let cluster = relations.cluster(of: key) else { return [] }
        return relations.members(of: cluster).compactMap { member in
            guard member.groupKind == .machine, let machine = observed.objects[member], !machine.isBeingDeleted,
                machine.label("cluster.x-k8s.io/control-plane") != nil
            else { return nil }
            return machine
        }
    }

    private func skewProblem(of key: ObjectKey, to new: SemanticVersion) -> String? {
        guard let cluster = relations.cluster(of: key) else { return nil }
        for member in relations.members(of: cluster).sorted() where member.groupKind.ownsWorkers {
            guard let workers = observed.objects[member], let version = workers.machineVersion else { continue }
            let behind = version.minors(to: new)
            let allowed = Self.allowedSkew(new)
            if behind > allowed {
                return "\(member.kind) \(member.name) runs \(version.original), \(behind) minor versions behind "
                    + "\(new.original); kubelets may be \(allowed) behind. Upgrade the workers first"
            }
        }
        return nil
    }

    // MARK: Workers

    /// Why the wanted version can never be right beside the control plane that Git wants.
    private func workerProblem(_ wanted: Manifest) -> String? {
        guard let version = wanted.machineVersion, isNewVersion(wanted), let key = controlPlane(of: wanted),
            let target = (desired(key)?.manifest ?? observed.objects[key])?.machineVersion
        else { return nil }
        if target < version {
            return "\(version.original) is ahead of \(key.kind) \(key.name), which Git wants at \(target.original); "
                + "workers never run ahead of the control plane"
        }
        let behind = version.minors(to: target)
        let allowed = Self.allowedSkew(target)
        if behind > allowed {
            return
                "\(version.original) is \(behind) minor versions behind \(key.kind) \(key.name) at \(target.original); "
                + "kubelets may be \(allowed) behind"
        }
        return nil
    }

    /// That the control plane may not change to where the workers shall follow it; nil when nothing blocks it.
    private func blockedAhead(of wanted: Manifest) -> String? {
        guard let version = wanted.machineVersion, isNewVersion(wanted), let key = controlPlane(of: wanted),
            let step = steps[key], step.verdict == .blocked, !step.isWaiting,
            let running = observed.objects[key]?.machineVersion, running < version
        else { return nil }
        return "waits for \(key.kind) \(key.name), which is blocked at \(running.original)"
    }

    /// What the workers wait for before they get their new version.
    private func workerWait(_ wanted: Manifest) -> String? {
        guard let version = wanted.machineVersion, isNewVersion(wanted), let key = controlPlane(of: wanted),
            let live = observed.objects[key]
        else { return nil }
        if observed.objects[wanted.key] == nil, isComingUp(live), let running = live.machineVersion, running >= version
        {
            return nil
        }
        return unsettled(live, at: version).map { "waits for \(key.kind) \(key.name): \($0)" }
    }

    private func isNewVersion(_ wanted: Manifest) -> Bool {
        observed.objects[wanted.key]?.machineVersion.map { $0 != wanted.machineVersion } ?? true
    }

    private func controlPlane(of workers: Manifest) -> ObjectKey? {
        relations.cluster(of: workers.key).flatMap { relations.controlPlane(of: $0) }
    }

    /// Whether the control plane has not run yet, so that no worker can run ahead of it either.
    private func isComingUp(_ controlPlane: Manifest) -> Bool {
        let status = controlPlane.status
        let isInitialized =
            status["initialization"]?["controlPlaneInitialized"]?.bool ?? status["initialized"]?.bool ?? false
        return !isInitialized
    }

    /// Why not all of a control plane is at (or beyond) a version; nil when it is.
    private func unsettled(_ controlPlane: Manifest, at version: SemanticVersion) -> String? {
        guard let wanted = controlPlane.machineVersion, wanted >= version else {
            let current = controlPlane.machineVersion?.original ?? "an unknown version"
            return "it is at \(current) and gets \(version.original) first"
        }
        let status = controlPlane.status
        if let observed = status["observedGeneration"]?.int, let generation = controlPlane.generation,
            observed < generation
        {
            return "its controller has not seen \(wanted.original) yet"
        }
        if let lowest = lowestVersion(of: controlPlane), lowest < version {
            return "machines at \(lowest.original) remain"
        }
        let counts = ReplicaCounts(controlPlane)
        if controlPlane.value["spec"]?["replicas"] != nil {
            if let upToDate = counts.upToDate, upToDate < counts.desired || upToDate < counts.current {
                return "\(upToDate) of \(max(counts.desired, counts.current)) machines run \(wanted.original)"
            }
            if counts.upToDate == nil, controlPlane.groupKind == .kubeadmControlPlane {
                return "its status does not tell yet how many machines run \(wanted.original)"
            }
        }
        return nil
    }
}
