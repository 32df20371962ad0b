package import FleetModel
package import KubernetesModel
import SourceDiagnostics

/// Renders everything that one management cluster of one fleet shall run: a pure function of the repository, the bytes of
/// remote catalogs, the time (which only decides whether holds are in force), and what charts look up of `observed`.
///
/// Never throws: what cannot be rendered is a diagnostic, and the state is incomplete. `cache` keeps results by content,
/// so that a new commit renders again only what read a changed file.
package func render(
    _ repository: Repository,
    fleet: Fleet,
    member: ManagementCluster,
    catalogs: CatalogContents = CatalogContents(),
    now: Timestamp,
    observed: ObservedObjects = ObservedObjects(),
    cache: RenderCache
) -> DesiredState {
    let inputs = RenderInputs(repository, fleet, member, catalogs, now, cache)
    if let known = cache.state(for: inputs, observed, revision: repository.revision) { return known }
    var draft = RenderDraft(repository, fleet, member, catalogs, now, observed: observed, cache: cache)
    draft.readFiles()
    draft.addCollections()
    draft.renderKustomizations()
    draft.renderFluxKustomizations()
    draft.checkApps()
    draft.renderApps()
    draft.expandTopologies()
    draft.noteReleases()
    draft.setEncryptedAside()
    draft.addNamespaces()
    draft.rejectDuplicates()
    let state = draft.finish()
    cache.keep(state, for: inputs, reads: draft.reads, observed)
    return state
}
