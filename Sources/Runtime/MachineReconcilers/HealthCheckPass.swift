internal import ControllerRuntime
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import MachineDecisions
internal import StructuredValue

/// One look at a MachineHealthCheck: observe, decide, make sure, write.
struct HealthCheckPass: Sendable {
    let service: MachineHealthCheckService
    let world: HealthCheckWorld
    private let writer: StatusWriter
    private let gathering = Gathering()
    private let complaints = Complaints()

    init(service: MachineHealthCheckService, world: HealthCheckWorld) {
        self.service = service
        self.world = world
        writer = StatusWriter(service.client, manager: MachineHealthCheckService.manager)
    }

    private var client: APIClient { service.client }

    func run(_ key: ObjectKey) async -> Outcome {
        do {
            guard let check = world.checks.object(key), !check.isBeingDeleted else {
                writer.forget(key)
                gathering.forget(key)
                complaints.forget(key)
                service.restrict(nil, key)
                service.denials.clear("\(key)")
                return .done
            }
            let outcome = try await look(at: check)
            _ = complaints.isNew("", of: key)
            service.denials.clear("\(key)")
            return outcome
        } catch {
            // Somebody wrote in between; what they wrote is on its way.
            if error.kind == .conflict { return .again(after: .milliseconds(200)) }
            if service.denials.note(error, at: "\(key)") { return .again(after: Denials.pause) }
            // A Machine that went meanwhile is no trouble, and what is missing for good is tried with growing delays.
            let isTrouble = error.kind != .notFound && complaints.isNew("\(error)", of: key)
            service.site.log.log(
                level: isTrouble ? .warning : .debug,
                "a health check failed",
                metadata: ["object": "\(key)", "error": "\(error)"]
            )
            return .retry("\(error)")
        }
    }

    private func look(at check: Manifest) async throws(KubernetesFailure) -> Outcome {
        // Without its Cluster there is nothing to check; its creation begins the next pass.
        guard let id = ClusterID(of: check), let cluster = world.cluster(id) else { return .done }
        let spec = MachineHealthCheckSpec(check)
        var view = HealthCheckView(check: check, cluster: cluster, targets: [], now: service.site.now())
        if pauseReason(check: check, cluster: cluster) != nil {
            service.restrict(nil, check.key)
            try await writer.write(decideHealthCheck(view, spec).status, of: check)
            return .done
        }
        try await adopt(check, by: cluster)
        var workload: APIClient?
        var nodes: [String: Manifest]?
        if HealthCheckWorld.isInitialized(cluster) {
            switch world.nodes.sight(of: id) {
            case .nodes(let seen, let client): (nodes, workload) = (seen, client)
            case .connecting(let reason), .unreachable(let reason):
                // Who cannot look must not judge. When the cluster is seen again, that begins the next pass.
                service.site.log.debug("a cluster is not seen", metadata: ["cluster": "\(id)", "reason": "\(reason)"])
                return .done
            }
        }
        view.targets = targets(of: spec, id, nodes)
        try await observeRequests(spec, &view)
        var round = decideHealthCheck(view, spec)
        view.patience = gathering.patience(for: check.key, isWanted: round.budgetNeed > 0, now: view.now)
        if view.patience > .zero {
            round = decideHealthCheck(view, spec)
            // Nothing is said about a sick Machine before its cluster has been asked once more.
            if !round.machines.contains(where: \.isHandedOver) { return .again(after: view.patience) }
        }
        var isShort = false
        if round.machines.contains(where: \.isHandedOver) {
            (round, isShort) = try await makeSure(of: round, &view, spec, id, workload)
        }
        let failure = await carryOut(round, view)
        service.restrict(round.restriction, check.key)
        if let failure { throw failure }
        var next = round.next
        if isShort, let wait = service.budget.wait(now: view.now) { next = min(next ?? wait, wait) }
        return next.map { .again(after: $0) } ?? .done
    }

    // MARK: Observe

    private func targets(of spec: MachineHealthCheckSpec, _ id: ClusterID, _ nodes: [String: Manifest]?)
        -> [HealthTarget]
    {
        selectTargets(of: spec, in: id.namespace, from: world.machines(of: id)).map { machine in
            guard let nodes, let name = machine.status[path: "nodeRef", "name"]?.string else {
                return HealthTarget(machine, node: .none)
            }
            return HealthTarget(machine, node: nodes[name].map { .found($0) } ?? .missing)
        }
    }

    /// Reads the template and the requests of external remediation, where a check has one.
    private func observeRequests(
        _ spec: MachineHealthCheckSpec,
        _ view: inout HealthCheckView
    ) async throws(KubernetesFailure) {
        guard let template = spec.template else { return }
        let namespace = view.check.namespace
        do {
            view.template = try await client.get(template.kind, namespace: namespace, name: template.name)
        } catch  where error.kind == .notFound {
            // Not even the kind is there.
            view.template = nil
            return
        }
        let requests: [Manifest]
        do {
            requests = try await client.list(client.resource(for: template.requestKind), namespace: namespace).items
        } catch  where error.kind == .notFound {
            // The creation of a request will say what is missing.
            return
        }
        view.requests = Dictionary(requests.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    }

    /// Before a Machine is given up its cluster is asked once more, directly: a watch that has gone silent shows what
    /// was. Then the fleet's budget is asked.
    private func makeSure(
        of round: HealthCheckRound,
        _ view: inout HealthCheckView,
        _ spec: MachineHealthCheckSpec,
        _ id: ClusterID,
        _ workload: APIClient?
    ) async throws(KubernetesFailure) -> (round: HealthCheckRound, isShort: Bool) {
        if let workload {
            let kind = GroupVersionKind(group: "", version: "v1", kind: "Node")
            let list = try await workload.list(try await workload.resource(for: kind))
            let nodes = Dictionary(list.items.map { ($0.name, WorkloadNodes.kept($0)) }, uniquingKeysWith: { $1 })
            view.targets = targets(of: spec, id, nodes)
        }
        let need = decideHealthCheck(view, spec).budgetNeed
        view.budget = await service.budget.take(need, now: view.now)
        return (decideHealthCheck(view, spec), view.budget < need)
    }

    // MARK: Act

    /// Label and owner reference, as Cluster API sets them.
    private func adopt(_ check: Manifest, by cluster: Manifest) async throws(KubernetesFailure) {
        var metadata = Object()
        if check.label(HealthCheckWords.clusterLabel) != cluster.name {
            metadata["labels"] = [HealthCheckWords.clusterLabel: .string(cluster.name)]
        }
        var owned = check
        owned.setOwner(OwnerReference(to: cluster))
        if owned != check {
            metadata["ownerReferences"] = owned.metadata["ownerReferences"]
            metadata["resourceVersion"] = check.resourceVersion.map(Value.string)
        }
        guard !metadata.isEmpty else { return }
        try await client.patch(
            check.groupVersionKind,
            namespace: check.namespace,
            name: check.name,
            with: ["metadata": .object(metadata)],
            as: .merge,
            fieldManager: MachineHealthCheckService.manager
        )
        // The rest follows when the change has come back: what is written now would be a conflict.
        throw KubernetesFailure(.conflict, operation: "adopt \(check.key)", message: "it has just been adopted")
    }

    /// Writes what was decided. One Machine that cannot be written does not stop the others; the first failure is the
    /// answer.
    private func carryOut(_ round: HealthCheckRound, _ view: HealthCheckView) async -> KubernetesFailure? {
        var failure: KubernetesFailure?
        var unused = view.budget == .max ? 0 : view.budget
        for step in round.machines {
            let isCounted = step.isHandedOver && !step.isNamed
            do {
                try await carryOut(step)
                if isCounted { unused -= 1 }
            } catch {
                // What may have arrived counts as spent: the answer alone can be lost, too.
                if isCounted, error.mayHaveArrived { unused -= 1 }
                if failure == nil { failure = error }
            }
        }
        await service.budget.giveBack(unused, takenAt: view.now)
        do {
            let isChanged = try await writer.write(round.status, of: view.check)
            if isChanged, let restriction = round.restriction, Self.isNew(restriction, view.check) {
                await tell("RemediationRestricted", restriction, about: view.check, isWarning: true)
                let details: Logger.Metadata = ["object": "\(view.check.key)", "reason": "\(restriction)"]
                service.site.log.warning("remediation is off", metadata: details)
            }
        } catch {
            if failure == nil { failure = error }
        }
        return failure
    }

    private static func isNew(_ restriction: String, _ check: Manifest) -> Bool {
        let known = DualConditions(check).inCurrentForm(HealthCheckWords.allowed)
        return known?.status != .no || known?.message != restriction
    }

    private func carryOut(_ step: HealthCheckRound.MachineStep) async throws(KubernetesFailure) {
        var outcome = HealthCheckRound.MachineStep.RequestOutcome.notAsked
        var failure: KubernetesFailure?
        switch step.request {
        case .create(let request):
            do {
                try await client.create(request, fieldManager: MachineHealthCheckService.manager)
                outcome = .created
            } catch {
                outcome = error.kind == .alreadyExists ? .created : .failed(error.message)
                failure = error.kind == .alreadyExists ? nil : error
            }
        case .delete(let request):
            try await client.delete(request.groupVersionKind, namespace: request.namespace, name: request.name)
        case .templateMissing, nil: break
        }
        try await writer.write(step.status(after: outcome), of: step.machine)
        if let failure { throw failure }
        guard step.isHandedOver, case .unhealthy(let reason, let messages) = step.health else { return }
        service.reports.onHandOver()
        let text = "\(reason.rawValue): \(messages.joined(separator: "; "))"
        service.site.log.info(
            "a Machine is to be remediated",
            metadata: ["machine": "\(step.machine.key)", "why": "\(text)"]
        )
        await tell("MachineMarkedUnhealthy", text, about: step.machine)
    }

    /// Tells people what happened, as an Event. One that cannot be written is no reason to fail: what it tells stands in
    /// conditions as well.
    private func tell(_ reason: String, _ message: String, about object: Manifest, isWarning: Bool = false) async {
        do throws(KubernetesFailure) {
            try await client.publishEvent(
                reason,
                message,
                about: object,
                isWarning: isWarning,
                from: MachineHealthCheckService.manager,
                now: service.site.now()
            )
        } catch {
            service.site.log.debug(
                "an event was not written",
                metadata: ["object": "\(object.key)", "error": "\(error)"]
            )
        }
    }
}

extension KubernetesFailure {
    /// Whether the server may have done what was asked, although it did not say so.
    fileprivate var mayHaveArrived: Bool {
        switch kind {
        case .timeout, .unreachable, .cancelled, .serverError, .malformedAnswer: true
        default: false
        }
    }
}
