import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

extension RenderDraft {
    /// Replaces each Cluster that has a topology by what its class makes of it, when the fleet wants that.
    mutating func expandTopologies() {
        guard fleet.topology == .expand else { return }
        for object in objects {
            let manifest = object.manifest
            guard manifest.groupKind == GroupKind(group: "cluster.x-k8s.io", kind: "Cluster"),
                manifest.spec["topology"] != nil
            else { continue }
            report(
                Diagnostic(
                    .error,
                    "topology-unsupported",
                    "Cluster “\(manifest.name)” has a topology, and topologies are not expanded yet",
                    at: manifest.origin?.position,
                    hint: "set `topology: Passthrough` on the fleet to leave it to Cluster API"
                )
            )
        }
    }
}
