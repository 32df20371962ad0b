import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct TargetHealthTests {
    private typealias Examples = HealthCheckExamples

    private static let spec = MachineHealthCheckSpec(
        Examples.check(checks: [
            "nodeStartupTimeoutSeconds": 600,
            "unhealthyNodeConditions": [
                ["type": "Ready", "status": "Unknown", "timeoutSeconds": 300],
                ["type": "Ready", "status": "False", "timeoutSeconds": 60],
                ["type": "DiskPressure", "status": "True"],
            ],
            "unhealthyMachineConditions": [["type": "BootstrapConfigReady", "status": "False", "timeoutSeconds": 50]],
        ])
    )

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var cluster = Examples.cluster()
        var machine = Examples.machine("m")
        var node = HealthTarget.Node.found(Examples.node("m"))
        /// `healthy`, `unjudged`, `in 12 s`, or the reason.
        var expected: String
    }

    static let marked: Value = ["cluster.x-k8s.io/remediate-machine": ""]
    static let controlPlane: Value = ["cluster.x-k8s.io/control-plane": ""]

    static let examples: [Example] = [
        Example(testDescription: "a ready Node", expected: "healthy"),
        Example(
            testDescription: "a Node that has been Unknown too long",
            node: .found(Examples.node("m", ready: "Unknown", since: 301)),
            expected: "UnhealthyNode"
        ),
        Example(
            testDescription: "exactly as long as the timeout is not too long",
            node: .found(Examples.node("m", ready: "Unknown", since: 300)),
            expected: "in 1 s"
        ),
        Example(
            testDescription: "not yet too long",
            node: .found(Examples.node("m", ready: "Unknown", since: 200)),
            expected: "in 101 s"
        ),
        Example(
            testDescription: "each status has a timeout of its own",
            node: .found(Examples.node("m", ready: "False", since: 61)),
            expected: "UnhealthyNode"
        ),
        Example(
            testDescription: "a symptom without a timeout counts at once",
            node: .found(
                Manifest(["status": ["conditions": [Examples.condition("DiskPressure", since: 1)]]])
            ),
            expected: "UnhealthyNode"
        ),
        Example(
            testDescription: "a symptom that has just begun has not lasted",
            node: .found(
                Manifest(["status": ["conditions": [Examples.condition("DiskPressure", since: 0)]]])
            ),
            expected: "in 1 s"
        ),
        Example(
            testDescription: "another status of the condition is no symptom",
            node: .found(
                Manifest(["status": ["conditions": [Examples.condition("DiskPressure", "Unknown", since: 900)]]])
            ),
            expected: "healthy"
        ),
        Example(testDescription: "a Node that was deleted", node: .missing, expected: "NodeDeleted"),
        Example(
            testDescription: "no Node after the start-up timeout",
            machine: Examples.machine("m", age: 601),
            node: .none,
            expected: "NodeStartupTimeout"
        ),
        Example(
            testDescription: "no Node just at the start-up timeout",
            machine: Examples.machine("m", age: 600),
            node: .none,
            expected: "in 1 s"
        ),
        Example(
            testDescription: "the wait begins with the Cluster's infrastructure",
            cluster: Examples.cluster(infrastructure: 100),
            machine: Examples.machine("m", age: 900),
            node: .none,
            expected: "in 501 s"
        ),
        Example(
            testDescription: "the wait begins with the control plane",
            cluster: Examples.cluster(initialized: 200),
            machine: Examples.machine("m", age: 900),
            node: .none,
            expected: "in 401 s"
        ),
        Example(
            testDescription: "the wait begins with the Machine's infrastructure",
            machine: Examples.machine(
                "m",
                age: 900,
                conditions: [Examples.condition("InfrastructureReady", since: 300)]
            ),
            node: .none,
            expected: "in 301 s"
        ),
        Example(
            testDescription: "infrastructure that is not ready moves nothing",
            machine: Examples.machine(
                "m",
                age: 900,
                conditions: [Examples.condition("InfrastructureReady", "False", since: 300)]
            ),
            node: .none,
            expected: "NodeStartupTimeout"
        ),
        Example(
            testDescription: "a person's wish comes before everything, even before the cluster is up",
            cluster: Examples.cluster(initialized: nil, infrastructure: nil),
            machine: Examples.machine("m", annotations: marked),
            node: .none,
            expected: "HasRemediateAnnotation"
        ),
        Example(
            testDescription: "workers of a cluster without control plane are not judged",
            cluster: Examples.cluster(initialized: nil),
            machine: Examples.machine("m", age: 9000),
            node: .none,
            expected: "unjudged"
        ),
        Example(
            testDescription: "its control-plane Machines are",
            cluster: Examples.cluster(initialized: nil, infrastructure: 700),
            machine: Examples.machine("m", age: 9000, labels: controlPlane),
            node: .none,
            expected: "NodeStartupTimeout"
        ),
        Example(
            testDescription: "without infrastructure nothing is judged",
            cluster: Examples.cluster(infrastructure: nil),
            machine: Examples.machine("m", labels: controlPlane),
            node: .missing,
            expected: "unjudged"
        ),
        Example(
            testDescription: "and nothing blames a Machine with a Node, not even a sick one",
            cluster: Examples.cluster(infrastructure: nil),
            node: .found(Examples.node("m", ready: "Unknown")),
            expected: "healthy"
        ),
        Example(
            testDescription: "unless it is being deleted",
            cluster: Examples.cluster(infrastructure: nil),
            machine: Examples.machine("m", deleting: true),
            expected: "unjudged"
        ),
        Example(
            testDescription: "a Machine's condition",
            machine: Examples.machine(
                "m",
                conditions: [Examples.condition("BootstrapConfigReady", "False", since: 51)]
            ),
            expected: "UnhealthyMachine"
        ),
        Example(
            testDescription: "a Machine's condition gives the reason when the Node is sick as well",
            machine: Examples.machine(
                "m",
                conditions: [Examples.condition("BootstrapConfigReady", "False", since: 51)]
            ),
            node: .missing,
            expected: "UnhealthyMachine"
        ),
        Example(
            testDescription: "of two waits the shorter",
            machine: Examples.machine(
                "m",
                conditions: [Examples.condition("BootstrapConfigReady", "False", since: 10)]
            ),
            node: .found(Examples.node("m", ready: "Unknown", since: 10)),
            expected: "in 41 s"
        ),
        Example(
            testDescription: "a wait does not hide what is sick already",
            machine: Examples.machine(
                "m",
                conditions: [Examples.condition("BootstrapConfigReady", "False", since: 10)]
            ),
            node: .missing,
            expected: "NodeDeleted"
        ),
        Example(
            testDescription: "who is being deleted is never healthy",
            machine: Examples.machine("m", deleting: true),
            expected: "unjudged"
        ),
        Example(
            testDescription: "but may be unhealthy",
            machine: Examples.machine("m", deleting: true),
            node: .missing,
            expected: "NodeDeleted"
        ),
        Example(
            testDescription: "a failed Machine of older releases is no sickness by itself",
            machine: Examples.machine("m", conditions: [Examples.condition("MachineHasFailure", since: 10)]),
            expected: "healthy"
        ),
    ]

    @Test(arguments: examples)
    func judges(_ example: Example) {
        let target = HealthTarget(example.machine, node: example.node)
        let health = assessTarget(target, Self.spec, cluster: example.cluster, now: Examples.now)
        #expect(Self.words(health) == example.expected)
    }

    @Test func withoutStartupTimeoutAMachineMayBeWithoutNodeForever() {
        let spec = MachineHealthCheckSpec(Examples.check(checks: ["nodeStartupTimeoutSeconds": 0]))
        let target = HealthTarget(Examples.machine("m", age: 99999), node: .none)
        #expect(assessTarget(target, spec, cluster: Examples.cluster(), now: Examples.now) == .unjudged)
    }

    /// A check may look at nothing but whether there is a Node.
    @Test(arguments: [
        (HealthTarget.Node.found(Examples.node("m", ready: "Unknown")), "healthy"), (.missing, "NodeDeleted"),
        (.none, "NodeStartupTimeout"),
    ])
    func withoutConditionsToCheckOnlyTheNodeCounts(node: HealthTarget.Node, expected: String) {
        for checks in [Value.object(Object()), ["unhealthyNodeConditions": [], "unhealthyMachineConditions": []]] {
            let spec = MachineHealthCheckSpec(Examples.check(checks: checks))
            let target = HealthTarget(Examples.machine("m"), node: node)
            #expect(Self.words(assessTarget(target, spec, cluster: Examples.cluster(), now: Examples.now)) == expected)
        }
    }

    @Test func everythingThatIsWrongIsSaid() {
        var node = Examples.node("m", ready: "Unknown", since: 400)
        node.value[path: "status", "conditions"] = [
            Examples.condition("Ready", "Unknown", since: 400), Examples.condition("DiskPressure", since: 1),
        ]
        let machine = Examples.machine(
            "m",
            conditions: [Examples.condition("BootstrapConfigReady", "False", since: 51)]
        )
        let health = assessTarget(
            HealthTarget(machine, node: .found(node)),
            Self.spec,
            cluster: Examples.cluster(),
            now: Examples.now
        )
        #expect(
            health
                == .unhealthy(
                    .machine,
                    [
                        "Machine condition BootstrapConfigReady has been False (R) for more than 50s",
                        "Node condition Ready has been Unknown (R) for more than 5m",
                        "Node condition DiskPressure has been True (R) for more than 0s",
                    ]
                )
        )
    }

    @Test func aNodeAndAMachineWithoutConditionsAreNotSick() {
        let node = Manifest(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "m"]])
        let target = HealthTarget(Examples.machine("m"), node: .found(node))
        #expect(assessTarget(target, Self.spec, cluster: Examples.cluster(), now: Examples.now) == .healthy)
    }

    @Test func aFractionOfASecondIsEnoughToBeTooLate() {
        let target = HealthTarget(
            Examples.machine("m"),
            node: .found(Examples.node("m", ready: "Unknown", since: 300))
        )
        let later = Examples.now.advanced(by: .milliseconds(1))
        let health = assessTarget(target, Self.spec, cluster: Examples.cluster(), now: later)
        #expect(Self.words(health) == "UnhealthyNode")
    }

    @Test func olderClustersTellTheirConditionsInTheOlderPlace() {
        var cluster = Examples.cluster()
        cluster.value["apiVersion"] = "cluster.x-k8s.io/v1beta1"
        let target = HealthTarget(Examples.machine("m"), node: .missing)
        let health = assessTarget(target, Self.spec, cluster: cluster, now: Examples.now)
        #expect(Self.words(health) == "NodeDeleted")
    }

    private static func words(_ health: TargetHealth) -> String {
        switch health {
        case .healthy: "healthy"
        case .unjudged: "unjudged"
        case .pending(let delay): "in \(delay.components.seconds) s"
        case .unhealthy(let reason, _): reason.rawValue
        }
    }
}
