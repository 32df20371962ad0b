package import FleetPlanning
package import KubernetesClient
package import KubernetesModel

/// What carrying out a plan did, object by object: the one account that status, events, history and metrics are made of.
package struct ChangeSet: Sendable {
    package var changes: [Change]
    /// The inventory as it stands after the changes.
    package var inventory: Inventory
    /// Why the inventory could not be written; the changes before that are real, and the next pass writes it again.
    package var inventoryFailure: KubernetesFailure?
    /// There was something to write, but another daemon leads.
    package var isLeftToLeader = false

    package init(changes: [Change] = [], inventory: Inventory, inventoryFailure: KubernetesFailure? = nil) {
        self.changes = changes
        self.inventory = inventory
        self.inventoryFailure = inventoryFailure
    }

    package var failures: [(step: PlanStep, failure: KubernetesFailure)] {
        changes.compactMap { change in
            if case .failed(let failure) = change.result { (change.step, failure) } else { nil }
        }
    }

    /// Whether everything the plan asked for was done.
    package var isComplete: Bool {
        inventoryFailure == nil && !isLeftToLeader
            && changes.allSatisfy { change in
                switch change.result {
                case .applied, .deleted: true
                case .failed, .skipped: false
                }
            }
    }

    /// Whether a failure stands in it that may go away by itself.
    package var isWorthRetrying: Bool {
        (inventoryFailure?.isRetryable ?? false)
            || failures.contains { $0.failure.isRetryable || $0.failure.kind == .notFound }
    }
}

/// What became of one step.
package struct Change: Sendable {
    package enum Result: Sendable {
        /// The server has it; this is what it answered.
        case applied(uid: String, resourceVersion: String)
        /// The server took the deletion; finalizers may keep the object for a while.
        case deleted(isGone: Bool)
        case failed(KubernetesFailure)
        /// Left out, because this object has to be in place first.
        case skipped(waitingFor: ObjectKey)
    }

    package var step: PlanStep
    package var result: Result

    package init(step: PlanStep, result: Result) {
        self.step = step
        self.result = result
    }
}
