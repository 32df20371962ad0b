import HTTPServer
import StructuredValue
import Testing

@testable import APIServer

/// What a real API server answers at the edges: paths, options, patches and bodies that clients rarely send.
@Suite(.timeLimit(.minutes(1)))
struct EdgeAnswerTests {
    struct Example: Sendable, CustomTestStringConvertible {
        var request: AnswerTests.Example
        /// Members of the answer, by their path; null is one that is not there.
        var members: [[String]: Value] = [:]
        var warnings: [String] = []

        var testDescription: String { request.name }

        init(
            _ name: String,
            _ method: String = "POST",
            _ path: String,
            type: String = "application/json",
            accept: String = "application/json",
            body: String = "",
            status: Int,
            members: [[String]: Value] = [:],
            warnings: [String] = []
        ) {
            request = AnswerTests.Example(
                name: name,
                method: method,
                path: path,
                type: type,
                accept: accept,
                body: body,
                status: status
            )
            self.members = members
            self.warnings = warnings
        }
    }

    private static let maps = "/api/v1/namespaces/default/configmaps"
    private static let widgets = "/apis/test.example.com/v1/namespaces/default/widgets"
    private static let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    private static let merge = "application/merge-patch+json"
    private static let json = "application/json-patch+json"
    private static let missingKind = "Object 'Kind' is missing in '{\"apiVersion\":\"v1\"}'"
    private static let message = ["message"]
    private static let cause = ["details", "causes", "0", "field"]

    private static func definition(_ field: String, version: String = "") -> String {
        """
        {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"gadgets.test.example.com"},
        "spec":{"group":"test.example.com","scope":"Namespaced","names":{"plural":"gadgets","kind":"Gadget"},
        "versions":[{"name":"v1","served":true,"storage":true,"schema":{"openAPIV3Schema":{"type":"object","properties":
        {"f":{\(field)}}}}\(version)}]}}
        """
    }

    private static let fieldPlace = "spec.validation.openAPIV3Schema.properties[f]"

    static let examples: [Example] = paths + patches + bodies + schemas

    static let paths: [Example] = [
        Example(
            "an empty name of a custom resource",
            "GET",
            widgets + "//w",
            status: 404,
            members: [["details", "kind"]: "widgets"]
        ),
        Example("an empty name of a built-in resource", "GET", maps + "//a", status: 404, members: [["details"]: [:]]),
        Example("an encoded slash parts a path", "GET", maps + "/a%2Fb", status: 404, members: [["details"]: [:]]),
        Example(
            "a name that is a step up",
            "GET",
            maps + "/..",
            status: 400,
            members: [message: "Name parameter invalid: \"..\": may not be '..'"]
        ),
        Example("core discovery is only read", "PUT", "/api/v1", status: 405),
        Example(
            "the list of groups is answered to any method",
            "POST",
            "/apis",
            status: 200,
            members: [["kind"]: "APIGroupList"]
        ),
        Example("a family of types is none of a built-in resource", "GET", maps, accept: "application/*", status: 406),
        Example(
            "an empty limit",
            "GET",
            maps + "?limit=",
            status: 400,
            members: [message: "strconv.ParseInt: parsing \"\": invalid syntax"]
        ),
        Example(
            "a watch that is not wanted",
            "GET",
            maps + "?watch=",
            status: 200,
            members: [["kind"]: "ConfigMapList"]
        ),
        Example(
            "a token without a start",
            "GET",
            maps + "?continue=eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6MX0",
            status: 400,
            members: [
                message:
                    "invalid continue token: continue key is not valid: encoded start key empty (version meta.k8s.io/v1)"
            ]
        ),
        Example(
            "a token that is no base64",
            "GET",
            maps + "?continue=ab!",
            status: 400,
            members: [message: "invalid continue token: continue key is not valid: illegal base64 data at input byte 2"]
        ),
        Example(
            "services are selected by type",
            "GET",
            "/api/v1/services?fieldSelector=spec.type%3DClusterIP",
            status: 200
        ),
        Example("a patch of a collection of custom resources is judged by its type", "PATCH", widgets, status: 415),
    ]

    static let patches: [Example] = [
        Example(
            "copying what is missing copies null",
            "PATCH",
            maps + "/a",
            type: json,
            body: #"[{"op":"copy","from":"/metadata/x","path":"/data"}]"#,
            status: 200
        ),
        Example(
            "adding without a value adds null",
            "PATCH",
            maps + "/a",
            type: json,
            body: #"[{"op":"add","path":"/data"}]"#,
            status: 200
        ),
        Example(
            "nothing is added in place of the object",
            "PATCH",
            maps + "/a",
            type: json,
            body: #"[{"op":"add","path":"","value":{}}]"#,
            status: 422,
            members: [["details"]: [:]]
        ),
        Example(
            "an object may be replaced as a whole",
            "PATCH",
            widgets + "/w",
            type: json,
            body: #"[{"op":"replace","path":"","value":{"apiVersion":"v1"}}]"#,
            status: 422,
            members: [
                ["details", "causes", "0", "message"]: .string(
                    #"Invalid value: "{\"apiVersion\":\"v1\"}": "# + missingKind
                )
            ]
        ),
        Example(
            "a custom resource keeps a kind",
            "PATCH",
            widgets + "/w",
            type: merge,
            body: #"{"kind":null}"#,
            status: 422,
            members: [cause: "patch"]
        ),
        Example(
            "a custom resource keeps a version",
            "PATCH",
            widgets + "/w",
            type: merge,
            body: #"{"apiVersion":null}"#,
            status: 500
        ),
        Example(
            "an object of another version is not looked into",
            "PATCH",
            widgets + "/w",
            type: merge,
            body: #"{"apiVersion":"v9"}"#,
            status: 422,
            members: [cause: "apiVersion", ["details", "group"]: .null]
        ),
        Example(
            "who patches a custom resource has seen it",
            "PATCH",
            widgets + "/w",
            type: merge,
            body: #"{"metadata":{"resourceVersion":null}}"#,
            status: 422,
            members: [cause: "metadata.resourceVersion"]
        ),
        Example(
            "a configmap needs no version",
            "PATCH",
            maps + "/a",
            type: merge,
            body: #"{"metadata":{"resourceVersion":null}}"#,
            status: 200
        ),
        Example(
            "operations have four members",
            "PATCH",
            maps + "/a",
            type: json,
            body: #"[{"op":"remove","path":"/data","value":1,"value":2,"x":3}]"#,
            status: 422
        ),
        Example(
            "what else an operation says is told",
            "PATCH",
            maps + "/a",
            type: json,
            body: #"[{"op":"add","path":"/data","value":{},"value":{"a":"b"},"x":3}]"#,
            status: 200,
            members: [["data", "a"]: "b"],
            warnings: [#"json patch duplicate field "[0].value""#, #"json patch unknown field "[0].x""#]
        ),
        Example(
            "an empty list forgets the owners of a built-in object",
            "PATCH",
            maps + "/a",
            type: merge,
            body: #"{"metadata":{"managedFields":[]}}"#,
            status: 200,
            members: [["metadata", "managedFields"]: .null]
        ),
        Example(
            "a custom resource keeps its owners",
            "PATCH",
            widgets + "/w",
            type: merge,
            body: #"{"metadata":{"managedFields":[]}}"#,
            status: 200,
            members: [["metadata", "managedFields", "0", "manager"]: "test"]
        ),
        Example(
            "an owner is named once",
            "PATCH",
            maps + "/a",
            type: merge,
            body:
                #"{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"X","name":"a","uid":"u"},{"apiVersion":"v1","kind":"X","name":"b","uid":"u"}]}}"#,
            status: 200,
            members: [
                ["metadata", "ownerReferences", "1"]: .null, ["metadata", "ownerReferences", "0", "name"]: "a",
            ],
            warnings: [
                ".metadata.ownerReferences contains duplicate entries after mutating admission happens; API server dedups "
                    + "owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; "
                    + "duplicate UID(s) observed: u"
            ]
        ),
    ]

    static let bodies: [Example] = [
        Example(
            "an empty document has no name",
            "POST",
            maps,
            type: "application/yaml",
            body: "",
            status: 422,
            members: [cause: "metadata.name"]
        ),
        Example(
            "bytes that are no JSON are shown as such",
            "POST",
            widgets,
            body: "[]",
            status: 400,
            members: [
                message: .string(
                    "the object provided is unrecognized (must be of type Widget): couldn't get version/kind; json parse "
                        + "error: json: cannot unmarshal array into Go value of type struct { APIVersion string "
                        + #""json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" } (5b5d)"#
                )
            ]
        ),
        Example(
            "a dry run keeps a version that was sent",
            "POST",
            maps + "?dryRun=All",
            body: #"{"metadata":{"name":"n","resourceVersion":"5"}}"#,
            status: 201,
            members: [["metadata", "resourceVersion"]: "5"]
        ),
        Example(
            "nothing is created with a version",
            "POST",
            maps,
            body: #"{"metadata":{"name":"n","resourceVersion":"5"}}"#,
            status: 500
        ),
        Example(
            "events of the old form need no type",
            "POST",
            "/api/v1/namespaces/default/events",
            body:
                #"{"metadata":{"name":"n"},"involvedObject":{"namespace":"default"},"eventTime":"2020-01-01T00:00:00.000000Z","reportingComponent":"x","reportingInstance":"i","action":"A","reason":"R"}"#,
            status: 201
        ),
        Example(
            "events of the new form are about a time, and little else without one",
            "POST",
            "/apis/events.k8s.io/v1/namespaces/default/events",
            body: #"{"metadata":{"name":"n"},"regarding":{"namespace":"default"},"type":"Normal"}"#,
            status: 422,
            members: [cause: "eventTime", ["details", "causes", "1"]: .null]
        ),
        Example(
            "a series has two events",
            "POST",
            "/apis/events.k8s.io/v1/namespaces/default/events",
            body:
                #"{"metadata":{"name":"n"},"regarding":{"namespace":"default"},"type":"Normal","eventTime":"2020-01-01T00:00:00.000000Z","reportingController":"x","reportingInstance":"i","action":"A","reason":"R","series":{"count":1,"lastObservedTime":"2020-01-01T00:00:00.000000Z"}}"#,
            status: 422,
            members: [cause: "series.count"]
        ),
    ]

    static let schemas: [Example] = [
        Example(
            "a format that nobody checks",
            "POST",
            definitions,
            body: definition(#""type":"string","format":"foo""#),
            status: 201,
            warnings: [#"unrecognized format "foo""#]
        ),
        Example(
            "a format of another type",
            "POST",
            definitions,
            body: definition(#""type":"string","format":"int32""#),
            status: 201,
            warnings: [#"unrecognized format "int32""#]
        ),
        Example(
            "a known format",
            "POST",
            definitions,
            body: definition(#""type":"integer","format":"int32""#),
            status: 201
        ),
        Example(
            "a member that no schema has",
            "POST",
            definitions,
            body: definition(#""type":"string","readOnly":true,"default":null,"description":"""#),
            status: 201,
            members: [["spec", "versions", "0", "schema", "openAPIV3Schema", "properties", "f"]: ["type": "string"]],
            warnings: [#"unknown field "spec.versions[0].schema.openAPIV3Schema.properties.f.readOnly""#]
        ),
        Example(
            "null is no type",
            "POST",
            definitions,
            body: definition(#""type":"null""#),
            status: 422,
            members: [cause: .string(fieldPlace + ".type")]
        ),
        Example(
            "a list of schemas is no schema of items",
            "POST",
            definitions,
            body: definition(#""type":"array","items":[{"type":"string"}]"#),
            status: 422,
            members: [cause: .string(fieldPlace + ".items"), ["details", "causes", "1"]: .null]
        ),
        Example(
            "items of maps are no null",
            "POST",
            definitions,
            body: definition(
                #""type":"array","items":{"type":"object","nullable":true,"required":["a"],"properties":{"a":{"type":"string"}}},"x-kubernetes-list-type":"map","x-kubernetes-list-map-keys":["a"]"#
            ),
            status: 422,
            members: [cause: .string(fieldPlace + ".items.nullable")]
        ),
        Example(
            "a path of a column is only begun rightly",
            "POST",
            definitions,
            body: definition(
                #""type":"string""#,
                version: #","additionalPrinterColumns":[{"name":"A","type":"string","jsonPath":".f["}]"#
            ),
            status: 201
        ),
    ]

    @Test(arguments: examples)
    func answersAsARealServerDoes(_ example: Example) async throws {
        let response = try await AnswerTests.answer(to: example.request)
        guard case .bytes(let bytes) = response.body else {
            Issue.record("the answer is a stream")
            return
        }
        let body = try JSON.parse(bytes)
        #expect(response.status == example.request.status, "\(body["message"]?.string ?? "")")
        #expect(response.warnings == example.warnings)
        for (path, expected) in example.members {
            let found = path.reduce(body) { value, name in
                (value.array.flatMap { list in Int(name).flatMap { $0 < list.count ? list[$0] : nil } } ?? value[name])
                    ?? .null
            }
            #expect(found == expected, "\(path)")
        }
    }

    @Test func aPageThatIsFullTellsOfWhatFollowsWantedOrNot() async throws {
        let path = Self.maps + "?limit=1&labelSelector=%21x"
        let response = try await AnswerTests.answer(
            to: AnswerTests.Example(name: "page", method: "GET", path: path, status: 200)
        )
        guard case .bytes(let bytes) = response.body else { return }
        let token = try #require(try JSON.parse(bytes)[path: "metadata", "continue"]?.string)
        #expect(try ContinueToken(token).name == "a")
    }

    @Test(arguments: [
        ("/readyz?verbose", "[+]ping ok\n[+]log ok\n[+]informer-sync ok\n[+]shutdown ok\nreadyz check passed\n"),
        ("/livez?verbose&exclude=etcd", "[+]ping ok\n[+]log ok\n[+]etcd excluded: ok\nlivez check passed\n"),
        ("/livez/ping", "ok"), ("/readyz/etcd", "404 page not found\n"),
    ])
    func healthIsToldCheckByCheck(_ path: String, _ expected: String) async throws {
        let example = AnswerTests.Example(name: "health", method: "GET", path: path, status: 200)
        let response = try await AnswerTests.answer(to: example)
        guard case .bytes(let bytes) = response.body else { return }
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test func refusalsHaveTheFormThatWasAskedFor() async throws {
        let response = try await AnswerTests.answer(
            to: AnswerTests.Example(
                name: "yaml",
                method: "GET",
                path: Self.maps + "/none",
                accept: "application/json;q=0.1, application/yaml",
                status: 404
            )
        )
        #expect(response.contentType == "application/yaml")
    }
}
