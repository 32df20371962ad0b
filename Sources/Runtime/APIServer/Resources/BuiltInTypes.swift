import StructuredValue

/// The types of the kinds that every server has. Only what clients and the simulator use is spelled out; the rest of a
/// kind is taken as it is (`any`).
enum BuiltInTypes {
    private static let types: [String: StructShape] = ShapeText.parse(text)

    static func type(_ name: String) -> StructShape {
        guard let type = types[name] else { preconditionFailure("no built-in type is called \(name)") }
        return type
    }

    static func has(_ name: String) -> Bool { types[name] != nil }

    private static let text = """
        ObjectMeta
          name string; generateName string; namespace string; selfLink string; uid string; resourceVersion string
          generation int64; creationTimestamp time; deletionTimestamp time; deletionGracePeriodSeconds int64 ?
          labels {string}; annotations {string}; ownerReferences [OwnerReference]map:uid; finalizers [string]set
          managedFields [any]
        OwnerReference @
          apiVersion string !; kind string !; name string !; uid string !; controller bool ?; blockOwnerDeletion bool ?
        LabelSelector @
          matchLabels {string}; matchExpressions [LabelSelectorRequirement]
        LabelSelectorRequirement
          key string !; operator string !; values [string]
        LocalObjectReference @
          name string
        ObjectReference @
          kind string; namespace string; name string; uid string; apiVersion string; resourceVersion string; fieldPath string
        Condition
          type string !; status string !; observedGeneration int64; lastTransitionTime time !; reason string; message string
          lastProbeTime time; lastUpdateTime time; lastHeartbeatTime time
        ConfigMap
          apiVersion string; kind string; metadata ObjectMeta
          immutable bool ?; data {string}; binaryData {bytes}
        Secret
          apiVersion string; kind string; metadata ObjectMeta
          immutable bool ?; data {bytes}; stringData {string}; type string =Opaque
        Namespace
          apiVersion string; kind string; metadata ObjectMeta; spec NamespaceSpec; status NamespaceStatus
        NamespaceSpec
          finalizers [string]
        NamespaceStatus
          phase string; conditions [Condition]map:type
        ServiceAccount
          apiVersion string; kind string; metadata ObjectMeta
          secrets [ObjectReference]map:name; imagePullSecrets [LocalObjectReference]; automountServiceAccountToken bool ?
        Lease
          apiVersion string; kind string; metadata ObjectMeta; spec LeaseSpec
        LeaseSpec
          holderIdentity string ?; leaseDurationSeconds int32 ?; acquireTime microTime; renewTime microTime
          leaseTransitions int32 ?; strategy string ?; preferredHolder string ?
        Event
          apiVersion string; kind string; metadata ObjectMeta; involvedObject ObjectReference
          reason string; message string; source EventSource; firstTimestamp time !; lastTimestamp time !; count int32
          type string; eventTime microTime !; series EventSeries ?; action string; related ObjectReference ?
          reportingComponent string !; reportingInstance string !
        EventSource
          component string; host string
        EventSeries
          count int32; lastObservedTime microTime
        EventsEvent
          apiVersion string; kind string; metadata ObjectMeta; eventTime microTime !; series EventsEventSeries ?
          reportingController string; reportingInstance string; action string; reason string
          regarding ObjectReference; related ObjectReference ?; note string; type string
          deprecatedSource EventSource; deprecatedFirstTimestamp time !; deprecatedLastTimestamp time !; deprecatedCount int32
        EventsEventSeries
          count int32 !; lastObservedTime microTime !
        Node
          apiVersion string; kind string; metadata ObjectMeta; spec NodeSpec; status NodeStatus
        NodeSpec
          podCIDR string; podCIDRs [string]set; providerID string; unschedulable bool; taints [Taint]; configSource any
          externalID string
        Taint
          key string !; value string; effect string !; timeAdded time
        NodeStatus
          capacity {quantity}; allocatable {quantity}; phase string; conditions [Condition]map:type
          addresses [NodeAddress]map:type; daemonEndpoints NodeDaemonEndpoints; nodeInfo NodeSystemInfo; images [any]
          volumesInUse [string]; volumesAttached [any]; config any; runtimeHandlers [any]; features any
        NodeAddress
          type string !; address string !
        NodeDaemonEndpoints
          kubeletEndpoint DaemonEndpoint
        DaemonEndpoint
          Port int32 !
        NodeSystemInfo
          machineID string !; systemUUID string !; bootID string !; kernelVersion string !; osImage string !
          containerRuntimeVersion string !; kubeletVersion string !; kubeProxyVersion string !; operatingSystem string !
          architecture string !; swap any
        Service
          apiVersion string; kind string; metadata ObjectMeta; spec ServiceSpec; status ServiceStatus
        ServiceSpec
          ports [ServicePort]map:port,protocol/port; selector {string}@; clusterIP string; clusterIPs [string]; type string =ClusterIP
          externalIPs [string]; sessionAffinity string =None; loadBalancerIP string; loadBalancerSourceRanges [string]
          externalName string; externalTrafficPolicy string; healthCheckNodePort int32; publishNotReadyAddresses bool
          sessionAffinityConfig any; ipFamilies [string]; ipFamilyPolicy string ?; allocateLoadBalancerNodePorts bool ?
          loadBalancerClass string ?; internalTrafficPolicy string ?; trafficDistribution string ?
        ServicePort
          name string; protocol string =TCP; appProtocol string ?; port int32 ! *; targetPort intOrString; nodePort int32
        ServiceStatus
          loadBalancer LoadBalancerStatus; conditions [Condition]map:type
        LoadBalancerStatus
          ingress [any]
        Endpoints
          apiVersion string; kind string; metadata ObjectMeta; subsets [any]
        PersistentVolumeClaim
          apiVersion string; kind string; metadata ObjectMeta; spec any; status any
        PodTemplate
          apiVersion string; kind string; metadata ObjectMeta; template PodTemplateSpec
        PodTemplateSpec
          metadata ObjectMeta; spec PodSpec
        Pod
          apiVersion string; kind string; metadata ObjectMeta; spec PodSpec; status PodStatus
        PodStatus
          observedGeneration int64; phase string; conditions [PodCondition]map:type; message string
          reason string; nominatedNodeName string; hostIP string; hostIPs [any]; podIP string; podIPs [any]; startTime time
          initContainerStatuses [any]; containerStatuses [any]; qosClass string; ephemeralContainerStatuses [any]; resize string
          resourceClaimStatuses [any]
        PodCondition
          type string !; observedGeneration int64; status string !; lastProbeTime time !; lastTransitionTime time !
          reason string; message string
        PodSpec
          volumes [Volume]map:name; initContainers [Container]map:name; containers [Container]map:name !
          ephemeralContainers [any]; restartPolicy string =Always; terminationGracePeriodSeconds int64 ? =30
          activeDeadlineSeconds int64 ?; dnsPolicy string =ClusterFirst; nodeSelector {string}@; serviceAccountName string
          serviceAccount string; automountServiceAccountToken bool ?; nodeName string; hostNetwork bool; hostPID bool; hostIPC bool
          shareProcessNamespace bool ?; securityContext PodSecurityContext ? ={}; imagePullSecrets [LocalObjectReference]map:name
          hostname string; subdomain string; affinity Affinity ?; schedulerName string =default-scheduler
          tolerations [Toleration]; hostAliases [HostAlias]map:ip; priorityClassName string; priority int32 ?; dnsConfig any
          readinessGates [any]; runtimeClassName string ?; enableServiceLinks bool ?; preemptionPolicy string ?
          overhead {quantity}; topologySpreadConstraints [TopologySpreadConstraint]map:topologyKey,whenUnsatisfiable/topologyKey
          setHostnameAsFQDN bool ?; os any; hostUsers bool ?; schedulingGates [any]; resourceClaims [any]; resources any
        Affinity
          nodeAffinity any; podAffinity any; podAntiAffinity any
        Toleration
          key string; operator string; value string; effect string; tolerationSeconds int64 ?
        HostAlias
          ip string !; hostnames [string]
        TopologySpreadConstraint
          maxSkew int32 !; topologyKey string !; whenUnsatisfiable string !; labelSelector LabelSelector ?; minDomains int32 ?
          nodeAffinityPolicy string ?; nodeTaintsPolicy string ?; matchLabelKeys [string]
        PodSecurityContext
          seLinuxOptions any; windowsOptions any; runAsUser int64 ?; runAsGroup int64 ?; runAsNonRoot bool ?
          supplementalGroups [int64]; supplementalGroupsPolicy string ?; fsGroup int64 ?; sysctls [any]
          fsGroupChangePolicy string ?; seccompProfile any; appArmorProfile any; seLinuxChangePolicy string ?
        Container
          name string !; image string; command [string]; args [string]; workingDir string
          ports [ContainerPort]map:containerPort,protocol/containerPort; envFrom [EnvFromSource]; env [EnvVar]map:name
          resources ResourceRequirements; resizePolicy [any]; restartPolicy string ?; restartPolicyRules [any]
          volumeMounts [VolumeMount]map:mountPath; volumeDevices [VolumeDevice]map:devicePath
          livenessProbe Probe ?; readinessProbe Probe ?; startupProbe Probe ?; lifecycle Lifecycle ?
          terminationMessagePath string =/dev/termination-log; terminationMessagePolicy string =File
          imagePullPolicy string; securityContext SecurityContext ?; stdin bool; stdinOnce bool; tty bool
        ContainerPort
          name string; hostPort int32; containerPort int32 ! *; protocol string =TCP; hostIP string
        EnvFromSource
          prefix string; configMapRef any; secretRef any
        EnvVar
          name string ! *; value string; valueFrom EnvVarSource ?
        EnvVarSource
          fieldRef ObjectFieldSelector ?; resourceFieldRef any; configMapKeyRef KeySelector ?; secretKeyRef KeySelector ?
          fileKeyRef any
        ObjectFieldSelector @
          apiVersion string =v1; fieldPath string !
        KeySelector @
          name string; key string !; optional bool ?
        ResourceRequirements
          limits {quantity}; requests {quantity}; claims [ResourceClaim]map:name
        ResourceClaim
          name string !; request string
        VolumeMount
          name string !; readOnly bool; recursiveReadOnly string ?; mountPath string !; subPath string
          mountPropagation string ?; subPathExpr string
        VolumeDevice
          name string !; devicePath string !
        Probe
          exec ExecAction ?; httpGet HTTPGetAction ?; tcpSocket SocketAction ?; grpc GRPCAction ?; initialDelaySeconds int32; timeoutSeconds int32 =1
          periodSeconds int32 =10; successThreshold int32 =1; failureThreshold int32 =3; terminationGracePeriodSeconds int64 ?
        HTTPGetAction
          path string =/; port intOrString !; host string; scheme string =HTTP; httpHeaders [any]
        SecurityContext
          capabilities any; privileged bool ?; seLinuxOptions any; windowsOptions any; runAsUser int64 ?; runAsGroup int64 ?
          runAsNonRoot bool ?; readOnlyRootFilesystem bool ?; allowPrivilegeEscalation bool ?; procMount string ?
          seccompProfile any; appArmorProfile any
        Volume
          name string ! *; hostPath HostPathVolumeSource ?; emptyDir EmptyDirVolumeSource ?; secret SecretVolumeSource ?
          configMap ConfigMapVolumeSource ?; persistentVolumeClaim ClaimVolumeSource ?
          downwardAPI DownwardVolumeSource ?; projected ProjectedVolumeSource ?; nfs any
          csi any; ephemeral any; iscsi any; gcePersistentDisk any; awsElasticBlockStore any; azureDisk any; azureFile any
          cephfs any; cinder any; fc any; flexVolume any; flocker any; gitRepo any; glusterfs any; photonPersistentDisk any
          portworxVolume any; quobyte any; rbd any; scaleIO any; storageos any; vsphereVolume any; image any
        HostPathVolumeSource
          path string !; type string ? =
        ClaimVolumeSource
          claimName string !; readOnly bool
        DownwardVolumeSource
          items [DownwardFile]; defaultMode int32 ? =420
        DownwardFile
          path string !; fieldRef ObjectFieldSelector ?; resourceFieldRef any; mode int32 ?
        TokenProjection
          audience string; expirationSeconds int64 ? =3600; path string !
        DownwardProjection
          items [DownwardFile]
        SecretProjection
          name string; items [KeyToPath]; optional bool ?
        VolumeProjection
          secret SecretProjection ?; downwardAPI DownwardProjection ?; configMap SecretProjection ?
          serviceAccountToken TokenProjection ?; clusterTrustBundle any; podCertificate any
        ExecAction
          command [string]
        SocketAction
          port intOrString !; host string
        GRPCAction
          port int32 !; service string ? =
        SleepAction
          seconds int64 !
        LifecycleHandler
          exec ExecAction ?; httpGet HTTPGetAction ?; tcpSocket SocketAction ?; sleep SleepAction ?
        Lifecycle
          postStart LifecycleHandler ?; preStop LifecycleHandler ?; stopSignal string ?
        EmptyDirVolumeSource
          medium string; sizeLimit quantity ?
        SecretVolumeSource
          secretName string; items [KeyToPath]; defaultMode int32 ? =420; optional bool ?
        ConfigMapVolumeSource
          name string; items [KeyToPath]; defaultMode int32 ? =420; optional bool ?
        ProjectedVolumeSource
          sources [VolumeProjection] !; defaultMode int32 ? =420
        KeyToPath
          key string !; path string !; mode int32 ?
        Deployment
          apiVersion string; kind string; metadata ObjectMeta; spec DeploymentSpec; status DeploymentStatus
        DeploymentSpec
          replicas int32 ? =1; selector LabelSelector ? ; template PodTemplateSpec; strategy DeploymentStrategy
          minReadySeconds int32; revisionHistoryLimit int32 ? =10; paused bool; progressDeadlineSeconds int32 ? =600
        DeploymentStrategy
          type string =RollingUpdate; rollingUpdate RollingUpdateDeployment ?
        RollingUpdateDeployment
          maxUnavailable intOrString ?; maxSurge intOrString ?
        DeploymentStatus
          observedGeneration int64; replicas int32; updatedReplicas int32; readyReplicas int32; availableReplicas int32
          unavailableReplicas int32; terminatingReplicas int32 ?; conditions [Condition]map:type; collisionCount int32 ?
        DaemonSet
          apiVersion string; kind string; metadata ObjectMeta; spec DaemonSetSpec; status DaemonSetStatus
        DaemonSetSpec
          selector LabelSelector ?; template PodTemplateSpec; updateStrategy any; minReadySeconds int32
          revisionHistoryLimit int32 ? =10
        DaemonSetStatus
          currentNumberScheduled int32 !; numberMisscheduled int32 !; desiredNumberScheduled int32 !; numberReady int32 !
          observedGeneration int64; updatedNumberScheduled int32; numberAvailable int32; numberUnavailable int32
          collisionCount int32 ?; conditions [Condition]map:type
        StatefulSet
          apiVersion string; kind string; metadata ObjectMeta; spec StatefulSetSpec; status any
        StatefulSetSpec
          replicas int32 ? =1; selector LabelSelector ?; template PodTemplateSpec; volumeClaimTemplates [any]; serviceName string
          podManagementPolicy string =OrderedReady; updateStrategy any; revisionHistoryLimit int32 ? =10; minReadySeconds int32
          persistentVolumeClaimRetentionPolicy any; ordinals any
        ReplicaSet
          apiVersion string; kind string; metadata ObjectMeta; spec ReplicaSetSpec; status any
        ReplicaSetSpec
          replicas int32 ? =1; minReadySeconds int32; selector LabelSelector ?; template PodTemplateSpec
        Role
          apiVersion string; kind string; metadata ObjectMeta; rules [PolicyRule] !
        ClusterRole
          apiVersion string; kind string; metadata ObjectMeta; rules [PolicyRule] !; aggregationRule any
        PolicyRule
          verbs [string] !; apiGroups [string]; resources [string]; resourceNames [string]; nonResourceURLs [string]
        RoleBinding
          apiVersion string; kind string; metadata ObjectMeta; subjects [Subject]; roleRef RoleRef
        ClusterRoleBinding
          apiVersion string; kind string; metadata ObjectMeta; subjects [Subject]; roleRef RoleRef
        Subject
          kind string !; apiGroup string; name string !; namespace string
        RoleRef @
          apiGroup string !; kind string !; name string !
        SelfSubjectAccessReview
          apiVersion string; kind string; metadata ObjectMeta; spec AccessReviewSpec; status AccessReviewStatus
        SubjectAccessReview
          apiVersion string; kind string; metadata ObjectMeta; spec AccessReviewSpec; status AccessReviewStatus
        AccessReviewSpec
          resourceAttributes ResourceAttributes ?; nonResourceAttributes NonResourceAttributes ?; user string; groups [string]
          extra any; uid string
        ResourceAttributes
          namespace string; verb string; group string; version string; resource string; subresource string; name string
          fieldSelector any; labelSelector any
        NonResourceAttributes
          path string; verb string
        AccessReviewStatus
          allowed bool !; denied bool; reason string; evaluationError string
        SelfSubjectRulesReview
          apiVersion string; kind string; metadata ObjectMeta; spec RulesReviewSpec; status RulesReviewStatus
        RulesReviewSpec
          namespace string
        RulesReviewStatus
          resourceRules [any] !; nonResourceRules [any] !; incomplete bool !; evaluationError string
        SelfSubjectReview
          apiVersion string; kind string; metadata ObjectMeta; status any
        TokenReview
          apiVersion string; kind string; metadata ObjectMeta; spec TokenReviewSpec; status any
        TokenReviewSpec
          token string; audiences [string]
        Plain
          apiVersion string; kind string; metadata ObjectMeta; spec any; status any
        Loose
          apiVersion string; kind string; metadata ObjectMeta; spec any; status any; data any; webhooks [any]
          provisioner string; parameters {string}; reclaimPolicy string; mountOptions [string]; allowVolumeExpansion bool ?
          volumeBindingMode string; allowedTopologies [any]; value int32; globalDefault bool; description string
          preemptionPolicy string; endpoints [any]; addressType string; ports [any]; handler string; overhead any; scheduling any
        Scale
          apiVersion string; kind string; metadata ObjectMeta; spec ScaleSpec; status ScaleStatus
        ScaleSpec
          replicas int32
        ScaleStatus
          replicas int32 !; selector string
        CustomResourceDefinition
          apiVersion string; kind string; metadata ObjectMeta; spec CustomResourceDefinitionSpec
          status CustomResourceDefinitionStatus
        CustomResourceDefinitionSpec
          group string ! *; names CustomResourceDefinitionNames; scope string ! *
          versions [CustomResourceDefinitionVersion] !; conversion CustomResourceConversion ?; preserveUnknownFields bool
        CustomResourceDefinitionNames
          plural string !; singular string; shortNames [string]; kind string !; listKind string; categories [string]
        CustomResourceConversion
          strategy string !; webhook any
        CustomResourceDefinitionVersion
          name string ! *; served bool !; storage bool !; deprecated bool; deprecationWarning string ?
          schema CustomResourceValidation ?; subresources CustomResourceSubresources ?
          additionalPrinterColumns [CustomResourceColumn]; selectableFields [SelectableField]
        CustomResourceValidation
          openAPIV3Schema any
        CustomResourceSubresources
          status any; scale CustomResourceScale ?
        CustomResourceScale
          specReplicasPath string !; statusReplicasPath string !; labelSelectorPath string ?
        CustomResourceColumn
          name string !; type string !; format string; description string; priority int32; jsonPath string !
        SelectableField
          jsonPath string !
        CustomResourceDefinitionStatus
          conditions [Condition]map:type !; acceptedNames CustomResourceDefinitionNames; storedVersions [string] !
          observedGeneration int64
        APIService
          apiVersion string; kind string; metadata ObjectMeta; spec APIServiceSpec; status APIServiceStatus
        APIServiceSpec
          service any; group string; version string; insecureSkipTLSVerify bool; caBundle bytes
          groupPriorityMinimum int32 !; versionPriority int32 !
        APIServiceStatus
          conditions [Condition]map:type
        """
}
