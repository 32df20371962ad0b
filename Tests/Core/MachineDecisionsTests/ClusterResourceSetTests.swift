import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

struct ClusterResourceSetTests {
    private static func configMap(_ data: Value) -> Manifest {
        Manifest(["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "c", "uid": "u1"], "data": data])
    }

    private static let set = Manifest([
        "apiVersion": "addons.cluster.x-k8s.io/v1beta2", "kind": "ClusterResourceSet",
        "metadata": ["name": "cni", "namespace": "default", "uid": "u2", "generation": 3],
        "spec": ["clusterSelector": ["matchLabels": ["env": "test"]], "strategy": "Reconcile"],
    ])
    private static let cluster = Manifest([
        "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Cluster",
        "metadata": ["name": "c1", "namespace": "default", "labels": ["env": "test"]],
    ])
    private static let reference = ClusterResourceSetSpec.Reference(kind: "ConfigMap", name: "c")

    @Test func `the hash is that of the values in the order of their keys`() throws {
        let left = try ClusterResourceSetSource(of: Self.configMap(["b": "# y\n", "a": "# x\n"]))
        let right = try ClusterResourceSetSource(of: Self.configMap(["a": "# x\n", "z": "# y\n"]))
        #expect(left.hash == right.hash)
        #expect(left.hash.hasPrefix("sha256:") && left.hash.utf8.count == 71)
        let empty = try ClusterResourceSetSource(of: Self.configMap([:]))
        #expect(empty.hash == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test func `namespaces come first within a key`() throws {
        let text = """
            {apiVersion: v1, kind: Service, metadata: {name: s}}
            ---
            ---
            {apiVersion: v1, kind: ConfigMap, metadata: {name: m}}
            ---
            {apiVersion: v1, kind: Namespace, metadata: {name: space}}
            """
        let json = #" [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "later"}}]"#
        let data = try ClusterResourceSetSource(of: Self.configMap(["a": .string(text), "b": .string(json)]))
        #expect(data.objects.map(\.name) == ["space", "m", "s", "later"])
    }

    @Test func `a Secret must have the type for it`() {
        let secret = Manifest(["apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": [:]])
        #expect(throws: ClusterResourceSetProblem.wrongSecretType) { try ClusterResourceSetSource(of: secret) }
    }

    @Test(arguments: [
        (ClusterResourceSetSpec.Strategy.applyOnce, true, "h2", false),
        (.applyOnce, false, "h1", true),
        (.reconcile, true, "h1", false),
        (.reconcile, true, "h2", true),
        (.reconcile, false, "h1", true),
    ])
    func `the strategy decides whether a source is applied again`(
        strategy: ClusterResourceSetSpec.Strategy,
        isApplied: Bool,
        hash: String,
        expected: Bool
    ) {
        var entry = ClusterResourceSetEntry(of: "cni", in: nil)
        #expect(entry.needsApply(Self.reference, hash: hash, strategy))
        entry.record(.init(Self.reference, hash: "h1", lastAppliedTime: nil, isApplied: isApplied))
        #expect(entry.needsApply(Self.reference, hash: hash, strategy) == expected)
    }

    @Test func `an unchanged entry leaves the binding as it is`() {
        var entry = ClusterResourceSetEntry(of: "cni", in: nil)
        entry.record(
            .init(Self.reference, hash: "sha256:1", lastAppliedTime: "2026-01-01T00:00:00Z", isApplied: true)
        )
        let version = "addons.cluster.x-k8s.io/v1beta2"
        let first = entry.binding(nil, apiVersion: version, cluster: Self.cluster, owner: Self.set)
        let again = ClusterResourceSetEntry(of: "cni", in: first)
        #expect(again == entry)
        #expect(again.binding(first, apiVersion: version, cluster: Self.cluster, owner: Self.set) == first)
        #expect(first.ownerReferences.map(\.uid) == ["u2"])
        #expect(ClusterResourceSetEntry.binding(first, without: Self.set) == nil)
    }

    @Test func `an empty selector selects nothing`() {
        #expect(ClusterResourceSetSpec(Self.set).selects(Self.cluster))
        var all = Self.set
        all.value["spec"] = ["clusterSelector": [:]]
        #expect(!ClusterResourceSetSpec(all).selects(Self.cluster))
    }

    @Test func `the status moves its times only with the condition`() {
        var set = Self.set
        let verdict = ClusterResourceSetVerdict.notApplied("x")
        set.value["status"] = verdict.status(of: set, now: "t1")
        #expect(verdict.status(of: set, now: "t2") == set.status)
        let good = ClusterResourceSetVerdict.applied.status(of: set, now: "t3")
        #expect(good["conditions"]?[0]?["lastTransitionTime"] == "t3")
        #expect(good["conditions"]?[0]?["reason"] == "Applied")
    }

    @Test func `the patch removes what only the live object has`() {
        var live = Self.configMap(["a": "1", "b": "2"])
        live.value["metadata"] = ["name": "c", "uid": "u1", "resourceVersion": "7"]
        let patch = ClusterResourceSetPatch.patch(from: live, to: Self.configMap(["a": "3"]))
        #expect(patch == ["metadata": ["resourceVersion": "7"], "data": ["a": "3", "b": nil]])
        #expect(ClusterResourceSetPatch.patch(from: live, to: Self.configMap(["a": "1", "b": "2"])) == nil)
    }
}
