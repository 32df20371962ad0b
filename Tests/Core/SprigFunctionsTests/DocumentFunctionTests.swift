import Testing

struct DocumentFunctionTests {
    static let examples: [Expression] = [
        Expression(#"toYaml "a \u0085 b""#, "a b"), Expression(#"toYaml "x\u0085""#, "'x '"),
        Expression(#"toYaml "\u0085\u0085""#, "|2+\n"),
        Expression(#"toYaml (list "\u0085a" "\u00a0")"#, "- ' a'\n- \u{A0}"),
        Expression(#"toYaml (dict "k" "\u007f")"#, ""), Expression(#"toYaml "a\u2028b""#, "'a\u{2028}  b'"),
        Expression(#"toRawJson "<\u2028>""#, #""<\u2028>""#),
        Expression(#"toJson (dict "k" (list (b64dec "Yf9i") "\ufffd"))"#, "{\"k\":[\"a\\ufffdb\",\"\u{FFFD}\"]}"),
        Expression(#"quote (b64dec "Yf9i")"#, #""a\xffb""#),
        Expression(#"dict "b" (list 1 "x") "a" (dict) | toYaml"#, "a: {}\nb:\n- 1\n- x"),
        Expression(#"toYaml nil"#, "null"),
        Expression(#"toYaml "true""#, #""true""#), Expression(#"toYaml 1.0"#, "1"),
        Expression(#"toYaml 1e6"#, "1000000"),
        Expression(#"toYaml "a\nb\n""#, "|\n  a\n  b"), Expression(#"toYaml (list)"#, "[]"),
        Expression(#"dict "a" (list 1) | toYamlPretty"#, "a:\n  - 1"), Expression(#"mustToYaml (dict "a" 1)"#, "a: 1"),
        Expression("list 1e6 2.0 1.5 | toYamlPretty", "- 1e+06\n- 2\n- 1.5"),
        Expression("list 1e6 2.0 | toYaml", "- 1000000\n- 2"),
        Expression(#"fromYaml "a: 1\nb: [x]""#, "map[a:1 b:[x]]"),
        Expression(#"typeOf (fromYaml "a: 1").a"#, "float64"),
        Expression(
            #"(fromYaml "- 1").Error"#,
            "error unmarshaling JSON: while decoding JSON: "
                + "json: cannot unmarshal array into Go value of type map[string]interface {}"
        ),
        Expression(#"fromYaml "" | len"#, "0"), Expression(#"fromYamlArray "[1, a]""#, "[1 a]"),
        Expression(
            #"index (fromYamlArray "a: 1") 0"#,
            "error unmarshaling JSON: while decoding JSON: "
                + "json: cannot unmarshal object into Go value of type []interface {}"
        ),
        Expression(#"toJson (dict "b" "<a&b>" "a" 1.5 "c" nil)"#, #"{"a":1.5,"b":"\u003ca\u0026b\u003e","c":null}"#),
        Expression(#"mustToJson (list 1 true)"#, "[1,true]"),
        Expression(#"toRawJson (dict "b" "<a>")"#, #"{"b":"<a>"}"#),
        Expression(#"toPrettyJson (dict "a" (list 1) "b" (dict))"#, "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}"),
        Expression(#"mustToPrettyJson (list)"#, "[]"), Expression(#"mustToRawJson "&""#, #""&""#),
        Expression(#"fromJson "{\"a\": 1e3}""#, "map[a:1000]"),
        Expression(
            #"(fromJson "[1]").Error"#,
            "json: cannot unmarshal array into Go value of type map[string]interface {}"
        ),
        Expression(#"(fromJson "{").Error"#, "unexpected end of JSON input"),
        Expression(#"fromJsonArray "[1, null]""#, "[1 <nil>]"),
        Expression(#"mustFromJson "[1]""#, "[1]"), Expression(#"toJson 1e21"#, "1e+21"),
        Expression(#"toJson 100000000"#, "100000000"),
        Expression(
            #"toToml (dict "a" 1 "s" "x" "f" 1.0 "l" (list 1 2) "t" (dict "x" true "y" (dict "z" 1)))"#,
            "a = 1\nf = 1.0\nl = [1, 2]\ns = \"x\"\n\n[t]\n  x = true\n  [t.y]\n    z = 1\n"
        ),
        Expression(#"toToml (dict "p" (list (dict "a" 1) (dict "b" 2)))"#, "[[p]]\n  a = 1\n\n[[p]]\n  b = 2\n"),
        Expression(#"toToml (dict "a b" (list (list 1) "x"))"#, "\"a b\" = [[1], \"x\"]\n"),
        Expression(#"toToml (list (dict))"#, "toml: top-level values must be Go maps or structs"),
        Expression(#"mustToToml (dict "q" "a\"b\\c\n")"#, "q = \"a\\\"b\\\\c\\n\"\n"),
        Expression(
            #"fromToml "a = 1\n[t]\nx.y = 'z'\n[[l]]\nq = [1, 2.5, true]\n""#,
            "map[a:1 l:[map[q:[1 2.5 true]]] t:map[x:map[y:z]]]"
        ),
        Expression(#"typeOf (fromToml "a = 1").a"#, "int64"),
        Expression(#"(fromToml "a = 1979-05-27T07:32:00Z").a.Year"#, "1979"),
        Expression(#"(fromToml "a = \"\"\"\nx\\\n   y\"\"\"").a"#, "xy"),
        Expression(#"(fromToml "a = 0xff\nb = 1_000").b"#, "1000"),
        Expression(#"hasKey (fromToml "a = ") "Error""#, "true"),
        Expression(#"hasKey (fromToml "a = 1\na = 2") "Error""#, "true"),
        Expression(#"semver "1.2.3" | toJson"#, #""1.2.3""#),
    ]

    @Test(arguments: examples)
    func writesAndReadsDocuments(_ example: Expression) throws {
        #expect(try render(example.source) == example.expected)
    }
}
