package import StructuredValue

/// Custom resource definitions of the Cluster API kinds (core, kubeadm, add-ons), for labs that are given none.
///
/// They are compact: what clients, controllers and people read is typed, with the right list types and columns;
/// everything else is taken as it is, in both versions alike.
package enum ClusterAPIDefinitions {
    /// All definitions, ready to be created.
    package static let all: [Value] = kinds.map(definition)

    private struct Kind {
        var group: String
        var name: String
        var plural: String
        var short: [String] = []
        var scope = "Namespaced"
        var spec: String?
        var status: String?
        var hasScale = false
        /// `Name path [type] [priority]`, one per line.
        var columns: String
    }

    private static func definition(_ kind: Kind) -> Value {
        var properties: Object = [
            "apiVersion": ["type": "string"], "kind": ["type": "string"], "metadata": ["type": "object"],
        ]
        if let spec = kind.spec { properties.append("spec", schema(of: spec)) }
        if let status = kind.status { properties.append("status", schema(of: status)) }
        var subresources = Object()
        if kind.status != nil { subresources.append("status", [:]) }
        if kind.hasScale {
            subresources.append(
                "scale",
                [
                    "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas",
                    "labelSelectorPath": ".status.selector",
                ]
            )
        }
        let versions = ["v1beta2", "v1beta1"].map { name -> Value in
            var version: Object = [
                "name": .string(name), "served": true, "storage": .bool(name == "v1beta2"),
                "schema": ["openAPIV3Schema": ["type": "object", "properties": .object(properties)]],
                "additionalPrinterColumns": .array(columns(kind.columns)),
            ]
            if !subresources.isEmpty { version.append("subresources", .object(subresources)) }
            return .object(version)
        }
        var names: Object = [
            "plural": .string(kind.plural), "singular": .string(kind.name.lowercased()), "kind": .string(kind.name),
            "listKind": .string(kind.name + "List"), "categories": ["cluster-api"],
        ]
        if !kind.short.isEmpty { names.append("shortNames", .array(kind.short.map { .string($0) })) }
        return [
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": [
                "name": .string("\(kind.plural).\(kind.group)"),
                "labels": [
                    "cluster.x-k8s.io/v1beta1": "v1beta1", "cluster.x-k8s.io/v1beta2": "v1beta2",
                    "lab.martlet.dev/built-in": "true",
                ],
            ],
            "spec": [
                "group": .string(kind.group), "scope": .string(kind.scope), "names": .object(names),
                "versions": .array(versions),
            ],
        ]
    }

    private static func columns(_ text: String) -> [Value] {
        text.split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            var column: Object = [
                "name": .string(String(words[0]).replacing("_", with: " ")),
                "type": .string(words.count > 2 ? String(words[2]) : "string"),
                "jsonPath": .string(String(words[1])),
            ]
            if words.count > 3, let priority = Int(words[3]) { column.append("priority", .int(priority)) }
            return .object(column)
        }
    }

    private static func schema(of type: String) -> Value {
        guard let shape = types[type] else { preconditionFailure("no Cluster API type is called \(type)") }
        return schema(shape)
    }

    private static func schema(_ shape: StructShape) -> Value {
        var properties = Object()
        var required: [Value] = []
        for field in shape.fields {
            properties.append(field.name, schema(field.shape))
            if field.isRequired { required.append(.string(field.name)) }
        }
        var schema: Object = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema.append("required", .array(required)) }
        schema.append("x-kubernetes-preserve-unknown-fields", true)
        return .object(schema)
    }

    private static func schema(_ shape: Shape) -> Value {
        switch shape {
        case .any: return ["x-kubernetes-preserve-unknown-fields": true]
        case .intOrString: return ["x-kubernetes-int-or-string": true]
        case .named(let name): return schema(of: name)
        case .map(let item, _): return ["type": "object", "additionalProperties": schema(item)]
        case .list(let item, let rules):
            var list: Value = ["type": "array", "items": schema(item)]
            switch rules.kind {
            case .atomic: list["x-kubernetes-list-type"] = "atomic"
            case .set: list["x-kubernetes-list-type"] = "set"
            case .map(let keys):
                list["x-kubernetes-list-type"] = "map"
                list["x-kubernetes-list-map-keys"] = .array(keys.map { .string($0) })
                // Keys of list maps have to be there.
                list[path: "items", "required"] = .array(keys.map { .string($0) })
            }
            return list
        default: return shape.openAPI
        }
    }

    private static let core = "cluster.x-k8s.io"
    private static let age = "Age .metadata.creationTimestamp date"

    private static let kinds: [Kind] = [
        Kind(
            group: core,
            name: "Cluster",
            plural: "clusters",
            short: ["cl"],
            spec: "ClusterSpec",
            status: "ClusterStatus",
            columns: """
                ClusterClass .spec.topology.classRef.name
                Available .status.conditions[?(@.type=="Available")].status
                CP_Desired .status.controlPlane.desiredReplicas integer
                CP_Available .status.controlPlane.availableReplicas integer
                CP_Up-to-date .status.controlPlane.upToDateReplicas integer
                W_Desired .status.workers.desiredReplicas integer
                W_Available .status.workers.availableReplicas integer
                W_Up-to-date .status.workers.upToDateReplicas integer
                Paused .status.conditions[?(@.type=="Paused")].status string 10
                Phase .status.phase
                \(age)
                Version .spec.topology.version
                """
        ),
        Kind(
            group: core,
            name: "ClusterClass",
            plural: "clusterclasses",
            short: ["cc"],
            spec: "ClusterClassSpec",
            status: "PlainStatus",
            columns: """
                Paused .status.conditions[?(@.type=="Paused")].status string 10
                Variables_Ready .status.conditions[?(@.type=="VariablesReady")].status
                \(age)
                """
        ),
        Kind(
            group: core,
            name: "Machine",
            plural: "machines",
            short: ["ma"],
            spec: "MachineSpec",
            status: "MachineStatus",
            columns: """
                Cluster .spec.clusterName
                Node_Name .status.nodeRef.name
                Provider_ID .spec.providerID string 10
                Ready .status.conditions[?(@.type=="Ready")].status
                Available .status.conditions[?(@.type=="Available")].status
                Up-to-date .status.conditions[?(@.type=="UpToDate")].status
                Paused .status.conditions[?(@.type=="Paused")].status string 10
                Phase .status.phase
                \(age)
                Version .spec.version
                """
        ),
        Kind(
            group: core,
            name: "MachineSet",
            plural: "machinesets",
            short: ["ms"],
            spec: "MachineSetSpec",
            status: "ReplicaStatus",
            hasScale: true,
            columns: replicaColumns
        ),
        Kind(
            group: core,
            name: "MachineDeployment",
            plural: "machinedeployments",
            short: ["md"],
            spec: "MachineSetSpec",
            status: "ReplicaStatus",
            hasScale: true,
            columns: replicaColumns
        ),
        Kind(
            group: core,
            name: "MachinePool",
            plural: "machinepools",
            short: ["mp"],
            spec: "MachinePoolSpec",
            status: "ReplicaStatus",
            hasScale: true,
            columns: replicaColumns
        ),
        Kind(
            group: core,
            name: "MachineHealthCheck",
            plural: "machinehealthchecks",
            short: ["mhc", "mhcs"],
            spec: "MachineHealthCheckSpec",
            status: "HealthCheckStatus",
            columns: """
                Cluster .spec.clusterName
                Replicas .status.expectedMachines integer
                Healthy .status.currentHealthy integer
                Paused .status.conditions[?(@.type=="Paused")].status string 10
                \(age)
                """
        ),
        Kind(
            group: core,
            name: "MachineDrainRule",
            plural: "machinedrainrules",
            spec: "DrainRuleSpec",
            columns: "Behavior .spec.drain.behavior\n\(age)"
        ),
        Kind(
            group: "addons.cluster.x-k8s.io",
            name: "ClusterResourceSet",
            plural: "clusterresourcesets",
            spec: "ClusterResourceSetSpec",
            status: "PlainStatus",
            columns: age
        ),
        Kind(
            group: "addons.cluster.x-k8s.io",
            name: "ClusterResourceSetBinding",
            plural: "clusterresourcesetbindings",
            spec: "BindingSpec",
            columns: age
        ),
        Kind(
            group: "bootstrap.cluster.x-k8s.io",
            name: "KubeadmConfig",
            plural: "kubeadmconfigs",
            spec: "KubeadmConfigSpec",
            status: "ConfigStatus",
            columns: """
                Cluster .metadata.labels.cluster\\.x-k8s\\.io/cluster-name
                Data_secret_created .status.initialization.dataSecretCreated boolean
                \(age)
                """
        ),
        Kind(
            group: "bootstrap.cluster.x-k8s.io",
            name: "KubeadmConfigTemplate",
            plural: "kubeadmconfigtemplates",
            spec: "KubeadmConfigTemplateSpec",
            columns: age
        ),
        Kind(
            group: "controlplane.cluster.x-k8s.io",
            name: "KubeadmControlPlane",
            plural: "kubeadmcontrolplanes",
            short: ["kcp"],
            spec: "KubeadmControlPlaneSpec",
            status: "ControlPlaneStatus",
            hasScale: true,
            columns: """
                Cluster .metadata.labels.cluster\\.x-k8s\\.io/cluster-name
                Available .status.conditions[?(@.type=="Available")].status
                Desired .spec.replicas integer
                Current .status.replicas integer
                Ready .status.readyReplicas integer
                Available .status.availableReplicas integer
                Up-to-date .status.upToDateReplicas integer
                Paused .status.conditions[?(@.type=="Paused")].status string 10
                Initialized .status.initialization.controlPlaneInitialized boolean
                \(age)
                Version .spec.version
                """
        ),
        Kind(
            group: "controlplane.cluster.x-k8s.io",
            name: "KubeadmControlPlaneTemplate",
            plural: "kubeadmcontrolplanetemplates",
            spec: "KubeadmControlPlaneTemplateSpec",
            columns: age
        ),
    ]

    private static let replicaColumns = """
        Cluster .spec.clusterName
        Available .status.conditions[?(@.type=="Available")].status
        Desired .spec.replicas integer
        Current .status.replicas integer
        Ready .status.readyReplicas integer
        Available .status.availableReplicas integer
        Up-to-date .status.upToDateReplicas integer
        Paused .status.conditions[?(@.type=="Paused")].status string 10
        Phase .status.phase
        \(age)
        Version .spec.template.spec.version
        """

    private static let types = ShapeText.parse(
        """
        Reference
          apiVersion string; apiGroup string; kind string; name string; namespace string; uid string
        ObjectLabels
          labels {string}; annotations {string}
        Selector
          matchLabels {string}; matchExpressions [any]
        StatusCondition
          type string; status string; reason string; message string; severity string; lastTransitionTime time
          observedGeneration int64
        ClusterSpec
          paused bool; clusterNetwork Network; controlPlaneEndpoint Endpoint; controlPlaneRef Reference
          infrastructureRef Reference; topology Topology; availabilityGates [Gate]map:conditionType
        Gate
          conditionType string; polarity string
        Network
          apiServerPort int32; services Ranges; pods Ranges; serviceDomain string
        Ranges
          cidrBlocks [string]
        Endpoint
          host string; port int32
        Topology
          class string; classNamespace string; classRef Reference; version string; controlPlane TopologyControlPlane
          workers TopologyWorkers; variables [Variable]map:name
        TopologyControlPlane
          metadata ObjectLabels; replicas int32; variables VariableOverrides
        TopologyWorkers
          machineDeployments [TopologyMachineDeployment]map:name; machinePools [TopologyMachinePool]map:name
        TopologyMachineDeployment
          metadata ObjectLabels; class string; name string; replicas int32; failureDomain string
          variables VariableOverrides
        TopologyMachinePool
          metadata ObjectLabels; class string; name string; replicas int32; failureDomains [string]
          variables VariableOverrides
        VariableOverrides
          overrides [Variable]map:name
        Variable
          name string; value any
        ClusterStatus
          observedGeneration int64; phase string; conditions [StatusCondition]map:type; controlPlane Counts; workers Counts
        Counts
          desiredReplicas int32; replicas int32; upToDateReplicas int32; readyReplicas int32; availableReplicas int32
        ClusterClassSpec
          infrastructure any; controlPlane any; workers any; variables [any]; patches [any]
        PlainStatus
          observedGeneration int64; conditions [StatusCondition]map:type
        MachineSpec
          clusterName string *; bootstrap Bootstrap *; infrastructureRef Reference *; version string; providerID string
          failureDomain string; minReadySeconds int32; readinessGates [Gate]map:conditionType
        Bootstrap
          configRef Reference; dataSecretName string
        MachineTemplate
          metadata ObjectLabels; spec MachineSpec
        MachineStatus
          observedGeneration int64; phase string; conditions [StatusCondition]map:type; nodeRef Reference; addresses [any]
          certificatesExpiryDate time; lastUpdated time
        MachineSetSpec
          clusterName string *; replicas int32; selector Selector *; template MachineTemplate *; paused bool
        MachinePoolSpec
          clusterName string *; replicas int32; template MachineTemplate *; providerIDList [string]; failureDomains [string]
        ReplicaStatus
          observedGeneration int64; phase string; conditions [StatusCondition]map:type; selector string; replicas int32
          upToDateReplicas int32; readyReplicas int32; availableReplicas int32; fullyLabeledReplicas int32
        MachineHealthCheckSpec
          clusterName string *; selector Selector *; checks any; remediation any
        HealthCheckStatus
          observedGeneration int64; conditions [StatusCondition]map:type; expectedMachines int32; currentHealthy int32
          remediationsAllowed int32; targets [string]
        DrainRuleSpec
          drain any; machines [any]; pods [any]
        ClusterResourceSetSpec
          clusterSelector Selector *; resources [ResourceName]; strategy string
        ResourceName
          name string; kind string
        BindingSpec
          clusterName string; bindings [any]
        KubeadmConfigSpec
          clusterConfiguration any; initConfiguration any; joinConfiguration any; files [any]; users [any]
          format string; preKubeadmCommands [string]; postKubeadmCommands [string]; ntp any; verbosity int32
        ConfigStatus
          observedGeneration int64; conditions [StatusCondition]map:type; dataSecretName string; initialization any
        KubeadmConfigTemplateSpec
          template KubeadmConfigTemplateBody *
        KubeadmConfigTemplateBody
          metadata ObjectLabels; spec KubeadmConfigSpec
        KubeadmControlPlaneSpec
          replicas int32; version string *; machineTemplate any; kubeadmConfigSpec KubeadmConfigSpec; rollout any
          remediation any
        ControlPlaneStatus
          observedGeneration int64; conditions [StatusCondition]map:type; selector string; replicas int32; version string
          upToDateReplicas int32; readyReplicas int32; availableReplicas int32; initialization any; lastRemediation any
        KubeadmControlPlaneTemplateSpec
          template KubeadmControlPlaneTemplateBody *
        KubeadmControlPlaneTemplateBody
          metadata ObjectLabels; spec any
        """
    )
}
