package import KubernetesModel
internal import Synchronization

/// The watch caches of one server: one for each kind, whoever asks for it.
///
/// A cache is made when it is first asked for and kept from then on, so that everybody who looks at a kind looks at the
/// same objects, and the server is asked for them once.
package final class WatchCaches: Sendable {
    package let client: APIClient
    private let transform: @Sendable (Manifest) -> Manifest
    private let caches = Mutex<[GroupVersionKind: WatchCache]>([:])
    private let starts: AsyncStream<WatchCache>
    private let starter: AsyncStream<WatchCache>.Continuation

    /// `transform` sees every object before it is kept.
    package init(_ client: APIClient, transform: @escaping @Sendable (Manifest) -> Manifest = { $0 }) {
        self.client = client
        self.transform = transform
        (starts, starter) = AsyncStream.makeStream()
    }

    /// Runs the caches as they are needed, until it is cancelled or stopped.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await cache in starts { group.addTask { await cache.run() } }
            group.cancelAll()
        }
    }

    /// Ends `run`.
    package func stop() { starter.finish() }

    /// The cache of a kind in one of its versions.
    package func cache(of resource: APIResource) -> WatchCache {
        let (cache, isNew) = caches.withLock { caches in
            if let known = caches[resource.groupVersionKind] { return (known, false) }
            let cache = WatchCache(resource, client: client, transform: transform)
            caches[resource.groupVersionKind] = cache
            return (cache, true)
        }
        if isNew { starter.yield(cache) }
        return cache
    }

    /// How many kinds are watched.
    package var count: Int { caches.withLock { $0.count } }
}
