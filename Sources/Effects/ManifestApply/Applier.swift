package import FleetPlanning
package import KubernetesClient
internal import KubernetesModel
internal import StructuredValue

/// Carries out plans on one cluster.
///
/// The order is what makes a crash harmless: first the inventory says what is about to be there (the plan's intent), then
/// the steps run stage by stage, then the inventory says what came of it. Replaying any part of that converges.
package struct Applier: Sendable {
    private let client: APIClient
    private let inventory: InventoryStore
    private let fieldManager: String
    private let width: Int
    private let mayWrite: @Sendable () -> Bool

    /// `width` is how many steps of one stage run at once. `mayWrite` is asked before each write; once it says no,
    /// nothing more is begun: another daemon may lead by then.
    package init(
        client: APIClient,
        inventory: InventoryStore,
        fieldManager: String = "martlet",
        width: Int = 8,
        mayWrite: @escaping @Sendable () -> Bool = { true }
    ) {
        self.mayWrite = mayWrite
        self.client = client
        self.inventory = inventory
        self.fieldManager = fieldManager
        self.width = width
    }

    /// Carries out every step of the plan that writes. A failed step takes only those with it that wait for its object.
    package func carryOut(_ plan: ApplyPlan) async -> ChangeSet {
        let previous: Inventory
        do {
            previous = try await inventory.load()
            try await save(plan.intent)
        } catch {
            return ChangeSet(inventory: plan.intent, inventoryFailure: error)
        }
        var changes: [Change] = []
        var undone: Set<ObjectKey> = []
        var result = plan.intent
        for stage in stages(of: plan) {
            if Task.isCancelled || !mayWrite() { break }
            for change in await carryOut(stage, undone: undone) {
                record(change, in: &result, previous: previous)
                if !change.isDone { undone.insert(change.step.key) }
                changes.append(change)
            }
        }
        do {
            try await save(result)
        } catch {
            return ChangeSet(changes: changes, inventory: result, inventoryFailure: error)
        }
        return ChangeSet(changes: changes, inventory: result)
    }

    private func save(_ inventory: Inventory) async throws(KubernetesFailure) {
        guard mayWrite() else { throw lostLead("write the inventory") }
        try await self.inventory.save(inventory)
    }

    /// Retryable: whoever leads by then does it.
    private func lostLead(_ operation: String) -> KubernetesFailure {
        KubernetesFailure(.conflict, operation: operation, message: "this daemon does not lead any more")
    }

    private func stages(of plan: ApplyPlan) -> [[PlanStep]] {
        let steps = plan.steps.filter(\.action.isWrite)
        return Dictionary(grouping: steps, by: \.stage).sorted { $0.key < $1.key }.map(\.value)
    }

    private func carryOut(_ steps: [PlanStep], undone: Set<ObjectKey>) async -> [Change] {
        await withTaskGroup(of: Change.self) { group in
            var changes: [Change] = []
            var waiting = steps[...]
            var running = 0
            while true {
                while running < width, !Task.isCancelled, let step = waiting.popFirst() {
                    if let missing = step.waitsFor.first(where: undone.contains) {
                        changes.append(Change(step: step, result: .skipped(waitingFor: missing)))
                        continue
                    }
                    running += 1
                    group.addTask { await perform(step) }
                }
                guard let change = await group.next() else { return changes }
                running -= 1
                changes.append(change)
            }
        }
    }

    private func perform(_ step: PlanStep) async -> Change {
        do throws(KubernetesFailure) {
            guard mayWrite() else { throw lostLead("\(step.verdict.rawValue) \(step.key)") }
            switch step.action {
            case .nothing: return Change(step: step, result: .applied(uid: "", resourceVersion: ""))
            case .apply(let manifest, _) where step.isGivenAway: return try await give(manifest, for: step)
            case .apply(let manifest, let force): return try await apply(manifest, force: force, for: step)
            case .delete(let uid):
                let isGone = try await delete(step, uid: uid)
                return Change(step: step, result: .deleted(isGone: isGone))
            case .recreate(let manifest, let uid):
                if try await !delete(step, uid: uid) { try await waitUntilGone(step, uid: uid) }
                return try await apply(manifest, force: true, for: step)
            }
        } catch {
            return Change(step: step, result: .failed(error))
        }
    }

    private func apply(
        _ manifest: Manifest,
        force: Bool,
        for step: PlanStep
    ) async throws(KubernetesFailure) -> Change {
        let stored = try await client.apply(manifest, fieldManager: fieldManager, force: force)
        if manifest.groupKind == GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition") {
            try await waitUntilServed(stored)
        }
        var newest = stored
        if case .takenFrom(let manager) = step.ownership {
            newest = try await client.apply(Self.identity(of: manifest), fieldManager: manager, force: true)
        }
        let result = Change.Result.applied(uid: newest.uid ?? "", resourceVersion: newest.resourceVersion ?? "")
        return Change(step: step, result: result)
    }

    /// Applies as the manager that gets the object, then lets go of it: what both own stays.
    private func give(_ manifest: Manifest, for step: PlanStep) async throws(KubernetesFailure) -> Change {
        guard case .givenTo(let manager) = step.ownership else {
            preconditionFailure("only steps that are given away come here")
        }
        _ = try await client.apply(manifest, fieldManager: manager, force: true)
        let stored = try await client.apply(Self.identity(of: manifest), fieldManager: fieldManager, force: true)
        let result = Change.Result.applied(uid: stored.uid ?? "", resourceVersion: stored.resourceVersion ?? "")
        return Change(step: step, result: result)
    }

    /// Nothing but the name: who applies it owns no field any more.
    private static func identity(of manifest: Manifest) -> Manifest {
        var metadata: Value = ["name": .string(manifest.name)]
        if !manifest.namespace.isEmpty { metadata["namespace"] = .string(manifest.namespace) }
        return Manifest([
            "apiVersion": .string(manifest.apiVersion), "kind": .string(manifest.kind), "metadata": metadata,
        ])
    }

    private func delete(_ step: PlanStep, uid: String) async throws(KubernetesFailure) -> Bool {
        try await client.delete(
            GroupVersionKind(apiVersion: step.apiVersion, kind: step.key.kind),
            namespace: step.key.namespace,
            name: step.key.name,
            preconditions: DeletePreconditions(uid: uid)
        )
    }

    private func waitUntilGone(_ step: PlanStep, uid: String) async throws(KubernetesFailure) {
        let kind = GroupVersionKind(apiVersion: step.apiVersion, kind: step.key.kind)
        try await poll("wait until \(step.key) is gone") { () throws(KubernetesFailure) in
            let live = try await client.get(kind, namespace: step.key.namespace, name: step.key.name)
            return live == nil || live?.uid != uid
        }
    }

    /// A new kind can be used once its definition is established; until then its objects would be refused.
    private func waitUntilServed(_ definition: Manifest) async throws(KubernetesFailure) {
        let kind = definition.groupVersionKind
        var live: Manifest? = definition
        try await poll("wait until \(definition.name) is served") { () throws(KubernetesFailure) in
            if live == nil { live = try await client.get(kind, namespace: "", name: definition.name) }
            defer { live = nil }
            return live?.isTrue("Established") ?? false
        }
        let group = definition.spec["group"]?.string ?? ""
        for version in definition.spec["versions"]?.array ?? [] {
            if let name = version["name"]?.string { try await client.refreshDiscovery(of: "\(group)/\(name)") }
        }
    }

    private func poll(
        _ operation: String,
        _ isOver: () async throws(KubernetesFailure) -> Bool
    ) async throws(KubernetesFailure) {
        let end = client.pace.now() + .seconds(30)
        while try await !isOver() {
            if client.pace.now() > end {
                throw KubernetesFailure(.timeout, operation: operation, message: "it took more than 30 seconds")
            }
            do {
                try await client.pace.sleep(.milliseconds(100))
            } catch {
                throw KubernetesFailure(.cancelled, operation: operation, message: "cancelled")
            }
        }
    }

    private func record(_ change: Change, in inventory: inout Inventory, previous: Inventory) {
        switch change.result {
        case .applied where change.step.isGivenAway: inventory.recordDeleted(change.step.key)
        case .applied(let uid, _): inventory.recordApplied(change.step, uid: uid)
        case .deleted(let isGone): if isGone { inventory.recordDeleted(change.step.key) }
        case .skipped: inventory.recordNotApplied(change.step, previous: previous)
        case .failed(let failure):
            // A refusal says that nothing was written; silence says nothing, so the intent stays.
            if failure.status >= 400, failure.status < 500 {
                inventory.recordNotApplied(change.step, previous: previous)
            }
        }
    }
}

extension Change {
    fileprivate var isDone: Bool {
        switch result {
        case .applied, .deleted: true
        case .failed, .skipped: false
        }
    }
}
