package import KubernetesModel
package import SourceDiagnostics
package import StructuredValue

/// One chart, one version, one config, one target. All forms of apps that Martlet reads become this type.
package struct App: Sendable, Hashable {
    /// Which rules its values follow.
    package enum Form: String, Sendable {
        /// Our own `App`: `valuesFrom` by priority, then inline values.
        case martlet
        /// An entry of a Collection.
        case collection
        /// Giant Swarm's `App`: all ConfigMaps by priority, then all Secrets by priority.
        case giantSwarm
    }

    package var form: Form = .martlet
    package var name: String
    package var namespace: String
    package var position: SourcePosition
    package var catalog: Located<String>
    package var chart: Located<String>
    /// An exact version or a semver range; empty when a Release decides.
    package var version: Located<String>
    package var target: AppTarget = .managementCluster
    /// Where the release lives on its target.
    package var releaseNamespace: String
    /// Inline values, and where they stand.
    package var values: Value = .object(Object())
    package var valuesPosition: SourcePosition?
    package var valuesFrom: [ValuesReference] = []
    package var dependsOn: [Located<String>] = []
    /// Labels and annotations for the target namespace.
    package var namespaceLabels: [String: String] = [:]
    package var namespaceAnnotations: [String: String] = [:]
    package var skipsCRDs = false
    /// Left as it is, whatever Git says.
    package var isPaused = false
    /// Left as it is until this moment.
    package var cordon: Cordon?
    /// The collection it is an entry of.
    package var collection: String?
    /// The object it was read from, for forms that a management cluster may know itself.
    package var source: Manifest?

    package init(
        name: String,
        namespace: String,
        position: SourcePosition,
        catalog: Located<String>,
        chart: Located<String>,
        version: Located<String>,
        releaseNamespace: String
    ) {
        self.name = name
        self.namespace = namespace
        self.position = position
        self.catalog = catalog
        self.chart = chart
        self.version = version
        self.releaseNamespace = releaseNamespace
    }

    package struct Cordon: Sendable, Hashable {
        package var until: Timestamp
        package var reason: String

        package init(until: Timestamp, reason: String) {
            self.until = until
            self.reason = reason
        }
    }
}

/// Where an app is installed.
package enum AppTarget: Sendable, Hashable {
    case managementCluster
    /// A workload cluster, reached through a kubeconfig Secret in `namespace` (nil: `<name>-kubeconfig`).
    case workloadCluster(name: String, namespace: String, secret: String?)
}

/// Values of an app that stand in a ConfigMap or Secret of the repository or the management cluster.
package struct ValuesReference: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
        case configMap = "ConfigMap"
        case secret = "Secret"
    }

    package var kind: Kind
    package var namespace: String
    package var name: String
    /// Nil means the only key there is.
    package var key: String?
    /// Higher wins.
    package var priority: Int
    package var isOptional: Bool
    package var position: SourcePosition

    package init(
        kind: Kind,
        namespace: String,
        name: String,
        key: String?,
        priority: Int,
        isOptional: Bool = false,
        position: SourcePosition
    ) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.key = key
        self.priority = priority
        self.isOptional = isOptional
        self.position = position
    }

    /// The object the values stand in.
    package var object: ObjectKey {
        ObjectKey(groupKind: GroupKind(group: "", kind: kind.rawValue), namespace: namespace, name: name)
    }
}
