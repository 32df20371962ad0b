import SchemaValidation
import StructuredValue
import Testing

private func schema(_ spec: Value) throws -> StructuralSchema {
    try StructuralSchema.compile(["type": "object", "properties": ["spec": spec]])
}

struct StructureTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        var schema: Value
        var errors: [String]
        var testDescription: String { name }
    }

    @Test(arguments: [
        Example(
            name: "no type",
            schema: ["properties": ["a": ["type": "string"]]],
            errors: ["s.type: Required value: must not be empty at the root"]
        ),
        Example(
            name: "not an object",
            schema: ["type": "string"],
            errors: ["s.type: Invalid value: \"string\": must be object at the root"]
        ),
        Example(
            name: "no items",
            schema: ["type": "object", "properties": ["a": ["type": "array"]]],
            errors: ["s.properties[a].items: Required value: must be specified"]
        ),
        Example(
            name: "untyped field",
            schema: ["type": "object", "properties": ["a": [:]]],
            errors: ["s.properties[a].type: Required value: must not be empty for specified object fields"]
        ),
        Example(
            name: "type in anyOf",
            schema: ["type": "object", "anyOf": [["type": "object"]]],
            errors: ["s.anyOf[0].type: Forbidden: must be empty to be structural"]
        ),
        Example(
            name: "reference",
            schema: ["type": "object", "properties": ["a": ["type": "object", "$ref": "#/x"]]],
            errors: ["s.properties[a].$ref: Forbidden: $ref is not supported"]
        ),
        Example(
            name: "both kinds of members",
            schema: [
                "type": "object",
                "properties": [
                    "a": [
                        "type": "object", "properties": ["b": ["type": "string"]],
                        "additionalProperties": ["type": "string"],
                    ]
                ],
            ],
            errors: [
                "s.properties[a].additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive"
            ]
        ),
        Example(
            name: "map list without keys",
            schema: [
                "type": "object",
                "properties": ["a": ["type": "array", "items": ["type": "object"], "x-kubernetes-list-type": "map"]],
            ],
            errors: [
                "s.properties[a].x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map"
            ]
        ),
        Example(
            name: "default of the wrong type",
            schema: ["type": "object", "properties": ["a": ["type": "string", "default": 5]]],
            errors: [
                "s.properties[a].default: Invalid value: \"integer\": s.properties[a].default in body must be of type string: \"integer\""
            ]
        ),
        Example(
            name: "rule over old items of an atomic list",
            schema: [
                "type": "object",
                "properties": [
                    "a": [
                        "type": "array",
                        "items": ["type": "string", "x-kubernetes-validations": [["rule": "self == oldSelf"]]],
                    ]
                ],
            ],
            errors: [
                "s.properties[a].items.x-kubernetes-validations[0].rule: Invalid value: \"self == oldSelf\": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[a]"
            ]
        ),
    ])
    func refusesWhatIsNotStructural(_ example: Example) {
        let rejection = #expect(throws: SchemaRejection.self) { try StructuralSchema.compile(example.schema, at: "s") }
        if example.name == "default of the wrong type" {
            #expect(rejection?.errors.first?.field == "s.properties[a].default")
        } else {
            #expect(rejection?.errors.map(\.description) == example.errors)
        }
    }

    @Test func refusesRulesThatDoNotCompile() {
        let rejection = #expect(throws: SchemaRejection.self) {
            try schema(["type": "object", "x-kubernetes-validations": [["rule": "self.nope == 1"]]])
        }
        #expect(rejection?.errors.first?.message.contains("undefined field 'nope'") == true)
    }
}

struct RatchetingTests {
    private static let spec: Value = [
        "type": "object",
        "properties": [
            "a": ["type": "string", "maxLength": 2], "n": ["type": "integer", "maximum": 5],
            "b": ["type": "string", "x-kubernetes-validations": [["rule": "self.size() < 3"]]],
            "l": [
                "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
                "items": [
                    "type": "object", "required": ["k"],
                    "properties": [
                        "k": ["type": "string"],
                        "v": [
                            "type": "integer",
                            "x-kubernetes-validations": [["rule": "self >= oldSelf", "message": "shrinks"]],
                        ],
                    ],
                ],
            ],
        ],
    ]

    @Test func unchangedFaultsPass() throws {
        let schema = try schema(Self.spec)
        let old: Value = ["spec": ["a": "long", "b": "long", "n": 9]]
        var new = old
        new["metadata"] = ["labels": ["x": "y"]]
        let findings = schema.validate(new, old: old)
        #expect(findings.errors == [])
        #expect(
            findings.warnings.map(\.description) == ["spec.b: Invalid value: \"long\": failed rule: self.size() < 3"]
        )
        new[path: "spec", "b"] = "longer"
        #expect(schema.validate(new, old: old).errors.map(\.field) == ["spec.b"])
        new[path: "spec", "a"] = "longer"
        #expect(schema.validate(new, old: old).errors.map(\.field) == ["spec.a", "<nil>"])
    }

    @Test func itemsOfMapListsKeepTheirPast() throws {
        let schema = try schema(Self.spec)
        let old: Value = ["spec": ["l": [["k": "x", "v": 3], ["k": "y", "v": 1]]]]
        let new: Value = ["spec": ["l": [["k": "y", "v": 0], ["k": "z", "v": 0], ["k": "x", "v": 4]]]]
        #expect(
            schema.validate(new, old: old).errors.map(\.description) == ["spec.l[0].v: Invalid value: 0: shrinks"]
        )
        #expect(schema.validate(new).errors == [])
    }

    @Test func statusIsJudgedAlone() throws {
        let schema = try StructuralSchema.compile([
            "type": "object",
            "properties": [
                "spec": ["type": "object", "required": ["must"]],
                "status": ["type": "object", "properties": ["phase": ["type": "string"]]],
            ],
        ])
        let findings = schema.validateStatus(["spec": [:], "status": ["phase": 5]], old: ["spec": [:]])
        #expect(
            findings.errors.map(\.description)
                == ["status.phase: Invalid value: \"integer\": phase in body must be of type string: \"integer\""]
        )
    }
}

struct PruningTests {
    @Test func keepsWhatIsKnownAndNamesTheRest() throws {
        let schema = try schema([
            "type": "object",
            "properties": [
                "free": [
                    "type": "object", "x-kubernetes-preserve-unknown-fields": true,
                    "properties": ["t": ["type": "object"]],
                ],
                "map": [
                    "type": "object",
                    "additionalProperties": ["type": "object", "properties": ["a": ["type": "string"]]],
                ],
                "tmpl": [
                    "type": "object", "x-kubernetes-embedded-resource": true,
                    "x-kubernetes-preserve-unknown-fields": true,
                ],
            ],
        ])
        var object: Value = [
            "apiVersion": "v1", "kind": "K", "metadata": ["name": "x", "odd": 1], "other": 1,
            "spec": [
                "free": ["x": ["y": 1], "t": ["u": 1]], "map": ["k": ["a": "1", "b": 2]],
                "tmpl": ["apiVersion": "v1", "kind": "C", "metadata": ["name": "n", "bogus": 1], "data": ["a": "b"]],
            ],
        ]
        #expect(schema.prune(&object) == ["other", "spec.free.t.u", "spec.map.k.b", "spec.tmpl.metadata.bogus"])
        #expect(
            object == [
                "apiVersion": "v1", "kind": "K", "metadata": ["name": "x", "odd": 1],
                "spec": [
                    "free": ["x": ["y": 1], "t": [:]], "map": ["k": ["a": "1"]],
                    "tmpl": ["apiVersion": "v1", "kind": "C", "metadata": ["name": "n"], "data": ["a": "b"]],
                ],
            ]
        )
    }
}
