import CELExpressions
import KubernetesModel
import SchemaValidation
import SemanticVersion
import StructuredValue

/// What a Cluster's topology must keep to, given its class.
struct TopologyCheck {
    private(set) var errors: [(error: FieldError, path: [String])] = []
    private let cluster: Value
    private let topology: Value
    private let topologyClass: TopologyClass

    /// The topology with the `v` that versions begin with.
    static func versioned(_ topology: Value) -> Value {
        var result = topology
        let version = topology.text("version")
        if !version.isEmpty, !version.hasPrefix("v") { result["version"] = .string("v" + version) }
        return result
    }

    init(cluster: Value, topology: Value, class topologyClass: TopologyClass) {
        self.cluster = cluster
        self.topology = topology
        self.topologyClass = topologyClass
        run()
    }

    private mutating func report(_ error: FieldError, at path: [String]) { errors.append((error, path)) }

    private static let root = ["spec", "topology"]

    private mutating func run() {
        let name = cluster.text("metadata", "name")
        if let problem = MetadataCheck.labelValueProblem(name) {
            report(
                .invalid("metadata.name", .string(name), "must be a valid label value \(problem)"),
                at: ["metadata", "name"]
            )
        }
        for part in ["pods", "services"] {
            for (index, block) in cluster.list("spec", "clusterNetwork", part, "cidrBlocks").enumerated() {
                let text = block.string ?? ""
                if CELNetwork(parsing: text, allowsMapped: true) == nil {
                    let field = "spec.clusterNetwork.\(part).cidrBlocks[\(index)]"
                    report(
                        .invalid(field, block, "invalid CIDR address: \(text)"),
                        at: ["spec", "clusterNetwork", part]
                    )
                }
            }
        }
        version()
        if let text = cluster[path: "metadata", "annotations", TopologyKey.upgradeConcurrency]?.string {
            let field = "metadata.annotations.\(TopologyKey.upgradeConcurrency)"
            if let number = Int(text) {
                if number < 1 {
                    report(.invalid(field, .string(text), "value cannot be less than 1"), at: ["metadata"])
                }
            } else {
                let detail = "could not parse the value of the annotation: invalid syntax"
                report(.invalid(field, .string(text), detail), at: ["metadata"])
            }
        }
        workers("machineDeployments", "MachineDeployment", topologyClass.deployments)
        workers("machinePools", "MachinePool", topologyClass.pools)
        healthChecks()
        settings()
        metadata()
        autoscaler()
    }

    private mutating func version() {
        let version = topology.text("version")
        let path = Self.root + ["version"]
        // The API server asks for a version of at least one letter.
        let number = version.hasPrefix("v") ? String(version.dropFirst()) : version
        if (try? SemanticVersion(strictly: number)) == nil {
            report(
                .invalid("spec.topology.version", .string(version), "version must be a valid semantic version"),
                at: path
            )
        }
        let known = topologyClass.spec.list("kubernetesVersions")
        if !known.isEmpty, !known.contains(.string(version)) {
            let detail = "version must match one of the versions defined in the ClusterClass"
            report(.invalid("spec.topology.version", .string(version), detail), at: path)
        }
    }

    private mutating func workers(_ list: String, _ kind: String, _ classes: [WorkerClass]) {
        var names: Set<String> = []
        for (index, workers) in topology.list("workers", list).enumerated() {
            let field = "spec.topology.workers.\(list)[\(index)]"
            let path = Self.root + ["workers", list, String(index)]
            let className = workers.text("class")
            let name = workers.text("name")
            if !classes.contains(where: { $0.name == className }) {
                let detail =
                    "\(kind)Class with name \"\(className)\" does not exist in ClusterClass \"\(topologyClass.name)\""
                report(.invalid(field + ".class", .string(className), detail), at: path + ["class"])
            }
            if name.isEmpty {
                report(.required(field + ".name", "name must not be empty"), at: path)
            } else if !names.insert(name).inserted {
                let detail = "name must be unique. \(kind) with name \"\(name)\" is defined more than once"
                report(.invalid(field + ".name", .string(name), detail), at: path + ["name"])
            } else if name.utf8.count > 63 {
                report(.invalid(field + ".name", .string(name), "must be no more than 63 bytes"), at: path + ["name"])
            }
        }
    }

    private mutating func healthChecks() {
        let own = topology[path: "controlPlane", "healthCheck"] ?? .null
        let field = "spec.topology.controlPlane.healthCheck"
        let path = Self.root + ["controlPlane", "healthCheck"]
        if HealthCheck.isDefined(own), topologyClass.controlPlaneMachines == nil {
            let detail = "can be only set if spec.controlPlane.machineInfrastructure is set in ClusterClass"
            report(.forbidden(field, detail), at: path)
        }
        func missing(_ field: String) -> FieldError {
            .forbidden(
                field + ".enable",
                "cannot be set to true as healthCheck definition is not available in the Cluster topology or the ClusterClass"
            )
        }
        let ofClass = topologyClass.spec[path: "controlPlane", "healthCheck"] ?? .null
        if own["enabled"]?.bool == true, !HealthCheck.isDefined(own), !HealthCheck.isDefined(ofClass) {
            report(missing(field), at: path)
        }
        for (index, workers) in topology.list("workers", "machineDeployments").enumerated() {
            let own = workers["healthCheck"] ?? .null
            guard let worker = topologyClass.deployment(workers.text("class")) else { continue }
            if own["enabled"]?.bool == true, !HealthCheck.isDefined(own),
                !HealthCheck.isDefined(worker.spec["healthCheck"] ?? .null)
            {
                report(
                    missing("spec.topology.workers.machineDeployments[\(workers.text("name"))].healthCheck"),
                    at: Self.root + ["workers", "machineDeployments", String(index), "healthCheck"]
                )
            }
        }
    }

    private mutating func settings() {
        func check(_ body: (inout MachineSettingsCheck) -> Void) -> [FieldError] {
            var check = MachineSettingsCheck()
            body(&check)
            return check.errors
        }
        for error in check({ $0.healthCheck(topology["controlPlane"] ?? .null, at: "spec.topology.controlPlane") }) {
            report(error, at: Self.root + ["controlPlane", "healthCheck"])
        }
        for (index, workers) in topology.list("workers", "machineDeployments").enumerated() {
            let field = "spec.topology.workers.machineDeployments[\(workers.text("name"))]"
            let errors = check {
                $0.healthCheck(workers, at: field)
                $0.rollout(workers, at: field)
            }
            for error in errors { report(error, at: Self.root + ["workers", "machineDeployments", String(index)]) }
        }
    }

    private mutating func metadata() {
        func check(_ owner: Value, _ field: String, _ path: [String]) {
            for error in MetadataCheck.metadata(owner["metadata"] ?? .null, at: field + ".metadata") {
                report(error, at: path + ["metadata"])
            }
            for error in MetadataCheck.taints(owner.list("taints"), at: field + ".taints") {
                report(error, at: path + ["taints"])
            }
        }
        check(topology["controlPlane"] ?? .null, "spec.topology.controlPlane", Self.root + ["controlPlane"])
        for list in ["machineDeployments", "machinePools"] {
            for (index, workers) in topology.list("workers", list).enumerated() {
                let field = "spec.topology.workers.\(list)[\(workers.text("name"))]"
                check(workers, field, Self.root + ["workers", list, String(index)])
            }
        }
    }

    private mutating func autoscaler() {
        for (index, workers) in topology.list("workers", "machineDeployments").enumerated() {
            guard let replicas = workers.given("replicas") else { continue }
            let classAnnotations =
                topologyClass.deployment(workers.text("class"))?.spec.members("metadata", "annotations") ?? Object()
            let own = workers.members("metadata", "annotations")
            for (annotations, owner) in [(own, "MachineDeploymentTopology"), (classAnnotations, "class")]
            where TopologyKey.autoscalerBounds.contains(where: { annotations.contains($0) }) {
                report(
                    .invalid(
                        "spec.topology.workers.machineDeployments[\(workers.text("name"))].replicas",
                        replicas,
                        "cannot be set for cluster \"\(cluster.text("metadata", "name"))\" in namespace "
                            + "\"\(cluster.text("metadata", "namespace"))\" if the \(owner) has autoscaler annotations"
                    ),
                    at: Self.root + ["workers", "machineDeployments", String(index), "replicas"]
                )
            }
        }
    }
}
