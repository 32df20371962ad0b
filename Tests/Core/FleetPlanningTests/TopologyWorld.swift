import ClusterTopology
import FleetModel
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

/// A management cluster that takes plans and makes machines, in memory: what tests of topologies step through.
struct TopologyWorld {
    var classText = TopologyWorld.classText()
    var clusterText = TopologyWorld.clusterText()
    var objects: [ObjectKey: Manifest] = [:]
    var inventory = Inventory()
    var isExpanded = true

    static func classText(
        versions: String = "[v1.31.0, v1.32.0, v1.33.0, v1.34.0]",
        size: String = "{variable: size}",
        variables: String = ""
    ) -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: ClusterClass
        metadata: {name: small, namespace: org}
        spec:
          kubernetesVersions: \(versions)
          infrastructure: {templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabClusterTemplate, name: small}}
          controlPlane:
            templateRef: {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, name: small}
            machineInfrastructure: {templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: small}}
          workers:
            machineDeployments:
              - class: pool
                bootstrap: {templateRef: {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, name: small}}
                infrastructure: {templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, name: small}}
          variables:
            - {name: size, required: false, schema: {openAPIV3Schema: {type: string, default: s}}}
            - {name: team, required: false, schema: {openAPIV3Schema: {type: string, default: a}}}
        \(variables)
          patches:
            - name: size
              definitions:
                - selector: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, matchResources: {machineDeploymentClass: {names: [pool]}}}
                  jsonPatches: [{op: replace, path: /spec/template/spec/size, valueFrom: \(size)}]
            - name: team
              definitions:
                - selector: {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, matchResources: {controlPlane: true}}
                  jsonPatches: [{op: add, path: /spec/template/metadata/labels/team, valueFrom: {variable: team}}]
        ---
        {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabClusterTemplate, metadata: {name: small, namespace: org}, spec: {template: {spec: {}}}}
        ---
        {apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlaneTemplate, metadata: {name: small, namespace: org}, spec: {template: {spec: {kubeadmConfigSpec: {}}}}}
        ---
        {apiVersion: infrastructure.cluster.x-k8s.io/v1beta2, kind: LabMachineTemplate, metadata: {name: small, namespace: org}, spec: {template: {spec: {size: m}}}}
        ---
        {apiVersion: bootstrap.cluster.x-k8s.io/v1beta2, kind: KubeadmConfigTemplate, metadata: {name: small, namespace: org}, spec: {template: {spec: {}}}}
        """
    }

    static func clusterText(
        version: String = "v1.31.0",
        variables: String = "[]",
        deployments: String = "[{class: pool, name: a, replicas: 2}, {class: pool, name: b, replicas: 3}]",
        annotations: String = "{}",
        labels: String = "{}"
    ) -> String {
        """
        apiVersion: cluster.x-k8s.io/v1beta2
        kind: Cluster
        metadata: {name: c1, namespace: org, annotations: \(annotations)}
        spec:
          topology:
            classRef: {name: small}
            version: \(version)
            controlPlane: {replicas: 3, metadata: {labels: \(labels)}}
            workers: {machineDeployments: \(deployments)}
            variables: \(variables)
        """
    }

    func state() throws -> DesiredState {
        var manifests: [Manifest] = []
        for (file, text) in [("class.yaml", classText), ("cluster.yaml", clusterText)] {
            for document in YAML.documents(Array(text.utf8), file: file) {
                manifests.append(Manifest(try document.content.get(), origin: Origin(position: document.position)))
            }
        }
        let input = TopologyInput(manifests)
        let cluster = try #require(input.clusters.first)
        let topologyClass = try #require(try input.compileClasses()["org/small"])
        let topology = DesiredTopology(
            cluster: cluster,
            topologyClass: topologyClass,
            expansion: try topologyClass.expand(cluster),
            target: .managementCluster,
            dependsOnApps: [],
            places: YAML.positions(
                of: topologyClass.patchPlaces,
                in: Array(classText.utf8),
                file: "class.yaml",
                line: 1
            ),
            isExpandedHere: isExpanded
        )
        var state = DesiredState(revision: "r", fleet: "edge", managementCluster: "mc-1")
        if isExpanded {
            state.objects = topology.objects(of: topology.expansion.applied()) { JSON.text($0.value, .canonical) }
                .map(\.object)
        } else {
            state.objects = manifests.map {
                DesiredObject(
                    $0,
                    source: .manifest(file: "git.yaml"),
                    contentHash: JSON.text($0.value, .canonical)
                )
            }
        }
        state.topologies = [topology]
        return state
    }

    func plan() throws -> ApplyPlan {
        planApply(
            try state(),
            ObservedState(objects: objects),
            inventory: inventory,
            now: Timestamp(seconds: 1_800_000_000)
        )
    }

    /// `kind/name verdict` of what is not left alone, the letters of generated names left out.
    func verdicts() throws -> [String] {
        try plan().steps.filter { $0.verdict != .none }.map { "\(words($0.key)) \($0.verdict.rawValue)" }.sorted()
    }

    private func words(_ key: ObjectKey) -> String {
        let label =
            objects[key]?.label("topology.cluster.x-k8s.io/deployment-name")
            ?? key.name.split(separator: "-").dropFirst().first.map(String.init)
        return "\(key.kind)/\(label.map { $0.count > 2 ? "cp" : $0 } ?? key.name)"
    }

    // MARK: The world's moves

    /// Carries a plan out, as a server would hold the result.
    mutating func take(_ plan: ApplyPlan) {
        var entries = plan.intent.entries
        for step in plan.steps {
            switch step.action {
            case .nothing: continue
            case .delete:
                objects[step.key] = nil
                entries[step.key] = nil
            case .apply(let manifest, _), .recreate(let manifest, _):
                var live = PlanningFixture.applied(
                    manifest,
                    by: step.isGivenAway ? "capi-topology" : "martlet"
                )
                if step.isGivenAway {
                    live.value["status"] = objects[step.key]?.value["status"]
                    objects[step.key] = live
                    entries[step.key] = nil
                    continue
                }
                keepClusterAPI(step, &live)
                live.value["status"] = objects[step.key]?.value["status"]
                objects[step.key] = live
                entries[step.key] = Inventory.Entry(
                    key: step.key,
                    apiVersion: step.apiVersion,
                    uid: live.uid,
                    contentHash: step.contentHash,
                    state: .applied,
                    source: step.source?.description ?? ""
                )
            }
        }
        inventory = Inventory(Array(entries.values))
    }

    mutating func pass() throws { take(try plan()) }

    /// What Cluster API applied stays its own until it is taken away.
    private func keepClusterAPI(_ step: PlanStep, _ live: inout Manifest) {
        if case .takenFrom = step.ownership { return }
        let theirs = (objects[step.key]?.value[path: "metadata", "managedFields"]?.array ?? [])
            .filter { $0["manager"] == "capi-topology" }
        let ours = live.value[path: "metadata", "managedFields"]?.array ?? []
        live.value[path: "metadata", "managedFields"] = .array(ours + theirs)
    }

    /// The control plane's machines are made, or replaced by such of the version that is asked for.
    mutating func settleControlPlane() throws {
        for (key, object) in objects where key.kind == "KubeadmControlPlane" {
            var settled = object
            let version = object.spec["version"] ?? ""
            settled.value["status"] = try YAML.value(settledText(version.string ?? ""))
            objects[key] = settled
        }
    }

    private func settledText(_ version: String) -> String {
        "{version: \(version), replicas: 3, readyReplicas: 3, upToDateReplicas: 3, initialization: {controlPlaneInitialized: true}}"
    }

    /// The machines of a deployment are made or replaced.
    mutating func settle(_ deployment: String) throws {
        for (key, object) in objects where key.kind == "MachineDeployment" {
            guard object.label("topology.cluster.x-k8s.io/deployment-name") == deployment else { continue }
            let count = object.spec["replicas"]?.int ?? 1
            var settled = object
            settled.value["status"] = try YAML.value(
                "{replicas: \(count), readyReplicas: \(count), upToDateReplicas: \(count), availableReplicas: \(count)}"
            )
            objects[key] = settled
            for number in 0..<count {
                let machine = Manifest([
                    "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
                    "metadata": [
                        "name": .string("\(deployment)-\(number)"), "namespace": "org", "uid": "m",
                        "labels": object.spec[path: "selector", "matchLabels"] ?? .null,
                    ],
                    "spec": ["clusterName": "c1", "version": object.spec[path: "template", "spec", "version"] ?? ""],
                ])
                objects[machine.key] = machine
            }
        }
    }

    /// Passes until nothing is written any more; everything comes up in between.
    mutating func comeUp() throws {
        for _ in 0..<6 {
            let plan = try plan()
            take(plan)
            try settleControlPlane()
            try settle("a")
            try settle("b")
            if !plan.writesAnything { return }
        }
        Issue.record("the cluster does not come to rest: \(try verdicts())")
    }

    /// The control plane's version, then those of the deployments.
    var versions: String {
        let controlPlane = objects.first { $0.key.kind == "KubeadmControlPlane" }?.value.spec["version"]?.string ?? "-"
        let workers = objects.filter { $0.key.kind == "MachineDeployment" }.map(\.value).sorted { $0.name < $1.name }
            .map { $0.spec[path: "template", "spec", "version"]?.string ?? "-" }
        return ([controlPlane] + workers).joined(separator: " ")
    }
}
