internal import ClusterInspection
internal import FleetModel
package import FleetPlanning
package import KubernetesClient
package import KubernetesModel

/// The live side of one cluster: its client, and a watch cache for every kind that plans look at.
///
/// `run` keeps the caches going; `observe` reads them. What has been observed once costs no request any more.
package actor ClusterLink {
    /// Which objects beside the wanted ones are watched.
    package enum Interest: Sendable {
        /// Everything of Cluster API and its providers: plans and gates look at Machines, templates and owners.
        case clusterAPI
        /// Nothing but the kinds that are asked for.
        case wantedKinds
    }

    package nonisolated let name: String
    package nonisolated let client: APIClient
    /// The caches, which others may use as well.
    package nonisolated let watches: WatchCaches
    private let interest: Interest
    private let onChange: @Sendable (WatchCache.Change) -> Void
    private let onState: @Sendable () -> Void
    private var caches: [GroupKind: WatchCache] = [:]
    private var expectations: [ObjectKey: Int] = [:]

    /// How long a pass waits for a cache's first fill, or for the cache to show our own last write.
    private static let patience = Duration.seconds(5)

    /// `transform` sees objects before they are kept; `onChange` is told of every later change, `onState` when a watch was
    /// lost or is back. Both must be quick.
    package init(
        name: String,
        client: APIClient,
        interest: Interest,
        transform: @escaping @Sendable (Manifest) -> Manifest,
        onChange: @escaping @Sendable (WatchCache.Change) -> Void,
        onState: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.client = client
        self.interest = interest
        self.onChange = onChange
        self.onState = onState
        watches = WatchCaches(client, transform: transform)
    }

    /// Runs the caches as they are needed, until cancelled or stopped.
    package nonisolated func run() async { await watches.run() }

    /// Ends `run`, and with it the caches.
    package nonisolated func stop() { watches.stop() }

    /// What runs on the cluster: the objects under these keys and, for a management cluster, everything of Cluster API.
    ///
    /// Kinds that the server does not serve are simply absent; kinds that could not be read are named as unreadable.
    /// Throws when the server cannot be asked at all.
    package func observe(
        _ keys: Set<ObjectKey>,
        kinds: Set<GroupVersionKind>
    ) async throws(KubernetesFailure) -> ObservedState {
        if await !client.discovery.hasDiscoveredAll { try await client.discoverAll() }
        for kind in kinds where caches[kind.groupKind] == nil { try await watch(kind) }
        if interest == .clusterAPI { await watchClusterAPI() }
        var observed = ObservedState(scopes: ResourceScopes(await client.discovery.scopes))
        let deadline = client.pace.now() + Self.patience
        for (kind, cache) in caches {
            switch await currentState(of: cache, until: deadline) {
            case .live: break
            case .starting: observed.unreadableKinds[kind] = "no answer yet"
            case .failing(let failure):
                if failure.isUnreachable { throw failure }
                observed.unreadableKinds[kind] = failure.message
            }
        }
        try await waitForOwnWrites(until: deadline)
        collect(keys, into: &observed)
        return observed
    }

    /// Remembers that we wrote this version, so that the next pass does not take an older one for somebody's change.
    package func expect(_ key: ObjectKey, resourceVersion: String) {
        if let version = Int(resourceVersion) { expectations[key] = version }
    }

    /// The object as the cache has it; nil when it is not there or its kind is not watched.
    package func object(_ key: ObjectKey) -> Manifest? { caches[key.groupKind]?.object(key) }

    /// Every object of some kinds, which are watched from then on. Kinds that the server does not serve have none; throws
    /// when it is not known what there is.
    package func objects(of kinds: Set<GroupVersionKind>) async throws(KubernetesFailure) -> [ObjectKey: Manifest] {
        if await !client.discovery.hasDiscoveredAll { try await client.discoverAll() }
        for kind in kinds where caches[kind.groupKind] == nil { try await watch(kind) }
        let deadline = client.pace.now() + Self.patience
        var found: [ObjectKey: Manifest] = [:]
        for kind in kinds {
            guard let cache = caches[kind.groupKind] else { continue }
            switch await currentState(of: cache, until: deadline) {
            case .live: found.merge(cache.objects) { $1 }
            case .failing(let failure): throw failure
            case .starting:
                throw KubernetesFailure(.timeout, operation: "watch \(kind) on \(name)", message: "no answer yet")
            }
        }
        return found
    }

    /// Every object of Cluster API's kinds, for summaries.
    package var clusterObjects: [Manifest] {
        caches.filter { $0.key.isClusterAPI }.flatMap { $0.value.objects.values }
    }

    private func watch(_ kind: GroupVersionKind) async throws(KubernetesFailure) {
        let resource: APIResource
        do {
            resource = try await client.resource(for: kind)
        } catch {
            if error.kind == .notFound { return }
            throw error
        }
        start(resource)
    }

    private func watchClusterAPI() async {
        for kind in await client.discovery.scopes.keys where kind.isClusterAPI && caches[kind] == nil {
            guard let resource = await client.discovery.preferredResource(for: kind) else { continue }
            start(resource)
        }
    }

    private func start(_ resource: APIResource) {
        let kind = resource.groupVersionKind.groupKind
        guard caches[kind] == nil, resource.verbs.contains("watch") || resource.verbs.isEmpty else { return }
        let cache = watches.cache(of: resource)
        caches[kind] = cache
        let onState = onState
        _ = cache.observe(onChange: onChange, onState: { _ in onState() })
    }

    private func currentState(of cache: WatchCache, until deadline: Duration) async -> WatchCache.State {
        while cache.state == .starting, client.pace.now() < deadline {
            // Only cancellation ends the wait early, and then nobody reads the answer.
            guard (try? await client.pace.sleep(.milliseconds(5))) != nil else { break }
        }
        return cache.state
    }

    private func waitForOwnWrites(until deadline: Duration) async throws(KubernetesFailure) {
        while true {
            expectations = expectations.filter { key, version in
                guard let live = caches[key.groupKind]?.object(key) else { return caches[key.groupKind] != nil }
                return (live.resourceVersion.flatMap { Int($0) } ?? .max) < version
            }
            if expectations.isEmpty { return }
            if client.pace.now() >= deadline {
                // Deleted in between, most likely: what the caches say counts.
                expectations = [:]
                return
            }
            do {
                try await client.pace.sleep(.milliseconds(5))
            } catch {
                throw KubernetesFailure(.cancelled, operation: "observe \(name)", message: "cancelled")
            }
        }
    }

    private func collect(_ keys: Set<ObjectKey>, into observed: inout ObservedState) {
        for (kind, cache) in caches where interest == .clusterAPI && kind.isClusterAPI {
            observed.objects.merge(cache.objects) { _, new in new }
        }
        for key in keys where observed.objects[key] == nil {
            if let object = caches[key.groupKind]?.object(key) { observed.objects[key] = object }
        }
    }
}
