import ClusterTopology
import KubernetesModel
import StructuredValue
import Testing

struct AppliedTopologyTests {
    private func applied(_ size: String, existing: [Manifest] = []) throws -> [Manifest] {
        let patches = """
            [{name: size, definitions: [{selector: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: TestMachineTemplate, \
            matchResources: {machineDeploymentClass: {names: [worker]}}}, \
            jsonPatches: [{op: replace, path: /spec/template/spec/size, value: \(size)}]}]}]
            """
        let input = try Example.input(Example.classText(patches: patches), Example.clusterText())
        let cluster = input.clusters[0]
        let classes = try input.compileClasses()
        let observed = try ObservedTopology(of: cluster, among: existing)
        let expansion = try #require(try classes["org/quick"]?.expand(cluster, observed: observed))
        return expansion.applied(observed: observed).manifests
    }

    private func names(_ kind: String, _ manifests: [Manifest]) -> [String] {
        manifests.filter { $0.kind == kind && $0.label("topology.cluster.x-k8s.io/deployment-name") != nil }.map(\.name)
    }

    @Test func theClusterGoesWithoutItsTopology() throws {
        let cluster = try #require(try applied("m").last)
        #expect(cluster.kind == "Cluster")
        #expect(cluster.spec["topology"] == nil)
        #expect(cluster.annotation(AppliedTopology.classAnnotation) == "org/quick")
        #expect(cluster.annotation(AppliedTopology.topologyAnnotation)?.contains("\"version\":\"v1.34.0\"") == true)
    }

    @Test func templatesAreNamedByContentAndReferred() throws {
        let first = try applied("m")
        #expect(try applied("m").map(\.name) == first.map(\.name))
        let second = try applied("l")
        #expect(names("TestMachineTemplate", first) != names("TestMachineTemplate", second))
        #expect(names("KubeadmConfigTemplate", first) == names("KubeadmConfigTemplate", second))
        for deployment in second.filter({ $0.kind == "MachineDeployment" }) {
            let name = deployment.spec[path: "template", "spec", "infrastructureRef", "name"]?.string ?? ""
            #expect(names("TestMachineTemplate", second).contains(name))
        }
    }

    @Test func aTemplateInUseThatSaysTheSameKeepsItsName() throws {
        var existing = try applied("m")
        // As Cluster API itself would have made them: other names, no hash, defaults of the server.
        for index in existing.indices {
            if existing[index].kind == "TestMachineTemplate" {
                existing[index].setAnnotation(AppliedTopology.specHashAnnotation, nil)
                existing[index].value[path: "spec", "template", "spec", "defaulted"] = true
                existing[index].name =
                    "old-" + (existing[index].label("topology.cluster.x-k8s.io/deployment-name") ?? "cp")
            }
            if existing[index].kind == "MachineDeployment" {
                let name = existing[index].label("topology.cluster.x-k8s.io/deployment-name") ?? ""
                existing[index].value[path: "spec", "template", "spec", "infrastructureRef", "name"] = .string(
                    "old-\(name)"
                )
            }
        }
        #expect(names("TestMachineTemplate", try applied("m", existing: existing)) == ["old-a", "old-b"])
        #expect(!names("TestMachineTemplate", try applied("l", existing: existing)).contains("old-a"))
    }
}
