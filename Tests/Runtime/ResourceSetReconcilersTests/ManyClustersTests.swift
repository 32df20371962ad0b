import KubernetesClient
import KubernetesModel
import LabTestSupport
import ResourceSetReconcilers
import StructuredValue
import Testing

/// A network for fifty clusters: what a ClusterResourceSet is for.
@Suite(.timeLimit(.minutes(5))) struct ManyClustersTests {
    private static let addons = "addons.cluster.x-k8s.io"
    private static let count = 50

    /// A CNI as its project ships it, in small: its accounts, its rights, its settings, its daemon.
    private static func network(version: String) -> String {
        """
        apiVersion: v1
        kind: Namespace
        metadata: {name: net-system}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata: {name: net, namespace: net-system}
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRole
        metadata: {name: net}
        rules: [{apiGroups: [""], resources: [nodes, pods], verbs: [get, list, watch]}]
        ---
        apiVersion: rbac.authorization.k8s.io/v1
        kind: ClusterRoleBinding
        metadata: {name: net}
        roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: net}
        subjects: [{kind: ServiceAccount, name: net, namespace: net-system}]
        ---
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: net, namespace: net-system}
        data: {mtu: "1400", version: "\(version)"}
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: net, namespace: net-system}
        spec:
          selector: {matchLabels: {app: net}}
          template:
            metadata: {labels: {app: net}}
            spec:
              hostNetwork: true
              serviceAccountName: net
              tolerations: [{operator: Exists}]
              containers: [{name: net, image: "example.com/net:\(version)"}]
        """
    }

    private static func set(_ strategy: String) -> String {
        let name = strategy.lowercased()
        return """
            apiVersion: addons.cluster.x-k8s.io/v1beta2
            kind: ClusterResourceSet
            metadata: {name: \(name), namespace: default}
            spec:
              clusterSelector: {matchLabels: {strategy: \(name)}}
              strategy: \(strategy)
              resources: [{kind: ConfigMap, name: net}]
            ---

            """
    }

    private static let daemonSet = GroupVersionKind(group: "apps", version: "v1", kind: "DaemonSet")

    private static func image(_ cluster: String, _ lab: LabUnderTest) async throws -> String? {
        // A cluster that does not answer yet has none.
        let found = try? await lab.workload(cluster)?.get(daemonSet, namespace: "net-system", name: "net")
        return found?.spec[path: "template", "spec", "containers"]?.array?.first?["image"]?.string
    }

    private static func waitForAll(
        _ clusters: some Sequence<String>,
        to have: String,
        _ lab: LabUnderTest
    ) async throws {
        for cluster in clusters {
            try await lab.until("\(cluster) has \(have)") { try await image(cluster, lab) == "example.com/net:\(have)" }
        }
    }

    @Test func fiftyClustersGetTheirNetworkOnceOrAlways() async throws {
        try await LabUnderTest.run({ await ResourceSetService($0).run() }) { lab in
            let half = Self.count / 2
            let once = (0..<half).map { "once-\($0)" }
            let always = (0..<half).map { "always-\($0)" }
            let text = Self.network(version: "1").split(separator: "\n", omittingEmptySubsequences: false)
            try await lab.create(
                """
                apiVersion: v1
                kind: ConfigMap
                metadata: {name: net, namespace: default}
                data:
                  net.yaml: |
                \(text.map { "    \($0)" }.joined(separator: "\n"))
                ---
                """ + "\n" + Self.set("ApplyOnce") + Self.set("Reconcile")
            )
            for name in once { try await lab.create(sampleCluster(name, labels: "{strategy: applyonce}")) }
            for name in always { try await lab.create(sampleCluster(name, labels: "{strategy: reconcile}")) }
            try await Self.waitForAll(once + always, to: "1", lab)
            #expect(try await lab.all("ClusterResourceSetBinding", group: Self.addons).count == Self.count)

            let newer = Self.network(version: "2")
            try await lab.patch("ConfigMap", "net", group: "", ["data": ["net.yaml": .string(newer)]])
            try await Self.waitForAll(always, to: "2", lab)
            // By now the others would have it, too. One that comes later gets what there is when it comes.
            try await lab.create(sampleCluster("later", labels: "{strategy: applyonce}"))
            try await Self.waitForAll(["later"], to: "2", lab)
            for name in once { #expect(try await Self.image(name, lab) == "example.com/net:1", "\(name)") }
            for strategy in ["applyonce", "reconcile"] {
                try await lab.until("\(strategy) says so") {
                    try await lab.get("ClusterResourceSet", strategy, group: Self.addons)?.isTrue("ResourcesApplied")
                        == true
                }
            }
        }
    }
}
