package import KubernetesModel
package import StructuredValue

/// The conditions in an object's status, in the two forms that Cluster API keeps side by side.
///
/// | object  | current form (reason and message always) | older form (with a severity)           |
/// |---------|------------------------------------------|----------------------------------------|
/// | v1beta2 | `status.conditions`                      | `status.deprecated.v1beta1.conditions` |
/// | v1beta1 | `status.v1beta2.conditions`              | `status.conditions`                    |
///
/// The time of the current form moves with its status only, that of the older form with anything it says.
package struct DualConditions: Hashable, Sendable {
    package private(set) var current: [Value]
    package private(set) var older: [Value]
    private let isNewVersion: Bool

    package init(_ object: Manifest) {
        isNewVersion = !object.apiVersion.hasSuffix("/v1beta1")
        current = object.status[path: isNewVersion ? ["conditions"] : ["v1beta2", "conditions"]]?.array ?? []
        older = object.status[path: isNewVersion ? Self.deprecated : ["conditions"]]?.array ?? []
    }

    private static let deprecated = ["deprecated", "v1beta1", "conditions"]

    /// The condition of a type: the current form, else the older one.
    package subscript(_ type: String) -> Condition? {
        Self.find(type, in: current) ?? Self.find(type, in: older)
    }

    /// The condition of a type in its current form.
    package func inCurrentForm(_ type: String) -> Condition? { Self.find(type, in: current) }

    /// The condition of a type in its older form.
    func inOlderForm(_ type: String) -> Condition? { Self.find(type, in: older) }

    /// Whether a condition asks for something that nobody works on: it is absent, or True again.
    ///
    /// Objects of v1beta2 always keep the current form; servers of v1beta1 may know the older one alone.
    func isOpen(_ type: String) -> Bool {
        let known = isNewVersion ? inCurrentForm(type) : self[type]
        return known == nil || known?.status == .yes
    }

    private static func find(_ type: String, in conditions: [Value]) -> Condition? {
        conditions.first { $0["type"]?.string == type }.flatMap { Condition($0) }
    }

    /// Sets the current form of a condition.
    package mutating func set(_ condition: Condition, now: Timestamp) {
        Self.put(condition.value, in: &current, now)
    }

    /// Sets the older form of a condition, which tells reasons only of what does not hold.
    package mutating func setOlder(
        _ type: String,
        _ status: Condition.Status,
        reason: String = "",
        severity: String = "Warning",
        message: String = "",
        now: Timestamp
    ) {
        var condition: Object = ["type": .string(type), "status": .string(status.rawValue)]
        if !reason.isEmpty { condition["reason"] = .string(reason) }
        if status == .no { condition["severity"] = .string(severity) }
        if !message.isEmpty { condition["message"] = .string(message) }
        Self.put(.object(condition), in: &older, now, movesAlways: true)
    }

    /// Removes the older form of a condition.
    package mutating func removeOlder(_ type: String) { older.removeAll { $0["type"]?.string == type } }

    private static func put(
        _ condition: Value,
        in conditions: inout [Value],
        _ now: Timestamp,
        movesAlways: Bool = false
    ) {
        var condition = condition
        guard let place = conditions.firstIndex(where: { $0["type"] == condition["type"] }) else {
            condition["lastTransitionTime"] = .string(now.description)
            conditions.append(condition)
            return
        }
        let known = conditions[place]
        let before = known["lastTransitionTime"] ?? .string(now.description)
        condition["lastTransitionTime"] = before
        // The order of members is the server's business.
        if isEqual(known, condition) { return }
        let moves = movesAlways || known["status"] != condition["status"]
        if moves { condition["lastTransitionTime"] = .string(now.description) }
        conditions[place] = condition
    }

    private static func isEqual(_ left: Value, _ right: Value) -> Bool {
        guard let left = left.object, let right = right.object, left.count == right.count else { return false }
        return left.allSatisfy { right[$0.key] == $0.value }
    }

    /// A status with these conditions in it.
    package func put(into status: Value) -> Value {
        var status = status
        if isNewVersion {
            status["conditions"] = .array(current)
            if !older.isEmpty { status[path: Self.deprecated] = .array(older) }
        } else {
            if !older.isEmpty { status["conditions"] = .array(older) }
            if !current.isEmpty { status[path: "v1beta2", "conditions"] = .array(current) }
        }
        return status
    }
}
