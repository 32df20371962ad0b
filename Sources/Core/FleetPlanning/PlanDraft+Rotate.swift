import ClusterInspection
import FleetModel
import KubernetesModel
import StructuredValue

/// Templates are immutable in Cluster API, and what is made from one is compared by the template's name alone. So a
/// changed spec needs a new object under a new name, and everything that refers to the template has to follow.
///
/// ```
/// desired T, spec B        live T, spec B          → T stays as it is
///                          live T-hash(B), spec B  → T-hash(B), made by an earlier pass, stays in use
///                          live T, spec A          → T-hash(B) is made; T goes when nothing live refers to it
///                          neither                 → T is created under its own name
/// ```
extension PlanDraft {
    mutating func rotateTemplates() {
        var successors: [ObjectKey: String] = [:]
        for position in desired.indices where desired[position].manifest.groupKind.isImmutableTemplate {
            guard let (name, changes) = successor(of: desired[position]) else { continue }
            let original = desired[position].key
            successors[original] = name
            desired[position].manifest.name = name
            desired[position].manifest.setAnnotation("martlet.dev/template", original.name)
            index[original] = nil
            index[desired[position].key] = position
            rotations[desired[position].key] = Rotation(original: original, changes: changes)
        }
        guard !successors.isEmpty else { return }
        for position in desired.indices {
            let used = ObjectReferences.rewrite(&desired[position].manifest, successors)
            if !used.isEmpty { desired[position].contentHash += "-" + digest(used.joined(separator: " ")) }
        }
        relations = ClusterRelations(desired: desired.map(\.manifest), live: observed.objects, inventory: inventory)
    }

    /// The name under which a template's spec must live when its own name is taken by another spec.
    private func successor(of object: DesiredObject) -> (name: String, changes: [OwnedChange])? {
        let key = object.key
        guard let live = observed.objects[key], !live.isBeingDeleted else {
            let name = successorName(of: object)
            return observed.object(key.groupKind, key.namespace, name) == nil ? nil : (name, [])
        }
        let changes = specChanges(of: object, from: live)
        return changes.isEmpty ? nil : (successorName(of: object), changes)
    }

    private func successorName(of object: DesiredObject) -> String {
        "\(object.manifest.name)-\(digest(JSON.text(object.manifest.spec, .canonical)).prefix(8))"
    }

    func specChanges(of object: DesiredObject, from live: Manifest) -> [OwnedChange] {
        let entry = inventory[object.key]
        return ownedDifference(
            of: object.manifest,
            from: live,
            fieldManager: settings.fieldManager,
            sinceApplied: isOurs(live) && entry?.contentHash == object.contentHash
        ).filter { $0.path.first == "f:spec" }
    }
}
