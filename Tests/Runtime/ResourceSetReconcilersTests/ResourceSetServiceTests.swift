import KubernetesClient
import KubernetesModel
import LabTestSupport
import ResourceSetReconcilers
import StructuredValue
import Testing

/// The service against the lab: a management cluster and its workload clusters are real servers.
@Suite(.timeLimit(.minutes(3))) struct ResourceSetServiceTests {
    private static let addons = "addons.cluster.x-k8s.io"
    private static let configMap = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
    private static let space = GroupVersionKind(group: "", version: "v1", kind: "Namespace")

    private func withSets(_ body: @escaping @Sendable (LabUnderTest) async throws -> Void) async throws {
        try await LabUnderTest.run({ await ResourceSetService($0).run() }, body)
    }

    /// A set named `cni` with its source.
    private static func set(_ strategy: String = "Reconcile", mtu: String = "1400", rest: String = "") -> String {
        """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: cni, namespace: default}
        data:
          cni.yaml: |
        \(content(mtu: mtu, rest: rest).split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
        ---
        apiVersion: addons.cluster.x-k8s.io/v1beta2
        kind: ClusterResourceSet
        metadata: {name: cni, namespace: default}
        spec:
          clusterSelector: {matchLabels: {env: test}}
          strategy: \(strategy)
          resources: [{kind: ConfigMap, name: cni}]
        """
    }

    private static func content(mtu: String, rest: String = "") -> String {
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: cni-system}
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: cni, namespace: cni-system}
        data: {mtu: "\(mtu)"}
        ---
        \(rest)
        """
    }

    private static let extra = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: extra, namespace: cni-system}
        data: {a: b}
        """

    private func setContent(_ text: String, _ lab: LabUnderTest) async throws {
        try await lab.patch("ConfigMap", "cni", group: "", ["data": ["cni.yaml": .string(text)]])
    }

    private func read(_ name: String, _ lab: LabUnderTest, in cluster: String = "c1") async throws -> Manifest? {
        try await lab.workload(cluster)?.get(Self.configMap, namespace: "cni-system", name: name)
    }

    private func mtu(_ lab: LabUnderTest, in cluster: String = "c1") async throws -> String? {
        // A cluster that does not answer yet has none.
        (try? await read("cni", lab, in: cluster))?.value["data"]?["mtu"]?.string
    }

    /// A set that has applied nothing yet has no drift either.
    private func isWatched(_ lab: LabUnderTest) async throws -> Bool {
        guard try await mtu(lab) == "1400" else { return false }
        return try await drift(lab)?.reason == "NoDrift"
    }

    private func drift(_ lab: LabUnderTest) async throws -> Condition? {
        try await lab.get("ClusterResourceSet", "cni", group: Self.addons)?.condition("martlet.dev/Drifted")
    }

    private func change(_ name: String, _ patch: Value, _ lab: LabUnderTest) async throws {
        try await lab.workload("c1")?.patch(
            Self.configMap,
            namespace: "cni-system",
            name: name,
            with: patch,
            as: .merge,
            fieldManager: "somebody"
        )
    }

    @Test func driftIsPutBack() async throws {
        try await withSets { lab in
            try await lab.create(sampleCluster(labels: "{env: test}") + Self.set())
            try await lab.until("it is applied") { try await mtu(lab) == "1400" }
            try await lab.until("it is applied and watched") { try await isWatched(lab) }
            try await change("cni", ["data": ["mtu": "9000"]], lab)
            try await lab.until("the value is back") { try await mtu(lab) == "1400" }
            try await lab.until("it is told") { try await drift(lab)?.reason == "DriftRepaired" }
            #expect(try await drift(lab)?.message == "Cluster c1: ConfigMap cni-system/cni: data.mtu differs")
            try await lab.workload("c1")?.delete(Self.configMap, namespace: "cni-system", name: "cni")
            try await lab.until("the object is back") { try await mtu(lab) == "1400" }
            try await lab.until("that is told, too") { try await drift(lab)?.message.hasSuffix("is gone") == true }
            let events = try await lab.all("Event", group: "")
            #expect(events.contains { $0.value["reason"] == "DriftRepaired" })
            #expect(try await lab.writesWhileIdle() == 0)
        }
    }

    @Test func nobodyIsFoughtForEver() async throws {
        try await withSets { lab in
            try await lab.create(sampleCluster(labels: "{env: test}") + Self.set())
            try await lab.until("it is applied and watched") { try await isWatched(lab) }
            for _ in 0..<3 {
                try await change("cni", ["data": ["mtu": "9000"]], lab)
                try await lab.until("the value is back") { try await mtu(lab) == "1400" }
            }
            try await change("cni", ["data": ["mtu": "9000"]], lab)
            try await lab.until("it gives up") { try await drift(lab)?.status == .yes }
            #expect(try await mtu(lab) == "9000")
            #expect(try await drift(lab)?.message.contains("put back 3 times") == true)
            try await setContent(Self.content(mtu: "1450"), lab)
            try await lab.until("a new source is applied") { try await mtu(lab) == "1450" }
        }
    }

    @Test func whatLeftTheSourceGoes() async throws {
        try await withSets { lab in
            try await lab.create(sampleCluster(labels: "{env: test}") + Self.set(rest: Self.extra))
            try await lab.until("both are applied") {
                // A cluster that does not answer yet has none.
                (try? await read("extra", lab)) != nil
            }
            try await setContent(Self.content(mtu: "1450"), lab)
            try await lab.until("one is gone") { try await read("extra", lab) == nil }
            #expect(try await mtu(lab) == "1450")
            try await setContent("# nothing\n", lab)
            try await lab.until("the other is gone") { try await read("cni", lab) == nil }
            let space = try await lab.workload("c1")?.get(Self.space, namespace: "", name: "cni-system")
            #expect(space?.isBeingDeleted == false, "a Namespace takes too much with it")
        }
    }

    @Test func anObjectOfTheSameNameIsNotDeletedForItsPredecessor() async throws {
        try await withSets { lab in
            try await lab.create(sampleCluster(labels: "{env: test}") + Self.set(rest: Self.extra))
            try await lab.until("both are applied") { (try? await read("extra", lab)) != nil }  // not there at first
            try await lab.patch(
                "ClusterResourceSet",
                "cni",
                group: Self.addons,
                [
                    "metadata": ["annotations": ["cluster.x-k8s.io/paused": ""]]
                ]
            )
            try await lab.until("it is paused") {
                try await lab.get("ClusterResourceSet", "cni", group: Self.addons)?.isTrue("Paused") == true
            }
            let workload = try #require(try await lab.workload("c1"))
            try await workload.delete(Self.configMap, namespace: "cni-system", name: "extra")
            for object in try LabUnderTest.objects(Self.extra) {
                try await workload.create(object, fieldManager: "somebody")
            }
            try await setContent(Self.content(mtu: "1450"), lab)
            try await lab.patch(
                "ClusterResourceSet",
                "cni",
                group: Self.addons,
                [
                    "metadata": ["annotations": ["cluster.x-k8s.io/paused": .null]]
                ]
            )
            try await lab.until("the new source is applied") { try await mtu(lab) == "1450" }
            #expect(try await read("extra", lab) != nil)
        }
    }

    @Test func applyOnceShowsDriftAndTouchesNothing() async throws {
        try await withSets { lab in
            try await lab.create(sampleCluster(labels: "{env: test}") + Self.set("ApplyOnce", rest: Self.extra))
            try await lab.until("it is applied and watched") { try await isWatched(lab) }
            try await change("cni", ["data": ["mtu": "9000"]], lab)
            try await lab.until("it shows") { try await drift(lab)?.status == .yes }
            #expect(try await drift(lab)?.message == "Cluster c1: ConfigMap cni-system/cni: data.mtu differs")
            #expect(try await mtu(lab) == "9000")
            try await change("cni", ["data": ["mtu": "1400"]], lab)
            try await lab.until("it is calm again") { try await drift(lab)?.status == .no }
            try await setContent(Self.content(mtu: "1450"), lab)
            #expect(try await lab.writesWhileIdle(for: .milliseconds(500)) == 0)
            #expect(try await mtu(lab) == "1400")
            #expect(try await read("extra", lab) != nil, "ApplyOnce prunes nothing")
        }
    }

    @Test func aPausedSetRepairsNothing() async throws {
        try await withSets { lab in
            try await lab.create(sampleCluster(labels: "{env: test}") + Self.set())
            try await lab.until("it is applied and watched") { try await isWatched(lab) }
            func pause(_ text: Value) async throws {
                try await lab.patch(
                    "ClusterResourceSet",
                    "cni",
                    group: Self.addons,
                    ["metadata": ["annotations": ["cluster.x-k8s.io/paused": text]]]
                )
            }
            try await pause("")
            try await lab.until("it is paused") {
                try await lab.get("ClusterResourceSet", "cni", group: Self.addons)?.isTrue("Paused") == true
            }
            try await change("cni", ["data": ["mtu": "9000"]], lab)
            #expect(try await lab.writesWhileIdle(for: .milliseconds(500)) == 0)
            #expect(try await mtu(lab) == "9000")
            try await pause(.null)
            try await lab.until("the value is back") { try await mtu(lab) == "1400" }
        }
    }

    @Test func manyClustersGetTheirManifests() async throws {
        try await withSets { lab in
            let names = (1...10).map { "c\($0)" }
            for name in names { try await lab.create(sampleCluster(name, labels: "{env: test}")) }
            try await lab.create(Self.set())
            for name in names {
                try await lab.until("\(name) has it") { try await mtu(lab, in: name) == "1400" }
            }
            try await setContent(Self.content(mtu: "1450"), lab)
            for name in names {
                try await lab.until("\(name) follows") { try await mtu(lab, in: name) == "1450" }
            }
            try await lab.until("all is calm") {
                try await lab.get("ClusterResourceSet", "cni", group: Self.addons)?.isTrue("ResourcesApplied") == true
            }
            let bindings = try await lab.all("ClusterResourceSetBinding", group: Self.addons)
            #expect(bindings.count == 10)
        }
    }

    @Test func anUnreachableClusterHoldsNoOtherUp() async throws {
        try await withSets { lab in
            try await lab.create(
                sampleCluster("c1", labels: "{env: test}") + sampleCluster("c2", labels: "{env: test}")
            )
            try await lab.create(Self.set())
            try await lab.until("both have it") {
                let first = try await mtu(lab)
                let second = try await mtu(lab, in: "c2")
                return first == "1400" && second == "1400"
            }
            try await lab.patch("Cluster", "c1", ["metadata": ["annotations": ["lab.martlet.dev/api": "Down"]]])
            try await lab.until("it does not answer") { (try? await lab.nodes(of: "c1")) == nil }  // that is the point
            try await setContent(Self.content(mtu: "1450"), lab)
            try await lab.until("the other follows") { try await mtu(lab, in: "c2") == "1450" }
            try await lab.until("the set says so") {
                let set = try await lab.get("ClusterResourceSet", "cni", group: Self.addons)
                return set?.condition("ResourcesApplied")?.status == .no
            }
            try await lab.patch("Cluster", "c1", ["metadata": ["annotations": ["lab.martlet.dev/api": .null]]])
            try await lab.until("it follows, too") { try await mtu(lab) == "1450" }
        }
    }
}
