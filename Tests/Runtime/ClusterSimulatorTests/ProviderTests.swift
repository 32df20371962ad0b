import APIServer
import Foundation
import KubernetesModel
import StructuredValue
import Testing
import YAMLFormat

@testable import ClusterSimulator

/// Clusters of real providers' kinds, by the providers' own definitions. Skipped where those are not at hand.
@Suite(.timeLimit(.minutes(5)), .serialized)
struct ProviderTests {
    static let corpus = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../../shared/corpus/crds"
    )
    .standardized
    static var isAtHand: Bool { FileManager.default.fileExists(atPath: corpus.path()) }

    struct Provider: Sendable, CustomTestStringConvertible {
        var folder: String
        /// What the names of its kinds begin with.
        var prefix: String
        var machinePrefix: String?
        /// The specs, as YAML.
        var cluster = "{}"
        var machine = "{}"
        var pool: String?

        var testDescription: String { prefix }
        var clusterKind: String { "\(prefix)Cluster" }
        var machineKind: String { "\(machinePrefix ?? prefix)Machine" }
        var kinds: [String] {
            [clusterKind, machineKind, "\(machineKind)Template"] + (pool == nil ? [] : ["\(prefix)MachinePool"])
        }
    }

    static let providers: [Provider] = [
        Provider(
            folder: "aws",
            prefix: "AWS",
            machine: "{instanceType: m5.large}",
            pool: "{awsLaunchTemplate: {}, maxSize: 3, minSize: 1}"
        ),
        Provider(
            folder: "azure",
            prefix: "Azure",
            cluster: "{location: westeurope}",
            machine: "{osDisk: {osType: Linux}, vmSize: Standard_D2s_v3}",
            pool: "{location: westeurope, template: {osDisk: {osType: Linux}, vmSize: Standard_D2s_v3}}"
        ),
        Provider(
            folder: "gcp",
            prefix: "GCP",
            cluster: "{project: p, region: europe-west1}",
            machine: "{instanceType: n1-standard-2}",
            pool: "{instanceType: n1-standard-2}"
        ),
        Provider(
            folder: "hetzner",
            prefix: "Hetzner",
            machinePrefix: "HCloud",
            cluster: "{controlPlaneRegions: [fsn1], hetznerSecretRef: {name: h, key: {hcloudToken: t}}, sshKeys: {}}",
            machine: "{type: cpx31, imageName: ubuntu}"
        ),
        Provider(
            folder: "ibmcloud",
            prefix: "IBMVPC",
            cluster: "{region: eu-de, resourceGroup: g}",
            machine: "{image: {name: i}, zone: eu-de-1}"
        ),
        Provider(folder: "infrastructure-docker", prefix: "Docker", pool: "{}"),
        Provider(
            folder: "infrastructure-docker",
            prefix: "Dev",
            cluster: "{backend: {docker: {}}}",
            machine: "{backend: {docker: {}}}",
            pool: "{}"
        ),
        Provider(folder: "k0smotron", prefix: "Remote", machine: "{address: 192.0.2.1, pool: shelf}"),
        Provider(folder: "kubevirt", prefix: "Kubevirt"),
        Provider(
            folder: "linode",
            prefix: "Linode",
            cluster: "{region: nl-ams}",
            machine: "{region: nl-ams, type: g6-standard-2}"
        ),
        Provider(
            folder: "metal3",
            prefix: "Metal3",
            machine: "{image: {url: \"http://images/u.qcow2\", checksum: \"http://images/u.sum\"}}"
        ),
        Provider(
            folder: "nutanix",
            prefix: "Nutanix",
            machine: """
                {memorySize: 4Gi, systemDiskSize: 40Gi, vcpuSockets: 2, vcpusPerSocket: 1, image: {type: name, name: u}}
                """
        ),
        Provider(folder: "oci", prefix: "OCI", pool: "{}"),
        Provider(
            folder: "openstack",
            prefix: "OpenStack",
            cluster: "{identityRef: {cloudName: cloud, name: secret}}",
            machine: "{flavor: {filter: {name: m1}}, image: {filter: {name: u}}}"
        ),
        Provider(
            folder: "proxmox",
            prefix: "Proxmox",
            cluster: "{dnsServers: [192.0.2.53], ipv4Config: {addresses: [192.0.2.9], prefix: 24, gateway: 192.0.2.1}}",
            machine: "{network: {networkDevices: []}, full: true, sourceNode: host, templateID: 100}"
        ),
        Provider(
            folder: "vsphere",
            prefix: "VSphere",
            cluster: "{server: vcenter.example}",
            machine: "{template: u, network: {devices: [{networkName: lan, dhcp4: true}]}}"
        ),
    ]

    private static func values(_ text: String) throws -> [Value] { try YAML.values(Array(text.utf8), .lenient) }

    private static func definition(_ folder: String, _ group: String, _ kind: String) throws -> Manifest {
        let file = corpus.appending(path: "\(folder)/\(group)_\(kind.lowercased())s.yaml")
        let text = try String(contentsOf: file, encoding: .utf8)
        return Manifest(try #require(try values(text).first { $0["kind"] == "CustomResourceDefinition" }))
    }

    /// The version in which a kind is stored.
    private static func version(_ definition: Manifest) -> String {
        let versions = definition.spec["versions"]?.array ?? []
        return versions.first { $0["storage"] == true }?["name"]?.string ?? ""
    }

    private static func objects(_ provider: Provider, _ versions: [String: String]) throws -> [Value] {
        func object(_ kind: String, _ name: String, _ spec: Value) -> Value {
            [
                "apiVersion": .string("\(CAPI.infrastructure)/\(versions[kind] ?? "")"), "kind": .string(kind),
                "metadata": ["name": .string(name), "namespace": "default"], "spec": spec,
            ]
        }
        let machine = try values(provider.machine).first ?? [:]
        let template = "\(provider.machineKind)Template"
        func rename(_ value: Value) -> Value {
            switch value {
            case .string("LabCluster"): .string(provider.clusterKind)
            case .string("LabMachineTemplate"): .string(template)
            case .array(let items): .array(items.map(rename))
            case .object(let object): .object(Object(object.map { .init(key: $0.key, value: rename($0.value)) }))
            default: value
            }
        }
        let core = demoCluster(version: "v1.33.1", replicas: 1).filter {
            $0["apiVersion"]?.string?.hasPrefix(CAPI.infrastructure) == false
        }
        return core.map { value in
            var value = rename(value)
            if value["kind"] == "KubeadmControlPlane" { value[path: "spec", "replicas"] = 1 }
            return value
        } + [
            object(provider.clusterKind, "c1", try values(provider.cluster).first ?? [:]),
            object(template, "c1-cp", ["template": ["spec": machine]]),
            object(template, "c1-md-0", ["template": ["spec": machine]]),
        ]
    }

    @Test(.enabled(if: isAtHand, "the providers' definitions are not beside the package"), arguments: providers)
    func aClusterOfThisProviderComesUp(_ provider: Provider) async throws {
        let definitions = try provider.kinds.map { try Self.definition(provider.folder, CAPI.infrastructure, $0) }
        let versions = Dictionary(uniqueKeysWithValues: zip(provider.kinds, definitions.map(Self.version)))
        try await TestLab.run(definitions: definitions) { lab in
            for object in try Self.objects(provider, versions) { try lab.client.create(object) }
            try await lab.until("both machines run") { lab.running(version: "v1.33.1") == 2 }
            try await lab.until("the cluster is available") { try lab.get("Cluster", "c1").isTrue("Available") }
            if let spec = provider.pool {
                try await Self.runPool(of: provider, spec, versions, lab)
            }
            try lab.client.delete(lab.kind("Cluster"), namespace: "default", name: "c1")
            try await lab.until("nothing is left") { lab.machines.isEmpty && lab.all("Cluster").isEmpty }
        }
    }

    /// A pool whose controller is played here.
    private static func runPool(
        of provider: Provider,
        _ spec: String,
        _ versions: [String: String],
        _ lab: TestLab
    ) async throws {
        let kind = "\(provider.prefix)MachinePool"
        let version = versions[kind] ?? ""
        for var object in demoPool(version: "v1.33.1") {
            if object["kind"] == "LabMachinePool" {
                object["kind"] = .string(kind)
                object["apiVersion"] = .string("\(CAPI.infrastructure)/\(version)")
                object["spec"] = try values(spec).first
            }
            if object["kind"] == "MachinePool" {
                object[path: "spec", "template", "spec", "infrastructureRef", "kind"] = .string(kind)
            }
            try lab.client.create(object)
        }
        let gvk = GroupVersionKind(group: CAPI.infrastructure, version: version, kind: kind)
        let owner = OwnerReference(to: try lab.get("MachinePool", "c1-mp-0"), isController: true).value
        let patch: Value = ["metadata": ["ownerReferences": [owner]]]
        try lab.client.patch(gvk, namespace: "default", name: "c1-mp-0", patch)
        try lab.patch("KubeadmConfig", "c1-mp-0", group: CAPI.bootstrap, patch)
        try await lab.until("three instances of the pool run") {
            let pool = Manifest(try lab.client.get(gvk, namespace: "default", name: "c1-mp-0"))
            return pool.spec["providerIDList"]?.array?.count == 3 && pool.status["ready"] == true
        }
        for (gvk, name) in [(lab.kind("MachinePool"), "c1-mp-0"), (gvk, "c1-mp-0")] {
            try lab.client.delete(gvk, namespace: "default", name: name)
        }
    }
}
