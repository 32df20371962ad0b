package import KubernetesClient
package import KubernetesModel
package import Logging

/// A management cluster as its embedded reconcilers share it: one client, one watch cache for each kind, one watch of
/// Nodes for each workload cluster.
package struct ReconcilerSite: Sendable {
    package let managementCluster: String
    package let watches: WatchCaches
    package let nodes: WorkloadNodes
    /// Makes the clients of workload clusters.
    package let makeClient: @Sendable (ServerConnection) -> APIClient
    package let now: @Sendable () -> Timestamp
    package let log: Logger

    /// Whoever makes it runs `watches` and `nodes`.
    package init(
        managementCluster: String,
        watches: WatchCaches,
        makeClient: @escaping @Sendable (ServerConnection) -> APIClient,
        now: @escaping @Sendable () -> Timestamp,
        log: Logger
    ) {
        self.managementCluster = managementCluster
        self.watches = watches
        self.makeClient = makeClient
        self.now = now
        var log = log
        log[metadataKey: "managementCluster"] = "\(managementCluster)"
        self.log = log
        nodes = WorkloadNodes(management: watches.client, makeClient: makeClient, log: log)
    }

    package var client: APIClient { watches.client }

    /// The kinds as the server prefers them, once it serves them all; tried again with growing delays until then.
    /// Nil when cancelled.
    package func waitForKinds(_ kinds: [GroupKind], _ denials: Denials) async -> [APIResource]? {
        let patience = Backoff(base: .seconds(1), ceiling: .seconds(30))
        var tries = 0
        while !Task.isCancelled {
            tries += 1
            do {
                try await client.discoverAll()
                denials.clear("discovery")
                var found: [APIResource] = []
                for kind in kinds {
                    if let resource = await client.discovery.preferredResource(for: kind) { found.append(resource) }
                }
                if found.count == kinds.count { return found }
            } catch {
                denials.note(error, at: "discovery")
                log.debug("a reconciler waits for the server", metadata: ["error": "\(error)"])
            }
            // Only cancellation ends the pause early, and the loop sees it.
            _ = try? await client.pace.sleep(patience.delay(failures: tries, random: client.pace.random()))
        }
        return nil
    }

    /// The shared caches of these kinds. Until `body` ends `onChange` is told of their changes, and what may not be
    /// watched is among the denials.
    package func observing(
        _ kinds: [APIResource],
        _ denials: Denials,
        onChange: @escaping @Sendable (WatchCache.Change) -> Void,
        _ body: ([WatchCache]) async -> Void
    ) async {
        let caches = kinds.map { watches.cache(of: $0) }
        let observations = caches.map { cache in
            let place = "watch \(cache.resource.name)"
            let observation = cache.observe(onChange: onChange) { denials.follow($0, of: place) }
            denials.follow(cache.state, of: place)
            return observation
        }
        await body(caches)
        for (cache, observation) in zip(caches, observations) { cache.forget(observation) }
    }
}
