import ClusterInspection
import KubernetesModel
import StructuredValue

/// Which Cluster each object belongs to and who refers to whom, over desired and live objects.
struct ClusterRelations {
    /// The Cluster's `namespace/name`, by object.
    private var clusters: [ObjectKey: String] = [:]
    /// Live objects that refer to an object, by the object referred to.
    private var liveReferrers: [ObjectKey: [ObjectKey]] = [:]
    private var controlPlanes: [String: ObjectKey] = [:]
    private var members: [String: [ObjectKey]] = [:]

    init(desired: [Manifest], live: [ObjectKey: Manifest], inventory: Inventory) {
        var references: [ObjectKey: [ObjectKey]] = [:]
        for manifest in desired where manifest.groupKind.isClusterAPI {
            references[manifest.key, default: []] += ObjectReferences.of(manifest)
            note(manifest)
        }
        for (key, manifest) in live where key.groupKind.isClusterAPI {
            let found = ObjectReferences.of(manifest)
            references[key, default: []] += found
            for target in found { liveReferrers[target, default: []].append(key) }
            if let target = ObjectReferences.origin(of: manifest) { liveReferrers[target, default: []].append(key) }
            note(manifest)
        }
        for (key, entry) in inventory.entries where clusters[key] == nil { clusters[key] = entry.cluster }
        spread(along: references)
        for (key, cluster) in clusters {
            members[cluster, default: []].append(key)
            if key.groupKind.isControlPlane { controlPlanes[cluster] = key }
        }
    }

    /// Reads the Cluster off the object itself.
    private mutating func note(_ manifest: Manifest) {
        let key = manifest.key
        if key.groupKind == .cluster {
            clusters[key] = "\(key.namespace)/\(key.name)"
        } else if let name = manifest.label("cluster.x-k8s.io/cluster-name")
            ?? manifest.value["spec"]?["clusterName"]?.string
        {
            clusters[key] = "\(key.namespace)/\(name)"
        } else if let owner = manifest.ownerReferences.first(where: { $0.groupKind == .cluster }) {
            clusters[key] = "\(key.namespace)/\(owner.name)"
        }
    }

    /// Hands the Cluster on to what an object refers to, until nothing new is reached. Classes and what they refer to
    /// serve many clusters and belong to none.
    private mutating func spread(along references: [ObjectKey: [ObjectKey]]) {
        var open = clusters.keys.filter { $0.groupKind != .clusterClass }
        while let key = open.popLast() {
            guard let cluster = clusters[key] else { continue }
            for target in references[key] ?? []
            where target.groupKind != .clusterClass && target.groupKind.isClusterAPI && clusters[target] == nil {
                clusters[target] = cluster
                open.append(target)
            }
        }
    }

    /// The Cluster that an object belongs to, `namespace/name`.
    func cluster(of key: ObjectKey) -> String? { clusters[key] }

    func controlPlane(of cluster: String) -> ObjectKey? { controlPlanes[cluster] }

    func members(of cluster: String) -> [ObjectKey] { members[cluster] ?? [] }

    /// Live objects other than those in `except` that refer to this one.
    func referrers(to key: ObjectKey) -> [ObjectKey] { (liveReferrers[key] ?? []).sorted() }

    /// The key of a Cluster from its `namespace/name`.
    static func key(_ cluster: String) -> ObjectKey {
        let parts = cluster.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        return ObjectKey(groupKind: .cluster, namespace: String(parts.first ?? ""), name: String(parts.last ?? ""))
    }
}
