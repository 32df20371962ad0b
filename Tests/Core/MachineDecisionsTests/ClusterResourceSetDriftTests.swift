import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct ClusterResourceSetDriftTests {
    typealias Inventory = ClusterResourceSetInventory
    typealias Reference = ClusterResourceSetSpec.Reference

    private static let one = Reference(kind: "ConfigMap", name: "first")
    private static let two = Reference(kind: "Secret", name: "second")

    private static func object(_ kind: String, _ name: String) -> Manifest {
        Manifest([
            "apiVersion": "v1", "kind": .string(kind), "metadata": ["name": .string(name), "namespace": "kube-system"],
        ])
    }

    private static func applied(_ object: Manifest) -> Inventory.Applied {
        var live = object
        live.value[path: "metadata", "uid"] = .string("\(object.name)-uid")
        return Inventory.Applied(object, live: live)
    }

    // MARK: What counts as drift

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var path: [String]
        var value: Value?
        /// The paths that differ; nil when it is no drift.
        var expected: [String]?
    }

    static let examples: [Example] = [
        Example(testDescription: "nothing changed", path: ["status"], value: ["ready": 1], expected: nil),
        Example(
            testDescription: "an applied field",
            path: ["spec", "replicas"],
            value: 5,
            expected: ["spec.replicas"]
        ),
        Example(
            testDescription: "an applied field is gone",
            path: ["data", "mtu"],
            value: nil,
            expected: ["data.mtu"]
        ),
        Example(
            testDescription: "a field that the server fills in",
            path: ["spec", "policy"],
            value: "x",
            expected: nil
        ),
        Example(
            testDescription: "somebody else's annotation",
            path: ["metadata", "annotations", "other"],
            value: "x",
            expected: nil
        ),
        Example(
            testDescription: "one more in an applied list",
            path: ["spec", "ports"],
            value: [["port": 80], ["port": 81]],
            expected: ["spec.ports"]
        ),
        Example(
            testDescription: "a default inside of an applied list",
            path: ["spec", "ports"],
            value: [["port": 80, "protocol": "TCP"]],
            expected: nil
        ),
        Example(
            testDescription: "a label that was applied",
            path: ["metadata", "labels", "app"],
            value: "other",
            expected: ["metadata.labels.app"]
        ),
        Example(testDescription: "versions of the object", path: ["metadata", "generation"], value: 9, expected: nil),
    ]

    private static let manifest = Manifest([
        "apiVersion": "v1", "kind": "Thing",
        "metadata": ["name": "t", "namespace": "n", "labels": ["app": "t"]],
        "data": ["mtu": "1400"], "spec": ["replicas": 1, "memory": "1024Mi", "ports": [["port": 80]]],
    ])
    /// The server writes quantities in its own way, and adds what was left out.
    private static var live: Manifest {
        var live = manifest
        live.value[path: "spec", "memory"] = "1Gi"
        live.value[path: "spec", "policy"] = "Always"
        live.value[path: "metadata", "uid"] = "u"
        live.value[path: "metadata", "generation"] = 1
        return live
    }

    @Test(arguments: examples) func onlyAppliedFieldsDrift(_ example: Example) {
        let noted = Inventory.Applied(Self.manifest, live: Self.live)
        var now = Self.live
        now.value[path: example.path] = example.value
        let drift = ClusterResourceSetDrift.compare(now, with: noted, Self.manifest)
        guard let expected = example.expected else {
            #expect(drift == nil)
            return
        }
        guard case .changed(let paths)? = drift?.kind else {
            Issue.record("no drift")
            return
        }
        #expect(Set(expected).isSubset(of: paths))
        #expect(drift?.text.hasPrefix("Thing n/t: ") == true)
    }

    @Test func anObjectThatIsGoneOrGoingIsMissing() {
        let noted = Inventory.Applied(Self.manifest, live: Self.live)
        var going = Self.live
        going.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        for live in [nil, going] {
            let drift = ClusterResourceSetDrift.compare(live, with: noted, Self.manifest)
            #expect(drift?.kind == .missing)
            #expect(drift?.text == "Thing n/t is gone")
        }
    }

    // MARK: What is remembered

    @Test func theBindingRemembersWhatWasApplied() {
        var inventory = Inventory()
        inventory[set: "cni", source: Self.one] = [Self.applied(Self.object("ConfigMap", "a"))]
        inventory[set: "csi", source: Self.two] = [Self.applied(Self.object("Secret", "b"))]
        let binding = inventory.noted(in: Manifest(["metadata": ["name": "c1"]]))
        #expect(Inventory(of: binding) == inventory)
        #expect(inventory.noted(in: binding) == binding)
        inventory.forget("cni")
        inventory.forget("csi")
        #expect(inventory.noted(in: binding).annotations.isEmpty)
    }

    @Test(arguments: ["", "{", "[]", #"{"cni": {"ConfigMap/a": [["v1"]]}}"#])
    func aDamagedMemoryIsNone(_ text: String) {
        var binding = Manifest(["metadata": ["name": "c1"]])
        binding.setAnnotation(Inventory.annotation, text)
        let inventory = Inventory(of: binding)
        #expect(inventory[set: "cni", source: .init(kind: "ConfigMap", name: "a")]?.isEmpty ?? true)
    }

    struct Leaving: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// What the sources want now; nil for one that cannot be read.
        var first: [String]?
        var references = [one, two]
        /// What is deleted.
        var expected: [String]
        var others: [String] = []
        var kept: [String] = []
    }

    static let leavings: [Leaving] = [
        Leaving(testDescription: "nothing left", first: ["ConfigMap/a", "ConfigMap/b", "Namespace/n"], expected: []),
        Leaving(
            testDescription: "one left",
            first: ["ConfigMap/a", "Namespace/n"],
            expected: ["b"]
        ),
        Leaving(
            testDescription: "a Namespace stays",
            first: ["ConfigMap/a", "ConfigMap/b"],
            expected: [],
            kept: ["n"]
        ),
        Leaving(testDescription: "a source that cannot be read keeps everything", first: nil, expected: []),
        Leaving(
            testDescription: "a source that the set names no more",
            first: nil,
            references: [two],
            expected: ["a", "b"],
            kept: ["n"]
        ),
        Leaving(
            testDescription: "what another set has put there too stays",
            first: ["ConfigMap/a", "Namespace/n"],
            expected: [],
            others: ["ConfigMap/b"],
            kept: ["b"]
        ),
    ]

    @Test(arguments: leavings) func whatLeftItsSourceIsDeleted(_ example: Leaving) {
        func objects(_ words: [String]) -> [Manifest] {
            words.map { word in
                let parts = word.split(separator: "/").map(String.init)
                return Self.object(parts[0], parts[1])
            }
        }
        var inventory = Inventory()
        inventory[set: "cni", source: Self.one] = objects(["ConfigMap/a", "ConfigMap/b", "Namespace/n"])
            .map(Self.applied)
        inventory[set: "other", source: Self.one] = objects(example.others).map(Self.applied)
        let desired = example.first.map { [Self.one: objects($0)] } ?? [:]
        let leaving = inventory.leaving(set: "cni", references: example.references, desired: desired)
        #expect(leaving.filter { !$0.isKept }.map(\.object.name) == example.expected)
        #expect(leaving.filter(\.isKept).map(\.object.name) == example.kept)
        #expect(leaving.allSatisfy { $0.object.uid == "\($0.object.name)-uid" })
    }

    @Test func anObjectThatMovedToAnotherSourceStays() {
        var inventory = Inventory()
        inventory[set: "cni", source: Self.one] = [Self.applied(Self.object("ConfigMap", "a"))]
        let leaving = inventory.leaving(
            set: "cni",
            references: [Self.one, Self.two],
            desired: [Self.one: [], Self.two: [Self.object("ConfigMap", "a")]]
        )
        #expect(leaving.map(\.isKept) == [true])
    }

    // MARK: Repairs

    @Test func threeRepairsInTenMinutesAreEnough() {
        var repairs = ClusterResourceSetRepairs()
        let start = Timestamp(seconds: 1_790_000_000)
        func ask(_ object: String, after seconds: Int) -> Bool {
            repairs.mayRepair(object, now: start.advanced(by: .seconds(seconds)))
        }
        let answers = (0..<5).map { ask("a", after: $0) }
        #expect(answers == [true, true, true, false, false])
        let (other, later) = (ask("b", after: 5), ask("a", after: 605))
        #expect(other && later)
        repairs.forget { $0 == "b" }
        let forgotten = (0..<3).map { ask("b", after: 5 + $0) }
        #expect(forgotten == [true, true, true])
    }

    @Test func theConditionTellsOfDrift() {
        let set = Manifest([
            "apiVersion": "addons.cluster.x-k8s.io/v1beta2", "kind": "ClusterResourceSet",
            "metadata": ["name": "cni", "generation": 2],
        ])
        func condition(_ change: (inout ClusterResourceSetDriftReport) -> Void, on set: Manifest) -> Manifest {
            var report = ClusterResourceSetDriftReport()
            change(&report)
            var set = set
            set.value["status"] = ClusterResourceSetVerdict.applied.status(of: set, drift: report, now: "t")
            return set
        }
        let type = ClusterResourceSetDriftReport.conditionType
        let unseen = condition({ $0.isIncomplete = true }, on: set)
        #expect(unseen.condition(type) == nil)
        let calm = condition({ _ in }, on: set)
        #expect(calm.condition(type)?.reason == "NoDrift")
        let found = condition({ $0.found = ["x"] }, on: calm)
        #expect(found.condition(type)?.status == .yes && found.condition(type)?.message == "x")
        #expect(condition({ $0.isIncomplete = true }, on: found).condition(type)?.status == .yes)
        let repaired = condition({ $0.repaired = ["x"] }, on: found)
        #expect(repaired.condition(type)?.reason == "DriftRepaired" && repaired.condition(type)?.status == .no)
        #expect(condition({ _ in }, on: repaired).condition(type)?.message == "x", "what was repaired last stays")
    }
}
