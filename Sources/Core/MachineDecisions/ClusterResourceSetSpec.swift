package import KubernetesModel
internal import StructuredValue

/// What a ClusterResourceSet asks for.
package struct ClusterResourceSetSpec: Hashable, Sendable {
    package enum Strategy: String, Sendable {
        /// Created once; never touched again after success.
        case applyOnce = "ApplyOnce"
        /// Applied again whenever the source changes.
        case reconcile = "Reconcile"
    }

    /// A ConfigMap or Secret in the set's namespace.
    package struct Reference: Hashable, Sendable {
        package var kind: String
        package var name: String

        package init(kind: String, name: String) {
            self.kind = kind
            self.name = name
        }
    }

    /// The finalizer of every set.
    package static let finalizer = "addons.cluster.x-k8s.io"

    /// Nil when the selector cannot be read.
    package var selector: LabelSelector?
    package var strategy: Strategy
    package var references: [Reference]

    package init(_ set: Manifest) {
        do {
            selector = try LabelSelector(set.spec["clusterSelector"] ?? [:])
        } catch {
            selector = nil
        }
        strategy = Strategy(rawValue: set.spec["strategy"]?.string ?? "") ?? .applyOnce
        references = (set.spec["resources"]?.array ?? []).compactMap { entry in
            guard let kind = entry["kind"]?.string, let name = entry["name"]?.string else { return nil }
            return Reference(kind: kind, name: name)
        }
    }

    /// Whether the set wants its resources in this Cluster of its own namespace. An empty selector selects none.
    package func selects(_ cluster: Manifest) -> Bool {
        guard let selector, !selector.isEmpty, !cluster.isBeingDeleted else { return false }
        return selector.matches(cluster)
    }
}
