import APIServer
package import KubernetesModel
import StructuredValue

/// The lab's own infrastructure provider: machines that cost nothing.
let labDefinitions: [CompactDefinition] = [
    kind(
        "LabCluster",
        "labclusters",
        [.text("Cluster", label), .text("Provisioned", ".status.initialization.provisioned"), .age],
        spec: ["controlPlaneEndpoint": endpoint, "failureDomains": failureDomains]
    ),
    kind("LabClusterTemplate", "labclustertemplates", [.age], spec: [:], hasStatus: false),
    kind(
        "LabMachine",
        "labmachines",
        [
            .text("Cluster", label), .text("Size", ".spec.size"), .text("Provider ID", ".spec.providerID"),
            .text("Provisioned", ".status.initialization.provisioned"), .age,
        ],
        spec: ["size": ["type": "string"], "providerID": ["type": "string"], "failureDomain": ["type": "string"]]
    ),
    kind(
        "LabMachineTemplate",
        "labmachinetemplates",
        [.text("Size", ".spec.template.spec.size"), .age],
        spec: [:],
        hasStatus: false
    ),
    kind(
        "LabMachinePool",
        "labmachinepools",
        [
            .text("Cluster", label), .text("Size", ".spec.template.size"), .count("Replicas", ".status.replicas"),
            .text("Ready", ".status.ready"), .age,
        ],
        spec: ["size": ["type": "string"], "providerIDList": ["type": "array", "items": ["type": "string"]]]
    ),
    kind("LabMachinePoolTemplate", "labmachinepooltemplates", [.age], spec: [:], hasStatus: false),
]

/// What a management cluster of the lab serves: what it is given, and of the built-in definitions what is missing there.
package func allDefinitions(given: [Manifest]) -> [Manifest] {
    let given = given.filter { $0.kind == "CustomResourceDefinition" }
    let names = Set(given.map(\.name))
    let builtIn = (coreDefinitions + labDefinitions).filter { !names.contains($0.name) }.map(\.manifest)
    return (given + builtIn).map { definition in
        var definition = definition
        // Nobody answers conversion webhooks in the lab; what Cluster API's own would do, its server does.
        definition.value[path: "spec", "conversion"] = ["strategy": "None"]
        definition.setAnnotation(APIServer.conversionAnnotation, "ClusterAPI")
        definition.value["status"] = nil
        return definition
    }
}

private let label = #".metadata.labels['cluster\.x-k8s\.io/cluster-name']"#
private let endpoint: Value = [
    "type": "object", "properties": ["host": ["type": "string"], "port": ["type": "integer", "format": "int32"]],
]
private let failureDomains: Value = [
    "type": "array",
    "items": [
        "type": "object", "required": ["name"],
        "properties": ["name": ["type": "string"], "controlPlane": ["type": "boolean"]],
    ],
]

private func kind(
    _ name: String,
    _ plural: String,
    _ columns: [CompactDefinition.Column],
    spec: Value,
    hasStatus: Bool = true
) -> CompactDefinition {
    CompactDefinition(
        group: "infrastructure.cluster.x-k8s.io",
        kind: name,
        plural: plural,
        versions: [("v1beta2", columns)],
        spec: spec,
        hasStatus: hasStatus,
        contract: ["cluster.x-k8s.io/v1beta2": "v1beta2"]
    )
}
