import StructuredValue

/// Cluster API's own kinds, its kubeadm providers and its add-ons, for labs that are given no definitions.
let coreDefinitions: [CompactDefinition] = [
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "Cluster",
        specShape: "ClusterSpec",
        statusShape: "ClusterStatus",
        plural: "clusters",
        shortNames: ["cl"],
        versions: [
            (
                "v1beta1",
                [
                    .text("ClusterClass", ".spec.topology.class"), .text("Phase", ".status.phase"), .age,
                    .text("Version", ".spec.topology.version"),
                ]
            ),
            (
                "v1beta2",
                [
                    .text("ClusterClass", ".spec.topology.classRef.name"), .condition("Available", "Available"),
                    .count("CP Desired", ".status.controlPlane.desiredReplicas"),
                    .count("CP Current", ".status.controlPlane.replicas", wide: true),
                    .count("CP Ready", ".status.controlPlane.readyReplicas", wide: true),
                    .count("CP Available", ".status.controlPlane.availableReplicas"),
                    .count("CP Up-to-date", ".status.controlPlane.upToDateReplicas"),
                    .count("W Desired", ".status.workers.desiredReplicas"),
                    .count("W Current", ".status.workers.replicas", wide: true),
                    .count("W Ready", ".status.workers.readyReplicas", wide: true),
                    .count("W Available", ".status.workers.availableReplicas"),
                    .count("W Up-to-date", ".status.workers.upToDateReplicas"), .paused,
                    .text("Phase", ".status.phase"), .age, .text("Version", ".spec.topology.version"),
                ]
            ),
        ]
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "Machine",
        specShape: "MachineSpec",
        statusShape: "MachineStatus",
        plural: "machines",
        shortNames: ["ma"],
        versions: [
            (
                "v1beta1",
                [
                    .cluster, .text("NodeName", ".status.nodeRef.name"), .text("ProviderID", ".spec.providerID"),
                    .text("Phase", ".status.phase"), .age, .text("Version", ".spec.version"),
                ]
            ),
            (
                "v1beta2",
                [
                    .cluster, .text("Node Name", ".status.nodeRef.name"),
                    .text("Provider ID", ".spec.providerID", wide: true),
                    .text("Failure domain", ".status.failureDomain"), .condition("Ready", "Ready"),
                    .condition("Available", "Available"), .condition("Up-to-date", "UpToDate"),
                    .text("Internal-IP", #".status.addresses[?(@.type=="InternalIP")].address"#, wide: true),
                    .text("External-IP", #".status.addresses[?(@.type=="ExternalIP")].address"#, wide: true),
                    .text("OS-Image", ".status.nodeInfo.osImage", wide: true), .paused,
                    .text("Phase", ".status.phase"), .age, .text("Version", ".spec.version"),
                ]
            ),
        ],
        required: ["clusterName"]
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "MachineSet",
        specShape: "MachineSetSpec",
        statusShape: "ReplicaStatus",
        plural: "machinesets",
        shortNames: ["ms"],
        versions: [
            (
                "v1beta1",
                [
                    .cluster, .count("Desired", ".spec.replicas", wide: true), .count("Replicas", ".status.replicas"),
                    .count("Ready", ".status.readyReplicas"), .count("Available", ".status.availableReplicas"), .age,
                    .text("Version", ".spec.template.spec.version"),
                ]
            ),
            ("v1beta2", scaledColumns(phase: false, available: false)),
        ],
        spec: ["replicas": ["type": "integer", "format": "int32", "minimum": 0]],
        required: ["clusterName"],
        hasScale: true
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "MachineDeployment",
        specShape: "MachineSetSpec",
        statusShape: "ReplicaStatus",
        plural: "machinedeployments",
        shortNames: ["md"],
        versions: [
            (
                "v1beta1",
                [
                    .cluster, .count("Desired", ".spec.replicas", wide: true), .count("Replicas", ".status.replicas"),
                    .count("Ready", ".status.readyReplicas"), .count("Updated", ".status.updatedReplicas"),
                    .count("Unavailable", ".status.unavailableReplicas"), .text("Phase", ".status.phase"), .age,
                    .text("Version", ".spec.template.spec.version"),
                ]
            ),
            ("v1beta2", scaledColumns(phase: true, available: true)),
        ],
        spec: ["replicas": ["type": "integer", "format": "int32", "minimum": 0]],
        required: ["clusterName"],
        hasScale: true
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "MachinePool",
        specShape: "MachinePoolSpec",
        statusShape: "ReplicaStatus",
        plural: "machinepools",
        shortNames: ["mp"],
        versions: [
            (
                "v1beta1",
                [
                    .cluster, .count("Desired", ".spec.replicas", wide: true), .count("Replicas", ".status.replicas"),
                    .text("Phase", ".status.phase"), .age, .text("Version", ".spec.template.spec.version"),
                ]
            ),
            ("v1beta2", scaledColumns(phase: true, available: false)),
        ],
        spec: ["replicas": ["type": "integer", "format": "int32", "minimum": 0]],
        required: ["clusterName"],
        hasScale: true
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "MachineHealthCheck",
        specShape: "MachineHealthCheckSpec",
        statusShape: "HealthCheckStatus",
        plural: "machinehealthchecks",
        shortNames: ["mhc", "mhcs"],
        versions: [
            (
                "v1beta1",
                [
                    .cluster, .count("ExpectedMachines", ".status.expectedMachines"),
                    .text("MaxUnhealthy", ".spec.maxUnhealthy"), .count("CurrentHealthy", ".status.currentHealthy"),
                    .age,
                ]
            ),
            (
                "v1beta2",
                [
                    .cluster, .count("Replicas", ".status.expectedMachines"),
                    .count("Healthy", ".status.currentHealthy"), .paused, .age,
                ]
            ),
        ],
        required: ["clusterName"]
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "MachineDrainRule",
        specShape: "DrainRuleSpec",
        plural: "machinedrainrules",
        versions: [("v1beta1", [.age]), ("v1beta2", [.age])],
        hasStatus: false
    ),
    CompactDefinition(
        group: "cluster.x-k8s.io",
        kind: "ClusterClass",
        specShape: "ClusterClassSpec",
        statusShape: "PlainStatus",
        plural: "clusterclasses",
        shortNames: ["cc"],
        versions: [
            ("v1beta1", [.age]),
            ("v1beta2", [.paused, .condition("Variables Ready", "VariablesReady"), .age]),
        ]
    ),
    CompactDefinition(
        group: "addons.cluster.x-k8s.io",
        kind: "ClusterResourceSet",
        specShape: "ClusterResourceSetSpec",
        statusShape: "PlainStatus",
        plural: "clusterresourcesets",
        versions: [("v1beta1", [.age]), ("v1beta2", [.paused, .age])]
    ),
    CompactDefinition(
        group: "addons.cluster.x-k8s.io",
        kind: "ClusterResourceSetBinding",
        specShape: "BindingSpec",
        plural: "clusterresourcesetbindings",
        versions: [("v1beta1", [.age]), ("v1beta2", [.age])]
    ),
    CompactDefinition(
        group: "bootstrap.cluster.x-k8s.io",
        kind: "KubeadmConfig",
        specShape: "KubeadmConfigSpec",
        statusShape: "ConfigStatus",
        plural: "kubeadmconfigs",
        versions: [
            ("v1beta1", [.text("Cluster", clusterLabel), .age]),
            (
                "v1beta2",
                [
                    .text("Cluster", clusterLabel), .paused,
                    .text("Data secret created", ".status.initialization.dataSecretCreated"), .age,
                ]
            ),
        ],
        contract: contract
    ),
    CompactDefinition(
        group: "bootstrap.cluster.x-k8s.io",
        kind: "KubeadmConfigTemplate",
        specShape: "KubeadmConfigTemplateSpec",
        plural: "kubeadmconfigtemplates",
        versions: [("v1beta1", [.age]), ("v1beta2", [.age])],
        hasStatus: false,
        contract: contract
    ),
    CompactDefinition(
        group: "controlplane.cluster.x-k8s.io",
        kind: "KubeadmControlPlane",
        specShape: "KubeadmControlPlaneSpec",
        statusShape: "ControlPlaneStatus",
        plural: "kubeadmcontrolplanes",
        shortNames: ["kcp"],
        versions: [
            (
                "v1beta1",
                [
                    .text("Cluster", clusterLabel), .text("Initialized", ".status.initialized"),
                    .text("API Server Available", ".status.ready"),
                    .count("Desired", ".spec.replicas", wide: true), .count("Replicas", ".status.replicas"),
                    .count("Ready", ".status.readyReplicas"), .count("Updated", ".status.updatedReplicas"),
                    .count("Unavailable", ".status.unavailableReplicas"), .age, .text("Version", ".spec.version"),
                ]
            ),
            (
                "v1beta2",
                [
                    .text("Cluster", clusterLabel), .condition("Available", "Available"),
                    .count("Desired", ".spec.replicas"), .count("Current", ".status.replicas"),
                    .count("Ready", ".status.readyReplicas"), .count("Available", ".status.availableReplicas"),
                    .count("Up-to-date", ".status.upToDateReplicas"), .paused,
                    .text("Initialized", ".status.initialization.controlPlaneInitialized"), .age,
                    .text("Version", ".spec.version"),
                ]
            ),
        ],
        spec: ["replicas": ["type": "integer", "format": "int32", "default": 1]],
        required: ["version", "machineTemplate"],
        hasScale: true,
        contract: contract
    ),
    CompactDefinition(
        group: "controlplane.cluster.x-k8s.io",
        kind: "KubeadmControlPlaneTemplate",
        specShape: "KubeadmControlPlaneTemplateSpec",
        plural: "kubeadmcontrolplanetemplates",
        versions: [("v1beta1", [.age]), ("v1beta2", [.age])],
        hasStatus: false,
        contract: contract
    ),
]

private let clusterLabel = #".metadata.labels['cluster\.x-k8s\.io/cluster-name']"#
private let contract = ["cluster.x-k8s.io/v1beta1": "v1beta1", "cluster.x-k8s.io/v1beta2": "v1beta2"]

private func scaledColumns(phase: Bool, available: Bool) -> [CompactDefinition.Column] {
    var columns: [CompactDefinition.Column] = [.cluster]
    if available { columns.append(.condition("Available", "Available")) }
    columns += [
        .count("Desired", ".spec.replicas"), .count("Current", ".status.replicas"),
        .count("Ready", ".status.readyReplicas"), .count("Available", ".status.availableReplicas"),
        .count("Up-to-date", ".status.upToDateReplicas"), .paused,
    ]
    if phase { columns.append(.text("Phase", ".status.phase")) }
    return columns + [.age, .text("Version", ".spec.template.spec.version")]
}
