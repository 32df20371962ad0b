package import FleetModel
import HelmCharts
import KubernetesModel
import SourceDiagnostics
import SourceFiles
import StructuredValue

/// Results of earlier renders, by content. Bounded in every part.
///
/// Belongs to one thread at a time; who renders keeps it.
package final class RenderCache {
    /// Files as documents.
    package var sources: SourceCache
    private var states: [RenderInputs.Place: [KnownState]] = [:]
    var objects = BoundedCache<FileKey, [DesiredObject]>(capacity: 60_000)
    var charts = BoundedCache<String, Result<Chart, RejectedSource>>(capacity: 400)
    /// Whether a chart's templates look at objects that exist.
    var askingCharts = BoundedCache<String, Bool>(capacity: 400)
    var apps = BoundedCache<AppRenderKey, RenderedObjects>(capacity: 5_000)
    let engine = ChartEngine()
    var overlays = BoundedCache<String, BuiltOverlay>(capacity: 2_000)
    var classes = BoundedCache<String, CompiledClass>(capacity: 500)
    var expansions = BoundedCache<String, RenderedTopology>(capacity: 5_000)
    var folderCharts = BoundedCache<String, [ChartEntry]>(capacity: 200)
    /// Whether a file holds a Kustomization of Flux.
    private var fluxFiles = BoundedCache<FileKey, Bool>(capacity: 60_000)
    /// What members want from remote catalogs.
    var requests = BoundedCache<RenderInputs, [ChartRequest]>(capacity: 200)

    /// How many states were rendered, not found; for tests and benchmarks.
    package private(set) var renders = 0
    /// How many charts were rendered, not found.
    package internal(set) var renderedApps = 0

    /// A rollout needs the old and the new revision of every member; one more is for a revert.
    private static let statesPerMember = 3

    /// A state and what it was made from; what charts looked up is known by a digest.
    private struct KnownState {
        var inputs: RenderInputs
        var state: DesiredState
        var reads: Set<LookupRead>
        var answers: String
    }

    struct FileKey: Hashable, Sendable {
        var path: String
        var contentID: String
    }

    package init() { sources = SourceCache() }

    func state(for inputs: RenderInputs, _ observed: ObservedObjects, revision: String) -> DesiredState? {
        guard let known = states[inputs.place],
            let index = known.lastIndex(where: { known in
                known.inputs == inputs && (known.reads.isEmpty || known.answers == observed.digest(of: known.reads))
            })
        else { return nil }
        var state = known[index].state
        state.revision = revision
        return state
    }

    func keep(
        _ state: DesiredState,
        for inputs: RenderInputs,
        reads: Set<LookupRead>,
        _ observed: ObservedObjects
    ) {
        renders += 1
        var known = states[inputs.place] ?? []
        known.removeAll { $0.inputs == inputs }
        known.append(KnownState(inputs: inputs, state: state, reads: reads, answers: observed.digest(of: reads)))
        if known.count > Self.statesPerMember { known.removeFirst() }
        states[inputs.place] = known
    }

    /// Whether a file holds one of Flux's Kustomizations, which read other folders.
    func asksFlux(_ file: SourceTree.File) -> Bool {
        guard RepositoryPlace.isYAML(file.path) else { return false }
        let key = FileKey(path: file.path, contentID: file.contentID)
        if let known = fluxFiles.content(key) { return known }
        let asks = sources.read(file).documents.contains { document in
            guard case .manifest(let manifest) = document else { return false }
            return manifest.groupKind.group == "kustomize.toolkit.fluxcd.io"
        }
        fluxFiles.keep(asks, for: key)
        return asks
    }

    /// Forgets members that are no more.
    package func forgetMembers(notIn repository: Repository) {
        let members = Set(
            repository.fleets.flatMap { folder in
                folder.members.map { RenderInputs.Place(fleet: folder.name, managementCluster: $0.name) }
            }
        )
        states = states.filter { members.contains($0.key) }
    }
}

/// A dictionary that forgets what was used longest ago.
struct BoundedCache<Key: Hashable & Sendable, Content: Sendable>: Sendable {
    private struct Slot: Sendable {
        var content: Content
        var lastUse: Int
    }

    private var slots: [Key: Slot] = [:]
    private var clock = 0
    private let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    mutating func content(_ key: Key) -> Content? {
        guard let index = slots.index(forKey: key) else { return nil }
        clock += 1
        slots.values[index].lastUse = clock
        return slots.values[index].content
    }

    mutating func keep(_ content: Content, for key: Key) {
        clock += 1
        slots[key] = Slot(content: content, lastUse: clock)
        guard slots.count > capacity else { return }
        let uses = slots.values.map(\.lastUse).sorted()
        let bound = uses[uses.count / 2]
        slots = slots.filter { $0.value.lastUse > bound }
    }
}
