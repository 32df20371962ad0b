import KubernetesModel
import StructuredValue
import Testing

@testable import ClusterSimulator

@Suite struct DecisionTests {
    static let now = Timestamp(seconds: 1_790_000_000)

    @Test(arguments: [
        ("Random", ["marked", "sick", "a", "b"]), ("Newest", ["marked", "sick", "b", "a"]),
        ("Oldest", ["marked", "sick", "a", "b"]),
    ])
    func surplusMachinesGoInOrder(_ order: String, _ expected: [String]) {
        func machine(_ name: String, _ age: Int, isMarked: Bool = false, isSick: Bool = false) -> Manifest {
            var machine = Manifest(["metadata": ["name": .string(name)], "status": ["nodeRef": ["name": "n"]]])
            machine.set("metadata", "creationTimestamp", to: .string(Self.now.advanced(by: .seconds(-age)).description))
            if isMarked { machine.setAnnotation(CAPI.deleteMachineAnnotation, "") }
            if isSick { machine.setCondition("NodeHealthy", .no, "NodeNotHealthy", now: Self.now) }
            return machine
        }
        let machines = [
            machine("b", 10), machine("a", 20), machine("sick", 5, isSick: true), machine("marked", 1, isMarked: true),
        ]
        #expect(rankForDeletion(machines, order: order).map(\.name) == expected)
    }

    struct PoolExample: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var instances: String
        var desired: Int
        var joined = true
        var expected: String
    }

    static let pools: [PoolExample] = [
        PoolExample(
            testDescription: "places for those that are missing",
            instances: "a2",
            desired: 3,
            expected: "a2 +2 +2"
        ),
        PoolExample(testDescription: "the newest goes first", instances: "a2 b2 c2", desired: 2, expected: "a2 b2"),
        PoolExample(
            testDescription: "the outdated goes before the newest",
            instances: "a2 b1 c2",
            desired: 1,
            expected: "a2"
        ),
        PoolExample(
            testDescription: "a roll begins with one more",
            instances: "a1 b1",
            desired: 2,
            expected: "a1 b1 +2"
        ),
        PoolExample(
            testDescription: "a roll waits for who has not joined",
            instances: "a1 b1 c2",
            desired: 2,
            joined: false,
            expected: "a1 b1 c2"
        ),
        PoolExample(testDescription: "then an outdated one goes", instances: "a1 b1 c2", desired: 2, expected: "b1 c2"),
        PoolExample(testDescription: "a pool as wanted stays", instances: "a2 b2", desired: 2, expected: "a2 b2"),
    ]

    @Test(arguments: pools)
    func poolsKeepTheirSize(_ example: PoolExample) {
        let instances = example.instances.split(separator: " ").map {
            PoolInstance(name: String($0.prefix(1)), version: String($0.suffix(1)), since: Self.now)
        }
        let next = nextInstances(instances, desired: example.desired, version: "2") { _ in example.joined }
        let text = next.map { ($0.name.isEmpty ? "+" : $0.name) + $0.version }.joined(separator: " ")
        #expect(text == example.expected)
    }

    @Test func aMergePatchHoldsOnlyWhatDiffers() {
        let old: Value = ["a": 1, "b": ["c": 1, "d": 2], "e": [1]]
        #expect(mergePatch(from: old, to: old) == nil)
        #expect(
            mergePatch(from: old, to: ["a": 1, "b": ["c": 3], "e": [1, 2]]) == ["b": ["c": 3, "d": nil], "e": [1, 2]]
        )
    }

    @Test func conditionsKeepTheirTimeWhileTheirStatusStays() {
        var object = Manifest([:])
        object.setCondition("Ready", .no, "A", now: Self.now)
        let later = Self.now.advanced(by: .seconds(60))
        object.setCondition("Ready", .no, "B", now: later)
        #expect(object.condition("Ready")?.lastTransitionTime == Self.now.description)
        object.setCondition("Ready", .yes, "C", now: later)
        #expect(object.condition("Ready")?.lastTransitionTime == later.description)
    }

    @Test func aClusterOfAPausedKindIsLeftAlone() {
        let cluster = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
            "metadata": ["name": "c", "namespace": "n", "uid": "u"], "spec": ["paused": true],
        ])
        let view = ClusterView(key: ClusterKey(namespace: "n", name: "c"), objects: [cluster.key: cluster])
        let draft = decide(view, now: Self.now, rules: LabRules(timeScale: 1))
        #expect(draft.requests.isEmpty)
        #expect(draft.writes.count == 1)
        #expect(draft[cluster.key]?.isTrue("Paused") == true)
    }

    @Test func aTopologyWithoutObjectsIsLeftToItsController() {
        var cluster = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
            "metadata": ["name": "c", "namespace": "n", "uid": "u"],
            "spec": [
                "topology": ["classRef": ["name": "k"], "version": "v1.33.0"],
                "infrastructureRef": [
                    "apiGroup": "infrastructure.cluster.x-k8s.io", "kind": "LabCluster", "name": "c",
                ],
            ],
        ])
        let infrastructure = Manifest([
            "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta2", "kind": "LabCluster",
            "metadata": ["name": "c", "namespace": "n", "uid": "i"],
        ])
        func writes(_ objects: [Manifest]) -> Int {
            let pairs = objects.map { ($0.key, $0) }
            let view = ClusterView(
                key: ClusterKey(namespace: "n", name: "c"),
                objects: Dictionary(uniqueKeysWithValues: pairs)
            )
            return decide(view, now: Self.now, rules: LabRules(timeScale: 1)).writes.count
        }
        #expect(writes([cluster]) == 0)
        #expect(writes([cluster, infrastructure]) > 0)
        // What was begun is carried on, whatever has gone meanwhile.
        cluster.setAnnotation(CAPI.portAnnotation, "1")
        #expect(writes([cluster]) > 0)
    }

    @Test(arguments: [false, true])
    func onlyAdoptedObjectsAreReleased(_ isAdopted: Bool) {
        var set = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineSet",
            "metadata": [
                "name": "s", "namespace": "n", "uid": "s", "finalizers": [.string(CAPI.setFinalizer)],
                "deletionTimestamp": .string(Self.now.description),
            ],
            "spec": ["clusterName": "c"],
        ])
        if isAdopted {
            set.value[path: "metadata", "ownerReferences"] = [
                ["apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster", "name": "c", "uid": "u"]
            ]
        }
        let view = ClusterView(key: ClusterKey(namespace: "n", name: "c"), objects: [set.key: set])
        let draft = decide(view, now: Self.now, rules: LabRules(timeScale: 1))
        #expect(draft.writes.isEmpty == !isAdopted)
    }

    @Test func versionsAreOrderedByNumber() {
        #expect(KubernetesVersion("v1.9.0") < KubernetesVersion("v1.10.0"))
        #expect(KubernetesVersion("1.33.1") == KubernetesVersion("v1.33.1"))
    }
}
