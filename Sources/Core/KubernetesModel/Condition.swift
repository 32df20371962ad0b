package import StructuredValue

/// One entry of `status.conditions`, in the `metav1` or in Cluster API's older shape.
package struct Condition: Hashable, Sendable {
    package enum Status: String, Sendable {
        case yes = "True"
        case no = "False"
        case unknown = "Unknown"
    }

    package var type: String
    package var status: Status
    package var reason: String
    package var message: String
    /// RFC 3339; nil when the writer gave none.
    package var lastTransitionTime: String?
    package var observedGeneration: Int?

    package init(
        _ type: String,
        _ status: Status,
        reason: String,
        message: String = "",
        lastTransitionTime: String? = nil,
        observedGeneration: Int? = nil
    ) {
        self.type = type
        self.status = status
        self.reason = reason
        self.message = message
        self.lastTransitionTime = lastTransitionTime
        self.observedGeneration = observedGeneration
    }

    /// Nil when it has no type or no status.
    package init?(_ value: Value) {
        guard let type = value["type"]?.string, let status = value["status"]?.string.flatMap(Status.init) else {
            return nil
        }
        self.init(
            type,
            status,
            reason: value["reason"]?.string ?? "",
            message: value["message"]?.string ?? "",
            lastTransitionTime: value["lastTransitionTime"]?.string,
            observedGeneration: value["observedGeneration"]?.int
        )
    }

    /// As it stands in the object.
    package var value: Value {
        var object: Object = [
            "type": .string(type), "status": .string(status.rawValue), "reason": .string(reason),
            "message": .string(message),
        ]
        if let lastTransitionTime { object["lastTransitionTime"] = .string(lastTransitionTime) }
        if let observedGeneration { object["observedGeneration"] = .int(observedGeneration) }
        return .object(object)
    }
}

extension Manifest {
    /// All of `status.conditions` that have a type and a status, in their order.
    package var conditions: [Condition] { (value["status"]?["conditions"]?.array ?? []).compactMap { Condition($0) } }

    /// The condition of this type in `status.conditions`.
    package func condition(_ type: String) -> Condition? {
        for entry in value["status"]?["conditions"]?.array ?? [] where entry["type"]?.string == type {
            return Condition(entry)
        }
        return nil
    }

    /// Whether the condition of this type is there and True.
    package func isTrue(_ type: String) -> Bool { condition(type)?.status == .yes }
}
