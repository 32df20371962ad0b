import KubernetesModel

/// The fields that transformers change when a kustomization does not say otherwise.
enum DefaultFieldSpecs {
    private static let podOwners = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job"]

    /// Where the pod specification of each kind is.
    private static let podSpecs: [(kind: String, path: String)] =
        [("Pod", "spec"), ("PodTemplate", "template/spec")] + podOwners.map { ($0, "spec/template/spec") }
        + [("CronJob", "spec/jobTemplate/spec/template/spec")]

    private static func spec(_ path: String, _ kind: String, group: String = "", version: String = "") -> FieldSpec {
        FieldSpec(path, kind: KindPattern(group: group, version: version, kind: kind))
    }

    static let names = [FieldSpec("metadata/name")]

    static let metadataLabels: [FieldSpec] = created([
        FieldSpec("metadata/labels"),
        spec("spec/template/metadata/labels", "ReplicationController", version: "v1"),
        spec("spec/template/metadata/labels", "Deployment"),
        spec("spec/template/metadata/labels", "ReplicaSet"),
        spec("spec/template/metadata/labels", "DaemonSet"),
        spec("spec/template/metadata/labels", "StatefulSet", group: "apps"),
        spec("spec/template/metadata/labels", "Job", group: "batch"),
        spec("spec/jobTemplate/metadata/labels", "CronJob", group: "batch"),
        spec("spec/jobTemplate/spec/template/metadata/labels", "CronJob", group: "batch"),
    ])

    static let volumeClaimLabels: [FieldSpec] = created([
        spec("spec/volumeClaimTemplates[]/metadata/labels", "StatefulSet", group: "apps")
    ])

    static let commonLabels: [FieldSpec] = {
        var specs = created([
            spec("spec/selector", "Service", version: "v1"),
            spec("spec/selector", "ReplicationController", version: "v1"),
            spec("spec/selector/matchLabels", "Deployment"),
            spec("spec/selector/matchLabels", "ReplicaSet"),
            spec("spec/selector/matchLabels", "DaemonSet"),
            spec("spec/selector/matchLabels", "StatefulSet", group: "apps"),
        ])
        for kind in ["Deployment", "StatefulSet"] {
            let affinity = "spec/template/spec/affinity"
            for side in ["podAffinity", "podAntiAffinity"] {
                specs += [
                    spec(
                        "\(affinity)/\(side)/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/"
                            + "labelSelector/matchLabels",
                        kind,
                        group: "apps"
                    ),
                    spec(
                        "\(affinity)/\(side)/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
                        kind,
                        group: "apps"
                    ),
                ]
            }
            specs.append(
                spec("spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels", kind, group: "apps")
            )
        }
        specs += [
            spec("spec/selector/matchLabels", "Job", group: "batch"),
            spec("spec/jobTemplate/spec/selector/matchLabels", "CronJob", group: "batch"),
            spec("spec/selector/matchLabels", "PodDisruptionBudget", group: "policy"),
            spec("spec/podSelector/matchLabels", "NetworkPolicy", group: "networking.k8s.io"),
            spec("spec/ingress/from/podSelector/matchLabels", "NetworkPolicy", group: "networking.k8s.io"),
            spec("spec/egress/to/podSelector/matchLabels", "NetworkPolicy", group: "networking.k8s.io"),
        ]
        return specs + metadataLabels + volumeClaimLabels
    }()

    static let commonAnnotations: [FieldSpec] = created([
        FieldSpec("metadata/annotations"),
        spec("spec/template/metadata/annotations", "ReplicationController", version: "v1"),
        spec("spec/template/metadata/annotations", "Deployment"),
        spec("spec/template/metadata/annotations", "ReplicaSet"),
        spec("spec/template/metadata/annotations", "DaemonSet"),
        spec("spec/template/metadata/annotations", "StatefulSet"),
        spec("spec/template/metadata/annotations", "Job", group: "batch"),
        spec("spec/jobTemplate/metadata/annotations", "CronJob", group: "batch"),
        spec("spec/jobTemplate/spec/template/metadata/annotations", "CronJob", group: "batch"),
    ])

    static let images: [FieldSpec] = created(
        ["spec", "spec/template/spec"].flatMap { root in
            ["containers[]/image", "initContainers[]/image"].map {
                FieldSpec("\(root)/\($0)")
            }
        }
    )

    static let replicas: [FieldSpec] = created(
        ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map { spec("spec/replicas", $0) }
    )

    static let namespaces: [FieldSpec] =
        created([
            spec("metadata/name", "Namespace"),
            spec("spec/service/namespace", "APIService", group: "apiregistration.k8s.io"),
        ])
        + [
            spec(
                "spec/conversion/webhook/clientConfig/service/namespace",
                "CustomResourceDefinition",
                group: "apiextensions.k8s.io"
            )
        ]

    static let variables: [FieldSpec] = {
        var specs: [FieldSpec] = []
        for (kind, path) in podSpecs where kind != "PodTemplate" {
            for list in ["containers", "initContainers"] {
                specs += ["args", "command", "env/value", "volumeMounts/mountPath"].map {
                    spec("\(path)/\(list)/\($0)", kind)
                }
            }
            specs.append(spec("\(path)/volumes/nfs/server", kind))
        }
        return specs + [
            spec("spec/template/metadata/annotations", "Deployment"), spec("spec/rules/host", "Ingress"),
            spec("spec/tls/hosts", "Ingress"), spec("spec/tls/secretName", "Ingress"),
            spec("spec/ports/port", "Service"), spec("spec/ports/targetPort", "Service"),
            spec("spec/volumeClaimTemplates/spec/nfs/server", "StatefulSet"),
            spec("spec/nfs/server", "PersistentVolume"), FieldSpec("metadata/labels"),
            FieldSpec("metadata/annotations"),
        ]
    }()

    private static func created(_ specs: [FieldSpec]) -> [FieldSpec] {
        specs.map { spec in
            var spec = spec
            spec.creates = true
            return spec
        }
    }

    // MARK: Names that refer to other resources

    static let nameReferences: [NameReference] = {
        let rbac = "rbac.authorization.k8s.io"
        func pods(_ paths: [String], _ kinds: [String]? = nil) -> [FieldSpec] {
            podSpecs.filter { kinds?.contains($0.kind) ?? true }.flatMap { kind, path in
                paths.map { spec("\(path)/\($0)", kind, version: kind == "Pod" ? "v1" : "") }
            }
        }
        let accountOwners = ["Pod", "StatefulSet", "Deployment", "CronJob", "Job", "DaemonSet"]
        func owned(_ path: String) -> [FieldSpec] {
            pods([path], accountOwners) + [spec("spec/template/spec/\(path)", "ReplicationController")]
        }
        let scaled = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"].map {
            NameReference(KindPattern(kind: $0), [spec("spec/scaleTargetRef/name", "HorizontalPodAutoscaler")])
        }
        let sources = ["containers", "initContainers"]
        let configMap =
            pods(
                ["volumes/configMap/name"] + sources.map { "\($0)/env/valueFrom/configMapKeyRef/name" }
                    + sources.map { "\($0)/envFrom/configMapRef/name" } + ["volumes/projected/sources/configMap/name"]
            ) + [
                spec("spec/configSource/configMap", "Node"), spec("rules/resourceNames", "Role"),
                spec("rules/resourceNames", "ClusterRole"),
                spec("metadata/annotations/nginx.ingress.kubernetes.io\\/fastcgi-params-configmap", "Ingress"),
            ]
        let annotation = "metadata/annotations/"
        let secret =
            pods(
                ["volumes/secret/secretName"] + sources.map { "\($0)/env/valueFrom/secretKeyRef/name" }
                    + sources.map { "\($0)/envFrom/secretRef/name" }
                    + ["imagePullSecrets/name", "volumes/projected/sources/secret/name"]
            ) + [
                spec("spec/tls/secretName", "Ingress"),
                spec("\(annotation)ingress.kubernetes.io\\/auth-secret", "Ingress"),
                spec("\(annotation)nginx.ingress.kubernetes.io\\/auth-secret", "Ingress"),
                spec("\(annotation)nginx.ingress.kubernetes.io\\/auth-tls-secret", "Ingress"),
                spec("imagePullSecrets/name", "ServiceAccount"), spec("parameters/secretName", "StorageClass"),
                spec("parameters/adminSecretName", "StorageClass"), spec("parameters/userSecretName", "StorageClass"),
                spec("parameters/secretRef", "StorageClass"), spec("rules/resourceNames", "Role"),
                spec("rules/resourceNames", "ClusterRole"),
                spec(
                    "spec/template/spec/containers/env/valueFrom/secretKeyRef/name",
                    "Service",
                    group: "serving.knative.dev",
                    version: "v1"
                ), spec("spec/azureFile/secretName", "PersistentVolume"),
            ]
        let admission = "admissionregistration.k8s.io"
        let service = [
            spec("spec/serviceName", "StatefulSet", group: "apps"),
            spec("spec/rules/http/paths/backend/serviceName", "Ingress"), spec("spec/backend/serviceName", "Ingress"),
            spec("spec/rules/http/paths/backend/service/name", "Ingress"),
            spec("spec/defaultBackend/service/name", "Ingress"),
            spec("spec/service/name", "APIService", group: "apiregistration.k8s.io"),
            spec("webhooks/clientConfig/service", "ValidatingWebhookConfiguration", group: admission),
            spec("webhooks/clientConfig/service", "MutatingWebhookConfiguration", group: admission),
        ]
        let bindings = [
            spec("subjects", "RoleBinding", group: rbac), spec("subjects", "ClusterRoleBinding", group: rbac),
        ]
        let storage = [
            spec("spec/storageClassName", "PersistentVolume"), spec("spec/storageClassName", "PersistentVolumeClaim"),
            spec("spec/volumeClaimTemplates/spec/storageClassName", "StatefulSet"),
        ]
        return scaled + [
            NameReference(KindPattern(version: "v1", kind: "ConfigMap"), configMap),
            NameReference(KindPattern(version: "v1", kind: "Secret"), secret),
            NameReference(KindPattern(version: "v1", kind: "Service"), service),
            NameReference(KindPattern(group: rbac, kind: "Role"), [spec("roleRef/name", "RoleBinding", group: rbac)]),
            NameReference(
                KindPattern(group: rbac, kind: "ClusterRole"),
                ["RoleBinding", "ClusterRoleBinding"].map { spec("roleRef/name", $0, group: rbac) }
            ),
            NameReference(KindPattern(version: "v1", kind: "ServiceAccount"), bindings + owned("serviceAccountName")),
            NameReference(
                KindPattern(version: "v1", kind: "PersistentVolumeClaim"),
                owned("volumes/persistentVolumeClaim/claimName")
            ),
            NameReference(
                KindPattern(version: "v1", kind: "PersistentVolume"),
                [spec("spec/volumeName", "PersistentVolumeClaim"), spec("rules/resourceNames", "ClusterRole")]
            ),
            NameReference(KindPattern(group: "storage.k8s.io", version: "v1", kind: "StorageClass"), storage),
            NameReference(
                KindPattern(group: "scheduling.k8s.io", version: "v1", kind: "PriorityClass"),
                owned("priorityClassName")
            ),
            NameReference(
                KindPattern(group: admission, kind: "ValidatingAdmissionPolicy"),
                [spec("spec/policyName", "ValidatingAdmissionPolicyBinding", group: admission)]
            ),
        ]
    }()
}

/// Fields that hold the name of a resource of some kind.
struct NameReference {
    var target: KindPattern
    var fields: [FieldSpec]

    init(_ target: KindPattern, _ fields: [FieldSpec]) {
        self.target = target
        self.fields = fields
    }
}
