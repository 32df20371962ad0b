import FleetModel
import FleetPlanning
import KubernetesModel
import SourceDiagnostics
import StructuredValue
import TestSupport
import Testing
import YAMLFormat

@Suite struct PlanApplyTests {
    @Test func everythingNewIsCreatedUnderItsOwnName() throws {
        let plan = try PlanningFixture(desired: clusterText("v1.33.1")).plan()
        #expect(plan.steps.allSatisfy { $0.verdict == .create })
        #expect(plan.steps.map(\.key.name).sorted() == ["c1", "c1", "c1", "c1-cp", "c1-md-0", "c1-md-0"])
        let stages = Dictionary(uniqueKeysWithValues: plan.steps.map { ($0.key.kind, $0.stage) })
        let template = try #require(stages["DockerMachineTemplate"])
        let controlPlane = try #require(stages["KubeadmControlPlane"])
        let cluster = try #require(stages["Cluster"])
        let workers = try #require(stages["MachineDeployment"])
        #expect(template < controlPlane && controlPlane < cluster && cluster < workers)
        #expect(plan.intent.keys.count == 6)
        #expect(plan.intent.entries.values.allSatisfy { $0.state == .intended && $0.uid == nil })
        #expect(Forecast([plan]).machinesCreated == 5)
    }

    @Test func whatIsAsAppliedNeedsNothing() throws {
        let fixture = try PlanningFixture(
            applied: clusterText("v1.33.1"),
            desired: clusterText("v1.33.1"),
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        let plan = fixture.plan()
        #expect(fixture.verdicts() == [])
        #expect(!plan.writesAnything)
        #expect(plan.intent.entries.mapValues(\.uid) == fixture.inventory.entries.mapValues(\.uid))
    }

    @Test func aBumpRollsTheControlPlaneFirstAndHoldsTheWorkers() throws {
        let fixture = try PlanningFixture(
            applied: clusterText("v1.33.1"),
            desired: clusterText("v1.34.0"),
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        let plan = fixture.plan()
        #expect(fixture.verdicts() == ["KubeadmControlPlane/c1: roll", "MachineDeployment/c1-md-0: blocked"])
        let controlPlane = try #require(plan.steps.first { $0.key.kind == "KubeadmControlPlane" })
        #expect(controlPlane.reason == "3 machines roll because spec.version changes (v1.33.1 → v1.34.0)")
        #expect(controlPlane.machines?.rolled == 3)
        let workers = try #require(plan.steps.first { $0.key.kind == "MachineDeployment" })
        #expect(workers.reason.hasPrefix("waits for KubeadmControlPlane c1:"))
        #expect(workers.isWaiting && !workers.action.isWrite)
        #expect(Forecast([plan]).machinesRolled == 5)
    }

    struct Progress: Sendable, CustomTestStringConvertible {
        var name: String
        var status: String
        var machines = ""
        var mayRoll: Bool
        var testDescription: String { name }
    }

    static let progress = [
        Progress(name: "all machines are there", status: settled("v1.34.0"), mayRoll: true),
        Progress(name: "the status is the old one", status: settled("v1.33.1"), mayRoll: false),
        Progress(
            name: "one machine more than wanted",
            status:
                "{version: v1.34.0, replicas: 4, upToDateReplicas: 3, initialization: {controlPlaneInitialized: true}}",
            mayRoll: false
        ),
        Progress(
            name: "two of three are new",
            status:
                "{version: v1.34.0, replicas: 3, upToDateReplicas: 2, initialization: {controlPlaneInitialized: true}}",
            mayRoll: false
        ),
        Progress(name: "nothing is told", status: "{initialization: {controlPlaneInitialized: true}}", mayRoll: false),
        Progress(
            name: "the controller has not looked yet",
            status: "{observedGeneration: 1, version: v1.34.0, replicas: 3, upToDateReplicas: 3}",
            mayRoll: false
        ),
        Progress(
            name: "an old machine remains",
            status: settled("v1.34.0"),
            machines: """
                apiVersion: cluster.x-k8s.io/v1beta2
                kind: Machine
                metadata: {name: old, namespace: default, labels: {cluster.x-k8s.io/cluster-name: c1, cluster.x-k8s.io/control-plane: ""}}
                spec: {clusterName: c1, version: v1.33.1}
                """,
            mayRoll: false
        ),
        Progress(
            name: "the old machine is going",
            status: settled("v1.34.0"),
            machines: """
                apiVersion: cluster.x-k8s.io/v1beta2
                kind: Machine
                metadata: {name: old, namespace: default, deletionTimestamp: "2026-01-01T00:00:00Z", labels: {cluster.x-k8s.io/cluster-name: c1, cluster.x-k8s.io/control-plane: ""}}
                spec: {clusterName: c1, version: v1.33.1}
                """,
            mayRoll: true
        ),
    ]

    /// Decided from what is observed alone, so that a restart changes nothing.
    @Test(arguments: progress)
    func workersFollowWhenTheControlPlaneIsDone(_ example: Progress) throws {
        var fixture = try PlanningFixture(
            applied: clusterText("v1.34.0", workers: "v1.33.1"),
            desired: clusterText("v1.34.0"),
            statuses: ["KubeadmControlPlane": example.status]
        )
        let key = try #require(fixture.observed.objects.keys.first { $0.kind == "KubeadmControlPlane" })
        fixture.observed.objects[key]?.value[path: "metadata", "generation"] = 2
        for machine in try PlanningFixture.manifests(example.machines) {
            fixture.observed.objects[machine.key] = machine
        }
        let step = try #require(fixture.plan().steps.first { $0.key.kind == "MachineDeployment" })
        #expect(step.verdict == (example.mayRoll ? .roll : .blocked), "\(step.reason)")
    }

    struct VersionExample: Sendable, CustomTestStringConvertible {
        var name: String
        var from: String
        var to: String
        var status: String
        var workers: String?
        var reason: String?
        var testDescription: String { name }
    }

    static let versions = [
        VersionExample(name: "patch", from: "v1.33.1", to: "v1.33.9", status: "v1.33.1"),
        VersionExample(name: "patch back", from: "v1.33.9", to: "v1.33.1", status: "v1.33.9"),
        VersionExample(name: "minor", from: "v1.33.1", to: "v1.34.0", status: "v1.33.1"),
        VersionExample(
            name: "two minors",
            from: "v1.34.0",
            to: "v1.36.0",
            status: "v1.34.0",
            reason: "v1.34.0 → v1.36.0 skips a minor version; go to v1.35 first"
        ),
        VersionExample(
            name: "minor back",
            from: "v1.34.0",
            to: "v1.33.0",
            status: "v1.34.0",
            reason: "v1.34.0 → v1.33.0 goes back a minor version, which Kubernetes cannot"
        ),
        VersionExample(
            name: "next minor before the last is done",
            from: "v1.34.0",
            to: "v1.35.0",
            status: "v1.33.0",
            reason: "the upgrade to v1.34.0 is not done yet: machines at v1.33.0 remain"
        ),
        VersionExample(
            name: "kubelets too old",
            from: "v1.34.0",
            to: "v1.35.0",
            status: "v1.34.0",
            workers: "v1.31.0",
            reason:
                "MachineDeployment c1-md-0 runs v1.31.0, 4 minor versions behind v1.35.0; kubelets may be 3 behind. "
                + "Upgrade the workers first"
        ),
    ]

    @Test(arguments: versions)
    func versionRulesAreCheckedBeforeTheFirstWrite(_ example: VersionExample) throws {
        let fixture = try PlanningFixture(
            applied: clusterText(example.from, workers: example.workers),
            desired: clusterText(example.to, workers: example.workers),
            statuses: ["KubeadmControlPlane": settled(example.status)]
        )
        let step = try #require(fixture.plan().steps.first { $0.key.kind == "KubeadmControlPlane" })
        #expect(step.verdict == (example.reason == nil ? .roll : .blocked))
        if let reason = example.reason { #expect(step.reason == reason) }
    }

    @Test(arguments: [false, true])
    func workersWaitForAControlPlaneThatIsBlocked(isOffline: Bool) throws {
        var fixture = try PlanningFixture(
            applied: clusterText("v1.34.0"),
            desired: clusterText("v1.36.0"),
            statuses: ["KubeadmControlPlane": settled("v1.34.0")]
        )
        fixture.settings.isOffline = isOffline
        let plan = fixture.plan()
        let step = try #require(plan.steps.first { $0.key.kind == "MachineDeployment" })
        #expect(step.verdict == .blocked && step.isWaiting)
        #expect(step.reason == "waits for KubeadmControlPlane c1, which is blocked at v1.34.0")
        #expect(Forecast([plan]).machinesRolled == 0)
    }

    @Test func workersAheadOfWhatGitWantsAreBlocked() throws {
        let fixture = try PlanningFixture(
            applied: clusterText("v1.33.1"),
            desired: clusterText("v1.33.1", workers: "v1.34.0"),
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        let step = try #require(fixture.plan().steps.first { $0.key.kind == "MachineDeployment" })
        #expect(step.verdict == .blocked && !step.isWaiting)
        #expect(step.reason.contains("workers never run ahead of the control plane"))
    }

    // MARK: Templates

    @Test func aChangedTemplateGetsASuccessorAndReferencesFollow() throws {
        let fixture = try PlanningFixture(
            applied: clusterText("v1.33.1"),
            desired: clusterText("v1.33.1", template: "{size: large}"),
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        let plan = fixture.plan()
        let rotated = try #require(plan.steps.first { $0.verdict == .rotate })
        #expect(rotated.key.name.hasPrefix("c1-cp-") && rotated.key.name.count == 14)
        #expect(rotated.fields.map(\.path) == ["spec.template.spec.size"])
        let controlPlane = try #require(plan.steps.first { $0.key.kind == "KubeadmControlPlane" })
        #expect(
            controlPlane.reason
                == "3 machines roll because spec.template.spec.size of DockerMachineTemplate c1-cp changes"
        )
        let reference = controlPlane.action.manifest?.spec["machineTemplate"]?["spec"]?["infrastructureRef"]?["name"]
        #expect(reference?.string == rotated.key.name)
        let workers = try #require(plan.steps.first { $0.key.kind == "MachineDeployment" })
        #expect(workers.verdict == .roll && workers.machines?.rolled == 2)
        let old = plan.steps.first { $0.key.name == "c1-cp" }
        #expect(old?.verdict == Verdict.none && old?.reason == "kept while MachineDeployment c1-md-0 refers to it")
        #expect(controlPlane.waitsFor.contains(rotated.key))
    }

    @Test func aSuccessorStaysInUseAfterTheOriginalIsGone() throws {
        let desired = clusterText("v1.33.1", template: "{size: large}")
        let first = try PlanningFixture(
            applied: clusterText("v1.33.1"),
            desired: desired,
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        // Carry the first plan out, and let the original go.
        var second = first
        var entries: [Inventory.Entry] = []
        for step in first.plan().steps {
            guard step.key.name != "c1-cp" else {
                second.observed.objects[step.key] = nil
                continue
            }
            if let manifest = step.action.manifest {
                var live = PlanningFixture.applied(manifest)
                live.value["status"] = first.observed.objects[step.key]?.value["status"]
                second.observed.objects[step.key] = live
            }
            entries.append(
                Inventory.Entry(
                    key: step.key,
                    apiVersion: step.apiVersion,
                    uid: second.observed.objects[step.key]?.uid,
                    contentHash: step.contentHash,
                    state: .applied,
                    source: "git.yaml"
                )
            )
        }
        second.inventory = Inventory(entries)
        #expect(second.verdicts() == [])
        #expect(!second.plan().writesAnything)
        // Back to the old content: the original comes again under its own name.
        second.desired = try PlanningFixture.state(clusterText("v1.33.1"))
        #expect(
            second.verdicts() == [
                "DockerMachineTemplate/c1-cp: create", "KubeadmControlPlane/c1: roll",
                "MachineDeployment/c1-md-0: roll",
            ]
        )
    }

    @Test func anOldTemplateGoesWhenNothingRefersToIt() throws {
        var fixture = try PlanningFixture(
            applied: clusterText("v1.33.1") + "\n---\n" + """
                apiVersion: infrastructure.cluster.x-k8s.io/v1beta2
                kind: DockerMachineTemplate
                metadata: {name: c1-old, namespace: default}
                spec: {template: {spec: {}}}
                """,
            desired: clusterText("v1.33.1"),
            statuses: ["KubeadmControlPlane": settled("v1.33.1")]
        )
        #expect(fixture.verdicts() == ["DockerMachineTemplate/c1-old: delete"])
        for set in try PlanningFixture.manifests(
            """
            apiVersion: cluster.x-k8s.io/v1beta2
            kind: MachineSet
            metadata: {name: s, namespace: default}
            spec: {clusterName: c1, template: {spec: {infrastructureRef: {apiGroup: infrastructure.cluster.x-k8s.io, kind: DockerMachineTemplate, name: c1-old}}}}
            """
        ) { fixture.observed.objects[set.key] = set }
        #expect(fixture.verdicts() == [])
    }

    // MARK: Changes

    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var before: String
        var after: String
        var verdict: Verdict
        var reason = ""
        var testDescription: String { name }
    }

    static let changes = [
        Change(
            name: "a label",
            before: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {x: one}}}",
            after: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, labels: {x: two}}}",
            verdict: .metadata
        ),
        Change(
            name: "data",
            before: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: one}}",
            after: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: two}}",
            verdict: .inPlace
        ),
        Change(
            name: "data that goes",
            before: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: one, y: two}}",
            after: "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {x: one}}",
            verdict: .inPlace
        ),
        Change(
            name: "an immutable reference to a role",
            before:
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {kind: Role, name: x}}",
            after:
                "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: a}, roleRef: {kind: Role, name: y}}",
            verdict: .recreate,
            reason: "roleRef.name cannot be changed: the object is deleted and made again"
        ),
        Change(
            name: "the selector of a MachineDeployment",
            before:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {selector: {matchLabels: {a: b}}}}",
            after:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {selector: {matchLabels: {a: c}}}}",
            verdict: .blocked,
            reason: "spec.selector.matchLabels.a cannot be changed once the object exists"
        ),
        Change(
            name: "labels of machines",
            before:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {template: {metadata: {labels: {a: b}}}}}",
            after:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {template: {metadata: {labels: {a: c}}}}}",
            verdict: .metadata
        ),
        Change(
            name: "replicas",
            before:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {replicas: 2}}",
            after:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {replicas: 5}}",
            verdict: .inPlace,
            reason: "3 machines more"
        ),
        Change(
            name: "the failure domain",
            before:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {replicas: 2, template: {spec: {failureDomain: a}}}}",
            after:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {replicas: 2, template: {spec: {failureDomain: b}}}}",
            verdict: .roll,
            reason: "2 machines roll because spec.template.spec.failureDomain changes"
        ),
        Change(
            name: "the failure domain, with machines replaced by hand",
            before:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {rollout: {strategy: {type: OnDelete}}, template: {spec: {failureDomain: a}}}}",
            after:
                "{apiVersion: cluster.x-k8s.io/v1beta2, kind: MachineDeployment, metadata: {name: a}, spec: {rollout: {strategy: {type: OnDelete}}, template: {spec: {failureDomain: b}}}}",
            verdict: .inPlace,
            reason: "machines are replaced only as they are deleted"
        ),
        Change(
            name: "kubeadm's configuration",
            before:
                "{apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlane, metadata: {name: a}, spec: {replicas: 1, kubeadmConfigSpec: {format: cloud-config}}}",
            after:
                "{apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: KubeadmControlPlane, metadata: {name: a}, spec: {replicas: 1, kubeadmConfigSpec: {format: ignition}}}",
            verdict: .roll,
            reason: "1 machine rolls because spec.kubeadmConfigSpec.format changes"
        ),
        Change(
            name: "the version of a managed control plane without machines",
            before:
                "{apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: AWSManagedControlPlane, metadata: {name: a}, spec: {version: v1.33.0}}",
            after:
                "{apiVersion: controlplane.cluster.x-k8s.io/v1beta2, kind: AWSManagedControlPlane, metadata: {name: a}, spec: {version: v1.34.0}}",
            verdict: .inPlace,
            reason: "machines are replaced only as they are deleted"
        ),
    ]

    @Test(arguments: changes)
    func changesAreJudgedByWhatTheyDo(_ change: Change) throws {
        let step = try #require(try PlanningFixture(applied: change.before, desired: change.after).plan().steps.first)
        #expect(step.verdict == change.verdict)
        #expect(step.reason == change.reason || change.name.contains("managed control plane"))
        #expect(!step.fields.isEmpty)
    }

    @Test func valuesOfSecretsAreNeverShown() throws {
        let plan = try PlanningFixture(
            applied: "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {password: hunter2}}",
            desired: "{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {password: hunter3}}"
        ).plan()
        let text =
            FleetPlan(revision: "r", plans: [plan]).text + JSON.text(FleetPlan(revision: "r", plans: [plan]).value())
        #expect(plan.steps.first?.fields.map(\.path) == ["data.password"])
        #expect(!text.contains("hunter") && !text.contains("aHVudGVy"))
        #expect(plan.steps.first?.action.manifest?.value["data"]?["password"]?.string == "aHVudGVyMw==")
    }

    // MARK: Existing objects

    @Test func anObjectOfSomebodyElseIsNotOverwritten() throws {
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {x: one}}"
        var fixture = try PlanningFixture(desired: text.replacing("one", with: "two"))
        for manifest in try PlanningFixture.manifests(text) {
            fixture.observed.objects[manifest.key] = PlanningFixture.applied(manifest, by: "kubectl")
        }
        var step = try #require(fixture.plan().steps.first)
        #expect(step.verdict == .blocked)
        #expect(step.reason.hasPrefix("data.x belongs to kubectl"))
        fixture.desired = try PlanningFixture.state(
            text.replacing("one", with: "two").replacing(
                "name: a,",
                with: "name: a, annotations: {martlet.dev/takeover: \"true\"},"
            )
        )
        step = try #require(fixture.plan().steps.first)
        #expect(step.verdict == .inPlace && step.action.isWrite)
    }

    @Test func anObjectThatIsAsWantedIsAdopted() throws {
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {x: one}}"
        var fixture = try PlanningFixture(desired: text)
        for manifest in try PlanningFixture.manifests(text) {
            fixture.observed.objects[manifest.key] = PlanningFixture.applied(manifest, by: "kubectl")
        }
        let step = try #require(fixture.plan().steps.first)
        #expect(step.verdict == .handover && step.action.isWrite)
    }

    @Test func anInterruptedPassIsConfirmedWithoutAWrite() throws {
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {x: one}}"
        var fixture = try PlanningFixture(applied: text, desired: text)
        let key = try #require(fixture.inventory.keys.first)
        fixture.inventory[key]?.uid = nil
        fixture.inventory[key]?.state = .intended
        let plan = fixture.plan()
        #expect(!plan.writesAnything)
        #expect(plan.intent[key]?.uid == "uid-ConfigMap-a" && plan.intent[key]?.state == .applied)
    }

    @Test func anObjectThatMovesToAnotherFileIsHandedOver() throws {
        let text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: default}, data: {x: one}}"
        var fixture = try PlanningFixture(applied: text, desired: text)
        fixture.desired.objects[0].source = .app(namespace: "default", name: "settings")
        let plan = fixture.plan()
        #expect(plan.steps.map(\.verdict) == [.handover])
        #expect(plan.steps.first?.reason == "from git.yaml to app default/settings")
        #expect(!plan.writesAnything)
        #expect(plan.intent.entries.values.first?.source == "app default/settings")
    }

    @Test func replicasOfAnAutoscalerStayAsTheyAre() throws {
        let annotations = """
            annotations: {cluster.x-k8s.io/cluster-api-autoscaler-node-group-min-size: "1", cluster.x-k8s.io/cluster-api-autoscaler-node-group-max-size: "9"}
            """
        func text(_ label: String) -> String {
            """
            apiVersion: cluster.x-k8s.io/v1beta2
            kind: MachineDeployment
            metadata: {name: a, namespace: default, labels: {x: \(label)}, \(annotations)}
            spec: {replicas: 2}
            """
        }
        var fixture = try PlanningFixture(applied: text("one"), desired: text("one"))
        try fixture.interfere("MachineDeployment", "a", path: ["spec", "replicas"], to: 7, by: "cluster-autoscaler")
        #expect(fixture.verdicts() == [])
        fixture.desired = try PlanningFixture.state(text("two"))
        let step = try #require(fixture.plan().steps.first)
        #expect(step.verdict == .metadata)
        #expect(step.action.manifest?.spec["replicas"]?.int == 7)
    }

    @Test func unknownKindsAndMissingNamespacesAreSaid() throws {
        var fixture = try PlanningFixture(
            desired: """
                {apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: default}}
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: nowhere}}
                """
        )
        fixture.observed = ObservedState(
            try PlanningFixture.manifests("{apiVersion: v1, kind: Namespace, metadata: {name: default}}"),
            scopes: ResourceScopes([GroupKind(group: "", kind: "ConfigMap"): true])
        )
        #expect(
            fixture.plan().steps.map(\.reason).sorted() == [
                "namespace nowhere does not exist; add it, or set `createNamespaces: true` on the fleet",
                "the server has no kind Widget.example.com; is its CustomResourceDefinition missing?",
            ]
        )
    }

    @Test func customResourcesWaitForTheirDefinition() throws {
        var fixture = try PlanningFixture(
            desired: """
                {apiVersion: example.com/v1, kind: Widget, metadata: {name: w}}
                ---
                {apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: widgets.example.com}, spec: {group: example.com, names: {kind: Widget}, scope: Namespaced}}
                ---
                {apiVersion: v1, kind: Namespace, metadata: {name: x}}
                """
        )
        fixture.observed.scopes = ResourceScopes([
            GroupKind(group: "", kind: "Namespace"): false,
            GroupKind(group: "apiextensions.k8s.io", kind: "CustomResourceDefinition"): false,
        ])
        let plan = fixture.plan()
        let widget = try #require(plan.steps.first { $0.key.kind == "Widget" })
        #expect(widget.verdict == .create && widget.key.namespace == "default")
        #expect(widget.waitsFor.map(\.kind) == ["CustomResourceDefinition"])
        #expect(plan.steps.first?.key.kind == "CustomResourceDefinition")
    }

    @Test func aBadNameIsADiagnosticAndStopsNothingElse() throws {
        let plan = try PlanningFixture(
            desired: """
                {apiVersion: v1, kind: ConfigMap, metadata: {name: Not A Valid Name, namespace: default}}
                ---
                {apiVersion: v1, kind: ConfigMap, metadata: {name: fine, namespace: default}}
                """
        ).plan()
        #expect(plan.steps.map(\.verdict).sorted { $0.rawValue < $1.rawValue } == [.blocked, .create])
        #expect(plan.diagnostics.map(\.code) == ["bad-name"])
    }
}
