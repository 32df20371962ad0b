internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import MachineDecisions
internal import StructuredValue
internal import Synchronization

/// Watches over the kinds of providers that pools refer to, each begun when a pool first asks.
final class ProviderWatches: Sendable {
    /// A kind as it is watched.
    struct Kind: Sendable {
        var cache: WatchCache
        var contract: MachinePoolView.Contract
    }

    private enum Entry: Sendable {
        case starting
        case failed(String)
        case started(Kind)
    }

    private let watches: WatchCaches
    private let pump: TaskPump
    private let denials: Denials
    private let tell: @Sendable (PoolNews) -> Void
    private let entries = Mutex<[GroupKind: Entry]>([:])

    init(
        watches: WatchCaches,
        pump: TaskPump,
        denials: Denials,
        tell: @escaping @Sendable (PoolNews) -> Void
    ) {
        self.watches = watches
        self.pump = pump
        self.denials = denials
        self.tell = tell
    }

    private var client: APIClient { watches.client }

    /// What an object of a provider's kind looks like now. Nil while the kind is being read for the first time; then
    /// news come when it was.
    func look(at kind: GroupKind, namespace: String, name: String) -> MachinePoolView.Part? {
        switch entry(for: kind) {
        case .starting: return nil
        case .failed(let reason): return .unknown(reason)
        case .started(let watched):
            let key = ObjectKey(groupKind: kind, namespace: namespace, name: name)
            switch watched.cache.state {
            case .starting: return nil
            case .failing(let failure): return .unknown("\(failure)")
            case .live: return watched.cache.object(key).map { .found($0, watched.contract) } ?? .missing
            }
        }
    }

    /// All objects of a kind in a namespace with a label; nil when they are not known yet.
    func objects(of kind: GroupKind, in namespace: String, label: String, _ value: String) -> [Manifest]? {
        guard case .started(let watched) = entry(for: kind), watched.cache.state == .live else { return nil }
        return watched.cache.objects.values.filter { $0.namespace == namespace && $0.label(label) == value }
    }

    /// The version in which a kind is read.
    func version(of kind: GroupKind) -> GroupVersionKind? {
        guard case .started(let watched) = entry(for: kind) else { return nil }
        return watched.cache.resource.groupVersionKind
    }

    private func entry(for kind: GroupKind) -> Entry {
        let (entry, isNew) = entries.withLock { entries in
            if let entry = entries[kind] { return (entry, false) }
            entries[kind] = .starting
            return (Entry.starting, true)
        }
        if isNew { pump.add { await self.follow(kind) } }
        return entry
    }

    /// Finds out how a kind is served, tried again until it is; then watches it for good.
    private func follow(_ kind: GroupKind) async {
        let backoff = Backoff(base: .seconds(1), ceiling: .seconds(30))
        var tries = 0
        while !Task.isCancelled {
            do {
                let (resource, contract) = try await find(kind)
                return await observe(watches.cache(of: resource), contract, kind)
            } catch {
                entries.withLock { $0[kind] = .failed("\(error)") }
                if tries == 0 { tell(.kindIsLive) }
                tries += 1
                // Only cancellation ends the pause early, and the loop sees it.
                _ = try? await client.pace.sleep(backoff.delay(failures: tries, random: client.pace.random()))
            }
        }
    }

    private func observe(_ cache: WatchCache, _ contract: MachinePoolView.Contract, _ kind: GroupKind) async {
        let place = "watch \(cache.resource.name)"
        let observation = cache.observe(
            onChange: { self.tell(.changed($0)) },
            onState: { state in
                self.denials.follow(state, of: place)
                if state == .live { self.tell(.kindIsLive) }
            }
        )
        entries.withLock { $0[kind] = .started(Kind(cache: cache, contract: contract)) }
        denials.follow(cache.state, of: place)
        // Others may have watched it before.
        if cache.state == .live { tell(.kindIsLive) }
        while !Task.isCancelled {
            // Only cancellation ends the wait early, and the loop sees it.
            _ = try? await client.pace.sleep(.seconds(3_600))
        }
        cache.forget(observation)
    }

    /// The newest version of the newest contract that the kind's definition names in its labels; what the server prefers
    /// when the definition cannot be read.
    private func find(_ kind: GroupKind) async throws(KubernetesFailure) -> (APIResource, MachinePoolView.Contract) {
        if await client.discovery.preferredResource(for: kind) == nil { try await client.discoverAll() }
        guard let preferred = await client.discovery.preferredResource(for: kind) else {
            throw KubernetesFailure(
                .notFound,
                operation: "follow \(kind)",
                message: "the server has no such kind; is its CustomResourceDefinition installed?"
            )
        }
        let definitions = GroupVersionKind(
            group: "apiextensions.k8s.io",
            version: "v1",
            kind: "CustomResourceDefinition"
        )
        var definition: Manifest?
        do {
            definition = try await client.get(definitions, namespace: "", name: "\(preferred.name).\(kind.group)")
        } catch {
            if error.isRetryable || error.kind == .cancelled { throw error }
        }
        for contract in [MachinePoolView.Contract.v1beta2, .v1beta1] {
            let versions = definition?.label("cluster.x-k8s.io/\(contract.rawValue)")?.split(separator: "_") ?? []
            for version in versions.map(String.init).sorted(by: Self.isNewer) {
                let wanted = GroupVersionKind(group: kind.group, version: version, kind: kind.kind)
                // A label may name versions that are served no more.
                if let found = try? await client.resource(for: wanted) { return (found, contract) }
            }
        }
        return (preferred, .v1beta2)
    }

    /// Kubernetes' order of versions: v2, v1, v1beta2, v1beta1, v1alpha4, others.
    static func isNewer(_ left: String, than right: String) -> Bool {
        func rank(_ version: String) -> (Int, Int, Int) {
            var rest = version.dropFirst(version.hasPrefix("v") ? 1 : 0)
            func number() -> Int {
                let digits = rest.prefix { ("0"..."9").contains($0) }
                rest = rest.dropFirst(digits.count)
                return Int(digits) ?? 0
            }
            let major = number()
            if rest.isEmpty { return (3, major, 0) }
            let isBeta = rest.hasPrefix("beta")
            guard isBeta || rest.hasPrefix("alpha") else { return (0, 0, 0) }
            rest = rest.dropFirst(isBeta ? 4 : 5)
            return (isBeta ? 2 : 1, major, number())
        }
        let (a, b) = (rank(left), rank(right))
        return a == b ? left < right : a > b
    }
}
