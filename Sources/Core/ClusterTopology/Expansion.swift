import KubernetesModel
import SchemaValidation
import StructuredValue

/// One Cluster on its way from topology to objects.
struct Expansion {
    /// A deployment or pool under construction.
    struct WorkerState {
        var topology: Value
        var topologyName: String
        var workerClass: WorkerClass
        var isPool: Bool
        var object: Value
        var bootstrap: Value
        var infrastructure: Value
        var healthCheck: Value?
    }

    let manifest: Manifest
    let topologyClass: TopologyClass
    let observed: ObservedTopology
    let options: TopologyOptions
    /// The Cluster as v1beta2 with defaulted variables.
    var cluster: Value
    var topology: Value
    let name: String
    let namespace: String
    /// Templates and health checks belong to the Cluster as soon as it has a uid.
    let owner: Value?
    let upgrade: UpgradeDecision

    var infrastructureCluster = Value.null
    var controlPlane = Value.null
    var controlPlaneMachines: Value?
    var controlPlaneHealthCheck: Value?
    var workers: [WorkerState] = []
    /// What patches changed in an object.
    var touchesByRole: [TopologyExpansion.Role: [PatchTouch]] = [:]

    init(
        _ manifest: Manifest,
        class topologyClass: TopologyClass,
        observed: ObservedTopology,
        previous: Manifest?,
        options: TopologyOptions,
        isFinal: Bool = false
    ) throws(TopologyRejection) {
        self.manifest = manifest
        self.topologyClass = topologyClass
        self.observed = observed
        self.options = options
        name = manifest.name
        namespace = manifest.namespace
        var cluster = ConvertedTopology.cluster(manifest.value)
        var topology = TopologyCheck.versioned(cluster[path: "spec", "topology"] ?? .null)
        var findings = Self.defaultVariables(
            in: &topology,
            previous: previous.map { ConvertedTopology.cluster($0.value) },
            of: topologyClass,
            manifest
        )
        for (error, path) in TopologyCheck(cluster: cluster, topology: topology, class: topologyClass).errors {
            findings.append(
                TopologyRejection.Finding(
                    "topology-cluster",
                    "Cluster “\(manifest.name)”: \(error)",
                    in: manifest,
                    path: path
                )
            )
        }
        if !findings.isEmpty { throw TopologyRejection(findings) }
        cluster[path: "spec", "topology"] = topology
        self.cluster = cluster
        self.topology = topology
        owner = manifest.uid.map { uid in
            [
                "apiVersion": .string(ConvertedTopology.apiVersion), "kind": "Cluster", "name": .string(manifest.name),
                "uid": .string(uid),
            ]
        }
        var decided = manifest
        decided.value = cluster
        let decision = try decideUpgrade(
            of: decided,
            class: topologyClass,
            observed: observed,
            release: options.release
        )
        upgrade = isFinal ? decision.finished(at: topology.text("version")) : decision
    }

    mutating func run() throws(TopologyRejection) -> TopologyExpansion {
        infrastructureCluster = try makeInfrastructureCluster()
        controlPlaneMachines = makeControlPlaneMachines()
        controlPlane = try makeControlPlane()
        controlPlaneHealthCheck = makeControlPlaneHealthCheck()
        finishCluster()
        for workers in topology.list("workers", "machineDeployments") { try addWorkers(workers, isPool: false) }
        for workers in topology.list("workers", "machinePools") { try addWorkers(workers, isPool: true) }
        if !topologyClass.patches.isEmpty { try applyPatches() }
        return TopologyExpansion(
            items: items(),
            upgrade: upgrade,
            readsTemplateNames: topologyClass.readsTemplateNames
        )
    }

    // MARK: Variables

    private static func defaultVariables(
        in topology: inout Value,
        previous: Value?,
        of topologyClass: TopologyClass,
        _ manifest: Manifest
    ) -> [TopologyRejection.Finding] {
        let before = previous?[path: "spec", "topology"] ?? .null
        var check = TopologyVariableCheck(definitions: topologyClass.variables)
        let root = ["spec", "topology"]
        let variables = check.run(
            topology.list("variables"),
            old: before.list("variables"),
            at: "spec.topology.variables",
            steps: root + ["variables"],
            isOverride: false
        )
        topology["variables"] = variables.isEmpty ? Optional.none : .array(variables)
        let ofControlPlane = topology.list("controlPlane", "variables", "overrides")
        if !ofControlPlane.isEmpty {
            let steps = root + ["controlPlane", "variables", "overrides"]
            topology[path: "controlPlane", "variables", "overrides"] = .array(
                check.run(
                    ofControlPlane,
                    old: before.list("controlPlane", "variables", "overrides"),
                    at: "spec.topology.controlPlane.variables.overrides",
                    steps: steps,
                    isOverride: true
                )
            )
        }
        for list in ["machineDeployments", "machinePools"] {
            guard var workers = topology[path: "workers", list]?.array else { continue }
            var hasOverrides = false
            for index in workers.indices {
                let overrides = workers[index].list("variables", "overrides")
                if overrides.isEmpty { continue }
                hasOverrides = true
                let name = workers[index].text("name")
                let old = before.list("workers", list).first { $0.text("name") == name }
                workers[index][path: "variables", "overrides"] = .array(
                    check.run(
                        overrides,
                        old: old?.list("variables", "overrides") ?? [],
                        at: "spec.topology.workers.\(list)[\(name)].variables.overrides",
                        steps: root + ["workers", list, String(index), "variables", "overrides"],
                        isOverride: true
                    )
                )
            }
            if hasOverrides { topology[path: "workers", list] = .array(workers) }
        }
        return check.errors.map { error, path in
            TopologyRejection.Finding(
                "topology-variable",
                "Cluster “\(manifest.name)”: \(error)",
                in: manifest,
                path: path
            )
        }
    }

    // MARK: Result

    private func items() -> [TopologyExpansion.Item] {
        var items: [TopologyExpansion.Item] = []
        func add(_ role: TopologyExpansion.Role, _ value: Value?, from template: ProviderTemplate? = nil) {
            guard let value else { return }
            let source = template?.manifest ?? topologyClass.manifest
            let maker = "class \(topologyClass.name)" + (template.map { ", \($0.kind) \($0.name)" } ?? "")
            let origin = source.origin.map { origin in
                Origin(
                    position: origin.position,
                    trail: (manifest.origin.map { [$0.position] } ?? []) + origin.trail,
                    maker: maker
                )
            }
            let isCluster = role == .cluster
            items.append(
                TopologyExpansion.Item(
                    role: role,
                    manifest: Manifest(value, origin: isCluster ? manifest.origin : origin),
                    touches: touchesByRole[role] ?? []
                )
            )
        }
        add(.cluster, cluster)
        add(.infrastructureCluster, infrastructureCluster, from: topologyClass.infrastructureCluster)
        add(.controlPlane, controlPlane, from: topologyClass.controlPlane)
        add(.controlPlaneMachineTemplate, controlPlaneMachines, from: topologyClass.controlPlaneMachines)
        add(.controlPlaneHealthCheck, controlPlaneHealthCheck)
        for state in workers {
            let name = state.topologyName
            let parts = state.workerClass
            if state.isPool {
                add(.machinePool(name), state.object)
                add(.poolBootstrap(name), state.bootstrap, from: parts.bootstrap)
                add(.poolInfrastructure(name), state.infrastructure, from: parts.infrastructure)
            } else {
                add(.machineDeployment(name), state.object)
                add(.deploymentBootstrapTemplate(name), state.bootstrap, from: parts.bootstrap)
                add(.deploymentMachineTemplate(name), state.infrastructure, from: parts.infrastructure)
                add(.deploymentHealthCheck(name), state.healthCheck)
            }
        }
        return items
    }

    func rejection(_ code: String, _ message: String, path: [String] = []) -> TopologyRejection {
        TopologyRejection([
            TopologyRejection.Finding(code, "Cluster “\(name)”: \(message)", in: topologyClass.manifest, path: path)
        ])
    }
}
