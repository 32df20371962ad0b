package import KubernetesModel
package import SourceDiagnostics

/// Everything one management cluster of one fleet shall run at one revision, rendered and ready to be planned.
package struct DesiredState: Sendable {
    package var revision: String
    package var fleet: String
    package var managementCluster: String
    /// Sorted by target and key; one entry per object.
    package var objects: [DesiredObject]
    package var diagnostics: [Diagnostic]
    /// Whether everything that belongs here was rendered without an error. Only a complete state may delete.
    package var isComplete: Bool
    /// The content ids of all files that were read.
    package var sourceBlobs: Set<String>
    /// The fleet's tombstones for this management cluster.
    package var tombstones: [Tombstone] = []
    /// Holds that kept an app at a version just now.
    package var holds: [AppliedHold] = []
    /// Sources, in words, whose objects are left as they are, and why: paused and cordoned apps.
    package var frozenSources: [String: String] = [:]
    /// Sources, in words, whose objects stay when they leave Git, and why.
    package var keptSources: [String: String] = [:]
    /// Clusters whose topology is expanded here. Their objects stand among `objects` as if nothing existed; planning expands
    /// them again when it knows what does.
    package var topologies: [DesiredTopology] = []
    /// What each app's version came to.
    package var resolutions: [AppResolution] = []
    /// Giant Swarm's Releases among the objects, by name.
    package var releases: [PlatformRelease] = []
    /// Clusters whose version is a Release's.
    package var releaseClusters: [ReleaseCluster] = []
    /// The kinds of objects that charts looked up: what is observed of them is an input of this state.
    package var lookedUpKinds: Set<GroupVersionKind> = []

    package init(
        revision: String,
        fleet: String,
        managementCluster: String,
        objects: [DesiredObject] = [],
        diagnostics: [Diagnostic] = [],
        isComplete: Bool = true,
        sourceBlobs: Set<String> = []
    ) {
        self.revision = revision
        self.fleet = fleet
        self.managementCluster = managementCluster
        self.objects = objects
        self.diagnostics = diagnostics
        self.isComplete = isComplete
        self.sourceBlobs = sourceBlobs
    }

    /// The objects for one target, in order.
    package func objects(for target: ObjectTarget) -> [DesiredObject] { objects.filter { $0.target == target } }

    /// The workload clusters that apps are installed on.
    package var workloadTargets: [ObjectTarget] {
        Set(objects.lazy.map(\.target)).filter { $0 != .managementCluster }.sorted()
    }

    /// The state of one target alone, to be planned against that cluster.
    package func restricted(to target: ObjectTarget) -> DesiredState {
        var copy = self
        copy.objects = objects(for: target)
        copy.topologies = topologies.filter { $0.target == target }
        if target != .managementCluster { copy.tombstones = [] }
        return copy
    }
}

/// The cluster an object is applied to.
package enum ObjectTarget: Sendable, Hashable, Comparable, CustomStringConvertible {
    case managementCluster
    /// Through the kubeconfig in this Secret of the management cluster.
    case workloadCluster(namespace: String, name: String, secret: String)

    package var description: String {
        switch self {
        case .managementCluster: "management cluster"
        case .workloadCluster(let namespace, let name, _): "workload cluster \(namespace)/\(name)"
        }
    }
}

/// One object that shall exist.
package struct DesiredObject: Sendable {
    package var manifest: Manifest
    package var target: ObjectTarget
    /// What it was made from; a change of this alone is a handover.
    package var source: ObjectSource
    /// A digest of the manifest: equal hashes mean equal manifests.
    package var contentHash: String
    /// Objects of these apps must be in place first.
    package var dependsOnApps: [String]

    package init(
        _ manifest: Manifest,
        target: ObjectTarget = .managementCluster,
        source: ObjectSource,
        contentHash: String,
        dependsOnApps: [String] = []
    ) {
        self.manifest = manifest
        self.target = target
        self.source = source
        self.contentHash = contentHash
        self.dependsOnApps = dependsOnApps
    }

    package var key: ObjectKey { manifest.key }
}

/// What made an object.
package enum ObjectSource: Sendable, Hashable, CustomStringConvertible {
    /// A document of this file.
    case manifest(file: String)
    /// A directory with a kustomization.
    case kustomization(directory: String)
    case app(namespace: String, name: String)
    /// A Kustomization of Flux.
    case flux(namespace: String, name: String)
    /// A file whose objects only a key can read.
    case encrypted(file: String)
    /// The expansion of a Cluster's topology.
    case topology(namespace: String, cluster: String)
    /// A namespace that objects need.
    case namespace

    package var description: String {
        switch self {
        case .manifest(let file): file
        case .kustomization(let directory): "kustomization \(directory)"
        case .app(let namespace, let name): namespace.isEmpty ? "app \(name)" : "app \(namespace)/\(name)"
        case .flux(let namespace, let name): "Flux Kustomization \(namespace)/\(name)"
        case .encrypted(let file): "\(file), encrypted"
        case .topology(let namespace, let cluster): "topology of \(namespace)/\(cluster)"
        case .namespace: "createNamespaces"
        }
    }

    /// The app's name, when an app made the object.
    package var appName: String? {
        if case .app(_, let name) = self { name } else { nil }
    }
}

/// A hold that is in force for an app of this state.
package struct AppliedHold: Sendable, Hashable {
    package var app: String
    package var wantedVersion: String
    package var heldVersion: String
    package var reason: String
    package var until: Timestamp?
    package var position: SourcePosition

    package init(
        app: String,
        wantedVersion: String,
        heldVersion: String,
        reason: String,
        until: Timestamp?,
        position: SourcePosition
    ) {
        self.app = app
        self.wantedVersion = wantedVersion
        self.heldVersion = heldVersion
        self.reason = reason
        self.until = until
        self.position = position
    }
}

/// Which version an app's version text came to, and from where.
package struct AppResolution: Sendable, Hashable {
    package var app: String
    package var namespace: String
    package var catalog: String
    package var chart: String
    /// As written.
    package var requested: String
    package var version: String
    package var collection: String?
    /// Of a remote catalog: which content was chosen and when.
    package var choice: Choice?
    package var position: SourcePosition

    package struct Choice: Sendable, Hashable {
        package var content: String
        package var chosen: Timestamp

        package init(content: String, chosen: Timestamp) {
            self.content = content
            self.chosen = chosen
        }
    }

    package init(
        app: String,
        namespace: String,
        catalog: String,
        chart: String,
        requested: String,
        version: String,
        collection: String?,
        choice: Choice? = nil,
        position: SourcePosition
    ) {
        self.app = app
        self.namespace = namespace
        self.catalog = catalog
        self.chart = chart
        self.requested = requested
        self.version = version
        self.collection = collection
        self.choice = choice
        self.position = position
    }
}
