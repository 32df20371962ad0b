import KubernetesModel
import StructuredValue

/// How decisions change objects: each of these leaves an object alone that is already as it should be.
extension Manifest {
    mutating func addFinalizer(_ name: String) {
        guard !finalizers.contains(name) else { return }
        value[path: "metadata", "finalizers"] = .array((finalizers + [name]).map(Value.string))
    }

    mutating func removeFinalizer(_ name: String) {
        guard finalizers.contains(name) else { return }
        let rest = finalizers.filter { $0 != name }
        value[path: "metadata", "finalizers"] = rest.isEmpty ? nil : .array(rest.map(Value.string))
    }

    /// Adds or renews a reference to an owner. As its controller it takes the place of any other controller.
    mutating func own(by owner: Manifest, isController: Bool = false) {
        guard let uid = owner.uid else { return }
        var references = value["metadata"]?["ownerReferences"]?.array ?? []
        let wanted = OwnerReference(to: owner, isController: isController, blocksOwnerDeletion: true)
        if let index = references.firstIndex(where: { $0["uid"]?.string == uid }) {
            let known = OwnerReference(references[index])
            if known?.isController == isController || (known?.isController == true && !isController) { return }
            references[index] = wanted.value
        } else {
            if isController { references.removeAll { $0["controller"]?.bool == true } }
            references.append(wanted.value)
        }
        value[path: "metadata", "ownerReferences"] = .array(references)
    }

    /// Gives up an owner.
    mutating func disown(_ uid: String) {
        guard let references = value["metadata"]?["ownerReferences"]?.array else { return }
        let rest = references.filter { $0["uid"]?.string != uid }
        guard rest.count != references.count else { return }
        value[path: "metadata", "ownerReferences"] = rest.isEmpty ? nil : .array(rest)
    }

    func isOwned(by uid: String?) -> Bool {
        guard let uid else { return false }
        return ownerReferences.contains { $0.uid == uid }
    }

    func isControlled(by uid: String?) -> Bool {
        guard let uid else { return false }
        return controllerReference?.uid == uid
    }

    /// Sets or, with nil, removes a field.
    mutating func set(_ path: String..., to new: Value?) {
        if value[path: path] == new { return }
        value[path: path] = new
    }

    /// Sets a condition; its time changes with its status only.
    mutating func setCondition(
        _ type: String,
        _ status: Condition.Status,
        _ reason: String,
        _ message: String = "",
        now: Timestamp,
        at path: [String] = ["status", "conditions"]
    ) {
        var conditions = value[path: path]?.array ?? []
        let index = conditions.firstIndex { $0["type"]?.string == type }
        let known = index.map { conditions[$0] }
        let isSame = known?["status"]?.string == status.rawValue
        let time = isSame ? known?["lastTransitionTime"]?.string ?? now.description : now.description
        var new = Condition(type, status, reason: reason, message: message, lastTransitionTime: time).value
        // The older form has no place for empty texts.
        if message.isEmpty, path.contains("deprecated") { new["message"] = nil }
        if reason.isEmpty, path.contains("deprecated") { new["reason"] = nil }
        if isSame, (known?["reason"]?.string ?? "") == reason, (known?["message"]?.string ?? "") == message { return }
        if let index { conditions[index] = new } else { conditions.append(new) }
        value[path: path] = .array(conditions)
    }

    mutating func removeCondition(_ type: String, at path: [String] = ["status", "conditions"]) {
        guard let conditions = value[path: path]?.array else { return }
        let rest = conditions.filter { $0["type"]?.string != type }
        if rest.count != conditions.count { value[path: path] = .array(rest) }
    }

    /// A claim as a condition.
    mutating func setCondition(
        _ type: String,
        _ holds: Bool,
        yes: String,
        no: String,
        _ message: String = "",
        now: Timestamp
    ) {
        setCondition(type, holds ? .yes : .no, holds ? yes : no, holds ? "" : message, now: now)
    }

    mutating func merge(labels: [String: String], annotations: [String: String] = [:]) {
        for (name, text) in labels.sorted(by: { $0.key < $1.key }) where label(name) != text { setLabel(name, text) }
        for (name, text) in annotations.sorted(by: { $0.key < $1.key }) where annotation(name) != text {
            setAnnotation(name, text)
        }
    }

    var created: Timestamp { creationTimestamp.flatMap { Timestamp($0) } ?? Timestamp(seconds: 0) }
    var isPaused: Bool { value["metadata"]?["annotations"]?[CAPI.pausedAnnotation] != nil }
    var replicas: Int { spec["replicas"]?.int ?? 1 }

    /// Whether an infrastructure, bootstrap or control-plane object says in either contract that it is done.
    func hasReached(_ goal: String) -> Bool {
        status[path: "initialization", goal]?.bool == true
    }

    func strings(_ path: String...) -> [String: String] {
        var result: [String: String] = [:]
        for pair in value[path: path]?.object ?? Object() {
            if let text = pair.value.string { result[pair.key] = text }
        }
        return result
    }
}

/// Versions of a set of machines, as status tells them: ascending, each with how many have it.
func countVersions(_ machines: [Manifest]) -> Value {
    var counts: [String: Int] = [:]
    for machine in machines { if let version = machine.spec["version"]?.string { counts[version, default: 0] += 1 } }
    return .array(
        counts.keys.sorted { KubernetesVersion($0) < KubernetesVersion($1) }.map {
            ["version": .string($0), "replicas": .int(counts[$0] ?? 0)]
        }
    )
}

/// The three numbers of a Kubernetes version, for comparison.
struct KubernetesVersion: Comparable {
    var major = 0
    var minor = 0
    var patch = 0
    var rest = ""

    init(_ text: String) {
        let core = text.drop { $0 == "v" }.split(maxSplits: 1, omittingEmptySubsequences: false) {
            $0 == "-" || $0 == "+"
        }
        let numbers = (core.first ?? "").split(separator: ".").map { Int($0) ?? 0 }
        major = numbers.first ?? 0
        minor = numbers.count > 1 ? numbers[1] : 0
        patch = numbers.count > 2 ? numbers[2] : 0
        rest = core.count > 1 ? String(core[1]) : ""
    }

    static func < (left: Self, right: Self) -> Bool {
        (left.major, left.minor, left.patch, left.rest) < (right.major, right.minor, right.patch, right.rest)
    }
}
