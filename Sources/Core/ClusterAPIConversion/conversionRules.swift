import KubernetesModel

/// The rules of each kind whose v1beta1 and v1beta2 differ. A rule for a part stands before the rule for the whole, so that
/// the part is taken out first.
let conversionRules: [GroupKind: [ConversionRule]] = {
    func kind(_ group: String, _ kind: String) -> GroupKind { GroupKind(group: group, kind: kind) }
    let core = "cluster.x-k8s.io"
    let bootstrap = "bootstrap.cluster.x-k8s.io"
    let controlPlane = "controlplane.cluster.x-k8s.io"
    let addons = "addons.cluster.x-k8s.io"
    let conditionsOnly = [
        kind(core, "MachineDrainRule"), kind(addons, "ClusterResourceSet"),
        kind("ipam.cluster.x-k8s.io", "IPAddressClaim"),
    ]
    var rules: [GroupKind: [ConversionRule]] = [
        kind(core, "Cluster"): clusterRules,
        kind(core, "ClusterClass"): clusterClassRules,
        kind(core, "Machine"): [.same("spec", machineRules), .node("status.nodeRef")] + readiness + statusRules,
        kind(core, "MachineSet"): machineSetRules,
        kind(core, "MachineDeployment"): machineDeploymentRules,
        kind(core, "MachinePool"): machinePoolRules,
        kind(core, "MachineHealthCheck"): [.same("spec", checkRules)] + statusRules,
        kind(bootstrap, "KubeadmConfig"): [
            .same("spec", kubeadmConfigRules), .move("status.ready", "status.initialization.dataSecretCreated"),
        ] + statusRules,
        kind(bootstrap, "KubeadmConfigTemplate"): [.same("spec.template.spec", kubeadmConfigRules)],
        kind(controlPlane, "KubeadmControlPlane"): [.same("spec", kubeadmControlPlaneRules)] + controlPlaneStatusRules,
        kind(controlPlane, "KubeadmControlPlaneTemplate"): [.same("spec.template.spec", kubeadmControlPlaneRules)],
        kind(controlPlane, "RKE2ControlPlane"): [.same("spec", rke2Rules)] + controlPlaneStatusRules,
        kind(controlPlane, "RKE2ControlPlaneTemplate"): [.same("spec.template.spec", rke2Rules)],
        kind(bootstrap, "RKE2Config"): [.move("status.ready", "status.initialization.dataSecretCreated")] + statusRules,
    ]
    for kind in conditionsOnly { rules[kind] = statusRules }
    return rules
}()

// MARK: What kinds have in common

/// Conditions of both generations, and reasons of failures.
private let statusRules: [ConversionRule] = [
    .move("status.v1beta2.conditions", "status.conditions"),
    .move("status.conditions", "status.deprecated.v1beta1.conditions"),
    .move("status.failureReason", "status.deprecated.v1beta1.failureReason"),
    .move("status.failureMessage", "status.deprecated.v1beta1.failureMessage"),
]

/// Counters of both generations, which have the same names in part.
private let replicaRules: [ConversionRule] = [
    .move("status.v1beta2.readyReplicas", "status.readyReplicas"),
    .move("status.v1beta2.availableReplicas", "status.availableReplicas"),
    .move("status.v1beta2.upToDateReplicas", "status.upToDateReplicas"),
    .move("status.readyReplicas", "status.deprecated.v1beta1.readyReplicas"),
    .move("status.availableReplicas", "status.deprecated.v1beta1.availableReplicas"),
    .move("status.updatedReplicas", "status.deprecated.v1beta1.updatedReplicas"),
    .move("status.unavailableReplicas", "status.deprecated.v1beta1.unavailableReplicas"),
    .move("status.fullyLabeledReplicas", "status.deprecated.v1beta1.fullyLabeledReplicas"),
]

private let readiness: [ConversionRule] = [
    .move("status.infrastructureReady", "status.initialization.infrastructureProvisioned"),
    .move("status.bootstrapReady", "status.initialization.bootstrapDataSecretCreated"),
]

private let timeouts = timeoutsOf("", "")

private func timeoutsOf(_ old: String, _ new: String) -> [ConversionRule] {
    ["nodeDrainTimeout", "nodeVolumeDetachTimeout", "nodeDeletionTimeout"].map {
        .seconds(old + $0, "\(new)deletion.\($0)Seconds")
    }
}

private let strategy: [ConversionRule] = [
    .move("strategy.rollingUpdate.deletePolicy", "deletion.order"),
    .move("strategy.type", "rollout.strategy.type"),
    .move("strategy.rollingUpdate", "rollout.strategy.rollingUpdate"),
]

// MARK: Machines and their owners

private let machineRules: [ConversionRule] =
    timeouts + [
        .reference("bootstrap.configRef", "bootstrap.configRef"), .reference("infrastructureRef", "infrastructureRef"),
    ]

private let machineTemplateRules: [ConversionRule] = [
    .move("spec.minReadySeconds", "spec.template.spec.minReadySeconds"), .same("spec.template.spec", machineRules),
]

private let machineSetRules: [ConversionRule] =
    machineTemplateRules + [
        .move("spec.deletePolicy", "spec.deletion.order"), .move("spec.machineNamingStrategy", "spec.machineNaming"),
    ] + replicaRules + statusRules

private let machineDeploymentRules: [ConversionRule] =
    machineTemplateRules + [
        .same(
            "spec",
            strategy + [
                .move("strategy.remediation", "remediation"), .move("rolloutAfter", "rollout.after"),
                .move("machineNamingStrategy", "machineNaming"), .lost("revisionHistoryLimit"),
                .lost("progressDeadlineSeconds"), .lost("strategy"),
            ]
        )
    ] + replicaRules + statusRules

private let machinePoolRules: [ConversionRule] = machineTemplateRules + readiness + replicaRules + statusRules

private let checkRules: [ConversionRule] = [
    .seconds("nodeStartupTimeout", "checks.nodeStartupTimeoutSeconds"),
    .items("unhealthyConditions", "checks.unhealthyNodeConditions", [.seconds("timeout", "timeoutSeconds")]),
    .items("unhealthyMachineConditions", "checks.unhealthyMachineConditions", [.seconds("timeout", "timeoutSeconds")]),
    .move("maxUnhealthy", "remediation.triggerIf.unhealthyLessThanOrEqualTo"),
    .move("unhealthyRange", "remediation.triggerIf.unhealthyInRange"),
    .template("remediationTemplate", "remediation.templateRef"),
]

// MARK: Clusters and classes

private let clusterRules: [ConversionRule] =
    [
        .reference("spec.controlPlaneRef", "spec.controlPlaneRef"),
        .reference("spec.infrastructureRef", "spec.infrastructureRef"),
        .same("spec.topology", topologyRules),
        .move("status.infrastructureReady", "status.initialization.infrastructureProvisioned"),
        .flag(
            "status.controlPlaneReady",
            "status.initialization.controlPlaneInitialized",
            condition: "ControlPlaneInitialized"
        ),
        .domains("status.failureDomains"),
        .move("status.v1beta2.controlPlane", "status.controlPlane"),
        .move("status.v1beta2.workers", "status.workers"),
    ] + statusRules

private let topologyRules: [ConversionRule] = [
    .move("class", "classRef.name"), .move("classNamespace", "classRef.namespace"), .lost("rolloutAfter"),
    .each("variables", [.lost("definitionFrom")]), .same("controlPlane", topologyPartRules),
    .each("workers.machineDeployments", deploymentPartRules), .each("workers.machinePools", topologyPartRules),
]

private let topologyPartRules: [ConversionRule] =
    timeouts + [
        .each("variables.overrides", [.lost("definitionFrom")]),
        .nested("machineHealthCheck", "healthCheck", [.move("enable", "enabled")] + checkRules),
    ]

private let deploymentPartRules: [ConversionRule] =
    strategy + [.move("strategy.remediation.maxInFlight", "healthCheck.remediation.maxInFlight"), .lost("strategy")]
    + topologyPartRules

private let classPartRules: [ConversionRule] =
    timeouts + [
        .nested("machineHealthCheck", "healthCheck", checkRules), .move("namingStrategy", "naming"),
    ]

private let workerPartRules: [ConversionRule] =
    classPartRules + [
        .move("template.metadata", "metadata"), .template("template.bootstrap.ref", "bootstrap.templateRef"),
        .template("template.infrastructure.ref", "infrastructure.templateRef"), .lost("template"),
    ]

private let clusterClassRules: [ConversionRule] =
    [
        .template("spec.infrastructure.ref", "spec.infrastructure.templateRef"),
        .move("spec.infrastructureNamingStrategy", "spec.infrastructure.naming"),
        .same(
            "spec.controlPlane",
            classPartRules + [
                .template("ref", "templateRef"),
                .template("machineInfrastructure.ref", "machineInfrastructure.templateRef"),
            ]
        ),
        .each(
            "spec.workers.machineDeployments",
            strategy + [
                .move("strategy.remediation.maxInFlight", "healthCheck.remediation.maxInFlight"), .lost("strategy"),
            ] + workerPartRules
        ),
        .each("spec.workers.machinePools", workerPartRules),
        .each("spec.variables", [.move("metadata", "deprecatedV1Beta1Metadata")]),
        .each(
            "spec.patches",
            [
                .move("external.generateExtension", "external.generatePatchesExtension"),
                .move("external.validateExtension", "external.validateTopologyExtension"),
            ]
        ),
        .each("status.variables", [.each("definitions", [.move("metadata", "deprecatedV1Beta1Metadata")])]),
    ] + statusRules

// MARK: Kubeadm and others

private let nodeRules: [ConversionRule] = [
    .lost("apiVersion"), .lost("kind"), .arguments("nodeRegistration.kubeletExtraArgs"),
]

private let kubeadmConfigRules: [ConversionRule] = [
    .spread(
        "clusterConfiguration.apiServer.timeoutForControlPlane",
        [
            "initConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds",
            "joinConfiguration.timeouts.controlPlaneComponentHealthCheckSeconds",
        ]
    ),
    .seconds("joinConfiguration.discovery.timeout", "joinConfiguration.timeouts.tlsBootstrapSeconds"),
    .same(
        "clusterConfiguration",
        [
            .lost("apiVersion"), .lost("kind"), .lost("clusterName"), .lost("kubernetesVersion"), .lost("networking"),
            .arguments("apiServer.extraArgs"), .arguments("controllerManager.extraArgs"),
            .arguments("scheduler.extraArgs"), .arguments("etcd.local.extraArgs"),
        ]
    ),
    .same("initConfiguration", nodeRules + [.each("bootstrapTokens", [.seconds("ttl", "ttlSeconds")])]),
    .same("joinConfiguration", nodeRules), .lost("useExperimentalRetryJoin"),
]

private let machineTemplatePartRules: [ConversionRule] =
    timeoutsOf("machineTemplate.", "machineTemplate.spec.") + [
        .reference("machineTemplate.infrastructureRef", "machineTemplate.spec.infrastructureRef"),
        .move("machineTemplate.readinessGates", "machineTemplate.spec.readinessGates"),
        .move("machineTemplate.taints", "machineTemplate.spec.taints"),
    ]

private let kubeadmControlPlaneRules: [ConversionRule] =
    machineTemplatePartRules + [
        .move("rolloutAfter", "rollout.after"), .move("rolloutBefore", "rollout.before"),
        .move("rolloutStrategy", "rollout.strategy"), .move("machineNamingStrategy", "machineNaming"),
        .nested(
            "remediationStrategy",
            "remediation",
            [
                .seconds("retryPeriod", "retryPeriodSeconds"),
                .seconds("minHealthyPeriod", "minHealthyPeriodSeconds"),
            ]
        ),
        .same("kubeadmConfigSpec", kubeadmConfigRules),
    ]

private let rke2Rules: [ConversionRule] =
    machineTemplatePartRules + [
        // An older place of the same two fields.
        .reference("infrastructureRef", "machineTemplate.spec.infrastructureRef"),
        .seconds("nodeDrainTimeout", "machineTemplate.spec.deletion.nodeDrainTimeoutSeconds"),
    ]

private let controlPlaneStatusRules: [ConversionRule] =
    [
        .counted("status.ready", "status.deprecated.v1beta1.readyReplicas"),
        .move("status.initialized", "status.initialization.controlPlaneInitialized"),
        .move("status.lastRemediation.timestamp", "status.lastRemediation.time"),
    ] + replicaRules + statusRules
