import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

extension Forecast {
    /// What a reviewer reads first: `12 management clusters, 40 clusters touched; 36 machines roll because spec.version
    /// changes; nothing is deleted`.
    package var sentence: String {
        if managementClusters == 0 { return "nothing changes" }
        var parts = [
            "\(FleetPlanning.count(managementClusters, "management cluster")), "
                + "\(FleetPlanning.count(clusters, "cluster")) touched"
        ]
        if machinesRolled > 0 { parts.append(rolling) }
        if machinesCreated > 0 { parts.append("\(FleetPlanning.count(machinesCreated, "machine")) added") }
        if machinesDeleted > 0 { parts.append("\(FleetPlanning.count(machinesDeleted, "machine")) removed") }
        if machinesRolled + machinesCreated + machinesDeleted == 0 { parts.append("no machine rolls") }
        if waiting > 0 { parts.append("\(FleetPlanning.count(waiting, "object")) \(waiting == 1 ? "waits" : "wait")") }
        if blocked > 0 { parts.append("\(FleetPlanning.count(blocked, "object")) blocked") }
        if refused > 0 { parts.append("the server refuses \(FleetPlanning.count(refused, "object"))") }
        parts.append(deletes == 0 ? "nothing is deleted" : "\(FleetPlanning.count(deletes, "object")) deleted")
        return parts.joined(separator: "; ")
    }

    private var rolling: String {
        let verb = machinesRolled == 1 ? "rolls" : "roll"
        let machines = FleetPlanning.count(machinesRolled, "machine")
        guard let first = causes.first else { return "\(machines) \(verb)" }
        if causes.count == 1 { return "\(machines) \(verb) because \(first.field) changes" }
        let reasons = causes.map { "\($0.machines) because of \($0.field)" }.joined(separator: ", ")
        return "\(machines) \(verb) (\(reasons))"
    }
}

extension PlannedField {
    /// `spec.replicas: 2 → 3`, values in compact JSON and cut short.
    package var text: String {
        switch (old, new) {
        case (let old?, let new?): "\(path): \(Self.short(old)) → \(Self.short(new))"
        case (nil, let new?): "\(path): + \(Self.short(new))"
        case (let old?, nil): "\(path): − \(Self.short(old))"
        case (nil, nil): path
        }
    }

    static func short(_ value: Value) -> String {
        let text = value.string.map { $0.contains("\n") ? JSON.text(.string($0)) : $0 } ?? JSON.text(value, .compact)
        return text.count > 80 ? text.prefix(77) + "…" : text
    }
}

extension FleetPlan {
    /// For a terminal: per management cluster one line for each object that changes, and its fields.
    package var text: String {
        var lines: [String] = []
        for plan in plans {
            let steps = plan.steps.filter { $0.verdict != .none }
            guard !steps.isEmpty || !plan.isComplete else { continue }
            lines.append(plan.title + (plan.isComplete ? "" : "  (incomplete: nothing is deleted)"))
            for step in steps {
                lines.append("  \(Self.mark(step)) \(step.key)  \(Self.headline(step))")
                let fields = readable(step.fields)
                lines += fields.prefix(20).map { "      \($0.text)" }
                if fields.count > 20 { lines.append("      … and \(fields.count - 20) more") }
                lines += (step.answer?.lines ?? []).map { "      \($0)" }
            }
            lines.append("")
        }
        lines += allDiagnostics.map(\.description)
        if !allDiagnostics.isEmpty { lines.append("") }
        lines.append(forecast.sentence)
        return lines.joined(separator: "\n") + "\n"
    }

    private static func mark(_ step: PlanStep) -> String {
        switch step.verdict {
        case .create, .rotate: "+"
        case .delete: "−"
        case .recreate: "±"
        case .blocked: step.isWaiting ? "…" : "!"
        case .roll: "↻"
        case .none: " "
        case .metadata, .inPlace, .handover: "~"
        }
    }

    private static func headline(_ step: PlanStep) -> String {
        let word = word(for: step)
        // Most that wait say so themselves.
        let saysItself = step.isWaiting && step.reason.hasPrefix(word)
        return step.reason.isEmpty ? word : saysItself ? step.reason : "\(word): \(step.reason)"
    }

    /// What waits for something that comes by itself needs nobody, unlike what is blocked.
    private static func word(for step: PlanStep) -> String { step.isWaiting ? "waits" : step.verdict.rawValue }

    /// For a pull request. Stable for equal plans; long lists are folded.
    package var markdown: String {
        let forecast = forecast
        var lines = ["### Martlet plan", "", "**\(forecast.sentence)**", ""]
        if let base { lines += ["`\(base)` → `\(revision)`", ""] }
        if !isComplete { lines += ["⚠️ The render has errors; nothing is deleted until they are fixed.", ""] }
        let changed = plans.filter { plan in plan.steps.contains { $0.verdict != .none } }
        if !changed.isEmpty {
            lines += [
                "| management cluster | creates | updates | deletes | waits | blocked | machines rolled |",
                "|---|---|---|---|---|---|---|",
            ]
            for plan in changed {
                let sum = Forecast([plan])
                lines.append(
                    "| \(Self.cell(plan.title)) | \(sum.creates) | \(sum.updates) | \(sum.deletes) | \(sum.waiting) | \(sum.blocked) | \(sum.machinesRolled) |"
                )
            }
            lines.append("")
        }
        for plan in changed { lines += Self.details(of: plan) }
        if !allDiagnostics.isEmpty {
            lines += ["#### Diagnostics", "", "```"] + allDiagnostics.map(\.description) + ["```", ""]
        }
        return lines.joined(separator: "\n")
    }

    private static func details(of plan: ApplyPlan) -> [String] {
        let steps = plan.steps.filter { $0.verdict != .none }
        var lines = ["<details><summary>\(plan.title): \(FleetPlanning.count(steps.count, "object"))</summary>", ""]
        lines += ["| verdict | object | why |", "|---|---|---|"]
        for step in steps {
            let shown = readable(step.fields)
            let fields = shown.prefix(5).map { "`\(cell($0.text))`" }.joined(separator: "<br>")
            let more = shown.count > 5 ? "<br>… and \(shown.count - 5) more" : ""
            let answer = (step.answer?.lines ?? []).prefix(5).map { cell($0) }.joined(separator: "<br>")
            let why = [cell(step.reason), fields + more, answer].filter { !$0.isEmpty }.joined(separator: "<br>")
            lines.append("| \(word(for: step)) | \(cell(step.key.description)) | \(why) |")
        }
        return lines + ["", "</details>", ""]
    }

    private static func cell(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "|": result += "\\|"
            case "\n": result += " "
            case "<": result += "&lt;"
            case "`": result += "'"
            default: result.append(character)
            }
        }
        return result
    }
}

extension ApplyPlan {
    /// `edge/mc-1`, with the workload cluster when it is for one.
    package var title: String {
        let member = "\(fleet)/\(managementCluster)"
        return target == .managementCluster ? member : "\(member), \(target)"
    }
}
