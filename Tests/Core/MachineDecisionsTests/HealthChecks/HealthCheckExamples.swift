import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing
import YAMLFormat

/// A moment and the objects around it, for the tests of health checks. Times in examples are seconds before now.
enum HealthCheckExamples {
    static let now = Timestamp(seconds: 1_790_000_000)

    static func ago(_ seconds: Int) -> String { now.advanced(by: .seconds(-seconds)).description }

    static func manifest(_ yaml: String) throws -> Manifest {
        Manifest(try #require(try YAML.values(Array(yaml.utf8), .lenient).first))
    }

    static func condition(_ type: String, _ status: String = "True", since seconds: Int) -> Value {
        [
            "type": .string(type), "status": .string(status), "reason": "R", "message": "",
            "lastTransitionTime": .string(ago(seconds)),
        ]
    }

    static func cluster(initialized: Int? = 3600, infrastructure: Int? = 3600, paused: Bool = false) -> Manifest {
        var conditions: [Value] = []
        if let initialized { conditions.append(condition("ControlPlaneInitialized", since: initialized)) }
        if let infrastructure { conditions.append(condition("InfrastructureReady", since: infrastructure)) }
        return Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
            "metadata": ["name": "c1", "namespace": "ns", "uid": "u-c1"], "spec": ["paused": .bool(paused)],
            "status": ["conditions": .array(conditions)],
        ])
    }

    static func machine(
        _ name: String,
        age: Int = 3600,
        annotations: Value = [:],
        labels: Value = [:],
        conditions: [Value] = [],
        deleting: Bool = false
    ) -> Manifest {
        var machine = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
            "metadata": [
                "name": .string(name), "namespace": "ns", "uid": .string("u-\(name)"), "generation": 2,
                "creationTimestamp": .string(ago(age)), "annotations": annotations, "labels": labels,
            ],
            "spec": ["clusterName": "c1"],
            "status": ["nodeRef": ["name": .string(name)], "conditions": .array(conditions)],
        ])
        machine.setLabel("cluster.x-k8s.io/cluster-name", "c1")
        machine.setLabel("pool", "md-0")
        if deleting { machine.value[path: "metadata", "deletionTimestamp"] = .string(ago(5)) }
        return machine
    }

    static func node(_ name: String, ready: String = "True", since seconds: Int = 3600) -> Manifest {
        Manifest([
            "apiVersion": "v1", "kind": "Node", "metadata": ["name": .string(name)],
            "status": ["conditions": [condition("Ready", ready, since: seconds)]],
        ])
    }

    static func check(_ limit: Value = [:], checks: Value? = nil, template: Value? = nil) -> Manifest {
        var spec: Value = [
            "clusterName": "c1", "selector": ["matchLabels": ["pool": "md-0"]],
            "checks": checks ?? [
                "unhealthyNodeConditions": [
                    ["type": "Ready", "status": "Unknown", "timeoutSeconds": 300],
                    ["type": "Ready", "status": "False", "timeoutSeconds": 300],
                ]
            ],
            "remediation": ["triggerIf": limit],
        ]
        spec[path: "remediation", "templateRef"] = template
        return Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineHealthCheck",
            "metadata": ["name": "mhc", "namespace": "ns", "uid": "u-mhc", "generation": 4], "spec": spec,
        ])
    }

    /// Targets from words: `a` is well, `a!` has been Unknown too long, `a?` not long enough, `a-` is being deleted and
    /// well, `a!-` and dead, `a.` has no Node yet, `a*` was named by a person.
    static func targets(_ text: String) -> [HealthTarget] {
        text.split(separator: " ").map { word in
            let name = String(word.prefix { $0.isLetter || $0.isNumber })
            let marks = Set(word.dropFirst(name.count))
            let annotations: Value = marks.contains("*") ? ["cluster.x-k8s.io/remediate-machine": ""] : [:]
            let machine = machine(
                name,
                age: marks.contains(".") ? 60 : 3600,
                annotations: annotations,
                deleting: marks.contains("-")
            )
            if marks.contains(".") { return HealthTarget(machine, node: .none) }
            let isSick = marks.contains("!") || marks.contains("?")
            let node = node(name, ready: isSick ? "Unknown" : "True", since: marks.contains("?") ? 100 : 301)
            return HealthTarget(machine, node: .found(node))
        }
    }

    static func decide(
        _ check: Manifest,
        _ targets: [HealthTarget],
        cluster: Manifest = cluster(),
        requests: [String: Manifest] = [:],
        template: Manifest? = nil,
        budget: Int = .max,
        patience: Duration = .zero
    ) -> HealthCheckRound {
        let view = HealthCheckView(
            check: check,
            cluster: cluster,
            targets: targets,
            requests: requests,
            template: template,
            budget: budget,
            patience: patience,
            now: now
        )
        return decideHealthCheck(view, MachineHealthCheckSpec(check))
    }
}

extension HealthCheckRound {
    /// The Machines that are handed over, by name.
    var handedOver: [String] { machines.filter(\.isHandedOver).map(\.machine.name) }

    func condition(_ type: String) -> Condition? { Manifest(["status": status]).condition(type) }

    func machineCondition(_ name: String, _ type: String, after outcome: MachineStep.RequestOutcome = .notAsked)
        -> Condition?
    {
        let step = machines.first { $0.machine.name == name }
        return step.flatMap { Manifest(["status": $0.status(after: outcome)]).condition(type) }
    }
}
