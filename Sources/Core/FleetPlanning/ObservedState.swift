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

/// Which kinds live in namespaces: from discovery where a server was asked, from a table of built-in kinds elsewhere.
package struct ResourceScopes: Sendable, Hashable {
    /// The kinds a server serves, and whether they live in namespaces. Empty when no server was asked.
    package var isNamespaced: [GroupKind: Bool]

    package init(_ isNamespaced: [GroupKind: Bool] = [:]) { self.isNamespaced = isNamespaced }

    /// Nil when nothing is known about the kind.
    package func isNamespaced(_ kind: GroupKind) -> Bool? {
        if let known = isNamespaced[kind] { return known }
        if Self.clusterScoped.contains(kind) { return false }
        return Self.hasBuiltInGroup(kind) ? true : nil
    }

    private static func hasBuiltInGroup(_ kind: GroupKind) -> Bool {
        kind.group.isEmpty || !kind.group.contains(".") || kind.group.hasSuffix(".cluster.x-k8s.io")
            || kind.group == "cluster.x-k8s.io"
    }

    private static let clusterScoped: Set<GroupKind> = {
        let kinds: [(String, [String])] = [
            ("", ["Namespace", "Node", "PersistentVolume"]),
            (
                "admissionregistration.k8s.io",
                [
                    "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy",
                    "ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding",
                ]
            ),
            ("apiextensions.k8s.io", ["CustomResourceDefinition"]),
            ("apiregistration.k8s.io", ["APIService"]),
            ("certificates.k8s.io", ["CertificateSigningRequest"]),
            ("flowcontrol.apiserver.k8s.io", ["FlowSchema", "PriorityLevelConfiguration"]),
            ("networking.k8s.io", ["IngressClass"]),
            ("node.k8s.io", ["RuntimeClass"]),
            ("policy", ["PodSecurityPolicy"]),
            ("rbac.authorization.k8s.io", ["ClusterRole", "ClusterRoleBinding"]),
            ("scheduling.k8s.io", ["PriorityClass"]),
            ("storage.k8s.io", ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"]),
            ("runtime.cluster.x-k8s.io", ["ExtensionConfig"]),
            ("release.giantswarm.io", ["Release"]),
            ("security.giantswarm.io", ["Organization"]),
            ("cert-manager.io", ["ClusterIssuer"]),
            ("kyverno.io", ["ClusterPolicy"]),
        ]
        return Set(kinds.flatMap { group, names in names.map { GroupKind(group: group, kind: $0) } })
    }()
}
