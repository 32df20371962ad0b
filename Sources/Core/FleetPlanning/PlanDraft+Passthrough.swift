import ClusterInspection
import ClusterTopology
import FleetModel
import KubernetesModel
import StructuredValue

/// Clusters that Cluster API expands: what a change of the Cluster or of its class will do to machines. Nothing of it is
/// carried out here; the step of the Cluster tells it.
extension PlanDraft {
    mutating func forecastTopologies() {
        let changed = state.topologies.filter { !$0.isExpandedHere && isTouched($0) }
        guard !changed.isEmpty else { return }
        let live = LiveClusterObjects(observed.objects)
        for topology in changed { forecast(topology, live) }
    }

    /// Whether this plan writes the Cluster, its class or a template. What else differs from the class is Cluster API's.
    private func isTouched(_ topology: DesiredTopology) -> Bool {
        let cluster = topology.clusterKey
        guard let step = steps[cluster], observed.objects[cluster]?.spec["topology"]?.object != nil else {
            return false
        }
        switch step.verdict {
        case .none, .metadata, .inPlace, .roll: break
        case .create, .rotate, .recreate, .delete, .blocked, .handover: return false
        }
        if step.action.isWrite { return true }
        let namespace = topology.topologyClass.namespace
        return steps.values.contains { step in
            step.action.isWrite && step.key.namespace == namespace
                && (step.key.groupKind == .clusterClass || step.key.groupKind.isImmutableTemplate)
        }
    }

    /// What machines of one object do, and why.
    private struct Effect {
        var rolled: Int
        var field: String
        var cause: String
    }

    private mutating func forecast(_ topology: DesiredTopology, _ live: LiveClusterObjects) {
        let applied: AppliedTopology
        do {
            applied = try topology.topologyClass.applied(
                topology.cluster,
                rendered: topology.expansion,
                live: live,
                isOffline: settings.isOffline,
                cache: expansions
            )
        } catch {
            return  // Cluster API refuses it as well, and says so on the Cluster.
        }
        topologyNotes.chained.insert(topology.clusterKey)
        for part in applied.parts { noteOrigins(of: part, topology) }
        var effects: [Effect] = []
        var created = 0
        for part in applied.parts where part.role != .cluster && part.wait?.isDeferred != true {
            let kind = part.manifest.groupKind
            guard let current = observed.objects[part.manifest.key] else {
                if kind.ownsWorkers { created += part.manifest.wantedReplicas }
                continue
            }
            guard kind.ownsMachines || kind.isInfrastructurePool else { continue }
            let changes = difference(of: part.manifest, from: current)
            let paths = changes.map { OwnedChange.text(of: $0.path) }
            guard
                let trigger = paths.first(where: { RolloutTriggers.rolls($0, of: current, at: now, part.manifest) })
            else { continue }
            let machines = machinesRolled(by: trigger, part.manifest, current)
            if machines == 0 { continue }
            effects.append(
                Effect(
                    rolled: machines * Self.stops(of: part, applied.upgrade),
                    field: field(behind: trigger, part.manifest),
                    cause: cause(of: trigger, part.manifest)
                )
            )
        }
        tell(effects, created: created, of: topology)
    }

    /// Puts the sum on the Cluster's step.
    private mutating func tell(_ effects: [Effect], created: Int, of topology: DesiredTopology) {
        let key = topology.clusterKey
        guard !effects.isEmpty || created > 0, var step = steps[key] else { return }
        let rolled = effects.reduce(0) { $0 + $1.rolled }
        let first = effects.max { $0.rolled < $1.rolled }
        step.machines = MachineForecast(rolled: rolled, created: created, because: first?.field ?? "")
        // A new version is told by the Cluster's own field.
        if step.verdict != .roll {
            var causes: [String] = []
            for effect in effects where !causes.contains(effect.cause) { causes.append(effect.cause) }
            var words: [String] = []
            if rolled > 0 {
                let verb = rolled == 1 ? "rolls" : "roll"
                words.append(
                    "\(count(rolled, "machine")) \(verb) because \(causes.joined(separator: " and ")) "
                        + "\(causes.count == 1 ? "changes" : "change")"
                )
            }
            if created > 0 { words.append("\(count(created, "machine")) more") }
            let summary = "\(words.joined(separator: ", ")) (by Cluster API, from class \(topology.topologyClass.name))"
            step.reason = step.reason.isEmpty ? summary : "\(step.reason); \(summary)"
            if rolled > 0 { step.verdict = .roll } else if step.verdict == .none { step.verdict = .inPlace }
        }
        steps[key] = step
    }

    /// Lets a cause name the field of a template that gets a successor, and the patch behind it.
    private mutating func noteOrigins(of part: AppliedTopology.Part, _ topology: DesiredTopology) {
        let key = part.manifest.key
        if !part.touches.isEmpty { topologyNotes.touches[key] = part.touches.map { ($0, topology.places[$0.place]) } }
        guard let predecessor = part.predecessor, let old = observed.objects[predecessor] else { return }
        var same = part.manifest
        same.name = old.name
        let changes = difference(of: same, from: old).filter { $0.path.first == "f:spec" }
        rotations[key] = Rotation(original: predecessor, changes: changes)
    }

    private func difference(of wanted: Manifest, from live: Manifest) -> [OwnedChange] {
        ownedDifference(of: wanted, from: live, fieldManager: Self.clusterAPIManager, sinceApplied: false)
    }
}

extension DesiredTopology {
    fileprivate var clusterKey: ObjectKey {
        ObjectKey(groupKind: .cluster, namespace: cluster.namespace, name: cluster.name)
    }
}
