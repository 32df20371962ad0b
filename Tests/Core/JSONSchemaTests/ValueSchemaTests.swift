import JSONSchema
import StructuredValue
import Testing

/// A schema, a value, and the lines of Helm's message (empty: the value is valid).
struct SchemaExample: Sendable, CustomTestStringConvertible {
    var schema: String
    var value: String
    var lines: [String]
    var testDescription: String { schema + " " + value }

    init(_ schema: String, _ value: String, _ lines: String...) {
        (self.schema, self.value, self.lines) = (schema, value, lines)
    }
}

private let seven = #""$schema": "http://json-schema.org/draft-07/schema#", "#

struct ValueSchemaTests {
    static let keywords: [SchemaExample] = [
        SchemaExample("true", "1"),
        SchemaExample("{}", "1"),
        SchemaExample("false", "1", "- at '': false schema"),
        SchemaExample(##"{"type": "integer"}"##, "1.0"),
        SchemaExample(##"{"type": "integer"}"##, "1.5", "- at '': got number, want integer"),
        SchemaExample(##"{"type": "integer"}"##, "\"a\"", "- at '': got string, want integer"),
        SchemaExample(##"{"type": ["string", "null"]}"##, "3", "- at '': got number, want null or string"),
        SchemaExample(##"{"type": ["string", "null"]}"##, "null"),
        SchemaExample(##"{"type": "number"}"##, "12345678901234567890"),
        SchemaExample(##"{"const": 1}"##, "1.0"),
        SchemaExample(##"{"const": "x"}"##, "1", "- at '': value must be 'x'"),
        SchemaExample(##"{"const": {"a": [1]}}"##, ##"{"a": [1.0]}"##),
        SchemaExample(##"{"const": {"a": 1}}"##, "1", "- at '': const failed"),
        SchemaExample(
            ##"{"enum": ["a", 2, null, true]}"##,
            "\"b\"",
            "- at '': value must be one of 'a', 2, <nil>, true"
        ),
        SchemaExample(##"{"enum": ["a"]}"##, "\"b\"", "- at '': value must be 'a'"),
        SchemaExample(##"{"enum": [["a"]]}"##, "\"b\"", "- at '': enum failed"),
        SchemaExample(##"{"enum": [1, 2]}"##, "2.0"),
        SchemaExample(##"{"minimum": 1}"##, "0", "- at '': minimum: got 0, want 1"),
        SchemaExample(##"{"maximum": 65535}"##, "70000", "- at '': maximum: got 70,000, want 65,535"),
        SchemaExample(##"{"maximum": 1000000}"##, "2500000", "- at '': maximum: got 2.5×10⁰⁶, want 1×10⁰⁶"),
        SchemaExample(##"{"exclusiveMinimum": 0}"##, "0", "- at '': exclusiveMinimum: got 0, want 0"),
        SchemaExample(##"{"exclusiveMaximum": 0.5}"##, "0.5", "- at '': exclusiveMaximum: got 0.5, want 0.5"),
        SchemaExample(##"{"multipleOf": 0.1}"##, "0.3"),
        SchemaExample(##"{"multipleOf": 2}"##, "3", "- at '': multipleOf: got 3, want 2"),
        SchemaExample(##"{"multipleOf": 1e-8}"##, "12.00000001"),
        SchemaExample(##"{"minLength": 2}"##, "\"ä\"", "- at '': minLength: got 1, want 2"),
        SchemaExample(##"{"maxLength": 1}"##, "\"👍🏽\"", "- at '': maxLength: got 2, want 1"),
        SchemaExample(##"{"pattern": "^a+$"}"##, "\"b'\"", #"- at '': 'b\'' does not match pattern '^a+$'"#),
        SchemaExample(##"{"minItems": 1}"##, "[]", "- at '': minItems: got 0, want 1"),
        SchemaExample(##"{"maxItems": 1}"##, "[1, 2]", "- at '': maxItems: got 2, want 1"),
        SchemaExample(##"{"uniqueItems": true}"##, "[1, 2, 1.0]", "- at '': items at 0 and 2 are equal"),
        SchemaExample(##"{"items": {"type": "string"}}"##, ##"["a", 1]"##, "- at '/1': got number, want string"),
        SchemaExample(
            ##"{"prefixItems": [{"type": "string"}], "items": false}"##,
            ##"["a", 1]"##,
            "- at '/1': false schema"
        ),
        SchemaExample(
            "{\(seven)\"items\": [true], \"additionalItems\": false}",
            "[1, 2, 3]",
            "- at '': last 2 additionalItem(s) not allowed"
        ),
        SchemaExample(
            ##"{"contains": {"const": 1}}"##,
            "[2]",
            "- at '': no items match contains schema",
            "  - at '/0': value must be 1"
        ),
        SchemaExample(
            ##"{"contains": {"const": 1}, "minContains": 2}"##,
            "[1, 2]",
            "- at '': min 2 items required to match contains schema, but matched 1 items at 0",
            "  - at '/1': value must be 1"
        ),
        SchemaExample(
            ##"{"contains": {"const": 1}, "maxContains": 1}"##,
            "[1, 1]",
            "- at '': max 1 items required to match contains schema, but matched 2 items at 0 1"
        ),
        SchemaExample(##"{"minProperties": 1}"##, "{}", "- at '': minProperties: got 0, want 1"),
        SchemaExample(##"{"maxProperties": 0}"##, ##"{"a": 1}"##, "- at '': maxProperties: got 1, want 0"),
        SchemaExample(##"{"required": ["a", "b"]}"##, ##"{"b": 1}"##, "- at '': missing property 'a'"),
        SchemaExample(##"{"required": ["a", "b"]}"##, "{}", "- at '': missing properties 'a', 'b'"),
        SchemaExample(
            ##"{"properties": {"a/b~": {"type": "string"}}, "additionalProperties": false}"##,
            ##"{"a/b~": 1, "z": 1, "y": 2}"##,
            "- at '/a~1b~0': got number, want string",
            "- at '': additional properties 'y', 'z' not allowed"
        ),
        SchemaExample(
            ##"{"additionalProperties": {"type": "string"}}"##,
            ##"{"a": 1}"##,
            "- at '/a': got number, want string"
        ),
        SchemaExample(
            ##"{"patternProperties": {"^x-": {"type": "string"}}, "additionalProperties": false}"##,
            ##"{"x-a": 1, "y": 1}"##,
            "- at '/x-a': got number, want string",
            "- at '': additional properties 'y' not allowed"
        ),
        SchemaExample(
            ##"{"propertyNames": {"pattern": "^[a-z]$"}}"##,
            ##"{"A": 1}"##,
            "- at '': invalid propertyName 'A'",
            "  - at '': 'A' does not match pattern '^[a-z]$'"
        ),
        SchemaExample(
            ##"{"dependentRequired": {"a": ["b"]}}"##,
            ##"{"a": 1}"##,
            "- at '': properties 'b' required, if 'a' exists"
        ),
        SchemaExample(
            ##"{"dependentSchemas": {"a": {"required": ["c"]}}}"##,
            ##"{"a": 1}"##,
            "- at '': missing property 'c'"
        ),
        SchemaExample(
            "{\(seven)\"dependencies\": {\"a\": [\"b\"]}}",
            ##"{"a": 1}"##,
            "- at '': properties 'b' required, if 'a' exists"
        ),
        SchemaExample(##"{"not": {"type": "string"}}"##, "\"a\"", "- at '': not failed"),
        SchemaExample(
            ##"{"allOf": [{"type": "string"}, {"minLength": 3}]}"##,
            "\"a\"",
            "- at '': allOf failed",
            "  - at '': minLength: got 1, want 3"
        ),
        SchemaExample(
            ##"{"anyOf": [{"type": "string"}, {"type": "null"}]}"##,
            "1",
            "- at '': anyOf failed",
            "  - at '': got number, want string",
            "  - at '': got number, want null"
        ),
        SchemaExample(
            ##"{"oneOf": [{"type": "string"}, {"type": "null"}]}"##,
            "1",
            "- at '': oneOf failed, none matched",
            "  - at '': got number, want string",
            "  - at '': got number, want null"
        ),
        SchemaExample(
            ##"{"oneOf": [{"type": "number"}, {"minimum": 0}]}"##,
            "1",
            "- at '': oneOf failed, subschemas 0, 1 matched"
        ),
        SchemaExample(
            ##"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"##,
            ##"{"a": 1}"##,
            "- at '': missing property 'b'"
        ),
        SchemaExample(
            ##"{"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}"##,
            "{}",
            "- at '': missing property 'c'"
        ),
        SchemaExample(
            ##"{"type": "object", "properties": {"a": {"allOf": [{"type": "string"}], "minLength": 2}}}"##,
            ##"{"a": 1}"##,
            "- at '/a': allOf failed",
            "  - at '/a': got number, want string"
        ),
    ]

    static let references: [SchemaExample] = [
        SchemaExample(
            ##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}"##,
            "1",
            "- at '': got number, want string"
        ),
        SchemaExample(
            ##"{"$ref": "#/$defs/a", "$defs": {"a": {"minimum": 2, "multipleOf": 2}}}"##,
            "1",
            "- at '': validation failed",
            "  - at '': minimum: got 1, want 2",
            "  - at '': multipleOf: got 1, want 2"
        ),
        SchemaExample(
            "{\(seven)\"$ref\": \"#/definitions/a\", \"type\": \"null\", \"definitions\": {\"a\": {\"type\": \"string\"}}}",
            "\"x\""
        ),
        SchemaExample(
            ##"{"$ref": "#/$defs/a", "type": "null", "$defs": {"a": {"type": "string"}}}"##,
            "\"x\"",
            "- at '': got string, want null"
        ),
        SchemaExample(
            ##"{"properties": {"a": {"$ref": "#here"}}, "$defs": {"x": {"$anchor": "here", "type": "null"}}}"##,
            ##"{"a": 1}"##,
            "- at '/a': got number, want null"
        ),
        SchemaExample(
            ##"{"$id": "https://example.com/top", "properties": {"a": {"$ref": "part#/$defs/n"}}, "$defs": {"p": {"$id": "part", "$defs": {"n": {"type": "null"}}}}}"##,
            ##"{"a": 1}"##,
            "- at '/a': got number, want null"
        ),
        SchemaExample(
            ##"{"properties": {"next": {"$ref": "#"}, "n": {"type": "integer"}}}"##,
            ##"{"next": {"next": {"n": "x"}}}"##,
            "- at '/next/next/n': got string, want integer"
        ),
        SchemaExample(
            ##"{"$ref": "#/$defs/a%20b", "$defs": {"a b": {"type": "null"}}}"##,
            "1",
            "- at '': got number, want null"
        ),
        SchemaExample(##"{"$ref": "#/x/y", "x": {"y": {"type": "null"}}}"##, "1", "- at '': got number, want null"),
        SchemaExample(##"{"$ref": "urn:something"}"##, "1"),
        SchemaExample(
            ##"{"$dynamicRef": "#node", "$defs": {"a": {"$dynamicAnchor": "node", "type": "null"}}}"##,
            "1",
            "- at '': got number, want null"
        ),
        SchemaExample(
            ##"{"$ref": "https://json-schema.org/draft/2020-12/schema"}"##,
            ##"{"type": 3}"##,
            "- at '': allOf failed",
            "  - at '/type': anyOf failed",
            "    - at '/type': value must be one of 'array', 'boolean', 'integer', 'null', 'number', 'object', 'string'",
            "    - at '/type': got number, want array"
        ),
    ]

    static let unevaluated: [SchemaExample] = [
        SchemaExample(
            ##"{"properties": {"a": true}, "unevaluatedProperties": false}"##,
            ##"{"a": 1, "b": 2}"##,
            "- at '/b': false schema"
        ),
        SchemaExample(
            ##"{"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}"##,
            ##"{"a": 1, "b": 2}"##,
            "- at '/b': false schema"
        ),
        SchemaExample(
            ##"{"$ref": "#/$defs/x", "unevaluatedProperties": false, "$defs": {"x": {"properties": {"a": true}}}}"##,
            ##"{"a": 1}"##
        ),
        SchemaExample(
            ##"{"anyOf": [{"properties": {"a": true}, "required": ["a"]}, {"properties": {"b": true}}], "unevaluatedProperties": false}"##,
            ##"{"a": 1, "b": 2}"##
        ),
        SchemaExample(
            ##"{"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {"b": true}}, "unevaluatedProperties": false}"##,
            ##"{"a": 1, "b": 2}"##
        ),
        SchemaExample(
            ##"{"if": {"properties": {"a": {"const": 1}}, "required": ["a"]}, "then": {"properties": {"b": true}}, "unevaluatedProperties": false}"##,
            ##"{"a": 2, "b": 2}"##,
            "- at '/a': false schema",
            "- at '/b': false schema"
        ),
        SchemaExample(
            ##"{"unevaluatedProperties": {"type": "string"}}"##,
            ##"{"a": 1}"##,
            "- at '/a': got number, want string"
        ),
        SchemaExample(
            ##"{"allOf": [{"additionalProperties": true}], "unevaluatedProperties": false}"##,
            ##"{"a": 1}"##
        ),
        SchemaExample(
            ##"{"dependentSchemas": {"a": {"properties": {"b": true}}}, "properties": {"a": true}, "unevaluatedProperties": false}"##,
            ##"{"a": 1, "b": 2}"##
        ),
        SchemaExample(##"{"prefixItems": [true], "unevaluatedItems": false}"##, "[1, 2]", "- at '/1': false schema"),
        SchemaExample(##"{"allOf": [{"prefixItems": [true, true]}], "unevaluatedItems": false}"##, "[1, 2]"),
        SchemaExample(
            ##"{"contains": {"type": "string"}, "unevaluatedItems": false}"##,
            ##"["a", 1]"##,
            "- at '/1': false schema"
        ),
        SchemaExample(
            ##"{"not": {"properties": {"a": {"const": 2}}}, "unevaluatedProperties": false}"##,
            ##"{"a": 1}"##,
            "- at '/a': false schema"
        ),
    ]

    @Test(arguments: keywords + references + unevaluated)
    func saysWhatTheValueBreaks(_ example: SchemaExample) throws {
        let schema = try ValueSchema(compiling: try JSON.parse(example.schema))
        let value = try JSON.parse(example.value)
        let violations = schema.violations(in: value)
        #expect(SchemaViolation.text(violations) == example.lines.joined(separator: "\n"))
        #expect(schema.accepts(value) == example.lines.isEmpty)
    }

    @Test(arguments: [
        (4, ##"{"minimum": 1, "exclusiveMinimum": true}"##, "1", "- at '': exclusiveMinimum: got 1, want 1"),
        (4, ##"{"const": 1}"##, "2", ""),
        (6, ##"{"const": 1}"##, "2", "- at '': value must be 1"),
        (6, ##"{"if": true, "then": false}"##, "2", ""),
        (7, ##"{"if": true, "then": false}"##, "2", "- at '': false schema"),
        (7, ##"{"unevaluatedProperties": false}"##, ##"{"a": 1}"##, ""),
        (7, ##"{"format": "ipv4"}"##, "\"x\"", "- at '': 'x' is not valid ipv4: expected four decimals"),
        (2019, ##"{"format": "ipv4"}"##, "\"x\"", ""),
        (
            2019, ##"{"items": [{"type": "null"}], "additionalItems": {"type": "string"}}"##, "[null, 1]",
            "- at '/1': got number, want string"
        ),
        (
            2019, ##"{"$recursiveAnchor": true, "additionalProperties": {"$recursiveRef": "#"}, "type": "object"}"##,
            ##"{"a": {"b": 1}}"##, "- at '/a/b': got number, want object"
        ),
        (2020, ##"{"format": "ipv4"}"##, "\"x\"", ""),
    ])
    func followsTheDraft(_ draft: Int, _ body: String, _ value: String, _ expected: String) throws {
        var document = try JSON.parse(body)
        document["$schema"] = .string(
            draft < 2019
                ? "http://json-schema.org/draft-0\(draft)/schema#"
                : "https://json-schema.org/draft/\(draft == 2019 ? "2019-09" : "2020-12")/schema"
        )
        let schema = try ValueSchema(compiling: document)
        #expect(SchemaViolation.text(schema.violations(in: try JSON.parse(value))) == expected)
    }

    @Test(arguments: [
        (##"{"$ref": "#/missing"}"##, SchemaCompileError.Kind.unresolved),
        (##"{"$ref": "#nowhere"}"##, .unresolved),
        (##"{"$ref": "https://example.com/other.json"}"##, .remoteReference),
        (##"{"$ref": "other.json"}"##, .remoteReference),
        (##"{"pattern": "["}"##, .malformed),
        (##"{"type": "strange"}"##, .malformed),
        (##"{"properties": []}"##, .malformed),
        (##"{"minLength": -1}"##, .malformed),
        (##"{"$schema": "https://example.com/own"}"##, .unsupported),
        (##"{"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}"##, .malformed),
    ])
    func refusesWhatIsNoUsableSchema(_ text: String, _ kind: SchemaCompileError.Kind) throws {
        let document = try JSON.parse(text)
        do throws(SchemaCompileError) {
            _ = try ValueSchema(compiling: document)
            Issue.record("compiled \(text)")
        } catch {
            #expect(error.kind == kind, "\(error)")
        }
    }

    @Test func wordsAMalformedSchemaAsHelmDoes() throws {
        let document = try JSON.parse("{\(seven)\"properties\": {\"a\": {\"pattern\": \"[\"}}}")
        do throws(SchemaCompileError) {
            _ = try ValueSchema(compiling: document)
            Issue.record("compiled")
        } catch {
            #expect(
                error.message == """
                    "file:///values.schema.json#" is not valid against metaschema: jsonschema validation failed with \
                    'http://json-schema.org/draft-07/schema#'
                    - at '/properties/a/pattern': '[' is not valid regex: error parsing regexp: missing closing ]: `[`
                    """
            )
        }
    }

    @Test func endsOnASchemaThatRefersToItself() throws {
        let schema = try ValueSchema(compiling: try JSON.parse(##"{"allOf": [{"$ref": "#"}]}"##))
        #expect(!schema.accepts(1))
    }
}
