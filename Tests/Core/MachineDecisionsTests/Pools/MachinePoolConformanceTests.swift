import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

/// Small rules of Cluster API's own controller that its documents do not tell.
@Suite struct MachinePoolConformanceTests {
    typealias Example = MachinePoolDecisionTests.Example

    static let examples: [Example] = [
        Example(
            "an owner that was written in an earlier version is renewed",
            { $0.pool = Self.writtenEarlier($0.pool) },
            { world, _ in #expect(world.pool.ownerReferences.map(\.apiVersion) == ["cluster.x-k8s.io/v1beta2"]) }
        ),
        Example(
            "a controller that was written in an earlier version is renewed",
            { $0.infrastructure = $0.infrastructure.map(Self.writtenEarlier) },
            { _, decision in
                let owners = decision.adopted.map { $0.controllerReference?.apiVersion }
                #expect(owners == ["cluster.x-k8s.io/v1beta2"])
            }
        ),
        Example(
            "a provider's object that leaves is adopted nevertheless",
            {
                $0.bootstrap?.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
                $0.bootstrap?.value[path: "metadata", "labels"] = nil
            },
            { _, decision in #expect(decision.adopted.map(\.kind) == ["KubeadmConfig"]) }
        ),
        Example(
            "a pass that failed has not seen the generation",
            {
                $0.pool.value[path: "metadata", "generation"] = 5
                $0.bootstrap = nil
            },
            { world, _ in #expect(world.status.observedGeneration == 4) }
        ),
        Example(
            "nor has one that cannot see the Nodes",
            {
                $0.pool.value[path: "metadata", "generation"] = 5
                $0.nodes = .notConnected("connecting")
            },
            { world, _ in #expect(world.status.observedGeneration == 4) }
        ),
        Example(
            "what another controls is not counted",
            {
                $0.pool.value[path: "spec", "replicas"] = 7
                $0.infrastructure?.value[path: "metadata", "ownerReferences"] = [
                    ["apiVersion": "x/v1", "kind": "X", "name": "x", "uid": "x", "controller": true]
                ]
            },
            { world, _ in #expect(world.status.upToDateReplicas == 2) }
        ),
        Example(
            "a condition of the newer form is taken over with its reason",
            { $0.infrastructure?.value[path: "status", "conditions"] = [ready("True", "Up")] },
            { world, _ in #expect(world.legacy("InfrastructureReady") == "True/Up") }
        ),
        Example(
            "one that does not hold has no severity, and is not lost in the summary",
            { $0.infrastructure?.value[path: "status", "conditions"] = [ready("False", "Slow")] },
            { world, _ in
                #expect(world.legacy("InfrastructureReady") == "False/Slow")
                #expect(world.legacy("Ready") == "False/Slow")
            }
        ),
        Example(
            "but whatever has a severity comes first",
            {
                $0.infrastructure?.value[path: "status", "conditions"] = [ready("False", "Slow")]
                $0.bootstrap?.value[path: "status", "initialization"] = [:]
            },
            { world, _ in #expect(world.legacy("Ready") == "False/WaitingForDataSecret/Info") }
        ),
        Example(
            "Nodes that have never been there are not complained of",
            {
                $0.nodes = .known([])
                $0.pool.value["status"] = ["initialization": ["infrastructureProvisioned": true]]
            },
            { world, decision in
                #expect(world.legacy("ReplicasReady") == nil)
                #expect(decision.recheck == .seconds(30) && !decision.waits.isEmpty)
            }
        ),
        Example(
            "Nodes that were there are",
            { $0.nodes = .known([]) },
            { world, _ in
                #expect(world.legacy("ReplicasReady") == "False/WaitingForReplicasReady/Info")
                #expect(world.status.legacyReadyReplicas == 0 && world.status.nodeReferences.count == 2)
            }
        ),
    ]

    private static func writtenEarlier(_ object: Manifest) -> Manifest {
        var object = object
        let owners = (object.metadata["ownerReferences"]?.array ?? []).map { owner in
            var owner = owner
            owner["apiVersion"] = "cluster.x-k8s.io/v1beta1"
            return owner
        }
        object.value[path: "metadata", "ownerReferences"] = .array(owners)
        return object
    }

    private static func ready(_ status: String, _ reason: String) -> Value {
        ["type": "Ready", "status": .string(status), "reason": .string(reason), "message": ""]
    }

    @Test(arguments: examples) func holds(_ example: Example) { example.run() }
}
