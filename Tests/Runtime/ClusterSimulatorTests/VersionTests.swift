import APIServer
import KubernetesModel
import StructuredValue
import Testing
import YAMLFormat

@testable import ClusterSimulator

/// Manifests of older quick starts, in v1beta1, on a lab that stores v1beta2.
@Suite(.timeLimit(.minutes(2))) struct VersionTests {
    private static let quickStart = """
        apiVersion: cluster.x-k8s.io/v1beta1
        kind: Cluster
        metadata: {name: c1, namespace: default}
        spec:
          clusterNetwork: {pods: {cidrBlocks: [192.168.0.0/16]}, serviceDomain: cluster.local}
          controlPlaneRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta1, kind: KubeadmControlPlane, name: c1, namespace: default}
          infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabCluster, name: c1, namespace: default}
        ---
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: LabCluster
        metadata: {name: c1, namespace: default}
        ---
        apiVersion: controlplane.cluster.x-k8s.io/v1beta1
        kind: KubeadmControlPlane
        metadata: {name: c1, namespace: default}
        spec:
          replicas: 1
          version: v1.31.0
          rolloutStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}}
          machineTemplate:
            nodeDrainTimeout: 5m
            infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: c1}
          kubeadmConfigSpec:
            clusterConfiguration:
              apiServer: {certSANs: [localhost], extraArgs: {audit-log-maxage: "30"}, timeoutForControlPlane: 4m}
            initConfiguration: {nodeRegistration: {kubeletExtraArgs: {eviction-hard: nodefs.available<0%}}}
        ---
        apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
        kind: LabMachineTemplate
        metadata: {name: c1, namespace: default}
        spec: {template: {spec: {size: medium}}}
        ---
        apiVersion: bootstrap.cluster.x-k8s.io/v1beta1
        kind: KubeadmConfigTemplate
        metadata: {name: c1, namespace: default}
        spec: {template: {spec: {joinConfiguration: {nodeRegistration: {kubeletExtraArgs: {eviction-hard: nodefs.available<0%}}}}}}
        ---
        apiVersion: cluster.x-k8s.io/v1beta1
        kind: MachineDeployment
        metadata: {name: c1-md-0, namespace: default}
        spec:
          clusterName: c1
          replicas: 2
          minReadySeconds: 0
          strategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1, maxUnavailable: 0, deletePolicy: Oldest}}
          selector: {matchLabels: {pool: md-0}}
          template:
            metadata: {labels: {pool: md-0}}
            spec:
              clusterName: c1
              version: v1.31.0
              nodeDrainTimeout: 90s
              bootstrap:
                configRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta1, kind: KubeadmConfigTemplate, name: c1}
              infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: c1}
        """

    private static func objects(_ text: String) throws -> [Value] { try YAML.values(Array(text.utf8), .lenient) }

    private static func old(_ kind: String, group: String = CAPI.core) -> GroupVersionKind {
        GroupVersionKind(group: group, version: "v1beta1", kind: kind)
    }

    @Test func aClusterOfTheOldVersionComesUpAndIsReadInBoth() async throws {
        try await TestLab.run { lab in
            for object in try Self.objects(Self.quickStart) { try lab.client.create(object) }
            try await lab.until("all machines run") { lab.running(version: "v1.31.0") == 3 }
            try await lab.until("the cluster is available") { try lab.get("Cluster", "c1").isTrue("Available") }

            let cluster = try lab.get("Cluster", "c1")
            #expect(
                cluster.spec["controlPlaneRef"] == [
                    "apiGroup": .string(CAPI.controlPlane), "kind": "KubeadmControlPlane", "name": "c1",
                ]
            )
            let deployment = try lab.get("MachineDeployment", "c1-md-0")
            #expect(deployment.spec[path: "deletion", "order"] == "Oldest")
            #expect(deployment.spec[path: "template", "spec", "deletion", "nodeDrainTimeoutSeconds"] == 90)
            let machine = try #require(lab.machines.first { $0.label("pool") == "md-0" })
            #expect(machine.spec[path: "deletion", "nodeDrainTimeoutSeconds"] == 90)

            let older = Manifest(try lab.client.get(Self.old("Cluster"), namespace: "default", name: "c1"))
            #expect(older.apiVersion == "cluster.x-k8s.io/v1beta1")
            #expect(older.status["infrastructureReady"] == true && older.status["controlPlaneReady"] == true)
            #expect(older.spec[path: "controlPlaneRef", "apiVersion"] == "controlplane.cluster.x-k8s.io/v1beta2")
            #expect(older.spec[path: "infrastructureRef", "namespace"] == "default")
            #expect(older.status[path: "v1beta2", "conditions"]?.array?.contains { $0["type"] == "Available" } == true)
            let olderMachine = Manifest(
                try lab.client.get(Self.old("Machine"), namespace: "default", name: machine.name)
            )
            #expect(olderMachine.spec["nodeDrainTimeout"] == "1m30s")
            #expect(olderMachine.status[path: "nodeRef", "kind"] == "Node")
            let control = Manifest(
                try lab.client.get(
                    Self.old("KubeadmControlPlane", group: CAPI.controlPlane),
                    namespace: "default",
                    name: "c1"
                )
            )
            #expect(control.status["ready"] == true && control.status["initialized"] == true)
            #expect(
                control.spec[path: "kubeadmConfigSpec", "clusterConfiguration", "apiServer", "extraArgs"] == [
                    "audit-log-maxage": "30"
                ]
            )
        }
    }

    @Test func aClientOfTheOldVersionTakesNothingAway() async throws {
        try await TestLab.run { lab in
            for object in demoCluster(version: "v1.33.1") { try lab.client.create(object) }
            try lab.patch(
                "MachineDeployment",
                "c1-md-0",
                [
                    "spec": [
                        "rollout": ["strategy": ["type": "OnDelete"]],
                        "template": [
                            "spec": ["taints": [["key": "a", "effect": "NoSchedule", "propagation": "Always"]]]
                        ],
                    ]
                ]
            )
            let kind = Self.old("MachineDeployment")
            var older = Manifest(try lab.client.get(kind, namespace: "default", name: "c1-md-0"))
            #expect(older.spec[path: "strategy", "type"] == "OnDelete")
            older.set("spec", "replicas", to: 1)
            try lab.client.update(older.value)
            let newer = try lab.get("MachineDeployment", "c1-md-0")
            #expect(newer.spec["replicas"] == 1)
            #expect(newer.spec[path: "rollout", "strategy", "type"] == "OnDelete")
            #expect(newer.spec[path: "template", "spec", "taints"]?.array?.count == 1)
            #expect(newer.annotation("cluster.x-k8s.io/conversion-data") == nil)
            // A patch of the old form reaches the field of the new one.
            try lab.client.patch(kind, namespace: "default", name: "c1-md-0", ["spec": ["minReadySeconds": 7]])
            #expect(try lab.get("MachineDeployment", "c1-md-0").spec[path: "template", "spec", "minReadySeconds"] == 7)
        }
    }
}
