internal import KubernetesModel
internal import StructuredValue

/// `martlet history` and `martlet drift`: one line per entry, newest first, with the changed fields below.
func historyText(_ history: Value, withHeader: Bool = true) -> String {
    let entries = history["entries"]?.array ?? []
    guard !entries.isEmpty else { return "Nothing yet.\n" }
    var table = TextTable("TIME", "EVENT", "REVISION", "IN", "OBJECT", "MESSAGE")
    for entry in entries {
        table.add(
            entry["time"]?.string ?? "",
            entry["event"]?.string ?? "",
            short(entry["revision"]?.string ?? ""),
            [entry["fleet"], entry["managementCluster"]].compactMap { $0?.string }.filter { !$0.isEmpty }
                .joined(separator: "/"),
            objectText(entry),
            messageText(entry)
        )
    }
    let lines = table.lines
    var text = withHeader ? lines[0] + "\n" : ""
    for (line, entry) in zip(lines.dropFirst(), entries) {
        text += line + "\n"
        let fields = entry["fields"]?.array ?? []
        for field in fields.prefix(12) { text += "    \(fieldText(field))\n" }
        if fields.count > 12 { text += "    and \(fields.count - 12) more fields\n" }
    }
    return text
}

private func objectText(_ entry: Value) -> String {
    guard let kind = entry["kind"]?.string else { return "" }
    let namespace = entry["namespace"]?.string ?? ""
    return "\(kind) " + (namespace.isEmpty ? "" : "\(namespace)/") + (entry["name"]?.string ?? "")
}

/// Who it was, and what is to be said of it.
private func messageText(_ entry: Value) -> String {
    let message = oneLine(entry["message"]?.string ?? "")
    guard let manager = entry["manager"]?.string, !manager.isEmpty else { return message }
    return message.isEmpty ? "by \(manager)" : "by \(manager): \(message)"
}

/// `path: old → new`.
func fieldText(_ field: Value) -> String {
    func shown(_ value: Value?) -> String {
        switch value {
        case nil, .null?: "(none)"
        case .string(let text)?: text.count > 60 ? "\(text.prefix(57))…" : text
        case let value?:
            { (text: String) in text.count > 60 ? "\(text.prefix(57))…" : text }(JSON.text(value))
        }
    }
    return "\(field["path"]?.string ?? ""): \(shown(field["old"])) → \(shown(field["new"]))"
}
