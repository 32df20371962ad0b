package import KubernetesModel
internal import StructuredValue

/// A workload cluster of one management cluster.
package struct ClusterID: Hashable, Sendable, Comparable, CustomStringConvertible {
    package static let kind = GroupKind(group: "cluster.x-k8s.io", kind: "Cluster")

    package var namespace: String
    package var name: String

    package init(namespace: String, name: String) {
        self.namespace = namespace
        self.name = name
    }

    /// The cluster that a Machine, a pool or a health check belongs to; nil when it names none.
    package init?(of object: Manifest) {
        guard let name = object.spec["clusterName"]?.string else { return nil }
        self.init(namespace: object.namespace, name: name)
    }

    /// Of the Cluster itself.
    package var key: ObjectKey { ObjectKey(groupKind: Self.kind, namespace: namespace, name: name) }

    package var description: String { "\(namespace)/\(name)" }

    package static func < (left: ClusterID, right: ClusterID) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
