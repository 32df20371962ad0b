import KubernetesModel
import StructuredValue

/// Decides about a MachinePool: its phases run all, one's failure does not stop the next.
///
/// ```
///  finalizer ─► paused? ─► owner, label ─┬─► bootstrap ─► infrastructure ─► Nodes ─► Machines ─┬─► counters, phase,
///  (alone)      (stop)                   └─► deletion ─────────────────────────────────────────┘   summary
/// ```
package func decideMachinePool(_ view: MachinePoolView) -> MachinePoolDecision {
    var draft = PoolDraft(view)
    draft.decide()
    return draft.finish()
}

/// A MachinePool as it should become.
struct PoolDraft {
    let view: MachinePoolView
    let now: Timestamp
    var spec: MachinePoolSpec
    var status: MachinePoolStatus
    var decision: MachinePoolDecision
    /// Whether the pool's infrastructure object was read and is its own.
    var hasInfrastructure = false
    /// Whether Nodes were needed and could not be seen.
    var isBlind = false

    init(_ view: MachinePoolView) {
        self.view = view
        now = view.now
        spec = MachinePoolSpec(view.pool)
        status = MachinePoolStatus(of: view.pool)
        decision = MachinePoolDecision(pool: view.pool)
    }

    mutating func decide() {
        let pool = view.pool
        if pool.isBeingDeleted {
            guard pool.finalizers.contains(MachinePoolSpec.finalizer) else { return }
        } else if !pool.finalizers.contains(MachinePoolSpec.finalizer) {
            // Alone and first: from here on nothing of the pool can be left behind.
            setFinalizers(pool.finalizers + [MachinePoolSpec.finalizer])
            return
        }
        if let reason = pause {
            note(isPaused: true, reason)
            return
        }
        note(isPaused: false, "")
        if let cluster = view.cluster {
            decision.pool.setLabel(MachinePoolSpec.clusterLabel, cluster.name)
            decision.pool.setOwner(OwnerReference(to: cluster))
        } else if !pool.isBeingDeleted {
            decision.failures.append("there is no Cluster \(spec.clusterName)")
            return
        }
        let problems = pool.isBeingDeleted ? [] : MachinePoolDefaults.problems(of: pool)
        if !problems.isEmpty {
            refuse(problems)
            return
        }
        if pool.isBeingDeleted {
            decideDeletion()
        } else {
            fillDefaults()
            decideBootstrap()
            decideInfrastructure()
            decideNodes()
            decideMachines()
        }
        decideCounters()
        decidePhase()
        if let summary = MachinePoolConditions.summary(of: status.legacyConditions) {
            setLegacy("Ready", summary)
        }
        if decision.failures.isEmpty, !isBlind { status.observedGeneration = pool.generation }
    }

    /// A pool that Cluster API's admission would not have let in is told why, and otherwise left as it is.
    private mutating func refuse(_ problems: [String]) {
        let message = problems.joined(separator: "; ")
        setLegacy("Ready", .init(status: .no, reason: "InvalidSpec", severity: .error, message: message))
        decision.failures += problems
        status.observedGeneration = view.pool.generation
    }

    func finish() -> MachinePoolDecision {
        var decision = decision
        let status = status.value(for: view.pool)
        if !status.isEmpty { decision.pool.value["status"] = status }
        return decision
    }

    // MARK: What several phases need

    /// Why the pool is left alone; nil when it is not.
    private var pause: String? {
        var reasons: [String] = []
        if view.cluster?.spec["paused"]?.bool == true { reasons.append("Cluster spec.paused is set to true") }
        if view.pool.annotation(MachinePoolSpec.pausedAnnotation) != nil {
            reasons.append("MachinePool has the \(MachinePoolSpec.pausedAnnotation) annotation")
        }
        return reasons.isEmpty ? nil : reasons.joined(separator: ", ")
    }

    private mutating func note(isPaused: Bool, _ message: String) {
        let condition = Condition(
            "Paused",
            isPaused ? .yes : .no,
            reason: isPaused ? "Paused" : "NotPaused",
            message: message,
            observedGeneration: view.pool.generation
        )
        MachinePoolConditions.set(condition, in: &status.conditions, now: now)
    }

    mutating func setLegacy(_ type: String, _ condition: MachinePoolConditions.Legacy) {
        MachinePoolConditions.set(type, condition, in: &status.legacyConditions, now: now)
    }

    mutating func setFinalizers(_ finalizers: [String]) {
        decision.pool.value[path: "metadata", "finalizers"] =
            finalizers.isEmpty ? nil : .array(finalizers.map { .string($0) })
    }

    mutating func recheck(in duration: Duration) { decision.recheck = min(decision.recheck ?? duration, duration) }

    /// Makes the pool the controller of a provider's object. False when somebody else controls it.
    mutating func adopt(_ object: Manifest) -> Bool {
        if let controller = object.controllerReference, controller.uid != view.pool.uid,
            controller.groupKind != MachinePoolSpec.groupKind || controller.name != view.pool.name
        {
            decision.failures.append(
                "\(object.kind) \(object.name) is controlled by \(controller.kind) \(controller.name)"
            )
            return false
        }
        var adopted = object
        adopted.setOwner(OwnerReference(to: view.pool, isController: true, blocksOwnerDeletion: true))
        if adopted.label(MachinePoolSpec.clusterLabel) != spec.clusterName {
            adopted.setLabel(MachinePoolSpec.clusterLabel, spec.clusterName)
        }
        if adopted != object { decision.adopted.append(adopted) }
        return true
    }

    /// Takes over what a provider's object says about a failure that will not go by itself.
    mutating func copyFailure(of object: Manifest) {
        for status in [object.status, object.status[path: "deprecated", "v1beta1"] ?? .null] {
            if let reason = status["failureReason"]?.string, !reason.isEmpty { self.status.failureReason = reason }
            if let message = status["failureMessage"]?.string, !message.isEmpty {
                self.status.failureMessage =
                    "Failure detected from referenced resource \(object.groupVersionKind) with name \"\(object.name)\": "
                    + message
            }
        }
    }
}
