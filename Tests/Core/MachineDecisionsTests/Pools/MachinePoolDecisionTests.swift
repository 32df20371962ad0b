import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

/// What the phases of a pool's pass do, one after the other.
@Suite struct MachinePoolDecisionTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout PoolWorld) -> Void
        var check: @Sendable (PoolWorld, MachinePoolDecision) -> Void

        init(
            _ name: String,
            _ change: @escaping @Sendable (inout PoolWorld) -> Void,
            _ check: @escaping @Sendable (PoolWorld, MachinePoolDecision) -> Void
        ) {
            testDescription = name
            self.change = change
            self.check = check
        }

        /// Decides once about the changed world; the world given to `check` holds the decided pool.
        func run() {
            var world = PoolWorld().settled()
            change(&world)
            let decision = world.decide()
            world.pool = decision.pool
            check(world, decision)
        }
    }

    @Test func aSettledPoolNeedsNothing() {
        let world = PoolWorld().settled()
        let decision = world.decide()
        #expect(decision.pool == world.pool)
        #expect(decision.adopted.isEmpty && decision.deletions.isEmpty && decision.machines.isEmpty)
        #expect(decision.nodeChanges.isEmpty && decision.nodeDeletions.isEmpty && decision.events.isEmpty)
        #expect(decision.failures.isEmpty && decision.waits.isEmpty && decision.recheck == nil)
        #expect(world.status.phase == .running)
        #expect(world.legacy("Ready") == "True")
        #expect(world.status.nodeReferences.map(\.name) == ["a", "b"])
        #expect(world.status.observedGeneration == 4)
    }

    @Test func theFinalizerComesFirstAndAlone() {
        var world = PoolWorld()
        world.pool.value[path: "metadata", "finalizers"] = nil
        world.pool.value[path: "metadata", "ownerReferences"] = nil
        let decision = world.decide()
        #expect(decision.pool.finalizers == ["machinepool.cluster.x-k8s.io"])
        #expect(decision.pool.ownerReferences.isEmpty && decision.pool.value["status"] == nil)
        #expect(decision.adopted.isEmpty)
    }

    @Test func theClusterOwnsThePoolWithoutControllingIt() {
        var world = PoolWorld()
        world.pool.value[path: "metadata", "ownerReferences"] = nil
        world.pool.value[path: "metadata", "labels"] = nil
        let pool = world.decide().pool
        #expect(pool.ownerReferences.map(\.uid) == ["c1-uid"])
        #expect(pool.controllerReference == nil)
        #expect(pool.label("cluster.x-k8s.io/cluster-name") == "c1")
    }

    @Test func anOwnerOfAnEarlierLifeIsRenewed() {
        var world = PoolWorld()
        world.cluster?.value[path: "metadata", "uid"] = "c1-second"
        #expect(world.decide().pool.ownerReferences.map(\.uid) == ["c1-second"])
    }

    static let pauses: [Example] = [
        Example(
            "a paused Cluster",
            { $0.cluster?.value[path: "spec", "paused"] = true },
            { world, _ in
                #expect(world.pool.condition("Paused")?.status == .yes)
                #expect(world.pool.condition("Paused")?.message == "Cluster spec.paused is set to true")
            }
        ),
        Example(
            "a paused pool",
            { $0.pool.setAnnotation("cluster.x-k8s.io/paused", "") },
            { world, _ in
                #expect(world.pool.condition("Paused")?.reason == "Paused")
                #expect(
                    world.pool.condition("Paused")?.message
                        == "MachinePool has the cluster.x-k8s.io/paused annotation"
                )
            }
        ),
        Example(
            "a paused pool that is being deleted",
            {
                $0.pool.setAnnotation("cluster.x-k8s.io/paused", "")
                $0.pool.value[path: "metadata", "deletionTimestamp"] = .string(PoolWorld.now.description)
            },
            { world, decision in
                #expect(decision.deletions.isEmpty)
                #expect(world.pool.finalizers == [MachinePoolSpec.finalizer])
            }
        ),
    ]

    @Test(arguments: pauses) func aPausedPoolIsLeftAlone(_ example: Example) {
        var world = PoolWorld().settled()
        let before = world.pool.spec
        world.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///c"]
        example.change(&world)
        let decision = world.decide()
        world.pool = decision.pool
        #expect(decision.pool.spec == before)
        #expect(decision.nodeDeletions.isEmpty)
        example.check(world, decision)
    }

    @Test func aPoolWithoutItsClusterIsAFailure() {
        var world = PoolWorld()
        world.cluster = nil
        #expect(world.decide().failures == ["there is no Cluster c1"])
        #expect(world.decide().pool.spec == world.pool.spec)
    }

    // MARK: Bootstrap

    static let bootstraps: [Example] = [
        Example(
            "not created yet: waits without an error",
            { $0.bootstrap?.value["status"] = [:] },
            { world, decision in
                #expect(world.status.isBootstrapDataCreated == false)
                #expect(world.legacy("BootstrapReady") == "False/WaitingForDataSecret/Info")
                #expect(decision.failures.isEmpty && !decision.waits.isEmpty)
            }
        ),
        Example(
            "created without a name is an error",
            { $0.bootstrap?.value[path: "status", "dataSecretName"] = nil },
            { _, decision in #expect(decision.failures.count == 1) }
        ),
        Example(
            "a Secret of another name is followed",
            { $0.bootstrap?.value[path: "status", "dataSecretName"] = "next" },
            { world, _ in
                #expect(MachinePoolSpec(world.pool).dataSecretName == "next")
                #expect(world.status.isBootstrapDataCreated == true)
            }
        ),
        Example(
            "the older contract says it in status.ready",
            {
                $0.contract = .v1beta1
                $0.bootstrap?.value["status"] = ["ready": true, "dataSecretName": "old"]
            },
            { world, _ in #expect(MachinePoolSpec(world.pool).dataSecretName == "old") }
        ),
        Example(
            "its Ready condition is mirrored",
            {
                $0.bootstrap?.value[path: "status", "deprecated"] = [
                    "v1beta1": [
                        "conditions": [
                            [
                                "type": "Ready", "status": "False", "severity": "Warning", "reason": "Slow",
                                "message": "later",
                            ]
                        ]
                    ]
                ]
            },
            { world, _ in
                #expect(world.legacy("BootstrapReady") == "False/Slow/Warning")
                #expect(world.legacy("Ready") == "False/Slow/Warning")
            }
        ),
        Example(
            "one that is being deleted stops the phase",
            {
                $0.bootstrap?.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
                $0.bootstrap?.value[path: "status", "dataSecretName"] = "next"
            },
            { world, _ in #expect(MachinePoolSpec(world.pool).dataSecretName == "mp-data") }
        ),
        Example(
            "one that is missing is an error, and the infrastructure goes on",
            {
                $0.bootstrap = nil
                $0.infrastructure?.value[path: "status", "replicas"] = 2
                $0.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///b", "lab:///a"]
            },
            { world, decision in
                #expect(decision.failures == ["there is no KubeadmConfig mp to bootstrap with"])
                #expect(MachinePoolSpec(world.pool).providerIDs == ["lab:///b", "lab:///a"])
            }
        ),
        Example(
            "a given Secret needs no object",
            {
                $0.pool.value[path: "spec", "template", "spec", "bootstrap"] = ["dataSecretName": "mine"]
                $0.bootstrap = nil
            },
            { world, decision in
                #expect(world.status.isBootstrapDataCreated == true)
                #expect(world.legacy("BootstrapReady") == "True")
                #expect(decision.failures.isEmpty)
            }
        ),
        Example(
            "neither object nor Secret is an error",
            {
                $0.pool.value[path: "spec", "template", "spec", "bootstrap"] = [:]
                $0.bootstrap = nil
            },
            { _, decision in #expect(decision.failures.count == 1) }
        ),
        Example(
            "its failure is taken over, where there is one and where there is none",
            { $0.bootstrap?.value[path: "status", "failureMessage"] = "broken" },
            { world, _ in
                #expect(world.status.failureMessage?.hasSuffix("with name \"mp\": broken") == true)
                #expect(world.status.failureReason == nil)
            }
        ),
    ]

    @Test(arguments: bootstraps) func followsItsBootstrapObject(_ example: Example) { example.run() }

    @Test func providersObjectsGetTheirOwnerAndLabel() {
        var world = PoolWorld().settled()
        world.bootstrap?.value[path: "metadata", "ownerReferences"] = nil
        world.infrastructure?.value[path: "metadata", "labels"] = nil
        let adopted = world.decide().adopted
        #expect(adopted.map(\.kind) == ["KubeadmConfig", "LabMachinePool"])
        #expect(adopted.map { $0.controllerReference?.uid } == ["mp-uid", "mp-uid"])
        #expect(adopted.map { $0.label("cluster.x-k8s.io/cluster-name") } == ["c1", "c1"])
    }

    @Test func anObjectOfAnotherControllerIsNotTaken() {
        var world = PoolWorld().settled()
        world.infrastructure?.value[path: "metadata", "ownerReferences"] = [
            [
                "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachinePool", "name": "other", "uid": "x",
                "controller": true,
            ]
        ]
        let decision = world.decide()
        #expect(decision.failures == ["LabMachinePool mp is controlled by MachinePool other"])
        #expect(decision.adopted.isEmpty)
    }

    // MARK: Infrastructure

    static let infrastructures: [Example] = [
        Example(
            "missing before it was ever ready",
            {
                $0.pool.value[path: "status", "initialization", "infrastructureProvisioned"] = false
                $0.infrastructure = nil
            },
            { world, decision in
                #expect(world.legacy("InfrastructureReady") == "False/IncorrectExternalRef/Error")
                #expect(world.status.failureReason == nil)
                #expect(decision.failures.count == 1)
            }
        ),
        Example(
            "missing after it was ready is a failure of the pool",
            { $0.infrastructure = nil },
            { world, _ in
                #expect(world.status.failureReason == "InvalidConfiguration")
                #expect(world.status.readyReplicas == 2, "counters stay when the infrastructure was not read")
            }
        ),
        Example(
            "ready by the newer contract alone",
            { $0.infrastructure?.value[path: "status", "ready"] = nil },
            { world, _ in #expect(world.status.isInfrastructureProvisioned == true) }
        ),
        Example(
            "ready by status.ready alone",
            { $0.infrastructure?.value[path: "status", "initialization"] = nil },
            { world, _ in #expect(world.status.isInfrastructureProvisioned == true) }
        ),
        Example(
            "the older contract does not know the newer field",
            {
                $0.contract = .v1beta1
                $0.infrastructure?.value[path: "status", "ready"] = nil
            },
            { world, _ in #expect(world.status.isInfrastructureProvisioned == false) }
        ),
        Example(
            "ready goes back to false",
            {
                $0.infrastructure?.value[path: "status", "initialization", "provisioned"] = false
                $0.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///a"]
            },
            { world, decision in
                #expect(world.status.isInfrastructureProvisioned == false)
                #expect(world.legacy("InfrastructureReady") == "False/WaitingForInfrastructure/Info")
                #expect(MachinePoolSpec(world.pool).providerIDs.count == 2, "the list is not read then")
                #expect(world.status.phase == .provisioned)
                #expect(decision.failures.isEmpty)
            }
        ),
        Example(
            "the list is compared in its order, and a new one begins the count anew",
            {
                $0.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///b", "lab:///a", "lab:///c"]
                $0.infrastructure?.value[path: "status", "replicas"] = 3
            },
            { world, _ in
                #expect(MachinePoolSpec(world.pool).providerIDs == ["lab:///b", "lab:///a", "lab:///c"])
                #expect(world.status.nodeReferences.map(\.name) == ["b", "a"])
                #expect(world.status.legacyUnavailableReplicas == 1)
                #expect(world.legacy("ReplicasReady") == "False/WaitingForReplicasReady/Info")
            }
        ),
        Example(
            "an empty list with replicas is not believed",
            { $0.infrastructure?.value[path: "spec", "providerIDList"] = [] },
            { world, decision in
                #expect(MachinePoolSpec(world.pool).providerIDs.count == 2)
                #expect(decision.nodeDeletions.isEmpty && !decision.waits.isEmpty)
            }
        ),
        Example(
            "one that is being deleted stops the phase",
            {
                $0.infrastructure?.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
                $0.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///a"]
            },
            { world, _ in #expect(MachinePoolSpec(world.pool).providerIDs.count == 2) }
        ),
        Example(
            "an unreachable cluster stops after readiness: nothing is deleted, and it says so",
            {
                $0.nodes = .unreachable("timed out")
                $0.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///a"]
            },
            { world, decision in
                #expect(decision.nodeDeletions.isEmpty && decision.nodeChanges.isEmpty)
                #expect(MachinePoolSpec(world.pool).providerIDs.count == 2)
                #expect(world.status.nodeReferences.count == 2)
                #expect(world.legacy("ReplicasReady") == "Unknown/WorkloadClusterUnreachable")
                #expect(world.legacy("Ready") == "Unknown/WorkloadClusterUnreachable")
            }
        ),
        Example(
            "before the first answer of the cluster nothing changes",
            { $0.nodes = .notConnected("connecting") },
            { world, decision in
                #expect(world.legacy("ReplicasReady") == "True")
                #expect(decision.nodeDeletions.isEmpty)
            }
        ),
    ]

    @Test(arguments: infrastructures) func followsItsInfrastructure(_ example: Example) { example.run() }

    // MARK: Scale to and from zero

    static let zeros: [Example] = [
        Example(
            "to zero: the list empties, the Nodes go",
            {
                $0.pool.value[path: "spec", "replicas"] = 0
                $0.infrastructure?.value[path: "spec", "providerIDList"] = []
                $0.infrastructure?.value[path: "status", "replicas"] = 0
            },
            { world, decision in
                #expect(MachinePoolSpec(world.pool).providerIDs.isEmpty)
                #expect(decision.nodeDeletions.map(\.name) == ["a", "b"])
                #expect(world.status.nodeReferences.isEmpty)
                #expect(world.status.phase == .running)
                #expect(world.legacy("ReplicasReady") == "True")
            }
        ),
        Example(
            "the provider is not there yet: the Nodes stay",
            { $0.pool.value[path: "spec", "replicas"] = 0 },
            { world, decision in
                #expect(decision.nodeDeletions.isEmpty)
                #expect(world.status.phase == .scalingDown)
            }
        ),
        Example(
            "an empty list with wanted replicas deletes no Node",
            {
                $0.infrastructure?.value[path: "spec", "providerIDList"] = []
                $0.infrastructure?.value[path: "status", "replicas"] = 0
            },
            { world, decision in
                #expect(decision.nodeDeletions.isEmpty)
                #expect(world.status.nodeReferences.count == 2)
                #expect(world.status.phase == .scalingUp)
            }
        ),
        Example(
            "from zero",
            {
                var empty = $0
                empty.pool.value[path: "spec", "replicas"] = 0
                empty.infrastructure?.value[path: "spec", "providerIDList"] = []
                empty.infrastructure?.value[path: "status", "replicas"] = 0
                empty = empty.settled()
                empty.pool.value[path: "spec", "replicas"] = 1
                empty.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///a"]
                empty.infrastructure?.value[path: "status", "replicas"] = 1
                empty.nodes = .known([PoolWorld.node("a", isClaimed: false)])
                $0 = empty
            },
            { world, decision in
                #expect(world.status.nodeReferences.map(\.name) == ["a"])
                #expect(decision.nodeChanges.map(\.name) == ["a"])
                #expect(world.status.phase == .running)
            }
        ),
    ]

    @Test(arguments: zeros) func scalesToAndFromZero(_ example: Example) { example.run() }
}
