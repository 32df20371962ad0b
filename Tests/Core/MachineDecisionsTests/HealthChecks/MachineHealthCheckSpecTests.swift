import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct MachineHealthCheckSpecTests {
    private typealias Examples = HealthCheckExamples

    @Test func readsBothVersionsAlike() throws {
        let new = try Examples.manifest(
            """
            apiVersion: cluster.x-k8s.io/v1beta2
            kind: MachineHealthCheck
            spec:
              clusterName: c1
              selector: {matchLabels: {pool: md-0}}
              checks:
                nodeStartupTimeoutSeconds: 900
                unhealthyNodeConditions: [{type: Ready, status: Unknown, timeoutSeconds: 330}]
                unhealthyMachineConditions: [{type: BootstrapConfigReady, status: "False", timeoutSeconds: 60}]
              remediation:
                triggerIf: {unhealthyInRange: "[1-3]", unhealthyLessThanOrEqualTo: 40%}
                templateRef: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: RebootTemplate, name: r}
            """
        )
        let old = try Examples.manifest(
            """
            apiVersion: cluster.x-k8s.io/v1beta1
            kind: MachineHealthCheck
            spec:
              clusterName: c1
              selector: {matchLabels: {pool: md-0}}
              nodeStartupTimeout: 15m
              unhealthyConditions: [{type: Ready, status: Unknown, timeout: 5m30s}]
              unhealthyMachineConditions: [{type: BootstrapConfigReady, status: "False", timeout: 1m0s}]
              unhealthyRange: "[1-3]"
              maxUnhealthy: 40%
              remediationTemplate: {apiVersion: infrastructure.cluster.x-k8s.io/v1beta1, kind: RebootTemplate, name: r}
            """
        )
        let spec = MachineHealthCheckSpec(new)
        #expect(spec == MachineHealthCheckSpec(old))
        #expect(spec.problems.isEmpty)
        #expect(spec.startupTimeout == .seconds(900))
        #expect(spec.nodeSymptoms == [.init(type: "Ready", status: "Unknown", timeout: .seconds(330))])
        #expect(spec.limit == .range(1...3))
        #expect(spec.template?.requestKind.kind == "Reboot")
    }

    @Test func fillsInWhatIsNotSaid() throws {
        let spec = MachineHealthCheckSpec(
            Examples.check(checks: ["unhealthyNodeConditions": [["type": "Ready", "status": "False"]]])
        )
        #expect(spec.startupTimeout == .seconds(600))
        #expect(spec.nodeSymptoms.map(\.timeout) == [.zero])
        #expect(spec.limit == .percent(100))
        #expect(spec.template == nil)
    }

    @Test(
        arguments: [
            ("{checks: {nodeStartupTimeoutSeconds: 29}}", "the start-up timeout must be at least 30 seconds, or 0"),
            ("{checks: {nodeStartupTimeoutSeconds: 30}}", nil), ("{checks: {nodeStartupTimeoutSeconds: 0}}", nil),
            ("{selector: {}}", "the selector must not be empty"),
            ("{selector: {matchLabels: {cluster.x-k8s.io/cluster-name: c2}}}", "is not spec.clusterName c1"),
            ("{selector: {matchLabels: {cluster.x-k8s.io/cluster-name: c1}}}", nil),
            ("{selector: {matchExpressions: [{key: a, operator: Like}]}}", "the selector cannot be read"),
            ("{remediation: {triggerIf: {unhealthyInRange: '[3-1]'}}}", "ends before it begins"),
            ("{remediation: {triggerIf: {unhealthyLessThanOrEqualTo: '3'}}}", "neither a number nor a percentage"),
            ("{checks: {unhealthyMachineConditions: [{type: Ready, status: 'False'}]}}", "Ready cannot be checked"),
            ("{checks: {unhealthyMachineConditions: [{type: Available, status: 'False'}]}}", "Available cannot"),
            ("{checks: {unhealthyMachineConditions: [{type: HealthCheckSucceeded, status: 'False'}]}}", "cannot be"),
            ("{checks: {unhealthyMachineConditions: [{type: OwnerRemediated, status: 'False'}]}}", "cannot be checked"),
            ("{checks: {unhealthyMachineConditions: [{type: ExternallyRemediated, status: 'False'}]}}", "cannot be"),
            ("{checks: {unhealthyMachineConditions: [{type: NodeHealthy, status: 'False'}]}}", nil),
        ] as [(String, String?)]
    )
    func saysWhatAdmissionWouldRefuse(changes: String, problem: String?) throws {
        var check = Examples.check()
        let spec = try Examples.manifest(changes).value.object ?? Object()
        for pair in spec { check.value[path: "spec", pair.key] = pair.value }
        let problems = MachineHealthCheckSpec(check).problems
        if let problem {
            #expect(problems.contains { $0.contains(problem) }, "\(problems)")
            let round = Examples.decide(check, Examples.targets("a! b"))
            #expect(round.machines.isEmpty, "a refused check does nothing")
            #expect(round.condition("RemediationAllowed")?.reason == "InvalidSpec")
        } else {
            #expect(problems.isEmpty)
        }
    }

    @Test(
        arguments: [
            ("10m", 600.0), ("1h30m0s", 5400), ("0s", 0), ("0", 0), ("1.5h", 5400), ("90s", 90), ("500ms", 0.5),
            ("5", nil), ("-5m", nil), ("m", nil), ("", nil), ("5 m", nil), ("5d", nil),
        ] as [(String, Double?)]
    )
    func readsDurationsAsGoWritesThem(text: String, seconds: Double?) throws {
        var check = Examples.check()
        check.value["apiVersion"] = "cluster.x-k8s.io/v1beta1"
        check.value[path: "spec", "nodeStartupTimeout"] = .string(text)
        let spec = MachineHealthCheckSpec(check)
        #expect(spec.problems.contains("nodeStartupTimeout is no duration") == (seconds == nil))
        if let seconds { #expect(spec.startupTimeout == .seconds(seconds)) }
    }

    @Test func selectsMachinesOfItsClusterAndNamespaceThatNobodyWantsSpared() {
        let spec = MachineHealthCheckSpec(Examples.check())
        var elsewhere = Examples.machine("elsewhere")
        elsewhere.namespace = "other"
        var foreign = Examples.machine("foreign")
        foreign.setLabel("cluster.x-k8s.io/cluster-name", "c2")
        var unlabelled = Examples.machine("unlabelled")
        unlabelled.setLabel("pool", nil)
        let machines = [
            Examples.machine("b"), Examples.machine("a"), elsewhere, foreign, unlabelled,
            Examples.machine("paused", annotations: ["cluster.x-k8s.io/paused": ""]),
            Examples.machine("skipped", annotations: ["cluster.x-k8s.io/skip-remediation": ""]),
            Examples.machine("leaving", deleting: true),
        ]
        #expect(selectTargets(of: spec, in: "ns", from: machines).map(\.name) == ["a", "b", "leaving"])
    }
}
