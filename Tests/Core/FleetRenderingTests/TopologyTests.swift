import FleetModel
import FleetRendering
import Foundation
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing

@Suite struct TopologyTests {
    private static let classText = """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: ClusterClass
        metadata: {name: small}
        spec:
          infrastructure: {templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabClusterTemplate, name: small}}
          controlPlane:
            templateRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, name: small}
            machineInfrastructure: {templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: small}}
          workers:
            machineDeployments:
              - class: pool
                bootstrap: {templateRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, name: small}}
                infrastructure: {templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: small}}
        ---
        {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabClusterTemplate, metadata: {name: small}, spec: {template: {spec: {}}}}
        ---
        {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, metadata: {name: small}, spec: {template: {spec: {kubeadmConfigSpec: {}}}}}
        ---
        {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, metadata: {name: small}, spec: {template: {spec: {size: small}}}}
        ---
        {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, metadata: {name: small}, spec: {template: {spec: {}}}}
        """

    private static func cluster(_ name: String, class className: String = "small") -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: Cluster
        metadata: {name: \(name), namespace: org}
        spec:
          topology:
            classRef: {name: \(className)}
            version: v1.33.1
            controlPlane: {replicas: 3}
            workers: {machineDeployments: [{class: pool, name: md-0, replicas: 2}]}
        """
    }

    private func rendering(_ spec: String, _ cluster: String) -> Rendering {
        Rendering([
            "fleets/edge/fleet.yaml": fleet(spec),
            "catalogs/demo/catalog.yaml":
                "{apiVersion: martlet.dev/v1alpha1, kind: Catalog, metadata: {name: demo}, spec: {source: {path: charts}}}",
            "catalogs/demo/classes/small.yaml": Self.classText,
            "fleets/edge/management-clusters/mc-1/c1.yaml": cluster,
        ])
    }

    @Test func aTopologyBecomesTheObjectsOfItsClass() throws {
        let state = try rendering("topology: Expand", Self.cluster("c1")).state("mc-1")
        #expect(state.diagnostics.map(\.description) == [])
        let kinds = state.objects.map(\.key.kind).sorted()
        #expect(
            kinds == [
                "Cluster", "KubeadmConfigTemplate", "KubeadmControlPlane", "LabCluster", "LabMachineTemplate",
                "LabMachineTemplate", "MachineDeployment",
            ]
        )
        let cluster = try #require(state.objects.first { $0.key.kind == "Cluster" })
        #expect(cluster.manifest.spec["topology"] == nil)
        #expect(cluster.manifest.annotation("martlet.dev/cluster-class") == "org/small")
        #expect(cluster.manifest.annotation("martlet.dev/topology")?.contains("v1.33.1") == true)
        #expect(state.objects.allSatisfy { $0.manifest.ownerReferences.isEmpty && $0.key.namespace == "org" })
        #expect(state.objects.allSatisfy { $0.source == .topology(namespace: "org", cluster: "c1") })
        #expect(cluster.manifest.origin?.position.file == "fleets/edge/management-clusters/mc-1/c1.yaml")
        #expect(cluster.manifest.origin?.trail.first?.file == "catalogs/demo/classes/small.yaml")
    }

    @Test func passthroughBringsTheClassAlong() throws {
        let state = try rendering("topology: Passthrough", Self.cluster("c1")).state("mc-1")
        #expect(state.diagnostics.map(\.description) == [])
        #expect(
            state.objects.map(\.key.kind).sorted() == [
                "Cluster", "ClusterClass", "KubeadmConfigTemplate", "KubeadmControlPlaneTemplate", "LabClusterTemplate",
                "LabMachineTemplate",
            ]
        )
        #expect(state.objects.first { $0.key.kind == "Cluster" }?.manifest.spec["topology"] != nil)
    }

    @Test func anUnknownClassIsADiagnostic() throws {
        let state = try rendering("topology: Expand", Self.cluster("c1", class: "smal")).state("mc-1")
        #expect(!state.isComplete)
        #expect(state.diagnostics.map(\.code) == ["topology-class-missing"])
    }
}
