import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

/// The end of a pool, its defaults, and the older form of its API.
@Suite struct MachinePoolLifeTests {
    private static func deleted(after seconds: Int = 1, _ change: (inout PoolWorld) -> Void = { _ in }) -> PoolWorld {
        var world = PoolWorld().settled()
        let start = PoolWorld.now.advanced(by: .seconds(-seconds))
        world.pool.value[path: "metadata", "deletionTimestamp"] = .string(start.description)
        change(&world)
        return world
    }

    private static func withoutProviders(_ world: inout PoolWorld) {
        world.bootstrap = nil
        world.infrastructure = nil
    }

    @Test func theProvidersObjectsGoFirstAndTogether() {
        let decision = Self.deleted().decide()
        #expect(decision.deletions.map(\.kind) == ["KubeadmConfig", "LabMachinePool"])
        #expect(decision.pool.finalizers == [MachinePoolSpec.finalizer])
        #expect(decision.nodeDeletions.isEmpty)
        #expect(MachinePoolStatus(of: decision.pool).phase == .deleting)
    }

    @Test func aDeletionIsAskedForOnce() {
        let world = Self.deleted { world in
            world.bootstrap = nil
            world.infrastructure?.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        }
        #expect(world.decide().deletions.isEmpty)
        #expect(world.decide().pool.finalizers == [MachinePoolSpec.finalizer])
    }

    @Test func anObjectThatCannotBeReadKeepsThePool() {
        var view = Self.deleted(Self.withoutProviders).view
        view.infrastructure = .unknown("no such kind right now")
        let decision = decideMachinePool(view)
        #expect(decision.failures == ["no such kind right now"])
        #expect(decision.pool.finalizers == [MachinePoolSpec.finalizer])
    }

    /// Cluster API compares with a list that is still full, and so deletes none of them.
    @Test func theNodesGoWithTheirMachines() {
        var world = Self.deleted(Self.withoutProviders)
        let decision = world.decide()
        #expect(decision.nodeDeletions.map(\.name) == ["a", "b"])
        #expect(decision.pool.finalizers == [MachinePoolSpec.finalizer])
        world.nodes = .known([PoolWorld.node("stranger")])
        #expect(world.decide().pool.finalizers.isEmpty)
    }

    struct Timeout: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var seconds: Int?
        var passed: Int
        var isFree: Bool
    }

    static let timeouts: [Timeout] = [
        Timeout(testDescription: "within the timeout", seconds: 10, passed: 9, isFree: false),
        Timeout(testDescription: "after it", seconds: 10, passed: 10, isFree: true),
        Timeout(testDescription: "zero tries for ever", seconds: 0, passed: 1000, isFree: false),
        Timeout(testDescription: "none tries for ever", seconds: nil, passed: 1000, isFree: false),
    ]

    @Test(arguments: timeouts) func anUnreachableClusterHoldsThePoolForItsTimeout(_ example: Timeout) {
        let world = Self.deleted(after: example.passed) { world in
            Self.withoutProviders(&world)
            world.nodes = .unreachable("timed out")
            world.pool.value[path: "spec", "template", "spec", "deletion"] =
                example.seconds.map { ["nodeDeletionTimeoutSeconds": .int($0)] }
        }
        let decision = world.decide()
        #expect(decision.nodeDeletions.isEmpty)
        #expect(decision.pool.finalizers.isEmpty == example.isFree)
    }

    static let releases: [MachinePoolDecisionTests.Example] = [
        .init("its cluster is being deleted") {
            $0.cluster?.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        } _: { _, decision in
            #expect(decision.pool.finalizers.isEmpty && decision.nodeDeletions.isEmpty)
        },
        .init("its cluster is gone") {
            $0.cluster = nil
        } _: { _, decision in
            #expect(decision.pool.finalizers.isEmpty && decision.failures.isEmpty)
        },
        .init("it never had Nodes") {
            $0.pool.value[path: "status", "nodeRefs"] = nil
        } _: { _, decision in
            #expect(decision.pool.finalizers.isEmpty)
        },
        .init("other finalizers stay") {
            $0.pool.value[path: "metadata", "finalizers"] = ["mine", .string(MachinePoolSpec.finalizer)]
        } _: { _, decision in
            #expect(decision.pool.finalizers == ["mine"])
        },
    ]

    @Test(arguments: releases) func nothingHoldsAPoolThatHasNothingLeft(_ example: MachinePoolDecisionTests.Example) {
        var world = Self.deleted(Self.withoutProviders)
        world.nodes = .known([])
        example.change(&world)
        example.check(world, world.decide())
    }

    // MARK: Defaults

    struct Replicas: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var given: Int?
        var least: String?
        var most: String?
        var before: Int?
        var isNew = false
        var expected: Int?
    }

    static let replicas: [Replicas] = [
        Replicas(testDescription: "one without annotations", expected: 1),
        Replicas(testDescription: "what was there before", before: 4, expected: 4),
        Replicas(testDescription: "what is given", given: 7, least: "1", most: "3", expected: 7),
        Replicas(testDescription: "the least for a new pool", least: "2", most: "5", isNew: true, expected: 2),
        Replicas(testDescription: "within the limits", least: "2", most: "5", before: 3, expected: 3),
        Replicas(testDescription: "no less than the least", least: "2", most: "5", before: 1, expected: 2),
        Replicas(testDescription: "no more than the most", least: "2", most: "5", before: 9, expected: 5),
        Replicas(testDescription: "the least when nothing was before", least: "2", most: "5", expected: 2),
        Replicas(testDescription: "one annotation alone does nothing", least: "2", before: 1, expected: 1),
        Replicas(testDescription: "zero is a number", given: 0, expected: 0),
        Replicas(testDescription: "no number", least: "few", most: "5", expected: nil),
    ]

    @Test(arguments: replicas) func aPoolWithoutReplicasGetsSome(_ example: Replicas) {
        var pool = PoolWorld().pool
        pool.value[path: "spec", "replicas"] = example.given.map { .int($0) }
        let prefix = "cluster.x-k8s.io/cluster-api-autoscaler-node-group-"
        pool.setAnnotation(prefix + "min-size", example.least)
        pool.setAnnotation(prefix + "max-size", example.most)
        #expect(
            MachinePoolDefaults.replicas(of: pool, before: example.before, isNew: example.isNew) == example.expected
        )
    }

    @Test func defaultsFillOnlyWhatIsMissing() {
        var world = PoolWorld()
        world.pool.value[path: "spec", "replicas"] = nil
        world.pool.value[path: "spec", "template", "spec", "deletion"] = nil
        let pool = world.decide().pool
        #expect(pool.spec["replicas"] == 1)
        #expect(pool.spec[path: "template", "spec", "deletion", "nodeDeletionTimeoutSeconds"] == 10)
        #expect(PoolWorld().decide().pool.spec == PoolWorld().pool.spec)
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var path: [String]
        var value: Value?
        var isRefused: Bool
    }

    private static let inner = ["spec", "template", "spec"]
    static let refusals: [Refusal] = [
        Refusal(testDescription: "a good pool", path: inner + ["version"], value: "v1.33.1", isRefused: false),
        Refusal(testDescription: "without v", path: inner + ["version"], value: "1.33.1", isRefused: false),
        Refusal(testDescription: "with build", path: inner + ["version"], value: "v1.33.1+rke2r1", isRefused: false),
        Refusal(testDescription: "two numbers", path: inner + ["version"], value: "v1.33", isRefused: true),
        Refusal(testDescription: "leading zero", path: inner + ["version"], value: "v1.033.1", isRefused: true),
        Refusal(testDescription: "no bootstrap", path: inner + ["bootstrap"], value: [:], isRefused: true),
        Refusal(
            testDescription: "a Secret is enough",
            path: inner + ["bootstrap"],
            value: ["dataSecretName": "x"],
            isRefused: false
        ),
        Refusal(testDescription: "another cluster", path: inner + ["clusterName"], value: "c2", isRefused: true),
        Refusal(testDescription: "moved to a cluster", path: ["spec", "clusterName"], value: "c2", isRefused: true),
        Refusal(testDescription: "taints", path: inner + ["taints"], value: [["key": "x"]], isRefused: true),
    ]

    @Test(arguments: refusals) func namesWhatAdmissionWouldRefuse(_ example: Refusal) {
        let before = PoolWorld().pool
        var pool = before
        pool.value[path: example.path] = example.value
        #expect(MachinePoolDefaults.problems(of: pool, before: before).isEmpty != example.isRefused)
    }

    @Test func aPoolThatAdmissionWouldRefuseIsToldWhyAndLeftAlone() {
        var world = PoolWorld().settled()
        let before = world.pool
        world.pool.value[path: "spec", "template", "spec", "version"] = "v1.33"
        world.infrastructure?.value[path: "spec", "providerIDList"] = ["lab:///a"]
        let decision = world.decide()
        #expect(decision.failures == ["spec.template.spec.version “v1.33” is no semantic version"])
        #expect(decision.nodeDeletions.isEmpty && decision.adopted.isEmpty)
        #expect(MachinePoolSpec(decision.pool).providerIDs == MachinePoolSpec(before).providerIDs)
        world.pool = decision.pool
        #expect(world.legacy("Ready") == "False/InvalidSpec/Error")
        // It may always be deleted.
        world.pool.value[path: "metadata", "deletionTimestamp"] = .string(PoolWorld.now.description)
        #expect(world.decide().deletions.count == 2)
    }

    @Test func versionsGetTheirLetter() {
        #expect(MachinePoolDefaults.version("1.33.1") == "v1.33.1")
        #expect(MachinePoolDefaults.version("v1.33.1") == "v1.33.1")
    }

    @Test(arguments: [
        ("short", "short"), ("with.dots_and-more", "with.dots_and-more"),
        (String(repeating: "a", count: 63), String(repeating: "a", count: 63)),
        // FNV-1a of 64 times “a”, computed apart from this code.
        (String(repeating: "a", count: 64), "hash_2W8PhQ_z"),
    ])
    func namesThatNoLabelCanHoldAreHashed(_ name: String, _ expected: String) {
        #expect(MachinePoolSpec.labelValue(name) == expected)
    }

    // MARK: The older form

    private static var old: PoolWorld {
        var world = PoolWorld()
        world.pool.value["apiVersion"] = "cluster.x-k8s.io/v1beta1"
        world.pool.value[path: "spec", "minReadySeconds"] = 5
        let inner = ["spec", "template", "spec"]
        world.pool.value[path: inner + ["deletion"]] = nil
        world.pool.value[path: inner + ["nodeDeletionTimeout"]] = "1m30s"
        world.pool.value[path: inner + ["bootstrap", "configRef"]] = [
            "apiVersion": "bootstrap.cluster.x-k8s.io/v1beta1", "kind": "KubeadmConfig", "name": "mp",
        ]
        world.pool.value[path: inner + ["infrastructureRef"]] = [
            "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "LabMachinePool", "name": "mp",
            "namespace": "default",
        ]
        return world
    }

    @Test func theOlderFormIsRead() {
        let spec = MachinePoolSpec(Self.old.pool)
        #expect(spec.infrastructure == MachinePoolSpec(PoolWorld().pool).infrastructure)
        #expect(spec.minimumReadyTime == .seconds(5))
        #expect(spec.nodeDeletionTimeout == .seconds(90))
    }

    @Test func theOlderFormIsWritten() throws {
        let status = try #require(Self.old.settled().pool.value["status"])
        #expect(status["bootstrapReady"] == true && status["infrastructureReady"] == true)
        #expect(status["initialization"] == nil && status["deprecated"] == nil)
        #expect(status["readyReplicas"] == 2 && status["availableReplicas"] == 2)
        #expect(status[path: "v1beta2", "upToDateReplicas"] == 2)
        #expect(status[path: "v1beta2", "conditions"]?[0]?["type"] == "Paused")
        #expect(status["conditions"]?[0]?["type"] == "Ready")
        #expect(status["phase"] == "Running")
        #expect(Self.old.settled().decide().pool == Self.old.settled().pool)
    }

    @Test func theNewerFormIsWritten() throws {
        let status = try #require(PoolWorld().settled().pool.value["status"])
        #expect(
            status["initialization"] == ["bootstrapDataSecretCreated": true, "infrastructureProvisioned": true]
        )
        #expect(status["conditions"]?.array?.compactMap { $0["type"]?.string } == ["Paused"])
        #expect(status[path: "deprecated", "v1beta1", "readyReplicas"] == 2)
        let conditions = try #require(status[path: "deprecated", "v1beta1", "conditions"]?.array)
        #expect(
            conditions.compactMap { $0["type"]?.string } == [
                "Ready", "BootstrapReady", "InfrastructureReady", "ReplicasReady",
            ]
        )
        #expect(conditions.allSatisfy { $0["reason"] == nil && $0["severity"] == nil && $0["message"] == nil })
        #expect(
            status["nodeRefs"]?[0] == ["apiVersion": "v1", "kind": "Node", "name": "a", "uid": "a-uid"]
        )
        #expect(status["versions"] == [["version": "v1.33.1", "replicas": 2]])
    }

    @Test func timesMoveOnlyWithTheirConditions() {
        var world = PoolWorld().settled()
        let before = world.pool
        world.now = world.now.advanced(by: .seconds(100))
        #expect(world.decide().pool == before)
    }
}
