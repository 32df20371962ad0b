import KubernetesModel
package import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Reads a file with one document `kind: Scenario`; every mistake is found at once.
package func readScenario(_ bytes: [UInt8], file: String) throws(RejectedSource) -> Scenario {
    var bag = DiagnosticBag()
    let nodes = YAML.nodes(bytes, file: file, findings: &bag)
    try bag.throwIfRejected()
    let start = SourcePosition(file: file, line: 1, column: 1)
    guard let node = nodes.first, nodes.count == 1 else {
        let message = "a scenario is one document, not \(nodes.count)"
        throw RejectedSource([
            Diagnostic(.error, "scenario-document", message, at: nodes.dropFirst().first?.position ?? start)
        ])
    }
    guard node["apiVersion"]?.value.string == ourVersion, node["kind"]?.value.string == "Scenario" else {
        throw RejectedSource([
            Diagnostic(
                .error,
                "scenario-document",
                "this is no Scenario",
                at: node["kind"]?.position ?? node.position,
                hint: "it begins with apiVersion: \(ourVersion) and kind: Scenario"
            )
        ])
    }
    let scenario = MappingReader(node, "", &bag).flatMap { decodeScenario($0, &bag) }
    try bag.throwIfRejected()
    guard let scenario else { throw RejectedSource(bag.diagnostics) }
    return scenario
}

/// Reads a document `kind: Scenario`.
func decodeScenario(_ document: MappingReader, _ bag: inout DiagnosticBag) -> Scenario? {
    var document = document
    let metadata = decodeMetadata(&document, &bag)
    guard var spec = document.mapping("spec", &bag) else {
        if document.node["spec"] == nil { document.reportMissing("spec", &bag) }
        return nil
    }
    let seed = spec.integer("seed", in: 0...Int.max, &bag) ?? 0
    var delays = Scenario.Delays()
    if let reader = spec.mapping("delays", &bag) { delays = decodeDelays(reader, &bag) }
    var exceptions: [Scenario.Exception] = []
    for var reader in spec.mappings("exceptions", &bag) {
        var exception = Scenario.Exception(target: Scenario.Target(), delays: Scenario.Delays())
        if let target = reader.mapping("target", &bag) {
            exception.target = decodeTarget(target, hasMachines: true, &bag)
        }
        if let nested = reader.mapping("delays", &bag) {
            exception.delays = decodeDelays(nested, &bag)
        } else if reader.node["delays"] == nil {
            reader.reportMissing("delays", &bag)
        }
        reader.rejectUnknownFields(&bag)
        exceptions.append(exception)
    }
    let faults = spec.mappings("faults", &bag).compactMap { decodeFault($0, &bag) }
    reportTwins(faults, &bag)
    spec.rejectUnknownFields(&bag)
    document.rejectUnknownFields(&bag)
    guard let metadata else { return nil }
    return Scenario(
        name: metadata.name.value,
        seed: seed,
        delays: delays,
        exceptions: exceptions,
        faults: faults
    )
}

private func reportTwins(_ faults: [Scenario.Fault], _ bag: inout DiagnosticBag) {
    var seen: [String: SourcePosition] = [:]
    for fault in faults {
        if let first = seen[fault.name] {
            let message = "two faults are named “\(fault.name)”"
            let hint = "the other one is at line \(first.line)"
            bag.report(Diagnostic(.error, "duplicate-fault", message, at: fault.position, hint: hint))
        }
        seen[fault.name] = fault.position
    }
}

private func decodeDelays(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> Scenario.Delays {
    var reader = reader
    var delays = Scenario.Delays()
    delays.infrastructure = reader.duration("infrastructure", &bag)
    delays.machine = reader.duration("machine", &bag)
    delays.node = reader.duration("node", &bag)
    delays.removal = reader.duration("removal", &bag)
    delays.managedControlPlane = reader.duration("managedControlPlane", &bag)
    delays.jitter = reader.percent("jitter", in: 0...100, &bag)
    reader.rejectUnknownFields(&bag)
    return delays
}

private func decodeTarget(
    _ reader: MappingReader,
    hasMachines: Bool,
    _ bag: inout DiagnosticBag
) -> Scenario.Target {
    var reader = reader
    var target = Scenario.Target()
    target.managementCluster = reader.text("managementCluster", &bag)?.value
    target.namespace = reader.text("namespace", &bag)?.value
    target.cluster = reader.text("cluster", &bag)?.value
    target.clusterSelector = reader.selector("clusterSelector", &bag)
    if hasMachines {
        target.machineSelector = reader.selector("machineSelector", &bag)
        target.role = reader.word("role", Scenario.Target.Role.self, &bag)
    }
    reader.rejectUnknownFields(&bag)
    return target
}

/// The words for what goes wrong.
private enum FaultType: String, CaseIterable {
    case nodeDown = "NodeDown"
    case apiServerDown = "APIServerDown"
    case provisioningFailure = "ProvisioningFailure"
    case quotaExceeded = "QuotaExceeded"
}

private func decodeFault(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> Scenario.Fault? {
    var reader = reader
    let name = reader.requiredText("name", &bag)
    if let name, let problem = ObjectNames.labelProblem(name.value) {
        bag.report(Diagnostic(.error, "bad-name", "“\(name.value)”: \(problem)", at: name.position))
    }
    if reader.node("type") == nil { reader.reportMissing("type", &bag) }
    guard let type = reader.word("type", FaultType.self, &bag) else { return nil }
    let kind: Scenario.Fault.Kind
    switch type {
    case .nodeDown: kind = .nodeDown(reader.amount("count", &bag) ?? .count(1))
    case .apiServerDown: kind = .apiServerDown(percent: reader.percent("share", in: 1...100, &bag) ?? 100)
    case .provisioningFailure:
        kind = .provisioningFailure(
            percent: reader.percent("share", in: 1...100, &bag) ?? 100,
            isTerminal: reader.bool("terminal", &bag) ?? false,
            message: reader.text("message", &bag)?.value ?? "the provider cannot make the machine"
        )
    case .quotaExceeded:
        if reader.node("limit") == nil { reader.reportMissing("limit", &bag) }
        let limit = reader.integer("limit", in: 0...Int.max, &bag) ?? 0
        kind = .quotaExceeded(
            limit: limit,
            message: reader.text("message", &bag)?.value ?? "the account may have no more than \(limit) machines"
        )
    }
    var target = Scenario.Target()
    if let nested = reader.mapping("target", &bag) {
        target = decodeTarget(nested, hasMachines: type != .apiServerDown, &bag)
    }
    let canFlap = type == .nodeDown || type == .apiServerDown
    let schedule = decodeSchedule(&reader, canFlap: canFlap, &bag)
    reader.rejectUnknownFields(&bag)
    guard let name else { return nil }
    return Scenario.Fault(
        name: name.value,
        kind: kind,
        target: target,
        schedule: schedule,
        position: reader.node.position
    )
}

private func decodeSchedule(
    _ reader: inout MappingReader,
    canFlap: Bool,
    _ bag: inout DiagnosticBag
) -> Scenario.Schedule {
    var schedule = Scenario.Schedule()
    schedule.origin = reader.word("from", Scenario.Schedule.Origin.self, &bag) ?? .creation
    schedule.start = reader.duration("at", &bag) ?? .zero
    schedule.length = reader.positiveDuration("for", &bag)
    schedule.period = reader.positiveDuration("every", &bag)
    schedule.times = reader.integer("times", in: 1...1_000_000, &bag)
    if schedule.times != nil, reader.node("every") == nil, let node = reader.node("times") {
        let message = "“\(reader.path(of: "times"))” says how often, but not how long from one to the next"
        bag.report(Diagnostic(.error, "missing-field", message, at: node.position, hint: "add “every: 10m”"))
    }
    if let length = schedule.length, let period = schedule.period, length > period, let node = reader.node("for") {
        let message = "“\(reader.path(of: "for"))” must not be longer than “every”"
        bag.report(Diagnostic(.error, "out-of-range", message, at: node.position))
    }
    if canFlap, var nested = reader.mapping("flap", &bag) {
        let down = nested.positiveDuration("down", &bag)
        let up = nested.positiveDuration("up", &bag)
        for key in ["down", "up"] where nested.node(key) == nil { nested.reportMissing(key, &bag) }
        nested.rejectUnknownFields(&bag)
        if let down, let up { schedule.flap = Scenario.Schedule.Flap(down: down, up: up) }
    }
    return schedule
}

extension MappingReader {
    /// A duration that is longer than nothing.
    fileprivate mutating func positiveDuration(_ key: String, _ bag: inout DiagnosticBag) -> Duration? {
        guard let duration = duration(key, &bag) else { return nil }
        guard duration == .zero, let found = node(key) else { return duration }
        let message = "“\(path(of: key))” must be longer than nothing"
        bag.report(Diagnostic(.error, "out-of-range", message, at: found.position))
        return nil
    }

    /// A percentage such as `30%`.
    fileprivate mutating func percent(
        _ key: String,
        in range: ClosedRange<Int>,
        _ bag: inout DiagnosticBag
    ) -> Int? {
        guard let text = text(key, &bag) else { return nil }
        if text.value.hasSuffix("%"), let percent = Int(text.value.dropLast()), range.contains(percent) {
            return percent
        }
        bag.report(
            Diagnostic(
                .error,
                "bad-percentage",
                "“\(path(of: key))”: “\(text.value)” is no percentage from \(range.lowerBound)% to \(range.upperBound)%",
                at: text.position,
                hint: "write it like 25%"
            )
        )
        return nil
    }
}
