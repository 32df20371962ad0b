import KubernetesModel
import StructuredValue

/// The names that a MachinePool's conditions have in Cluster API.
enum MachinePoolConditions {
    static let bootstrapReady = "BootstrapReady"
    static let infrastructureReady = "InfrastructureReady"
    static let replicasReady = "ReplicasReady"
    static let summarized = [bootstrapReady, infrastructureReady, replicasReady]

    /// How bad a condition of the older form is that is not True.
    enum Severity: String {
        case error = "Error"
        case warning = "Warning"
        case info = "Info"
        case none = ""
    }

    /// A condition of the older form. True ones have neither reason nor severity.
    struct Legacy: Hashable {
        var status: Condition.Status
        var reason = ""
        var severity = Severity.none
        var message = ""

        static let isTrue = Legacy(status: .yes)

        init(status: Condition.Status, reason: String = "", severity: Severity = .none, message: String = "") {
            self.status = status
            self.reason = reason
            self.severity = severity
            self.message = message
        }

        init?(_ value: Value) {
            guard let status = value["status"]?.string.flatMap(Condition.Status.init) else { return nil }
            self.init(
                status: status,
                reason: value["reason"]?.string ?? "",
                severity: value["severity"]?.string.flatMap(Severity.init) ?? .none,
                message: value["message"]?.string ?? ""
            )
        }

        /// The lower, the more it decides a summary.
        var rank: Int {
            switch (status, severity) {
            case (.no, .error): 0
            case (.no, .warning): 1
            case (.no, .info): 2
            // Taken over from a newer form, which has no severities.
            case (.no, .none): 3
            // What is not known is not ready; Cluster API's own summaries let True win over this and the one before.
            case (.unknown, _): 4
            case (.yes, _): 5
            }
        }
    }

    static func legacy(_ type: String, in list: [Value]) -> Legacy? {
        list.first { $0["type"]?.string == type }.flatMap(Legacy.init)
    }

    /// Sets a condition of the older form. Its time moves with any part of it; Ready stands first, the rest by name.
    static func set(_ type: String, _ condition: Legacy, in list: inout [Value], now: Timestamp) {
        if legacy(type, in: list) == condition { return }
        var entry: Object = [
            "type": .string(type), "status": .string(condition.status.rawValue),
            "lastTransitionTime": .string(now.description),
        ]
        if !condition.reason.isEmpty { entry["reason"] = .string(condition.reason) }
        if condition.severity != .none { entry["severity"] = .string(condition.severity.rawValue) }
        if !condition.message.isEmpty { entry["message"] = .string(condition.message) }
        list.removeAll { $0["type"]?.string == type }
        list.append(.object(entry))
        func place(_ value: Value) -> (Int, String) {
            let type = value["type"]?.string ?? ""
            return (type == "Ready" ? 0 : 1, type)
        }
        list.sort { place($0) < place($1) }
    }

    /// Sets a condition of the `metav1` form. Its time moves with its status.
    static func set(_ condition: Condition, in list: inout [Value], now: Timestamp) {
        let place = list.firstIndex { $0["type"]?.string == condition.type }
        let known = place.flatMap { Condition(list[$0]) }
        var condition = condition
        condition.lastTransitionTime = known?.status == condition.status ? known?.lastTransitionTime : nil
        condition.lastTransitionTime = condition.lastTransitionTime ?? now.description
        if condition == known { return }
        if let place { list[place] = condition.value } else { list.append(condition.value) }
    }

    /// What the conditions come to together; nil when there is none of them.
    static func summary(of list: [Value]) -> Legacy? {
        let found = summarized.compactMap { legacy($0, in: list) }
        guard let worst = found.min(by: { $0.rank < $1.rank }) else { return nil }
        return worst.status == .yes ? .isTrue : worst
    }

    /// The condition `Ready` of a provider's object, in whichever form it stands: both have what is taken over.
    static func ready(of object: Manifest) -> Legacy? {
        legacy("Ready", in: object.status["conditions"]?.array ?? [])
            ?? legacy("Ready", in: object.status[path: "deprecated", "v1beta1", "conditions"]?.array ?? [])
    }
}
