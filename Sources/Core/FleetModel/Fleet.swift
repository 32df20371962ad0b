package import KubernetesModel
package import SourceDiagnostics

/// A set of management clusters that follow the same collections and rollout rules: `fleets/<fleet>/fleet.yaml`.
package struct Fleet: Sendable, Hashable {
    package var name: String
    package var position: SourcePosition
    /// Members besides those in the fleet's own directory; nil when there are none.
    package var selector: LabelSelector?
    package var collections: [CollectionReference] = []
    package var topology: TopologyMode = .expand
    package var rollout = RolloutPolicy()
    package var drift = DriftPolicy()
    /// How many objects one pass may delete.
    package var maxDeletionsPerPass = Fleet.defaultMaxDeletionsPerPass
    package var remediation = RemediationPolicy()
    package var tombstones: [Tombstone] = []
    package var holds: [Hold] = []
    /// Whether namespaces that objects name are created when they are missing.
    package var createNamespaces = false

    package static let defaultMaxDeletionsPerPass = 5

    package init(name: String, position: SourcePosition) {
        self.name = name
        self.position = position
    }
}

/// Which collection, at which version, a fleet's members get.
package struct CollectionReference: Sendable, Hashable {
    package var name: Located<String>
    package var version: Located<String>

    package init(name: Located<String>, version: Located<String>) {
        self.name = name
        self.version = version
    }
}

/// How many sick Machines of all its management clusters a fleet hands over for replacement in some time.
package struct RemediationPolicy: Sendable, Hashable {
    package var maxMachines: Int
    package var window: Duration

    package init(maxMachines: Int = 20, window: Duration = .seconds(600)) {
        self.maxMachines = maxMachines
        self.window = window
    }
}

/// Who expands `spec.topology` of a Cluster.
package enum TopologyMode: String, Sendable, CaseIterable {
    /// Martlet expands it and applies the result without topology.
    case expand = "Expand"
    /// Cluster API on the management cluster expands it.
    case passthrough = "Passthrough"
}

/// What to do about changes that others made to what we applied.
package struct DriftPolicy: Sendable, Hashable {
    package enum Mode: String, Sendable, CaseIterable {
        case correct = "Correct"
        case report = "Report"
    }

    package var mode: Mode = .correct
    package var ignored: [IgnoredFields] = []

    package init(mode: Mode = .correct, ignored: [IgnoredFields] = []) {
        self.mode = mode
        self.ignored = ignored
    }
}

/// Fields of some objects that belong to somebody else, whatever Git says once the object exists.
package struct IgnoredFields: Sendable, Hashable {
    /// Nil means every kind.
    package var kind: String?
    package var namespace: String?
    package var name: String?
    /// Dotted paths such as `spec.replicas`; a path covers everything below it.
    package var fields: [String]

    package init(kind: String? = nil, namespace: String? = nil, name: String? = nil, fields: [String]) {
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.fields = fields
    }

    package func covers(_ key: ObjectKey) -> Bool {
        (kind ?? key.kind) == key.kind && (namespace ?? key.namespace) == key.namespace
            && (name ?? key.name) == key.name
    }
}

/// A deletion that a person wrote down: without one, clusters and namespaces are never deleted.
package struct Tombstone: Sendable, Hashable {
    package var managementCluster: Located<String>
    package var kind: String
    /// Empty for kinds without a namespace.
    package var namespace: String
    package var name: String
    package var reason: String
    package var position: SourcePosition

    package init(
        managementCluster: Located<String>,
        kind: String,
        namespace: String,
        name: String,
        reason: String,
        position: SourcePosition
    ) {
        self.managementCluster = managementCluster
        self.kind = kind
        self.namespace = namespace
        self.name = name
        self.reason = reason
        self.position = position
    }

    package func names(_ key: ObjectKey) -> Bool {
        kind == key.kind && name == key.name && namespace == key.namespace
    }
}

/// An app that stays at a version, whatever a commit says, until the hold goes or runs out.
package struct Hold: Sendable, Hashable {
    package var app: Located<String>
    package var version: String
    package var reason: String
    /// The first moment at which it holds no more; nil means until it is removed.
    package var until: Timestamp?
    /// Which members it is for; nil means all.
    package var managementClusters: [Located<String>]?
    package var position: SourcePosition

    package init(
        app: Located<String>,
        version: String,
        reason: String,
        until: Timestamp?,
        managementClusters: [Located<String>]? = nil,
        position: SourcePosition
    ) {
        self.app = app
        self.version = version
        self.reason = reason
        self.until = until
        self.managementClusters = managementClusters
        self.position = position
    }

    package func isActive(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }
}
