import KubernetesMerge
import KubernetesModel
import StructuredValue
import Testing

@testable import ManifestDiff

@Suite struct ManifestDiffTests {
    static let crd: Value = [
        "type": "object",
        "properties": [
            "spec": [
                "type": "object",
                "properties": [
                    "size": ["type": "integer"],
                    "mode": ["type": "string", "default": "Auto"],
                    "rules": [
                        "type": "array",
                        "items": [
                            "type": "object",
                            "properties": ["from": ["type": "string"], "to": ["type": "string", "default": "*"]],
                        ],
                    ],
                    "ports": [
                        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
                        "items": [
                            "type": "object",
                            "properties": ["name": ["type": "string"], "port": ["type": "integer"]],
                        ],
                    ],
                    "tags": ["type": "array", "x-kubernetes-list-type": "set", "items": ["type": "string"]],
                ],
            ],
            "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
        ],
    ]

    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        var desired: Value
        /// What was applied before, by our manager.
        var applied: Value
        /// What others and the server did since.
        var since: @Sendable (inout Value) -> Void = { _ in }
        var expected: [String]
        var testDescription: String { name }
    }

    static let examples: [Example] = [
        Example(
            name: "nothing changes when the same is applied again",
            desired: ["size": 1, "ports": [["name": "a", "port": 1]]],
            applied: ["size": 1, "ports": [["name": "a", "port": 1]]],
            expected: []
        ),
        Example(
            name: "defaults and status never show",
            desired: ["size": 1, "rules": [["from": "x"]]],
            applied: ["size": 1, "rules": [["from": "x"]]],
            since: { object in
                object[path: "spec", "mode"] = "Auto"
                object[path: "spec", "rules"] = [["from": "x", "to": "*"]]
                object[path: "status"] = ["phase": "Ready"]
            },
            expected: []
        ),
        Example(
            name: "a member taken out of an atomic list shows",
            desired: ["rules": [["from": "x"]]],
            applied: ["rules": [["from": "x", "to": "y"]]],
            expected: [#"spec.rules: [{"from":"x","to":"y"}] -> [{"from":"x"}]"#]
        ),
        Example(
            name: "changed, added and given-up fields show",
            desired: ["size": 2, "tags": ["b"], "ports": [["name": "a", "port": 2], ["name": "c", "port": 3]]],
            applied: ["size": 1, "mode": "Manual", "ports": [["name": "a", "port": 1], ["name": "b", "port": 1]]],
            expected: [
                "spec.mode: \"Manual\" -> nil",
                "spec.ports[name=a].port: 1 -> 2",
                #"spec.ports[name=b]: {"name":"b","port":1} -> nil"#,
                #"spec.ports[name=c]: nil -> {"name":"c","port":3}"#,
                "spec.size: 1 -> 2",
                #"spec.tags: nil -> ["b"]"#,
            ]
        ),
        Example(
            name: "a given-up field whose default is the same does not show",
            desired: ["size": 1],
            applied: ["size": 1, "mode": "Auto"],
            expected: []
        ),
        Example(
            name: "what others add is theirs",
            desired: ["size": 1, "tags": ["a"]],
            applied: ["size": 1, "tags": ["a"]],
            since: { object in
                object[path: "spec", "tags"] = ["a", "z"]
                object[path: "metadata", "labels"] = ["their": "label"]
            },
            expected: []
        ),
    ]

    static func object(_ spec: Value) -> Value {
        ["apiVersion": "x.example/v1", "kind": "Thing", "metadata": ["name": "t", "namespace": "n"], "spec": spec]
    }

    static func text(_ change: FieldChange) -> String {
        func text(_ value: Value?) -> String { value.map { JSON.text($0, .canonical) } ?? "nil" }
        return "\(change.pathText): \(text(change.old)) -> \(text(change.new))"
    }

    @Test(arguments: examples)
    func showsWhatAnApplyChanges(_ example: Example) throws {
        let schema = TypeSchema.customResource(Self.crd)
        let server = ServerSideApply(schema: schema, apiVersion: "x.example/v1", time: "2026-01-01T00:00:00Z")
        var live = try server.apply(live: nil, applied: Self.object(example.applied), manager: "martlet")
        example.since(&live)
        let diff = ManifestDiff(
            fieldManager: "martlet",
            kind: GroupVersionKind(apiVersion: "x.example/v1", kind: "Thing"),
            openAPISchema: Self.crd
        )
        let changes = try diff.changes(desired: Manifest(Self.object(example.desired)), live: Manifest(live))
        #expect(changes.map(Self.text) == example.expected)
    }

    @Test func driftNamesWhoChangedWhat() throws {
        let schema = TypeSchema.customResource(Self.crd)
        let at = { (time: String) in ServerSideApply(schema: schema, apiVersion: "x.example/v1", time: time) }
        let desired = Self.object(["size": 1, "tags": ["a"]])
        var live = try at("2026-01-01T00:00:00Z").apply(live: nil, applied: desired, manager: "martlet")
        live[path: "metadata", "uid"] = "u"
        var edited = live
        edited[path: "spec", "size"] = 5
        live = at("2026-01-02T00:00:00Z").update(live: live, new: edited, manager: "kubectl-edit")
        let diff = ManifestDiff(
            fieldManager: "martlet",
            kind: GroupVersionKind(apiVersion: "x.example/v1", kind: "Thing"),
            openAPISchema: Self.crd
        )
        let drift = try diff.drift(desired: Manifest(desired), live: Manifest(live))
        #expect(drift.map(\.change).map(Self.text) == ["spec.size: 5 -> 1"])
        #expect(drift.first?.manager == "kubectl-edit")
        #expect(drift.first?.time == "2026-01-02T00:00:00Z")
    }

    @Test func secretsShowHashesOnly() throws {
        let kind = GroupVersionKind(apiVersion: "v1", kind: "Secret")
        let diff = ManifestDiff(fieldManager: "martlet", kind: kind)
        let server = ServerSideApply(schema: diff.schema, apiVersion: "v1", time: "")
        func secret(_ value: Value) -> Value {
            ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "data": ["password": value]]
        }
        let live = try server.apply(live: nil, applied: secret("aHVudGVyMg=="), manager: "martlet")
        var wanted = secret(.null)
        wanted["data"] = nil
        wanted["stringData"] = ["password": "hunter3"]
        let changes = try diff.changes(desired: Manifest(wanted), live: Manifest(live))
        let masked = SecretHashes(key: [1, 2, 3]).masking(changes, kind: "Secret")
        #expect(masked.count == 1)
        #expect(masked.first?.pathText == "data.password")
        #expect(masked.first?.old != masked.first?.new)
        #expect(masked.allSatisfy { $0.new?.string?.hasPrefix("(secret ") == true })
        let unchanged = try diff.changes(
            desired: Manifest(secret("aHVudGVyMg==")),
            live: Manifest(live)
        )
        #expect(unchanged.isEmpty)
    }

    @Test func quantitiesInAnotherFormAreNoChange() throws {
        let kind = GroupVersionKind(apiVersion: "v1", kind: "PodTemplate")
        let diff = ManifestDiff(fieldManager: "martlet", kind: kind)
        func template(_ cpu: Value) -> Value {
            [
                "apiVersion": "v1", "kind": "PodTemplate", "metadata": ["name": "p"],
                "template": [
                    "spec": ["containers": [["name": "c", "image": "i", "resources": ["limits": ["cpu": cpu]]]]]
                ],
            ]
        }
        let live = try ServerSideApply(schema: diff.schema, apiVersion: "v1", time: "")
            .apply(live: nil, applied: template("500m"), manager: "martlet")
        #expect(try diff.changes(desired: Manifest(template("0.5")), live: Manifest(live)).isEmpty)
        let changes = try diff.changes(desired: Manifest(template("1")), live: Manifest(live))
        #expect(changes.map(\.pathText) == ["template.spec.containers[name=c].resources.limits.cpu"])
    }

    @Test func textShowsTheWayToEachChange() throws {
        let changes = [
            FieldChange(path: FieldPath("metadata", "labels"), old: nil, new: ["a": "b", "num": "1"]),
            FieldChange(
                path: FieldPath([
                    .field("spec"), .field("ports"), .key([.init(name: "name", value: "a")]), .field("port"),
                ]),
                old: 1,
                new: 2
            ),
            FieldChange(path: FieldPath("spec", "script"), old: "one\ntwo\n", new: nil),
        ]
        #expect(
            DiffText().text(of: changes) == """
                  metadata:
                +   labels:
                +     a: b
                +     num: "1"
                  spec:
                    ports[name=a]:
                -     port: 1
                +     port: 2
                -   script: |
                -     one
                -     two

                """
        )
    }
}
