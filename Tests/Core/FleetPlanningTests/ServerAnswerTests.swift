import FleetPlanning
import KubernetesModel
import StructuredValue
import Testing

@Suite struct ServerAnswerTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var fields: [PlannedField] = []
        var wanted: Value
        var live: Value?
        var stored: Value
        var expected: [PlannedField]
    }

    static let examples = [
        Example(
            testDescription: "defaults of a new object",
            wanted: ["spec": ["replicas": 3]],
            stored: ["spec": ["replicas": 3, "strategy": ["type": "RollingUpdate"]]],
            expected: [PlannedField(path: "spec.strategy", old: nil, new: ["type": "RollingUpdate"])]
        ),
        Example(
            testDescription: "what servers keep for themselves does not count",
            wanted: ["spec": ["a": 1]],
            stored: [
                "metadata": ["uid": "u", "resourceVersion": "5", "generation": 1, "managedFields": []],
                "spec": ["a": 1], "status": ["ready": true],
            ],
            expected: []
        ),
        Example(
            testDescription: "what the plan foresaw does not count",
            fields: [
                PlannedField(path: "spec.replicas", old: 3, new: 5),
                PlannedField(path: "spec.paused", old: nil, new: true),
            ],
            wanted: ["spec": ["replicas": 5, "paused": true]],
            live: ["spec": ["replicas": 3, "mode": "x"]],
            stored: ["spec": ["replicas": 5, "mode": "x", "paused": true]],
            expected: []
        ),
        Example(
            testDescription: "a value written in another way",
            fields: [PlannedField(path: "spec.cpu", old: "1", new: "2000m")],
            wanted: ["spec": ["cpu": "2000m"]],
            live: ["spec": ["cpu": "1"]],
            stored: ["spec": ["cpu": "2"]],
            expected: [PlannedField(path: "spec.cpu", old: "2000m", new: "2")]
        ),
        Example(
            testDescription: "a field that goes although nobody asked for that",
            fields: [PlannedField(path: "data.a", old: "1", new: "2")],
            wanted: ["data": ["a": "2"]],
            live: ["data": ["a": "1", "b": "1"]],
            stored: ["data": ["a": "2"]],
            expected: [PlannedField(path: "data.b", old: "1", new: nil)]
        ),
        Example(
            testDescription: "items by name, and keys with dots",
            fields: [PlannedField(path: "spec.containers[name=a].image", old: "x:1", new: "x:2")],
            wanted: ["spec": ["containers": [["name": "a", "image": "x:2"]]]],
            live: ["metadata": ["labels": [:]], "spec": ["containers": [["name": "a", "image": "x:1"]]]],
            stored: [
                "metadata": ["labels": ["example.com/by": "hook"]],
                "spec": ["containers": [["name": "a", "image": "x:2", "pull": "Always"], ["name": "side"]]],
            ],
            expected: [
                PlannedField(path: "metadata.labels[\"example.com/by\"]", old: nil, new: "hook"),
                PlannedField(path: "spec.containers[name=a].pull", old: nil, new: "Always"),
                PlannedField(path: "spec.containers[name=side]", old: nil, new: ["name": "side"]),
            ]
        ),
    ]

    private func step(_ manifest: Manifest, _ fields: [PlannedField] = []) -> PlanStep {
        PlanStep(
            key: manifest.key,
            apiVersion: manifest.apiVersion,
            verdict: .inPlace,
            action: .apply(manifest, force: false),
            fields: fields
        )
    }

    @Test(arguments: examples)
    func tellsWhatTheServerDoesBeyondThePlan(_ example: Example) {
        let step = step(Manifest(example.wanted), example.fields)
        let found = step.surprises(in: Manifest(example.stored), live: example.live.map { Manifest($0) })
        #expect(found == example.expected)
    }

    @Test func valuesOfSecretsAreNotSentAndNotCompared() throws {
        let secret = Manifest([
            "apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["a": "c2VjcmV0"],
            "stringData": ["b": "secret"],
        ])
        let question = try #require(step(secret).question)
        #expect(question.manifest.value["data"] == ["a": "aGlkZGVu"])
        #expect(question.manifest.value["stringData"] == ["b": "hidden"])
        var stored = secret
        stored.value["data"] = ["a": "other", "b": "other"]
        stored.value["type"] = "Opaque"
        #expect(step(secret).surprises(in: stored, live: nil) == [PlannedField(path: "type", old: nil, new: "Opaque")])
    }

    @Test func answersAreCountedAndShown() {
        let manifest = Manifest(["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "a"]])
        var refused = step(manifest)
        refused.answer = .refuses("not here")
        var taken = step(manifest)
        taken.answer = .accepts([PlannedField(path: "data.x", old: nil, new: "1")])
        let plan = FleetPlan(
            revision: "r",
            plans: [
                ApplyPlan(
                    revision: "r",
                    fleet: "edge",
                    managementCluster: "mc-1",
                    isComplete: true,
                    steps: [refused, taken]
                )
            ]
        )
        #expect(plan.forecast.refused == 1)
        #expect(plan.text.contains("      the server refuses: not here\n"))
        #expect(plan.text.contains("      the server sets data.x: + 1\n"))
        #expect(
            plan.value()["objects"]?.array?.compactMap { $0["server"]?["answer"]?.string } == ["refuses", "accepts"]
        )
    }
}
