import APIStore
import KubernetesModel
import StructuredValue
import Testing

@testable import APIServer

/// Rules of the server that need no transport.
@Suite(.timeLimit(.minutes(1)))
struct ServerRulesTests {
    private static let clock = ServerClock(
        now: { Timestamp(seconds: 1_800_000_000) },
        sleep: { _ in throw CancellationError() }
    )

    private func server() -> APIServer {
        APIServer(store: MemoryStore(), clock: Self.clock, settings: APIServer.Settings(upkeepDelay: .zero))
    }

    private static let configMap = GroupVersionKind(apiVersion: "v1", kind: "ConfigMap")
    private static let widget = GroupVersionKind(apiVersion: "test.example.com/v1", kind: "Widget")

    private static let definition: Value = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "widgets.test.example.com"],
        "spec": [
            "group": "test.example.com", "scope": "Namespaced",
            "names": ["plural": "widgets", "kind": "Widget"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true, "subresources": ["status": [:]],
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": [
                                    "type": "object",
                                    "properties": ["size": ["type": "integer", "default": 3, "minimum": 0]],
                                ],
                                "status": ["type": "object", "properties": ["phase": ["type": "string"]]],
                            ],
                        ]
                    ],
                ]
            ],
        ],
    ]

    private func configMap(_ name: String, owners: [Value] = [], finalizers: [Value] = []) -> Value {
        var object: Value = [
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name), "namespace": "default"],
        ]
        if !owners.isEmpty { object[path: "metadata", "ownerReferences"] = .array(owners) }
        if !finalizers.isEmpty { object[path: "metadata", "finalizers"] = .array(finalizers) }
        return object
    }

    @Test(arguments: [
        ("0.5", "500m"), ("1024Mi", "1Gi"), ("1000", "1k"), ("0", "0"), ("100m", "100m"), ("1500", "1500"),
        ("-0.25", "-250m"),
        ("1e3", "1e3"), ("1Ki", "1Ki"),
    ])
    func quantitiesAreWrittenInTheirShortestForm(_ text: String, _ canonical: String) {
        #expect(CanonicalQuantity.text(text) == canonical)
    }

    @Test(arguments: ["", "abc", "1.5.5", "1Qi", "--1"])
    func whatIsNoQuantityIsRefused(_ text: String) { #expect(CanonicalQuantity.text(text) as String? == nil) }

    @Test
    func printerPathsFindTheFirstValue() {
        let object: Value = [
            "status": ["conditions": [["type": "A", "status": "x"], ["type": "Ready", "status": "True"]]],
            "metadata": ["labels": ["a.b/c": "v"]], "list": [1, 2],
        ]
        #expect(CellPath(".status.conditions[?(@.type==\"Ready\")].status")?.first(in: object) == "True")
        #expect(CellPath(".metadata.labels['a.b/c']")?.first(in: object) == "v")
        #expect(CellPath(".metadata.labels.a\\.b/c")?.first(in: object) == "v")
        #expect(CellPath(".list[*]")?.first(in: object) == 1)
        #expect(CellPath(".list[-1]")?.first(in: object) == 2)
        #expect(CellPath("status") == nil)
    }

    @Test(arguments: [
        (5, "5s"), (119, "119s"), (125, "2m5s"), (600, "10m"), (3 * 3600, "3h"), (9 * 3600, "9h"), (50 * 3600, "2d2h"),
        (400 * 86_400, "400d"),
    ])
    func agesAreShort(_ seconds: Int, _ text: String) { #expect(humanDuration(seconds) == text) }

    @Test
    func aPageEndsWhereTheNextBegins() throws {
        let api = server()
        let client = InProcessClient(api, manager: "test")
        for name in ["a", "b", "c", "d", "e"] { try client.create(configMap(name)) }
        let resource = try #require(api.catalog.resource(Self.configMap))
        var options = ListOptions()
        options.limit = 2
        let first = try api.list(resource, namespace: "default", options)
        #expect(first.objects.map(\.key.name) == ["a", "b"])
        // What happens in between does not show: pages come from one snapshot.
        try client.delete(Self.configMap, namespace: "default", name: "c")
        options.continuation = first.continuation
        let second = try api.list(resource, namespace: "default", options)
        #expect(second.objects.map(\.key.name) == ["c", "d"])
        options.continuation = second.continuation
        let third = try api.list(resource, namespace: "default", options)
        #expect(third.objects.map(\.key.name) == ["e"])
        #expect(third.continuation.isEmpty)
    }

    @Test
    func customResourcesAreCompletedAndJudged() throws {
        let client = InProcessClient(server(), manager: "test")
        try client.create(Self.definition)
        let created = try client.create([
            "apiVersion": "test.example.com/v1", "kind": "Widget", "metadata": ["name": "w", "namespace": "default"],
            "spec": ["unknown": 1], "status": ["phase": "x"],
        ])
        #expect(created["spec"] == Value.object(["size": 3]))
        #expect(created["status"] == nil)
        #expect(throws: APIFailure.self) {
            try client.patch(Self.widget, namespace: "default", name: "w", ["spec": ["size": -1]])
        }
        var status = created
        status["status"] = ["phase": "Up"]
        status[path: "spec", "size"] = 9
        let updated = try client.updateStatus(status)
        #expect(updated["status"] == Value.object(["phase": "Up"]))
        #expect(updated[path: "spec", "size"] == 3, "the status endpoint leaves the spec alone")
        #expect(updated[path: "metadata", "generation"] == 1)
    }

    @Test
    func dependentsGoWithTheirOwner() throws {
        let api = server()
        let client = InProcessClient(api, manager: "test")
        let owner = try client.create(configMap("owner"))
        let reference: Value = [
            "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner[path: "metadata", "uid"] ?? "",
            "blockOwnerDeletion": true,
        ]
        try client.create(configMap("child", owners: [reference]))
        try client.create(configMap("held", owners: [reference], finalizers: ["example.com/hold"]))
        api.settle()
        #expect(try client.find(Self.configMap, namespace: "default", name: "child") != nil)
        try client.delete(Self.configMap, namespace: "default", name: "owner", propagation: .foreground)
        api.settle()
        #expect(try client.find(Self.configMap, namespace: "default", name: "child") == nil)
        #expect(
            try client.find(Self.configMap, namespace: "default", name: "owner") != nil,
            "it waits for what is held"
        )
        try client.patch(Self.configMap, namespace: "default", name: "held", ["metadata": ["finalizers": .null]])
        api.settle()
        #expect(try client.find(Self.configMap, namespace: "default", name: "held") == nil)
        #expect(try client.find(Self.configMap, namespace: "default", name: "owner") == nil)
    }

    @Test
    func orphansStay() throws {
        let api = server()
        let client = InProcessClient(api, manager: "test")
        let owner = try client.create(configMap("owner"))
        let reference: Value = [
            "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner[path: "metadata", "uid"] ?? "",
        ]
        try client.create(configMap("child", owners: [reference]))
        try client.delete(Self.configMap, namespace: "default", name: "owner", propagation: .orphan)
        api.settle()
        #expect(try client.find(Self.configMap, namespace: "default", name: "owner") == nil)
        let child = try client.get(Self.configMap, namespace: "default", name: "child")
        #expect(child[path: "metadata", "ownerReferences"] == nil)
    }

    @Test
    func aNamespaceTakesItsContentAlong() throws {
        let api = server()
        let client = InProcessClient(api, manager: "test")
        let namespace = GroupVersionKind(apiVersion: "v1", kind: "Namespace")
        try client.create(["apiVersion": "v1", "kind": "Namespace", "metadata": ["name": "n"]])
        try client.create(["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s", "namespace": "n"]])
        try client.delete(namespace, name: "n")
        #expect(try client.find(namespace, name: "n") != nil)
        #expect(throws: APIFailure.self) {
            try client.create(["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "t", "namespace": "n"]])
        }
        api.settle()
        #expect(try client.find(namespace, name: "n") == nil)
    }

    @Test
    func aDefinitionTakesItsObjectsAlong() throws {
        let api = server()
        let client = InProcessClient(api, manager: "test")
        try client.create(Self.definition)
        try client.create([
            "apiVersion": "test.example.com/v1", "kind": "Widget", "metadata": ["name": "w", "namespace": "default"],
        ])
        let definitions = GroupVersionKind(apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition")
        try client.delete(definitions, name: "widgets.test.example.com")
        api.settle()
        #expect(try client.find(definitions, name: "widgets.test.example.com") == nil)
        #expect(!client.serves(Self.widget))
    }

    @Test
    func watchesTellWhenObjectsEnterAndLeave() async throws {
        let client = InProcessClient(server(), manager: "test")
        try client.create(configMap("a"))
        let feed = try client.watch(Self.configMap, namespace: "default", labels: "in=yes")
        try client.patch(Self.configMap, namespace: "default", name: "a", ["metadata": ["labels": ["in": "yes"]]])
        try client.patch(Self.configMap, namespace: "default", name: "a", ["data": ["x": "y"]])
        try client.patch(Self.configMap, namespace: "default", name: "a", ["metadata": ["labels": ["in": "no"]]])
        struct Enough: Error {}
        var seen: [String] = []
        do {
            try await feed.events { event in
                seen.append(event.kind.rawValue)
                if seen.count == 3 { throw Enough() }
            }
        } catch is Enough {}
        #expect(seen == ["ADDED", "MODIFIED", "DELETED"])
    }

    @Test
    func typedClientsMaySendBinaryObjects() throws {
        // A namespace called “tt”: envelope, kind, then the message.
        let name: [UInt8] = [0x0A, 0x02] + Array("tt".utf8)
        let metadata: [UInt8] = [0x0A, UInt8(name.count)] + name
        let kind: [UInt8] = [0x0A, 0x02] + Array("v1".utf8) + [0x12, 0x09] + Array("Namespace".utf8)
        let message = [0x0A, UInt8(kind.count)] + kind + [0x12, UInt8(metadata.count)] + metadata
        let value = try #require(ProtobufBody.value([0x6B, 0x38, 0x73, 0x00] + message))
        #expect(value["kind"] == "Namespace")
        #expect(value[path: "metadata", "name"] == "tt")
        #expect(ProtobufBody.value([1, 2, 3]) == nil)
        #expect(ProtobufBody.value([0x6B, 0x38, 0x73, 0x00, 0xFF, 0xFF]) == nil)
    }

    @Test
    func versionsAreOrderedByStability() {
        let sorted = ["v1alpha1", "v2", "foo", "v1", "v1beta2", "v10", "v1beta1"].sorted {
            VersionPriority($0) > VersionPriority($1)
        }
        #expect(sorted == ["v10", "v2", "v1", "v1beta2", "v1beta1", "v1alpha1", "foo"])
    }

    @Test
    func credentialsSurviveTheirText() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        let authority = try LabAuthority(try LabAuthority(now: now).credential)
        let client = try authority.client(APIUser(name: "eve", groups: ["team"]), now: now)
        #expect(client.certificate.contains("BEGIN CERTIFICATE"))
        let authenticator = Authenticator(tokens: ["secret": .administrator])
        #expect(authenticator.user(authorization: "Bearer secret", certificate: nil) == .administrator)
        #expect(authenticator.user(authorization: "Bearer wrong", certificate: nil) == nil)
        #expect(authenticator.user(authorization: nil, certificate: nil) == nil)
    }
}
