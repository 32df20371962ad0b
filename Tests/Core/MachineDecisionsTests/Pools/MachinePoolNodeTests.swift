import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

/// Node references, counters, the phase, and the Machines of pools that have them.
@Suite struct MachinePoolNodeTests {
    struct References: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// Name, `+` when ready, `?` when its readiness is unknown, `-` when not.
        var nodes: String
        var identities: [String]
        var expected: String
        var ready: Int
        var gone: [String] = []
    }

    static let references: [References] = [
        References(
            testDescription: "in the order of the list",
            nodes: "b+ a+",
            identities: ["a", "b"],
            expected: "a b",
            ready: 2
        ),
        References(
            testDescription: "one that has not joined is left out",
            nodes: "a+ b+",
            identities: ["a", "x", "b"],
            expected: "a b",
            ready: 2
        ),
        References(
            testDescription: "only ready ones are counted",
            nodes: "a+ b-",
            identities: ["a", "b"],
            expected: "a b",
            ready: 1
        ),
        References(
            testDescription: "unknown is not ready",
            nodes: "a+ b?",
            identities: ["a", "b"],
            expected: "a b",
            ready: 1
        ),
        References(
            testDescription: "a retired Node is deleted",
            nodes: "a+ b+",
            identities: ["a"],
            expected: "a",
            ready: 1,
            gone: ["b"]
        ),
        References(
            testDescription: "somebody else's Node is not",
            nodes: "a+ b+ stranger+",
            identities: ["a", "b"],
            expected: "a b",
            ready: 2
        ),
        References(
            testDescription: "when none is found the references stay and nothing counts as ready",
            nodes: "",
            identities: ["a", "b"],
            expected: "a b",
            ready: 0
        ),
        References(
            testDescription: "all replaced, none of the new has joined: the old go, their references stay",
            nodes: "a+ b+",
            identities: ["c", "d"],
            expected: "a b",
            ready: 0,
            gone: ["a", "b"]
        ),
    ]

    @Test(arguments: references) func findsItsNodesByTheirIdentities(_ example: References) {
        var world = PoolWorld().settled()
        world.infrastructure?.value[path: "spec", "providerIDList"] = .array(
            example.identities.map { .string("lab:///\($0)") }
        )
        world.infrastructure?.value[path: "status", "replicas"] = .int(example.identities.count)
        let states: [Character: String] = ["+": "True", "-": "False", "?": "Unknown"]
        let nodes = example.nodes.split(separator: " ").map { word in
            PoolWorld.node(String(word.dropLast()), ready: word.last.flatMap { states[$0] } ?? "True")
        }
        world.nodes = .known(nodes)
        let decision = world.decide()
        world.pool = decision.pool
        #expect(world.status.nodeReferences.map(\.name).joined(separator: " ") == example.expected)
        #expect(world.status.legacyReadyReplicas == example.ready)
        #expect(decision.nodeDeletions.map(\.name) == example.gone)
    }

    @Test func aNodeThatCameBackUnderItsOldNameIsNotDeletedForItsPredecessor() {
        var world = PoolWorld().settled()
        world.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///a"]
        var second = PoolWorld.node("b")
        second.value[path: "metadata", "uid"] = "another"
        world.nodes = .known([PoolWorld.node("a"), second])
        #expect(world.decide().nodeDeletions.isEmpty)
    }

    @Test func aNodeWithoutIdentityIsNeitherCountedNorDeleted() {
        var world = PoolWorld().settled()
        var blank = PoolWorld.node("b")
        blank.value[path: "spec", "providerID"] = ""
        world.nodes = .known([PoolWorld.node("a"), blank])
        let decision = world.decide()
        #expect(decision.nodeDeletions.isEmpty)
        #expect(MachinePoolStatus(of: decision.pool).nodeReferences.map(\.name) == ["a"])
    }

    /// Cluster API stops looking once all were ready; see `decideNodes`.
    @Test func aNodeThatFailsLaterIsNoticed() {
        var world = PoolWorld().settled()
        world.nodes = .known([PoolWorld.node("a"), PoolWorld.node("b", ready: "Unknown")])
        let decision = world.decide()
        world.pool = decision.pool
        #expect(world.status.legacyReadyReplicas == 1)
        #expect(world.legacy("ReplicasReady") == "False/WaitingForReplicasReady/Info")
        #expect(decision.recheck == .seconds(30))
    }

    @Test func availabilityComesWithTime() {
        var world = PoolWorld()
        world.pool.value[path: "spec", "template", "spec", "minReadySeconds"] = 100
        let since = PoolWorld.now.advanced(by: .seconds(-40))
        world.nodes = .known([PoolWorld.node("a", since: since), PoolWorld.node("b")])
        var decision = world.decide()
        world.pool = decision.pool
        #expect(world.status.legacyReadyReplicas == 2)
        #expect(world.status.legacyAvailableReplicas == 1)
        #expect(world.status.legacyUnavailableReplicas == 1)
        #expect(decision.recheck == .seconds(60))
        world.now = world.now.advanced(by: .seconds(60))
        decision = world.decide()
        #expect(MachinePoolStatus(of: decision.pool).legacyAvailableReplicas == 2)
        #expect(decision.recheck == nil)
    }

    @Test func aNodeIsToldWhoseItIs() {
        var world = PoolWorld()
        var new = PoolWorld.node("a", isClaimed: false)
        new.value[path: "spec", "taints"] = [
            ["key": "mine", "effect": "NoSchedule"],
            ["key": "node.cluster.x-k8s.io/uninitialized", "effect": "NoSchedule"],
        ]
        world.nodes = .known([new, PoolWorld.node("b")])
        let changes = world.decide().nodeChanges
        #expect(changes.map(\.name) == ["a"])
        #expect(
            changes.first?.patch.annotations == [
                "cluster.x-k8s.io/cluster-name": "c1", "cluster.x-k8s.io/cluster-namespace": "default",
                "cluster.x-k8s.io/owner-kind": "MachinePool", "cluster.x-k8s.io/owner-name": "mp",
            ]
        )
        #expect(changes.first?.patch.spec["taints"] == [["key": "mine", "effect": "NoSchedule"]])
        #expect(changes.first?.patch.resourceVersion == "7")
    }

    @Test func anEventTellsOfNewReferencesOnce() {
        let world = PoolWorld()
        #expect(world.decide().events.map(\.reason) == ["SuccessfulSetNodeRefs"])
        #expect(world.settled().decide().events.isEmpty)
    }

    // MARK: Phase

    struct PhaseExample: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var expected: MachinePoolStatus.Phase
        var change: @Sendable (inout PoolWorld) -> Void
    }

    static let phases: [PhaseExample] = [
        PhaseExample(testDescription: "nothing is there", expected: .pending) {
            $0.bootstrap?.value["status"] = [:]
            $0.infrastructure?.value["status"] = [:]
            $0.nodes = .notConnected("")
        },
        PhaseExample(testDescription: "bootstrap data, no machines", expected: .provisioning) {
            $0.infrastructure?.value["status"] = [:]
            $0.nodes = .notConnected("")
        },
        PhaseExample(testDescription: "infrastructure without bootstrap data", expected: .scalingUp) {
            $0.bootstrap?.value["status"] = [:]
            $0.nodes = .notConnected("")
        },
        PhaseExample(testDescription: "all are ready", expected: .running) { _ in },
        PhaseExample(testDescription: "more are wanted", expected: .scalingUp) {
            $0.pool.value[path: "spec", "replicas"] = 3
        },
        PhaseExample(testDescription: "fewer are wanted", expected: .scalingDown) {
            $0.pool.value[path: "spec", "replicas"] = 1
        },
        PhaseExample(testDescription: "more are wanted by an autoscaler", expected: .scaling) {
            $0.pool.value[path: "spec", "replicas"] = 3
            $0.pool.setAnnotation("cluster.x-k8s.io/replicas-managed-by", "")
        },
        PhaseExample(testDescription: "fewer are wanted by an autoscaler", expected: .scaling) {
            $0.pool.value[path: "spec", "replicas"] = 1
            $0.pool.setAnnotation("cluster.x-k8s.io/replicas-managed-by", "external-autoscaler")
        },
        PhaseExample(testDescription: "the annotation says false", expected: .scalingUp) {
            $0.pool.value[path: "spec", "replicas"] = 3
            $0.pool.setAnnotation("cluster.x-k8s.io/replicas-managed-by", "false")
        },
        PhaseExample(testDescription: "it is being deleted", expected: .deleting) {
            $0.pool.value[path: "metadata", "deletionTimestamp"] = .string(PoolWorld.now.description)
        },
        PhaseExample(testDescription: "its cluster does not answer any more", expected: .running) {
            $0 = $0.settled()
            $0.nodes = .unreachable("timed out")
        },
        PhaseExample(testDescription: "it never goes back to pending", expected: .provisioned) {
            $0 = $0.settled()
            $0.bootstrap?.value["status"] = [:]
            $0.infrastructure?.value["status"] = [:]
        },
    ]

    @Test(arguments: phases) func thePhaseFollowsTheLastRuleThatHolds(_ example: PhaseExample) {
        var world = PoolWorld()
        example.change(&world)
        #expect(MachinePoolStatus(of: world.decide().pool).phase == example.expected)
    }

    // MARK: Counters

    @Test func withoutMachinesTheProvidersCountIsTaken() {
        var world = PoolWorld()
        world.pool.value[path: "spec", "replicas"] = 3
        world.nodes = .known([PoolWorld.node("a"), PoolWorld.node("b", ready: "False", version: "v1.33.2")])
        let status = MachinePoolStatus(of: world.decide().pool)
        #expect(status.replicas == 2)
        #expect(status.readyReplicas == 2 && status.availableReplicas == 2 && status.upToDateReplicas == 3)
        #expect(status.legacyReadyReplicas == 1)
        #expect(
            status.versions == [
                .init(version: "v1.33.1", replicas: 1), .init(version: "v1.33.2", replicas: 1),
            ]
        )
    }

    private static func machine(_ name: String, ready: Bool = true, _ change: (inout Manifest) -> Void = { _ in })
        -> Manifest
    {
        var machine = PoolWorld.parsed(
            """
            apiVersion: cluster.x-k8s.io/v1beta2
            kind: Machine
            metadata:
              {name: \(name), namespace: default, uid: \(name)-uid, generation: 1,
               labels: {cluster.x-k8s.io/cluster-name: c1, cluster.x-k8s.io/pool-name: mp, tier: web},
               annotations: {note: hello},
               ownerReferences:
                 [{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachinePool, name: mp, uid: mp-uid, controller: true}]}
            spec:
              clusterName: c1
              version: v1.33.1
              bootstrap: {dataSecretName: ""}
              infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: LabMachine, name: \(name)}
            status: {conditions: [{type: Ready, status: "\(ready ? "True" : "False")", reason: Test}]}
            """
        )
        change(&machine)
        return machine
    }

    private static func infrastructureMachine(_ name: String) -> Manifest {
        PoolWorld.parsed(
            """
            apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
            kind: LabMachine
            metadata:
              {name: \(name), namespace: default, uid: \(name)-i,
               labels: {cluster.x-k8s.io/cluster-name: c1, cluster.x-k8s.io/pool-name: mp}}
            spec: {providerID: "lab:///\(name)"}
            """
        )
    }

    private static func worldWithMachines(_ machines: [Manifest], infrastructure: [String]) -> PoolWorld {
        var world = PoolWorld()
        world.infrastructure?.value[path: "status", "infrastructureMachineKind"] = "LabMachine"
        world.infrastructureMachines = infrastructure.map(infrastructureMachine)
        world.machines = machines
        return world
    }

    @Test func withMachinesTheirConditionsAreCounted() {
        let world = Self.worldWithMachines(
            [Self.machine("a"), Self.machine("b", ready: false)],
            infrastructure: ["a", "b"]
        ).settled()
        #expect(world.status.readyReplicas == 1)
        #expect(world.status.availableReplicas == 0)
        #expect(world.status.upToDateReplicas == 2)
        #expect(world.status.versions == [.init(version: "v1.33.1", replicas: 2)])
        #expect(world.status.legacyReadyReplicas == 2)
        #expect(world.decide().machines.isEmpty && world.decide().judged.isEmpty)
    }

    @Test func eachInfrastructureMachineGetsItsMachine() throws {
        let world = Self.worldWithMachines([Self.machine("a")], infrastructure: ["a", "b"])
        let made = world.decide().machines
        #expect(made.map(\.name) == ["b"])
        let machine = try #require(made.first)
        #expect(machine.controllerReference?.uid == "mp-uid")
        #expect(machine.labels["tier"] == "web" && machine.labels["cluster.x-k8s.io/pool-name"] == "mp")
        #expect(machine.annotation("note") == "hello")
        #expect(machine.spec[path: "bootstrap", "dataSecretName"] == "")
        #expect(machine.spec["version"] == "v1.33.1")
        #expect(machine.spec[path: "infrastructureRef", "name"] == "b")
    }

    static let differences: [PoolDifference] = [
        PoolDifference("a label of the template is missing") { $0.setLabel("tier", nil) },
        PoolDifference("an annotation differs") { $0.setAnnotation("note", "other") },
        PoolDifference("the version of its Node differs") { $0.value[path: "spec", "version"] = "v1.32.0" },
        PoolDifference("nobody controls it") { $0.value[path: "metadata", "ownerReferences"] = nil },
        PoolDifference("a label was applied before and left the template") {
            $0.setLabel("gone", "x")
            $0.value[path: "metadata", "managedFields"] = [
                [
                    "manager": "machinepool-controller", "operation": "Apply",
                    "fieldsV1": ["f:metadata": ["f:labels": ["f:gone": [:], "f:tier": [:]]]],
                ]
            ]
        },
    ]

    struct PoolDifference: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var change: @Sendable (inout Manifest) -> Void

        init(_ name: String, _ change: @escaping @Sendable (inout Manifest) -> Void) {
            testDescription = name
            self.change = change
        }
    }

    @Test(arguments: differences) func aMachineThatDiffersIsAppliedAgain(_ example: PoolDifference) {
        let world = Self.worldWithMachines([Self.machine("a", example.change)], infrastructure: ["a"])
        #expect(world.decide().machines.map(\.name) == ["a"])
    }

    /// What this very pass makes and judges is counted in it.
    @Test func newMachinesAreCountedAtOnce() {
        var world = Self.worldWithMachines(
            [Self.machine("a") { $0.value[path: "spec", "version"] = "v1.32.0" }],
            infrastructure: ["a", "b"]
        )
        world.nodes = .known([PoolWorld.node("a"), PoolWorld.node("b", version: "v1.33.2")])
        let status = MachinePoolStatus(of: world.decide().pool)
        #expect(status.upToDateReplicas == 2)
        #expect(status.readyReplicas == 1)
        let versions = status.versions.map(\.version)
        #expect(versions == ["v1.33.1", "v1.33.2"])
    }

    @Test func aNodeThatDoesNotTellItsVersionGivesItsMachineNone() {
        var world = Self.worldWithMachines([], infrastructure: ["a"])
        world.nodes = .known([PoolWorld.node("a", version: "\"\"")])
        #expect(world.decide().machines.map { $0.spec["version"] } == [nil])
    }

    @Test func foreignMachinesAreNotThePools() {
        let foreign = [
            Self.machine("other-pool") { $0.setLabel("cluster.x-k8s.io/pool-name", "mp-2") },
            Self.machine("other-cluster") { $0.setLabel("cluster.x-k8s.io/cluster-name", "c2") },
            Self.machine("orphan") { $0.value[path: "metadata", "ownerReferences"] = nil },
            Self.machine("controlled") {
                $0.value[path: "metadata", "ownerReferences"] = [
                    ["apiVersion": "x/v1", "kind": "MachineSet", "name": "s", "uid": "s", "controller": true]
                ]
            },
        ]
        let decision = Self.worldWithMachines(foreign, infrastructure: []).decide()
        #expect(decision.judged.map(\.name) == ["orphan"], "one that nobody controls may be adopted")
    }

    @Test func machinesAreUpToDateUntilTheyAreDeleted() throws {
        let leaving = Self.machine("b") { $0.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z" }
        let judged = Self.worldWithMachines([Self.machine("a"), leaving], infrastructure: ["a", "b"]).decide().judged
        #expect(judged.map { $0.condition("UpToDate")?.status } == [.yes, .no])
        #expect(judged.map { $0.condition("UpToDate")?.message } == ["", "Machine is being deleted"])
    }

    @Test func machinesOfAnUnreachableClusterAreNotTouched() {
        var world = Self.worldWithMachines([Self.machine("a")], infrastructure: ["a", "b"])
        world.nodes = .unreachable("timed out")
        #expect(world.decide().machines.isEmpty)
    }
}
