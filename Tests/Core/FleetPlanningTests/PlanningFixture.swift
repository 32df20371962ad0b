import FleetModel
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

/// A cluster that was planned and applied before: what tests start from.
struct PlanningFixture {
    var desired: DesiredState
    var observed: ObservedState
    var inventory: Inventory
    var settings = PlanSettings()
    var now = Timestamp(seconds: 1_800_000_000)

    /// Nothing is there yet.
    init(desired text: String, live: String = "") throws {
        desired = try PlanningFixture.state(text)
        observed = ObservedState(try PlanningFixture.manifests(live))
        inventory = Inventory()
    }

    /// `applied` stands on the server as we applied it, with `statuses` laid over it; `desired` is what Git wants now.
    init(applied: String, desired text: String, statuses: [String: String] = [:]) throws {
        desired = try PlanningFixture.state(text)
        let before = try PlanningFixture.state(applied)
        var entries: [Inventory.Entry] = []
        var live: [Manifest] = []
        for object in before.objects {
            var manifest = PlanningFixture.applied(object.manifest)
            if let status = statuses[object.manifest.kind] ?? statuses[object.manifest.name] {
                manifest.value["status"] = try YAML.value(status)
            }
            live.append(manifest)
            entries.append(
                Inventory.Entry(
                    key: object.key,
                    apiVersion: object.manifest.apiVersion,
                    uid: manifest.uid,
                    contentHash: object.contentHash,
                    state: .applied,
                    source: object.source.description
                )
            )
        }
        observed = ObservedState(live)
        inventory = Inventory(entries)
    }

    func plan() -> ApplyPlan { planApply(desired, observed, inventory: inventory, settings: settings, now: now) }

    /// `kind/name: verdict` of every step that is not `none` without a reason.
    func verdicts() -> [String] {
        plan().steps.filter { $0.verdict != .none }.map { "\($0.key.kind)/\($0.key.name): \($0.verdict.rawValue)" }
            .sorted()
    }

    static func manifests(_ text: String) throws -> [Manifest] {
        try YAML.values(text).enumerated().map { index, value in
            Manifest(value, origin: Origin(position: SourcePosition(file: "git.yaml", line: index + 1, column: 1)))
        }
    }

    static func state(_ text: String) throws -> DesiredState {
        let objects = try manifests(text).map { manifest in
            DesiredObject(
                manifest,
                source: .manifest(file: "git.yaml"),
                contentHash: JSON.text(manifest.value, .canonical)
            )
        }
        return DesiredState(revision: "r2", fleet: "edge", managementCluster: "mc-1", objects: objects)
    }

    /// As a server holds it after our apply.
    static func applied(_ manifest: Manifest, by manager: String = "martlet") -> Manifest {
        var live = manifest
        live.origin = nil
        if live.namespace.isEmpty, ResourceScopes().isNamespaced(live.groupKind) == true { live.namespace = "default" }
        var fields = Object()
        for pair in manifest.value.object ?? Object() where pair.key != "apiVersion" && pair.key != "kind" {
            fields["f:" + pair.key] = owned(pair.value)
        }
        live.value[path: "metadata", "uid"] = .string("uid-\(live.kind)-\(live.name)")
        live.value[path: "metadata", "managedFields"] = [
            [
                "manager": .string(manager), "operation": "Apply", "time": "2026-11-01T00:00:00Z",
                "fieldsV1": .object(fields),
            ]
        ]
        return live
    }

    private static func owned(_ value: Value) -> Value {
        guard case .object(let object) = value, !object.isEmpty else { return .object(Object()) }
        return .object(Object(object.pairs.map { Object.Pair(key: "f:" + $0.key, value: owned($0.value)) }))
    }

    /// Somebody else changes a field of a live object.
    mutating func interfere(_ kind: String, _ name: String, path: [String], to value: Value, by manager: String) throws
    {
        let key = try #require(observed.objects.keys.first { $0.kind == kind && $0.name == name })
        var live = try #require(observed.objects[key])
        live.value[path: path] = value
        var entries = live.value["metadata"]?["managedFields"]?.array ?? []
        for index in entries.indices {
            var fields = entries[index]["fieldsV1"] ?? .null
            var lost = path.map { "f:" + $0 }
            fields[path: lost] = nil
            // A server keeps no empty nodes.
            while lost.popLast() != nil, !lost.isEmpty, fields[path: lost]?.isEmpty == true { fields[path: lost] = nil }
            entries[index]["fieldsV1"] = fields
        }
        var theirs = Value.object(Object())
        theirs[path: path.map { "f:" + $0 }] = .object(Object())
        entries.append([
            "manager": .string(manager), "operation": "Update", "time": "2026-11-02T00:00:00Z", "fieldsV1": theirs,
        ])
        live.value[path: "metadata", "managedFields"] = .array(entries)
        observed.objects[key] = live
    }
}

/// The cluster of the first-light check, at a version.
func clusterText(_ version: String, workers: String? = nil, template: String = "{}", replicas: Int = 2) -> String {
    """
    apiVersion: cluster.x-k8s.io/v1beta2
    kind: Cluster
    metadata: {name: c1, namespace: default}
    spec:
      controlPlaneRef: {apiGroup: controlplane.cluster.x-k8s.io, kind: KubeadmControlPlane, name: c1}
      infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerCluster, name: c1}
    ---
    apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
    kind: DockerCluster
    metadata: {name: c1, namespace: default}
    ---
    apiVersion: controlplane.cluster.x-k8s.io/v1beta2
    kind: KubeadmControlPlane
    metadata: {name: c1, namespace: default}
    spec:
      replicas: 3
      version: \(version)
      machineTemplate: {spec: {infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachineTemplate, name: c1-cp}}}
      kubeadmConfigSpec: {clusterConfiguration: {apiServer: {certSANs: [localhost]}}}
    ---
    apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
    kind: DockerMachineTemplate
    metadata: {name: c1-cp, namespace: default}
    spec: {template: {spec: \(template)}}
    ---
    apiVersion: bootstrap.cluster.x-k8s.io/v1beta2
    kind: KubeadmConfigTemplate
    metadata: {name: c1-md-0, namespace: default}
    spec: {template: {spec: {joinConfiguration: {}}}}
    ---
    apiVersion: cluster.x-k8s.io/v1beta2
    kind: MachineDeployment
    metadata: {name: c1-md-0, namespace: default}
    spec:
      clusterName: c1
      replicas: \(replicas)
      selector: {matchLabels: {pool: md-0}}
      template:
        metadata: {labels: {pool: md-0}}
        spec:
          clusterName: c1
          version: \(workers ?? version)
          bootstrap: {configRef: {apiGroup: bootstrap.cluster.x-k8s.io, kind: KubeadmConfigTemplate, name: c1-md-0}}
          infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachineTemplate, name: c1-cp}
    """
}

/// The status of a control plane whose machines all run a version.
func settled(_ version: String, replicas: Int = 3) -> String {
    """
    {version: \(version), replicas: \(replicas), readyReplicas: \(replicas), upToDateReplicas: \(replicas),
     initialization: {controlPlaneInitialized: true}}
    """
}
