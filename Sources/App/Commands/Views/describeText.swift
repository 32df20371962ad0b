internal import ClusterInspection
internal import KubernetesModel
internal import StructuredValue

/// `martlet describe cluster`: the facts, the tree, what blocks, and the newest history.
func describeText(
    _ description: Value,
    showing filters: [ClusterTree.ConditionFilter],
    at now: Timestamp
) -> String {
    let summary = description["summary"] ?? .null
    var facts: [(String, String)] = [
        ("Name", summary["name"]?.string ?? ""), ("Namespace", summary["namespace"]?.string ?? ""),
        ("Management cluster", description["managementCluster"]?.string ?? ""),
        ("Fleet", description["fleet"]?.string ?? ""), ("Phase", summary["phase"]?.string ?? ""),
        ("Version", versionText(summary)), ("Health", healthText(summary, at: now)),
    ]
    if let revision = description["appliedRevision"]?.string, !revision.isEmpty {
        facts.append(("Applied", "\(short(revision)) \(oneLine(description["message"]?.string ?? ""))"))
    }
    if let origin = description["origin"]?.string { facts.append(("Source", origin)) }
    let width = facts.map(\.0.count).max() ?? 0
    var text = ""
    for (name, value) in facts {
        text += "\(name):\(String(repeating: " ", count: width - name.count + 2))\(value.isEmpty ? "-" : value)\n"
    }
    var table = TextTable("NAME", "READY", "UP TO DATE", "VERSION", "HEALTH", "SINCE", "REASON")
    for line in description["tree"].flatMap({ ClusterTree($0) })?.lines(showing: filters) ?? [] {
        table.add(
            line.title,
            line.ready,
            line.upToDate,
            line.version,
            line.health,
            line.since.map { age(of: $0, at: now) } ?? "",
            oneLine(line.reason)
        )
    }
    text += "\n" + table.text
    let blocked = description["blocked"]?.array ?? []
    if !blocked.isEmpty {
        text += "\nBlocked:\n" + blocked.map { "  \($0.string ?? "")\n" }.joined()
    }
    if !(description["history"]?["entries"]?.array ?? []).isEmpty {
        text +=
            "\nHistory:\n"
            + historyText(description["history"] ?? .null).split(separator: "\n").map { "  \($0)\n" }.joined()
    }
    return text
}

private func versionText(_ summary: Value) -> String {
    let runs = summary["version"]?.string ?? ""
    let wanted = summary["wantedVersion"]?.string ?? ""
    return wanted.isEmpty || wanted == runs ? runs : "\(runs.isEmpty ? "none" : runs), going to \(wanted)"
}

private func healthText(_ summary: Value, at now: Timestamp) -> String {
    let reason = summary["reason"]?.string ?? ""
    let since = summary["since"]?.string.map { ", for \(age(of: $0, at: now))" } ?? ""
    return (summary["health"]?.string ?? "") + (reason.isEmpty ? "" : " (\(reason)\(since))")
}
