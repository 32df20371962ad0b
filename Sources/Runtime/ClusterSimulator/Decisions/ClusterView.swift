import KubernetesModel
import StructuredValue

/// Everything that is stored about one workload cluster, at one moment.
struct ClusterView: Sendable {
    var key: ClusterKey
    /// What belongs to the cluster in its management cluster, and what those objects speak of.
    var objects: [ObjectKey: Manifest]
    /// The Nodes of the workload cluster, by name.
    var nodes: [String: Manifest] = [:]
    /// Where the workload cluster's API server listens; nil while it does not.
    var endpoint: Endpoint?
    /// The kinds that are served: their version and contract.
    var kinds: [GroupKind: ServedKind] = [:]
    /// How many names were made after each prefix, as far as this process remembers.
    var minted: [String: Int] = [:]
    /// All Machines of the management cluster; only where a scenario counts over clusters.
    var census: [Manifest] = []
    /// The labels of the clusters of those Machines.
    var clusterLabels: [ClusterKey: [String: String]] = [:]

    struct Endpoint: Sendable, Hashable {
        var host: String
        var port: Int
    }

    /// How the simulator speaks of a kind.
    struct ServedKind: Sendable, Hashable {
        var apiVersion: String
        /// The contracts that the kind's definition names (`v1beta1`, `v1beta2`); none when it names none.
        var contracts: Set<String>
    }
}
