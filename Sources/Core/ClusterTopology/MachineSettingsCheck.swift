import SchemaValidation
import StructuredValue

/// Numbers and percentages of health checks and rollouts, which classes and topologies share.
struct MachineSettingsCheck {
    private(set) var errors: [FieldError] = []

    private static func isIntOrPercent(_ value: Value) -> Bool {
        switch value {
        case .int: return true
        case .string(let text): return text.hasSuffix("%") && Int(text.dropLast()) != nil
        default: return false
        }
    }

    private mutating func demandIntOrPercent(_ value: Value?, at field: String) {
        guard let value, !Self.isIntOrPercent(value) else { return }
        errors.append(.invalid(field, value, "must be either an int or a percentage: invalid value for IntOrString"))
    }

    /// `field` is the path of what has `rollout`.
    mutating func rollout(_ owner: Value, at field: String) {
        let rolling = owner[path: "rollout", "strategy", "rollingUpdate"] ?? .null
        let place = field + ".rollout.strategy.rollingUpdate"
        let unavailable = rolling.given("maxUnavailable")
        let surge = rolling.given("maxSurge")
        demandIntOrPercent(unavailable, at: place + ".maxUnavailable")
        demandIntOrPercent(surge, at: place + ".maxSurge")
        if unavailable == .int(0), surge == .int(0) {
            errors.append(.invalid(place, "0", "maxUnavailable and maxSurge cannot both be 0"))
        }
    }

    /// `field` is the path of what has `healthCheck`.
    mutating func healthCheck(_ owner: Value, at field: String) {
        let check = owner["healthCheck"] ?? .null
        let place = field + ".healthCheck"
        if let timeout = check.given("checks", "nodeStartupTimeoutSeconds"), let seconds = timeout.int, seconds != 0,
            seconds < 30
        {
            errors.append(.invalid(place + ".checks.nodeStartupTimeoutSeconds", timeout, "must be at least 30s"))
        }
        demandIntOrPercent(
            check.given("remediation", "triggerIf", "unhealthyLessThanOrEqualTo"),
            at: place + ".remediation.triggerIf.unhealthyLessThanOrEqualTo"
        )
        demandIntOrPercent(check.given("remediation", "maxInFlight"), at: place + ".remediation.maxInFlight")
    }
}
