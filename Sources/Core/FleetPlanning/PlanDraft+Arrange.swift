import ClusterInspection
import FleetModel
import KubernetesModel
import StructuredValue

/// The order of steps, and who waits for whom.
///
/// CustomResourceDefinitions, then namespaces, then what others use, then by references: a template before its owner, a
/// class before its Cluster, the Cluster before its workers. Webhooks come last, so that they judge nothing before the
/// services behind them are there. Deletions follow everything else.
extension PlanDraft {
    mutating func arrange() {
        waitForApps()
        waitForNamespaces()
        var depths: [ObjectKey: Int] = [:]
        for object in desired {
            guard steps[object.key]?.action.isWrite == true else { continue }
            let needs = requirements(of: object)
            let waitsFor = needs.filter { steps[$0]?.action.isWrite == true }.sorted()
            let stage = stage(of: object.key, &depths)
            steps[object.key]?.waitsFor = waitsFor
            steps[object.key]?.stage = stage
            if let missing = needs.sorted().first(where: { isMissingAndBlocked($0) }) {
                block(
                    object.key,
                    "waits for \(missing.kind) \(missing.name), which is blocked",
                    isForNow: steps[missing]?.isWaiting == true
                )
            }
        }
        for (key, step) in steps where step.verdict == .delete {
            steps[key]?.stage = key.groupKind == .cluster ? Stage.firstDeletion : Stage.laterDeletion
        }
    }

    private enum Stage {
        static let definition = 0
        static let namespace = 1
        static let identity = 2
        static let settings = 3
        static let references = 10
        static let webhook = 90
        static let firstDeletion = 100
        static let laterDeletion = 101
    }

    private func isMissingAndBlocked(_ key: ObjectKey) -> Bool {
        steps[key]?.verdict == .blocked && observed.objects[key] == nil
    }

    /// The desired objects that must be in place before this one.
    private func requirements(of object: DesiredObject) -> Set<ObjectKey> {
        let manifest = object.manifest
        var needs: Set<ObjectKey> = []
        if let definition = definitions[manifest.groupKind] { needs.insert(definition) }
        if !manifest.namespace.isEmpty {
            needs.insert(ObjectKey(groupKind: .namespace, namespace: "", name: manifest.namespace))
        }
        needs.formUnion(references(of: manifest))
        needs.remove(object.key)
        return needs.filter { index[$0] != nil }
    }

    private func references(of manifest: Manifest) -> [ObjectKey] {
        guard manifest.isClusterAPI else { return [] }
        var found = ObjectReferences.of(manifest)
        if let cluster = manifest.value["spec"]?["clusterName"]?.string {
            found.append(ObjectKey(groupKind: .cluster, namespace: manifest.namespace, name: cluster))
        }
        if manifest.groupKind == .cluster, let topology = manifest.value["spec"]?["topology"] {
            let name = topology["classRef"]?["name"]?.string ?? topology["class"]?.string
            let namespace =
                topology["classRef"]?["namespace"]?.string ?? topology["classNamespace"]?.string ?? manifest.namespace
            if let name { found.append(ObjectKey(groupKind: .clusterClass, namespace: namespace, name: name)) }
        }
        return found
    }

    private func stage(of key: ObjectKey, _ depths: inout [ObjectKey: Int]) -> Int {
        switch key.groupKind {
        case .customResourceDefinition: return Stage.definition
        case .namespace: return Stage.namespace
        default: break
        }
        switch key.kind {
        case "ServiceAccount", "PriorityClass", "StorageClass", "RuntimeClass": return Stage.identity
        case "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "Secret", "ConfigMap": return Stage.settings
        case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration": return Stage.webhook
        default: return Stage.references + depth(of: key, &depths)
        }
    }

    /// The longest way down the references; those that lead back to where they came from count as none.
    private func depth(of key: ObjectKey, _ depths: inout [ObjectKey: Int]) -> Int {
        if let known = depths[key] { return known }
        depths[key] = 0
        guard let object = desired(key) else { return 0 }
        var depth = 0
        for target in references(of: object.manifest) where target != key && index[target] != nil {
            depth = max(depth, self.depth(of: target, &depths) + 1)
        }
        depth = min(depth, Stage.webhook - Stage.references - 1)
        depths[key] = depth
        return depth
    }

    // MARK: Apps and namespaces

    /// Holds back apps whose dependencies are not applied and healthy.
    private mutating func waitForApps() {
        let wanted = Set(desired.lazy.flatMap(\.dependsOnApps))
        guard !wanted.isEmpty else { return }
        var unready: [String: String] = [:]
        for object in desired {
            guard let app = object.source.appName, wanted.contains(app), unready[app] == nil else { continue }
            guard let live = observed.objects[object.key], steps[object.key]?.action.isWrite == false,
                steps[object.key]?.verdict != .blocked
            else {
                unready[app] = "\(object.key.kind) \(object.key.name) is not applied yet"
                continue
            }
            let health = assessHealth(of: live)
            if health.state != .healthy, !settings.isOffline {
                unready[app] = "\(object.key.kind) \(object.key.name) is \(health.state.rawValue.lowercased())"
            }
        }
        for object in desired where steps[object.key]?.action.isWrite == true {
            guard let app = object.dependsOnApps.first(where: { unready[$0] != nil }), let reason = unready[app] else {
                continue
            }
            if settings.isOffline { continue }
            block(object.key, "waits for app \(app): \(reason)", isForNow: true)
        }
    }

    /// Says so when a namespace is nowhere to be found. Only where namespaces were observed at all.
    private mutating func waitForNamespaces() {
        guard observed.objects.keys.contains(where: { $0.groupKind == .namespace }), !settings.isOffline else { return }
        for object in desired where steps[object.key]?.verdict == .create || steps[object.key]?.verdict == .rotate {
            let namespace = object.manifest.namespace
            let key = ObjectKey(groupKind: .namespace, namespace: "", name: namespace)
            guard !namespace.isEmpty, observed.objects[key] == nil, index[key] == nil else { continue }
            block(
                object.key,
                "namespace \(namespace) does not exist; add it, or set `createNamespaces: true` on the fleet"
            )
        }
    }
}

// MARK: - Finishing

extension PlanDraft {
    /// The plan, with the inventory that must be written before its first step.
    mutating func finish() -> ApplyPlan {
        for step in steps.values { noteIntent(step) }
        var plan = ApplyPlan(
            revision: state.revision,
            fleet: state.fleet,
            managementCluster: state.managementCluster,
            target: state.objects.first?.target ?? .managementCluster,
            isComplete: state.isComplete,
            steps: steps.values.sorted { ($0.stage, $0.key) < ($1.stage, $1.key) },
            diagnostics: state.diagnostics + diagnostics,
            intent: intent
        )
        plan.drift = drift.sorted { $0.key < $1.key }
        return plan
    }

    private mutating func noteIntent(_ step: PlanStep) {
        switch step.action {
        case .nothing: return
        case .delete:
            guard var entry = intent[step.key] else { return }
            entry.state = .deleting
            intent[step.key] = entry
        case .apply where step.isGivenAway: return
        case .apply, .recreate:
            let live = observed.objects[step.key]
            if let live, isOurs(live), case .apply = step.action {
                // It is proved already; the result is written after the apply.
                var entry = intent[step.key]
                entry?.source = step.source?.description ?? ""
                entry?.cluster = step.cluster
                intent[step.key] = entry
                return
            }
            intent[step.key] = Inventory.Entry(
                key: step.key,
                apiVersion: step.apiVersion,
                uid: nil,
                contentHash: "",
                state: .intended,
                source: step.source?.description ?? "",
                cluster: step.cluster
            )
        }
    }
}
