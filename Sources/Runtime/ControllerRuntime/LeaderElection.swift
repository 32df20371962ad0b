package import KubernetesClient
package import KubernetesModel
internal import StructuredValue
internal import Synchronization

/// What a leader holds in its hand: asks it before every pass that writes.
package final class Leadership: Sendable {
    /// Grows with every change of hands; of two leaders the one with the higher token is right.
    package let token: Int
    private let pace: Pace
    private let until = Mutex(Duration.zero)

    init(token: Int, until: Duration, pace: Pace) {
        self.token = token
        self.pace = pace
        self.until.withLock { $0 = until }
    }

    /// Whether nobody else can lead yet. False as soon as a renewal is overdue, even before the server says so.
    package var isHeld: Bool {
        let now = pace.now()
        return until.withLock { now < $0 }
    }

    func extend(until moment: Duration) { until.withLock { $0 = max($0, moment) } }
    func end() { until.withLock { $0 = .zero } }
}

/// What somebody who waits for the lead sees.
package enum LeaseSighting: Sendable, Hashable {
    /// This one leads.
    case held(by: String)
    /// The Lease could not be read or written.
    case unreadable(KubernetesFailure)
}

/// Lets one of several processes lead, by a Lease on a cluster they all reach.
package final class LeaderElection: Sendable {
    private static let kind = GroupVersionKind(group: "coordination.k8s.io", version: "v1", kind: "Lease")

    private let client: APIClient
    private let namespace: String
    private let name: String
    private let wallClock: @Sendable () -> Timestamp
    private let onSighting: @Sendable (LeaseSighting) -> Void
    private let machine: Mutex<LeaseMachine>

    /// `identity` is unique to this process, e.g. host name and a random part. `onSighting` is told what is seen while
    /// somebody else leads; it must be quick.
    package init(
        client: APIClient,
        namespace: String,
        name: String,
        identity: String,
        timing: LeaseTiming = LeaseTiming(),
        wallClock: @escaping @Sendable () -> Timestamp,
        onSighting: @escaping @Sendable (LeaseSighting) -> Void = { _ in }
    ) {
        self.onSighting = onSighting
        self.client = client
        self.namespace = namespace
        self.name = name
        self.wallClock = wallClock
        machine = Mutex(LeaseMachine(identity: identity, timing: timing))
    }

    /// Waits until this process leads, then runs `body` for as long as it does; again after a loss, until `body` ends by
    /// itself or the task is cancelled. `body` is cancelled when the lead is lost. The Lease is freed at the end.
    package func run(_ body: @escaping @Sendable (Leadership) async throws -> Void) async throws {
        while !Task.isCancelled {
            guard let leadership = await acquire() else { break }
            let isOver = try await withThrowingTaskGroup(of: Bool.self) { group in
                group.addTask {
                    try await body(leadership)
                    return true
                }
                group.addTask {
                    await self.keep(leadership)
                    return false
                }
                defer { group.cancelAll() }
                do {
                    return try await group.next() ?? true
                } catch {
                    leadership.end()
                    await self.release()
                    throw error
                }
            }
            leadership.end()
            await release()
            if isOver { return }
        }
        try Task.checkCancellation()
    }

    /// Nil when cancelled.
    private func acquire() async -> Leadership? {
        var action = LeaseMachine.Action.read
        while !Task.isCancelled {
            if case .lead(let token) = action, let until = machine.withLock({ $0.leadsUntil }) {
                return Leadership(token: token, until: until, pace: client.pace)
            }
            action = await perform(action)
        }
        return nil
    }

    /// Renews until the lead is lost or the task is cancelled.
    private func keep(_ leadership: Leadership) async {
        var action = LeaseMachine.Action.pause(machine.withLock { $0.retryPeriod })
        while !Task.isCancelled {
            if action == .stepDown { return leadership.end() }
            action = await perform(action)
            if let until = machine.withLock({ $0.leadsUntil }) { leadership.extend(until: until) }
        }
    }

    private func perform(_ action: LeaseMachine.Action) async -> LeaseMachine.Action {
        switch action {
        case .read:
            do throws(KubernetesFailure) {
                let lease = try await client.get(Self.kind, namespace: namespace, name: name)
                let record = lease.map { LeaseRecord(spec: $0.spec) }
                let action = handle(.read(record, resourceVersion: lease?.resourceVersion ?? ""))
                if case .pause = action, let record { onSighting(.held(by: record.holder)) }
                return action
            } catch {
                if error.kind != .cancelled { onSighting(.unreadable(error)) }
                return handle(.failed)
            }
        case .write(let record, let version):
            let begun = client.pace.now()
            do throws(KubernetesFailure) {
                let stored = try await write(record, over: version)
                machine.withLock { $0.remember(resourceVersion: stored.resourceVersion ?? "") }
                return handle(.wrote(begun: begun))
            } catch {
                let isTaken = error.kind == .conflict || error.kind == .alreadyExists || error.kind == .notFound
                if !isTaken, error.kind != .cancelled { onSighting(.unreadable(error)) }
                return handle(isTaken ? .conflicted : .failed)
            }
        case .pause(let duration):
            // A pause that is cut short is followed by the caller's look at its cancellation.
            _ = try? await client.pace.sleep(duration * (0.9 + 0.2 * client.pace.random()))
            return handle(.due)
        case .lead, .stepDown:
            return handle(.due)
        }
    }

    private func handle(_ input: LeaseMachine.Input) -> LeaseMachine.Action {
        machine.withLock { $0.handle(input, now: client.pace.now(), wall: wallClock()) }
    }

    private func write(_ record: LeaseRecord, over version: String?) async throws(KubernetesFailure) -> Manifest {
        var lease = Manifest([
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": ["name": .string(name), "namespace": .string(namespace)],
        ])
        lease.value["spec"] = record.spec
        guard let version else { return try await create(lease) }
        lease.value[path: "metadata", "resourceVersion"] = .string(version)
        return try await client.update(lease, fieldManager: "martlet-election")
    }

    /// Creates the Lease, and its namespace when that is what is missing.
    private func create(_ lease: Manifest) async throws(KubernetesFailure) -> Manifest {
        do {
            return try await client.create(lease, fieldManager: "martlet-election")
        } catch {
            guard error.kind == .notFound else { throw error }
        }
        let home = Manifest(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": .string(namespace)]])
        do {
            try await client.create(home, fieldManager: "martlet-election")
        } catch {
            if error.kind != .alreadyExists { throw error }
        }
        return try await client.create(lease, fieldManager: "martlet-election")
    }

    /// Frees the Lease when we hold it, also when the task was cancelled: whoever waits takes over at once.
    private func release() async {
        guard case .write(let record, let version)? = machine.withLock({ $0.release(wall: wallClock()) }) else {
            return
        }
        // Owner: this call, which waits for it; a request's deadline bounds it.
        let task = Task {
            // When it does not come through, the Lease runs out by itself.
            _ = try? await write(record, over: version)
        }
        await task.value
    }
}
