/// A cluster with one control-plane machine, as YAML.
package func sampleCluster(_ name: String = "c1", version: String = "v1.33.1", labels: String = "{}") -> String {
    """
    apiVersion: cluster.x-k8s.io/v1beta2
    kind: Cluster
    metadata: {name: \(name), namespace: default, labels: \(labels)}
    spec:
      controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: \(name)}
      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: LabCluster, name: \(name)}
    ---
    apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
    kind: LabCluster
    metadata: {name: \(name), namespace: default}
    ---
    apiVersion: controlplane.cluster.x-k8s.io/v1beta2
    kind: KubeadmControlPlane
    metadata: {name: \(name), namespace: default}
    spec:
      replicas: 1
      version: \(version)
      machineTemplate:
        spec: {infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: LabMachineTemplate, name: \(name)}}
    ---
    apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
    kind: LabMachineTemplate
    metadata: {name: \(name), namespace: default}
    spec: {template: {spec: {size: medium}}}
    ---

    """
}

/// A pool of machines of such a cluster, as YAML.
package func samplePool(_ name: String = "p", cluster: String = "c1", replicas: Int = 3) -> String {
    """
    apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
    kind: LabMachinePool
    metadata: {name: \(name), namespace: default}
    spec: {size: small}
    ---
    apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
    kind: KubeadmConfig
    metadata: {name: \(name), namespace: default}
    spec: {joinConfiguration: {}}
    ---
    apiVersion: cluster.x-k8s.io/v1beta2
    kind: MachinePool
    metadata: {name: \(name), namespace: default}
    spec:
      clusterName: \(cluster)
      replicas: \(replicas)
      template:
        metadata: {labels: {tier: web}}
        spec:
          clusterName: \(cluster)
          version: v1.33.1
          bootstrap: {configRef: {apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfig, name: \(name)}}
          infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: LabMachinePool, name: \(name)}
    ---

    """
}
