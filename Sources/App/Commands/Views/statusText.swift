internal import KubernetesModel
internal import StructuredValue

/// `martlet status`: where the repository stands, one line per management cluster, then what is wrong.
func statusText(_ status: Value, at now: Timestamp, wide: Bool) -> String {
    var text = sourceText(status["source"] ?? .null, at: now)
    var table = TextTable(
        header: [
            "FLEET", "MANAGEMENT CLUSTER", "WAVE", "STATE", "SINCE", "APPLIED", "OBJECTS", "BLOCKED", "WAITING",
            "DRIFTED",
        ] + (wide ? ["TARGET", "CLUSTERS", "REASON"] : ["REASON"])
    )
    for fleet in status["fleets"]?.array ?? [] {
        for member in fleet["managementClusters"]?.array ?? [] {
            var row = [
                fleet["name"]?.string ?? "", member["name"]?.string ?? "", member["wave"]?.string ?? "",
                member["state"]?.string ?? "", age(of: member["since"]?.string, at: now),
                short(member["appliedRevision"]?.string ?? ""), count(member["objects"]), count(member["blocked"]),
                count(member["waiting"]), count(member["drifted"]),
            ]
            if wide {
                row.append(short(member["targetRevision"]?.string ?? ""))
                row.append(String(member["clusters"]?.array?.count ?? 0))
            }
            row.append(oneLine(member["reason"]?.string ?? ""))
            table.add(row: row)
        }
    }
    if !table.isEmpty { text += "\n" + table.text }
    for fleet in status["fleets"]?.array ?? [] { text += fleetText(fleet) }
    let diagnostics = (status["source"]?["diagnostics"]?.array ?? []).compactMap { $0["text"]?.string }
    if !diagnostics.isEmpty { text += "\n" + diagnostics.joined(separator: "\n") + "\n" }
    return text
}

private func sourceText(_ source: Value, at now: Timestamp) -> String {
    let revision = source["revision"]?.string ?? ""
    if revision.isEmpty {
        return "Revision  none yet" + (source["failure"]?.string.map { ": \($0)" } ?? "") + "\n"
    }
    var text = "Revision  \(short(revision)) \(oneLine(source["message"]?.string ?? ""))\n"
    text +=
        "Branch    \(source["branch"]?.string ?? ""), committed \(age(of: source["committed"]?.string, at: now)) ago"
    text += " by \(source["author"]?.string ?? "")\n"
    if let failure = source["failure"]?.string {
        text += "Source    the newest fetch failed: \(failure); going on with what was fetched "
        text += "\(age(of: source["fetched"]?.string, at: now)) ago\n"
    }
    return text
}

private func fleetText(_ fleet: Value) -> String {
    let name = fleet["name"]?.string ?? ""
    var text = ""
    let state = fleet["state"]?.string ?? ""
    if state != "Synced" {
        let wave = fleet["wave"]?.string ?? ""
        let reason = fleet["reason"]?.string ?? ""
        text +=
            "\nFleet \(name): \(state)" + (wave.isEmpty ? "" : " at wave \(wave)")
            + (reason.isEmpty ? "" : ": \(reason)")
        text += "\n"
    }
    for hold in fleet["holds"]?.array ?? [] { text += "Held: \(hold.string ?? "")\n" }
    for member in fleet["managementClusters"]?.array ?? [] {
        let name = member["name"]?.string ?? ""
        if member["state"] == "Unknown" {
            text += "\(name): unknown since \(member["since"]?.string ?? ""): \(member["reason"]?.string ?? "")\n"
        }
        for finding in member["findings"]?.array ?? [] { text += "\(name): \(finding.string ?? "")\n" }
    }
    let diagnostics = (fleet["diagnostics"]?.array ?? []).compactMap { $0["text"]?.string }
    if !diagnostics.isEmpty { text += "\n" + diagnostics.joined(separator: "\n") + "\n" }
    return text
}

/// A number for a table cell; empty when there is none.
func count(_ value: Value?) -> String { value?.int.map(String.init) ?? "" }

/// The text up to its first line break.
func oneLine(_ text: String) -> String {
    String(text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: true).first ?? "")
}
