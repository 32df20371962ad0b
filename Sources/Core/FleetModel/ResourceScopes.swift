package import KubernetesModel

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
