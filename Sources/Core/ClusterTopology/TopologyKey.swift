/// Labels and annotations that Cluster API's topology sets and reads.
package enum TopologyKey {
    package static let clusterName = "cluster.x-k8s.io/cluster-name"
    package static let owned = "topology.cluster.x-k8s.io/owned"
    package static let deploymentName = "topology.cluster.x-k8s.io/deployment-name"
    package static let poolName = "topology.cluster.x-k8s.io/pool-name"
    package static let controlPlane = "cluster.x-k8s.io/control-plane"
    package static let clonedFromName = "cluster.x-k8s.io/cloned-from-name"
    package static let clonedFromGroupKind = "cluster.x-k8s.io/cloned-from-groupkind"
    static let deferUpgrade = "topology.cluster.x-k8s.io/defer-upgrade"
    static let holdUpgradeSequence = "topology.cluster.x-k8s.io/hold-upgrade-sequence"
    static let upgradeConcurrency = "topology.cluster.x-k8s.io/upgrade-concurrency"
    package static let upgradeStep = "topology.internal.cluster.x-k8s.io/upgrade-step"
    static let paused = "cluster.x-k8s.io/paused"
    static let conversionData = "cluster.x-k8s.io/conversion-data"
    static let lastApplied = "kubectl.kubernetes.io/last-applied-configuration"
    static let autoscalerBounds = [
        "cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size",
        "cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size",
    ]

    static let keptLabels = [clusterName, owned, deploymentName, poolName]
    static let keptAnnotations = [clonedFromName, clonedFromGroupKind]
}
