internal import KubernetesModel
internal import StructuredValue

/// `martlet history` and `martlet drift`: one line per entry, newest first, with the changed fields below.
func historyText(_ history: Value, at now: Timestamp) -> String {
    var text = ""
    for entry in history["entries"]?.array ?? [] {
        var line = "\(entry["time"]?.string ?? "")  \(pad(entry["event"]?.string ?? "", 9))  "
        line += [entry["fleet"]?.string, entry["managementCluster"]?.string].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: "/")
        if let kind = entry["kind"]?.string {
            let namespace = entry["namespace"]?.string ?? ""
            line += "  \(kind) " + (namespace.isEmpty ? "" : "\(namespace)/") + (entry["name"]?.string ?? "")
        }
        if let revision = entry["revision"]?.string, !revision.isEmpty { line += "  \(short(revision))" }
        if let manager = entry["manager"]?.string { line += "  by \(manager)" }
        if let message = entry["message"]?.string, !message.isEmpty { line += "  \(oneLine(message))" }
        text += line + "\n"
        for field in (entry["fields"]?.array ?? []).prefix(12) { text += "    " + fieldText(field) + "\n" }
        let more = (entry["fields"]?.array?.count ?? 0) - 12
        if more > 0 { text += "    and \(more) more fields\n" }
    }
    return text.isEmpty ? "Nothing yet.\n" : text
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

private func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}
