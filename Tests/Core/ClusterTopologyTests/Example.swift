import ClusterTopology
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// A small class with one deployment class, and a Cluster of it; tests change what they are about.
enum Example {
    static let templates = """
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: TestClusterTemplate
        metadata: {name: infra, namespace: org}
        spec: {template: {spec: {zone: a}}}
        ---
        apiVersion: controlplane.cluster.x-k8s.io/v1beta2
        kind: KubeadmControlPlaneTemplate
        metadata: {name: control, namespace: org}
        spec: {template: {spec: {kubeadmConfigSpec: {}}}}
        ---
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: TestMachineTemplate
        metadata: {name: machines, namespace: org, labels: {tool: x}}
        spec: {template: {spec: {size: small}}}
        ---
        apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
        kind: KubeadmConfigTemplate
        metadata: {name: boot, namespace: org}
        spec: {template: {spec: {files: []}}}
        """

    static func classText(variables: String = "[]", patches: String = "[]", more: String = "") -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: ClusterClass
        metadata: {name: quick, namespace: org}
        spec:
          infrastructure:
            templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestClusterTemplate, name: infra}
          controlPlane:
            templateRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, name: control}
            machineInfrastructure:
              templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestMachineTemplate, name: machines}
          workers:
            machineDeployments:
            - class: worker
              bootstrap:
                templateRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, name: boot}
              infrastructure:
                templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestMachineTemplate, name: machines}
          variables: \(variables)
          patches: \(patches)
        \(more)
        """
    }

    static func clusterText(version: String = "v1.34.0", topology: String = "", name: String = "c1") -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: Cluster
        metadata: {name: \(name), namespace: org}
        spec:
          topology:
            classRef: {name: quick}
            version: \(version)
            controlPlane: {replicas: 3}
            workers: {machineDeployments: [{class: worker, name: a, replicas: 1}, {class: worker, name: b, replicas: 1}]}
        \(topology)
        """
    }

    static func input(_ texts: String...) throws -> TopologyInput {
        let documents = YAML.documents(([templates] + texts).joined(separator: "\n---\n"), file: "class.yaml")
        return TopologyInput(
            try documents.map { Manifest(try $0.content.get(), origin: Origin(position: $0.position)) }
        )
    }

    static func expand(_ classText: String, _ clusterText: String, options: TopologyOptions = TopologyOptions()) throws
        -> TopologyExpansion
    {
        guard let expansion = try input(classText, clusterText).expand(options: options).first else {
            throw RejectedSource([])
        }
        return expansion
    }

    /// A patch of the infrastructure cluster with these operations, as a flow list.
    static func patch(_ operations: String, enabledIf: String = "") -> String {
        """
        [{name: p1, \(enabledIf.isEmpty ? "" : "enabledIf: \"\(enabledIf)\", ")definitions: [{selector: {apiVersion: \
        infrastructure.cluster.x-k8s.io/v1beta2, kind: TestClusterTemplate, matchResources: {infrastructureCluster: true}}, \
        jsonPatches: \(operations)}]}]
        """
    }
}
