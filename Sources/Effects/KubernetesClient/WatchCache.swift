package import KubernetesModel
internal import StructuredValue
internal import Synchronization

/// Every object of one kind on one server, kept current by a watch: one writer (`run`), many readers.
///
/// A new list is swapped in whole, so that a reader never sees half of one. Readers can wait for the first fill, and
/// observe what changes after it.
package final class WatchCache: Sendable {
    /// What happened to one object.
    package enum Change: Sendable {
        case put(Manifest, previous: Manifest?)
        case removed(Manifest)
    }

    /// How current the cache is.
    package enum State: Sendable, Hashable {
        case starting
        case live
        /// The last try failed; the objects are what was known before.
        case failing(KubernetesFailure)
    }

    /// Who is told of changes. Both are called by the writer, so they must be quick.
    private struct Observer: Sendable {
        var onChange: @Sendable (Change) -> Void
        var onState: @Sendable (State) -> Void
    }

    /// Names an observer that was added.
    package struct Observation: Hashable, Sendable {
        fileprivate var number: Int
    }

    private struct Content {
        var observers: [Int: Observer] = [:]
        var nextObserver = 1
        var objects: [ObjectKey: Manifest] = [:]
        var state = State.starting
        var hasFilled = false
        var waiters: [Int: CheckedContinuation<Void, any Error>] = [:]
        var nextWaiter = 0
    }

    package let resource: APIResource
    private let client: APIClient
    private let transform: @Sendable (Manifest) -> Manifest
    private let content: Mutex<Content>

    /// `transform` sees every object before it is kept (and may drop what nobody needs). `onChange` is called for every
    /// change after the first fill, `onState` when the state changes; both from the writer, so they must be quick.
    package init(
        _ resource: APIResource,
        client: APIClient,
        transform: @escaping @Sendable (Manifest) -> Manifest = { $0 },
        onChange: @escaping @Sendable (Change) -> Void = { _ in },
        onState: @escaping @Sendable (State) -> Void = { _ in }
    ) {
        self.resource = resource
        self.client = client
        self.transform = transform
        var content = Content()
        content.observers[0] = Observer(onChange: onChange, onState: onState)
        self.content = Mutex(content)
    }

    /// Tells somebody else of every change from now on, too. Who then reads what is there misses nothing.
    package func observe(
        onChange: @escaping @Sendable (Change) -> Void = { _ in },
        onState: @escaping @Sendable (State) -> Void = { _ in }
    ) -> Observation {
        content.withLock { content in
            let number = content.nextObserver
            content.nextObserver += 1
            content.observers[number] = Observer(onChange: onChange, onState: onState)
            return Observation(number: number)
        }
    }

    /// Tells an observer nothing more.
    package func forget(_ observation: Observation) {
        _ = content.withLock { $0.observers.removeValue(forKey: observation.number) }
    }

    private func tell(_ change: Change) {
        for observer in content.withLock({ $0.observers }).values { observer.onChange(change) }
    }

    package var state: State { content.withLock { $0.state } }
    /// Whether the first list has arrived.
    package var hasFilled: Bool { content.withLock { $0.hasFilled } }
    package var count: Int { content.withLock { $0.objects.count } }

    package func object(_ key: ObjectKey) -> Manifest? { content.withLock { $0.objects[key] } }

    /// A snapshot of everything; cheap, because it shares storage with the cache.
    package var objects: [ObjectKey: Manifest] { content.withLock { $0.objects } }

    /// Returns once the first list has arrived; throws when cancelled.
    package func waitForFirstFill() async throws {
        let id = content.withLock { content in
            content.nextWaiter += 1
            return content.nextWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let isReady = content.withLock { content in
                    if content.hasFilled { return true }
                    content.waiters[id] = continuation
                    return false
                }
                if isReady {
                    continuation.resume()
                } else if Task.isCancelled {
                    cancelWaiter(id)
                }
            }
        } onCancel: {
            cancelWaiter(id)
        }
    }

    private func cancelWaiter(_ id: Int) {
        content.withLock { $0.waiters.removeValue(forKey: id) }?.resume(throwing: CancellationError())
    }

    /// Lists, watches, and lists again when it must, until cancelled.
    package func run() async {
        var machine = WatchMachine()
        var action = machine.handle(.start)
        while !Task.isCancelled {
            switch action {
            case .list: action = await list(&machine)
            case .watch(let version): action = await watch(from: version, &machine)
            case .pause(let failures, let least):
                let delay = max(Duration.milliseconds(250) * (1 << min(failures - 1, 7)), least * 1.25)
                // Only cancellation ends a pause early, and the loop sees it.
                _ = try? await client.pace.sleep(min(delay, .seconds(30)) * (0.8 + 0.4 * client.pace.random()))
                action = machine.handle(.start)
            case .apply, .none: action = machine.handle(.start)
            }
        }
    }

    private func list(_ machine: inout WatchMachine) async -> WatchMachine.Action {
        do throws(KubernetesFailure) {
            let list = try await client.list(resource)
            replace(with: list.items)
            enter(.live)
            return machine.handle(.listed(resourceVersion: list.resourceVersion))
        } catch {
            return fail(error, &machine)
        }
    }

    private func watch(from version: String, _ machine: inout WatchMachine) async -> WatchMachine.Action {
        let events: WatchEvents
        do throws(KubernetesFailure) {
            events = try await client.watch(resource, from: version, afterSilence: machine.wasSilent)
        } catch {
            return fail(error, &machine)
        }
        // A quiet server sends nothing for a long time; that it took the watch is the good news.
        enter(.live)
        do throws(KubernetesFailure) {
            for try await event in events {
                switch machine.handle(.event(event)) {
                case .apply(.put(let value)): put(Manifest(value))
                case .apply(.remove(let value)): remove(Manifest(value))
                case .none: break
                case let action: return action
                }
            }
            return Task.isCancelled ? .none : machine.handle(.ended)
        } catch {
            // Silence proves nothing yet: whether the server takes another watch does.
            return error.kind == .timeout ? machine.handle(.fellSilent) : fail(error, &machine)
        }
    }

    private func fail(_ failure: KubernetesFailure, _ machine: inout WatchMachine) -> WatchMachine.Action {
        if failure.kind != .cancelled, failure.kind != .gone { enter(.failing(failure)) }
        return machine.handle(.failed(failure))
    }

    private func enter(_ state: State) {
        let hasChanged = content.withLock { content in
            defer { content.state = state }
            return content.state != state
        }
        guard hasChanged else { return }
        for observer in content.withLock({ $0.observers }).values { observer.onState(state) }
    }

    private func replace(with items: [Manifest]) {
        var fresh: [ObjectKey: Manifest] = [:]
        fresh.reserveCapacity(items.count)
        for item in items {
            let item = transform(item)
            fresh[item.key] = item
        }
        let (old, isFirst, waiters) = content.withLock { content in
            let result = (content.objects, !content.hasFilled, content.waiters)
            content.objects = fresh
            content.hasFilled = true
            content.waiters = [:]
            return result
        }
        for waiter in waiters.values { waiter.resume() }
        if isFirst { return }
        for (key, item) in fresh where old[key]?.resourceVersion != item.resourceVersion {
            tell(.put(item, previous: old[key]))
        }
        for (key, item) in old where fresh[key] == nil { tell(.removed(item)) }
    }

    private func put(_ item: Manifest) {
        let item = transform(item)
        let previous = content.withLock { $0.objects.updateValue(item, forKey: item.key) }
        if previous?.resourceVersion != item.resourceVersion { tell(.put(item, previous: previous)) }
    }

    private func remove(_ item: Manifest) {
        let item = transform(item)
        if content.withLock({ $0.objects.removeValue(forKey: item.key) }) != nil { tell(.removed(item)) }
    }
}
