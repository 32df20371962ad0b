import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct FindUpstreamTests {
    static let now = Timestamp(seconds: 1_790_000_000)

    static func deployment(
        _ name: String = "capi-controller-manager",
        replicas: Value = 1,
        arguments: [Value] = [],
        image: Value = "registry.k8s.io/x:1",
        labels: Value = [:]
    ) -> Manifest {
        Manifest([
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": ["name": .string(name), "namespace": "capi-system", "labels": labels],
            "spec": [
                "replicas": replicas,
                "template": ["spec": ["containers": [["args": .array(arguments), "image": image]]]],
            ],
        ])
    }

    static func object(
        _ manager: String,
        age: Int,
        subresource: Value = "status",
        _ kind: EmbeddedReconciler = .machineHealthCheck
    ) -> Manifest {
        Manifest([
            "apiVersion": .string("\(kind.kind.group)/v1beta2"), "kind": .string(kind.rawValue),
            "metadata": [
                "name": "x", "namespace": "ns",
                "managedFields": [
                    [
                        "manager": .string(manager), "subresource": subresource,
                        "time": .string(now.advanced(by: .seconds(-age)).description),
                    ]
                ],
            ],
        ])
    }

    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var deployments: [Manifest]? = []
        var objects: [Manifest] = []
        var found: Set<EmbeddedReconciler>
        static let all = Set(EmbeddedReconciler.allCases)
    }

    static let gates: Value = "--feature-gates=MachinePool=false,ClusterTopology=true,ClusterResourceSet=False"

    /// The gates as a release's manifest has them.
    static func release(pools: Bool, sets: Bool?) -> Value {
        let gates = ["MachinePool=\(pools)", sets.map { "ClusterResourceSet=\($0)" }, "ClusterTopology=false"]
        return .string("--feature-gates=\(gates.compactMap { $0 }.joined(separator: ","))")
    }

    static let examples: [Example] = [
        Example(testDescription: "nothing", found: []),
        Example(testDescription: "the core controllers", deployments: [deployment()], found: Example.all),
        Example(
            testDescription: "under another name, by their label",
            deployments: [deployment("core", labels: ["cluster.x-k8s.io/provider": "cluster-api"])],
            found: Example.all
        ),
        Example(
            testDescription: "under another name, by their image",
            deployments: [deployment("core", image: "registry.k8s.io/cluster-api/cluster-api-controller:v1.11.0")],
            found: Example.all
        ),
        Example(
            testDescription: "under another name, by their image from a mirror, pinned by its digest",
            deployments: [deployment("core", image: "mirror.example:5000/capi/cluster-api-controller@sha256:0123")],
            found: Example.all
        ),
        Example(
            testDescription: "an image whose name only begins so",
            deployments: [deployment("core", image: "registry.example/cluster-api-controller-docs:v1")],
            found: []
        ),
        Example(
            testDescription: "as releases 1.5 and 1.6 install them, without the features of then",
            deployments: [deployment(arguments: ["--leader-elect", release(pools: false, sets: false)])],
            found: [.machineHealthCheck]
        ),
        Example(
            testDescription: "as releases 1.7 to 1.11 install them",
            deployments: [deployment(arguments: ["--leader-elect", release(pools: true, sets: true)])],
            found: Example.all
        ),
        Example(
            testDescription: "as releases since 1.12 install them, which know no gate for resource sets any more",
            deployments: [deployment(arguments: ["--leader-elect", release(pools: true, sets: nil)])],
            found: Example.all
        ),
        Example(
            testDescription: "kubeadm's and k3s' controllers, which share the namespace's prefix but not the work",
            deployments: [
                deployment(
                    "capi-kubeadm-bootstrap-controller-manager",
                    image: "registry.k8s.io/cluster-api/kubeadm-bootstrap-controller:v1.11.0",
                    labels: ["cluster.x-k8s.io/provider": "bootstrap-kubeadm"]
                ),
                deployment(
                    "capi-k3s-control-plane-controller-manager",
                    image: "ghcr.io/k3s-io/cluster-api-k3s/controlplane-controller:v0.3.0",
                    labels: ["cluster.x-k8s.io/provider": "control-plane-k3s"]
                ),
                deployment(
                    "capi-k3s-bootstrap-controller-manager",
                    labels: ["cluster.x-k8s.io/provider": "bootstrap-k3s"]
                ),
            ],
            found: []
        ),
        Example(testDescription: "scaled to nothing", deployments: [deployment(replicas: 0)], found: []),
        Example(
            testDescription: "other providers do not do this work",
            deployments: [
                deployment("capa-controller-manager", labels: ["cluster.x-k8s.io/provider": "infrastructure-aws"])
            ],
            found: []
        ),
        Example(
            testDescription: "features that are switched off",
            deployments: [deployment(arguments: ["--leader-elect", gates])],
            found: [.machineHealthCheck]
        ),
        Example(
            testDescription: "features that are switched off by an argument of its own",
            deployments: [deployment(arguments: ["--feature-gates", "MachinePool=false", "--v=2"])],
            found: [.machineHealthCheck, .clusterResourceSet]
        ),
        Example(
            testDescription: "a fresh status of controllers outside of the cluster",
            objects: [object("manager", age: 60)],
            found: [.machineHealthCheck]
        ),
        Example(
            testDescription: "of one kind only",
            objects: [object("capi-machinepool", age: 60, .machinePool)],
            found: [.machinePool]
        ),
        Example(testDescription: "an old one", objects: [object("manager", age: 900)], found: []),
        Example(
            testDescription: "an old one where nobody may see Deployments",
            deployments: nil,
            objects: [object("manager", age: 90000)],
            found: [.machineHealthCheck]
        ),
        Example(testDescription: "our own status", objects: [object("martlet-health-checks", age: 1)], found: []),
        Example(
            testDescription: "somebody who writes specs",
            objects: [object("manager", age: 1, subresource: "")],
            found: []
        ),
    ]

    @Test(arguments: examples)
    func findsWhoDoesTheWorkAlready(_ example: Example) {
        for reconciler in EmbeddedReconciler.allCases {
            let sign = findUpstream(
                of: reconciler,
                deployments: example.deployments,
                objects: example.objects,
                now: Self.now
            )
            #expect((sign != nil) == example.found.contains(reconciler), "\(reconciler)")
        }
    }

    @Test func aSignSaysWhereAndUntilWhen() throws {
        let deployment = findUpstream(of: .machinePool, deployments: [Self.deployment()], objects: [], now: Self.now)
        #expect(deployment?.reason.contains("capi-system/capi-controller-manager") == true)
        #expect(deployment?.endsAt == nil)
        let trace = findUpstream(
            of: .machineHealthCheck,
            deployments: [],
            objects: [Self.object("manager", age: 60)],
            now: Self.now
        )
        #expect(trace?.reason.contains("“manager”") == true)
        #expect(trace?.endsAt == Self.now.advanced(by: .seconds(840)))
    }
}
