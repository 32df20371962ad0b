import FleetModel
import KubernetesModel
import StructuredValue

/// Why a Machine's infrastructure cannot be made: the annotation `lab.martlet.dev/provisioning`, by hand or by a scenario.
struct ProvisioningFault: Hashable, Sendable {
    /// What a provider gives as the reason of its condition.
    var reason: String
    var message: String

    /// What is never tried again has this reason.
    static let terminal = "CreateError"
    var isTerminal: Bool { reason == Self.terminal }

    init(reason: String, message: String) {
        self.reason = reason
        self.message = message
    }

    /// From `REASON: message`, as the annotation says it.
    init?(_ machine: Manifest) {
        guard let text = machine.annotation(CAPI.provisioningFault), !text.isEmpty else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1)
        let word = parts.first.map(String.init) ?? ""
        let isReason = word.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
        reason = isReason ? word : "ProvisioningFailed"
        message = isReason && parts.count == 2 ? parts[1].trimmingPrefix { $0 == " " }.description : text
    }

    var text: String { "\(reason): \(message)" }
}

/// What a scenario does to a cluster. It only sets the annotations that a person could set by hand, and takes back those
/// that it has set: on each of them stands which fault it was.
extension Draft {
    mutating func followScenario() {
        releaseFormerFaults()
        guard let scenario = rules.scenario, let cluster, !cluster.isBeingDeleted else { return }
        for fault in scenario.faults where rules.covers(fault.target, cluster) {
            let phase = phase(of: fault, cluster)
            switch fault.kind {
            case .nodeDown(let amount): stopNodes(fault, amount, phase)
            case .apiServerDown(let percent): cutOff(fault, percent, phase)
            case .provisioningFailure(let percent, let isTerminal, let message):
                refuseMachines(fault, percent, isTerminal, message, phase)
            case .quotaExceeded(let limit, let message): ration(fault, limit, message, phase)
            }
        }
    }

    /// Where a fault stands now; looks again when that changes.
    private mutating func phase(of fault: Scenario.Fault, _ cluster: Manifest) -> Scenario.Schedule.Phase {
        let never = Scenario.Schedule.Phase(occurrence: nil, isDown: false, next: nil)
        let origin: Timestamp
        switch fault.schedule.origin {
        case .creation: origin = cluster.created
        case .initialization:
            guard let condition = cluster.condition("ControlPlaneInitialized"), condition.status == .yes,
                let since = condition.lastTransitionTime.flatMap({ Timestamp($0) })
            else { return never }
            origin = since
        }
        let phase = fault.schedule.phase(at: rules.simulated(max(.zero, origin.duration(to: now))))
        if let next = phase.next { _ = isDue(origin.advanced(by: rules.real(next))) }
        return phase
    }

    // MARK: Marks

    private static func mark(_ fault: Scenario.Fault, _ occurrence: Int) -> String { "\(fault.name)/\(occurrence)" }

    /// Heals what a fault has broken that no scenario has any more.
    private mutating func releaseFormerFaults() {
        let names = Set(rules.scenario?.faults.map(\.name) ?? [])
        for object in all("Machine") + all("Cluster") {
            guard let mark = object.annotation(CAPI.scenarioMark) else { continue }
            if !names.contains(String(mark.prefix { $0 != "/" })) { heal(object) }
        }
    }

    private mutating func heal(_ object: Manifest) {
        edit(object.key) {
            for annotation in [CAPI.nodeFault, CAPI.apiFault, CAPI.provisioningFault, CAPI.scenarioMark] {
                $0.set("metadata", "annotations", annotation, to: nil)
            }
        }
    }

    /// Heals what the fault has broken in other occurrences than this one.
    private mutating func healOthers(_ fault: Scenario.Fault, than occurrence: Int?) {
        let current = occurrence.map { Self.mark(fault, $0) }
        for object in all("Machine") + all("Cluster") {
            guard let mark = object.annotation(CAPI.scenarioMark), mark != current else { continue }
            if mark.prefix(while: { $0 != "/" }) == fault.name { heal(object) }
        }
    }

    private mutating func set(_ annotation: String, _ text: String?, on object: Manifest, mark: String) {
        edit(object.key) {
            $0.setAnnotation(CAPI.scenarioMark, mark)
            if let text {
                $0.setAnnotation(annotation, text)
            } else {
                $0.set("metadata", "annotations", annotation, to: nil)
            }
        }
    }

    private func machines(_ target: Scenario.Target) -> [Manifest] {
        all("Machine").filter { machine in
            machine.uid != nil && !machine.isBeingDeleted
                && target.covers(
                    machineLabels: machine.labels,
                    isControlPlane: machine.label(CAPI.controlPlaneLabel) != nil
                )
        }
    }

    // MARK: Faults

    private mutating func stopNodes(_ fault: Scenario.Fault, _ amount: Amount, _ phase: Scenario.Schedule.Phase) {
        healOthers(fault, than: phase.occurrence)
        guard let occurrence = phase.occurrence else { return }
        let mark = Self.mark(fault, occurrence)
        if strikes[fault.name] != occurrence {
            let candidates = machines(fault.target).filter {
                $0.status["nodeRef"] != nil && $0.annotation(CAPI.scenarioMark) == nil
            }
            // Who comes into being later is a victim as good.
            guard !candidates.isEmpty else { return }
            let order = candidates.map { (rules.chance("\(view.key)/\(mark)/\($0.name)"), $0) }.sorted { $0.0 < $1.0 }
            for (_, machine) in order.prefix(amount.atLeastOne(of: candidates.count)) {
                set(CAPI.nodeFault, "Down", on: machine, mark: mark)
                requests.insert(.tell(machine.key, reason: "NodeDown", message: "fault \(fault.name) of the scenario"))
            }
            note(strike: occurrence, of: fault)
        }
        for machine in all("Machine") where machine.annotation(CAPI.scenarioMark) == mark {
            set(CAPI.nodeFault, phase.isDown ? "Down" : nil, on: machine, mark: mark)
        }
    }

    private mutating func cutOff(_ fault: Scenario.Fault, _ percent: Int, _ phase: Scenario.Schedule.Phase) {
        healOthers(fault, than: phase.occurrence)
        guard let occurrence = phase.occurrence, let cluster else { return }
        let mark = Self.mark(fault, occurrence)
        let isOurs =
            cluster.annotation(CAPI.scenarioMark).map { $0 == mark } ?? (cluster.annotation(CAPI.apiFault) == nil)
        guard isOurs, rules.isAmong(percent: percent, "\(view.key)/\(mark)") else { return }
        if strikes[fault.name] != occurrence {
            requests.insert(.tell(cluster.key, reason: "APIServerDown", message: "fault \(fault.name) of the scenario"))
            note(strike: occurrence, of: fault)
        }
        guard let cluster = self.cluster else { return }
        set(CAPI.apiFault, phase.isDown ? "Down" : nil, on: cluster, mark: mark)
    }

    private mutating func refuseMachines(
        _ fault: Scenario.Fault,
        _ percent: Int,
        _ isTerminal: Bool,
        _ message: String,
        _ phase: Scenario.Schedule.Phase
    ) {
        healOthers(fault, than: phase.occurrence)
        guard let occurrence = phase.occurrence else { return }
        let mark = Self.mark(fault, occurrence)
        let reason = isTerminal ? ProvisioningFault.terminal : "ProvisioningFailed"
        for machine in machines(fault.target) where machine.annotation(CAPI.scenarioMark) == nil {
            guard !isMade(machine), rules.isAmong(percent: percent, "\(view.key)/\(fault.name)/\(machine.name)") else {
                continue
            }
            let text = ProvisioningFault(reason: reason, message: message).text
            set(CAPI.provisioningFault, text, on: machine, mark: mark)
            requests.insert(.tell(machine.key, reason: reason, message: message))
        }
    }

    /// Lets as many machines be made as the limit has room for, the oldest first.
    private mutating func ration(
        _ fault: Scenario.Fault,
        _ limit: Int,
        _ message: String,
        _ phase: Scenario.Schedule.Phase
    ) {
        healOthers(fault, than: phase.occurrence)
        guard let occurrence = phase.occurrence else { return }
        let mark = Self.mark(fault, occurrence)
        let counted = view.census.filter { isCounted($0, fault.target) }
        let running = counted.count { isMade($0) }
        let waiting = counted.filter { !isMade($0) && !$0.isBeingDeleted }.sorted {
            ($0.created, $0.namespace, $0.name) < ($1.created, $1.namespace, $1.name)
        }
        let admitted = Set(waiting.prefix(max(0, limit - running)).map(\.key))
        var waits = false
        for machine in machines(fault.target) where !isMade(machine) {
            let marked = machine.annotation(CAPI.scenarioMark)
            if admitted.contains(machine.key) {
                if marked == mark { heal(machine) }
            } else if marked == nil || marked == mark {
                waits = true
                let text = ProvisioningFault(reason: "QuotaExceeded", message: message).text
                set(CAPI.provisioningFault, text, on: machine, mark: mark)
                if marked == nil { requests.insert(.tell(machine.key, reason: "QuotaExceeded", message: message)) }
            }
        }
        // Providers try again; room may have come in another cluster.
        if waits { _ = isDue(now.advanced(by: rules.real(.seconds(10)))) }
    }

    /// Whether a Machine of any cluster counts against the limit of a target.
    private func isCounted(_ machine: Manifest, _ target: Scenario.Target) -> Bool {
        guard let name = machine.spec["clusterName"]?.string else { return false }
        let labels = view.clusterLabels[ClusterKey(namespace: machine.namespace, name: name)] ?? [:]
        return target.covers(
            managementCluster: rules.managementCluster,
            namespace: machine.namespace,
            name: name,
            labels: labels
        )
            && target.covers(
                machineLabels: machine.labels,
                isControlPlane: machine.label(CAPI.controlPlaneLabel) != nil
            )
    }

    private func isMade(_ machine: Manifest) -> Bool { !(machine.spec["providerID"]?.string ?? "").isEmpty }

    // MARK: Strikes

    /// The last occurrence of each fault that has chosen its victims here.
    private var strikes: [String: Int] {
        var result: [String: Int] = [:]
        for entry in (cluster?.annotation(CAPI.scenarioStrikes) ?? "").split(separator: ",") {
            let parts = entry.split(separator: "/")
            if parts.count == 2, let number = Int(parts[1]) { result[String(parts[0])] = number }
        }
        return result
    }

    private mutating func note(strike occurrence: Int, of fault: Scenario.Fault) {
        var strikes = strikes
        strikes[fault.name] = occurrence
        let text = strikes.sorted { $0.key < $1.key }.map { "\($0.key)/\($0.value)" }.joined(separator: ",")
        edit(clusterID) { $0.setAnnotation(CAPI.scenarioStrikes, text) }
    }
}
