import ClusterInspection
import ClusterTopology
import FleetModel
import KubernetesModel
import SourceDiagnostics
import StructuredValue

/// What planning keeps about topologies while it makes steps.
struct TopologyNotes {
    /// Why an object must not be written yet, by the object.
    var waits: [ObjectKey: AppliedTopology.Wait] = [:]
    /// The template in use that a new one takes the place of.
    var predecessors: [ObjectKey: ObjectKey] = [:]
    /// What patches changed in an object, with their places.
    var touches: [ObjectKey: [(touch: PatchTouch, place: SourcePosition?)]] = [:]
    /// Versions that a control plane goes through after the next one.
    var later: [ObjectKey: [String]] = [:]
    /// How many versions the machines of an object go through.
    var stops: [ObjectKey: Int] = [:]
    /// Clusters that Cluster API expands and brings to their version, over however many minor versions.
    var chained: Set<ObjectKey> = []
    /// Why nothing of a Cluster is touched, by the source of its objects; the first is said to be only for now.
    var halted: [ObjectSource: (isForNow: Bool, reason: String)] = [:]
}

/// Topologies are rendered as if nothing existed. Here they are expanded once more with what runs, so that names are kept
/// and versions go in steps: control plane first, then workers, some at a time.
extension PlanDraft {
    mutating func expandTopologies() {
        let expanded = state.topologies.filter(\.isExpandedHere)
        guard !expanded.isEmpty else { return }
        let live = LiveClusterObjects(observed.objects)
        var made: [ObjectSource: [DesiredObject]] = [:]
        for topology in expanded {
            if let reason = unreadable(topology) {
                topologyNotes.halted[topology.source] = (true, reason)
                continue
            }
            do {
                let applied = try topology.topologyClass.applied(
                    topology.cluster,
                    rendered: topology.expansion,
                    live: live,
                    isOffline: settings.isOffline,
                    cache: expansions
                )
                made[topology.source] = note(applied, topology)
            } catch {
                halt(topology, error)
            }
        }
        state.objects = state.objects.filter { made[$0.source] == nil } + made.values.flatMap { $0 }
    }

    private mutating func note(_ applied: AppliedTopology, _ topology: DesiredTopology) -> [DesiredObject] {
        var objects: [DesiredObject] = []
        let parts = topology.objects(of: applied) { digest(JSON.text($0.value, .canonical)) }
        for (part, object) in parts {
            let key = object.key
            topologyNotes.waits[key] = part.wait
            topologyNotes.predecessors[key] = part.predecessor
            topologyNotes.stops[key] = Self.stops(of: part, applied.upgrade)
            if !part.touches.isEmpty {
                topologyNotes.touches[key] = part.touches.map { ($0, topology.places[$0.place]) }
            }
            if part.role == .controlPlane, part.wait == nil {
                topologyNotes.later[key] = Array(
                    applied.upgrade.plan.controlPlane.drop { $0 == applied.upgrade.controlPlaneVersion }
                )
            }
            objects.append(object)
        }
        return objects
    }

    static func stops(of part: AppliedTopology.Part, _ upgrade: UpgradeDecision) -> Int {
        switch part.role {
        case .controlPlane: upgrade.controlPlaneSteps
        case .machineDeployment(let name): upgrade.steps(of: upgrade.deployments[name])
        case .machinePool(let name): upgrade.steps(of: upgrade.pools[name])
        default: 1
        }
    }

    /// Why nobody can tell what of the Cluster exists.
    private func unreadable(_ topology: DesiredTopology) -> String? {
        guard !observed.unreadableKinds.isEmpty else { return nil }
        var kinds: Set<GroupKind> = [.machine]
        for item in topology.expansion.items { kinds.insert(item.manifest.groupKind) }
        for kind in kinds.sorted() {
            if let reason = observed.unreadableKinds[kind] { return "\(kind) cannot be read: \(reason)" }
        }
        return nil
    }

    /// Keeps a Cluster as it is whose topology cannot be expanded beside what runs.
    private mutating func halt(_ topology: DesiredTopology, _ rejection: TopologyRejection) {
        let reason = rejection.findings.map(\.message).joined(separator: "; ")
        topologyNotes.halted[topology.source] = (false, reason)
        for diagnostic in rejection.diagnostics() {
            var copy = diagnostic
            if let place = topology.cluster.origin?.position, copy.position != place { copy.trail.append(place) }
            diagnostics.append(copy)
        }
    }

    /// Lets the forecast name the field of a template because of which it gets a successor.
    mutating func noteSuccessors() {
        for (key, predecessor) in topologyNotes.predecessors {
            guard var object = desired(key), let live = observed.objects[predecessor], rotations[key] == nil else {
                continue
            }
            object.manifest.name = live.name
            rotations[key] = Rotation(original: predecessor, changes: specChanges(of: object, from: live))
        }
    }

    // MARK: After comparing

    /// Holds back what waits for its turn, and says which versions come later.
    mutating func holdTopologies() {
        for (key, stops) in topologyNotes.stops where stops > 1 {
            // Every version on the way replaces all machines once more.
            steps[key]?.machines?.rolled *= stops
        }
        for (key, wait) in topologyNotes.waits {
            guard let step = steps[key], step.verdict != .none, step.verdict != .blocked else { continue }
            if wait.isDeferred {
                steps[key]?.verdict = .none
                steps[key]?.reason = wait.reason
                steps[key]?.action = .nothing
                steps[key]?.machines = nil
                steps[key]?.fields = []
            } else {
                let then = step.reason.isEmpty || step.verdict == .create ? "" : "; then \(step.reason)"
                block(key, "waits: \(wait.reason)\(then)", isForNow: true)
            }
        }
        for (key, versions) in topologyNotes.later where !versions.isEmpty {
            guard let step = steps[key], step.verdict == .roll else { continue }
            steps[key]?.reason = "\(step.reason), then on to \(versions.joined(separator: ", "))"
        }
    }

    /// Which patch set a field, in words: ` (patch size, classes/small.yaml:40:7)`.
    func patchWords(for path: String, of key: ObjectKey) -> String {
        guard let touches = topologyNotes.touches[key] else { return "" }
        let found = touches.last { touch, _ in
            let pointer = Self.dotted(touch.pointer)
            return Self.isWithin(path, pointer) || Self.isWithin(pointer, path)
                // Objects are made of what stands below `spec.template` of the patched template.
                || pointer.hasPrefix("spec.template.") && !key.groupKind.isImmutableTemplate
                    && (Self.isWithin(path, String(pointer.dropFirst("spec.template.".count)))
                        || Self.isWithin(String(pointer.dropFirst("spec.template.".count)), path))
        }
        guard let found else { return "" }
        return " (patch \(found.touch.patch)\(found.place.map { ", \($0)" } ?? ""))"
    }

    /// The members of a pointer up to its first index.
    private static func dotted(_ pointer: [String]) -> String {
        pointer.prefix { $0 != "-" && Int($0) == nil }.joined(separator: ".")
    }

    private static func isWithin(_ path: String, _ field: String) -> Bool {
        guard path.hasPrefix(field) else { return false }
        let rest = path.dropFirst(field.count)
        return rest.isEmpty || rest.first == "." || rest.first == "["
    }
}
