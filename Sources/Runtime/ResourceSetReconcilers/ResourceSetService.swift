package import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import StructuredValue

/// Reconciles the ClusterResourceSets of one management cluster until it is cancelled.
package struct ResourceSetService: Sendable {
    let site: ReconcilerSite
    let denials: Denials

    /// `onDenial` is told what the reconciler may not do, or nil when it may do everything.
    package init(_ site: ReconcilerSite, onDenial: @escaping @Sendable (String?) -> Void = { _ in }) {
        self.site = site
        denials = Denials("ClusterResourceSet", log: site.log, onChange: onDenial)
    }

    var client: APIClient { site.client }

    static let set = GroupKind(group: "addons.cluster.x-k8s.io", kind: "ClusterResourceSet")
    static let binding = GroupKind(group: "addons.cluster.x-k8s.io", kind: "ClusterResourceSetBinding")
    static let configMap = GroupKind(group: "", kind: "ConfigMap")
    static let secret = GroupKind(group: "", kind: "Secret")

    /// Waits until the server has the kinds, then follows them.
    package func run() async {
        let wanted = [Self.set, Self.binding, ClusterID.kind, Self.configMap, Self.secret]
        if let kinds = await site.waitForKinds(wanted, denials) { await serve(kinds) }
        denials.end()
    }

    private func serve(_ kinds: [APIResource]) async {
        let queue = WorkQueue<ObjectKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(ceiling: .seconds(15)),
            random: client.pace.random
        )
        let (news, feed) = AsyncStream.makeStream(of: ResourceSetNews.self)
        let pump = TaskPump()
        // Nobody else wants the metadata of all ConfigMaps and Secrets, so these watches are not shared.
        let sources = kinds[3...].map { kind in
            WatchCache(
                kind,
                client: client,
                transform: Self.kept,
                onChange: { feed.yield(.changed($0)) },
                onState: { denials.follow($0, of: "watch \(kind.name)") }
            )
        }
        await site.observing(Array(kinds[..<3]), denials, onChange: { feed.yield(.changed($0)) }) { caches in
            let pass = ResourceSetPass(
                service: self,
                bindingVersion: kinds[1].groupVersionKind,
                caches: caches,
                clients: WorkloadClients(management: client, makeClient: site.makeClient),
                workloads: WorkloadObjects(pump: pump, tell: { feed.yield(.workload($0)) })
            )
            await withDiscardingTaskGroup { group in
                group.addTask { await pump.run() }
                for cache in sources { group.addTask { await cache.run() } }
                group.addTask {
                    for cache in caches + sources {
                        // Only cancellation ends the wait early.
                        guard (try? await cache.waitForFirstFill()) != nil else { return }
                    }
                    for key in caches[0].objects.keys { await queue.add(key) }
                    for key in caches[1].objects.keys { await queue.add(key) }
                    await withDiscardingTaskGroup { inner in
                        inner.addTask {
                            for await entry in news {
                                for key in pass.keys(for: entry) { await queue.add(key) }
                            }
                        }
                        inner.addTask { await queue.run(width: 8) { key in await pass.run(key) } }
                    }
                }
            }
        }
    }

    /// Only metadata of ConfigMaps and Secrets is kept; their data is read when it is applied.
    private static func kept(_ object: Manifest) -> Manifest {
        guard object.kind == "ConfigMap" || object.kind == "Secret" else { return object }
        var object = object
        for field in ["data", "stringData", "binaryData"] { object.value[field] = nil }
        return object
    }
}

/// What may make a pass necessary.
enum ResourceSetNews: Sendable {
    /// An object of the management cluster.
    case changed(WatchCache.Change)
    /// Something that was applied to a workload cluster.
    case workload(ObjectKey)
}
