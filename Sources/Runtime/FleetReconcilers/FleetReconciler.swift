internal import ClusterTopology
package import ControllerRuntime
package import FleetLedger
package import FleetModel
package import FleetPlanning
internal import FleetRendering
internal import KubernetesClient
package import KubernetesModel
package import Logging
internal import ManifestApply
internal import SourceDiagnostics
internal import StructuredValue
package import Telemetry

/// The heart of the daemon: one pass for one management cluster of one fleet.
///
/// observe → render → plan → apply → report. Each pass starts from what is observed; nothing but the drift memory is
/// carried from one to the next, and losing that costs at most three corrections.
package actor FleetReconciler {
    let stations: RenderStation
    let director: FleetDirector
    let links: LinkDirectory
    let board: StatusBoard
    let ledger: Ledger
    let metrics: MetricsRegistry
    let log: Logger
    let now: @Sendable () -> Timestamp
    let redaction: SecretRedaction
    private let signals: ChangeSignals
    private var inventories: [MemberTarget: (link: ClusterLink, store: InventoryStore)] = [:]
    private let expansions = ExpansionCache()
    private var memories: [MemberTarget: MemberMemory] = [:]
    /// The lead under which an inventory was last read.
    private var tokens: [MemberTarget: Int] = [:]
    /// The kinds that a member's charts look up.
    private var lookedUpKinds: [MemberKey: Set<GroupVersionKind>] = [:]

    package init(
        stations: RenderStation,
        director: FleetDirector,
        links: LinkDirectory,
        signals: ChangeSignals,
        board: StatusBoard,
        ledger: Ledger,
        metrics: MetricsRegistry,
        log: Logger,
        redaction: SecretRedaction,
        now: @escaping @Sendable () -> Timestamp
    ) {
        self.stations = stations
        self.director = director
        self.links = links
        self.signals = signals
        self.board = board
        self.ledger = ledger
        self.metrics = metrics
        self.log = log
        self.redaction = redaction
        self.now = now
    }

    /// One pass. Never throws: what goes wrong is part of the report.
    package func reconcile(_ key: MemberKey) async -> MemberOutcome {
        guard let release = await director.target(of: key) else {
            await markWaiting(key)
            return MemberOutcome(key: key, outcome: .done)
        }
        do {
            guard let rendered = try await desired(key, at: release) else {
                return MemberOutcome(key: key, outcome: .done)
            }
            return await reconcile(key, rendered, release)
        } catch is CancellationError {
            return MemberOutcome(key: key, outcome: .done)
        } catch {
            return await report(key, release, problem: error)
        }
    }

    /// What a member shall run. Charts that look objects up see what is observed: the kinds they ask for are watched from
    /// then on, so that asking costs no request.
    private func desired(_ key: MemberKey, at release: Rollout.Release) async throws -> RenderedMember? {
        let revision = release.revision
        var kinds = lookedUpKinds[key] ?? []
        var observed = ObservedObjects()
        var rendered: RenderedMember?
        // A chart may ask for another kind because of what it found; this ends.
        for _ in 0..<4 {
            if !kinds.isEmpty {
                let repository = try await stations.repository(at: revision)
                guard let member = repository.fleet(key.fleet)?.member(key.managementCluster) else { return nil }
                observed = ObservedObjects(try await links.link(to: member, in: repository.tree).objects(of: kinds))
            }
            rendered = try await stations.desired(for: key, at: revision, observed: observed, now: release.moment)
            // What is observed of Secrets is no data.
            let asked = (rendered?.state.lookedUpKinds ?? []).filter { $0.kind != "Secret" || !$0.group.isEmpty }
            if asked.isSubset(of: kinds) { break }
            kinds.formUnion(asked)
        }
        lookedUpKinds[key] = kinds.isEmpty ? nil : kinds
        signals.lookUp(Set(kinds.map(\.groupKind)), for: key)
        return rendered
    }

    private func reconcile(_ key: MemberKey, _ rendered: RenderedMember, _ release: Rollout.Release) async
        -> MemberOutcome
    {
        var pass = MemberPass(key: key, release: release, rendered: rendered)
        do {
            let repository = try await stations.repository(at: rendered.state.revision)
            let link = try await links.link(to: rendered.member, in: repository.tree)
            let standing = await links.standing(on: link.name)
            if standing.mayWrite { await links.accompany(rendered.member, passOf: key.fleet) }
            await links.use(rendered.state.workloadTargets, by: key)
            pass.obstacle = standing.obstacle
            pass.results.append(try await reconcile(key, rendered, on: .managementCluster, link, standing))
            for target in rendered.state.workloadTargets {
                // A workload cluster that does not answer holds up nobody but itself.
                do {
                    let workload = try await links.link(to: target, of: link)
                    pass.results.append(try await reconcile(key, rendered, on: target, workload, standing))
                } catch {
                    pass.unreachable.append("\(target): \(sentence(of: error))")
                }
            }
            pass.clusterObjects = await link.clusterObjects
        } catch is CancellationError {
            return MemberOutcome(key: key, outcome: .done)
        } catch {
            return await report(key, release, problem: error, rendered)
        }
        return await report(pass)
    }

    /// The same on one cluster: read, decide, write; all but the last where another daemon leads.
    private func reconcile(
        _ key: MemberKey,
        _ rendered: RenderedMember,
        on target: ObjectTarget,
        _ link: ClusterLink,
        _ standing: Standing
    ) async throws -> TargetResult {
        let place = MemberTarget(member: key, target: target)
        let store = inventory(for: place, link)
        // Another daemon writes the inventory, or did until now.
        if !standing.mayWrite || standing.token != tokens[place] { await store.forget() }
        tokens[place] = standing.token
        let inventory = try await store.load()
        let desired = rendered.state.restricted(to: target)
        let observed = try await observe(desired, inventory, link)
        var memory = memories[place] ?? MemberMemory()
        let settings = settings(rendered, memory)
        let plan = planApply(
            desired,
            observed,
            inventory: inventory,
            settings: settings,
            now: now(),
            expansions: expansions
        )
        let changes = try await carryOut(plan, inventory, store, link, standing)
        memory.take(plan, changes, at: now())
        memories[place] = memory
        let awaited = changes.isLeftToLeader ? desired.objects.map(\.key) : []
        signals.own(Set(changes.inventory.entries.keys).union(awaited), at: place)
        return TargetResult(target: target, plan: plan, changes: changes, observed: observed, newDrift: memory.newDrift)
    }

    private func observe(
        _ desired: DesiredState,
        _ inventory: Inventory,
        _ link: ClusterLink
    ) async throws -> ObservedState {
        let kinds =
            desired.objects.map(\.manifest.groupVersionKind)
            + inventory.entries.values.map { GroupVersionKind(apiVersion: $0.apiVersion, kind: $0.key.kind) }
        var keys = Set(inventory.entries.keys)
        for object in desired.objects {
            keys.insert(object.key)
            // A manifest without a namespace becomes one in `default`.
            if object.key.namespace.isEmpty {
                keys.insert(ObjectKey(groupKind: object.key.groupKind, namespace: "default", name: object.key.name))
            }
        }
        return try await link.observe(keys, kinds: Set(kinds))
    }

    private func settings(_ rendered: RenderedMember, _ memory: MemberMemory) -> PlanSettings {
        var settings = PlanSettings(rendered.fleet)
        settings.redaction = redaction
        settings.abandonedFields = memory.drift.abandonedFields(now: now())
        return settings
    }

    /// Carries the plan out, unless there is nothing to write: a pass without changes sends no request.
    private func carryOut(
        _ plan: ApplyPlan,
        _ inventory: Inventory,
        _ store: InventoryStore,
        _ link: ClusterLink,
        _ standing: Standing
    ) async throws -> ChangeSet {
        var changes = ChangeSet(inventory: inventory)
        guard plan.writesAnything || plan.intent != inventory else { return changes }
        guard standing.mayWrite else {
            changes.isLeftToLeader = true
            return changes
        }
        changes = await Applier(client: link.client, inventory: store) { standing.mayWrite }.carryOut(plan)
        for change in changes.changes {
            if case .applied(_, let version) = change.result {
                await link.expect(change.step.key, resourceVersion: version)
            }
        }
        return changes
    }

    private func inventory(for place: MemberTarget, _ link: ClusterLink) -> InventoryStore {
        if let known = inventories[place], known.link === link { return known.store }
        let store = InventoryStore(
            fleet: place.member.fleet,
            managementCluster: place.member.managementCluster,
            client: link.client
        )
        inventories[place] = (link, store)
        return store
    }

    /// Forgets what was remembered of other members.
    func keepOnly(_ members: Set<MemberKey>) {
        inventories = inventories.filter { members.contains($0.key.member) }
        memories = memories.filter { members.contains($0.key.member) }
        tokens = tokens.filter { members.contains($0.key.member) }
        lookedUpKinds = lookedUpKinds.filter { members.contains($0.key) }
        signals.keepOnly(members)
    }

    /// The plan a member would get at a revision, from what is observed now; writes nothing.
    package func plan(_ key: MemberKey, at revision: String) async throws -> [ApplyPlan] {
        let release = Rollout.Release(revision: revision, moment: now())
        guard let rendered = try await desired(key, at: release) else { return [] }
        let repository = try await stations.repository(at: revision)
        let link = try await links.link(to: rendered.member, in: repository.tree)
        var plans: [ApplyPlan] = []
        for target in [.managementCluster] + rendered.state.workloadTargets {
            let link = try await links.link(to: target, of: link)
            let place = MemberTarget(member: key, target: target)
            let inventory = try await inventory(for: place, link).load()
            let desired = rendered.state.restricted(to: target)
            let observed = try await observe(desired, inventory, link)
            let settings = settings(rendered, memories[place] ?? MemberMemory())
            plans.append(
                planApply(
                    desired,
                    observed,
                    inventory: inventory,
                    settings: settings,
                    now: now(),
                    expansions: expansions
                )
            )
        }
        return plans
    }
}

/// One cluster that a member's objects are applied to.
struct MemberTarget: Hashable, Sendable {
    var member: MemberKey
    var target: ObjectTarget
}

/// How a pass ended, and what the rollout made of it.
package struct MemberOutcome: Sendable {
    package var key: MemberKey
    package var outcome: Outcome
    /// What the fleet's rollout does next.
    package var step = FleetDirector.Step()
}

/// Everything one pass found and did.
struct MemberPass: Sendable {
    var key: MemberKey
    var release: Rollout.Release
    var rendered: RenderedMember
    var results: [TargetResult] = []
    /// Workload clusters that could not be reached, in words.
    var unreachable: [String] = []
    /// Why nothing is written, when another daemon leads.
    var obstacle: String?
    var clusterObjects: [Manifest] = []
}

/// What happened on one cluster in one pass.
struct TargetResult: Sendable {
    var target: ObjectTarget
    var plan: ApplyPlan
    var changes: ChangeSet
    var observed: ObservedState
    /// Drift that was not there in the pass before.
    var newDrift: [DriftFinding]
}

extension FleetReconciler {
    /// What is observed of a member right now, Secrets as digests, for a plan that somebody else makes.
    package func observe(_ key: MemberKey) async throws -> [(target: ObjectTarget, world: ObservedWorld)] {
        guard let newest = await director.newest else { return [] }
        let release = await director.target(of: key) ?? Rollout.Release(revision: newest.revision, moment: now())
        guard let rendered = try await desired(key, at: release) else { return [] }
        let repository = try await stations.repository(at: release.revision)
        let link = try await links.link(to: rendered.member, in: repository.tree)
        var worlds: [(ObjectTarget, ObservedWorld)] = []
        for target in [.managementCluster] + rendered.state.workloadTargets {
            let link = try await links.link(to: target, of: link)
            let inventory = try await inventory(for: MemberTarget(member: key, target: target), link).load()
            let observed = try await observe(rendered.state.restricted(to: target), inventory, link)
            worlds.append((target, ObservedWorld(observed: observed, inventory: inventory)))
        }
        return worlds
    }
}
