import FleetModel
package import StructuredValue

extension ReleaseChange {
    private func rows(_ parts: [PartChange]) -> [[String]] {
        parts.map { [$0.name, $0.old ?? "(none)", $0.new ?? "(removed)", $0.dependsOn.joined(separator: ", ")] }
    }

    private var title: String {
        "Release \(old.provider.isEmpty ? "" : old.provider + " ")\(old.version) → \(new.version) of cluster \(cluster)"
    }

    private var rest: String { "\(unchangedApps) \(unchangedApps == 1 ? "app stays" : "apps stay") as they are" }

    /// For a terminal.
    package var text: String {
        let all = [("component", components), ("app", apps), ("order", reordered)].flatMap { kind, parts in
            rows(parts).map { [kind] + $0 }
        }
        let table = [["", "NAME", "FROM", "TO", "AFTER"]] + all
        let widths = (0..<5).map { column in table.map { $0[column].count }.max() ?? 0 }
        var text = title + "\n"
        for row in table where table.count > 1 {
            var line = " "
            for (cell, width) in zip(row, widths) {
                line += " " + cell + String(repeating: " ", count: width - cell.count)
            }
            text += String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }
        text += "  \(rest)\n"
        for note in notes { text += "note: \(note)\n" }
        return text
    }

    /// For a pull request.
    package var markdown: String {
        var text = "### \(title)\n\n"
        for (kind, parts) in [("Component", components), ("App", apps), ("App in another order", reordered)]
        where !parts.isEmpty {
            text += "| \(kind) | From | To | After |\n|---|---|---|---|\n"
            for row in rows(parts) { text += "| \(row.joined(separator: " | ")) |\n" }
            text += "\n"
        }
        text += "\(rest).\n"
        if !blocks.isEmpty || !notes.isEmpty { text += "\n" }
        for block in blocks { text += "- **blocked**: \(block)\n" }
        for note in notes { text += "- \(note)\n" }
        return text + "\n"
    }

    /// The member `release` of `upgrade cluster -o json`.
    package var value: Value {
        func list(_ parts: [PartChange]) -> Value {
            .array(
                parts.map { part in
                    [
                        "name": .string(part.name), "from": part.old.map(Value.string) ?? .null,
                        "to": part.new.map(Value.string) ?? .null,
                        "dependsOn": .array(part.dependsOn.map(Value.string)),
                    ]
                }
            )
        }
        return [
            "cluster": .string(cluster), "provider": .string(old.provider), "from": .string("\(old.version)"),
            "to": .string("\(new.version)"), "components": list(components), "apps": list(apps),
            "reordered": list(reordered), "unchangedApps": .int(unchangedApps),
            "blocked": .array(blocks.map(Value.string)), "notes": .array(notes.map(Value.string)),
        ]
    }
}
