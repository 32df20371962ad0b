package import KubernetesModel
package import StructuredValue

/// How a pass over a ClusterResourceSet went, as its condition `ResourcesApplied` says it.
package enum ClusterResourceSetVerdict: Hashable, Sendable {
    /// The set selects no Cluster, so nothing can be said about its resources.
    case idle
    case applied
    case notApplied(String)
    case wrongSecretType(String)
    case sourceMissing(String)
    case clusterNotReached(String)
    case invalidSelector(String)

    /// The status of a set after a pass, in the shape of the set's API version. Times move only with a condition.
    package func status(
        of set: Manifest,
        isPaused: Bool = false,
        drift: ClusterResourceSetDriftReport = .init(),
        now: String
    ) -> Value {
        var status = set.status.object ?? Object()
        if !isPaused, isSuccess { status["observedGeneration"] = set.generation.map { .int($0) } }
        let isNew = set.apiVersion.hasSuffix("v1beta2")
        let fresh = isNew ? status["conditions"] : status["v1beta2"]?["conditions"]
        let legacy = isNew ? status["deprecated"]?["v1beta1"]?["conditions"] : status["conditions"]
        var newConditions = fresh?.array ?? []
        var oldConditions = legacy?.array ?? []
        let generation = set.generation.map { Value.int($0) }
        if !isPaused, self != .idle {
            let (reason, old, severity, message) = words
            var condition: Object = ["type": "ResourcesApplied", "status": self == .applied ? "True" : "False"]
            var oldCondition = condition
            condition["observedGeneration"] = generation
            condition["reason"] = .string(reason)
            condition["message"] = .string(message)
            Self.set(condition, in: &newConditions, now)
            if self != .applied {
                oldCondition["reason"] = .string(old)
                oldCondition["severity"] = .string(severity)
                oldCondition["message"] = .string(message)
            }
            Self.set(oldCondition, in: &oldConditions, now)
        }
        let isDriftKnown = newConditions.contains { $0["type"]?.string == ClusterResourceSetDriftReport.conditionType }
        if !isPaused, self != .idle || isDriftKnown, var condition = drift.condition(before: newConditions) {
            condition["observedGeneration"] = generation
            Self.set(condition, in: &newConditions, now)
        }
        var paused: Object = ["type": "Paused", "status": isPaused ? "True" : "False"]
        paused["observedGeneration"] = generation
        paused["reason"] = isPaused ? "Paused" : "NotPaused"
        paused["message"] = isPaused ? "the ClusterResourceSet has the cluster.x-k8s.io/paused annotation" : ""
        Self.set(paused, in: &newConditions, now)
        if isNew {
            status["conditions"] = .array(newConditions)
            if !oldConditions.isEmpty { status["deprecated"] = ["v1beta1": ["conditions": .array(oldConditions)]] }
        } else {
            if !oldConditions.isEmpty { status["conditions"] = .array(oldConditions) }
            status["v1beta2"] = ["conditions": .array(newConditions)]
        }
        return .object(status)
    }

    private var words: (reason: String, old: String, severity: String, message: String) {
        switch self {
        case .idle, .applied: ("Applied", "", "", "")
        case .notApplied(let text): ("NotApplied", "ApplyFailed", "Warning", text)
        case .wrongSecretType(let text): ("WrongSecretType", "WrongSecretType", "Warning", text)
        case .sourceMissing(let text): ("InternalError", "RetrievingResourceFailed", "Warning", text)
        case .clusterNotReached(let text): ("InternalError", "RemoteClusterClientFailed", "Error", text)
        case .invalidSelector(let text): ("InternalError", "ClusterMatchFailed", "Warning", text)
        }
    }

    /// Whether all was done that could be; what is missing is waited for.
    private var isSuccess: Bool {
        switch self {
        case .idle, .applied, .sourceMissing: true
        case .notApplied, .wrongSecretType, .clusterNotReached, .invalidSelector: false
        }
    }

    /// One verdict of two, with what both complain about: the graver one gives the reason.
    package func joined(with other: Self) -> Self {
        guard let text, let otherText = other.text else { return text == nil ? other : self }
        var graver = gravity >= other.gravity ? self : other
        let together = text == otherText ? text : "\(text); \(otherText)"
        graver.text =
            together.utf8.count > Self.longestText ? String(together.prefix(Self.longestText)) + "…" : together
        return graver
    }

    /// Many Clusters may fail in many ways; a condition holds only so much.
    private static let longestText = 4_000

    private var gravity: Int {
        switch self {
        case .idle, .applied: 0
        case .sourceMissing: 1
        case .clusterNotReached: 2
        case .notApplied: 3
        case .wrongSecretType: 4
        case .invalidSelector: 5
        }
    }

    private var text: String? {
        get {
            switch self {
            case .idle, .applied: nil
            case .notApplied(let text), .wrongSecretType(let text), .sourceMissing(let text),
                .clusterNotReached(let text), .invalidSelector(let text):
                text
            }
        }
        set {
            guard let newValue else { return }
            switch self {
            case .idle, .applied: break
            case .notApplied: self = .notApplied(newValue)
            case .wrongSecretType: self = .wrongSecretType(newValue)
            case .sourceMissing: self = .sourceMissing(newValue)
            case .clusterNotReached: self = .clusterNotReached(newValue)
            case .invalidSelector: self = .invalidSelector(newValue)
            }
        }
    }

    private static func set(_ condition: Object, in conditions: inout [Value], _ now: String) {
        var condition = condition
        let place = conditions.firstIndex { $0["type"] == condition["type"] }
        let known = place.map { conditions[$0] }
        let isSame = known?["status"] == condition["status"]
        let time = isSame ? known?["lastTransitionTime"] : nil
        condition["lastTransitionTime"] = time ?? .string(now)
        if let place { conditions[place] = .object(condition) } else { conditions.append(.object(condition)) }
    }
}
