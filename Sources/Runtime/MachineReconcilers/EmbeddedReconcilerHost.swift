package import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
package import MachineDecisions

/// Lets an embedded reconciler run for as long as Cluster API's own controllers do not do its work.
///
/// ```
///            no sign of others               a sign
///   start ────────────────────► running ───────────────► refusing
///     │                            ▲                         │
///     └────────── a sign ──────────┼──► refusing             │
///                                  └── the sign is gone ─────┘
/// ```
/// Deployments and the objects of the kind are watched; nothing is polled. While it is not known who is at work, nothing
/// runs.
package struct EmbeddedReconcilerHost: Sendable {
    private let reconciler: EmbeddedReconciler
    private let site: ReconcilerSite
    private let log: Logger
    private let denials: Denials
    private let onVerdict: @Sendable (UpstreamSign?) -> Void

    /// `onVerdict` is told why the reconciler does not run, or nil when it does; `onDenial` what keeps it from finding
    /// out.
    package init(
        _ reconciler: EmbeddedReconciler,
        on site: ReconcilerSite,
        onVerdict: @escaping @Sendable (UpstreamSign?) -> Void = { _ in },
        onDenial: @escaping @Sendable (String?) -> Void = { _ in }
    ) {
        self.reconciler = reconciler
        self.site = site
        self.onVerdict = onVerdict
        var log = site.log
        log[metadataKey: "reconciler"] = "\(reconciler.rawValue)"
        self.log = log
        denials = Denials(reconciler.rawValue, log: log, onChange: onDenial)
    }

    private static let deployment = GroupKind(group: "apps", kind: "Deployment")

    /// Runs the work whenever nobody else does it, until cancelled.
    package func run(_ work: @escaping @Sendable () async -> Void) async {
        guard let kinds = await site.waitForKinds([reconciler.kind], denials) else { return }
        let deployment = await site.client.discovery.preferredResource(for: Self.deployment)
        let (changes, feed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let objects = site.watches.cache(of: kinds[0])
        let deployments = deployment.map { site.watches.cache(of: $0) }
        let observations = [objects, deployments].compactMap { cache in
            cache.map { ($0, $0.observe(onChange: { _ in feed.yield() }, onState: { _ in feed.yield() })) }
        }
        feed.yield()
        await decide(objects, deployments, changes, feed, work)
        for (cache, observation) in observations { cache.forget(observation) }
        denials.end()
    }

    private func decide(
        _ objects: WatchCache,
        _ deployments: WatchCache?,
        _ changes: AsyncStream<Void>,
        _ feed: AsyncStream<Void>.Continuation,
        _ work: @escaping @Sendable () async -> Void
    ) async {
        let (wishes, wish) = AsyncStream<Bool>.makeStream(bufferingPolicy: .bufferingNewest(1))
        await withDiscardingTaskGroup { group in
            group.addTask { await Self.run(work, asIn: wishes) }
            var known: UpstreamSign??
            var alarm: Timestamp?
            for await _ in changes {
                if let moment = alarm, moment <= site.now() { alarm = nil }
                guard let evidence = evidence(objects, deployments) else { continue }
                let sign = findUpstream(
                    of: reconciler,
                    deployments: evidence.deployments,
                    objects: evidence.objects,
                    now: site.now()
                )
                if known.map({ $0?.reason != sign?.reason }) ?? true { tell(sign) }
                known = sign
                wish.yield(sign == nil)
                if let end = sign?.endsAt, alarm == nil {
                    alarm = end
                    group.addTask { await look(again: end, feed) }
                }
                // Many objects change together.
                _ = try? await site.client.pace.sleep(.milliseconds(100))  // the loop sees a cancellation
            }
            group.cancelAll()
        }
    }

    /// What tells who is at work; nil while that is not known.
    private func evidence(
        _ objects: WatchCache,
        _ deployments: WatchCache?
    ) -> (objects: [Manifest], deployments: [Manifest]?)? {
        denials.follow(objects.state, of: "watch \(objects.resource.name)")
        guard objects.hasFilled else { return nil }
        let all = Array(objects.objects.values)
        guard let deployments else { return (all, nil) }
        if case .failing(let failure) = deployments.state, failure.kind == .forbidden { return (all, nil) }
        return deployments.hasFilled ? (all, Array(deployments.objects.values)) : nil
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
        let wait = max(.seconds(1), site.now().duration(to: moment) + .seconds(1))
        // Only cancellation ends the pause early.
        guard (try? await site.client.pace.sleep(wait)) != nil else { return }
        feed.yield()
    }

    /// Runs the work while it is wished for; it never begins again before it has ended.
    private static func run(_ work: @escaping @Sendable () async -> Void, asIn wishes: AsyncStream<Bool>) async {
        await withDiscardingTaskGroup { group in
            var running: (stop: AsyncStream<Void>.Continuation, ended: AsyncStream<Void>)?
            for await isWished in wishes {
                if isWished, running == nil {
                    let (stops, stop) = AsyncStream<Void>.makeStream()
                    let (ended, end) = AsyncStream<Void>.makeStream()
                    running = (stop, ended)
                    group.addTask {
                        await withDiscardingTaskGroup { inner in
                            inner.addTask { await work() }
                            for await _ in stops {}
                            inner.cancelAll()
                        }
                        end.finish()
                    }
                } else if !isWished, let last = running {
                    last.stop.finish()
                    for await _ in last.ended {}
                    running = nil
                }
            }
            group.cancelAll()
        }
    }
}
