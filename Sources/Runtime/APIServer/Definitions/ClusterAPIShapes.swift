package import StructuredValue

/// The shapes of Cluster API's kinds (core, kubeadm, add-ons) in few words, for labs that are given no definitions.
///
/// What clients, controllers and people read is typed, with the right list types; everything else is taken as it is, in
/// v1beta1 and v1beta2 alike.
package enum ClusterAPIShapes {
    /// The OpenAPI schema of a type, for example `ClusterSpec`; nil when no type has this name.
    package static func schema(named name: String) -> Value? { types[name].map { schema($0) } }

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
