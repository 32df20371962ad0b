import KubernetesModel
import SourceDiagnostics
import StructuredValue
import YAMLFormat

/// Reads a document `kind: Fleet`. Nil when it has no name; every mistake is in the bag.
func decodeFleet(_ document: MappingReader, _ bag: inout DiagnosticBag) -> Fleet? {
    var document = document
    guard let name = decodeMetadata(&document, &bag)?.name else { return nil }
    var fleet = Fleet(name: name.value, position: document.node.position)
    guard var spec = document.mapping("spec", &bag) else {
        document.rejectUnknownFields(&bag)
        return fleet
    }
    fleet.selector = spec.selector("managementClusters", &bag)
    for var item in spec.mappings("collections", &bag) {
        if let name = item.requiredText("name", &bag), let version = item.requiredText("version", &bag) {
            fleet.collections.append(CollectionReference(name: name, version: version))
        }
        item.rejectUnknownFields(&bag)
    }
    fleet.topology = spec.word("topology", TopologyMode.self, &bag) ?? fleet.topology
    if let rollout = spec.mapping("rollout", &bag) { fleet.rollout = decodeRollout(rollout, &bag) }
    if let drift = spec.mapping("drift", &bag) { fleet.drift = decodeDriftPolicy(drift, &bag) }
    if var deletion = spec.mapping("deletion", &bag) {
        fleet.maxDeletionsPerPass =
            deletion.integer("maxPerPass", in: 0...Int.max, &bag) ?? fleet.maxDeletionsPerPass
        deletion.rejectUnknownFields(&bag)
    }
    if var remediation = spec.mapping("remediation", &bag) {
        let known = fleet.remediation
        fleet.remediation.maxMachines =
            remediation.integer("maxMachines", in: 0...Int.max, &bag) ?? known.maxMachines
        fleet.remediation.window = remediation.duration("window", &bag) ?? known.window
        remediation.rejectUnknownFields(&bag)
    }
    fleet.tombstones = spec.mappings("deletions", &bag).compactMap { decodeTombstone($0, &bag) }
    fleet.holds = spec.mappings("holds", &bag).compactMap { decodeHold($0, &bag) }
    fleet.createNamespaces = spec.bool("createNamespaces", &bag) ?? false
    spec.rejectUnknownFields(&bag)
    document.rejectUnknownFields(&bag)
    return fleet
}

private func decodeRollout(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> RolloutPolicy {
    var reader = reader
    var policy = RolloutPolicy()
    for var item in reader.mappings("waves", &bag) {
        guard let name = item.requiredText("name", &bag) else { continue }
        var wave = Wave(name: name.value, selector: item.selector("select", &bag), position: name.position)
        wave.soak = item.duration("soak", &bag) ?? .zero
        wave.maxUnavailable = item.amount("maxUnavailable", &bag)
        wave.approval = item.word("approval", Wave.Approval.self, &bag) ?? .automatic
        item.rejectUnknownFields(&bag)
        if let first = policy.waves.first(where: { $0.name == wave.name }) {
            bag.report(
                Diagnostic(
                    .error,
                    "duplicate-wave",
                    "two waves are named “\(wave.name)”",
                    at: wave.position,
                    trail: [first.position]
                )
            )
        }
        if let open = policy.waves.first(where: { $0.selector == nil }) {
            bag.report(
                Diagnostic(
                    .warning,
                    "unreachable-wave",
                    "wave “\(wave.name)” never gets a member: “\(open.name)” before it selects all that are left",
                    at: wave.position,
                    hint: "give “\(open.name)” a `select`, or put it last"
                )
            )
        }
        policy.waves.append(wave)
    }
    policy.windows = reader.mappings("windows", &bag).compactMap { decodeWindow($0, &bag) }
    for var item in reader.mappings("freeze", &bag) {
        let from = item.moment("from", &bag)
        let to = item.moment("to", isEnd: true, &bag)
        for key in ["from", "to"] where item.node[key] == nil { item.reportMissing(key, &bag) }
        let reason = item.text("reason", &bag)?.value ?? ""
        item.rejectUnknownFields(&bag)
        guard let from, let to else { continue }
        if to <= from {
            bag.report(Diagnostic(.error, "bad-date", "the freeze ends before it begins", at: item.node.position))
        } else {
            policy.freezes.append(Freeze(from: from, to: to, reason: reason))
        }
    }
    reader.rejectUnknownFields(&bag)
    return policy
}

private let dayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

private func decodeWindow(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> Window? {
    var reader = reader
    var days: Set<Int> = []
    for day in reader.textList("days", &bag) {
        if let index = dayNames.firstIndex(of: day.value) {
            days.insert(index)
        } else {
            let near = dayNames.first { day.value.lowercased().hasPrefix($0.lowercased()) }
            bag.report(
                Diagnostic(
                    .error,
                    "unknown-value",
                    "“\(day.value)” is no day of the week",
                    at: day.position,
                    hint: near.map { "did you mean “\($0)”?" } ?? "days are \(dayNames.joined(separator: ", "))"
                )
            )
        }
    }
    let from = reader.timeOfDay("from", &bag)
    let to = reader.timeOfDay("to", &bag)
    let zone = reader.text("timeZone", &bag) ?? Located("UTC", at: reader.node.position)
    reader.rejectUnknownFields(&bag)
    guard let from, let to else { return nil }
    return Window(days: days, from: from, to: to, timeZone: zone)
}

private func decodeDriftPolicy(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> DriftPolicy {
    var reader = reader
    var policy = DriftPolicy()
    policy.mode = reader.word("mode", DriftPolicy.Mode.self, &bag) ?? .correct
    for var item in reader.mappings("ignore", &bag) {
        let fields = item.textList("fields", &bag).map(\.value)
        if fields.isEmpty, item.node["fields"] == nil { item.reportMissing("fields", &bag) }
        policy.ignored.append(
            IgnoredFields(
                kind: item.text("kind", &bag)?.value,
                namespace: item.text("namespace", &bag)?.value,
                name: item.text("name", &bag)?.value,
                fields: fields
            )
        )
        item.rejectUnknownFields(&bag)
    }
    reader.rejectUnknownFields(&bag)
    return policy
}

private func decodeTombstone(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> Tombstone? {
    var reader = reader
    let managementCluster = reader.requiredText("managementCluster", &bag)
    let kind = reader.requiredText("kind", &bag)
    let namespace = reader.text("namespace", &bag)?.value ?? ""
    let name = reader.requiredText("name", &bag)
    let reason = reader.text("reason", &bag)?.value ?? ""
    reader.rejectUnknownFields(&bag)
    guard let managementCluster, let kind, let name else { return nil }
    return Tombstone(
        managementCluster: managementCluster,
        kind: kind.value,
        namespace: namespace,
        name: name.value,
        reason: reason,
        position: reader.node.position
    )
}

private func decodeHold(_ reader: MappingReader, _ bag: inout DiagnosticBag) -> Hold? {
    var reader = reader
    let app = reader.requiredText("app", &bag)
    let version = reader.requiredText("version", &bag)
    let reason = reader.requiredText("reason", &bag)
    let until = reader.moment("until", &bag)
    let members = reader.node["managementClusters"] == nil ? nil : reader.textList("managementClusters", &bag)
    _ = reader.node("managementClusters")
    reader.rejectUnknownFields(&bag)
    guard let app, let version, let reason else { return nil }
    return Hold(
        app: app,
        version: version.value,
        reason: reason.value,
        until: until,
        managementClusters: members,
        position: reader.node.position
    )
}
