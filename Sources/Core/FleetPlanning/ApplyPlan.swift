package import FleetModel
package import KubernetesModel
package import SourceDiagnostics
package import StructuredValue

/// What would be done to one cluster, and why: complete data before anything runs.
package struct ApplyPlan: Sendable {
    package var revision: String
    package var fleet: String
    package var managementCluster: String
    package var target: ObjectTarget
    /// Whether the desired state was complete; nothing is deleted otherwise.
    package var isComplete: Bool
    /// In the order in which they are carried out: by stage, then by key. Steps of one stage may run at once.
    package var steps: [PlanStep]
    package var diagnostics: [Diagnostic]
    /// The inventory to write before the first step: what is there, and what is about to be.
    package var intent: Inventory
    /// Objects that somebody changed after we applied them, whether that is put back or only reported.
    package var drift: [DriftFinding] = []

    package init(
        revision: String,
        fleet: String,
        managementCluster: String,
        target: ObjectTarget = .managementCluster,
        isComplete: Bool,
        steps: [PlanStep] = [],
        diagnostics: [Diagnostic] = [],
        intent: Inventory = Inventory()
    ) {
        self.revision = revision
        self.fleet = fleet
        self.managementCluster = managementCluster
        self.target = target
        self.isComplete = isComplete
        self.steps = steps
        self.diagnostics = diagnostics
        self.intent = intent
    }

    /// Whether carrying it out writes anything.
    package var writesAnything: Bool { steps.contains { $0.action.isWrite } }

    package func step(for key: ObjectKey) -> PlanStep? { steps.first { $0.key == key } }
}

/// What happens to one object.
package struct PlanStep: Sendable {
    package var key: ObjectKey
    package var apiVersion: String
    package var verdict: Verdict
    /// One sentence; empty for `none`.
    package var reason: String
    package var action: PlanAction
    /// Where the object stands in the source; nil for one that left it.
    package var origin: Origin?
    package var source: ObjectSource?
    /// Sorted by path.
    package var fields: [PlannedField]
    package var machines: MachineForecast?
    /// The Cluster it belongs to, `namespace/name`.
    package var cluster: String?
    package var stage: Int
    /// Steps that must have succeeded in this pass, else this one is left out.
    package var waitsFor: [ObjectKey]
    package var contentHash: String
    /// A blocked step that needs nobody: what it waits for comes by itself.
    package var isWaiting = false
    /// Set when another manager's hold on the fields begins or ends with this step.
    package var ownership: OwnershipMove?
    /// What the cluster's server says to it, when it was asked.
    package var answer: ServerAnswer?

    package init(
        key: ObjectKey,
        apiVersion: String,
        verdict: Verdict,
        reason: String = "",
        action: PlanAction = .nothing,
        origin: Origin? = nil,
        source: ObjectSource? = nil,
        fields: [PlannedField] = [],
        machines: MachineForecast? = nil,
        cluster: String? = nil,
        stage: Int = 0,
        waitsFor: [ObjectKey] = [],
        contentHash: String = ""
    ) {
        self.key = key
        self.apiVersion = apiVersion
        self.verdict = verdict
        self.reason = reason
        self.action = action
        self.origin = origin
        self.source = source
        self.fields = fields
        self.machines = machines
        self.cluster = cluster
        self.stage = stage
        self.waitsFor = waitsFor
        self.contentHash = contentHash
    }
}

extension PlanStep {
    /// Whether the object is not ours any more after this step.
    package var isGivenAway: Bool {
        if case .givenTo = ownership { true } else { false }
    }
}

/// Fields change hands between us and another field manager, without changing themselves.
package enum OwnershipMove: Sendable, Hashable {
    /// After it is applied, the other manager owns none of its fields.
    case takenFrom(String)
    /// It is applied as the other manager, and nothing of it is ours any more.
    case givenTo(String)
}

/// What a plan says about one object.
package enum Verdict: String, Sendable, CaseIterable {
    case create
    case none
    /// A change without any effect on machines or behaviour: labels, annotations.
    case metadata
    case inPlace = "in-place"
    /// Machines are replaced.
    case roll
    /// An immutable template gets a successor.
    case rotate
    case recreate
    case delete
    case blocked
    /// Ownership moves between sources without deletion.
    case handover
}

/// What is to be done about one object.
package enum PlanAction: Sendable {
    case nothing
    /// Server-side apply. `force` takes fields from other managers; without it a conflict fails the step.
    case apply(Manifest, force: Bool)
    /// Delete the object with this uid, wait until it is gone, and apply.
    case recreate(Manifest, uid: String)
    /// Delete the object, with its uid as precondition.
    case delete(uid: String)

    package var isWrite: Bool {
        if case .nothing = self { false } else { true }
    }

    package var isDeletion: Bool {
        if case .delete = self { true } else { false }
    }

    /// What is sent to the server, when something is applied.
    package var manifest: Manifest? {
        switch self {
        case .apply(let manifest, _), .recreate(let manifest, _): manifest
        case .nothing, .delete: nil
        }
    }
}

/// One field that a step changes. Values of Secrets are never held here, only a digest of them.
package struct PlannedField: Sendable, Hashable {
    /// Dotted, with list items by key: `spec.template.spec.containers[name=app].image`.
    package var path: String
    /// Nil when the field is new.
    package var old: Value?
    /// Nil when the field goes.
    package var new: Value?

    package init(path: String, old: Value?, new: Value?) {
        self.path = path
        self.old = old
        self.new = new
    }
}

/// What a step does to machines.
package struct MachineForecast: Sendable, Hashable {
    /// Machines that are replaced by others.
    package var rolled: Int
    /// Machines that are added.
    package var created: Int
    /// Machines that go.
    package var deleted: Int
    /// The field because of which machines roll; empty when none do.
    package var because: String

    package init(rolled: Int = 0, created: Int = 0, deleted: Int = 0, because: String = "") {
        self.rolled = rolled
        self.created = created
        self.deleted = deleted
        self.because = because
    }
}
