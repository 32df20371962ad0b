/// A workload cluster as its management cluster names it.
struct ClusterKey: Hashable, Sendable, Comparable, CustomStringConvertible {
    var namespace: String
    var name: String

    var description: String { "\(namespace)/\(name)" }

    static func < (left: ClusterKey, right: ClusterKey) -> Bool {
        (left.namespace, left.name) < (right.namespace, right.name)
    }
}
