package import KubernetesModel
package import StructuredValue

/// What strategy `Reconcile` sends for an object that is there already.
package enum ClusterResourceSetPatch {
    private static let serverFields: Set<String> = [
        "uid", "creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "deletionTimestamp",
        "deletionGracePeriodSeconds",
    ]

    /// The JSON merge patch from the live object to the manifest: what only the live object has is removed. Nil when
    /// nothing differs. Fields that belong to the server are left alone.
    package static func patch(from live: Manifest, to manifest: Manifest) -> Value? {
        var from = live.value.object ?? Object()
        var to = manifest.value.object ?? Object()
        from.removeValue(forKey: "status")
        to.removeValue(forKey: "status")
        if manifest.kind == "Namespace", to["spec"] == nil { from.removeValue(forKey: "spec") }
        var metadata = from["metadata"]?.object ?? Object()
        metadata.removeAll { serverFields.contains($0.key) }
        from["metadata"] = .object(metadata)
        var wanted = to["metadata"]?.object ?? Object()
        wanted.removeAll { serverFields.contains($0.key) }
        to["metadata"] = .object(wanted)
        var patch = mergeDifference(from, to)
        if patch.isEmpty { return nil }
        if let version = live.resourceVersion {
            var changes = patch["metadata"]?.object ?? Object()
            changes["resourceVersion"] = .string(version)
            patch["metadata"] = .object(changes)
        }
        return .object(patch)
    }
}
