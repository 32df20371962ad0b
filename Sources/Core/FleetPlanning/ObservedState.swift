package import FleetModel
package import KubernetesModel

/// What was read from one cluster: everything a plan needs to know about the world.
package struct ObservedState: Sendable {
    /// Live objects: those that are desired or in the inventory, and every Cluster API object (Machines, MachineSets and
    /// templates too), which plans look at to decide what may go.
    package var objects: [ObjectKey: Manifest]
    /// Kinds that could not be read, and why. Nothing of them is touched.
    package var unreadableKinds: [GroupKind: String]
    package var scopes: ResourceScopes

    package init(
        objects: [ObjectKey: Manifest] = [:],
        unreadableKinds: [GroupKind: String] = [:],
        scopes: ResourceScopes = ResourceScopes()
    ) {
        self.objects = objects
        self.unreadableKinds = unreadableKinds
        self.scopes = scopes
    }

    package init(_ manifests: [Manifest], scopes: ResourceScopes = ResourceScopes()) {
        self.init(
            objects: Dictionary(manifests.map { ($0.key, $0) }, uniquingKeysWith: { $1 }),
            scopes: scopes
        )
    }

    package func object(_ kind: GroupKind, _ namespace: String, _ name: String) -> Manifest? {
        objects[ObjectKey(groupKind: kind, namespace: namespace, name: name)]
    }
}
