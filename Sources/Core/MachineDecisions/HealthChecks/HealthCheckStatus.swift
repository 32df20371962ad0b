internal import KubernetesModel
internal import StructuredValue

/// The status of a MachineHealthCheck, in the shape of its API version.
struct HealthCheckStatus {
    private let view: HealthCheckView
    var targets: [String] = []
    var healthy = 0
    var allowed = 0
    /// Why remediation is off: a word and a sentence.
    var restriction: (reason: String, message: String)?
    var templateIsMissing = false

    init(_ view: HealthCheckView) { self.view = view }

    /// Of a check that is paused: everything but the pause stays as it was.
    func paused(_ reason: String) -> Value {
        var conditions = DualConditions(view.check)
        set("Paused", .yes, "Paused", reason, in: &conditions)
        return conditions.put(into: view.check.status.object.map(Value.object) ?? [:])
    }

    /// Of a check that Cluster API's admission would refuse.
    func refused(_ problem: String) -> Value {
        var conditions = DualConditions(view.check)
        set("Paused", .no, "NotPaused", "", in: &conditions)
        deny("InvalidSpec", problem, in: &conditions)
        var status = conditions.put(into: seen)
        status["remediationsAllowed"] = 0
        return status
    }

    var value: Value {
        var conditions = DualConditions(view.check)
        set("Paused", .no, "NotPaused", "", in: &conditions)
        if let restriction {
            deny(restriction.reason, restriction.message, in: &conditions)
        } else {
            set(HealthCheckWords.allowed, .yes, HealthCheckWords.allowed, "", in: &conditions)
            conditions.setOlder(HealthCheckWords.allowed, .yes, now: view.now)
        }
        let type = "ExternalRemediationTemplateAvailable"
        if templateIsMissing {
            conditions.setOlder(
                type,
                .no,
                reason: "ExternalRemediationTemplateNotFound",
                severity: "Error",
                message: "the template of remediation requests does not exist",
                now: view.now
            )
        } else {
            conditions.removeOlder(type)
        }
        var status = conditions.put(into: seen)
        status["expectedMachines"] = .int(targets.count)
        status["currentHealthy"] = .int(healthy)
        status["remediationsAllowed"] = .int(allowed)
        status["targets"] = targets.isEmpty ? nil : .array(targets.map(Value.string))
        return status
    }

    private var seen: Value {
        var status = view.check.status.object.map(Value.object) ?? [:]
        status["observedGeneration"] = view.check.generation.map(Value.int)
        return status
    }

    private func deny(_ reason: String, _ message: String, in conditions: inout DualConditions) {
        set(HealthCheckWords.allowed, .no, reason, message, in: &conditions)
        conditions.setOlder(HealthCheckWords.allowed, .no, reason: reason, message: message, now: view.now)
    }

    private func set(
        _ type: String,
        _ status: Condition.Status,
        _ reason: String,
        _ message: String,
        in conditions: inout DualConditions
    ) {
        let generation = view.check.generation
        conditions.set(
            Condition(type, status, reason: reason, message: message, observedGeneration: generation),
            now: view.now
        )
    }
}
