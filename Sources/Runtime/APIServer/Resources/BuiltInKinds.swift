import KubernetesModel

/// The kinds that every server has. They are the same for all servers of a process.
enum BuiltInKinds {
    static let all: [ServedResource] = core + apps + others + reviews

    /// A catalog of nothing else; servers without definitions share it.
    static let catalog = ResourceCatalog(builtIn: all)

    static let standardVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]

    private static func make(
        _ apiVersion: String,
        _ kind: String,
        _ plural: String,
        type: String? = nil,
        short: [String] = [],
        categories: [String] = [],
        isNamespaced: Bool = true,
        verbs: [String] = standardVerbs,
        status: Bool = false,
        finalize: Bool = false,
        scale: Bool = false,
        columns: TableColumns.BuiltIn = .nameAndAge,
        traits: ServedResource.Traits = ServedResource.Traits(),
        storeResource: String? = nil
    ) -> ServedResource {
        let typeName = type ?? kind
        let shape = BuiltInTypes.type(typeName)
        return ServedResource(
            gvk: GroupVersionKind(apiVersion: apiVersion, kind: kind),
            listKind: kind + "List",
            plural: plural,
            singular: kind.lowercased(),
            shortNames: short,
            categories: categories,
            isNamespaced: isNamespaced,
            verbs: verbs,
            hasStatus: status,
            hasFinalize: finalize,
            scale: scale
                ? ServedResource.ScalePaths(
                    specReplicas: ["spec", "replicas"],
                    statusReplicas: ["status", "replicas"],
                    selector: nil
                ) : nil,
            columns: .builtIn(columns),
            origin: .builtIn(shape),
            traits: traits,
            typeSchema: shape.typeSchema(),
            storeResource: storeResource
        )
    }

    private static let withGeneration = ServedResource.Traits(hasGeneration: true)
    private static let strict = ServedResource.Traits(allowsUnconditionalUpdate: false)

    private static let core: [ServedResource] = [
        make("v1", "ConfigMap", "configmaps", short: ["cm"], columns: .configMap),
        make("v1", "Endpoints", "endpoints", short: ["ep"], traits: .init(createsOnUpdate: true)),
        make(
            "v1",
            "Event",
            "events",
            short: ["ev"],
            columns: .event,
            traits: .init(
                createsOnUpdate: true,
                selectableFields: [
                    "involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
                    "involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath", "reason",
                    "reportingComponent", "source", "type",
                ]
            ),
            storeResource: "events"
        ),
        make(
            "v1",
            "Namespace",
            "namespaces",
            short: ["ns"],
            isNamespaced: false,
            verbs: standardVerbs.filter { $0 != "deletecollection" },
            status: true,
            finalize: true,
            columns: .namespace,
            traits: .init(selectableFields: ["status.phase"])
        ),
        make(
            "v1",
            "Node",
            "nodes",
            short: ["no"],
            isNamespaced: false,
            status: true,
            columns: .node,
            traits: .init(keepsStatusOnCreate: true, selectableFields: ["spec.unschedulable"])
        ),
        make(
            "v1",
            "PersistentVolumeClaim",
            "persistentvolumeclaims",
            short: ["pvc"],
            status: true,
            traits: .init(showsDeleted: true)
        ),
        make(
            "v1",
            "PersistentVolume",
            "persistentvolumes",
            type: "Plain",
            short: ["pv"],
            isNamespaced: false,
            status: true,
            traits: .init(showsDeleted: true)
        ),
        make(
            "v1",
            "Pod",
            "pods",
            short: ["po"],
            categories: ["all"],
            status: true,
            columns: .pod,
            traits: .init(
                hasGeneration: true,
                showsDeleted: true,
                selectableFields: [
                    "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
                    "status.phase",
                    "status.podIP", "status.nominatedNodeName", "spec.hostNetwork",
                ]
            )
        ),
        make(
            "v1",
            "PodTemplate",
            "podtemplates",
            columns: .podTemplate,
            traits: .init(hasGeneration: true, showsDeleted: true)
        ),
        make("v1", "LimitRange", "limitranges", type: "Plain", short: ["limits"]),
        make(
            "v1",
            "ResourceQuota",
            "resourcequotas",
            type: "Plain",
            short: ["quota"],
            status: true,
            traits: .init(showsDeleted: true)
        ),
        make("v1", "Secret", "secrets", columns: .secret, traits: .init(selectableFields: ["type"])),
        make("v1", "ServiceAccount", "serviceaccounts", short: ["sa"], traits: .init(showsDeleted: true)),
        make(
            "v1",
            "Service",
            "services",
            short: ["svc"],
            categories: ["all"],
            status: true,
            columns: .service,
            traits: .init(showsDeleted: true, selectableFields: ["spec.clusterIP", "spec.type"])
        ),
    ]

    private static let apps: [ServedResource] = [
        make(
            "apps/v1",
            "DaemonSet",
            "daemonsets",
            short: ["ds"],
            categories: ["all"],
            status: true,
            columns: .daemonSet,
            traits: withGeneration
        ),
        make(
            "apps/v1",
            "Deployment",
            "deployments",
            short: ["deploy"],
            categories: ["all"],
            status: true,
            scale: true,
            columns: .deployment,
            traits: withGeneration
        ),
        make(
            "apps/v1",
            "ReplicaSet",
            "replicasets",
            short: ["rs"],
            categories: ["all"],
            status: true,
            scale: true,
            columns: .replicaSet,
            traits: withGeneration
        ),
        make(
            "apps/v1",
            "StatefulSet",
            "statefulsets",
            short: ["sts"],
            categories: ["all"],
            status: true,
            scale: true,
            columns: .statefulSet,
            traits: withGeneration
        ),
    ]

    private static let others: [ServedResource] = [
        make(
            "events.k8s.io/v1",
            "Event",
            "events",
            type: "EventsEvent",
            short: ["ev"],
            columns: .event,
            traits: .init(
                createsOnUpdate: true,
                selectableFields: [
                    "reason", "regarding.kind", "regarding.namespace", "regarding.name", "regarding.uid",
                    "regarding.apiVersion", "regarding.resourceVersion", "regarding.fieldPath", "reportingController",
                    "type",
                ]
            ),
            storeResource: "events"
        ),
        make(
            "batch/v1",
            "CronJob",
            "cronjobs",
            type: "Plain",
            short: ["cj"],
            categories: ["all"],
            status: true,
            traits: withGeneration
        ),
        make("batch/v1", "Job", "jobs", type: "Plain", categories: ["all"], status: true, traits: withGeneration),
        make(
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "horizontalpodautoscalers",
            type: "Plain",
            short: ["hpa"],
            categories: ["all"],
            status: true
        ),
        make(
            "networking.k8s.io/v1",
            "Ingress",
            "ingresses",
            type: "Plain",
            short: ["ing"],
            status: true,
            traits: withGeneration
        ),
        make(
            "networking.k8s.io/v1",
            "IngressClass",
            "ingressclasses",
            type: "Plain",
            isNamespaced: false,
            traits: withGeneration
        ),
        make(
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "networkpolicies",
            type: "Plain",
            short: ["netpol"],
            traits: withGeneration
        ),
        make(
            "policy/v1",
            "PodDisruptionBudget",
            "poddisruptionbudgets",
            type: "Plain",
            short: ["pdb"],
            status: true,
            traits: withGeneration
        ),
        make(
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            "clusterrolebindings",
            isNamespaced: false,
            columns: .roleBinding
        ),
        make("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", isNamespaced: false, columns: .createdAt),
        make("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", columns: .roleBinding),
        make("rbac.authorization.k8s.io/v1", "Role", "roles", columns: .createdAt),
        make("storage.k8s.io/v1", "StorageClass", "storageclasses", type: "Loose", short: ["sc"], isNamespaced: false),
        make("storage.k8s.io/v1", "CSIDriver", "csidrivers", type: "Plain", isNamespaced: false),
        make(
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
            "mutatingwebhookconfigurations",
            type: "Loose",
            categories: ["api-extensions"],
            isNamespaced: false,
            traits: withGeneration
        ),
        make(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "validatingwebhookconfigurations",
            type: "Loose",
            categories: ["api-extensions"],
            isNamespaced: false,
            traits: withGeneration
        ),
        make(
            "apiextensions.k8s.io/v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            short: ["crd", "crds"],
            categories: ["api-extensions"],
            isNamespaced: false,
            status: true,
            columns: .createdAt,
            traits: .init(allowsUnconditionalUpdate: false, hasGeneration: true)
        ),
        make(
            "apiregistration.k8s.io/v1",
            "APIService",
            "apiservices",
            categories: ["api-extensions"],
            isNamespaced: false,
            status: true,
            traits: strict
        ),
        make(
            "scheduling.k8s.io/v1",
            "PriorityClass",
            "priorityclasses",
            type: "Loose",
            short: ["pc"],
            isNamespaced: false
        ),
        make(
            "coordination.k8s.io/v1",
            "Lease",
            "leases",
            columns: .lease,
            traits: .init(allowsUnconditionalUpdate: false, createsOnUpdate: true)
        ),
        make("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", type: "Loose", isNamespaced: false),
        make("discovery.k8s.io/v1", "EndpointSlice", "endpointslices", type: "Loose"),
    ]

    private static let review = ServedResource.Traits(isReview: true)

    private static let reviews: [ServedResource] = [
        make(
            "authentication.k8s.io/v1",
            "SelfSubjectReview",
            "selfsubjectreviews",
            isNamespaced: false,
            verbs: ["create"],
            traits: review
        ),
        make(
            "authentication.k8s.io/v1",
            "TokenReview",
            "tokenreviews",
            isNamespaced: false,
            verbs: ["create"],
            traits: review
        ),
        make(
            "authorization.k8s.io/v1",
            "LocalSubjectAccessReview",
            "localsubjectaccessreviews",
            type: "SubjectAccessReview",
            verbs: ["create"],
            traits: review
        ),
        make(
            "authorization.k8s.io/v1",
            "SelfSubjectAccessReview",
            "selfsubjectaccessreviews",
            isNamespaced: false,
            verbs: ["create"],
            traits: review
        ),
        make(
            "authorization.k8s.io/v1",
            "SelfSubjectRulesReview",
            "selfsubjectrulesreviews",
            isNamespaced: false,
            verbs: ["create"],
            traits: review
        ),
        make(
            "authorization.k8s.io/v1",
            "SubjectAccessReview",
            "subjectaccessreviews",
            isNamespaced: false,
            verbs: ["create"],
            traits: review
        ),
    ]
}
