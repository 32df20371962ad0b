package import KubernetesModel
package import SourceDiagnostics
package import StructuredValue
internal import Synchronization

/// What the daemon knows right now, for whoever asks: written by the loops, read by the API and the dashboard.
package final class StatusBoard: Sendable {
    /// Where the repository stands.
    package struct Source: Sendable, Hashable {
        package var repository = ""
        package var branch = ""
        package var revision = ""
        package var message = ""
        package var author = ""
        package var committed: Timestamp?
        package var fetched: Timestamp?
        /// Why the newest fetch failed; nil when it did not.
        package var failure: String?
        /// Findings about the repository as a whole, and about files that belong to no fleet.
        package var diagnostics: [Diagnostic] = []

        package init() {}

        package var value: Value {
            [
                "repository": .string(repository), "branch": .string(branch), "revision": .string(revision),
                "message": .string(message), "author": .string(author),
                "committed": committed.map { .string($0.description) } ?? .null,
                "fetched": fetched.map { .string($0.description) } ?? .null,
                "failure": failure.map(Value.string) ?? .null, "diagnostics": .array(diagnostics.map(\.value)),
            ]
        }
    }

    private struct State {
        var source = Source()
        var fleets: [String: FleetStatus] = [:]
        var members: [String: [String: MemberStatus]] = [:]
        /// What others than the passes have to say about management clusters, by topic.
        var notices: [String: [String: String]] = [:]
        var isReady = false
        var version = 0 {
            didSet {
                for waiter in waiters.values { waiter.resume() }
                waiters = [:]
            }
        }
        var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter = 0
    }

    private let state = Mutex(State())

    package init() {}

    /// Counts changes; a page that saw this number is up to date.
    package var version: Int { state.withLock { $0.version } }

    /// Waits until more changed than `seen`, and answers the new count. Throws when cancelled.
    package func waitForChange(after seen: Int) async throws -> Int {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    if state.version > seen || Task.isCancelled { return false }
                    state.waiters[id] = continuation
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
        try Task.checkCancellation()
        return version
    }

    /// True once the first revision was read and every management cluster was connected or found unreachable.
    package var isReady: Bool { state.withLock { $0.isReady } }

    package func markReady() { state.withLock { $0.isReady = true } }

    package var source: Source { state.withLock { $0.source } }

    package func updateSource(_ change: (inout Source) -> Void) {
        state.withLock {
            change(&$0.source)
            $0.version += 1
        }
    }

    /// The fleets by name, each with its members by name.
    package var fleets: [FleetStatus] {
        state.withLock { state in
            state.fleets.values.sorted { $0.name < $1.name }.map { fleet in
                var fleet = fleet
                fleet.members = (state.members[fleet.name] ?? [:]).values.map { member in
                    var member = member
                    let notices = state.notices[member.managementCluster] ?? [:]
                    member.findings += notices.sorted { $0.key < $1.key }.map { MemberStatus.Finding($0.value) }
                    return member
                }.sorted { $0.managementCluster < $1.managementCluster }
                return fleet
            }
        }
    }

    package func member(_ managementCluster: String, of fleet: String) -> MemberStatus? {
        state.withLock { $0.members[fleet]?[managementCluster] }
    }

    package func updateFleet(_ name: String, _ change: (inout FleetStatus) -> Void) {
        state.withLock { state in
            change(&state.fleets[name, default: FleetStatus(name: name, revision: "")])
            state.version += 1
        }
    }

    /// Changes what is known of a member; `since` follows the state by itself.
    package func updateMember(
        _ managementCluster: String,
        of fleet: String,
        at now: Timestamp,
        _ change: (inout MemberStatus) -> Void
    ) {
        state.withLock { state in
            let fresh = MemberStatus(fleet: fleet, managementCluster: managementCluster, since: now)
            var member = state.members[fleet]?[managementCluster] ?? fresh
            let before = member
            change(&member)
            if member.state != before.state { member.since = now }
            state.members[fleet, default: [:]][managementCluster] = member
            // That another pass was made is no news.
            var silent = member
            silent.lastPass = before.lastPass
            if silent != before { state.version += 1 }
        }
    }

    /// Says something about a management cluster beside what its passes find; nil takes it back.
    package func setNotice(_ text: String?, topic: String, of managementCluster: String) {
        state.withLock { state in
            guard state.notices[managementCluster]?[topic] != text else { return }
            state.notices[managementCluster, default: [:]][topic] = text
            state.version += 1
        }
    }

    /// The topics about which something is said of a management cluster.
    package func noticeTopics(of managementCluster: String) -> [String] {
        state.withLock { ($0.notices[managementCluster] ?? [:]).keys.sorted() }
    }

    /// Forgets fleets and members that are no longer in the repository.
    package func keepOnly(fleets: Set<String>, members: Set<MemberKey>) {
        state.withLock { state in
            state.fleets = state.fleets.filter { fleets.contains($0.key) }
            for (fleet, known) in state.members {
                let left = known.filter { members.contains(MemberKey(fleet: fleet, managementCluster: $0.key)) }
                state.members[fleet] = left.isEmpty ? nil : left
            }
            state.version += 1
        }
    }

    /// As `/api/v1/status` shows it; in brief, management clusters come without their clusters, apps and findings.
    package func value(isBrief: Bool = false) -> Value {
        ["source": source.value, "ready": .bool(isReady), "fleets": .array(fleets.map { $0.value(isBrief: isBrief) })]
    }
}
