import APIServer
import APIStore
import KubernetesModel
import MachineDecisions
import MachineReconcilers
import ServerTestSupport
import StructuredValue
import Synchronization
import Testing

/// Health checks against servers that listen.
@Suite(.timeLimit(.minutes(2))) struct MachineHealthCheckServiceTests {
    @Test func handsASickMachineOverAndThenWritesNothingMore() async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a", "b", "c")
            try bench.makeCheck()
            try await bench.serving {
                try await bench.until("all are healthy") { try bench.healthy() == 3 }
                // Machines are written before the check.
                let check = try bench.theCheck
                #expect(check.label("cluster.x-k8s.io/cluster-name") == "c1")
                #expect(check.ownerReferences.map(\.name) == ["c1"])
                #expect(check.ownerReferences.map(\.isController) == [false])
                #expect(try bench.machine("a").isTrue("HealthCheckSucceeded"))

                bench.skip(.seconds(11))
                try bench.setReady("Unknown", of: "b")
                try await bench.until("b is handed over") { try bench.isHandedOver("b") }
                try await bench.until("it is counted") { try bench.healthy() == 2 }
                #expect(try bench.machine("b").condition("HealthCheckSucceeded")?.reason == "UnhealthyNode")
                #expect(try !bench.isHandedOver("a"))
                try await bench.until("it is told") { try bench.events("MachineMarkedUnhealthy").count == 1 }

                try await bench.settle()
                let revision = bench.store.revision
                // Heartbeats and foreign fields are nobody's business.
                try bench.workload.patch(HealthBench.node, name: "node-a", ["metadata": ["labels": ["x": "y"]]])
                try await bench.settle()
                #expect(bench.store.revision == revision)
            }
        }
    }

    @Test func sparesAllWhenTooManyAreSickAndSaysWhyOnce() async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a", "b", "c")
            try bench.setReady("Unknown", of: "a", "b")
            try bench.makeCheck(["unhealthyLessThanOrEqualTo": "40%"])
            try await bench.serving {
                try await bench.until("it stops") { try bench.theCheck.condition("RemediationAllowed")?.status == .no }
                #expect(try bench.machine("a").condition("HealthCheckSucceeded")?.status == .no)
                try await bench.until("it is told") { try !bench.events("RemediationRestricted").isEmpty }
                try await bench.settle()
                #expect(try !bench.isHandedOver("a") && !bench.isHandedOver("b"))
                #expect(try bench.events("RemediationRestricted").count == 1)

                // One recovers: that is no licence to replace the other at once.
                try bench.setReady("True", of: "a")
                try await bench.until("it goes on") { try bench.theCheck.isTrue("RemediationAllowed") }
                try await bench.settle()
                #expect(try !bench.isHandedOver("b"))
                try bench.setReady("True", of: "b")
                try await bench.until("all are well") { try bench.healthy() == 3 }
                #expect(try bench.machine("b").condition("OwnerRemediated") == nil)
            }
        }
    }

    @Test func judgesNothingOfAClusterThatIsNotReached() async throws {
        try await HealthBench.run(reaches: false) { bench in
            try bench.makeCluster("a", "b")
            try bench.setReady("Unknown", of: "a")
            try bench.makeCheck()
            try await bench.serving {
                try await bench.settle()
                #expect(try bench.theCheck.status["expectedMachines"] == nil)
                #expect(try bench.machine("a").condition("HealthCheckSucceeded") == nil)
                // It comes up, and its kubeconfig with it.
                try await bench.workloadServer.serving { address in
                    try bench.setKubeconfig(address.kubeconfig)
                    try await bench.until("it is seen") { try bench.isHandedOver("a") }
                    try await bench.until("b is healthy") { try bench.healthy() == 1 }
                }
                // Cut off: what gets sick meanwhile, or seems to, stays.
                bench.skip(.seconds(3600))
                try await bench.settle()
                let revision = bench.store.revision
                try bench.workload.delete(HealthBench.node, namespace: "", name: "node-b")
                try bench.management.patch(
                    HealthBench.machine,
                    namespace: "default",
                    name: "b",
                    ["metadata": ["labels": ["touched": "yes"]]]
                )
                try await bench.settle()
                #expect(try !bench.isHandedOver("b"))
                #expect(bench.store.revision == revision + 1)
            }
        }
    }

    @Test func aDeletedNodeAndAWishAreReasonsToo() async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a", "b", "c", "d")
            try bench.makeCheck()
            try await bench.serving {
                try await bench.until("all are healthy") { try bench.healthy() == 4 }
                // A person need not wait for anything to settle.
                let wish: Value = ["metadata": ["annotations": ["cluster.x-k8s.io/remediate-machine": ""]]]
                try bench.management.patch(HealthBench.machine, namespace: "default", name: "a", wish)
                try await bench.until("a is handed over") { try bench.isHandedOver("a") }
                #expect(try bench.machine("a").condition("HealthCheckSucceeded")?.reason == "HasRemediateAnnotation")
                bench.skip(.seconds(11))
                try bench.workload.delete(HealthBench.node, namespace: "", name: "node-b")
                try await bench.until("b is handed over") { try bench.isHandedOver("b") }
                #expect(try bench.machine("b").condition("HealthCheckSucceeded")?.reason == "NodeDeleted")

                let spare: Value = ["metadata": ["annotations": ["cluster.x-k8s.io/skip-remediation": ""]]]
                try bench.management.patch(HealthBench.machine, namespace: "default", name: "c", spare)
                try await bench.until("c is no target") { try bench.theCheck.status["expectedMachines"] == 3 }
                try bench.setReady("Unknown", of: "c")
                try await bench.settle()
                #expect(try bench.machine("c").isTrue("HealthCheckSucceeded"))
            }
        }
    }

    @Test func aSickMachineIsFoundWhenItsTimeIsUpWithoutAnyChange() async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a", "b")
            try bench.makeCheck()
            try await bench.serving {
                try await bench.until("all are healthy") { try bench.healthy() == 2 }
                bench.skip(.seconds(20))
                // Sick in two seconds: 60 of them must pass.
                try bench.setReady("Unknown", since: 58, of: "a")
                try await bench.until("it is missed") { try bench.healthy() == 1 }
                #expect(try !bench.isHandedOver("a"))
                try await bench.until("its time is up") { try bench.isHandedOver("a") }
            }
        }
    }

    @Test func theFleetsBudgetHoldsMachinesBackAndSaysSo() async throws {
        let budget = RemediationBudget(limit: 1, window: .seconds(60))
        try await HealthBench.run(budget) { bench in
            try bench.makeCluster("a", "b", "c")
            try bench.setReady("Unknown", of: "a", "b")
            try bench.makeCheck()
            try await bench.serving {
                try await bench.until("one is handed over") { try bench.isHandedOver("a") }
                try await bench.until("the other waits") {
                    try bench.theCheck.condition("RemediationAllowed")?.reason == "RemediationBudgetSpent"
                }
                try await bench.settle()
                #expect(try !bench.isHandedOver("b"))
                bench.skip(.seconds(61))
                try bench.setReady("Unknown", since: 500, of: "b")
                try await bench.until("its turn comes") { try bench.isHandedOver("b") }
                try await bench.until("all is told") { try bench.theCheck.isTrue("RemediationAllowed") }
            }
        }
    }

    /// A daemon that dies and comes back must not begin a new budget each time.
    @Test func whatWasSpentOutlivesARestart() async throws {
        let kept = Kept()
        let memory = FleetRemediationBudget.Memory(
            recall: { kept.spent.withLock { $0 } },
            keep: { spent in kept.spent.withLock { $0 = spent } }
        )
        try await HealthBench.run { bench in
            try bench.makeCluster("a", "b", "c")
            try bench.setReady("Unknown", of: "a", "b")
            try bench.makeCheck()
            func serve(_ body: () async throws -> Void) async throws {
                var bench = bench
                bench.budget = FleetRemediationBudget(RemediationBudget(limit: 1, window: .seconds(60)), memory: memory)
                try await bench.serving(body)
            }
            try await serve { try await bench.until("one is handed over") { try bench.isHandedOver("a") } }
            #expect(kept.spent.withLock { $0.count } == 1)
            try await serve {
                try await bench.until("the other waits") {
                    try bench.theCheck.condition("RemediationAllowed")?.reason == "RemediationBudgetSpent"
                }
                try await bench.settle()
                #expect(try !bench.isHandedOver("b"))
            }
            bench.skip(.seconds(61))
            try await serve { try await bench.until("its turn comes") { try bench.isHandedOver("b") } }
        }
    }

    private final class Kept: Sendable {
        let spent = Mutex<[Timestamp]>([])
    }

    @Test func whyRemediationIsOffIsTold() async throws {
        let told = Told()
        var reports = MachineHealthCheckService.Reports()
        reports.onRestriction = { text in told.restriction.withLock { $0 = text } }
        reports.onHandOver = { told.handedOver.withLock { $0 += 1 } }
        try await HealthBench.run { [reports] bench in
            try bench.makeCluster("a", "b", "c")
            try bench.setReady("Unknown", of: "a", "b")
            try bench.makeCheck(["unhealthyLessThanOrEqualTo": "40%"])
            try await bench.serving(reports: reports) {
                try await bench.until("it is told") {
                    told.restriction.withLock { $0?.contains("MachineHealthCheck default/mhc: nothing is") == true }
                }
                #expect(told.handedOver.withLock { $0 } == 0)
                try bench.setReady("True", of: "a", "b")
                try await bench.until("it is taken back") { told.restriction.withLock { $0 == nil } }
                bench.skip(.seconds(11))
                try bench.setReady("Unknown", of: "a")
                try await bench.until("a hand-over is counted") { told.handedOver.withLock { $0 == 1 } }
            }
        }
    }

    private final class Told: Sendable {
        let restriction = Mutex<String?>(nil)
        let handedOver = Mutex(0)
    }

    @Test func aPausedClusterIsLeftAloneUntilItGoesOn() async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a")
            try bench.setReady("Unknown", of: "a")
            try bench.management.patch(
                HealthBench.cluster,
                namespace: "default",
                name: "c1",
                ["spec": ["paused": true]]
            )
            try bench.makeCheck()
            try await bench.serving {
                try await bench.until("it says so") { try bench.theCheck.isTrue("Paused") }
                #expect(try !bench.isHandedOver("a"))
                try bench.management.patch(
                    HealthBench.cluster,
                    namespace: "default",
                    name: "c1",
                    ["spec": ["paused": false]]
                )
                try await bench.until("it goes on") { try bench.isHandedOver("a") }
                try await bench.until("it says that too") { try bench.theCheck.condition("Paused")?.status == .no }
            }
        }
    }

    @Test func anotherSystemRepairsWhatItIsAskedTo() async throws {
        try await HealthBench.run { bench in
            try bench.makeCluster("a", "b")
            try bench.management.create([
                "apiVersion": "repair.example/v1", "kind": "RebootTemplate",
                "metadata": ["name": "reboot", "namespace": "default"],
                "spec": ["template": ["spec": ["strategy": "Reboot"]]],
            ])
            try bench.setReady("Unknown", of: "a")
            try bench.makeCheck(
                template: ["apiVersion": "repair.example/v1", "kind": "RebootTemplate", "name": "reboot"]
            )
            func request() throws -> Manifest? {
                try bench.management.find(HealthBench.reboot, namespace: "default", name: "a").map { Manifest($0) }
            }
            try await bench.serving {
                try await bench.until("it is asked") { try request() != nil }
                let made = try request()
                #expect(made?.spec["strategy"] == "Reboot")
                #expect(made?.ownerReferences.map(\.name) == ["a"])
                try await bench.until("the Machine says so") {
                    try bench.machine("a").condition("ExternallyRemediated")?.reason == "WaitingForRemediation"
                }
                #expect(try !bench.isHandedOver("a"))
                try bench.setReady("True", of: "a")
                try await bench.until("it is not asked any more") { try request() == nil }
                try await bench.until("it is well") { try bench.machine("a").isTrue("HealthCheckSucceeded") }
            }
        }
    }
}
