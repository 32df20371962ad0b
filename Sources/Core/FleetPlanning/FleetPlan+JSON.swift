import FleetModel
import KubernetesModel
import SourceDiagnostics
package import StructuredValue

extension FleetPlan {
    /// The shape of `plan -o json`. Objects without any change are left out unless `includingUnchanged`.
    package func value(includingUnchanged: Bool = false) -> Value {
        var objects: [Value] = []
        for plan in plans {
            for step in plan.steps where includingUnchanged || step.verdict != .none || !step.reason.isEmpty {
                objects.append(step.value(in: plan))
            }
        }
        return [
            "revision": .string(revision),
            "base": base.map(Value.string) ?? .null,
            "complete": .bool(isComplete),
            "forecast": forecast.value,
            "objects": .array(objects),
            "diagnostics": .array(allDiagnostics.map(\.value)),
        ]
    }
}

extension Forecast {
    package var value: Value {
        [
            "managementClusters": .int(managementClusters), "clusters": .int(clusters),
            "machinesRolled": .int(machinesRolled), "machinesCreated": .int(machinesCreated),
            "machinesDeleted": .int(machinesDeleted), "creates": .int(creates), "updates": .int(updates),
            "deletes": .int(deletes), "blocked": .int(blocked), "waiting": .int(waiting), "handovers": .int(handovers),
            "refused": .int(refused),
            "summary": .string(sentence),
        ]
    }
}

extension PlanStep {
    func value(in plan: ApplyPlan) -> Value {
        var object: Object = [
            "fleet": .string(plan.fleet), "managementCluster": .string(plan.managementCluster),
            "apiVersion": .string(apiVersion), "kind": .string(key.kind), "namespace": .string(key.namespace),
            "name": .string(key.name), "verdict": .string(verdict.rawValue), "reason": .string(reason),
            "origin": origin.map { .string($0.description) } ?? .null,
            "fields": .array(fields.map(\.value)),
            "machines": .int(machines?.rolled ?? 0),
        ]
        if case .workloadCluster(let namespace, let name, _) = plan.target {
            object["workloadCluster"] = .string("\(namespace)/\(name)")
        }
        if isWaiting { object["waiting"] = true }
        if let cluster { object["cluster"] = .string(cluster) }
        if let answer { object["server"] = answer.value }
        if let machines {
            object["machineChanges"] = [
                "rolled": .int(machines.rolled), "created": .int(machines.created), "deleted": .int(machines.deleted),
                "because": .string(machines.because),
            ]
        }
        return .object(object)
    }
}

extension PlannedField {
    package var value: Value { ["path": .string(path), "old": old ?? .null, "new": new ?? .null] }
}

extension Diagnostic {
    /// As it stands in JSON output.
    package var value: Value {
        [
            "severity": .string(severity.rawValue), "code": .string(code), "message": .string(message),
            "position": position.map { .string($0.description) } ?? .null,
            "file": position.map { .string($0.file) } ?? .null,
            "line": position.map { .int($0.line) } ?? .null,
            "column": position.map { .int($0.column) } ?? .null,
            "hint": hint.map { .string($0) } ?? .null,
            "trail": .array(trail.map { .string($0.description) }),
        ]
    }
}
