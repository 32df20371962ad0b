package import KubernetesModel

/// The objects of a management cluster, arranged so that those of one Cluster are found without looking at all.
///
/// Made once for many Clusters: the cost is one look at every object.
package struct LiveClusterObjects: Sendable {
    private let objects: [ObjectKey: Manifest]
    /// MachineDeployments, MachinePools and Machines, by the Cluster's namespace and name.
    private var members: [Place: [Manifest]] = [:]

    private struct Place: Hashable, Sendable {
        var namespace: String
        var cluster: String
    }

    private static let kinds: Set<String> = ["MachineDeployment", "MachinePool", "Machine"]

    package init(_ objects: [ObjectKey: Manifest]) {
        self.objects = objects
        for (key, manifest) in objects where Self.kinds.contains(key.kind) && key.groupKind.group == "cluster.x-k8s.io"
        {
            guard let cluster = manifest.label(TopologyKey.clusterName) else { continue }
            members[Place(namespace: key.namespace, cluster: cluster), default: []].append(manifest)
        }
    }

    package init(_ manifests: [Manifest]) {
        self.init(Dictionary(manifests.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    /// The Cluster itself as it is on the server.
    package func cluster(namespace: String, name: String) -> Manifest? {
        objects[
            ObjectKey(
                groupKind: GroupKind(group: "cluster.x-k8s.io", kind: "Cluster"),
                namespace: namespace,
                name: name
            )
        ]
    }

    /// Deployments, pools and machines of a Cluster, by name.
    func members(namespace: String, cluster: String) -> [Manifest] {
        (members[Place(namespace: namespace, cluster: cluster)] ?? []).sorted { $0.name < $1.name }
    }

    func object(_ group: String, _ kind: String, namespace: String, name: String) -> Manifest? {
        objects[ObjectKey(groupKind: GroupKind(group: group, kind: kind), namespace: namespace, name: name)]
    }
}
