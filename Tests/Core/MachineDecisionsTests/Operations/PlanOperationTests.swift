import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct PlanOperationTests {
    private typealias Examples = HealthCheckExamples

    private static func owned(_ machine: Manifest, by owner: String = "u-owner", healthy: Bool = true) -> Manifest {
        var machine = machine
        machine.value[path: "metadata", "ownerReferences"] = [
            ["apiVersion": "x/v1", "kind": "X", "name": "o", "uid": .string(owner), "controller": true]
        ]
        let condition = Examples.condition("NodeHealthy", healthy ? "True" : "Unknown", since: 60)
        machine.value[path: "status", "conditions"] = [condition]
        return machine
    }

    private static func controlPlane(_ name: String, healthy: Bool = true, deleting: Bool = false) -> Manifest {
        let labels: Value = ["cluster.x-k8s.io/control-plane": ""]
        return owned(Examples.machine(name, labels: labels, deleting: deleting), healthy: healthy)
    }

    private static func owner(_ kind: String, _ version: String = "v1beta2", paused: Bool = false) -> Manifest {
        let group = kind == "KubeadmControlPlane" ? "controlplane.cluster.x-k8s.io" : "cluster.x-k8s.io"
        return Manifest([
            "apiVersion": .string("\(group)/\(version)"), "kind": .string(kind),
            "metadata": ["name": "o", "namespace": "ns"], "spec": ["clusterName": "c1", "paused": .bool(paused)],
        ])
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var operation: MachineOperation
        var object: Manifest
        var others: [Manifest] = []
        var step: OperationStep?
        /// What a refusal says.
        var refusal = ""
    }

    static let rollout = Value.string(HealthCheckExamples.now.description)

    static let examples: [Example] = [
        Example(
            testDescription: "a Machine with a health check",
            operation: .remediate,
            object: Examples.machine("m"),
            others: [Examples.check()],
            step: .patch(["metadata": ["annotations": ["cluster.x-k8s.io/remediate-machine": ""]]])
        ),
        Example(
            testDescription: "one that is marked already",
            operation: .remediate,
            object: Examples.machine("m", annotations: ["cluster.x-k8s.io/remediate-machine": ""]),
            others: [Examples.check()],
            step: .nothing
        ),
        Example(
            testDescription: "one without a health check",
            operation: .remediate,
            object: Examples.machine("m", labels: ["cluster.x-k8s.io/control-plane": ""]),
            refusal: "no MachineHealthCheck follows"
        ),
        Example(
            testDescription: "one to be spared",
            operation: .remediate,
            object: Examples.machine("m", annotations: ["cluster.x-k8s.io/skip-remediation": ""]),
            others: [Examples.check()],
            refusal: "health checks spare it"
        ),
        Example(
            testDescription: "one of a paused cluster",
            operation: .remediate,
            object: Examples.machine("m"),
            others: [Examples.check(), Examples.cluster(paused: true)],
            refusal: "Cluster c1: it is paused"
        ),
        Example(
            testDescription: "a worker",
            operation: .drain,
            object: owned(Examples.machine("m")),
            step: .delete(uid: "u-m")
        ),
        Example(
            testDescription: "a worker that goes",
            operation: .drain,
            object: owned(Examples.machine("m", deleting: true)),
            refusal: "is being deleted already"
        ),
        Example(
            testDescription: "a Machine that stands alone",
            operation: .drain,
            object: Examples.machine("m"),
            refusal: "no owner that would make another"
        ),
        Example(
            testDescription: "one of three control planes",
            operation: .drain,
            object: controlPlane("a"),
            others: [controlPlane("a"), controlPlane("b"), controlPlane("c")],
            step: .delete(uid: "u-a")
        ),
        Example(
            testDescription: "one of two",
            operation: .drain,
            object: controlPlane("a"),
            others: [controlPlane("a"), controlPlane("b")],
            refusal: "fewer than three"
        ),
        Example(
            testDescription: "one of three of which another is sick",
            operation: .drain,
            object: controlPlane("a"),
            others: [controlPlane("b", healthy: false), controlPlane("c")],
            refusal: "Machine b of the same control plane is not well"
        ),
        Example(
            testDescription: "one of three of which another goes",
            operation: .drain,
            object: controlPlane("a"),
            others: [controlPlane("b"), controlPlane("c", deleting: true)],
            refusal: "Machine c"
        ),
        Example(
            testDescription: "a deployment",
            operation: .restart,
            object: owner("MachineDeployment"),
            step: .patch(["spec": ["rollout": ["after": rollout]]])
        ),
        Example(
            testDescription: "a control plane of the older version",
            operation: .restart,
            object: owner("KubeadmControlPlane", "v1beta1"),
            step: .patch(["spec": ["rolloutAfter": rollout]])
        ),
        Example(
            testDescription: "a paused deployment",
            operation: .restart,
            object: owner("MachineDeployment", paused: true),
            refusal: "it is paused"
        ),
        Example(
            testDescription: "a pool",
            operation: .restart,
            object: owner("MachinePool"),
            refusal: "only a MachineDeployment or a KubeadmControlPlane"
        ),
        Example(
            testDescription: "a deployment cannot be drained",
            operation: .drain,
            object: owner("MachineDeployment"),
            refusal: "not with a MachineDeployment"
        ),
    ]

    @Test(arguments: examples)
    func usesClusterAPIsOwnFieldsOrRefuses(_ example: Example) throws {
        do {
            let step = try planOperation(
                example.operation,
                on: example.object,
                among: example.others,
                now: Examples.now
            )
            #expect(step == example.step)
        } catch {
            #expect(example.step == nil, "\(error)")
            #expect(!example.refusal.isEmpty && error.description.contains(example.refusal), "\(error)")
        }
    }
}
