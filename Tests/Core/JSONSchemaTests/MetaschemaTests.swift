import StructuredValue
import Testing

@testable import JSONSchema

struct MetaschemaTests {
    struct Broken: Sendable, CustomTestStringConvertible {
        var draft: Int
        var schema: String
        var lines: String
        var testDescription: String { "\(draft) \(schema)" }
    }

    /// Lines as the library that Helm uses prints them; where its order is that of a random map, ours is that of the keys.
    static let broken: [Broken] = [
        Broken(
            draft: 4,
            schema: #"{"properties": {"a": true}}"#,
            lines: "- at '/properties/a': got boolean, want object"
        ),
        Broken(draft: 4, schema: #"{"multipleOf": 0}"#, lines: "- at '/multipleOf': exclusiveMinimum: got 0, want 0"),
        Broken(
            draft: 4,
            schema: #"{"exclusiveMinimum": true, "required": []}"#,
            lines: """
                - at '': properties 'minimum' required, if 'exclusiveMinimum' exists
                - at '/required': minItems: got 0, want 1
                """
        ),
        Broken(
            draft: 4,
            schema: #"{"additionalProperties": 3}"#,
            lines: """
                - at '/additionalProperties': anyOf failed
                  - at '/additionalProperties': got number, want boolean
                  - at '/additionalProperties': got number, want object
                """
        ),
        Broken(draft: 6, schema: #"{"enum": []}"#, lines: "- at '/enum': minItems: got 0, want 1"),
        Broken(
            draft: 7,
            schema: #"{"properties": {"a": {"minLength": -1, "maxLength": "x", "items": 5, "title": 3}}}"#,
            lines: """
                - at '/properties/a': validation failed
                  - at '/properties/a/items': anyOf failed
                    - at '/properties/a/items': got number, want boolean or object
                    - at '/properties/a/items': got number, want array
                  - at '/properties/a/maxLength': got string, want integer
                  - at '/properties/a/minLength': allOf failed
                    - at '/properties/a/minLength': minimum: got -1, want 0
                  - at '/properties/a/title': got number, want string
                """
        ),
        Broken(
            draft: 7,
            schema: #"{"patternProperties": {"(": {}}}"#,
            lines: """
                - at '': invalid propertyName '('
                  - at '': '(' is not valid regex: error parsing regexp: missing closing ): `(`
                """
        ),
        Broken(
            draft: 7,
            schema: #"{"dependencies": {"a": [1]}}"#,
            lines: """
                - at '/dependencies/a': anyOf failed
                  - at '/dependencies/a': got array, want boolean or object
                  - at '/dependencies/a/0': got number, want string
                """
        ),
        Broken(draft: 7, schema: #"{"required": ["a", "a"]}"#, lines: "- at '/required': items at 0 and 1 are equal"),
        Broken(
            draft: 2019,
            schema: #"{"properties": {"a": {"minLength": -1}}}"#,
            lines: """
                - at '': allOf failed
                  - at '/properties/a': allOf failed
                    - at '/properties/a/minLength': minimum: got -1, want 0
                """
        ),
        Broken(
            draft: 2020,
            schema: #"{"properties": {"a": {"items": [{"type": "string"}]}}}"#,
            lines: """
                - at '': allOf failed
                  - at '/properties/a': allOf failed
                    - at '/properties/a/items': got array, want boolean or object
                """
        ),
        Broken(
            draft: 2020,
            schema: #"{"type": "foo", "minLength": -1, "title": 4, "unevaluatedItems": 5}"#,
            lines: """
                - at '': allOf failed
                  - at '/unevaluatedItems': got number, want boolean or object
                  - at '': validation failed
                    - at '/minLength': minimum: got -1, want 0
                    - at '/type': anyOf failed
                      - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'
                      - at '/type': got string, want array
                  - at '/title': got number, want string
                """
        ),
        Broken(
            draft: 2020,
            schema: ##"{"$anchor": "#x"}"##,
            lines: """
                - at '': allOf failed
                  - at '/$anchor': '#x' does not match pattern '^[A-Za-z_][-A-Za-z0-9._]*$'
                """
        ),
        Broken(
            draft: 2020,
            schema: #"{"definitions": {"a": 3}, "dependencies": 4}"#,
            lines: """
                - at '/definitions/a': got number, want boolean or object
                - at '/dependencies': got number, want object
                """
        ),
    ]

    @Test(arguments: broken)
    func saysWhatIsWrongWithASchema(_ example: Broken) throws {
        let violations = Metaschema.violations(in: try JSON.parse(example.schema), draft: example.draft)
        #expect(SchemaViolation.text(violations) == example.lines)
    }

    /// What one draft does not know, it does not check.
    @Test(arguments: [
        (4, #"{"$id": 3, "contains": 3, "const": 3, "if": 3, "$defs": 3, "prefixItems": 3}"#),
        (
            6,
            #"{"if": 3, "$comment": 3, "examples": 3, "readOnly": 3, "exclusiveMinimum": 3, "patternProperties": {"(": true}}"#
        ),
        (7, #"{"$defs": 3, "$anchor": 3, "minContains": "x", "dependentRequired": 3, "items": [true, false]}"#),
        (2019, ##"{"prefixItems": 3, "$dynamicRef": 3, "items": [{}], "enum": [], "$recursiveRef": "#"}"##),
        (2020, #"{"additionalItems": 3, "enum": [1, 1], "unknown": {"type": 3}, "items": false}"#),
    ])
    func leavesOtherDraftsKeywordsAlone(_ draft: Int, _ schema: String) throws {
        #expect(Metaschema.violations(in: try JSON.parse(schema), draft: draft) == [])
    }

    /// Every keyword, given a value that it cannot hold, is found by the flat form and worded by the divided one.
    @Test(arguments: [4, 6, 7, 2019, 2020])
    func bothFormsKnowTheSameKeywords(_ draft: Int) throws {
        let document = MetaschemaDocument(draft: draft)
        let properties = try #require(document.flat.object?["properties"]?.object)
        #expect(properties.count > 25)
        for pair in properties {
            let wrong: Value = .object([pair.key: 1.5])
            if pair.value == ["type": "number"] || pair.value.object?["exclusiveMinimum"] != nil { continue }
            #expect(!Metaschema.violations(in: wrong, draft: draft).isEmpty, "\(pair.key)")
            #expect(!(try ValueSchema(trusting: document.divided)).accepts(wrong), "\(pair.key)")
        }
    }
}
