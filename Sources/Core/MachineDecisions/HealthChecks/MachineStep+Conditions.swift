internal import KubernetesModel
package import StructuredValue

extension HealthCheckRound.MachineStep {
    /// How the creation of an external request ended.
    package enum RequestOutcome: Sendable, Hashable {
        case notAsked
        case created
        case failed(String)
    }

    /// The Machine's status with what the health check says about it.
    package func status(after outcome: RequestOutcome = .notAsked) -> Value {
        var conditions = DualConditions(machine)
        switch health {
        case .unhealthy(let reason, let messages):
            let list = messages.map { "  * \($0)" }.joined(separator: "\n")
            set(HealthCheckWords.succeeded, .no, reason.rawValue, "Health check failed:\n\(list)", &conditions)
            conditions.setOlder(
                HealthCheckWords.succeeded,
                .no,
                reason: reason.older,
                message: reason == .nodeDeleted ? "" : messages.joined(separator: "; "),
                now: now
            )
        case .healthy:
            set(HealthCheckWords.succeeded, .yes, HealthCheckWords.succeeded, "", &conditions)
            conditions.setOlder(HealthCheckWords.succeeded, .yes, now: now)
        case .pending, .unjudged: break
        }
        let external = HealthCheckWords.externallyRemediated
        switch (request, outcome) {
        case (.templateMissing?, _):
            set(external, .no, "RemediationTemplateNotFound", "the template of requests does not exist", &conditions)
        case (.create?, .failed(let message)):
            set(external, .no, "RemediationRequestCreationFailed", message, &conditions)
        case (.create?, .created): set(external, .no, HealthCheckWords.waiting, "", &conditions)
        case (nil, _) where isHandedOver || isWithOwner: tellOwner(&conditions)
        default: break
        }
        return conditions.put(into: machine.status.object.map(Value.object) ?? [:])
    }

    /// Asks the owner for remediation, in each form in which it was not asked yet: what an owner has begun is its own.
    private func tellOwner(_ conditions: inout DualConditions) {
        let type = HealthCheckWords.ownerRemediated
        if conditions.inCurrentForm(type)?.status ?? .yes == .yes {
            let message = "waiting for the owner to remediate the Machine"
            set(type, .no, HealthCheckWords.waiting, message, &conditions)
        }
        if conditions.inOlderForm(type)?.status ?? .yes == .yes {
            conditions.setOlder(type, .no, reason: HealthCheckWords.waiting, now: now)
        }
    }

    private func set(
        _ type: String,
        _ status: Condition.Status,
        _ reason: String,
        _ message: String,
        _ conditions: inout DualConditions
    ) {
        conditions.set(
            Condition(type, status, reason: reason, message: message, observedGeneration: machine.generation),
            now: now
        )
    }
}
