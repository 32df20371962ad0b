import ClusterInspection
import ClusterTopology
import FleetModel
import KubernetesModel
import StructuredValue

/// A Cluster with a topology changes hands: between Cluster API's topology controller, which expands what stands in
/// `spec.topology`, and Martlet, which applies the objects itself. Nothing moves before it is certain that no machine rolls.
///
/// ```
/// to us      pass 1  objects are applied beside Cluster API, the Cluster goes without its topology
///            pass 2  Cluster API's hold on the fields of the objects ends
/// to them    pass 1  fields are handed to Cluster API, the Cluster gets its topology, the inventory forgets the objects
/// ```
extension PlanDraft {
    /// What Cluster API's topology controller applies as.
    static let clusterAPIManager = "capi-topology"
    /// Lets a Cluster that exists get a topology; Cluster API's webhook asks for it.
    private static let unsafeClassName = "unsafe.topology.cluster.x-k8s.io/disable-update-class-name-check"

    /// Keeps the references of Clusters that Cluster API expands: they are ours since we expanded the Cluster, and to leave
    /// them out would remove them.
    mutating func keepReferences() {
        for topology in state.topologies where !topology.isExpandedHere {
            guard let live = liveCluster(topology),
                let position = state.objects.firstIndex(where: { isCluster($0.manifest, of: topology) }),
                let owned = FieldOwnership(live).applied(by: settings.fieldManager)?["f:spec"]
            else { continue }
            for reference in ["infrastructureRef", "controlPlaneRef"] where owned["f:" + reference] != nil {
                guard state.objects[position].manifest.spec[reference] == nil else { continue }
                state.objects[position].manifest.value[path: "spec", reference] = live.spec[reference]
                state.objects[position].contentHash += "-\(reference)"
            }
        }
    }

    mutating func handOverTopologies() {
        guard !settings.isOffline else { return }
        for topology in state.topologies where topologyNotes.halted[topology.source] == nil {
            guard let live = liveCluster(topology) else { continue }
            let isWithClusterAPI = live.spec["topology"]?.object != nil
            if topology.isExpandedHere {
                if isWithClusterAPI { takeOver(topology, live) } else { endForeignOwnership(topology) }
            } else if !isWithClusterAPI, live.annotation(AppliedTopology.topologyAnnotation) != nil {
                giveBack(topology)
            }
        }
    }

    private func liveCluster(_ topology: DesiredTopology) -> Manifest? {
        observed.object(.cluster, topology.cluster.namespace, topology.cluster.name)
    }

    private func isCluster(_ manifest: Manifest, of topology: DesiredTopology) -> Bool {
        manifest.groupKind == .cluster && manifest.name == topology.cluster.name
            && (manifest.namespace.isEmpty ? "default" : manifest.namespace) == topology.cluster.namespace
    }

    private func keys(of topology: DesiredTopology) -> [ObjectKey] {
        desired.filter { $0.source == topology.source }.map(\.key)
    }

    // MARK: To us

    private mutating func takeOver(_ topology: DesiredTopology, _ live: Manifest) {
        let keys = keys(of: topology)
        if let reason = reasonNotToTakeOver(keys, live) {
            for key in keys where steps[key]?.verdict != .blocked { block(key, reason) }
            return
        }
        for key in keys where steps[key]?.action.isWrite == true && steps[key]?.verdict != .create {
            steps[key]?.verdict = .handover
            steps[key]?.reason = "from Cluster API's topology controller to Martlet; no machine rolls"
            steps[key]?.machines = nil
        }
    }

    private func reasonNotToTakeOver(_ keys: [ObjectKey], _ live: Manifest) -> String? {
        let owned = FieldOwnership(live)
        if owned.applied(by: settings.fieldManager)?["f:spec"]?["f:topology"] == nil {
            let owner = owned.otherOwners(of: ["f:spec", "f:topology"], than: settings.fieldManager).first?.manager
            return
                "spec.topology of the Cluster belongs to \(owner ?? "nobody"); remove it there, or let Martlet apply the "
                + "Cluster as it is (`topology: Passthrough`) first"
        }
        // The Cluster's own version line is not what rolls its machines here.
        for key in keys where key.groupKind != .cluster {
            guard let step = steps[key] else { continue }
            if topologyNotes.waits[key] != nil, step.verdict == .blocked {
                return "an upgrade is on its way; the Cluster changes hands when it is done"
            }
            if step.verdict == .rotate || step.verdict == .recreate || (step.machines?.rolled ?? 0) > 0 {
                return "\(key.kind) \(key.name) would change hands with a rollout, so nothing does: \(step.reason)"
            }
        }
        return nil
    }

    /// Ends what Cluster API still holds of objects that are ours; without it, fields we leave out would stay.
    private mutating func endForeignOwnership(_ topology: DesiredTopology) {
        for key in keys(of: topology) {
            guard var step = steps[key], step.verdict != .blocked, let live = observed.objects[key],
                FieldOwnership(live).applied(by: Self.clusterAPIManager) != nil, let wanted = desired(key)?.manifest
            else { continue }
            step.ownership = .takenFrom(Self.clusterAPIManager)
            if !step.action.isWrite {
                step.verdict = .handover
                step.reason = "\(Self.clusterAPIManager) owns none of its fields any more"
                step.action = .apply(keepingOthersFields(of: live, in: wanted), force: true)
            }
            steps[key] = step
        }
    }

    // MARK: To Cluster API

    private mutating func giveBack(_ topology: DesiredTopology) {
        let cluster = ObjectKey(
            groupKind: .cluster,
            namespace: topology.cluster.namespace,
            name: topology.cluster.name
        )
        guard var step = steps[cluster], step.verdict != .blocked, case .apply(var manifest, _) = step.action else {
            return
        }
        let given: [PlanStep]
        do {
            given = try stepsOfGiving(topology)
        } catch {
            topologyNotes.halted[topology.source] = (error.isForNow, error.reason)
            block(cluster, error.reason, isForNow: error.isForNow)
            return
        }
        for part in given { steps[part.key] = part }
        manifest.setAnnotation(Self.unsafeClassName, "")
        step.verdict = .handover
        step.reason = "from Martlet to Cluster API's topology controller; no machine rolls"
        step.machines = nil
        step.action = .apply(manifest, force: true)
        // The annotation goes in the next pass, as a change of ours.
        step.contentHash += "-handover"
        steps[cluster] = step
    }

    private struct Refusal: Error {
        var reason: String
        var isForNow = false
    }

    /// One step for each object that exists. Throws when Cluster API would change machines.
    private func stepsOfGiving(_ topology: DesiredTopology) throws(Refusal) -> [PlanStep] {
        let applied: AppliedTopology
        do {
            applied = try topology.topologyClass.applied(
                topology.cluster,
                rendered: topology.expansion,
                live: LiveClusterObjects(observed.objects)
            )
        } catch {
            throw Refusal(reason: error.findings.map(\.message).joined(separator: "; "))
        }
        var given: [PlanStep] = []
        for part in applied.parts where part.role != .cluster {
            let key = part.manifest.key
            if part.wait != nil {
                throw Refusal(
                    reason: "an upgrade is on its way; the Cluster changes hands when it is done",
                    isForNow: true
                )
            }
            if let predecessor = part.predecessor {
                throw Refusal(
                    reason: "\(predecessor.kind) \(predecessor.name) differs from what the class makes; "
                        + "Cluster API would roll its machines, so nothing changes hands"
                )
            }
            guard let live = observed.objects[key] else { continue }
            let changes = ownedDifference(
                of: part.manifest,
                from: live,
                fieldManager: settings.fieldManager,
                sinceApplied: false
            )
            let paths = changes.map { OwnedChange.text(of: $0.path) }
            if let path = paths.first(where: { RolloutTriggers.rolls($0, of: live, at: now, part.manifest) }) {
                throw Refusal(
                    reason: "\(path) of \(key.kind) \(key.name) differs from what the class makes; Cluster API "
                        + "would roll its machines, so nothing changes hands"
                )
            }
            guard FieldOwnership(live).applied(by: settings.fieldManager) != nil else { continue }
            var manifest = part.manifest
            manifest.setAnnotation(AppliedTopology.specHashAnnotation, nil)
            var step = PlanStep(
                key: key,
                apiVersion: manifest.apiVersion,
                verdict: .handover,
                reason: "from Martlet to Cluster API's topology controller; no machine rolls",
                action: .apply(manifest, force: true),
                origin: topology.cluster.origin,
                source: topology.source,
                cluster: relations.cluster(of: key)
            )
            step.ownership = .givenTo(Self.clusterAPIManager)
            given.append(step)
        }
        return given
    }
}
