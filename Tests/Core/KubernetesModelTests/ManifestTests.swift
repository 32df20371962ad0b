import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing

@Suite struct ManifestTests {
    @Test func readsWhatEveryObjectHas() {
        let manifest = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
            "metadata": [
                "name": "m", "namespace": "n", "labels": ["a": "b"], "finalizers": ["f"],
                "ownerReferences": [["apiVersion": "v1", "kind": "K", "name": "o", "uid": "u", "controller": true]],
            ],
            "status": ["conditions": [["type": "Ready", "status": "True"]]],
        ])
        #expect(manifest.key.description == "Machine.cluster.x-k8s.io n/m")
        #expect(manifest.groupVersionKind.apiVersion == "cluster.x-k8s.io/v1beta2")
        #expect(manifest.label("a") == "b")
        #expect(manifest.controllerReference?.uid == "u")
        #expect(manifest.isTrue("Ready"))
        #expect(!manifest.isBeingDeleted)
    }

    @Test(arguments: [("1Gi", 1_073_741_824.0), ("500m", 0.5), ("2e3", 2000), ("12", 12), ("1.5k", 1500)])
    func readsQuantities(text: String, amount: Double) {
        #expect(Quantity(text)?.amount == amount)
    }

    @Test(arguments: ["", "Gi", "1x", "1 Gi", "e3"])
    func refusesWhatIsNoQuantity(_ text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test func suggestsTheNearestName() {
        #expect(closestName(to: "eu-wset-1", in: ["eu-west-1", "us-east-1"]) == "eu-west-1")
        #expect(closestName(to: "completely", in: ["eu-west-1"]) == nil)
    }

    @Test func saysWhyANameIsInvalid() {
        #expect(ObjectNames.subdomainProblem("a.b-c") == nil)
        #expect(ObjectNames.subdomainProblem("Not A Valid Name") != nil)
        #expect(ObjectNames.labelProblem("a.b") != nil)
    }
}
