import Crypto
import FleetModel
import HelmCharts
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue

/// A desired state in the making. `render` calls its verbs in order; each is in a file of its own.
struct RenderDraft {
    let repository: Repository
    let fleet: Fleet
    let member: ManagementCluster
    let catalogs: CatalogContents
    let now: Timestamp
    let observed: ObservedObjects
    let cache: RenderCache

    var objects: [DesiredObject] = []
    var topologies: [DesiredTopology] = []
    /// In the order in which they were found.
    var apps: [App] = []
    /// Folders to be built as kustomizations.
    var kustomizations: [String] = []
    var diagnostics: [Diagnostic] = []
    var holds: [AppliedHold] = []
    var resolutions: [AppResolution] = []
    var frozenSources: [String: String] = [:]
    var keptSources: [String: String] = [:]
    var blobs: Set<String> = []
    /// Whether a collection of the fleet is not there; the repository has said so already.
    var isMissingCollection = false
    /// Everything that charts looked up.
    var reads: Set<LookupRead> = []
    /// Objects that stand in files themselves, for values and `lookup`.
    var plainObjects: [ObjectKey: DesiredObject] = [:]
    /// The charts of folders of the repository.
    var folderCharts: [String: [ChartEntry]] = [:]
    /// Catalogs that stand among the member's own files.
    var localCatalogs: [String: Catalog] = [:]
    /// Giant Swarm's Releases among the objects.
    var releases: [PlatformRelease] = []
    var releaseClusters: [ReleaseCluster] = []

    init(
        _ repository: Repository,
        _ fleet: Fleet,
        _ member: ManagementCluster,
        _ catalogs: CatalogContents,
        _ now: Timestamp,
        observed: ObservedObjects = ObservedObjects(),
        cache: RenderCache
    ) {
        self.observed = observed
        self.repository = repository
        self.fleet = fleet
        self.member = member
        self.catalogs = catalogs
        self.now = now
        self.cache = cache
    }

    mutating func report(_ diagnostic: Diagnostic) { diagnostics.append(diagnostic) }

    func catalog(_ name: String) -> Catalog? { repository.catalogs[name] ?? localCatalogs[name] }

    /// What a manifest becomes, with its digest.
    static func desired(
        _ manifest: Manifest,
        source: ObjectSource,
        target: ObjectTarget = .managementCluster,
        dependsOn: [String] = []
    ) -> DesiredObject {
        DesiredObject(
            manifest,
            target: target,
            source: source,
            contentHash: Digest.of(JSON.bytes(manifest.value, .canonical)),
            dependsOnApps: dependsOn
        )
    }
}

/// Short digests that tell contents apart.
enum Digest {
    /// 16 hexadecimal digits of SHA-256.
    static func of(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in SHA256.hash(data: bytes).prefix(8) {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    static func of(_ text: String) -> String { of(Array(text.utf8)) }
}

/// Objects that something was rendered to, with what was wrong.
struct RenderedObjects: Sendable {
    var objects: [DesiredObject]
    var diagnostics: [Diagnostic]
    /// What a chart looked up, and a digest of what was found among observed objects.
    var reads: Set<LookupRead> = []
    var answers = ""
}

// MARK: - Files

extension RenderDraft {
    /// Reads the fleet's common folder and, in its home fleet, the member's own.
    mutating func readFiles() {
        read(folder: "fleets/\(fleet.name)/common")
        if member.homeFleet == fleet.name { read(folder: member.directory) }
    }

    private mutating func read(folder: String) {
        let units = SourceUnits(of: repository.tree, under: folder)
        if let root = fluxRoot(of: folder, units) { return add(root) }
        kustomizations += units.kustomizations
        for file in units.files where !isConfiguration(file.path) {
            blobs.insert(file.contentID)
            let source = cache.sources.read(file)
            diagnostics += source.diagnostics
            add(source)
        }
    }

    /// The file whose Flux Kustomization builds the folder that it stands in: everything else there comes out of it.
    private mutating func fluxRoot(of folder: String, _ units: SourceUnits) -> SourceFile? {
        for file in units.files where FleetModel.folder(of: file.path) == folder {
            let source = cache.sources.read(file)
            for case .manifest(let manifest) in source.documents {
                if FluxKustomization(manifest)?.path == folder {
                    diagnostics += source.diagnostics
                    blobs.insert(file.contentID)
                    return source
                }
            }
        }
        return nil
    }

    /// Files that describe the member itself are no objects for it.
    private func isConfiguration(_ path: String) -> Bool {
        if RepositoryPlace(path).role == .managementCluster { return true }
        guard case .kubeconfigFile(let written, _) = member.connection else { return false }
        return SourceTree.resolve(written, from: member.directory) == path
    }

    private mutating func add(_ source: SourceFile) {
        let key = RenderCache.FileKey(path: source.path, contentID: source.contentID)
        if let known = cache.objects.content(key) {
            objects += known
        } else {
            var made: [DesiredObject] = []
            for case .manifest(let manifest) in source.documents {
                made.append(Self.desired(manifest, source: .manifest(file: source.path)))
            }
            cache.objects.keep(made, for: key)
            objects += made
        }
        for document in source.documents {
            switch document {
            case .manifest: continue
            case .app(let app): apps.append(app)
            case .catalog(let catalog) where catalog.isForeign: localCatalogs[catalog.name] = catalog
            case .catalog, .collection, .fleet, .managementCluster:
                report(
                    misplaced(document, "only Apps and manifests belong into \(folder(of: source.path))", source.path)
                )
            }
        }
    }
}

// MARK: - Collections

extension RenderDraft {
    mutating func addCollections() {
        for reference in fleet.collections {
            guard let collection = repository.collection(reference.name.value, version: reference.version.value) else {
                // Said once, where the repository was loaded; here it makes the state incomplete.
                isMissingCollection = true
                continue
            }
            apps += collection.apps
        }
    }

    /// Two apps of one name, dependencies on apps that are not there, and circles of dependencies.
    mutating func checkApps() {
        var known: [String: App] = [:]
        for app in apps {
            let name = app.namespace + "/" + app.name
            if let first = known[name] {
                report(
                    Diagnostic(
                        .error,
                        "duplicate-app",
                        "another app is named “\(app.name)” too",
                        at: app.position,
                        trail: [first.position]
                    )
                )
            }
            known[name] = known[name] ?? app
        }
        let names = Set(apps.map(\.name))
        // What other products install may be on the cluster already.
        for app in apps where app.form != .giantSwarm || catalog(app.catalog.value) != nil {
            for dependency in app.dependsOn where !names.contains(dependency.value) {
                report(
                    Diagnostic(
                        .error,
                        "unknown-app",
                        "app “\(app.name)” depends on “\(dependency.value)”, which is not on \(member.name)",
                        at: dependency.position,
                        hint: closestName(to: dependency.value, in: names).map { "did you mean “\($0)”?" }
                    )
                )
            }
        }
        reportCircles()
    }

    private mutating func reportCircles() {
        var needs: [String: [Located<String>]] = [:]
        for app in apps { needs[app.name, default: []] += app.dependsOn }
        var finished: Set<String> = []
        var reported: Set<Set<String>> = []
        var found: [Diagnostic] = []
        func visit(_ name: String, _ path: [String]) {
            if finished.contains(name) { return }
            for dependency in needs[name] ?? [] {
                if let start = (path + [name]).firstIndex(of: dependency.value) {
                    let circle = Array((path + [name])[start...])
                    if reported.insert(Set(circle)).inserted {
                        let text = (circle + [dependency.value]).map { "“\($0)”" }.joined(separator: " → ")
                        found.append(
                            Diagnostic(
                                .error,
                                "app-cycle",
                                "apps depend on each other: \(text)",
                                at: dependency.position
                            )
                        )
                    }
                } else {
                    visit(dependency.value, path + [name])
                }
            }
            finished.insert(name)
        }
        for name in needs.keys.sorted() { visit(name, []) }
        for diagnostic in found { report(diagnostic) }
    }
}

// MARK: - Namespaces and duplicates

extension RenderDraft {
    private static let builtInNamespaces: Set<String> = [
        "", "default", "kube-system", "kube-public", "kube-node-lease",
    ]

    /// Adds the namespaces that objects live in, when the fleet asks for it.
    mutating func addNamespaces() {
        guard fleet.createNamespaces else { return }
        struct Place: Hashable {
            var target: ObjectTarget
            var namespace: String
        }
        var present: Set<Place> = []
        var wanted: [Place: Origin?] = [:]
        for object in objects {
            if object.manifest.groupKind == GroupKind(group: "", kind: "Namespace") {
                present.insert(Place(target: object.target, namespace: object.manifest.name))
                continue
            }
            for namespace in [object.manifest.namespace, Organization(object.manifest)?.namespace ?? ""]
            where !Self.builtInNamespaces.contains(namespace) {
                let place = Place(target: object.target, namespace: namespace)
                if wanted[place] == nil { wanted[place] = object.manifest.origin }
            }
        }
        for (place, origin) in wanted where !present.contains(place) {
            let manifest = Manifest(
                ["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(place.namespace)]],
                origin: origin
            )
            objects.append(Self.desired(manifest, source: .namespace, target: place.target))
        }
    }

    /// Two sources for one object are a mistake; the first counts. Objects that are the same in every byte are kept once.
    mutating func rejectDuplicates() {
        struct Place: Hashable {
            var target: ObjectTarget
            var key: ObjectKey
        }
        var seen: [Place: Int] = [:]
        var kept: [DesiredObject] = []
        kept.reserveCapacity(objects.count)
        for object in objects {
            let place = Place(target: object.target, key: object.key)
            guard let first = seen[place] else {
                seen[place] = kept.count
                kept.append(object)
                continue
            }
            let other = kept[first]
            if case (.flux, .flux) = (other.source, object.source),
                FluxKustomization.withoutMarks(other.manifest) == FluxKustomization.withoutMarks(object.manifest)
            {
                continue
            }
            report(
                Diagnostic(
                    .error,
                    "duplicate-object",
                    "\(object.key) comes from two sources: \(other.source) and \(object.source)",
                    at: object.manifest.origin?.position,
                    hint: "remove one of the two",
                    trail: [other.manifest.origin?.position].compactMap { $0 }
                )
            )
        }
        objects = kept
    }

    mutating func finish() -> DesiredState {
        var state = DesiredState(
            revision: repository.revision,
            fleet: fleet.name,
            managementCluster: member.name,
            objects: objects.sorted { ($0.target, $0.key) < ($1.target, $1.key) },
            diagnostics: diagnostics,
            isComplete: !isMissingCollection && !diagnostics.contains { $0.severity == .error },
            sourceBlobs: blobs.union(repository.sharedBlobs)
        )
        state.tombstones = fleet.tombstones.filter { $0.managementCluster.value == member.name }
        state.topologies = topologies
        state.holds = holds
        state.releases = releases
        state.releaseClusters = releaseClusters
        state.resolutions = resolutions
        state.frozenSources = frozenSources
        state.keptSources = keptSources
        state.lookedUpKinds = Set(reads.map { GroupVersionKind(apiVersion: $0.apiVersion, kind: $0.kind) })
        return state
    }
}
