import CELExpressions
import StructuredValue

/// Turns v1beta1 Clusters and ClusterClasses into v1beta2, whose shapes the expansion works on.
enum ConvertedTopology {
    static let apiVersion = "cluster.x-k8s.io/v1beta2"

    private static func isOld(_ object: Value) -> Bool { version(of: object.text("apiVersion")) == "v1beta1" }

    static func cluster(_ cluster: Value) -> Value {
        guard isOld(cluster) else { return normalized(cluster) }
        var result = cluster
        result["apiVersion"] = .string(apiVersion)
        // A flag that is off cannot be told from one that is not set.
        if cluster[path: "spec", "paused"] == .bool(false) { result[path: "spec", "paused"] = nil }
        for name in ["controlPlaneRef", "infrastructureRef"] {
            if let reference = cluster[path: "spec", name], !reference.isNull {
                result[path: "spec", name] = Self.reference(reference)
            }
        }
        if let topology = cluster[path: "spec", "topology"], !topology.isNull {
            result[path: "spec", "topology"] = Self.topology(topology)
        }
        return normalized(result)
    }

    private static func normalized(_ cluster: Value) -> Value {
        var result = cluster
        // Zero ports are the same as none.
        for path in [["spec", "controlPlaneEndpoint", "port"], ["spec", "clusterNetwork", "apiServerPort"]]
        where cluster[path: path] == .int(0) {
            result[path: path] = nil
        }
        if var topology = cluster[path: "spec", "topology"], topology.object != nil {
            tidy(&topology)
            result[path: "spec", "topology"] = topology
        }
        return result
    }

    /// Leaves out what the typed objects of Cluster API do not hold: empty lists and texts, and a limit that is not the
    /// control plane's. `owner` has a control plane and workers.
    private static func tidy(_ owner: inout Value) {
        if var controlPlane = owner["controlPlane"], controlPlane.object != nil {
            tidyMachines(&controlPlane)
            if controlPlane[path: "healthCheck", "remediation", "maxInFlight"] != nil {
                controlPlane[path: "healthCheck", "remediation", "maxInFlight"] = nil
                if controlPlane[path: "healthCheck", "remediation"]?.isEmpty ?? false {
                    controlPlane[path: "healthCheck", "remediation"] = nil
                }
            }
            owner["controlPlane"] = controlPlane
        }
        for name in ["machineDeployments", "machinePools"] {
            guard var list = owner[path: "workers", name]?.array else { continue }
            for index in list.indices { tidyMachines(&list[index]) }
            owner[path: "workers", name] = .array(list)
        }
    }

    private static func tidyMachines(_ machines: inout Value) {
        for name in ["readinessGates", "taints", "failureDomains"] {
            if machines[name]?.array?.isEmpty ?? false { machines[name] = nil }
        }
        guard var taints = machines["taints"]?.array else { return }
        for index in taints.indices where taints[index]["value"] == "" { taints[index]["value"] = nil }
        machines["taints"] = .array(taints)
    }

    /// `{apiVersion, kind, name, …}` as `{apiGroup, kind, name}`.
    private static func reference(_ reference: Value) -> Value {
        [
            "apiGroup": .string(group(of: reference.text("apiVersion"))), "kind": reference["kind"] ?? "",
            "name": reference["name"] ?? "",
        ]
    }

    private static func topology(_ topology: Value) -> Value {
        var result = Value.object(Object())
        var classReference = Object()
        if let name = topology.given("class") { classReference.append("name", name) }
        if let namespace = topology.givenText("classNamespace") { classReference.append("namespace", namespace) }
        result["classRef"] = .object(classReference)
        result.setUnlessNil("version", topology["version"])
        if let controlPlane = topology.given("controlPlane") { result["controlPlane"] = machines(controlPlane) }
        if let workers = topology.given("workers") {
            var converted = Value.object(Object())
            for name in ["machineDeployments", "machinePools"] {
                if let list = workers[name]?.array { converted[name] = .array(list.map { machines($0) }) }
            }
            result["workers"] = converted
        }
        if let variables = topology["variables"]?.array { result["variables"] = .array(variables.map(variable)) }
        return result
    }

    private static func variable(_ variable: Value) -> Value {
        var result = variable
        result["definitionFrom"] = nil
        return result
    }

    private static let timeouts = [
        ("nodeDrainTimeout", "nodeDrainTimeoutSeconds"), ("nodeVolumeDetachTimeout", "nodeVolumeDetachTimeoutSeconds"),
        ("nodeDeletionTimeout", "nodeDeletionTimeoutSeconds"),
    ]

    private static func seconds(_ value: Value) -> Value {
        guard let text = value.string, let nanoseconds = CELDuration.parse(text) else { return value }
        return .int(nanoseconds / 1_000_000_000)
    }

    /// What control planes, deployments and pools have in common, of a class or a topology.
    private static func machines(_ old: Value) -> Value {
        var result = old
        var deletion = Object()
        for (name, newName) in timeouts {
            if let timeout = old.given(name) { deletion.append(newName, seconds(timeout)) }
            result[name] = nil
        }
        if let strategy = old.given("strategy") {
            result["strategy"] = nil
            var converted = Object()
            if let type = strategy.given("type") { converted.append("type", type) }
            var rolling = Object()
            for name in ["maxSurge", "maxUnavailable"] {
                if let value = strategy.given("rollingUpdate", name) { rolling.append(name, value) }
            }
            if !rolling.isEmpty { converted.append("rollingUpdate", .object(rolling)) }
            if !converted.isEmpty { result[path: "rollout", "strategy"] = .object(converted) }
            if let order = strategy.givenText("rollingUpdate", "deletePolicy") { deletion.append("order", order) }
            if let limit = strategy.given("remediation", "maxInFlight") {
                result[path: "healthCheck", "remediation", "maxInFlight"] = limit
            }
        }
        if !deletion.isEmpty { result["deletion"] = .object(deletion) }
        if let check = old.given("machineHealthCheck") {
            result["machineHealthCheck"] = nil
            var converted = healthCheck(check)
            if let limit = result[path: "healthCheck", "remediation", "maxInFlight"] {
                converted[path: "remediation", "maxInFlight"] = limit
            }
            result["healthCheck"] = converted
        }
        if let overrides = old[path: "variables", "overrides"]?.array {
            result[path: "variables", "overrides"] = .array(overrides.map(variable))
        }
        return result
    }

    private static func healthCheck(_ old: Value) -> Value {
        var result = Value.object(Object())
        result.setUnlessNil("enabled", old.given("enable"))
        if let timeout = old.given("nodeStartupTimeout") {
            result[path: "checks", "nodeStartupTimeoutSeconds"] = seconds(timeout)
        }
        for (name, newName) in [
            ("unhealthyConditions", "unhealthyNodeConditions"),
            ("unhealthyMachineConditions", "unhealthyMachineConditions"),
        ] {
            guard let list = old[name]?.array else { continue }
            let conditions = list.map { condition in
                var converted = condition
                converted["timeout"] = nil
                if let timeout = condition.given("timeout") { converted["timeoutSeconds"] = seconds(timeout) }
                return converted
            }
            result[path: "checks", newName] = .array(conditions)
        }
        if let limit = old.given("maxUnhealthy") {
            result[path: "remediation", "triggerIf", "unhealthyLessThanOrEqualTo"] = limit
        }
        if let range = old.givenText("unhealthyRange") {
            result[path: "remediation", "triggerIf", "unhealthyInRange"] = range
        }
        if let template = old.given("remediationTemplate") {
            result[path: "remediation", "templateRef"] = templateReference(template)
        }
        return result
    }

    private static func templateReference(_ reference: Value) -> Value {
        var result = Object()
        for name in ["apiVersion", "kind", "name"] { if let value = reference[name] { result.append(name, value) } }
        return .object(result)
    }

    static func clusterClass(_ clusterClass: Value) -> Value {
        var result = isOld(clusterClass) ? converted(clusterClass) : clusterClass
        if var spec = result["spec"], spec.object != nil {
            tidy(&spec)
            result["spec"] = spec
        }
        return result
    }

    private static func converted(_ clusterClass: Value) -> Value {
        var result = clusterClass
        result["apiVersion"] = .string(apiVersion)
        let spec = clusterClass["spec"] ?? .null
        var converted = spec
        var infrastructure = Value.object(Object())
        infrastructure.setUnlessNil("templateRef", spec.given("infrastructure", "ref").map(templateReference))
        infrastructure.setUnlessNil("naming", spec.given("infrastructureNamingStrategy"))
        converted["infrastructure"] = infrastructure
        converted["infrastructureNamingStrategy"] = nil
        if let controlPlane = spec.given("controlPlane") { converted["controlPlane"] = templated(controlPlane) }
        for name in ["machineDeployments", "machinePools"] {
            guard let classes = spec[path: "workers", name]?.array else { continue }
            converted[path: "workers", name] = .array(
                classes.map { old in
                    var flat = old
                    flat["template"] = nil
                    for part in ["metadata", "bootstrap", "infrastructure"] {
                        flat.setUnlessNil(part, old.given("template", part))
                    }
                    return templated(flat)
                }
            )
        }
        if let patches = spec["patches"]?.array {
            converted["patches"] = .array(patches.map(patch))
        }
        result["spec"] = converted
        return result
    }

    /// A class of machines: references, naming, and what `machines` converts.
    private static func templated(_ old: Value) -> Value {
        var result = machines(old)
        if let reference = old.given("ref") {
            result["ref"] = nil
            result["templateRef"] = templateReference(reference)
        }
        for part in ["machineInfrastructure", "bootstrap", "infrastructure"] {
            guard let reference = old.given(part, "ref") else { continue }
            result[part] = ["templateRef": templateReference(reference)]
        }
        if let naming = old.given("namingStrategy") {
            result["namingStrategy"] = nil
            result["naming"] = naming
        }
        return result
    }

    private static func patch(_ old: Value) -> Value {
        guard let external = old.given("external") else { return old }
        var converted = external
        for (name, newName) in [
            ("generateExtension", "generatePatchesExtension"), ("validateExtension", "validateTopologyExtension"),
        ] {
            if let value = external.given(name) {
                converted[name] = nil
                converted[newName] = value
            }
        }
        var result = old
        result["external"] = converted
        return result
    }
}
