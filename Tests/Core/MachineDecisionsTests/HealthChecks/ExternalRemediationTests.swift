import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct ExternalRemediationTests {
    private typealias Examples = HealthCheckExamples

    static let reference: Value = [
        "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "RebootTemplate", "name": "reboot",
    ]
    static let template = Manifest([
        "apiVersion": "infrastructure.cluster.x-k8s.io/v1beta1", "kind": "RebootTemplate",
        "metadata": ["name": "reboot", "namespace": "ns"],
        "spec": ["template": ["metadata": ["labels": ["own": "1"]], "spec": ["strategy": "Reboot"]]],
    ])
    static let check = Examples.check(template: reference)

    static func request(_ name: String, deleting: Bool = false) -> Manifest {
        var request = Manifest(["kind": "Reboot", "metadata": ["name": .string(name), "namespace": "ns"]])
        if deleting { request.value[path: "metadata", "deletionTimestamp"] = .string(Examples.ago(1)) }
        return request
    }

    @Test func aRequestIsACopyOfTheTemplateForTheMachine() throws {
        let round = Examples.decide(Self.check, Examples.targets("a! b"), template: Self.template)
        let step = try #require(round.machines.first)
        let expected = try Examples.manifest(
            """
            spec: {strategy: Reboot}
            apiVersion: infrastructure.cluster.x-k8s.io/v1beta1
            kind: Reboot
            metadata:
              name: a
              namespace: ns
              labels: {cluster.x-k8s.io/cluster-name: c1, own: "1"}
              annotations:
                cluster.x-k8s.io/cloned-from-groupkind: RebootTemplate.infrastructure.cluster.x-k8s.io
                cluster.x-k8s.io/cloned-from-name: reboot
              ownerReferences: [{apiVersion: cluster.x-k8s.io/v1beta2, kind: Machine, name: a, uid: u-a}]
            """
        )
        guard case .create(let request)? = step.request else {
            Issue.record("no request")
            return
        }
        for field in ["apiVersion", "kind", "metadata", "spec"] {
            #expect(request.value[field] == expected.value[field], "\(field)")
        }
        #expect(round.machineCondition("a", "OwnerRemediated") == nil, "the owner is not told")
        let made = round.machineCondition("a", "ExternallyRemediated", after: .created)
        #expect(made?.reason == "WaitingForRemediation")
        let failed = round.machineCondition("a", "ExternallyRemediated", after: .failed("quota"))
        #expect(failed?.reason == "RemediationRequestCreationFailed")
        #expect(failed?.message == "quota")
    }

    /// Upstream ends the pass at the first Machine whose request exists, and says nothing about that Machine.
    @Test func aRequestThatExistsDoesNotHideTheOthers() {
        let round = Examples.decide(
            Self.check,
            Examples.targets("a! b! c"),
            requests: ["a": Self.request("a")],
            template: Self.template
        )
        #expect(round.handedOver == ["b"])
        #expect(round.machineCondition("a", "HealthCheckSucceeded")?.status == .no)
        #expect(round.machineCondition("b", "HealthCheckSucceeded")?.status == .no)
    }

    @Test func aMissingTemplateIsSaidOnTheMachineAndOnTheCheck() {
        let round = Examples.decide(Self.check, Examples.targets("a! b"))
        #expect(round.handedOver.isEmpty)
        #expect(round.machineCondition("a", "ExternallyRemediated")?.reason == "RemediationTemplateNotFound")
        #expect(round.machineCondition("b", "HealthCheckSucceeded")?.status == .yes)
        let older = round.status[path: "deprecated", "v1beta1", "conditions"]?.array ?? []
        #expect(older.last?["type"] == "ExternalRemediationTemplateAvailable")
        #expect(older.last?["severity"] == "Error")
        var check = Self.check
        check.value["status"] = round.status
        let later = Examples.decide(check, Examples.targets("a b"))
        #expect(later.status[path: "deprecated", "v1beta1", "conditions"]?.array?.count == 1)
    }

    /// Upstream writes that a Machine is healthy only in a pass that finds a request to delete.
    @Test func aHealthyMachineLosesItsRequestAndSaysSoInAnyCase() {
        let round = Examples.decide(
            Self.check,
            Examples.targets("a b c"),
            requests: ["a": Self.request("a"), "b": Self.request("b", deleting: true)],
            template: Self.template
        )
        #expect(round.machines.map(\.request) == [.delete(Self.request("a")), nil, nil])
        for name in ["a", "b", "c"] {
            #expect(round.machineCondition(name, "HealthCheckSucceeded")?.status == .yes)
        }
    }

    @Test func aRestrictedCheckNeitherMakesNorDeletesRequests() {
        let check = Examples.check(["unhealthyLessThanOrEqualTo": 0], template: Self.reference)
        let round = Examples.decide(
            check,
            Examples.targets("a! b"),
            requests: ["b": Self.request("b")],
            template: Self.template
        )
        #expect(round.machines.map(\.request) == [nil, nil])
    }
}
