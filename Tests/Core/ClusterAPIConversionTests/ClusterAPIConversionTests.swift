import ClusterAPIConversion
import KubernetesModel
import StructuredValue
import Testing
import YAMLFormat

@Suite struct ClusterAPIConversionTests {
    /// An object in both versions, without what stands above `spec` and `status`.
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var group = "cluster.x-k8s.io"
        var kind: String
        var old: String
        var new: String
        /// What v1beta2 cannot say, so that it does not come back.
        var lost = ""
    }

    private static let served: @Sendable (GroupKind) -> String? = { kind in
        switch kind.group {
        case "infrastructure.cluster.x-k8s.io": "\(kind.group)/v1beta1"
        case "bootstrap.cluster.x-k8s.io", "controlplane.cluster.x-k8s.io": "\(kind.group)/v1beta2"
        default: nil
        }
    }

    private static func object(_ text: String, _ example: Example, _ version: String) throws -> Value {
        var object = try YAML.values(Array(text.utf8)).first ?? [:]
        object["apiVersion"] = .string("\(example.group)/\(version)")
        object["kind"] = .string(example.kind)
        object["metadata"] = ["name": "x", "namespace": "ns"]
        return object
    }

    private static func conversion(_ example: Example) throws -> ClusterAPIConversion {
        try #require(ClusterAPIConversion(GroupKind(group: example.group, kind: example.kind)))
    }

    static let examples: [Example] = [
        Example(
            testDescription: "references, endpoint and flags of a Cluster",
            kind: "Cluster",
            old: """
                spec:
                  controlPlaneEndpoint: {host: h, port: 6443}
                  clusterNetwork: {pods: {cidrBlocks: [10.0.0.0/8]}}
                  controlPlaneRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlane, name: c, namespace: ns}
                  infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: DockerCluster, name: c, namespace: ns}
                status:
                  phase: Provisioned
                  infrastructureReady: true
                  controlPlaneReady: true
                  failureDomains: {a: {controlPlane: true}, b: {controlPlane: false, attributes: {z: y}}}
                  failureReason: Bad
                  conditions: [{type: ControlPlaneInitialized, status: "True"}]
                  v1beta2:
                    conditions: [{type: Available, status: "True", reason: Available}]
                    controlPlane: {desiredReplicas: 3}
                    workers: {desiredReplicas: 5}
                """,
            new: """
                spec:
                  controlPlaneEndpoint: {host: h, port: 6443}
                  clusterNetwork: {pods: {cidrBlocks: [10.0.0.0/8]}}
                  controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: c}
                  infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerCluster, name: c}
                status:
                  phase: Provisioned
                  initialization: {infrastructureProvisioned: true, controlPlaneInitialized: true}
                  failureDomains: [{name: a, controlPlane: true}, {name: b, controlPlane: false, attributes: {z: y}}]
                  conditions: [{type: Available, status: "True", reason: Available}]
                  controlPlane: {desiredReplicas: 3}
                  workers: {desiredReplicas: 5}
                  deprecated:
                    v1beta1: {failureReason: Bad, conditions: [{type: ControlPlaneInitialized, status: "True"}]}
                """
        ),
        Example(
            testDescription: "a topology",
            kind: "Cluster",
            old: """
                spec:
                  topology:
                    class: quick-start
                    classNamespace: classes
                    version: v1.33.0
                    variables: [{name: a, value: 1}]
                    controlPlane:
                      replicas: 3
                      nodeDrainTimeout: 1h0m0s
                      machineHealthCheck:
                        enable: true
                        nodeStartupTimeout: 10m0s
                        unhealthyConditions: [{type: Ready, status: Unknown, timeout: 5m0s}]
                        maxUnhealthy: 40%
                        remediationTemplate: {apiVersion: x.io/v1, kind: T, name: t, namespace: ns}
                    workers:
                      machineDeployments:
                        - name: md-0
                          class: default
                          minReadySeconds: 5
                          nodeDeletionTimeout: 30s
                          strategy:
                            type: RollingUpdate
                            rollingUpdate: {maxSurge: 1, maxUnavailable: 0, deletePolicy: Oldest}
                            remediation: {maxInFlight: 2}
                          machineHealthCheck: {unhealthyRange: "[1-3]"}
                          variables: {overrides: [{name: a, value: 2}]}
                      machinePools: [{name: mp-0, class: default, nodeVolumeDetachTimeout: 1m30s}]
                """,
            new: """
                spec:
                  topology:
                    classRef: {name: quick-start, namespace: classes}
                    version: v1.33.0
                    variables: [{name: a, value: 1}]
                    controlPlane:
                      replicas: 3
                      deletion: {nodeDrainTimeoutSeconds: 3600}
                      healthCheck:
                        enabled: true
                        checks:
                          nodeStartupTimeoutSeconds: 600
                          unhealthyNodeConditions: [{type: Ready, status: Unknown, timeoutSeconds: 300}]
                        remediation:
                          triggerIf: {unhealthyLessThanOrEqualTo: 40%}
                          templateRef: {apiVersion: x.io/v1, kind: T, name: t}
                    workers:
                      machineDeployments:
                        - name: md-0
                          class: default
                          minReadySeconds: 5
                          deletion: {nodeDeletionTimeoutSeconds: 30, order: Oldest}
                          rollout: {strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0}}}
                          healthCheck:
                            remediation: {maxInFlight: 2, triggerIf: {unhealthyInRange: "[1-3]"}}
                          variables: {overrides: [{name: a, value: 2}]}
                      machinePools: [{name: mp-0, class: default, deletion: {nodeVolumeDetachTimeoutSeconds: 90}}]
                """
        ),
        Example(
            testDescription: "a Machine",
            kind: "Machine",
            old: """
                spec:
                  clusterName: c
                  version: v1.33.0
                  nodeDrainTimeout: 0s
                  bootstrap:
                    configRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfig, name: m, namespace: ns}
                  infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: DockerMachine, name: m, namespace: ns}
                status:
                  nodeRef: {apiVersion: v1, kind: Node, name: n}
                  bootstrapReady: true
                  infrastructureReady: false
                """,
            new: """
                spec:
                  clusterName: c
                  version: v1.33.0
                  deletion: {nodeDrainTimeoutSeconds: 0}
                  bootstrap: {configRef: {apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfig, name: m}}
                  infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachine, name: m}
                status:
                  nodeRef: {name: n}
                  initialization: {bootstrapDataSecretCreated: true, infrastructureProvisioned: false}
                """
        ),
        Example(
            testDescription: "a MachineSet",
            kind: "MachineSet",
            old: """
                spec:
                  deletePolicy: Newest
                  minReadySeconds: 3
                  machineNamingStrategy: {template: t}
                  template: {spec: {clusterName: c, nodeDeletionTimeout: 10s}}
                status:
                  readyReplicas: 1
                  fullyLabeledReplicas: 3
                  v1beta2: {readyReplicas: 2, upToDateReplicas: 4}
                """,
            new: """
                spec:
                  deletion: {order: Newest}
                  machineNaming: {template: t}
                  template: {spec: {clusterName: c, minReadySeconds: 3, deletion: {nodeDeletionTimeoutSeconds: 10}}}
                status:
                  readyReplicas: 2
                  upToDateReplicas: 4
                  deprecated: {v1beta1: {readyReplicas: 1, fullyLabeledReplicas: 3}}
                """
        ),
        Example(
            testDescription: "a MachineDeployment",
            kind: "MachineDeployment",
            old: """
                spec:
                  rolloutAfter: "2026-01-01T00:00:00Z"
                  minReadySeconds: 3
                  strategy:
                    type: RollingUpdate
                    rollingUpdate: {maxSurge: 25%, deletePolicy: Oldest}
                    remediation: {maxInFlight: 1}
                  machineNamingStrategy: {template: t}
                  template: {spec: {clusterName: c}}
                status: {updatedReplicas: 1, unavailableReplicas: 2, availableReplicas: 3}
                """,
            new: """
                spec:
                  rollout: {after: "2026-01-01T00:00:00Z", strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 25%}}}
                  deletion: {order: Oldest}
                  remediation: {maxInFlight: 1}
                  machineNaming: {template: t}
                  template: {spec: {clusterName: c, minReadySeconds: 3}}
                status: {deprecated: {v1beta1: {updatedReplicas: 1, unavailableReplicas: 2, availableReplicas: 3}}}
                """,
            lost: "{revisionHistoryLimit: 1, progressDeadlineSeconds: 600}"
        ),
        Example(
            testDescription: "a MachinePool",
            kind: "MachinePool",
            old: """
                spec: {minReadySeconds: 3, template: {spec: {clusterName: c}}}
                status: {bootstrapReady: true, infrastructureReady: true, readyReplicas: 1, v1beta2: {readyReplicas: 2}}
                """,
            new: """
                spec: {template: {spec: {clusterName: c, minReadySeconds: 3}}}
                status:
                  initialization: {bootstrapDataSecretCreated: true, infrastructureProvisioned: true}
                  readyReplicas: 2
                  deprecated: {v1beta1: {readyReplicas: 1}}
                """
        ),
        Example(
            testDescription: "a MachineHealthCheck",
            kind: "MachineHealthCheck",
            old: """
                spec:
                  nodeStartupTimeout: 20m0s
                  unhealthyConditions: [{type: Ready, status: "False", timeout: 1m1s}]
                  unhealthyMachineConditions: [{type: A, status: "True", timeout: 1s}]
                  maxUnhealthy: 2
                  unhealthyRange: "[0-2]"
                  remediationTemplate: {apiVersion: x.io/v1, kind: T, name: t, namespace: ns}
                """,
            new: """
                spec:
                  checks:
                    nodeStartupTimeoutSeconds: 1200
                    unhealthyNodeConditions: [{type: Ready, status: "False", timeoutSeconds: 61}]
                    unhealthyMachineConditions: [{type: A, status: "True", timeoutSeconds: 1}]
                  remediation:
                    triggerIf: {unhealthyLessThanOrEqualTo: 2, unhealthyInRange: "[0-2]"}
                    templateRef: {apiVersion: x.io/v1, kind: T, name: t}
                """
        ),
        Example(
            testDescription: "a KubeadmControlPlane",
            group: "controlplane.cluster.x-k8s.io",
            kind: "KubeadmControlPlane",
            old: """
                spec:
                  version: v1.33.0
                  rolloutAfter: "2026-01-01T00:00:00Z"
                  rolloutBefore: {certificatesExpiryDays: 21}
                  rolloutStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
                  remediationStrategy: {maxRetry: 3, retryPeriod: 20m0s, minHealthyPeriod: 1h0m0s}
                  machineNamingStrategy: {template: t}
                  machineTemplate:
                    metadata: {labels: {a: b}}
                    nodeDrainTimeout: 5m0s
                    readinessGates: [{conditionType: A}]
                    infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: DockerMachineTemplate, name: m, namespace: ns}
                  kubeadmConfigSpec:
                    clusterConfiguration: {apiServer: {extraArgs: {a: "1", b: "2"}, certSANs: [x]}}
                status:
                  initialized: true
                  ready: true
                  readyReplicas: 3
                  lastRemediation: {machine: m, timestamp: "2026-01-01T00:00:00Z", retryCount: 1}
                """,
            new: """
                spec:
                  version: v1.33.0
                  rollout:
                    after: "2026-01-01T00:00:00Z"
                    before: {certificatesExpiryDays: 21}
                    strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
                  remediation: {maxRetry: 3, retryPeriodSeconds: 1200, minHealthyPeriodSeconds: 3600}
                  machineNaming: {template: t}
                  machineTemplate:
                    metadata: {labels: {a: b}}
                    spec:
                      deletion: {nodeDrainTimeoutSeconds: 300}
                      readinessGates: [{conditionType: A}]
                      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachineTemplate, name: m}
                  kubeadmConfigSpec:
                    clusterConfiguration:
                      apiServer: {extraArgs: [{name: a, value: "1"}, {name: b, value: "2"}], certSANs: [x]}
                status:
                  initialization: {controlPlaneInitialized: true}
                  deprecated: {v1beta1: {readyReplicas: 3}}
                  lastRemediation: {machine: m, time: "2026-01-01T00:00:00Z", retryCount: 1}
                """
        ),
        Example(
            testDescription: "a KubeadmConfigTemplate",
            group: "bootstrap.cluster.x-k8s.io",
            kind: "KubeadmConfigTemplate",
            old: """
                spec:
                  template:
                    spec:
                      files: [{path: /a, content: b}]
                      clusterConfiguration:
                        apiServer: {timeoutForControlPlane: 4m0s}
                        etcd: {local: {extraArgs: {quota: "1"}}}
                      initConfiguration:
                        bootstrapTokens: [{token: t, ttl: 24h0m0s}]
                        nodeRegistration: {kubeletExtraArgs: {a: b}}
                      joinConfiguration:
                        discovery: {timeout: 5m0s, bootstrapToken: {token: t}}
                        nodeRegistration: {kubeletExtraArgs: {cloud-provider: external}}
                """,
            new: """
                spec:
                  template:
                    spec:
                      files: [{path: /a, content: b}]
                      clusterConfiguration: {etcd: {local: {extraArgs: [{name: quota, value: "1"}]}}}
                      initConfiguration:
                        bootstrapTokens: [{token: t, ttlSeconds: 86400}]
                        nodeRegistration: {kubeletExtraArgs: [{name: a, value: b}]}
                        timeouts: {controlPlaneComponentHealthCheckSeconds: 240}
                      joinConfiguration:
                        discovery: {bootstrapToken: {token: t}}
                        nodeRegistration: {kubeletExtraArgs: [{name: cloud-provider, value: external}]}
                        timeouts: {controlPlaneComponentHealthCheckSeconds: 240, tlsBootstrapSeconds: 300}
                """
        ),
        Example(
            testDescription: "a ClusterClass",
            kind: "ClusterClass",
            old: """
                spec:
                  infrastructure: {ref: {apiVersion: i/v1, kind: I, name: i, namespace: ns}}
                  infrastructureNamingStrategy: {template: n}
                  controlPlane:
                    ref: {apiVersion: c/v1, kind: C, name: c, namespace: ns}
                    machineInfrastructure: {ref: {apiVersion: i/v1, kind: M, name: m, namespace: ns}}
                    namingStrategy: {template: n}
                    nodeDrainTimeout: 5s
                    machineHealthCheck: {maxUnhealthy: 1}
                  workers:
                    machineDeployments:
                      - class: default
                        namingStrategy: {template: n}
                        strategy: {type: OnDelete}
                        template:
                          metadata: {labels: {a: b}}
                          bootstrap: {ref: {apiVersion: b/v1, kind: B, name: b, namespace: ns}}
                          infrastructure: {ref: {apiVersion: i/v1, kind: M, name: w, namespace: ns}}
                  variables: [{name: v, metadata: {labels: {x: y}}}]
                  patches: [{name: p, external: {generateExtension: g, validateExtension: v}}]
                """,
            new: """
                spec:
                  infrastructure: {templateRef: {apiVersion: i/v1, kind: I, name: i}, naming: {template: n}}
                  controlPlane:
                    templateRef: {apiVersion: c/v1, kind: C, name: c}
                    machineInfrastructure: {templateRef: {apiVersion: i/v1, kind: M, name: m}}
                    naming: {template: n}
                    deletion: {nodeDrainTimeoutSeconds: 5}
                    healthCheck: {remediation: {triggerIf: {unhealthyLessThanOrEqualTo: 1}}}
                  workers:
                    machineDeployments:
                      - class: default
                        naming: {template: n}
                        rollout: {strategy: {type: OnDelete}}
                        metadata: {labels: {a: b}}
                        bootstrap: {templateRef: {apiVersion: b/v1, kind: B, name: b}}
                        infrastructure: {templateRef: {apiVersion: i/v1, kind: M, name: w}}
                  variables: [{name: v, deprecatedV1Beta1Metadata: {labels: {x: y}}}]
                  patches: [{name: p, external: {generatePatchesExtension: g, validateTopologyExtension: v}}]
                """
        ),
        Example(
            testDescription: "a ClusterResourceSet",
            group: "addons.cluster.x-k8s.io",
            kind: "ClusterResourceSet",
            old: "{spec: {strategy: Reconcile}, status: {conditions: [{type: A}], v1beta2: {conditions: [{type: B}]}}}",
            new:
                "{spec: {strategy: Reconcile}, status: {conditions: [{type: B}], deprecated: {v1beta1: {conditions: [{type: A}]}}}}"
        ),
    ]

    @Test(arguments: examples)
    func bothFormsSayTheSame(_ example: Example) throws {
        let conversion = try Self.conversion(example)
        let old = try Self.object(example.old, example, "v1beta1")
        let new = try Self.object(example.new, example, "v1beta2")
        #expect(conversion.convert(old, to: "v1beta2", served: Self.served) == new)
        #expect(conversion.convert(new, to: "v1beta1", served: Self.served) == old)
        #expect(conversion.convert(new, to: "v1beta2", served: Self.served) == new)
    }

    @Test(arguments: examples.filter { !$0.lost.isEmpty })
    func whatTheNewFormDoesNotKnowIsGone(_ example: Example) throws {
        let conversion = try Self.conversion(example)
        var old = try Self.object(example.old, example, "v1beta1")
        for field in try YAML.values(Array(example.lost.utf8)).first?.object ?? [:] {
            old[path: "spec", field.key] = field.value
        }
        #expect(try conversion.convert(old, to: "v1beta2") == Self.object(example.new, example, "v1beta2"))
    }

    @Test func whatTheOldFormCannotSayComesBack() throws {
        let example = Example(
            testDescription: "",
            kind: "MachineDeployment",
            old: "",
            new: """
                spec:
                  replicas: 3
                  rollout: {strategy: {rollingUpdate: {maxSurge: 1}}}
                  template: {spec: {clusterName: c, deletion: {nodeDrainTimeoutSeconds: 60}}}
                status: {initialization: {}, conditions: [{type: A}]}
                """
        )
        let conversion = try #require(
            ClusterAPIConversion(GroupKind(group: "controlplane.cluster.x-k8s.io", kind: "KubeadmControlPlane"))
        )
        var control = try Self.object(example.new, example, "v1beta2")
        control["apiVersion"] = "controlplane.cluster.x-k8s.io/v1beta2"
        // Two timeouts of v1beta2 are one in v1beta1.
        control[path: "spec", "kubeadmConfigSpec"] = [
            "initConfiguration": ["timeouts": ["controlPlaneComponentHealthCheckSeconds": 1]],
            "joinConfiguration": ["timeouts": ["controlPlaneComponentHealthCheckSeconds": 2]],
        ]
        let old = conversion.convert(control, to: "v1beta1", served: Self.served)
        #expect(old[path: "metadata", "annotations", ClusterAPIConversion.memory] != nil)
        #expect(conversion.convert(old, to: "v1beta2", served: Self.served) == control)
        // A client of the old form changes something else: that alone changes.
        var changed = old
        changed[path: "spec", "replicas"] = 5
        changed[path: "metadata", "labels"] = ["a": "b"]
        var expected = control
        expected[path: "spec", "replicas"] = 5
        expected[path: "metadata", "labels"] = ["a": "b"]
        #expect(conversion.convert(changed, to: "v1beta2", served: Self.served) == expected)
        // What it takes away is gone.
        changed[path: "spec", "template"] = nil
        expected[path: "spec", "template"] = nil
        #expect(conversion.convert(changed, to: "v1beta2", served: Self.served) == expected)
    }

    @Test(arguments: [
        ("10m", 600), ("1h30m0s", 5400), ("1.5h", 5400), ("999ms", 0), ("1500ms", 1), ("0", 0), ("-90s", -90),
    ])
    func durationsAreCutToSeconds(_ text: String, _ seconds: Int) throws {
        let conversion = try #require(ClusterAPIConversion(GroupKind(group: "cluster.x-k8s.io", kind: "Machine")))
        let old: Value = ["apiVersion": "cluster.x-k8s.io/v1beta1", "spec": ["nodeDrainTimeout": .string(text)]]
        let new = conversion.convert(old, to: "v1beta2")
        #expect(new[path: "spec", "deletion", "nodeDrainTimeoutSeconds"] == .int(seconds))
    }

    @Test func whatIsNoDurationStays() throws {
        let conversion = try #require(ClusterAPIConversion(GroupKind(group: "cluster.x-k8s.io", kind: "Machine")))
        for text in ["", "10", "m", "1x", "soon"] {
            let old: Value = ["apiVersion": "cluster.x-k8s.io/v1beta1", "spec": ["nodeDrainTimeout": .string(text)]]
            let new = conversion.convert(old, to: "v1beta2")
            #expect(new[path: "spec", "deletion", "nodeDrainTimeoutSeconds"] == .string(text))
        }
    }

    @Test func kindsOfOthersAreLeftAlone() {
        #expect(ClusterAPIConversion(GroupKind(group: "infrastructure.cluster.x-k8s.io", kind: "DockerCluster")) == nil)
        #expect(ClusterAPIConversion(GroupKind(group: "example.com", kind: "Cluster")) == nil)
    }
}
