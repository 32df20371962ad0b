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
    let before = base?.objects ?? []
    var live: [ObjectKey: Manifest] = [:]
    var entries: [Inventory.Entry] = []
    for object in before {
        var manifest = pretendedLive(object.manifest, fieldManager: settings.fieldManager)
        if manifest.namespace.isEmpty, ResourceScopes().isNamespaced(manifest.groupKind) == true {
            manifest.namespace = "default"
        }
        live[manifest.key] = manifest
        entries.append(
            Inventory.Entry(
                key: manifest.key,
                apiVersion: manifest.apiVersion,
                uid: manifest.uid,
                contentHash: object.contentHash,
                state: .applied,
                source: object.source.description
            )
        )
    }
    return planApply(
        desired,
        ObservedState(objects: live),
        inventory: Inventory(entries, revision: base?.revision ?? ""),
        settings: settings,
        now: now
    )
}

/// A manifest as a server would hold it after we applied it and nobody else touched it.
private func pretendedLive(_ manifest: Manifest, fieldManager: String) -> Manifest {
    var live = SecretRedaction.foldingStringData(manifest)
    var fields = Object()
    for pair in live.value.object ?? Object() where pair.key != "apiVersion" && pair.key != "kind" {
        fields["f:" + pair.key] = ownedFields(of: pair.value)
    }
    live.value[path: "metadata", "uid"] = .string("offline \(manifest.key)")
    live.value[path: "metadata", "managedFields"] = [
        ["manager": .string(fieldManager), "operation": "Apply", "fieldsV1": .object(fields)]
    ]
    return live
}

private func ownedFields(of value: Value) -> Value {
    guard case .object(let object) = value, !object.isEmpty else { return .object(Object()) }
    return .object(Object(object.pairs.map { Object.Pair(key: "f:" + $0.key, value: ownedFields(of: $0.value)) }))
}
