import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

struct NamingTests {
    private func expansion(_ naming: String, cluster: String = "c1") throws -> TopologyExpansion {
        let text = Example.classText().replacing(
            "- class: worker\n",
            with: "- class: worker\n      naming: {template: \"\(naming)\"}\n"
        )
        return try Example.expand(text, Example.clusterText(name: cluster))
    }

    @Test func templatesOfNamesAreFollowed() throws {
        #expect(
            try expansion("{{ .cluster.name }}.{{ .machineDeployment.topologyName }}")[.machineDeployment("a")]?.name
                == "c1.a"
        )
        let standard = try expansion("{{ .cluster.name }}-{{ .machineDeployment.topologyName }}-{{ .random }}")
        #expect(standard[.machineDeployment("a")]?.name.wholeMatch(of: /c1-a-[b-z24-9]{5}/) != nil)
    }

    @Test func longNamesAreCut() throws {
        let long = String(repeating: "n", count: 60)
        let name = try #require(try expansion("{{ .cluster.name }}-md", cluster: long)[.machineDeployment("a")]?.name)
        #expect(name.utf8.count == 63)
        #expect(name.hasPrefix(String(repeating: "n", count: 58)))
    }

    @Test func unknownDataIsRefused() {
        #expect(throws: TopologyRejection.self) { try expansion("{{ .cluster.nope }}") }
    }

    @Test func olderShapesAreRead() throws {
        let text = """
            apiVersion: cluster.x-k8s.io/v1beta1
            kind: ClusterClass
            metadata: {name: quick, namespace: org}
            spec:
              infrastructure: {ref: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestClusterTemplate, name: infra}}
              controlPlane:
                ref: {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, name: control}
                nodeDrainTimeout: 1m30s
              workers:
                machineDeployments:
                - class: worker
                  template:
                    bootstrap: {ref: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, name: boot}}
                    infrastructure: {ref: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestMachineTemplate, name: machines}}
                  machineHealthCheck: {maxUnhealthy: 40%, unhealthyConditions: [{type: Ready, status: Unknown, timeout: 300s}]}
                  strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, deletePolicy: Oldest}}
            """
        let cluster = """
            apiVersion: cluster.x-k8s.io/v1beta1
            kind: Cluster
            metadata: {name: c1, namespace: org}
            spec: {topology: {class: quick, version: 1.34.0, workers: {machineDeployments: [{class: worker, name: a}]}}}
            """
        let expansion = try Example.expand(text, cluster)
        let deployment = try #require(expansion[.machineDeployment("a")])
        #expect(
            deployment.spec[path: "rollout", "strategy"] == ["type": "RollingUpdate", "rollingUpdate": ["maxSurge": 1]]
        )
        #expect(deployment.spec[path: "deletion", "order"] == "Oldest")
        #expect(deployment.spec[path: "template", "spec", "version"] == "v1.34.0")
        let check = try #require(expansion[.deploymentHealthCheck("a")])
        #expect(check.spec[path: "remediation", "triggerIf", "unhealthyLessThanOrEqualTo"] == "40%")
        #expect(check.spec[path: "checks", "unhealthyNodeConditions"]?[0]?["timeoutSeconds"] == 300)
        #expect(
            expansion[.controlPlane]?.spec[path: "machineTemplate", "spec", "deletion", "nodeDrainTimeoutSeconds"] == 90
        )
    }
}
