internal import KubernetesModel
package import SourceDiagnostics
package import StructuredValue

/// One fleet: which revision it is rolling out, how far it is, and what is wrong with its files.
package struct FleetStatus: Sendable, Hashable {
    package var name: String
    /// The newest revision of the branch.
    package var revision: String
    /// `Synced`, `Rolling out`, `Waiting`, `Soaking`, `Halted`, `Paused`, `Rejected`.
    package var state: String
    package var wave: String
    package var reason: String
    package var holds: [String]
    package var diagnostics: [Diagnostic]
    package var members: [MemberStatus]

    package init(name: String, revision: String) {
        self.name = name
        self.revision = revision
        state = "Pending"
        wave = ""
        reason = ""
        holds = []
        diagnostics = []
        members = []
    }

    /// The findings of the fleet's own files and of what its members render, each once.
    package var allDiagnostics: [Diagnostic] {
        var seen: Set<Diagnostic> = []
        return (diagnostics + members.flatMap(\.diagnostics)).filter { seen.insert($0).inserted }
    }

    package func value(isBrief: Bool) -> Value {
        [
            "name": .string(name), "revision": .string(revision), "state": .string(state), "wave": .string(wave),
            "reason": .string(reason), "holds": .array(holds.map(Value.string)),
            "diagnostics": .array(allDiagnostics.map(\.value)),
            "managementClusters": .array(members.map { $0.value(isBrief: isBrief) }),
        ]
    }
}

extension Diagnostic {
    /// As JSON listings show it; `text` is what the terminal prints.
    package var value: Value {
        var result: Object = [
            "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
        ]
        if let position {
            result["file"] = .string(position.file)
            result["line"] = .int(position.line)
            result["column"] = .int(position.column)
        }
        if let hint { result["hint"] = .string(hint) }
        result["text"] = .string(description)
        return .object(result)
    }
}
