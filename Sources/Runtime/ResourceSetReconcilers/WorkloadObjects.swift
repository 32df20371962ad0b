internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import MachineDecisions
internal import StructuredValue
internal import Synchronization

/// Watches over the kinds of objects that were put into workload clusters. Of each object only its identity and what
/// tells of changes is kept.
final class WorkloadObjects: Sendable {
    /// What a watch knows of an object.
    enum Sight: Hashable, Sendable {
        /// Nothing: the kind has not been read yet, or the cluster does not answer.
        case unknown
        case missing
        /// Equal marks mean that nothing but the status changed in between.
        case present(mark: String)
    }

    private struct Link: Sendable {
        let client: APIClient
        let stop: AsyncStream<Void>.Continuation
        let jobs = TaskPump()
        var objects: Set<ObjectKey> = []
        var caches: [GroupVersionKind: WatchCache?] = [:]
    }

    private let pump: TaskPump
    /// Told of a cluster in which something changed.
    private let tell: @Sendable (ObjectKey) -> Void
    private let links = Mutex<[ObjectKey: Link]>([:])

    init(pump: TaskPump, tell: @escaping @Sendable (ObjectKey) -> Void) {
        self.pump = pump
        self.tell = tell
    }

    /// Follows these objects in a cluster from now on. Another client than before takes its place.
    func follow(_ objects: [ClusterResourceSetInventory.Applied], in cluster: ObjectKey, _ client: APIClient) {
        let (stops, stop) = AsyncStream.makeStream(of: Void.self)
        let (link, kinds, old, isNew) = links.withLock { links in
            let old = links[cluster]
            let kept = old.flatMap { $0.client === client ? $0 : nil }
            var link = kept ?? Link(client: client, stop: stop)
            let kinds = Set(objects.map(\.groupVersionKind)).subtracting(link.caches.keys)
            for kind in kinds { link.caches[kind] = .some(nil) }
            link.objects.formUnion(objects.map(\.key))
            links[cluster] = link
            return (link, kinds, kept == nil ? old : nil, kept == nil)
        }
        old?.stop.finish()
        if isNew {
            pump.add {
                await withDiscardingTaskGroup { group in
                    group.addTask { await link.jobs.run() }
                    for await _ in stops {}
                    group.cancelAll()
                }
            }
        }
        for kind in kinds { link.jobs.add { await self.watch(kind, in: cluster, client) } }
    }

    /// Whether all these objects are followed.
    func isFollowing(_ objects: [ClusterResourceSetInventory.Applied], in cluster: ObjectKey) -> Bool {
        links.withLock { links in
            guard let link = links[cluster] else { return objects.isEmpty }
            return objects.allSatisfy { link.objects.contains($0.key) && link.caches[$0.groupVersionKind] != nil }
        }
    }

    func forget(_ cluster: ObjectKey) { links.withLock { $0.removeValue(forKey: cluster) }?.stop.finish() }

    func look(at object: Manifest, in cluster: ObjectKey) -> Sight {
        let cache = links.withLock { $0[cluster]?.caches[object.groupVersionKind] ?? nil }
        guard let cache, cache.state == .live else { return .unknown }
        guard let live = cache.object(object.key), !live.isBeingDeleted else { return .missing }
        return .present(mark: Self.mark(of: live))
    }

    /// Tells versions of an object apart, as far as applied fields may differ between them.
    static func mark(of object: Manifest) -> String {
        guard let generation = object.generation else { return "\(object.uid ?? "") \(object.resourceVersion ?? "")" }
        let metadata: Value = [
            "labels": object.metadata["labels"] ?? .null, "annotations": object.metadata["annotations"] ?? .null,
        ]
        return "\(object.uid ?? "") \(generation) \(JSON.text(metadata, .canonical))"
    }

    private func watch(_ kind: GroupVersionKind, in cluster: ObjectKey, _ client: APIClient) async {
        let backoff = Backoff(base: .seconds(1), ceiling: .seconds(30))
        var tries = 0
        while !Task.isCancelled {
            do throws(KubernetesFailure) {
                let resource = try await client.resource(for: kind)
                let cache = WatchCache(
                    resource,
                    client: client,
                    transform: Self.kept,
                    onChange: { if self.matters($0, in: cluster) { self.tell(cluster) } },
                    onState: { if $0 == .live { self.tell(cluster) } }
                )
                links.withLock { links in
                    guard var link = links[cluster], link.client === client else { return }
                    link.caches[kind] = .some(cache)
                    links[cluster] = link
                }
                await cache.run()
            } catch {
                tries += 1
                // Only cancellation ends the pause early, and the loop sees it.
                _ = try? await client.pace.sleep(backoff.delay(failures: tries, random: client.pace.random()))
            }
        }
    }

    private static func kept(_ object: Manifest) -> Manifest {
        var metadata = object.metadata
        for field in ["managedFields", "ownerReferences", "finalizers"] { metadata[field] = nil }
        if object.generation == nil {
            for field in ["labels", "annotations"] { metadata[field] = nil }
        }
        return Manifest([
            "apiVersion": .string(object.apiVersion), "kind": .string(object.kind), "metadata": .object(metadata),
        ])
    }

    private func matters(_ change: WatchCache.Change, in cluster: ObjectKey) -> Bool {
        let key =
            switch change {
            case .put(let object, _): object.key
            case .removed(let object): object.key
            }
        guard links.withLock({ $0[cluster]?.objects.contains(key) ?? false }) else { return false }
        guard case .put(let object, let before?) = change else { return true }
        return Self.mark(of: object) != Self.mark(of: before) || object.isBeingDeleted != before.isBeingDeleted
    }
}
