internal import FleetModel
internal import FleetPlanning
internal import FleetReconcilers
internal import KubernetesModel
internal import SourceDiagnostics
internal import StructuredValue

extension ServerOptions {
    /// The plan with what the cluster's own server says to each step that applies something.
    func proving(_ plan: ApplyPlan, live: [ObjectKey: Manifest]) async throws -> ApplyPlan {
        var plan = plan
        let asked = plan.steps.indices.filter { plan.steps[$0].question != nil }
        // In parts, so that no body grows without bound.
        for start in stride(from: 0, to: asked.count, by: 200) {
            let part = asked[start..<min(start + 200, asked.count)]
            let objects = part.compactMap { plan.steps[$0].question }.map { question -> Value in
                ["manifest": question.manifest.value, "force": .bool(question.force)]
            }
            let path = "/api/v1/dry-run/\(escaped(plan.fleet))/\(escaped(plan.managementCluster))"
            let answer = try await post(
                path,
                body: ["target": .string(plan.target.description), "objects": .array(objects)]
            )
            let results = answer["results"]?.array ?? []
            for (index, result) in zip(part, results) {
                plan.take(result, forStepAt: index, live: live[plan.steps[index].key])
            }
        }
        return plan
    }
}

extension ApplyPlan {
    fileprivate mutating func take(_ result: Value, forStepAt index: Int, live: Manifest?) {
        let step = steps[index]
        if let stored = result["stored"] {
            steps[index].answer = .accepts(step.surprises(in: Manifest(stored), live: live))
            return
        }
        let message = result["message"]?.string ?? ""
        guard result["refused"]?.bool == true else {
            let before = step.waitsFor.first.map { "; \($0) comes first" } ?? ""
            steps[index].answer = .unasked(message + before)
            return
        }
        steps[index].answer = .refuses(message)
        diagnostics.append(
            Diagnostic(
                .error,
                "server-refuses",
                "the server of \(title) would refuse \(step.key): \(message)",
                at: step.origin?.position
            )
        )
    }
}
