import Foundation
import KubernetesModel
import LabTestSupport
import ResourceSetReconcilers
import StructuredValue
import Testing

/// The rules of ClusterResourceSets on a server without providers, which may be a real one.
@Suite(.timeLimit(.minutes(3))) struct ResourceSetRuleTests {
    private static let addons = "addons.cluster.x-k8s.io"

    private func withSets(_ body: @escaping @Sendable (LabUnderTest) async throws -> Void) async throws {
        try await LabUnderTest.bare({ await ResourceSetService($0).run() }, body)
    }

    /// A set of these sources for clusters labelled `env: test`.
    private static func set(_ name: String = "cni", _ sources: String..., strategy: String = "ApplyOnce") -> String {
        """
        apiVersion: addons.cluster.x-k8s.io/v1beta2
        kind: ClusterResourceSet
        metadata: {name: \(name)}
        spec:
          clusterSelector: {matchLabels: {env: test}}
          strategy: \(strategy)
          resources: [\(sources.map { "{kind: \($0.split(separator: "/")[0]), name: \($0.split(separator: "/")[1])}" }
            .joined(separator: ", "))]
        ---

        """
    }

    /// A ConfigMap whose one value holds a ConfigMap of this name and colour.
    private static func source(_ name: String, holds object: String, colour: String = "blue", _ lab: LabUnderTest)
        -> String
    {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: \(name)}
        data: {a.yaml: '\(content(object, colour, lab))'}
        ---

        """
    }

    private static func content(_ name: String, _ colour: String, _ lab: LabUnderTest) -> String {
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: \(name), namespace: \(lab.namespace)}, "
            + "data: {colour: \(colour)}}"
    }

    private func setContent(of source: String, _ text: String, _ lab: LabUnderTest) async throws {
        try await lab.patch("ConfigMap", source, group: "", ["data": ["a.yaml": .string(text)]])
    }

    private func colour(_ name: String, _ lab: LabUnderTest) async throws -> String? {
        try await lab.get("ConfigMap", name, group: "")?.value["data"]?["colour"]?.string
    }

    private func condition(_ lab: LabUnderTest, _ set: String = "cni") async throws -> Condition? {
        try await lab.get("ClusterResourceSet", set, group: Self.addons)?.condition("ResourcesApplied")
    }

    /// What a binding says of a source of a set: its hash, and whether it is applied; nil when it says nothing.
    private func bound(
        _ source: String,
        _ lab: LabUnderTest,
        set: String = "cni",
        cluster: String = "c1"
    ) async throws -> (hash: String, isApplied: Bool)? {
        let binding = try await lab.get("ClusterResourceSetBinding", cluster, group: Self.addons)
        let entry = binding?.spec["bindings"]?.array?.first { $0["clusterResourceSetName"]?.string == set }
        let item = entry?["resources"]?.array?.first { $0["name"]?.string == source }
        return item.map { ($0["hash"]?.string ?? "", $0["applied"]?.bool ?? false) }
    }

    @Test func everySourceIsAppliedAndNotedInTheBinding() async throws {
        try await withSets { lab in
            let secret = Data(Self.content("from-secret", "red", lab).utf8).base64EncodedString()
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create(
                Self.source("plain", holds: "from-map", lab)
                    + """
                    apiVersion: v1
                    kind: Secret
                    type: addons.cluster.x-k8s.io/resource-set
                    metadata: {name: hidden}
                    data: {a.yaml: \(secret)}
                    ---

                    """ + Self.set("cni", "ConfigMap/plain", "Secret/hidden")
            )
            try await lab.until("it is said") { try await condition(lab)?.status == .yes }
            #expect(try await condition(lab)?.reason == "Applied")
            #expect(try await colour("from-map", lab) == "blue")
            #expect(try await colour("from-secret", lab) == "red")
            let set = try #require(try await lab.get("ClusterResourceSet", "cni", group: Self.addons))
            #expect(set.finalizers == ["addons.cluster.x-k8s.io"])
            #expect(set.status["observedGeneration"] == set.generation.map { .int($0) })
            let binding = try #require(try await lab.get("ClusterResourceSetBinding", "c1", group: Self.addons))
            #expect(binding.spec["clusterName"] == "c1")
            #expect(binding.ownerReferences.map(\.uid) == [set.uid])
            for source in ["plain", "hidden"] {
                let bound = try #require(try await bound(source, lab))
                #expect(bound.isApplied && bound.hash.hasPrefix("sha256:"))
            }
            for (kind, name) in [("ConfigMap", "plain"), ("Secret", "hidden")] {
                let owners = try await lab.get(kind, name, group: "")?.ownerReferences ?? []
                #expect(owners.map(\.uid) == [set.uid] && owners.map(\.isController) == [false])
            }
        }
    }

    @Test func aMissingSourceIsNamedAndHoldsNoOtherUp() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create(
                Self.source("here", holds: "first", lab) + Self.set("cni", "ConfigMap/late", "ConfigMap/here")
            )
            try await lab.until("the other is applied") { try await colour("first", lab) == "blue" }
            try await lab.until("it is said") { try await condition(lab)?.status == .no }
            #expect(try await condition(lab)?.reason == "InternalError")
            #expect(try await condition(lab)?.message == "ConfigMap late does not exist")
            #expect(try await bound("late", lab) == nil)
            try await lab.create(Self.source("late", holds: "second", lab))
            try await lab.until("it is applied when it comes") { try await colour("second", lab) == "blue" }
            try await lab.until("all is well") { try await condition(lab)?.status == .yes }
        }
    }

    @Test func aSecretOfAnotherTypeStopsTheSet() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create(
                """
                apiVersion: v1
                kind: Secret
                metadata: {name: odd}
                stringData: {a.yaml: "# nothing"}
                ---

                """ + Self.source("good", holds: "first", lab) + Self.set("cni", "ConfigMap/good", "Secret/odd")
            )
            try await lab.until("it is said") { try await condition(lab)?.reason == "WrongSecretType" }
            #expect(try await colour("first", lab) == nil)
            #expect(try await lab.get("ClusterResourceSetBinding", "c1", group: Self.addons) == nil)
            try await lab.delete("Secret", "odd", group: "")
            try await lab.create(
                """
                apiVersion: v1
                kind: Secret
                type: addons.cluster.x-k8s.io/resource-set
                metadata: {name: odd}
                stringData: {a.yaml: "# nothing"}
                """
            )
            try await lab.until("it goes on") { try await condition(lab)?.status == .yes }
            #expect(try await colour("first", lab) == "blue")
        }
    }

    @Test func eachSourceThatFailsIsNotedAndTheRestIsApplied() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            let unknown = "{apiVersion: nobody.example/v1, kind: Ghost, metadata: {name: g}}"
            try await lab.create(
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: bad}
                data:
                  a.yaml: '\(unknown)'
                  b.yaml: '\(Self.content("after", "blue", lab))'
                ---
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: broken}
                data: {a.yaml: "kind: [x"}
                ---

                """ + Self.source("good", holds: "first", lab)
                    + Self.set("cni", "ConfigMap/bad", "ConfigMap/broken", "ConfigMap/good")
            )
            try await lab.until("it is said") { try await condition(lab)?.reason == "NotApplied" }
            try await lab.until("the rest is applied") { try await colour("first", lab) == "blue" }
            #expect(try await colour("after", lab) == "blue", "what stands after it in the same source")
            let message = try await condition(lab)?.message ?? ""
            #expect(message.contains("Ghost") && message.contains("ConfigMap broken, key a.yaml"), "\(message)")
            #expect(try #require(try await bound("bad", lab)).isApplied == false)
            let broken = try #require(try await bound("broken", lab))
            #expect(broken.hash.isEmpty && !broken.isApplied)
            #expect(try #require(try await bound("good", lab)).isApplied)
            // Corrected: what failed is tried again although the strategy applies once.
            try await setContent(of: "bad", Self.content("corrected", "green", lab), lab)
            try await setContent(of: "broken", "# nothing", lab)
            try await lab.until("all is well") { try await condition(lab)?.status == .yes }
            #expect(try await colour("corrected", lab) == "green")
        }
    }

    @Test func applyOnceLeavesWhatIsThereAlready() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create("{apiVersion: v1, kind: ConfigMap, metadata: {name: first}, data: {colour: mine}}")
            try await lab.create(Self.source("s", holds: "first", lab) + Self.set("cni", "ConfigMap/s"))
            try await lab.until("it counts as applied") { try await condition(lab)?.status == .yes }
            #expect(try await colour("first", lab) == "mine")
            #expect(try #require(try await bound("s", lab)).isApplied)
        }
    }

    @Test func anotherStrategyIsFollowed() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create(Self.source("s", holds: "first", lab) + Self.set("cni", "ConfigMap/s"))
            try await lab.until("it is applied") { try await colour("first", lab) == "blue" }
            try await lab.until("it is noted") { try await bound("s", lab)?.isApplied == true }
            let before = try await bound("s", lab)?.hash
            try await setContent(of: "s", Self.content("first", "red", lab), lab)
            try await lab.until("it is seen") { try await condition(lab)?.status == .yes }
            #expect(try await lab.writesWhileIdle(of: "ConfigMap", "first", for: .milliseconds(500)) == 0)
            do {
                try await lab.patch(
                    "ClusterResourceSet",
                    "cni",
                    group: Self.addons,
                    ["spec": ["strategy": "Reconcile"]]
                )
            } catch {
                // Cluster API's own admission refuses it; then there is nothing to follow.
                return
            }
            try await lab.until("the source is applied again") { try await colour("first", lab) == "red" }
            try await lab.until("its hash is another") {
                let hash = try await bound("s", lab)?.hash
                return hash?.isEmpty == false && hash != before
            }
        }
    }

    @Test func labelsDecideAndWhatWasAppliedStays() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: prod}")
            try await lab.create(Self.source("s", holds: "first", lab) + Self.set("cni", "ConfigMap/s"))
            try await lab.until("the set is seen") {
                let set = try await lab.get("ClusterResourceSet", "cni", group: Self.addons)
                return set?.condition("Paused")?.status == .no && set?.status["observedGeneration"] != nil
            }
            #expect(try await condition(lab) == nil)
            #expect(try await colour("first", lab) == nil)
            try await lab.patch("Cluster", "c1", ["metadata": ["labels": ["env": "test"]]])
            try await lab.until("it is applied") { try await colour("first", lab) == "blue" }
            try await lab.until("it is noted") { try await bound("s", lab)?.isApplied == true }
            try await lab.patch("Cluster", "c1", ["metadata": ["labels": ["env": "prod"]]])
            try await setContent(of: "s", Self.content("second", "red", lab), lab)
            #expect(try await lab.writesWhileIdle(of: "ConfigMap", "first", for: .milliseconds(500)) == 0)
            #expect(try await bound("s", lab)?.isApplied == true)
            #expect(try await colour("first", lab) == "blue")
        }
    }

    /// Cluster API looks at nothing else when one of the sets of a namespace has a selector that it cannot read.
    @Test func aBrokenSelectorHidesNoOtherSet() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: prod}")
            try await lab.create(
                Self.source("s", holds: "first", lab)
                    + """
                    apiVersion: addons.cluster.x-k8s.io/v1beta2
                    kind: ClusterResourceSet
                    metadata: {name: broken}
                    spec:
                      clusterSelector: {matchExpressions: [{key: env, operator: Like, values: [x]}]}
                      resources: [{kind: ConfigMap, name: s}]
                    ---

                    """ + Self.set("cni", "ConfigMap/s")
            )
            try await lab.until("it is said") { try await condition(lab, "broken")?.reason == "InternalError" }
            try await lab.patch("Cluster", "c1", ["metadata": ["labels": ["env": "test"]]])
            try await lab.until("the other is applied") { try await colour("first", lab) == "blue" }
        }
    }

    @Test func twoSetsShareABindingAndOneLeavesIt() async throws {
        try await withSets { lab in
            // Beside it a Cluster without a binding: it must not end the deletion early.
            try await lab.createCluster("c0", labels: "{env: none}")
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create(
                Self.source("s", holds: "first", lab) + Self.source("t", holds: "second", lab)
                    + Self.set("cni", "ConfigMap/s") + Self.set("csi", "ConfigMap/t")
            )
            try await lab.until("both are noted") {
                let first = try await bound("s", lab)
                let second = try await bound("t", lab, set: "csi")
                return first?.isApplied == true && second?.isApplied == true
            }
            try await lab.patch("Cluster", "c0", ["metadata": ["labels": ["env": "test"]]])
            try await lab.delete("ClusterResourceSet", "cni", group: Self.addons)
            try await lab.until("it is gone") {
                try await lab.get("ClusterResourceSet", "cni", group: Self.addons) == nil
            }
            #expect(try await bound("s", lab) == nil)
            #expect(try await bound("t", lab, set: "csi")?.isApplied == true)
            let owners = try await lab.get("ClusterResourceSetBinding", "c1", group: Self.addons)?.ownerReferences
            #expect(owners?.map(\.name) == ["csi"])
            #expect(try await colour("first", lab) == "blue", "nothing is deleted in workload clusters")
            try await lab.delete("ClusterResourceSet", "csi", group: Self.addons)
            try await lab.until("the binding is gone with the last") {
                try await lab.get("ClusterResourceSetBinding", "c1", group: Self.addons) == nil
            }
            #expect(try await colour("second", lab) == "blue")
        }
    }

    @Test func aBindingGoesWithItsCluster() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            try await lab.create(Self.source("s", holds: "first", lab) + Self.set("cni", "ConfigMap/s"))
            try await lab.until("it is noted") { try await bound("s", lab)?.isApplied == true }
            try await lab.delete("Cluster", "c1")
            try await lab.until("the binding is gone") {
                try await lab.get("ClusterResourceSetBinding", "c1", group: Self.addons) == nil
            }
            #expect(try await lab.get("ClusterResourceSet", "cni", group: Self.addons) != nil)
        }
    }

    @Test func onlyTheSetsOwnPauseCounts() async throws {
        try await withSets { lab in
            try await lab.createCluster(labels: "{env: test}")
            try await lab.patch("Cluster", "c1", ["spec": ["paused": true]])
            try await lab.create(Self.source("s", holds: "first", lab) + Self.set("cni", "ConfigMap/s"))
            try await lab.until("a paused Cluster gets it") { try await colour("first", lab) == "blue" }
            func pause(_ text: Value) async throws {
                let annotations: Value = ["cluster.x-k8s.io/paused": text]
                try await lab.patch(
                    "ClusterResourceSet",
                    "cni",
                    group: Self.addons,
                    ["metadata": ["annotations": annotations]]
                )
            }
            try await pause("")
            try await lab.until("it says so") {
                try await lab.get("ClusterResourceSet", "cni", group: Self.addons)?.isTrue("Paused") == true
            }
            try await lab.delete("ClusterResourceSet", "cni", group: Self.addons)
            #expect(try await lab.writesWhileIdle(of: "ConfigMap", "first", for: .milliseconds(500)) == 0)
            #expect(try await lab.get("ClusterResourceSet", "cni", group: Self.addons) != nil)
            try await pause(.null)
            try await lab.until("then it goes") {
                try await lab.get("ClusterResourceSet", "cni", group: Self.addons) == nil
            }
        }
    }
}
