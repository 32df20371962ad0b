package import KubernetesModel
import StructuredValue

/// Which version of Cluster API's contract a provider's object follows: it decides where fields of control planes stand.
package struct ContractVersions: Sendable {
    private var lists: [String: [(contract: String, versions: [Substring])]] = [:]

    /// Known kinds whose contract is not told by the version's name.
    private static let older: Set<String> = [
        "AWSManagedControlPlane", "ROSAControlPlane", "OCIManagedControlPlane", "AzureManagedControlPlane",
        "AzureASOManagedControlPlane", "GCPManagedControlPlane", "TalosControlPlane", "KamajiControlPlane",
    ]
    private static let newer: Set<String> = ["RKE2ControlPlane"]

    /// Reads the contract labels of the CustomResourceDefinitions among the objects.
    package init(_ objects: [Manifest] = []) {
        for object in objects where object.kind == "CustomResourceDefinition" {
            let kind = object.value.text("spec", "names", "kind")
            var found: [(contract: String, versions: [Substring])] = []
            for contract in ["v1beta2", "v1beta1"] {
                if let versions = object.label("cluster.x-k8s.io/\(contract)") {
                    found.append((contract, versions.split(separator: "_")))
                }
            }
            if !found.isEmpty { lists["\(kind).\(object.value.text("spec", "group"))"] = found }
        }
    }

    /// The contract that this version of a kind follows.
    func contract(of kind: String, _ apiVersion: String) -> String {
        let version = version(of: apiVersion)
        if let known = lists["\(kind).\(group(of: apiVersion))"] {
            for entry in known where entry.versions.contains(Substring(version)) { return entry.contract }
        }
        if Self.older.contains(kind) { return "v1beta1" }
        if Self.newer.contains(kind) { return "v1beta2" }
        return version == "v1beta2" ? "v1beta2" : "v1beta1"
    }
}
