import KubernetesModel

/// What identifies a resource among those of an overlay, now or at an earlier stage of the build.
struct ResourceIdentity: Hashable {
    var kind: GroupVersionKind
    var name: String
    var namespace: String

    /// The namespace, `default` where none is set.
    var effectiveNamespace: String { namespace.isEmpty ? "default" : namespace }
    var isClusterScoped: Bool { ClusterScope.contains(kind) }

    /// Kind and name agree.
    func hasSameKindAndName(as other: ResourceIdentity) -> Bool { kind == other.kind && name == other.name }

    func isInNamespace(of other: ResourceIdentity) -> Bool {
        effectiveNamespace == other.effectiveNamespace
    }

    /// Kind, name and namespace agree.
    func matches(_ other: ResourceIdentity) -> Bool { hasSameKindAndName(as: other) && isInNamespace(of: other) }

    var text: String {
        "\(kind.kind).\(kind.version).\(kind.group.isEmpty ? "[noGrp]" : kind.group)/\(name)."
            + (namespace.isEmpty ? "[noNs]" : namespace)
    }
}

/// Group, version and kind of which each may be left open.
struct KindPattern: Hashable {
    var group = ""
    var version = ""
    var kind = ""

    func selects(_ other: GroupVersionKind) -> Bool {
        (group.isEmpty || group == other.group) && (version.isEmpty || version == other.version)
            && (kind.isEmpty || kind == other.kind)
    }
}

/// Built-in kinds that live outside of namespaces. Of other kinds nobody knows, so they count as namespaced.
enum ClusterScope {
    private static let kinds: [String: Set<String>] = [
        "": ["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
        "admissionregistration.k8s.io": [
            "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
        ],
        "apiextensions.k8s.io": ["CustomResourceDefinition"],
        "apiregistration.k8s.io": ["APIService"],
        "certificates.k8s.io": ["CertificateSigningRequest"],
        "flowcontrol.apiserver.k8s.io": ["FlowSchema", "PriorityLevelConfiguration"],
        "networking.k8s.io": ["IngressClass"],
        "node.k8s.io": ["RuntimeClass"],
        "policy": ["PodSecurityPolicy"],
        "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
        "scheduling.k8s.io": ["PriorityClass"],
        "storage.k8s.io": ["CSIDriver", "CSINode", "StorageClass", "VolumeAttachment"],
    ]

    static func contains(_ kind: GroupVersionKind) -> Bool { kinds[kind.group]?.contains(kind.kind) ?? false }
}
