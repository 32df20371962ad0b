import APIServer
import Foundation
import KubernetesModel
import StructuredValue
import Testing
import YAMLFormat

@testable import ClusterSimulator

/// Clusters whose control planes are no kubeadm's: managed by a cloud, hosted, or of another distribution. Skipped where
/// the providers' definitions are not at hand.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct ManagedProviderTests {
    /// One kind with its spec, as YAML.
    struct Part: Sendable {
        var kind: String
        var group = CAPI.infrastructure
        var spec = "{}"
        /// Where its definition is; none for what the lab has of its own.
        var folder: String?
        /// Its definition in short, of a provider whose own is not in the corpus: a version, the contract, and the fields
        /// that are required.
        var outline: (version: String, contract: String, required: [String])?
    }

    struct Provider: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var folder: String
        var controlPlane: Part
        var cluster: Part
        var pool: Part?
        /// Whether the control plane consists of Machines.
        var hasMachines = false
        var bootstrap: Part?
    }

    static let providers: [Provider] = [
        Provider(
            testDescription: "EKS",
            folder: "aws",
            controlPlane: Part(
                kind: "AWSManagedControlPlane",
                group: CAPI.controlPlane,
                spec: "{region: eu-west-1, version: v1.33.1}"
            ),
            cluster: Part(kind: "AWSManagedCluster"),
            pool: Part(
                kind: "AWSManagedMachinePool",
                spec: "{eksNodegroupName: nodes, scaling: {minSize: 1, maxSize: 5}}"
            )
        ),
        Provider(
            testDescription: "ROSA",
            folder: "aws",
            controlPlane: Part(
                kind: "ROSAControlPlane",
                group: CAPI.controlPlane,
                spec: """
                    {domainPrefix: d, rosaClusterName: r, region: eu-west-1, version: 4.18.1, versionGate: Acknowledge, channelGroup: stable,
                     rosaNetworkRef: {name: net}, rosaRoleConfigRef: {name: roles}}
                    """
            ),
            cluster: Part(kind: "ROSACluster")
        ),
        Provider(
            testDescription: "AKS",
            folder: "azure",
            controlPlane: Part(
                kind: "AzureManagedControlPlane",
                spec:
                    "{location: westeurope, resourceGroupName: g, version: v1.33.1, identityRef: {kind: AzureClusterIdentity, name: i}}"
            ),
            cluster: Part(kind: "AzureManagedCluster"),
            pool: Part(kind: "AzureManagedMachinePool", spec: "{mode: System, sku: Standard_D2s_v3}")
        ),
        Provider(
            testDescription: "AKS by ASO",
            folder: "azure",
            controlPlane: Part(kind: "AzureASOManagedControlPlane", spec: "{version: v1.33.1, resources: []}"),
            cluster: Part(kind: "AzureASOManagedCluster", spec: "{resources: []}"),
            pool: Part(kind: "AzureASOManagedMachinePool", spec: "{resources: []}")
        ),
        Provider(
            testDescription: "GKE",
            folder: "gcp",
            controlPlane: Part(
                kind: "GCPManagedControlPlane",
                spec: "{location: europe-west1, project: p, version: 1.33.1}"
            ),
            cluster: Part(kind: "GCPManagedCluster", spec: "{project: p, region: europe-west1}"),
            pool: Part(kind: "GCPManagedMachinePool", spec: "{scaling: {minCount: 1, maxCount: 5}}")
        ),
        Provider(
            testDescription: "OKE",
            folder: "oci",
            controlPlane: Part(kind: "OCIManagedControlPlane", spec: "{version: v1.33.1}"),
            cluster: Part(kind: "OCIManagedCluster", spec: "{compartmentId: c}"),
            pool: Part(kind: "OCIManagedMachinePool", spec: "{version: v1.33.1}")
        ),
        Provider(
            testDescription: "k0smotron",
            folder: "k0smotron",
            controlPlane: Part(
                kind: "K0smotronControlPlane",
                group: CAPI.controlPlane,
                spec: "{version: v1.33.1-k0s.0}"
            ),
            cluster: Part(kind: "RemoteCluster")
        ),
        Provider(
            testDescription: "k0s",
            folder: "k0smotron",
            controlPlane: Part(
                kind: "K0sControlPlane",
                group: CAPI.controlPlane,
                spec: """
                    {replicas: 1, version: v1.33.1+k0s.0, k0sConfigSpec: {},
                     machineTemplate: {infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: c1, namespace: default}}}
                    """
            ),
            cluster: Part(kind: "LabCluster", folder: ""),
            hasMachines: true,
            bootstrap: Part(kind: "K0sControllerConfig", group: CAPI.bootstrap)
        ),
        Provider(
            testDescription: "RKE2",
            folder: "rke2",
            controlPlane: Part(
                kind: "RKE2ControlPlane",
                group: CAPI.controlPlane,
                spec: """
                    {replicas: 1, version: v1.33.1+rke2r1, rolloutStrategy: {type: RollingUpdate, rollingUpdate: {maxSurge: 1}},
                     registrationMethod: internal-first, serverConfig: {}, agentConfig: {},
                     machineTemplate: {spec: {infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: LabMachineTemplate, name: c1}}}}
                    """
            ),
            cluster: Part(kind: "LabCluster", folder: ""),
            hasMachines: true,
            bootstrap: Part(kind: "RKE2Config", group: CAPI.bootstrap)
        ),
    ]

    /// Of providers whose definitions are not in the corpus.
    static let outlined: [Provider] = [
        Provider(
            testDescription: "k3s",
            folder: "",
            controlPlane: Part(
                kind: "KThreesControlPlane",
                group: CAPI.controlPlane,
                spec: """
                    {replicas: 1, version: v1.33.1+k3s1, kthreesConfigSpec: {serverConfig: {disableComponents: [traefik]}},
                     machineTemplate: {infrastructureRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: c1}}}
                    """,
                outline: ("v1beta2", "v1beta1", ["version", "machineTemplate"])
            ),
            cluster: Part(kind: "LabCluster"),
            hasMachines: true,
            bootstrap: Part(
                kind: "KThreesConfig",
                group: CAPI.bootstrap,
                outline: ("v1beta2", "v1beta1", ["serverConfig"])
            )
        ),
        Provider(
            testDescription: "Talos",
            folder: "",
            controlPlane: Part(
                kind: "TalosControlPlane",
                group: CAPI.controlPlane,
                spec: """
                    {replicas: 1, version: v1.33.1, controlPlaneConfig: {controlplane: {generateType: controlplane}},
                     infrastructureTemplate: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: c1}}
                    """,
                outline: ("v1alpha3", "v1beta1", ["version", "controlPlaneConfig", "infrastructureTemplate"])
            ),
            cluster: Part(kind: "LabCluster"),
            hasMachines: true,
            bootstrap: Part(
                kind: "TalosConfig",
                group: CAPI.bootstrap,
                outline: ("v1alpha3", "v1beta1", ["generateType"])
            )
        ),
    ]

    private static func value(_ text: String) throws -> Value {
        try YAML.values(Array(text.utf8), .lenient).first ?? [:]
    }

    private static func definition(_ part: Part, of provider: Provider) throws -> Manifest? {
        if let outline = part.outline { return definition(part, outline) }
        let folder = part.folder ?? provider.folder
        if folder.isEmpty { return nil }
        let file = ProviderTests.corpus.appending(path: "\(folder)/\(part.group)_\(part.kind.lowercased())s.yaml")
        let documents = try YAML.values(Array(String(contentsOf: file, encoding: .utf8).utf8), .lenient)
        return Manifest(try #require(documents.first { $0["kind"] == "CustomResourceDefinition" }))
    }

    private static func definition(
        _ part: Part,
        _ outline: (version: String, contract: String, required: [String])
    ) -> Manifest {
        let plural = "\(part.kind.lowercased())s"
        let open: Value = ["type": "object", "x-kubernetes-preserve-unknown-fields": true]
        var spec = open
        spec["required"] = .array(outline.required.map(Value.string))
        let schema: Value = ["type": "object", "properties": ["spec": spec, "status": open]]
        return Manifest([
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": [
                "name": .string("\(plural).\(part.group)"),
                "labels": .object(
                    Object([.init(key: "\(CAPI.core)/\(outline.contract)", value: .string(outline.version))])
                ),
            ],
            "spec": [
                "group": .string(part.group), "scope": "Namespaced",
                "names": [
                    "kind": .string(part.kind), "plural": .string(plural),
                    "singular": .string(part.kind.lowercased()),
                ],
                "versions": [
                    [
                        "name": .string(outline.version), "served": true, "storage": true,
                        "schema": ["openAPIV3Schema": schema], "subresources": ["status": [:]],
                    ]
                ],
            ],
        ])
    }

    private static func version(_ definition: Manifest?) -> String {
        let versions = definition?.spec["versions"]?.array ?? []
        return versions.first { $0["storage"] == true }?["name"]?.string ?? "v1beta2"
    }

    private static func object(_ part: Part, _ name: String, _ version: String) throws -> Value {
        [
            "apiVersion": .string("\(part.group)/\(version)"), "kind": .string(part.kind),
            "metadata": ["name": .string(name), "namespace": "default"], "spec": try value(part.spec),
        ]
    }

    private static func reference(_ part: Part, _ name: String) -> Value {
        ["apiGroup": .string(part.group), "kind": .string(part.kind), "name": .string(name)]
    }

    @Test(
        .enabled(if: ProviderTests.isAtHand, "the providers' definitions are not beside the package"),
        arguments: providers
    )
    func aClusterOfThisControlPlaneComesUp(_ provider: Provider) async throws { try await Self.comesUp(provider) }

    @Test(arguments: outlined)
    func aClusterOfAnOutlinedControlPlaneComesUp(_ provider: Provider) async throws { try await Self.comesUp(provider) }

    private static func comesUp(_ provider: Provider) async throws {
        let parts = [provider.controlPlane, provider.cluster] + [provider.pool, provider.bootstrap].compactMap { $0 }
        let definitions = try parts.map { try Self.definition($0, of: provider) }
        let versions = Dictionary(uniqueKeysWithValues: zip(parts.map(\.kind), definitions.map(Self.version)))
        try await TestLab.run(definitions: definitions.compactMap { $0 }) { lab in
            func make(_ part: Part, _ name: String) throws {
                try lab.client.create(Self.object(part, name, versions[part.kind] ?? ""))
            }
            try make(provider.controlPlane, "c1")
            try make(provider.cluster, "c1")
            if provider.hasMachines {
                try lab.client.create([
                    "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2", "kind": "LabMachineTemplate",
                    "metadata": ["name": "c1", "namespace": "default"], "spec": ["template": ["spec": [:]]],
                ])
            }
            try lab.client.create([
                "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
                "metadata": ["name": "c1", "namespace": "default"],
                "spec": [
                    "controlPlaneRef": Self.reference(provider.controlPlane, "c1"),
                    "infrastructureRef": Self.reference(provider.cluster, "c1"),
                ],
            ])
            try await lab.until("\(provider.testDescription) is available") {
                try lab.get("Cluster", "c1").isTrue("Available")
            }
            let cluster = try lab.get("Cluster", "c1")
            #expect(cluster.hasReached("controlPlaneInitialized") && cluster.status["phase"] == "Provisioned")
            #expect(cluster.spec[path: "controlPlaneEndpoint", "port"]?.int ?? 0 > 0)
            let secret = GroupVersionKind(group: "", version: "v1", kind: "Secret")
            #expect(try lab.client.find(secret, namespace: "default", name: "c1-kubeconfig") != nil)
            #expect(lab.machines.count == (provider.hasMachines ? 1 : 0))
            if let pool = provider.pool { try await Self.run(pool, provider, versions, lab) }
            try lab.client.delete(lab.kind("Cluster"), namespace: "default", name: "c1")
            try await lab.until("nothing is left") { lab.machines.isEmpty && lab.all("Cluster").isEmpty }
        }
    }

    /// A pool without bootstrap data of its own, whose controller is played here.
    private static func run(
        _ part: Part,
        _ provider: Provider,
        _ versions: [String: String],
        _ lab: TestLab
    ) async throws {
        let version = versions[part.kind] ?? ""
        try lab.client.create(try object(part, "p", version))
        try lab.client.create([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachinePool",
            "metadata": ["name": "p", "namespace": "default"],
            "spec": [
                "clusterName": "c1", "replicas": 2,
                "template": [
                    "spec": [
                        "clusterName": "c1", "version": "v1.33.1", "bootstrap": ["dataSecretName": ""],
                        "infrastructureRef": reference(part, "p"),
                    ]
                ],
            ],
        ])
        let gvk = GroupVersionKind(group: part.group, version: version, kind: part.kind)
        let owner = OwnerReference(to: try lab.get("MachinePool", "p"), isController: true).value
        try lab.client.patch(gvk, namespace: "default", name: "p", ["metadata": ["ownerReferences": [owner]]])
        try await lab.until("two instances of the pool run") {
            let pool = Manifest(try lab.client.get(gvk, namespace: "default", name: "p"))
            return pool.spec["providerIDList"]?.array?.count == 2 && pool.status["ready"] == true
        }
        for gvk in [lab.kind("MachinePool"), gvk] { try lab.client.delete(gvk, namespace: "default", name: "p") }
    }
}
