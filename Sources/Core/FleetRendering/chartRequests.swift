package import FleetModel
package import KubernetesModel

/// A chart that an app wants from a catalog outside the repository.
package struct ChartRequest: Sendable, Hashable {
    package var catalog: Catalog
    package var wish: ChartWish

    package init(catalog: Catalog, wish: ChartWish) {
        self.catalog = catalog
        self.wish = wish
    }
}

/// The charts that a member's apps want from remote catalogs: what must be fetched before it is rendered.
///
/// Pure, like `render`, and cheap when nothing changed: `cache` keeps the answers by what they depend on.
package func chartRequests(
    _ repository: Repository,
    fleet: Fleet,
    member: ManagementCluster,
    now: Timestamp,
    cache: RenderCache
) -> [ChartRequest] {
    let inputs = RenderInputs(repository, fleet, member, CatalogContents(), now, cache)
    if let known = cache.requests.content(inputs) { return known }
    var draft = RenderDraft(repository, fleet, member, CatalogContents(), now, cache: cache)
    draft.readFiles()
    draft.addCollections()
    draft.renderKustomizations()
    draft.renderFluxKustomizations()
    draft.indexPlainObjects()
    draft.resolveReleases()
    let requests = draft.chartRequests()
    cache.requests.keep(requests, for: inputs)
    return requests
}
