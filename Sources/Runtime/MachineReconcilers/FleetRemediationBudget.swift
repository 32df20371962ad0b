internal import KubernetesModel
package import MachineDecisions
internal import Synchronization

/// A fleet's remediation budget, shared by the health checks of all its management clusters.
package final class FleetRemediationBudget: Sendable {
    private let state: Mutex<RemediationBudget>

    package init(_ budget: RemediationBudget = RemediationBudget()) { state = Mutex(budget) }

    /// Follows another limit; what was spent stays spent.
    package func follow(limit: Int, window: Duration) { state.withLock { $0.follow(limit: limit, window: window) } }

    /// Takes as much as there is, up to what is wanted.
    func take(_ wanted: Int, now: Timestamp) -> Int { state.withLock { $0.take(wanted, now: now) } }

    /// Gives back what was taken and not used.
    func giveBack(_ count: Int, takenAt moment: Timestamp) { state.withLock { $0.giveBack(count, takenAt: moment) } }

    /// How long until something is free; nil when something is.
    func wait(now: Timestamp) -> Duration? { state.withLock { $0.wait(now: now) } }
}

/// The remediation budgets of all fleets, each made when it is first asked for.
package final class FleetRemediationBudgets: Sendable {
    private let budgets = Mutex<[String: FleetRemediationBudget]>([:])

    package init() {}

    package subscript(_ fleet: String) -> FleetRemediationBudget {
        budgets.withLock { budgets in
            if let known = budgets[fleet] { return known }
            let budget = FleetRemediationBudget()
            budgets[fleet] = budget
            return budget
        }
    }
}
