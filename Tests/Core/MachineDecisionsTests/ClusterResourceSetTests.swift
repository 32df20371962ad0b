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

    @Test(arguments: [
        ("{matchLabels: {env: test}}", true), ("{matchLabels: {env: prod}}", false), ("{}", false),
        ("{matchExpressions: [{key: env, operator: In, values: [test, dev]}]}", true),
        ("{matchExpressions: [{key: env, operator: DoesNotExist}]}", false),
        ("{matchExpressions: [{key: env, operator: Like, values: [x]}]}", false),
    ])
    func `a selector selects by labels, a broken one nothing`(selector: String, isSelected: Bool) throws {
        var set = Self.set
        set.value[path: "spec", "clusterSelector"] = try HealthCheckExamples.manifest(selector).value
        #expect(ClusterResourceSetSpec(set).selects(Self.cluster) == isSelected)
    }

    @Test func `a Cluster that is being deleted is not selected`() {
        var cluster = Self.cluster
        cluster.value[path: "metadata", "deletionTimestamp"] = "2026-01-01T00:00:00Z"
        #expect(!ClusterResourceSetSpec(Self.set).selects(cluster))
    }

    @Test(
        arguments: [
            (.applied, "True", "Applied", nil, nil),
            (.notApplied("x"), "False", "NotApplied", "ApplyFailed", "Warning"),
            (.wrongSecretType("x"), "False", "WrongSecretType", "WrongSecretType", "Warning"),
            (.sourceMissing("x"), "False", "InternalError", "RetrievingResourceFailed", "Warning"),
            (.clusterNotReached("x"), "False", "InternalError", "RemoteClusterClientFailed", "Error"),
            (.invalidSelector("x"), "False", "InternalError", "ClusterMatchFailed", "Warning"),
        ] as [(ClusterResourceSetVerdict, String, String, String?, String?)]
    )
    func `each verdict has its words in both forms`(
        verdict: ClusterResourceSetVerdict,
        status: String,
        reason: String,
        older: String?,
        severity: String?
    ) {
        for version in ["v1beta2", "v1beta1"] {
            var set = Self.set
            set.value["apiVersion"] = .string("addons.cluster.x-k8s.io/\(version)")
            let written = verdict.status(of: set, now: "t1")
            let isNew = version == "v1beta2"
            let current = isNew ? written["conditions"] : written[path: "v1beta2", "conditions"]
            let legacy = isNew ? written[path: "deprecated", "v1beta1", "conditions"] : written["conditions"]
            #expect(current?[0]?["status"]?.string == status)
            #expect(current?[0]?["reason"]?.string == reason)
            #expect(legacy?[0]?["status"]?.string == status)
            #expect(legacy?[0]?["reason"]?.string == older)
            #expect(legacy?[0]?["severity"]?.string == severity)
            let isSeen = status == "True" || older == "RetrievingResourceFailed"
            #expect(written["observedGeneration"] == (isSeen ? 3 : nil), "what failed is not done with this generation")
        }
    }

    @Test func `without Clusters nothing is said about resources, and a pause still ends`() {
        var set = Self.set
        set.value["status"] = ClusterResourceSetVerdict.notApplied("x").status(of: set, isPaused: true, now: "t1")
        #expect(set.condition("Paused")?.status == .yes)
        let status = ClusterResourceSetVerdict.idle.status(of: set, now: "t2")
        #expect(status["conditions"]?.array?.compactMap { $0["type"]?.string } == ["Paused"])
        #expect(status["conditions"]?[0]?["status"] == "False")
        #expect(status["conditions"]?[0]?["lastTransitionTime"] == "t2")
    }

    @Test(
        arguments: [
            (.applied, .applied, .applied), (.applied, .notApplied("a"), .notApplied("a")),
            (.notApplied("a"), .applied, .notApplied("a")),
            (.notApplied("a"), .notApplied("b"), .notApplied("a; b")),
            (.notApplied("a"), .notApplied("a"), .notApplied("a")),
            (.clusterNotReached("a"), .notApplied("b"), .notApplied("a; b")),
            (.sourceMissing("a"), .clusterNotReached("b"), .clusterNotReached("a; b")),
            (.wrongSecretType("a"), .sourceMissing("b"), .wrongSecretType("a; b")),
        ] as [(ClusterResourceSetVerdict, ClusterResourceSetVerdict, ClusterResourceSetVerdict)]
    )
    func `two verdicts are one with both messages`(
        left: ClusterResourceSetVerdict,
        right: ClusterResourceSetVerdict,
        expected: ClusterResourceSetVerdict
    ) {
        #expect(left.joined(with: right) == expected)
    }

    @Test func `a thousand complaints fit into a condition`() {
        var verdict = ClusterResourceSetVerdict.applied
        for number in 0..<1_000 { verdict = verdict.joined(with: .notApplied("Cluster c\(number) does not want it")) }
        guard case .notApplied(let text) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(text.utf8.count < 4_100)
    }

    /// Other entries of a binding belong to other sets.
    @Test func `leaving a binding leaves what others have in it`() throws {
        var entry = ClusterResourceSetEntry(of: "cni", in: nil)
        entry.record(.init(Self.reference, hash: "sha256:1", lastAppliedTime: nil, isApplied: true))
        var other = Self.set
        other.value[path: "metadata", "name"] = "csi"
        other.value[path: "metadata", "uid"] = "u3"
        let version = "addons.cluster.x-k8s.io/v1beta2"
        let first = entry.binding(nil, apiVersion: version, cluster: Self.cluster, owner: Self.set)
        let both = ClusterResourceSetEntry(of: "csi", in: first)
            .binding(first, apiVersion: version, cluster: Self.cluster, owner: other)
        #expect(both.ownerReferences.map(\.uid) == ["u2", "u3"])
        #expect(both.spec["clusterName"] == "c1" && both.name == "c1")
        let rest = try #require(ClusterResourceSetEntry.binding(both, without: Self.set))
        #expect(rest.ownerReferences.map(\.uid) == ["u3"])
        #expect(rest.spec["bindings"]?.array?.compactMap { $0["clusterResourceSetName"]?.string } == ["csi"])
    }

    /// The set was deleted and made again, or Cluster API had another version when the reference was written.
    @Test(arguments: [
        ("u0", "addons.cluster.x-k8s.io/v1beta2"), ("u2", "addons.cluster.x-k8s.io/v1beta1"),
        ("u0", "addons.cluster.x-k8s.io/v1alpha3"),
    ])
    func `a reference to an earlier life of the set is renewed`(uid: String, apiVersion: String) throws {
        let entry = ClusterResourceSetEntry(of: "cni", in: nil)
        let version = "addons.cluster.x-k8s.io/v1beta2"
        var known = entry.binding(nil, apiVersion: version, cluster: Self.cluster, owner: Self.set)
        let other: Value = ["apiVersion": "v1", "kind": "ConfigMap", "name": "cni", "uid": "u9"]
        known.value[path: "metadata", "ownerReferences"] = [
            [
                "apiVersion": .string(apiVersion), "kind": "ClusterResourceSet", "name": .string(Self.set.name),
                "uid": .string(uid),
            ], other,
        ]
        let binding = entry.binding(known, apiVersion: version, cluster: Self.cluster, owner: Self.set)
        #expect(binding.ownerReferences.map(\.uid) == ["u2", "u9"])
        #expect(binding.ownerReferences.map(\.apiVersion) == [Self.set.apiVersion, "v1"])
        known.value[path: "spec", "bindings"] = [
            ["clusterResourceSetName": "cni", "resources": []], ["clusterResourceSetName": "csi", "resources": []],
        ]
        let rest = try #require(ClusterResourceSetEntry.binding(known, without: Self.set))
        #expect(rest.ownerReferences.map(\.uid) == ["u9"])
    }

    @Test func `an entry that failed has no hash to rely on`() {
        var entry = ClusterResourceSetEntry(of: "cni", in: nil)
        entry.record(.init(Self.reference, hash: "", lastAppliedTime: "t1", isApplied: false))
        for strategy in [ClusterResourceSetSpec.Strategy.applyOnce, .reconcile] {
            #expect(entry.needsApply(Self.reference, hash: "", strategy))
        }
    }

    @Test func `without a strategy a source is applied once`() {
        var set = Self.set
        set.value[path: "spec", "strategy"] = nil
        #expect(ClusterResourceSetSpec(set).strategy == .applyOnce)
    }
}
