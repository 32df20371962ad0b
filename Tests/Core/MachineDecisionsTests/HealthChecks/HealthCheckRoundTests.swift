import KubernetesModel
import MachineDecisions
import StructuredValue
import Testing

@Suite struct HealthCheckRoundTests {
    private typealias Examples = HealthCheckExamples

    struct Example: Sendable, CustomTestStringConvertible {
        var limit: Value = [:]
        var targets: String
        var healthy: Int
        /// Of `remediationsAllowed`.
        var allowed: Int
        var handedOver = ""
        var isRestricted = false

        var testDescription: String { "\(limit) \(targets)" }
    }

    static let fortyPercent: Value = ["unhealthyLessThanOrEqualTo": "40%"]

    static let examples: [Example] = [
        Example(targets: "", healthy: 0, allowed: 0),
        Example(targets: "a b c", healthy: 3, allowed: 3),
        Example(targets: "a! b c", healthy: 2, allowed: 2, handedOver: "a"),
        Example(limit: fortyPercent, targets: "a! b c d e", healthy: 4, allowed: 1, handedOver: "a"),
        // With nothing left, what is unhealthy is still remediated, all at once.
        Example(limit: fortyPercent, targets: "a! b! c d e", healthy: 3, allowed: 0, handedOver: "a b"),
        Example(limit: fortyPercent, targets: "a! b! c! d e", healthy: 2, allowed: 0, isRestricted: true),
        // Who is not known to be healthy counts: not yet timed out, leaving, without a Node.
        Example(limit: fortyPercent, targets: "a! b? c? d e", healthy: 2, allowed: 0, isRestricted: true),
        Example(limit: fortyPercent, targets: "a! b- c- d e", healthy: 2, allowed: 0, isRestricted: true),
        Example(limit: fortyPercent, targets: "a! b. c. d e", healthy: 2, allowed: 0, isRestricted: true),
        Example(limit: fortyPercent, targets: "a! b? c d e", healthy: 3, allowed: 0, handedOver: "a"),
        // A person's wish does not break the circuit.
        Example(limit: fortyPercent, targets: "a* b! c! d e", healthy: 2, allowed: 0, isRestricted: true),
        Example(limit: fortyPercent, targets: "a! b* c d e", healthy: 3, allowed: 0, handedOver: "b a"),
        Example(
            limit: ["unhealthyInRange": "[2-3]"],
            targets: "a! b c d e",
            healthy: 4,
            allowed: 0,
            isRestricted: true
        ),
        Example(limit: ["unhealthyInRange": "[1-3]"], targets: "a! b c d e", healthy: 4, allowed: 2, handedOver: "a"),
        // Nobody is told about a Machine that leaves already.
        Example(targets: "a!- b", healthy: 1, allowed: 1),
    ]

    @Test(arguments: examples)
    func countsAndDecides(_ example: Example) {
        let round = Examples.decide(Examples.check(example.limit), Examples.targets(example.targets))
        #expect(round.handedOver.joined(separator: " ") == example.handedOver)
        #expect(round.status["expectedMachines"] == .int(example.targets.split(separator: " ").count))
        #expect(round.status["currentHealthy"] == .int(example.healthy))
        #expect(round.status["remediationsAllowed"] == .int(example.allowed))
        #expect(round.status["observedGeneration"] == 4)
        let allowed = round.condition("RemediationAllowed")
        #expect(allowed?.status == (example.isRestricted ? .no : .yes))
        #expect(allowed?.reason == (example.isRestricted ? "TooManyUnhealthy" : "RemediationAllowed"))
        #expect((round.restriction != nil) == (example.isRestricted && example.targets.contains { "!*".contains($0) }))
    }

    @Test func theReasonNamesTheNumbersAndTheLimit() {
        let round = Examples.decide(Examples.check(Self.fortyPercent), Examples.targets("a! b! c? d e"))
        let text = round.condition("RemediationAllowed")?.message ?? ""
        #expect(text.contains("3 of 5") && text.contains("40%"), "\(text)")
        let range = Examples.decide(Examples.check(["unhealthyInRange": "[1-2]"]), Examples.targets("a! b! c! d e"))
        #expect(range.condition("RemediationAllowed")?.message.contains("[1-2]") == true)
    }

    @Test func aRestrictionWithoutSickMachinesIsNoEvent() {
        let round = Examples.decide(Examples.check(["unhealthyLessThanOrEqualTo": 0]), Examples.targets("a? b"))
        #expect(round.condition("RemediationAllowed")?.status == .no)
        #expect(round.restriction == nil)
    }

    @Test func aRestrictedCheckStillSaysWhoIsSick() {
        let round = Examples.decide(Examples.check(Self.fortyPercent), Examples.targets("a! b! c! d e"))
        #expect(round.machineCondition("a", "HealthCheckSucceeded")?.reason == "UnhealthyNode")
        #expect(round.machineCondition("a", "OwnerRemediated") == nil)
        #expect(round.machineCondition("d", "HealthCheckSucceeded")?.status == .yes)
    }

    @Test func targetsAreSortedInTheStatus() {
        let round = Examples.decide(Examples.check(), Examples.targets("c a! b?"))
        #expect(round.status["targets"] == ["a", "b", "c"])
    }

    @Test func looksAgainWhenTheFirstOneMayBeSick() {
        let check = Examples.check()
        #expect(Examples.decide(check, Examples.targets("a b")).next == nil)
        #expect(Examples.decide(check, Examples.targets("a b?")).next == .seconds(201))
        // Without a Node: 600 s of start-up, 60 of them over.
        #expect(Examples.decide(check, Examples.targets("a b.")).next == .seconds(541))
        #expect(Examples.decide(check, Examples.targets("a? b.")).next == .seconds(201))
    }

    // MARK: Handing over

    @Test(
        arguments: [
            (nil, true), ("True", true), ("False", false),
        ] as [(String?, Bool)]
    )
    func aRemediationUnderWayIsNotBegunAgain(status: String?, isHandedOver: Bool) {
        var targets = Examples.targets("a! b")
        if let status {
            let known = Examples.condition("OwnerRemediated", status, since: 30)
            targets[0].machine.value[path: "status", "conditions"] = [known]
        }
        let round = Examples.decide(Examples.check(), targets)
        #expect(round.handedOver == (isHandedOver ? ["a"] : []))
        let condition = round.machineCondition("a", "OwnerRemediated")
        #expect(condition?.status == .no)
        #expect(condition?.reason == (isHandedOver ? "WaitingForRemediation" : "R"))
    }

    struct Told: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var version = "v1beta2"
        var current: String?
        var older: String?
        var isHandedOver = false
        /// The reasons afterwards; `Known` is the one that was there.
        var expected: [String?]
    }

    static let told: [Told] = [
        Told(
            testDescription: "nobody",
            isHandedOver: true,
            expected: ["WaitingForRemediation", "WaitingForRemediation"]
        ),
        Told(
            testDescription: "the owner has only been told in the older form",
            older: "False",
            isHandedOver: true,
            expected: ["WaitingForRemediation", "Known"]
        ),
        Told(
            testDescription: "the owner works on it, and has closed the older form",
            current: "False",
            older: "True",
            expected: ["Known", "WaitingForRemediation"]
        ),
        Told(
            testDescription: "a server of v1beta1 that keeps the older form alone",
            version: "v1beta1",
            older: "False",
            expected: ["WaitingForRemediation", "Known"]
        ),
    ]

    /// Each form is told for itself; the newer one says whether a remediation is under way.
    @Test(arguments: told) func anOwnerIsToldInTheFormInWhichItWasNot(_ example: Told) throws {
        func known(_ status: String?) -> Value {
            guard let status else { return [] }
            return [["type": "OwnerRemediated", "status": .string(status), "reason": "Known"]]
        }
        var targets = Examples.targets("a! b")
        let isNew = example.version == "v1beta2"
        let (current, older) = isNew ? (["conditions"], Self.deprecated) : (["v1beta2", "conditions"], ["conditions"])
        targets[0].machine.value["apiVersion"] = .string("cluster.x-k8s.io/\(example.version)")
        targets[0].machine.value[path: ["status"] + current] = known(example.current)
        targets[0].machine.value[path: ["status"] + older] = known(example.older)
        let round = Examples.decide(Examples.check(), targets)
        #expect(round.handedOver == (example.isHandedOver ? ["a"] : []))
        let status = try #require(round.machines.first).status()
        let reasons = [current, older].map { path in
            status[path: path]?.array?.first { $0["type"] == "OwnerRemediated" }?["reason"]?.string
        }
        #expect(reasons == example.expected)
    }

    private static let deprecated = ["deprecated", "v1beta1", "conditions"]

    /// The newer form's time says since when the status holds, the older form's when anything of it changed.
    @Test func anotherReasonMovesTheTimeOfTheOlderFormAlone() throws {
        var targets = Examples.targets("a!")
        var known = Examples.condition("HealthCheckSucceeded", "False", since: 50)
        known["reason"] = "NodeStartupTimeout"
        targets[0].machine.value[path: "status", "conditions"] = [known]
        targets[0].machine.value[path: ["status"] + Self.deprecated] = [known]
        let status = try #require(Examples.decide(Examples.check(), targets).machines.first).status()
        let reason = Manifest(["status": status]).condition("HealthCheckSucceeded")
        #expect(reason?.reason == "UnhealthyNode")
        #expect(reason?.lastTransitionTime == Examples.ago(50))
        #expect(status[path: Self.deprecated]?[0]?["lastTransitionTime"] == .string(Examples.now.description))
    }

    @Test func aPausedCheckDoesNotClaimToHaveReadItsSpec() {
        var check = Examples.check()
        check.setAnnotation("cluster.x-k8s.io/paused", "")
        let round = Examples.decide(check, Examples.targets("a! b"))
        #expect(round.condition("Paused")?.status == .yes)
        #expect(round.status["observedGeneration"] == nil)
    }

    @Test func theMachineSaysWhatIsWrongInBothForms() throws {
        let round = Examples.decide(Examples.check(), Examples.targets("a! b"))
        let step = try #require(round.machines.first)
        let status = step.status()
        let condition = Manifest(["status": status]).condition("HealthCheckSucceeded")
        let text = "Health check failed:\n  * Node condition Ready has been Unknown (R) for more than 5m"
        #expect(condition?.message == text)
        #expect(condition?.observedGeneration == 2)
        let older = status[path: "deprecated", "v1beta1", "conditions"]?.array ?? []
        #expect(older.map { $0["type"]?.string } == ["HealthCheckSucceeded", "OwnerRemediated"])
        #expect(older.map { $0["reason"]?.string } == ["UnhealthyNode", "WaitingForRemediation"])
        #expect(older.map { $0["severity"]?.string } == ["Warning", "Warning"])
        #expect(older[1]["status"] == "False")
    }

    @Test(arguments: [
        ("a*", "HasRemediateAnnotation", "HasRemediateMachineAnnotation"), ("a!", "UnhealthyNode", "UnhealthyNode"),
    ])
    func theOlderFormHasWordsOfItsOwn(target: String, current: String, older: String) throws {
        let round = Examples.decide(Examples.check(), Examples.targets(target))
        let step = try #require(round.machines.first)
        #expect(round.machineCondition("a", "HealthCheckSucceeded")?.reason == current)
        #expect(step.status()[path: "deprecated", "v1beta1", "conditions"]?[0]?["reason"]?.string == older)
    }

    @Test func aDeletedNodeHasNoMessageInTheOlderForm() throws {
        let targets = [HealthTarget(Examples.machine("a"), node: .missing)]
        let step = try #require(Examples.decide(Examples.check(), targets).machines.first)
        let older = step.status()[path: "deprecated", "v1beta1", "conditions"]?[0]
        #expect(older?["reason"] == "NodeNotFound")
        #expect(older?["message"] == nil)
    }

    @Test func objectsOfTheOlderVersionKeepTheirShape() throws {
        var check = Examples.check()
        check.value["apiVersion"] = "cluster.x-k8s.io/v1beta1"
        check.value["spec"] = [
            "clusterName": "c1", "selector": ["matchLabels": ["pool": "md-0"]],
            "unhealthyConditions": [["type": "Ready", "status": "Unknown", "timeout": "5m"]], "maxUnhealthy": 0,
        ]
        var targets = Examples.targets("a! b")
        targets[0].machine.value["apiVersion"] = "cluster.x-k8s.io/v1beta1"
        let round = Examples.decide(check, targets)
        let older = round.status["conditions"]?.array ?? []
        #expect(older.first?["type"] == "RemediationAllowed")
        #expect(older.first?["severity"] == "Warning")
        let current = round.status[path: "v1beta2", "conditions"]?.array ?? []
        #expect(current.map { $0["type"]?.string } == ["Paused", "RemediationAllowed"])
        let status = try #require(round.machines.first).status()
        #expect(status["conditions"]?[0]?["severity"] == "Warning")
        #expect(status[path: "v1beta2", "conditions"]?[0]?["reason"] == "UnhealthyNode")
        #expect(status["deprecated"] == nil)
    }

    @Test func aSecondLookAtTheSameThingsWritesNothing() throws {
        let targets = Examples.targets("a! b c?")
        var check = Examples.check()
        let first = Examples.decide(check, targets)
        check.value["status"] = first.status
        var again = targets
        for step in first.machines {
            let index = try #require(again.firstIndex { $0.machine.name == step.machine.name })
            again[index].machine.value["status"] = step.status()
        }
        let second = Examples.decide(check, again)
        #expect(second.status == first.status)
        #expect(second.handedOver.isEmpty)
        for step in second.machines { #expect(step.status() == step.machine.status) }
    }

    // MARK: Pauses

    @Test func aPausedClusterOrCheckOnlySaysSo() {
        var paused = Examples.check()
        paused.setAnnotation("cluster.x-k8s.io/paused", "")
        paused.value["status"] = ["currentHealthy": 7]
        let rounds = [
            Examples.decide(paused, Examples.targets("a! b")),
            Examples.decide(Examples.check(), Examples.targets("a! b"), cluster: Examples.cluster(paused: true)),
        ]
        for round in rounds {
            #expect(round.machines.isEmpty)
            #expect(round.condition("Paused")?.status == .yes)
            #expect(round.condition("RemediationAllowed") == nil)
        }
        #expect(rounds[0].status["currentHealthy"] == 7)
        let running = Examples.decide(Examples.check(), [])
        #expect(running.condition("Paused")?.status == .no)
        #expect(running.condition("Paused")?.reason == "NotPaused")
    }

    // MARK: Beyond upstream

    struct Settling: Sendable, CustomTestStringConvertible {
        var testDescription: String
        /// The condition RemediationAllowed as it stands, and for how many seconds.
        var known: (status: String, reason: String, age: Int)?
        var targets = "a! b! c d e"
        var handedOver: String
        var next: Duration?
    }

    static let settling: [Settling] = [
        Settling(testDescription: "a first look", known: nil, handedOver: "a b"),
        Settling(
            testDescription: "just stopped",
            known: ("False", "TooManyUnhealthy", 60),
            handedOver: "",
            next: .seconds(10)
        ),
        Settling(testDescription: "on for 4 s", known: ("True", "x", 4), handedOver: "", next: .seconds(6)),
        Settling(testDescription: "on for 10 s", known: ("True", "x", 10), handedOver: "a b"),
        Settling(
            testDescription: "a person need not wait",
            known: ("True", "x", 4),
            targets: "a* b! c d e",
            handedOver: "a",
            next: .seconds(6)
        ),
        Settling(
            testDescription: "a spent budget is no fault that ends",
            known: ("False", "RemediationBudgetSpent", 1),
            handedOver: "a b"
        ),
    ]

    @Test(arguments: settling)
    func remediationBeginsAgainOnlyWhenAFaultHasSettled(_ example: Settling) {
        var check = Examples.check(Self.fortyPercent)
        if let known = example.known {
            var condition = Examples.condition("RemediationAllowed", known.status, since: known.age)
            condition["reason"] = .string(known.reason)
            check.value[path: "status", "conditions"] = [condition]
        }
        let round = Examples.decide(check, Examples.targets(example.targets))
        #expect(round.handedOver.joined(separator: " ") == example.handedOver)
        #expect(round.next == example.next)
        #expect(round.condition("RemediationAllowed")?.status == .yes)
    }

    @Test func theFirstSickMachineWaitsForTheOthersButNobodyAPersonNamed() {
        let targets = Examples.targets("a! b* c d e")
        let round = Examples.decide(Examples.check(), targets, patience: .seconds(2))
        #expect(round.handedOver == ["b"])
        #expect(round.next == .seconds(2))
        #expect(round.condition("RemediationAllowed")?.status == .yes)
        #expect(round.machineCondition("a", "HealthCheckSucceeded")?.status == .no)
        #expect(Examples.decide(Examples.check(), targets).handedOver == ["b", "a"])
    }

    @Test(arguments: [
        (0, "", "RemediationBudgetSpent"), (1, "a", "RemediationBudgetSpent"), (2, "a b", "RemediationAllowed"),
        (5, "a b", "RemediationAllowed"),
    ])
    func theFleetsBudgetHoldsMachinesBack(budget: Int, handedOver: String, reason: String) {
        let round = Examples.decide(Examples.check(), Examples.targets("a! b! c"), budget: budget)
        #expect(round.handedOver.joined(separator: " ") == handedOver)
        #expect(round.budgetNeed == 2)
        #expect(round.condition("RemediationAllowed")?.reason == reason)
    }

    @Test func aPersonsWishIsNoMatterOfTheBudget() {
        let round = Examples.decide(Examples.check(), Examples.targets("a! b* c"), budget: 0)
        #expect(round.handedOver == ["b"])
        #expect(round.budgetNeed == 1)
    }

    @Test func theBudgetIsOfAWindow() {
        var budget = RemediationBudget(limit: 3, window: .seconds(60))
        let start = Examples.now
        #expect(budget.take(2, now: start) == 2)
        #expect(budget.take(2, now: start.advanced(by: .seconds(10))) == 1)
        #expect(budget.take(1, now: start.advanced(by: .seconds(20))) == 0)
        #expect(budget.wait(now: start.advanced(by: .seconds(20))) == .seconds(40))
        budget.giveBack(1, takenAt: start.advanced(by: .seconds(10)))
        #expect(budget.wait(now: start.advanced(by: .seconds(20))) == nil)
        #expect(budget.take(9, now: start.advanced(by: .seconds(60))) == 3)
        // Another limit counts from now on; what was spent stays spent.
        budget.follow(limit: 4, window: .seconds(60))
        #expect(budget.take(9, now: start.advanced(by: .seconds(61))) == 1)
        budget.follow(limit: 0, window: .seconds(60))
        #expect(budget.take(1, now: start.advanced(by: .seconds(200))) == 0)
        #expect(budget.wait(now: start.advanced(by: .seconds(200))) == .seconds(60))
    }
}
