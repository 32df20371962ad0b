package import KubernetesModel
package import MachineDecisions
internal import Synchronization

/// A fleet's remediation budget, shared by the health checks of all its management clusters. What was spent outlives a
/// restart: a daemon that dies again and again must not begin anew each time.
package final class FleetRemediationBudget: Sendable {
    /// Where what was spent is kept between runs.
    package struct Memory: Sendable {
        package var recall: @Sendable () async -> [Timestamp]
        package var keep: @Sendable ([Timestamp]) async -> Void

        package init(
            recall: @escaping @Sendable () async -> [Timestamp],
            keep: @escaping @Sendable ([Timestamp]) async -> Void
        ) {
            self.recall = recall
            self.keep = keep
        }

        /// Remembers nothing.
        package static let none = Memory(recall: { [] }, keep: { _ in })
    }

    private let state: Mutex<(budget: RemediationBudget, hasResumed: Bool)>
    private let memory: Memory
    private let writer = Writer()

    package init(_ budget: RemediationBudget = RemediationBudget(), memory: Memory = .none) {
        state = Mutex((budget, false))
        self.memory = memory
    }

    /// Follows another limit; what was spent stays spent.
    package func follow(limit: Int, window: Duration) {
        state.withLock { $0.budget.follow(limit: limit, window: window) }
    }

    /// Takes as much as there is, up to what is wanted. It is remembered when this returns, before anything is done.
    func take(_ wanted: Int, now: Timestamp) async -> Int {
        if !state.withLock({ $0.hasResumed }) {
            let earlier = await memory.recall()
            state.withLock { state in
                if !state.hasResumed { state.budget.resume(earlier, now: now) }
                state.hasResumed = true
            }
        }
        let granted = state.withLock { $0.budget.take(wanted, now: now) }
        if granted > 0 { await keep() }
        return granted
    }

    /// Gives back what was taken and not used.
    func giveBack(_ count: Int, takenAt moment: Timestamp) async {
        guard count > 0 else { return }
        state.withLock { $0.budget.giveBack(count, takenAt: moment) }
        await keep()
    }

    /// How long until something is free; nil when something is.
    func wait(now: Timestamp) -> Duration? { state.withLock { $0.budget.wait(now: now) } }

    private func keep() async {
        await writer.write {
            let spent = self.state.withLock { $0.budget.spent }
            await self.memory.keep(spent)
        }
    }

    /// Writes one after the other, so that the newest is written last.
    private actor Writer {
        private var isWriting = false
        private var waiting: [CheckedContinuation<Void, Never>] = []

        func write(_ body: @Sendable () async -> Void) async {
            if isWriting { await withCheckedContinuation { waiting.append($0) } } else { isWriting = true }
            await body()
            if waiting.isEmpty { isWriting = false } else { waiting.removeFirst().resume() }
        }
    }
}

/// The remediation budgets of all fleets, each made when it is first asked for.
package final class FleetRemediationBudgets: Sendable {
    private let budgets = Mutex<[String: FleetRemediationBudget]>([:])
    private let memory: @Sendable (String) -> FleetRemediationBudget.Memory

    /// `memory` says where a fleet's is kept.
    package init(memory: @escaping @Sendable (String) -> FleetRemediationBudget.Memory = { _ in .none }) {
        self.memory = memory
    }

    package subscript(_ fleet: String) -> FleetRemediationBudget {
        budgets.withLock { budgets in
            if let known = budgets[fleet] { return known }
            let budget = FleetRemediationBudget(memory: memory(fleet))
            budgets[fleet] = budget
            return budget
        }
    }
}
