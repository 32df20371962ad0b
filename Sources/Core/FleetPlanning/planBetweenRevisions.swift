import ClusterTopology
package import FleetModel
package import KubernetesModel
import StructuredValue

/// The plan from one revision to another without asking any cluster: the base's desired state stands in for what runs.
///
/// `base` is nil for a management cluster that the base does not know.
package func planBetweenRevisions(
    from base: DesiredState?,
    to desired: DesiredState,
    settings: PlanSettings = PlanSettings(),
    now: Timestamp
) -> ApplyPlan {
    var settings = settings
    settings.isOffline = true
    settings.maxDeletionsPerPass = .max
    let world = PretendedWorld(base, fieldManager: settings.fieldManager)
    return planApply(desired, world.observed, inventory: world.inventory, settings: settings, now: now)
}

/// A cluster as it would be after a desired state was applied and nobody else touched anything.
package struct PretendedWorld: Sendable {
    package var observed = ObservedState()
    package var inventory = Inventory()

    package init(_ state: DesiredState?, fieldManager: String) {
        guard let state else { return }
        var entries: [Inventory.Entry] = []
        for object in state.objects {
            let live = Self.live(object.manifest, fieldManager)
            observed.objects[live.key] = live
            entries.append(
                Inventory.Entry(
                    key: live.key,
                    apiVersion: live.apiVersion,
                    uid: live.uid,
                    contentHash: object.contentHash,
                    state: .applied,
                    source: object.source.description
                )
            )
        }
        inventory = Inventory(entries, revision: state.revision)
        for topology in state.topologies where !topology.isExpandedHere { addExpansion(of: topology) }
    }

    /// What Cluster API will have made of a Cluster.
    private mutating func addExpansion(of topology: DesiredTopology) {
        for part in topology.expansion.applied().parts {
            let live = Self.live(part.manifest, PlanDraft.clusterAPIManager)
            guard part.role == .cluster else {
                observed.objects[live.key] = live
                continue
            }
            for reference in ["infrastructureRef", "controlPlaneRef"] {
                observed.objects[live.key]?.value[path: "spec", reference] = live.spec[reference]
            }
        }
    }

    /// A manifest as a server would hold it.
    private static func live(_ manifest: Manifest, _ fieldManager: String) -> Manifest {
        var live = SecretRedaction.foldingStringData(manifest)
        live.origin = nil
        if live.namespace.isEmpty, ResourceScopes().isNamespaced(live.groupKind) == true { live.namespace = "default" }
        var fields = Object()
        for pair in live.value.object ?? Object() where pair.key != "apiVersion" && pair.key != "kind" {
            fields["f:" + pair.key] = ownedFields(of: pair.value)
        }
        live.value[path: "metadata", "uid"] = .string("offline \(live.key)")
        live.value[path: "metadata", "managedFields"] = [
            ["manager": .string(fieldManager), "operation": "Apply", "fieldsV1": .object(fields)]
        ]
        return live
    }

    private static func ownedFields(of value: Value) -> Value {
        guard case .object(let object) = value, !object.isEmpty else { return .object(Object()) }
        return .object(Object(object.pairs.map { Object.Pair(key: "f:" + $0.key, value: ownedFields(of: $0.value)) }))
    }
}
