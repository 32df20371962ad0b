import StructuredValue

/// MachineHealthChecks as a class and a topology ask for them.
enum HealthCheck {
    /// Whether there is more than the flag.
    static func isDefined(_ check: Value) -> Bool {
        let check = check.withoutEmptyMembers()
        return check["checks"] != nil || check["remediation"] != nil
    }

    /// Whether one is made, given what the topology and the class say.
    static func isEnabled(_ own: Value, _ ofClass: Value) -> Bool {
        guard isDefined(own) || isDefined(ofClass) else { return false }
        return own["enabled"]?.bool ?? true
    }

    /// The object. All of checks and remediation come from the topology when it defines any of them, else from the class.
    static func object(
        name: String,
        namespace: String,
        cluster: String,
        selector: Object,
        own: Value,
        ofClass: Value,
        owner: Value?
    ) -> Value {
        let source = isDefined(own) ? own : ofClass
        var checks = Value.object(Object())
        for name in ["nodeStartupTimeoutSeconds", "unhealthyNodeConditions", "unhealthyMachineConditions"] {
            checks.setUnlessNil(name, source.given("checks", name))
        }
        if checks["nodeStartupTimeoutSeconds"] == nil { checks["nodeStartupTimeoutSeconds"] = 600 }
        var remediation = Value.object(Object())
        for name in ["unhealthyLessThanOrEqualTo", "unhealthyInRange"] {
            if let limit = source.given("remediation", "triggerIf", name) {
                remediation[path: "triggerIf", name] = limit
            }
        }
        remediation.setUnlessNil("templateRef", source.given("remediation", "templateRef"))
        var spec: Value = [
            "clusterName": .string(cluster), "selector": ["matchLabels": .object(selector)],
            "checks": checks.withoutEmptyMembers(),
        ]
        let kept = remediation.withoutEmptyMembers()
        if !kept.isEmpty { spec["remediation"] = kept }
        var metadata: Value = [
            "name": .string(name), "namespace": .string(namespace),
            "labels": [TopologyKey.clusterName: .string(cluster), TopologyKey.owned: ""],
        ]
        if let owner { metadata["ownerReferences"] = .array([owner]) }
        return [
            "apiVersion": .string(ConvertedTopology.apiVersion), "kind": "MachineHealthCheck", "metadata": metadata,
            "spec": spec,
        ]
    }
}
