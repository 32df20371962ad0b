import KubernetesModel
import StructuredValue
import YAMLFormat

/// The order in which an overlay's resources are printed.
struct ResourceOrder {
    /// Kinds that come first, in this order; nil keeps the order of gathering.
    var first: [String]?
    var last: [String] = []

    private static let usualFirst = [
        "Namespace", "ResourceQuota", "StorageClass", "CustomResourceDefinition", "ServiceAccount",
        "PodSecurityPolicy", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ConfigMap", "Secret",
        "Endpoints", "Service", "LimitRange", "PriorityClass", "PersistentVolume", "PersistentVolumeClaim",
        "Deployment", "StatefulSet", "CronJob", "PodDisruptionBudget",
    ]
    private static let usualLast = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"]

    /// Namespaces and definitions first, webhooks last, the others by kind and name: what counts without a choice.
    static let legacy = ResourceOrder(first: usualFirst, last: usualLast)

    init(first: [String]?, last: [String]) {
        self.first = first
        self.last = last
    }

    init(_ fields: Fields) throws(OverlayFailure) {
        switch try fields.text("order") {
        case "fifo": first = nil
        case "legacy", "":
            let legacy = try fields.member("legacySortOptions")
            let hasOwn = fields.object["legacySortOptions"] ?? .null != .null
            first = hasOwn ? try legacy.texts("orderFirst") : Self.usualFirst
            last = hasOwn ? try legacy.texts("orderLast") : Self.usualLast
        case let other:
            throw OverlayFailure(
                "overlay-field",
                "sortOptions.order is legacy or fifo, not \(other)",
                at: fields.here.field("order")
            )
        }
    }

    func sort(_ resources: inout [OverlayResource]) {
        guard let first else { return }
        var ranks: [String: Int] = [:]
        for (index, kind) in first.enumerated() { ranks[kind] = index - first.count }
        for (index, kind) in last.enumerated() { ranks[kind] = index + 1 }
        let keyed = resources.enumerated().map { index, resource in
            (
                rank: ranks[resource.kind.kind] ?? 0, kind: Self.kindText(resource), id: Self.identityText(resource),
                index
            )
        }
        let order = keyed.sorted { ($0.rank, $0.kind, $0.id, $0.3) < ($1.rank, $1.kind, $1.id, $1.3) }
        resources = order.map { resources[$0.3] }
    }

    private static func kindText(_ resource: OverlayResource) -> String {
        let kind = resource.kind
        return [(kind.group, "~G"), (kind.version, "~V"), (kind.kind, "~K")]
            .map { $0.0.isEmpty ? $0.1 : $0.0 }.joined(separator: "_")
    }

    private static func identityText(_ resource: OverlayResource) -> String {
        let identity = resource.identity
        return "\(identity.namespace.isEmpty ? "~X" : identity.namespace)|\(identity.name)"
    }
}
