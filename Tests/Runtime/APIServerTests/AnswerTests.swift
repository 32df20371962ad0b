import APIStore
import HTTPServer
import KubernetesModel
import StructuredValue
import Testing

@testable import APIServer

/// What a real API server answers to single requests: the status, and the fields that it blames.
@Suite(.timeLimit(.minutes(1)))
struct AnswerTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var name: String
        var method = "POST"
        var path: String
        var type = "application/json"
        var accept = "application/json"
        var body = ""
        var status: Int
        /// The fields of the causes, sorted, each as often as it stands there.
        var fields: [String] = []
        var message: String?

        var testDescription: String { name }
    }

    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let widgets = "/apis/test.example.com/v1/namespaces/default/widgets"
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let merge = "application/merge-patch+json"
    private static let json = "application/json-patch+json"
    private static let strategic = "application/strategic-merge-patch+json"
    private static let apply = "application/apply-patch+yaml"

    private static func map(_ metadata: String, _ rest: String = "") -> String {
        "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\(metadata)}\(rest)}"
    }

    private static func widget(_ spec: String, name: String = "n") -> String {
        "{\"apiVersion\":\"test.example.com/v1\",\"kind\":\"Widget\",\"metadata\":{\"name\":\"\(name)\"},\"spec\":{\(spec)}}"
    }

    private static func definition(_ change: String) -> String {
        """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"gadgets.test.example.com"},
        "spec":{"group":"test.example.com","scope":"Namespaced","names":{"plural":"gadgets","kind":"Gadget"},
        "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":
        {"spec":{"type":"object","properties":{"n":{"type":"integer"}}}}}}\(change)}
        """
    }

    static let examples: [Example] = [
        Example(
            name: "owners are blamed without their index",
            path: maps,
            body: map(#""name":"n","ownerReferences":[{"name":"x"}]"#),
            status: 422,
            fields: ["apiVersion", "kind", "uid"].map { "metadata.ownerReferences.\($0)" }
        ),
        Example(
            name: "events own nothing",
            path: maps,
            body: map(#""name":"n","ownerReferences":[{"apiVersion":"v1","kind":"Event","name":"x","uid":"u"}]"#),
            status: 422,
            fields: ["metadata.ownerReferences"]
        ),
        Example(
            name: "finalizers of built-in kinds are blamed by index",
            path: maps,
            body: map(#""name":"n","finalizers":["x"]"#),
            status: 422,
            fields: ["metadata.finalizers[0]"]
        ),
        Example(
            name: "two ways of deletion",
            path: maps,
            body: map(#""name":"n","finalizers":["orphan","foregroundDeletion"]"#),
            status: 422,
            fields: ["metadata.finalizers"]
        ),
        Example(
            name: "an empty label key has two faults",
            path: maps,
            body: map(#""name":"n","labels":{"":"x"}"#),
            status: 422,
            fields: ["metadata.labels", "metadata.labels"]
        ),
        Example(
            name: "changed labels of a built-in kind are looked at four times",
            method: "PATCH",
            path: maps + "/a",
            type: merge,
            body: #"{"metadata":{"labels":{"a b":"c"}}}"#,
            status: 422,
            fields: Array(repeating: "metadata.labels", count: 4)
        ),
        Example(
            name: "changed labels of a custom kind are looked at three times",
            method: "PATCH",
            path: widgets + "/w",
            type: merge,
            body: #"{"metadata":{"labels":{"a b":"c"}}}"#,
            status: 422,
            fields: Array(repeating: "metadata.labels", count: 3)
        ),
        Example(
            name: "nobody sets a deletion time",
            method: "PATCH",
            path: maps + "/a",
            type: merge,
            body: #"{"metadata":{"deletionTimestamp":"2020-01-01T00:00:00Z"}}"#,
            status: 422,
            fields: ["metadata.deletionTimestamp", "metadata.deletionTimestamp"]
        ),
        Example(name: "a body of null has no name", path: maps, body: "null", status: 422, fields: ["metadata.name"]),
        Example(
            name: "a patch of null changes nothing",
            method: "PATCH",
            path: maps + "/a",
            type: json,
            body: "null",
            status: 200
        ),
        Example(
            name: "a patch may drop the kind",
            method: "PATCH",
            path: maps + "/a",
            type: json,
            body: #"[{"op":"remove","path":"/kind"}]"#,
            status: 200
        ),
        Example(
            name: "testing below what is missing fails",
            method: "PATCH",
            path: maps + "/a",
            type: json,
            body: #"[{"op":"test","path":"/data/x","value":null}]"#,
            status: 422
        ),
        Example(
            name: "a path that is no text",
            method: "PATCH",
            path: maps + "/a",
            type: json,
            body: #"[{"op":"add","path":5,"value":1}]"#,
            status: 400
        ),
        Example(
            name: "an order that the patch does not keep",
            method: "PATCH",
            path: maps + "/f",
            type: strategic,
            body: #"{"metadata":{"$setElementOrder/finalizers":["x.io/b"],"finalizers":["x.io/a"]}}"#,
            status: 500
        ),
        Example(
            name: "an unknown patch type of a built-in kind",
            method: "PATCH",
            path: maps + "/a",
            type: "text/plain",
            body: "{}",
            status: 415,
            message: "415: Unsupported Media Type"
        ),
        Example(
            name: "an update needs a name",
            method: "PUT",
            path: maps + "/a",
            body: map(""),
            status: 400,
            message: "the name of the object (a based on URL) was undeterminable: name must be provided"
        ),
        Example(
            name: "an apply to what is there needs none",
            method: "PATCH",
            path: maps + "/a?fieldManager=m",
            type: apply,
            body: #"{"apiVersion":"v1","kind":"ConfigMap","data":{"x":"y"}}"#,
            status: 200
        ),
        Example(
            name: "an apply that creates needs one",
            method: "PATCH",
            path: maps + "/b?fieldManager=m",
            type: apply,
            body: #"{"apiVersion":"v1","kind":"ConfigMap","data":{"x":"y"}}"#,
            status: 400
        ),
        Example(
            name: "a list is no single object",
            method: "GET",
            path: maps,
            accept: "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io",
            status: 406
        ),
        Example(
            name: "an object is no list",
            method: "GET",
            path: maps + "/a",
            accept: "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io",
            status: 406
        ),
        Example(
            name: "a list from a revision that is none",
            method: "GET",
            path: maps + "?resourceVersion=x",
            status: 400
        ),
        Example(
            name: "an object at a revision that is none",
            method: "GET",
            path: maps + "/a?resourceVersion=x",
            status: 500
        ),
        Example(
            name: "an escape that selectors do not know",
            method: "GET",
            path: maps + "?fieldSelector=metadata.name%3D%5C",
            status: 400,
            message: "invalid field selector: invalid escape sequence: \\"
        ),
        Example(
            name: "a grace period that is no number",
            method: "DELETE",
            path: maps + "/a?gracePeriodSeconds=x",
            status: 400
        ),
        Example(
            name: "the namespace of everybody stays",
            method: "DELETE",
            path: "/api/v1/namespaces/default",
            status: 403,
            message: "namespaces \"default\" is forbidden: this namespace may not be deleted"
        ),
        Example(
            name: "an active namespace is not terminating",
            method: "PATCH",
            path: "/api/v1/namespaces/default/status",
            type: merge,
            body: #"{"status":{"phase":"Terminating"}}"#,
            status: 422,
            fields: ["status.Phase"]
        ),
        Example(
            name: "a review of nothing",
            path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            body: #"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","spec":{}}"#,
            status: 422,
            fields: ["spec.resourceAttributes"]
        ),
        Example(
            name: "a template's mounts name volumes",
            path: "/api/v1/namespaces/default/podtemplates",
            body:
                #"{"apiVersion":"v1","kind":"PodTemplate","metadata":{"name":"n"},"template":{"spec":{"containers":[{"name":"a","volumeMounts":[{"name":"v","mountPath":"/m"}]}]}}}"#,
            status: 422,
            fields: ["template.spec.containers[0].image", "template.spec.containers[0].volumeMounts[0].name"]
        ),
        Example(
            name: "an object inside another has a type",
            path: widgets,
            body: widget(#""inner":{}"#),
            status: 422,
            fields: ["spec.inner.apiVersion", "spec.inner.kind"]
        ),
        Example(
            name: "an object inside another has metadata of the usual form",
            path: widgets,
            body: widget(#""inner":{"apiVersion":"v1","kind":"X","metadata":{"labels":{"a":5}}}"#),
            status: 400
        ),
        Example(
            name: "a path below a collection takes what the body names",
            path: widgets + "/other",
            body: widget(""),
            status: 201
        ),
        Example(
            name: "a scale may set what was never set",
            method: "PATCH",
            path: widgets + "/w/scale",
            type: merge,
            body: #"{"spec":{"replicas":2}}"#,
            status: 200
        ),
        Example(
            name: "a scale of what was never set must set it",
            method: "PATCH",
            path: widgets + "/w/scale",
            type: merge,
            body: #"{"spec":{}}"#,
            status: 400
        ),
        Example(
            name: "a definition with two faults in its parts",
            path: definitions,
            body: definition(#","deprecationWarning":"x","selectableFields":[{"jsonPath":".spec.nope"}]}]}"#),
            status: 422,
            fields: ["spec.selectableFields[0].jsonPath", "spec.versions[0].deprecationWarning"]
        ),
        Example(
            name: "a conversion without its webhook",
            path: definitions,
            body: definition(#"}],"conversion":{"strategy":"Webhook"}}"#),
            status: 422,
            fields: ["spec.conversion.conversionReviewVersions", "spec.conversion.webhookClientConfig"]
        ),
    ]

    private static let widgetDefinition: Value = [
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": ["name": "widgets.test.example.com"],
        "spec": [
            "group": "test.example.com", "scope": "Namespaced", "names": ["plural": "widgets", "kind": "Widget"],
            "versions": [
                [
                    "name": "v1", "served": true, "storage": true,
                    "subresources": [
                        "scale": ["specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"]
                    ],
                    "schema": [
                        "openAPIV3Schema": [
                            "type": "object",
                            "properties": [
                                "spec": [
                                    "type": "object",
                                    "properties": [
                                        "size": ["type": "integer"],
                                        "inner": [
                                            "type": "object", "x-kubernetes-embedded-resource": true,
                                            "x-kubernetes-preserve-unknown-fields": true,
                                        ],
                                    ],
                                ],
                                "status": ["type": "object", "properties": ["size": ["type": "integer"]]],
                            ],
                        ]
                    ],
                ]
            ],
        ],
    ]

    /// A server with a few objects that answers one request.
    static func answer(to example: Example) async throws -> APIResponse {
        let clock = ServerClock(
            now: { Timestamp(seconds: 1_800_000_000) },
            sleep: { _ in throw CancellationError() }
        )
        let api = APIServer(store: MemoryStore(), clock: clock, settings: APIServer.Settings(upkeepDelay: .zero))
        let client = InProcessClient(api, manager: "test")
        try client.create(widgetDefinition)
        try client.create(JSON.parse(Array(map(#""name":"a","namespace":"default""#).utf8)))
        try client.create(
            JSON.parse(Array(map(#""name":"f","namespace":"default","finalizers":["x.io/f"]"#).utf8))
        )
        var widget = try JSON.parse(Array(widget("", name: "w").utf8))
        widget[path: "metadata", "namespace"] = "default"
        try client.create(widget)

        let headers = HTTPHeaders([
            ("accept", example.accept), ("content-type", example.type), ("user-agent", "test/1"),
        ])
        return await api.handle(
            APIRequest(
                HTTPRequest(
                    method: example.method,
                    target: example.path,
                    headers: headers,
                    body: Array(example.body.utf8)
                ),
                user: .administrator
            )
        )
    }

    @Test(arguments: examples)
    func answersAsARealServerDoes(_ example: Example) async throws {
        let response = try await Self.answer(to: example)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("the answer is a stream")
            return
        }
        let body = try JSON.parse(bytes)
        #expect(response.status == example.status, "\(body["message"]?.string ?? "")")
        let causes = body[path: "details", "causes"]?.array ?? []
        #expect(causes.compactMap { $0["field"]?.string }.sorted() == example.fields.sorted())
        if let message = example.message { #expect(body["message"]?.string == message) }
    }
}
