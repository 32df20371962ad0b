import ClusterInspection
import ClusterTopology
import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

/// A plan in the making. `planApply` calls its verbs in order; each is in a file of its own.
struct PlanDraft {
    var state: DesiredState
    let observed: ObservedState
    let inventory: Inventory
    let settings: PlanSettings
    let now: Timestamp
    /// Expansions of earlier passes.
    let expansions: ExpansionCache?

    /// The desired objects, as they will be sent: namespaces filled in, references rewritten.
    var desired: [DesiredObject] = []
    /// Where in `desired` an object stands.
    var index: [ObjectKey: Int] = [:]
    /// The CustomResourceDefinitions among the desired objects, by the kind they serve.
    var definitions: [GroupKind: ObjectKey] = [:]
    var relations: ClusterRelations
    var steps: [ObjectKey: PlanStep] = [:]
    var diagnostics: [Diagnostic] = []
    var intent: Inventory
    var drift: [DriftFinding] = []
    /// Why a successor of a template was made, by the successor's key: the template's own changed fields.
    var rotations: [ObjectKey: Rotation] = [:]
    var topologyNotes = TopologyNotes()

    /// A template that gets, or has got, a successor.
    struct Rotation {
        var original: ObjectKey
        var changes: [OwnedChange]
    }

    init(
        _ state: DesiredState,
        _ observed: ObservedState,
        _ inventory: Inventory,
        _ settings: PlanSettings,
        _ now: Timestamp,
        _ expansions: ExpansionCache? = nil
    ) {
        self.expansions = expansions
        self.state = state
        self.observed = observed
        self.inventory = inventory
        self.settings = settings
        self.now = now
        intent = inventory
        relations = ClusterRelations(desired: [], live: [:], inventory: Inventory())
    }

    /// The desired object with this key.
    func desired(_ key: ObjectKey) -> DesiredObject? { index[key].map { desired[$0] } }

    /// Whether the live object is certainly the one we applied or adopted.
    func isOurs(_ live: Manifest) -> Bool {
        guard let entry = inventory[live.key], let uid = entry.uid else { return false }
        return uid == live.uid
    }

    mutating func report(_ severity: Diagnostic.Severity, _ code: String, _ message: String, about key: ObjectKey) {
        diagnostics.append(
            Diagnostic(
                severity,
                code,
                message,
                at: desired(key)?.manifest.origin?.position,
                trail: desired(key)?.manifest.origin?.trail ?? []
            )
        )
    }

    /// Turns a step that would write into one that says why it must not.
    ///
    /// With `isForNow`, it is only a matter of time: the forecast goes on counting the machines.
    mutating func block(_ key: ObjectKey, _ reason: String, isForNow: Bool = false) {
        guard var step = steps[key] else { return }
        step.verdict = .blocked
        step.reason = reason
        step.action = .nothing
        step.isWaiting = isForNow
        if !isForNow { step.machines = nil }
        steps[key] = step
    }
}

// MARK: - Normalizing

extension PlanDraft {
    /// Fills in what a server would: the namespace of namespaced objects, none for others, `data` of Secrets. Then finds
    /// out which objects belong to which Cluster.
    mutating func normalize() {
        let scopes = scopesWithDesiredDefinitions()
        desired.reserveCapacity(state.objects.count)
        for object in state.objects {
            var object = object
            let kind = object.manifest.groupKind
            switch scopes.isNamespaced(kind) {
            case true? where object.manifest.namespace.isEmpty: object.manifest.namespace = "default"
            case false? where !object.manifest.namespace.isEmpty: object.manifest.namespace = ""
            default: break
            }
            if kind == .secret { object.manifest = SecretRedaction.foldingStringData(object.manifest) }
            let key = object.key
            if let first = index[key] {
                report(
                    .error,
                    "duplicate-object",
                    "\(key) is also made by \(desired[first].source)\(desired[first].manifest.origin.map { " at \($0.position)" } ?? "")",
                    about: key
                )
                continue
            }
            index[key] = desired.count
            desired.append(object)
        }
        relations = ClusterRelations(desired: desired.map(\.manifest), live: observed.objects, inventory: inventory)
    }

    /// Notes which kind each definition among the desired objects serves. Returns the server's scopes together with
    /// theirs.
    private mutating func scopesWithDesiredDefinitions() -> ResourceScopes {
        var scopes = observed.scopes
        for object in state.objects where object.manifest.groupKind == .customResourceDefinition {
            let spec = object.manifest.spec
            guard let group = spec["group"]?.string, let kind = spec["names"]?["kind"]?.string else { continue }
            let served = GroupKind(group: group, kind: kind)
            definitions[served] = object.key
            scopes.isNamespaced[served] = spec["scope"]?.string == "Namespaced"
        }
        return scopes
    }
}
