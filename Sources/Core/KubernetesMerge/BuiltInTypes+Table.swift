extension BuiltInTypes {
    /// See `BuiltInTypes` for the notation.
    static let table = """
        ObjectMeta = annotations:{s} creationTimestamp:a deletionGracePeriodSeconds:i deletionTimestamp:a
         finalizers:[s]set generateName:s generation:i labels:{s} managedFields:[*] name:s namespace:s
         ownerReferences:[OwnerReference]uid resourceVersion:s selfLink:s uid:s
        !OwnerReference = apiVersion:s blockOwnerDeletion:b controller:b kind:s name:s uid:s
        Condition = lastTransitionTime:a message:s observedGeneration:i reason:s status:s type:s lastProbeTime:a
         lastUpdateTime:a lastHeartbeatTime:a
        LocalRef = name:s
        kind v1 ConfigMap = binaryData:{s} data:{s} immutable:b
        kind v1 Secret = data:{s} immutable:b stringData:{s} type:s
        kind v1 Namespace = spec:NamespaceSpec status:NamespaceStatus
        NamespaceSpec = finalizers:[s]
        NamespaceStatus = conditions:[Condition]type phase:s
        kind v1 Node = spec:NodeSpec status:NodeStatus
        NodeSpec = configSource:* externalID:s podCIDR:s podCIDRs:[s]set providerID:s taints:[*] unschedulable:b
        NodeStatus = addresses:[NodeAddress]type allocatable:{a} capacity:{a} conditions:[Condition]type config:*
         daemonEndpoints:* declaredFeatures:[s] features:* images:[*] nodeInfo:* phase:s runtimeHandlers:[*]
         volumesAttached:[*] volumesInUse:[s]
        NodeAddress = address:s type:s
        kind v1 Event = action:s count:i eventTime:a firstTimestamp:a involvedObject:!Ref lastTimestamp:a message:s
         reason:s related:!Ref reportingComponent:s reportingInstance:s series:EventSeries source:EventSource type:s
        EventSeries = count:i lastObservedTime:a
        EventSource = component:s host:s
        kind coordination.k8s.io/v1 Lease = spec:LeaseSpec
        LeaseSpec = acquireTime:a holderIdentity:s leaseDurationSeconds:i leaseTransitions:i preferredHolder:s
         renewTime:a strategy:s
        kind v1 ServiceAccount = automountServiceAccountToken:b imagePullSecrets:[!Ref] secrets:[Ref]name
        Ref = apiVersion:s fieldPath:s kind:s name:s namespace:s resourceVersion:s uid:s
        kind v1 PodTemplate = template:PodTemplateSpec
        PodTemplateSpec = metadata:ObjectMeta spec:PodSpec
        kind v1 Pod = spec:PodSpec status:PodStatus
        PodStatus = conditions:[Condition]type containerStatuses:[*] ephemeralContainerStatuses:[*]
         extendedResourceClaimStatus:* hostIP:s hostIPs:[*]~ip initContainerStatuses:[*] message:s nominatedNodeName:s
         observedGeneration:i phase:s podIP:s podIPs:[PodIP]ip qosClass:s reason:s resize:s
         resourceClaimStatuses:[LocalRef]name startTime:a …
        PodIP = ip:s
        PodSpec = activeDeadlineSeconds:i affinity:Affinity automountServiceAccountToken:b containers:[Container]name
         dnsConfig:DNSConfig dnsPolicy:s enableServiceLinks:b ephemeralContainers:[Container]name
         hostAliases:[HostAlias]ip hostIPC:b hostNetwork:b hostPID:b hostUsers:b hostname:s hostnameOverride:s
         imagePullSecrets:[LocalRef]name initContainers:[Container]name nodeName:s nodeSelector:!{s} os:PodOS
         overhead:{a} preemptionPolicy:s priority:i priorityClassName:s readinessGates:[*]
         resourceClaims:[PodResourceClaim]name resources:ResourceRequirements restartPolicy:s runtimeClassName:s
         schedulerName:s schedulingGates:[LocalRef]name securityContext:PodSecurityContext serviceAccount:s
         serviceAccountName:s setHostnameAsFQDN:b shareProcessNamespace:b subdomain:s terminationGracePeriodSeconds:i
         tolerations:[*] topologySpreadConstraints:[TopologySpread]topologyKey+whenUnsatisfiable
         volumes:[Volume]name workloadRef:*
        PodOS = name:s
        PodResourceClaim = name:s resourceClaimName:s resourceClaimTemplateName:s
        HostAlias = hostnames:[s] ip:s
        DNSConfig = nameservers:[s] options:[*] searches:[s]
        TopologySpread = labelSelector:!Ref matchLabelKeys:[s] maxSkew:i minDomains:i nodeAffinityPolicy:s
         nodeTaintsPolicy:s topologyKey:s whenUnsatisfiable:s
        Affinity = nodeAffinity:NodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity
        NodeAffinity = preferredDuringSchedulingIgnoredDuringExecution:[*]
         requiredDuringSchedulingIgnoredDuringExecution:!Ref
        PodAffinity = preferredDuringSchedulingIgnoredDuringExecution:[*]
         requiredDuringSchedulingIgnoredDuringExecution:[*]
        PodSecurityContext = appArmorProfile:Profile fsGroup:i fsGroupChangePolicy:s runAsGroup:i runAsNonRoot:b
         runAsUser:i seLinuxChangePolicy:s seLinuxOptions:SELinux seccompProfile:Profile supplementalGroups:[i]
         supplementalGroupsPolicy:s sysctls:[*] windowsOptions:WindowsOptions
        Profile = localhostProfile:s type:s
        SELinux = level:s role:s type:s user:s
        WindowsOptions = gmsaCredentialSpec:s gmsaCredentialSpecName:s hostProcess:b runAsUserName:s
        Container = args:[s] command:[s] env:[EnvVar]name envFrom:[*] image:s imagePullPolicy:s lifecycle:Lifecycle
         livenessProbe:Probe name:s ports:[ContainerPort]containerPort+protocol readinessProbe:Probe resizePolicy:[*]
         resources:ResourceRequirements restartPolicy:s restartPolicyRules:[*] securityContext:SecurityContext
         startupProbe:Probe stdin:b stdinOnce:b targetContainerName:s terminationMessagePath:s
         terminationMessagePolicy:s tty:b volumeDevices:[VolumeDevice]devicePath volumeMounts:[VolumeMount]mountPath
         workingDir:s
        EnvVar = name:s value:s valueFrom:EnvVarSource
        EnvVarSource = configMapKeyRef:!Ref fieldRef:!Ref fileKeyRef:!Ref resourceFieldRef:!Ref secretKeyRef:!Ref
        ContainerPort = containerPort:i hostIP:s hostPort:i name:s protocol:s=TCP
        VolumeDevice = devicePath:s name:s
        VolumeMount = mountPath:s mountPropagation:s name:s readOnly:b recursiveReadOnly:s subPath:s subPathExpr:s
        ResourceRequirements = claims:[ResourceClaim]name limits:{a} requests:{a}
        ResourceClaim = name:s request:s
        SecurityContext = allowPrivilegeEscalation:b appArmorProfile:Profile capabilities:Capabilities privileged:b
         procMount:s readOnlyRootFilesystem:b runAsGroup:i runAsNonRoot:b runAsUser:i seLinuxOptions:SELinux
         seccompProfile:Profile windowsOptions:WindowsOptions
        Capabilities = add:[s] drop:[s]
        Lifecycle = postStart:LifecycleHandler preStop:LifecycleHandler stopSignal:s
        LifecycleHandler = exec:Exec httpGet:HTTPGet sleep:Sleep tcpSocket:TCPSocket
        Exec = command:[s]
        Sleep = seconds:i
        HTTPGet = host:s httpHeaders:[*] path:s port:a scheme:s
        TCPSocket = host:s port:a
        GRPC = port:i service:s
        Probe = exec:Exec failureThreshold:i grpc:GRPC httpGet:HTTPGet initialDelaySeconds:i periodSeconds:i
         successThreshold:i tcpSocket:TCPSocket terminationGracePeriodSeconds:i timeoutSeconds:i
        Volume = awsElasticBlockStore:Disk azureDisk:Disk azureFile:Disk cephfs:Disk cinder:Disk
         configMap:ConfigMapVolume csi:CSIVolume downwardAPI:ConfigMapVolume emptyDir:EmptyDir
         ephemeral:EphemeralVolume fc:Disk flexVolume:Disk flocker:Disk gcePersistentDisk:Disk gitRepo:Disk
         glusterfs:Disk hostPath:HostPath image:ImageVolume iscsi:Disk name:s nfs:NFS
         persistentVolumeClaim:ClaimVolume photonPersistentDisk:Disk portworxVolume:Disk projected:Projected
         quobyte:Disk rbd:Disk scaleIO:Disk secret:ConfigMapVolume storageos:Disk vsphereVolume:Disk
        Disk = …
        ConfigMapVolume = defaultMode:i items:[*] name:s optional:b secretName:s
        CSIVolume = driver:s fsType:s nodePublishSecretRef:!Ref readOnly:b volumeAttributes:{s}
        EmptyDir = medium:s sizeLimit:a
        EphemeralVolume = volumeClaimTemplate:ClaimTemplate
        ClaimTemplate = metadata:ObjectMeta spec:ClaimSpec
        HostPath = path:s type:s
        ImageVolume = pullPolicy:s reference:s
        NFS = path:s readOnly:b server:s
        ClaimVolume = claimName:s readOnly:b
        Projected = defaultMode:i sources:[*]
        kind v1 PersistentVolumeClaim = spec:ClaimSpec status:ClaimStatus
        ClaimSpec = accessModes:[s] dataSource:!Ref dataSourceRef:Ref resources:ResourceRequirements selector:!Ref
         storageClassName:s volumeAttributesClassName:s volumeMode:s volumeName:s
        ClaimStatus = accessModes:[s] allocatedResourceStatuses:!{s} allocatedResources:{a} capacity:{a}
         conditions:[Condition]type phase:s …
        kind v1 PersistentVolume = spec:VolumeSpec status:*
        VolumeSpec = accessModes:[s] capacity:{a} claimRef:!Ref mountOptions:[s] nodeAffinity:*
         persistentVolumeReclaimPolicy:s storageClassName:s volumeMode:s hostPath:HostPath nfs:NFS local:* csi:* …
        kind v1 Service = spec:ServiceSpec status:ServiceStatus
        ServiceSpec = allocateLoadBalancerNodePorts:b clusterIP:s clusterIPs:[s] externalIPs:[s] externalName:s
         externalTrafficPolicy:s healthCheckNodePort:i internalTrafficPolicy:s ipFamilies:[s] ipFamilyPolicy:s
         loadBalancerClass:s loadBalancerIP:s loadBalancerSourceRanges:[s] ports:[ServicePort]port+protocol
         publishNotReadyAddresses:b selector:!{s} sessionAffinity:s sessionAffinityConfig:* trafficDistribution:s
         type:s
        ServicePort = appProtocol:s name:s nodePort:i port:i protocol:s=TCP targetPort:a
        ServiceStatus = conditions:[Condition]type loadBalancer:LoadBalancerStatus
        LoadBalancerStatus = ingress:[*]
        kind v1 Endpoints = subsets:[*]
        kind v1 ReplicationController = spec:ReplicaSpec status:*
        ReplicaSpec = minReadySeconds:i replicas:i selector:!{s} template:PodTemplateSpec
        kind v1 ResourceQuota = spec:QuotaSpec status:*
        QuotaSpec = hard:{a} scopeSelector:!Ref scopes:[s]
        kind v1 LimitRange = spec:LimitRangeSpec
        LimitRangeSpec = limits:[*]
        kind apps/v1,apps/v1beta1,apps/v1beta2,extensions/v1beta1 Deployment = spec:DeploymentSpec
         status:DeploymentStatus
        DeploymentSpec = minReadySeconds:i paused:b progressDeadlineSeconds:i replicas:i revisionHistoryLimit:i
         rollbackTo:* selector:!Ref strategy:DeploymentStrategy template:PodTemplateSpec
        DeploymentStrategy = rollingUpdate:RollingUpdate type:s
        RollingUpdate = maxSurge:a maxUnavailable:a partition:i
        DeploymentStatus = availableReplicas:i collisionCount:i conditions:[Condition]type observedGeneration:i
         readyReplicas:i replicas:i terminatingReplicas:i unavailableReplicas:i updatedReplicas:i
        kind apps/v1,apps/v1beta2,extensions/v1beta1 ReplicaSet = spec:ReplicaSetSpec status:ReplicaSetStatus
        ReplicaSetSpec = minReadySeconds:i replicas:i selector:!Ref template:PodTemplateSpec
        ReplicaSetStatus = availableReplicas:i conditions:[Condition]type fullyLabeledReplicas:i observedGeneration:i
         readyReplicas:i replicas:i terminatingReplicas:i
        kind apps/v1,apps/v1beta2,extensions/v1beta1 DaemonSet = spec:DaemonSetSpec status:DaemonSetStatus
        DaemonSetSpec = minReadySeconds:i revisionHistoryLimit:i selector:!Ref template:PodTemplateSpec
         templateGeneration:i updateStrategy:DeploymentStrategy
        DaemonSetStatus = collisionCount:i conditions:[Condition]type currentNumberScheduled:i
         desiredNumberScheduled:i numberAvailable:i numberMisscheduled:i numberReady:i numberUnavailable:i
         observedGeneration:i updatedNumberScheduled:i
        kind apps/v1,apps/v1beta1,apps/v1beta2 StatefulSet = spec:StatefulSetSpec status:StatefulSetStatus
        StatefulSetSpec = minReadySeconds:i ordinals:* persistentVolumeClaimRetentionPolicy:ClaimRetention
         podManagementPolicy:s replicas:i revisionHistoryLimit:i selector:!Ref serviceName:s
         template:PodTemplateSpec updateStrategy:DeploymentStrategy volumeClaimTemplates:[*]
        ClaimRetention = whenDeleted:s whenScaled:s
        StatefulSetStatus = availableReplicas:i collisionCount:i conditions:[Condition]type currentReplicas:i
         currentRevision:s observedGeneration:i readyReplicas:i replicas:i updateRevision:s updatedReplicas:i
        kind apps/v1 ControllerRevision = data:* revision:i
        kind batch/v1 Job = spec:JobSpec status:*
        JobSpec = activeDeadlineSeconds:i backoffLimit:i backoffLimitPerIndex:i completionMode:s completions:i
         managedBy:s manualSelector:b maxFailedIndexes:i parallelism:i podFailurePolicy:* podReplacementPolicy:s
         selector:!Ref successPolicy:* suspend:b template:PodTemplateSpec ttlSecondsAfterFinished:i
        kind batch/v1,batch/v1beta1 CronJob = spec:CronJobSpec status:*
        CronJobSpec = concurrencyPolicy:s failedJobsHistoryLimit:i jobTemplate:JobTemplate schedule:s
         startingDeadlineSeconds:i successfulJobsHistoryLimit:i suspend:b timeZone:s
        JobTemplate = metadata:ObjectMeta spec:JobSpec
        kind networking.k8s.io/v1 Ingress = spec:IngressSpec status:*
        IngressSpec = defaultBackend:* ingressClassName:s rules:[*] tls:[*]
        kind networking.k8s.io/v1 IngressClass = spec:*
        kind networking.k8s.io/v1 NetworkPolicy = spec:NetworkPolicySpec
        NetworkPolicySpec = egress:[*] ingress:[*] podSelector:!Ref policyTypes:[s]
        kind policy/v1,policy/v1beta1 PodDisruptionBudget = spec:DisruptionSpec status:*
        DisruptionSpec = maxUnavailable:a minAvailable:a selector:!Ref unhealthyPodEvictionPolicy:s
        kind autoscaling/v1 Scale = spec:ScaleSpec status:ScaleStatus
        ScaleSpec = replicas:i
        ScaleStatus = replicas:i selector:s
        kind autoscaling/v2,autoscaling/v1 HorizontalPodAutoscaler = spec:AutoscalerSpec status:*
        AutoscalerSpec = behavior:* maxReplicas:i metrics:[*] minReplicas:i scaleTargetRef:!Ref
         targetCPUUtilizationPercentage:i
        kind rbac.authorization.k8s.io/v1 Role = rules:[*]
        kind rbac.authorization.k8s.io/v1 ClusterRole = aggregationRule:Aggregation rules:[*]
        Aggregation = clusterRoleSelectors:[*]
        kind rbac.authorization.k8s.io/v1 RoleBinding = roleRef:!Ref subjects:[*]
        kind rbac.authorization.k8s.io/v1 ClusterRoleBinding = roleRef:!Ref subjects:[*]
        kind storage.k8s.io/v1 StorageClass = allowVolumeExpansion:b allowedTopologies:[*] mountOptions:[s]
         parameters:{s} provisioner:s reclaimPolicy:s volumeBindingMode:s
        kind storage.k8s.io/v1 CSIDriver = spec:*
        kind scheduling.k8s.io/v1 PriorityClass = description:s globalDefault:b preemptionPolicy:s value:i
        kind node.k8s.io/v1 RuntimeClass = handler:s overhead:* scheduling:*
        kind discovery.k8s.io/v1 EndpointSlice = addressType:s endpoints:[*] ports:[*]
        kind events.k8s.io/v1 Event = action:s deprecatedCount:i deprecatedFirstTimestamp:a
         deprecatedLastTimestamp:a deprecatedSource:EventSource eventTime:a note:s reason:s regarding:!Ref
         related:!Ref reportingController:s reportingInstance:s series:EventSeries type:s
        kind admissionregistration.k8s.io/v1 ValidatingWebhookConfiguration = webhooks:[Webhook]name
        kind admissionregistration.k8s.io/v1 MutatingWebhookConfiguration = webhooks:[Webhook]name
        Webhook = admissionReviewVersions:[s] clientConfig:WebhookClient failurePolicy:s
         matchConditions:[MatchCondition]name matchPolicy:s name:s namespaceSelector:!Ref objectSelector:!Ref
         reinvocationPolicy:s rules:[*] sideEffects:s timeoutSeconds:i
        MatchCondition = expression:s name:s
        WebhookClient = caBundle:s service:WebhookService url:s
        WebhookService = name:s namespace:s path:s port:i
        kind apiregistration.k8s.io/v1 APIService = spec:APIServiceSpec status:APIServiceStatus
        APIServiceSpec = caBundle:s group:s groupPriorityMinimum:i insecureSkipTLSVerify:b service:WebhookService
         version:s versionPriority:i
        APIServiceStatus = conditions:[Condition]type
        kind apiextensions.k8s.io/v1 CustomResourceDefinition = spec:CRDSpec status:CRDStatus
        CRDSpec = conversion:CRDConversion group:s names:CRDNames preserveUnknownFields:b scope:s versions:[*]
        CRDConversion = strategy:s webhook:CRDWebhook
        CRDWebhook = clientConfig:WebhookClient conversionReviewVersions:[s]
        CRDNames = categories:[s] kind:s listKind:s plural:s shortNames:[s] singular:s
        CRDStatus = acceptedNames:CRDNames conditions:[Condition]type observedGeneration:i storedVersions:[s]
        """
}
