/// Cluster API's fixed words.
enum CAPI {
    static let core = "cluster.x-k8s.io"
    static let bootstrap = "bootstrap.cluster.x-k8s.io"
    static let controlPlane = "controlplane.cluster.x-k8s.io"
    static let infrastructure = "infrastructure.cluster.x-k8s.io"

    static let clusterLabel = "cluster.x-k8s.io/cluster-name"
    static let controlPlaneLabel = "cluster.x-k8s.io/control-plane"
    static let controlPlaneNameLabel = "cluster.x-k8s.io/control-plane-name"
    static let deploymentLabel = "cluster.x-k8s.io/deployment-name"
    static let setLabel = "cluster.x-k8s.io/set-name"
    static let poolLabel = "cluster.x-k8s.io/pool-name"
    static let hashLabel = "machine-template-hash"

    static let pausedAnnotation = "cluster.x-k8s.io/paused"
    static let deleteMachineAnnotation = "cluster.x-k8s.io/delete-machine"
    static let disableCreateAnnotation = "cluster.x-k8s.io/disable-machine-create"
    static let clonedNameAnnotation = "cluster.x-k8s.io/cloned-from-name"
    static let clonedKindAnnotation = "cluster.x-k8s.io/cloned-from-groupkind"
    static let revisionAnnotation = "machinedeployment.clusters.x-k8s.io/revision"
    static let preDrainHook = "pre-drain.delete.hook.machine.cluster.x-k8s.io"
    static let preTerminateHook = "pre-terminate.delete.hook.machine.cluster.x-k8s.io"
    static let controlPlaneHook = "pre-terminate.delete.hook.machine.cluster.x-k8s.io/kcp-cleanup"
    /// On a control plane while a Machine of it is replaced.
    static let remediationAnnotation = "controlplane.cluster.x-k8s.io/remediation-in-progress"
    /// On the Machine that replaces another.
    static let remediationForAnnotation = "controlplane.cluster.x-k8s.io/remediation-for"
    static let skipPreflightAnnotation = "machineset.cluster.x-k8s.io/skip-preflight-checks"
    static let autoscalerMinimum = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size"
    static let autoscalerMaximum = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size"
    static let secretType = "cluster.x-k8s.io/secret"

    static let clusterFinalizer = "cluster.cluster.x-k8s.io"
    static let machineFinalizer = "machine.cluster.x-k8s.io"
    static let setFinalizer = "cluster.x-k8s.io/machineset"
    static let deploymentFinalizer = "cluster.x-k8s.io/machinedeployment"

    /// Where a control plane's configuration was when a Machine was made of it.
    static let configurationAnnotation = "lab.martlet.dev/configuration-hash"
    /// The address of a cluster's real server in the lab.
    static let portAnnotation = "lab.martlet.dev/api-port"
    /// The machines of a pool, with the times of their creation.
    static let instancesAnnotation = "lab.martlet.dev/instances"
    /// `Down` stops a Machine's node.
    static let nodeFault = "lab.martlet.dev/node"
    /// `REASON: message` on a Machine keeps its infrastructure from being made.
    static let provisioningFault = "lab.martlet.dev/provisioning"
    /// Which fault of a scenario set the other annotations, and its which occurrence: `NAME/0`.
    static let scenarioMark = "lab.martlet.dev/scenario"
    /// On a Cluster: which occurrences of which faults have chosen their victims.
    static let scenarioStrikes = "lab.martlet.dev/scenario-strikes"
    /// `Down` takes a cluster's API server off the network.
    static let apiFault = "lab.martlet.dev/api"
}
