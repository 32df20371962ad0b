package import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions

/// Reconciles the MachinePools of one management cluster until it is cancelled.
package struct MachinePoolService: Sendable {
    let site: ReconcilerSite
    let denials: Denials

    /// `onDenial` is told what the reconciler may not do, or nil when it may do everything.
    package init(_ site: ReconcilerSite, onDenial: @escaping @Sendable (String?) -> Void = { _ in }) {
        self.site = site
        denials = Denials("MachinePool", log: site.log, onChange: onDenial)
    }

    var client: APIClient { site.client }

    static let pool = MachinePoolSpec.groupKind
    static let machine = GroupKind(group: "cluster.x-k8s.io", kind: "Machine")

    /// Waits until the server has the kinds, then follows them.
    package func run() async {
        if let kinds = await site.waitForKinds([Self.pool, ClusterID.kind, Self.machine], denials) {
            await serve(kinds)
        }
        denials.end()
    }

    private func serve(_ kinds: [APIResource]) async {
        let queue = WorkQueue<ObjectKey, ContinuousClock>(
            clock: ContinuousClock(),
            backoff: Backoff(ceiling: .seconds(15)),
            random: client.pace.random
        )
        let (news, feed) = AsyncStream.makeStream(of: PoolNews.self)
        let pump = TaskPump()
        let nodes = site.nodes.follower { feed.yield(.workload($0)) }
        let providers = ProviderWatches(watches: site.watches, pump: pump, denials: denials, tell: { feed.yield($0) })
        await site.observing(kinds, denials, onChange: { feed.yield(.changed($0)) }) { caches in
            let pass = PoolPass(
                service: self,
                pools: caches[0],
                clusters: caches[1],
                machines: caches[2],
                providers: providers,
                nodes: nodes
            )
            await withDiscardingTaskGroup { group in
                group.addTask { await pump.run() }
                group.addTask {
                    for cache in caches {
                        // Only cancellation ends the wait early.
                        guard (try? await cache.waitForFirstFill()) != nil else { return }
                    }
                    for key in caches[0].objects.keys.sorted() { await queue.add(key) }
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
        nodes.end()
    }
}

/// What may make a pass necessary.
enum PoolNews: Sendable {
    /// An object of the management cluster.
    case changed(WatchCache.Change)
    /// A kind of a provider was read for the first time, or can be read again.
    case kindIsLive
    /// The Nodes of a workload cluster, or whether it answers.
    case workload(WorkloadNodes.News)
}
