import ClusterInspection
import KubernetesModel
import StructuredValue
import Testing

@Suite struct ClusterInspectionTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var object: Value
        var state: Health.State
        var testDescription: String { name }
    }

    @Test(arguments: [
        Example(name: "a plain ConfigMap", object: ["apiVersion": "v1", "kind": "ConfigMap"], state: .healthy),
        Example(
            name: "deleting",
            object: ["apiVersion": "v1", "kind": "Pod", "metadata": ["deletionTimestamp": "2026-01-01T00:00:00Z"]],
            state: .deleting
        ),
        Example(
            name: "old generation",
            object: [
                "apiVersion": "x.io/v1", "kind": "X", "metadata": ["generation": 2],
                "status": ["observedGeneration": 1],
            ],
            state: .progressing
        ),
        Example(
            name: "stalled",
            object: [
                "apiVersion": "x.io/v1", "kind": "X",
                "status": ["conditions": [["type": "Stalled", "status": "True"]]],
            ],
            state: .degraded
        ),
        Example(
            name: "deployment behind",
            object: [
                "apiVersion": "apps/v1", "kind": "Deployment", "spec": ["replicas": 2],
                "status": ["updatedReplicas": 2, "readyReplicas": 1],
            ],
            state: .progressing
        ),
        Example(
            name: "control plane upgrading",
            object: [
                "apiVersion": "controlplane.cluster.x-k8s.io/v1beta2", "kind": "KubeadmControlPlane",
                "spec": ["replicas": 1, "version": "v1.34.0"],
                "status": ["replicas": 1, "readyReplicas": 1, "upToDateReplicas": 1, "version": "v1.33.0"],
            ],
            state: .progressing
        ),
        Example(
            name: "running machine with a silent node",
            object: [
                "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
                "status": ["phase": "Running", "conditions": [["type": "NodeHealthy", "status": "Unknown"]]],
            ],
            state: .unknown
        ),
        Example(
            name: "health check that may not act",
            object: [
                "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineHealthCheck",
                "status": [
                    "conditions": [["type": "RemediationAllowed", "status": "False", "reason": "TooManyUnhealthy"]]
                ],
            ],
            state: .degraded
        ),
    ])
    func judgesEachKindByItsOwnStatus(_ example: Example) {
        #expect(assessHealth(of: Manifest(example.object)).state == example.state)
    }

    @Test func aListOfWordsBecomesOneSentence() {
        let health = assessHealth(
            of: Manifest([
                "apiVersion": "x.io/v1", "kind": "X",
                "status": [
                    "conditions": [
                        [
                            "type": "Ready", "status": "False", "reason": "NotReady",
                            "message": "* A: is not up\n* B:\n  * c is missing",
                        ]
                    ]
                ],
            ])
        )
        #expect(health.reason == "NotReady: A: is not up; B:; c is missing")
    }

    @Test(
        arguments: [
            ([], false), ([("OwnerRemediated", "False")], true), ([("ExternallyRemediated", "False")], true),
            ([("OwnerRemediated", "True")], false), ([("HealthCheckSucceeded", "False")], false),
            ([("HealthCheckSucceeded", "False"), ("OwnerRemediated", "False")], true),
            ([("HealthCheckSucceeded", "True"), ("OwnerRemediated", "False")], false),
        ] as [([(String, String)], Bool)]
    )
    func aMachineIsBeingRemediatedWhileItIsSickAndHandedOver(conditions: [(String, String)], expected: Bool) {
        let list = conditions.map { type, status -> Value in ["type": .string(type), "status": .string(status)] }
        let machine = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "Machine",
            "metadata": ["name": "m", "namespace": "default", "labels": ["cluster.x-k8s.io/cluster-name": "c1"]],
            "status": ["conditions": .array(list)],
        ])
        #expect(machine.isBeingRemediated == expected)
        let summary = summarizeClusters(Self.objects + [machine]).first
        #expect(summary?.isRemediating == expected)
    }

    @Test func theTreeShowsHealthChecksWithTheirCounts() throws {
        let check = Manifest([
            "apiVersion": "cluster.x-k8s.io/v1beta2", "kind": "MachineHealthCheck",
            "metadata": ["name": "mhc", "namespace": "default"], "spec": ["clusterName": "c1"],
            "status": [
                "expectedMachines": 5, "currentHealthy": 2,
                "conditions": [
                    [
                        "type": "RemediationAllowed", "status": "False", "reason": "TooManyUnhealthy",
                        "message": "3 of 5 Machines are not healthy",
                    ]
                ],
            ],
        ])
        let objects = try #require(ClusterObjects.grouping(Self.objects + [check]).first)
        let line = try #require(ClusterTree(objects).lines().first { $0.title.contains("MachineHealthCheck/mhc") })
        #expect(line.ready == "2/5")
        #expect(line.health == "Degraded")
        #expect(line.reason.contains("3 of 5 Machines are not healthy"))
    }

    static let objects: [Manifest] = {
        func object(_ group: String, _ kind: String, _ name: String, _ rest: Value) -> Manifest {
            var value: Value = [
                "apiVersion": .string("\(group)/v1beta2"), "kind": .string(kind),
                "metadata": ["name": .string(name), "namespace": "default", "uid": .string("uid-\(name)")],
            ]
            for pair in rest.object ?? Object() {
                if pair.key == "metadata" {
                    for member in pair.value.object ?? Object() { value[path: "metadata", member.key] = member.value }
                } else {
                    value[pair.key] = pair.value
                }
            }
            return Manifest(value)
        }
        let owned: (String, String, String) -> Value = { group, kind, name in
            [
                [
                    "apiVersion": .string("\(group)/v1beta2"), "kind": .string(kind), "name": .string(name),
                    "uid": .string("uid-\(name)"), "controller": true,
                ]
            ]
        }
        let group = "cluster.x-k8s.io"
        let labels: Value = ["cluster.x-k8s.io/cluster-name": "c1"]
        let counts: Value = ["replicas": 1, "readyReplicas": 1, "upToDateReplicas": 1, "version": "v1.34.0"]
        return [
            object(
                group,
                "Cluster",
                "c1",
                [
                    "spec": [
                        "controlPlaneRef": [
                            "apiGroup": "controlplane.cluster.x-k8s.io", "kind": "KubeadmControlPlane", "name": "c1",
                        ]
                    ],
                    "status": ["phase": "Provisioned"],
                ]
            ),
            object(
                "controlplane.\(group)",
                "KubeadmControlPlane",
                "c1",
                ["spec": ["replicas": 1, "version": "v1.34.0"], "status": counts]
            ),
            object(
                group,
                "MachineDeployment",
                "md",
                ["metadata": ["labels": labels], "spec": ["replicas": 2], "status": counts]
            ),
            object(
                group,
                "MachineSet",
                "md-1",
                ["metadata": ["labels": labels, "ownerReferences": owned(group, "MachineDeployment", "md")]]
            ),
            object(
                group,
                "Machine",
                "md-1-a",
                [
                    "metadata": ["labels": labels, "ownerReferences": owned(group, "MachineSet", "md-1")],
                    "status": ["phase": "Running"],
                ]
            ),
        ]
    }()

    @Test func sumsUpAClusterAndSaysWhatHoldsItUp() throws {
        let summary = try #require(summarizeClusters(Self.objects).first)
        #expect(summary.version == "v1.34.0")
        #expect(summary.controlPlane.text == "1/1")
        #expect(summary.workers.text == "1/2")
        #expect(summary.health.state == .progressing)
        #expect(summary.health.reason.contains("MachineDeployment md"))
    }

    @Test func drawsTheTreeDownToTheMachines() throws {
        let cluster = try #require(ClusterObjects.grouping(Self.objects).first)
        #expect(
            ClusterTree(cluster).lines().map(\.title) == [
                "Cluster/c1",
                "├─ControlPlane - KubeadmControlPlane/c1",
                "└─Workers",
                "  └─MachineDeployment/md",
                "    └─Machine/md-1-a",
            ]
        )
    }

    struct ConditionExample: Sendable, CustomTestStringConvertible {
        var filter: String
        var machine: [String]
        var testDescription: String { filter }
    }

    @Test(arguments: [
        ConditionExample(filter: "all", machine: ["    └─Machine/md-1-a", "      ├─Ready", "      └─UpToDate"]),
        ConditionExample(filter: "machine", machine: ["    └─Machine/md-1-a", "      ├─Ready", "      └─UpToDate"]),
        ConditionExample(
            filter: "Machine/md-1-a",
            machine: ["    └─Machine/md-1-a", "      ├─Ready", "      └─UpToDate"]
        ),
        ConditionExample(filter: "Machine/md-1-b", machine: ["    └─Machine/md-1-a"]),
        ConditionExample(filter: "KubeadmControlPlane", machine: ["    └─Machine/md-1-a"]),
    ])
    func drawsTheConditionsThatAreAskedFor(_ example: ConditionExample) throws {
        var objects = Self.objects
        let index = try #require(objects.firstIndex { $0.name == "md-1-a" })
        objects[index].value["status"]?["conditions"] = [
            ["type": "UpToDate", "status": "False", "reason": "NotUpToDate", "message": "another version"],
            ["type": "Ready", "status": "True", "reason": "Ready", "lastTransitionTime": "2026-01-01T00:00:00Z"],
        ]
        let cluster = try #require(ClusterObjects.grouping(objects).first)
        // What the daemon sends is what the command draws.
        let tree = try #require(ClusterTree(ClusterTree(cluster).value))
        #expect(tree == ClusterTree(cluster))
        let lines = tree.lines(showing: [.init(example.filter)])
        let machine = try #require(lines.firstIndex { $0.title.contains("Machine/") })
        #expect(lines[machine...].map(\.title) == example.machine)
        #expect(lines[machine].ready == "True" && lines[machine].upToDate == "False")
        if let condition = lines.last, condition.title.hasSuffix("UpToDate") {
            #expect(condition.ready == "False" && condition.reason == "NotUpToDate: another version")
        }
    }
}
