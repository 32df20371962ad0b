package import KubernetesClient
package import KubernetesModel
package import Logging
package import MachineDecisions
internal import StructuredValue

/// Lets an embedded reconciler run for as long as Cluster API's own controllers do not do its work.
///
/// ```
///            no sign of others               a sign
///   start ────────────────────► running ───────────────► refusing
///     │                            ▲                         │
///     └────────── a sign ──────────┼──► refusing             │
///                                  └── the sign is gone ─────┘
/// ```
/// Deployments and the objects of the kind are watched; nothing is polled.
package struct EmbeddedReconcilerHost: Sendable {
    private let reconciler: EmbeddedReconciler
    private let client: APIClient
    private let now: @Sendable () -> Timestamp
    private let log: Logger
    private let onVerdict: @Sendable (UpstreamSign?) -> Void

    /// `onVerdict` is told why the reconciler does not run, or nil when it does.
    package init(
        _ reconciler: EmbeddedReconciler,
        managementCluster: String,
        client: APIClient,
        now: @escaping @Sendable () -> Timestamp,
        log: Logger,
        onVerdict: @escaping @Sendable (UpstreamSign?) -> Void = { _ in }
    ) {
        self.reconciler = reconciler
        self.client = client
        self.now = now
        self.onVerdict = onVerdict
        var log = log
        log[metadataKey: "managementCluster"] = "\(managementCluster)"
        log[metadataKey: "reconciler"] = "\(reconciler.rawValue)"
        self.log = log
    }

    private static let deployment = GroupKind(group: "apps", kind: "Deployment")

    /// Runs the work whenever nobody else does it, until cancelled.
    package func run(_ work: @escaping @Sendable () async -> Void) async {
        let (changes, feed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        while !Task.isCancelled {
            do {
                try await client.discoverAll()
                if let kind = await client.discovery.preferredResource(for: reconciler.kind) {
                    let deployments = try await deployments(onChange: { feed.yield() })
                    let objects = WatchCache(kind, client: client, transform: Self.kept) { _ in feed.yield() }
                    return await serve(deployments, objects, changes, feed, work)
                }
            } catch {
                log.debug("cannot tell yet who reconciles", metadata: ["error": "\(error)"])
            }
            // Only cancellation ends the pause early, and the loop sees it.
            _ = try? await client.pace.sleep(.seconds(3))
        }
    }

    /// The watch of Deployments; nil when nobody may read them.
    private func deployments(
        onChange: @escaping @Sendable () -> Void
    ) async throws(KubernetesFailure) -> WatchCache? {
        guard let kind = await client.discovery.preferredResource(for: Self.deployment) else { return nil }
        do {
            _ = try await client.list(kind, namespace: "capi-system", chunk: 1)
            return WatchCache(kind, client: client, transform: Self.kept) { _ in onChange() }
        } catch {
            if error.kind == .forbidden { return nil }
            throw error
        }
    }

    private func serve(
        _ deployments: WatchCache?,
        _ objects: WatchCache,
        _ changes: AsyncStream<Void>,
        _ feed: AsyncStream<Void>.Continuation,
        _ work: @escaping @Sendable () async -> Void
    ) async {
        let caches = [deployments, objects].compactMap { $0 }
        await withDiscardingTaskGroup { group in
            for cache in caches { group.addTask { await cache.run() } }
            for cache in caches {
                // Only cancellation ends the wait early.
                guard (try? await cache.waitForFirstFill()) != nil else { return }
            }
            feed.yield()
            var stop: AsyncStream<Void>.Continuation?
            var known: UpstreamSign?
            for await _ in changes {
                let sign = findUpstream(
                    of: reconciler,
                    deployments: deployments.map { Array($0.objects.values) },
                    objects: Array(objects.objects.values),
                    now: now()
                )
                if sign?.reason != known?.reason || (sign == nil && stop == nil) { tell(sign) }
                known = sign
                if let sign {
                    stop?.finish()
                    stop = nil
                    if let end = sign.endsAt { group.addTask { await look(again: end, feed) } }
                } else if stop == nil {
                    let (stops, stopper) = AsyncStream<Void>.makeStream()
                    stop = stopper
                    group.addTask { await Self.run(work, until: stops) }
                }
            }
        }
    }

    private func tell(_ sign: UpstreamSign?) {
        onVerdict(sign)
        guard let sign else {
            log.info("the embedded reconciler runs")
            return
        }
        let hint = "set spec.reconcilers.\(field) to Upstream, or stop those controllers"
        log.warning(
            "the embedded reconciler does not run, to double nobody's work",
            metadata: ["reason": "\(sign.reason)", "hint": "\(hint)"]
        )
    }

    /// The field of a ManagementCluster that says who does the work.
    private var field: String { reconciler.rawValue.prefix(1).lowercased() + reconciler.rawValue.dropFirst() }

    /// A trace grows old without any change.
    private func look(again moment: Timestamp, _ feed: AsyncStream<Void>.Continuation) async {
        let wait = max(.seconds(1), now().duration(to: moment) + .seconds(1))
        // Only cancellation ends the pause early.
        guard (try? await client.pace.sleep(wait)) != nil else { return }
        feed.yield()
    }

    private static func run(_ work: @escaping @Sendable () async -> Void, until stops: AsyncStream<Void>) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await work() }
            for await _ in stops {}
            group.cancelAll()
        }
    }

    /// Only what tells who is at work: names, labels, managers, and what a Deployment runs.
    private static func kept(_ object: Manifest) -> Manifest {
        var object = object
        object.value["status"] = nil
        if object.kind != "Deployment" { object.value["spec"] = nil }
        return object
    }
}
