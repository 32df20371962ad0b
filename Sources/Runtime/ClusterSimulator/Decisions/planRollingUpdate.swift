import KubernetesModel
import StructuredValue

/// The numbers of a MachineSet that a rollout looks at.
struct SetCount: Hashable, Sendable {
    var name: String
    /// What its spec wants.
    var wanted: Int
    /// How many Machines it has.
    var present: Int
    var available: Int

    init(name: String, wanted: Int, present: Int, available: Int) {
        self.name = name
        self.wanted = wanted
        self.present = present
        self.available = available
    }

    init(_ set: Manifest) {
        self.init(
            name: set.name,
            wanted: set.replicas,
            present: set.status["replicas"]?.int ?? 0,
            available: set.status["availableReplicas"]?.int ?? 0
        )
    }
}

/// How far a rolling update may go beyond and below the wanted number.
struct RolloutLimits: Hashable, Sendable {
    var surge: Int
    var unavailable: Int

    /// From `{maxSurge, maxUnavailable}`: numbers, or percentages of which a surge is rounded up and the other down.
    init(_ rollingUpdate: Value?, desired: Int) {
        surge = Self.number(rollingUpdate?["maxSurge"] ?? 1, of: desired, roundsUp: true)
        unavailable = Self.number(rollingUpdate?["maxUnavailable"] ?? 0, of: desired, roundsUp: false)
        if surge == 0, unavailable == 0 { unavailable = 1 }
        unavailable = min(unavailable, desired)
    }

    private static func number(_ value: Value, of total: Int, roundsUp: Bool) -> Int {
        if let number = value.int { return max(0, number) }
        guard let text = value.string else { return 0 }
        guard text.hasSuffix("%"), let percent = Int(text.dropLast()) else { return Int(text) ?? 0 }
        return max(0, (total * percent + (roundsUp ? 99 : 0)) / 100)
    }
}

/// The replicas each MachineSet should have after the next step of a rolling update; sets that stay are left out.
///
/// - Parameter old: the sets that are to go, oldest first.
func planRollingUpdate(desired: Int, limits: RolloutLimits, current: SetCount, old: [SetCount]) -> [String: Int] {
    var steps: [String: Int] = [:]
    let total = current.wanted + old.reduce(0) { $0 + $1.wanted }
    var wanted = current.wanted
    if wanted > desired {
        wanted = desired
    } else if wanted < desired {
        wanted += min(desired - wanted, max(0, desired + limits.surge - total))
    }
    if wanted != current.wanted { steps[current.name] = wanted }
    guard old.contains(where: { $0.wanted > 0 }) else { return steps }

    // What may go now without falling below the minimum, counting what goes already.
    let leaving = ([current] + old).reduce(0) { $0 + max(0, $1.present - $1.wanted) }
    let totalWanted = wanted + old.reduce(0) { $0 + $1.wanted }
    let missing = max(0, wanted - current.available)
    var budget = totalWanted - (desired - limits.unavailable) - missing
    // Machines on their way out may be the available ones.
    var available = ([current] + old).reduce(0) { $0 + $1.available } - leaving
    var rest = old
    // Unavailable replicas first: nobody misses them.
    for index in rest.indices where budget > 0 {
        let sick = max(0, rest[index].wanted - rest[index].available)
        let step = min(sick, rest[index].wanted, budget)
        rest[index].wanted -= step
        budget -= step
    }
    for index in rest.indices where budget > 0 && rest[index].wanted > 0 {
        let step = min(rest[index].wanted, budget, max(0, available - (desired - limits.unavailable)))
        rest[index].wanted -= step
        budget -= step
        available -= step
    }
    for (before, after) in zip(old, rest) where before.wanted != after.wanted { steps[after.name] = after.wanted }

    // Nothing moves, and only what is not available is in the way: let one of it go.
    if steps.isEmpty, leaving == 0, current.available >= current.wanted,
        let stuck = old.first(where: { $0.wanted > 0 && $0.available < $0.wanted })
    {
        steps[stuck.name] = stuck.wanted - 1
    }
    return steps
}

/// The same for `OnDelete`: old sets shrink as their Machines are deleted by somebody, the new one fills up.
func planOnDelete(desired: Int, current: SetCount, old: [SetCount]) -> [String: Int] {
    var steps: [String: Int] = [:]
    var oldTotal = 0
    for set in old {
        let wanted = min(set.wanted, set.present)
        if wanted != set.wanted { steps[set.name] = wanted }
        oldTotal += wanted
    }
    let wanted = max(0, desired - oldTotal)
    if wanted != current.wanted { steps[current.name] = wanted }
    return steps
}
