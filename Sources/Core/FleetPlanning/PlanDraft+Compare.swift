import ClusterInspection
import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

/// One step for every desired object: what differs, and what that means.
extension PlanDraft {
    mutating func compareObjects() {
        let kindsAreKnown = !observed.scopes.isNamespaced.isEmpty
        for object in desired {
            let key = object.key
            var step = PlanStep(
                key: key,
                apiVersion: object.manifest.apiVersion,
                verdict: .none,
                origin: object.manifest.origin,
                source: object.source,
                cluster: relations.cluster(of: key),
                contentHash: object.contentHash
            )
            if let reason = observed.unreadableKinds[key.groupKind] {
                step.verdict = .blocked
                step.reason = "\(key.groupKind) cannot be read: \(reason)"
            } else if kindsAreKnown, observed.scopes.isNamespaced[key.groupKind] == nil,
                definitions[key.groupKind] == nil
            {
                step.verdict = .blocked
                step.reason = "the server has no kind \(key.groupKind); is its CustomResourceDefinition missing?"
            } else if let halt = topologyNotes.halted[object.source] {
                step.verdict = .blocked
                step.reason = halt.reason
                step.isWaiting = halt.isForNow
            } else if let reason = state.frozenSources[object.source.description] {
                step.reason = "left as it is: \(reason)"
            } else if let problem = nameProblem(of: object.manifest) {
                step.verdict = .blocked
                step.reason = problem
                report(.error, "bad-name", "\(key): \(problem)", about: key)
            } else if let tombstone = state.tombstones.first(where: { $0.names(key) }) {
                step.verdict = .blocked
                step.reason = "Git holds the object and a tombstone for it (\(tombstone.position))"
            } else if let live = observed.objects[key] {
                compare(object, live, &step)
            } else {
                create(object, &step)
            }
            steps[key] = step
        }
    }

    /// Why a server would refuse the object's name; nil when it would not.
    private func nameProblem(of manifest: Manifest) -> String? {
        // Roles and their bindings may be named freely.
        if manifest.groupKind.group == "rbac.authorization.k8s.io" { return nil }
        if let problem = ObjectNames.subdomainProblem(manifest.name) {
            return "the name “\(manifest.name)”: \(problem)"
        }
        if !manifest.namespace.isEmpty, let problem = ObjectNames.labelProblem(manifest.namespace) {
            return "the namespace “\(manifest.namespace)”: \(problem)"
        }
        return nil
    }

    private func create(_ object: DesiredObject, _ step: inout PlanStep) {
        step.action = .apply(object.manifest, force: true)
        if let rotation = rotations[step.key] {
            step.verdict = .rotate
            step.fields = rotation.changes.map(\.planned)
            let fields = step.fields.map(\.path).joined(separator: ", ")
            let patch =
                rotation.changes.first.map { patchWords(for: OwnedChange.text(of: $0.path), of: step.key) } ?? ""
            step.reason = "\(rotation.original.name) is immutable: \(fields) changes in a successor\(patch)"
        } else {
            step.verdict = .create
            step.reason = inventory[step.key]?.uid == nil ? "new" : "it was deleted by somebody else"
            if step.key.groupKind.ownsMachines,
                object.manifest.value["spec"]?["replicas"] != nil || !step.key.groupKind.isControlPlane
            {
                step.machines = MachineForecast(created: object.manifest.wantedReplicas)
            }
        }
    }

    private mutating func compare(_ object: DesiredObject, _ live: Manifest, _ step: inout PlanStep) {
        if live.isBeingDeleted {
            step.verdict = .blocked
            step.reason = "it is being deleted; it is created again when it is gone"
            step.isWaiting = true
            return
        }
        let entry = inventory[step.key]
        let ours = isOurs(live)
        let wasApplied = ours && entry?.contentHash == object.contentHash
        let wanted = settings.redaction.redacted(object.manifest)
        let present = settings.redaction.redacted(live)
        let changes = ownedDifference(
            of: wanted,
            from: present,
            fieldManager: settings.fieldManager,
            sinceApplied: wasApplied
        ).filter { !belongsToOthers($0, live) }
        step.fields = changes.map(\.planned)
        if changes.isEmpty {
            settle(object, live, entry, &step)
            return
        }
        if wasApplied {
            let finding = DriftFinding(step.key, changes, FieldOwnership(live), settings.fieldManager)
            drift.append(finding)
            if settings.drift.mode == .report {
                step.reason = "\(finding.sentence); drift is only reported"
                return
            }
        }
        if !ours, let conflict = conflict(changes, present) {
            step.verdict = .blocked
            step.reason = conflict
            return
        }
        classify(object.manifest, live, changes, &step)
        if wasApplied, let finding = drift.last {
            step.reason = "drift: \(finding.sentence)" + (step.reason.isEmpty ? "" : "; \(step.reason)")
        }
        if step.verdict == .recreate, let uid = live.uid {
            step.action = .recreate(object.manifest, uid: uid)
        } else if step.verdict != .blocked {
            step.action = .apply(keepingOthersFields(of: live, in: object.manifest), force: true)
        }
    }

    /// Nothing differs; what is left is whose the object is.
    private mutating func settle(
        _ object: DesiredObject,
        _ live: Manifest,
        _ entry: Inventory.Entry?,
        _ step: inout PlanStep
    ) {
        let source = object.source.description
        if let entry, isOurs(live) {
            if entry.source != source {
                step.verdict = .handover
                step.reason = "from \(entry.source) to \(source)"
            }
        } else if FieldOwnership(live).applied(by: settings.fieldManager) != nil {
            step.reason = entry == nil ? "" : "confirmed after an interrupted pass"
        } else {
            step.verdict = .handover
            step.reason = "it existed before and is as wanted; it is managed from now on"
            step.action = .apply(keepingOthersFields(of: live, in: object.manifest), force: false)
        }
        if step.verdict == .none || step.verdict == .handover, !step.action.isWrite {
            intent[step.key] = Inventory.Entry(
                key: step.key,
                apiVersion: step.apiVersion,
                uid: live.uid,
                contentHash: object.contentHash,
                state: .applied,
                source: source,
                cluster: step.cluster
            )
        }
    }

    /// Why an object that is not ours yet must not be overwritten; nil when no field is in dispute, or when it says that
    /// we shall take it over.
    private func conflict(_ changes: [OwnedChange], _ live: Manifest) -> String? {
        if desired(live.key)?.manifest.annotation("martlet.dev/takeover") == "true" { return nil }
        let ownership = FieldOwnership(live)
        if ownership.applied(by: settings.fieldManager) != nil { return nil }
        for change in changes where change.old != nil {
            let owners = ownership.otherOwners(of: change.path, than: settings.fieldManager)
            guard let owner = owners.first(where: { !isPredecessor($0.manager, of: live.key) }) else { continue }
            return "\(OwnedChange.text(of: change.path)) belongs to \(owner.manager); "
                + "annotate the object with martlet.dev/takeover: \"true\" to take it over"
        }
        return nil
    }
}

extension PlanDraft {
    /// Whether the manager is Cluster API's topology controller, whose work on this object we take over.
    private func isPredecessor(_ manager: String, of key: ObjectKey) -> Bool {
        guard manager == Self.clusterAPIManager, case .topology? = desired(key)?.source else { return false }
        return true
    }
}

// MARK: - Fields of others

extension PlanDraft {
    private func belongsToOthers(_ change: OwnedChange, _ live: Manifest) -> Bool {
        let text = OwnedChange.text(of: change.path)
        if abandonedFields(of: live.key).contains(text) { return true }
        return settings.leavesToOthers(text, of: live, wanted: desired(live.key)?.manifest)
    }

    private func abandonedFields(of key: ObjectKey) -> Set<String> {
        guard !settings.abandonedFields.isEmpty, let wanted = desired(key) else { return [] }
        return settings.abandonedFields[AppliedContent(key: key, contentHash: wanted.contentHash)] ?? []
    }

    /// The manifest with the live values of fields that are left to others. To leave them out would give up ownership
    /// and, where we are the only owner, delete them.
    func keepingOthersFields(of live: Manifest, in manifest: Manifest) -> Manifest {
        var copy = manifest
        let abandoned = abandonedFields(of: live.key)
        for path in settings.ignoredPaths(of: live, wanted: manifest) + abandoned where !path.contains("[") {
            let keys = path.split(separator: ".").map(String.init)
            guard copy.value[path: keys] != nil, let present = live.value[path: keys] else { continue }
            copy.value[path: keys] = present
        }
        return copy
    }
}
