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

/// Built-in kinds that live outside of namespaces, by the versions that kustomize knows. Of others nobody knows, so they
/// count as namespaced.
enum ClusterScope {
    private static let kinds: [String: Set<String>] = {
        let stable: [String: Set<String>] = [
            "apiextensions.k8s.io": ["CustomResourceDefinition"], "apiregistration.k8s.io": ["APIService"],
            "certificates.k8s.io": ["CertificateSigningRequest"], "networking.k8s.io": ["IngressClass"],
            "node.k8s.io": ["RuntimeClass"], "rbac.authorization.k8s.io": ["ClusterRole", "ClusterRoleBinding"],
            "scheduling.k8s.io": ["PriorityClass"],
            "storage.k8s.io": ["CSIDriver", "StorageClass", "VolumeAttachment"],
            "admissionregistration.k8s.io": ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"],
        ]
        var kinds: [String: Set<String>] = [
            "v1": ["ComponentStatus", "Namespace", "Node", "PersistentVolume"],
            "flowcontrol.apiserver.k8s.io/v1beta1": ["FlowSchema", "PriorityLevelConfiguration"],
            "policy/v1beta1": ["PodSecurityPolicy"],
        ]
        for (group, names) in stable {
            kinds["\(group)/v1"] = names
            kinds["\(group)/v1beta1"] = names
        }
        kinds["admissionregistration.k8s.io/v1"]?.formUnion([
            "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        ])
        kinds["storage.k8s.io/v1"]?.insert("CSINode")
        return kinds
    }()

    static func contains(_ kind: GroupVersionKind) -> Bool { kinds[kind.apiVersion]?.contains(kind.kind) ?? false }
}
