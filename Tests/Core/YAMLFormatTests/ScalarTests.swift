import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

struct ScalarTests {
    @Test(
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("nULL", "nULL"),
            ("y", true), ("Yes", true), ("on", true), ("n", false), ("NO", false), ("Off", false), ("true", true),
            ("tRUE", "tRUE"), ("yess", "yess"), ("1", 1), ("-5", -5), ("+5", 5), ("0", 0), ("-0", 0), ("007", 7),
            ("0o17", 15), ("017", 15), ("0x1F", 31), ("-0x1f", -31), ("0b101", 5), ("1_000", 1000), ("08", 8),
            ("09.5", 9.5), ("1.5", 1.5), (".5", 0.5), ("1.", 1), ("1.0", 1), ("1e3", 1000), ("1.5e-3", 0.0015),
            ("1e999", "1e999"), (".", "."), ("+", "+"), ("1e", "1e"), ("1.2.3", "1.2.3"),
            ("v1.30", "v1.30"), ("1.30", 1.3), ("12:30", "12:30"), ("2024-01-01", "2024-01-01"),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", .number("9223372036854775808")),
            ("18446744073709551615", .number("18446744073709551615")),
            ("18446744073709551616", 1.8446744073709552e19), ("100m", "100m"), ("1Gi", "1Gi"), ("0x", "0x"),
            ("\"1\"", "1"), ("'yes'", "yes"), ("!!str 1", "1"), ("!!int \"1\"", 1), ("!!float 1", 1),
            ("!!binary aGk=", "hi"), ("!custom 1", "1"), ("! 1", "1"), ("!!bool yes", true), ("!!null ''", .null),
            ("1__0", 10), ("_1", "_1"), ("._5", "._5"), ("0_7", 7), ("123456789012345678", 123_456_789_012_345_678),
            ("|\n  a\n  b", "a\nb"), (">\n  a\n  b", "a b"), ("\"a\\u00e9\\n\"", "aé\n"),
            ("[1, {a: b}]", [1, ["a": "b"]]),
        ] as [(String, Value)]
    )
    func readsScalarsAsTheGoLibraryDoes(_ text: String, _ expected: Value) throws {
        #expect(try YAML.value(text) == expected)
        #expect(try YAML.value("k: \(text)")["k"] == expected)
        #expect(YAML.nodes(Array("k: \(text)".utf8), file: "f").first?.node?.value["k"] == expected)
    }

    @Test(
        arguments: [
            ("1: a", "1"), ("true: a", "true"), ("on: a", "true"), ("n: a", "false"), ("1.5: a", "1.5"),
            ("0x10: a", "16"),
            ("\"on\": a", "on"), ("1e36: a", "1e+36"), ("2024-01-01: a", "2024-01-01"), ("? a b\n: a", "a b"),
            ("&k key: a", "key"), ("!!str 1: a", "1"), ("name: a", "name"),
            ("18446744073709551615: a", "18446744073709551615"),
        ]
    )
    func makesTextOfKeys(_ text: String, _ key: String) throws {
        #expect(try YAML.value(text) == [key: "a"])
    }

    @Test(
        arguments: [
            (".inf", "yaml-not-finite", "json: unsupported value: +Inf"),
            ("-.Inf", "yaml-not-finite", "json: unsupported value: -Inf"),
            (".nan", "yaml-not-finite", "json: unsupported value: NaN"),
            ("!!int abc", "yaml-invalid-tag", "yaml: cannot decode !!str `abc` as a !!int"),
            ("!!int 1.5", "yaml-invalid-tag", "yaml: cannot decode !!float `1.5` as a !!int"),
            ("!!bool 1", "yaml-invalid-tag", "yaml: cannot decode !!int `1` as a !!bool"),
            ("!!binary $", "yaml-invalid-tag", "yaml: !!binary value contains invalid base64 data"),
        ]
    )
    func refusesScalarsThatHaveNoValue(_ text: String, _ code: String, _ goMessage: String) {
        let document = YAML.firstDocument(text)
        #expect(document.diagnostics.map(\.code) == [code])
        #expect(document.goMessages == [goMessage])
        #expect(YAML.nodes(Array(text.utf8), file: "f").first?.diagnostics.map(\.code) == [code])
    }
}
