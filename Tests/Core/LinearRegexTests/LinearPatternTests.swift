import LinearRegex
import Testing

struct LinearPatternTests {
    @Test(
        arguments: [
            ("a+b", "xaab", true), ("^ab$", "xab", false), ("(?i)TEAM", "my team", true), (#"^\d+$"#, "٣", false),
            ("", "", true), ("^$", "a\n", false), ("(?m)^b$", "a\nb\nc", true), (".", "\n", false),
            (#"\bfoo\b"#, "a foo b", true), ("^(a+)+$", String(repeating: "a", count: 40) + "b", false),
            (#"\pL"#, "ж", true), ("[[:alpha:]]", "1x", true), ("a{2,3}", "xaax", true), (#"\Qa.b\E"#, "a.b", true),
            (#"\Q(?<\E"#, "(?<", true), ("[(?<]x", "<x", true), (#"(?<n>a)"#, "a", true),
        ] as [(String, String, Bool)]
    )
    func matchesAnywhere(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try LinearPattern(pattern).matches(text) == expected)
        #expect(try LinearPattern(pattern).matches(Array(text.utf8)) == expected)
    }

    @Test(
        arguments: [
            ("a|ab", "ab", true), ("a", "ab", false), ("", "", true), ("[a-z]*", "abc", true), ("$", "", true),
        ] as [(String, String, Bool)]
    )
    func matchesTheWholeText(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try LinearPattern(pattern).matchesWhole(text) == expected)
        #expect((try LinearPattern(pattern).wholeMatch(in: Array(text.utf8)) != nil) == expected)
    }

    @Test(
        arguments: [
            ("a(b", "missing closing ): `a(b`"), ("a)b", "unexpected ): `a)b`"), ("[a", "missing closing ]: `[a`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            (#"\8"#, #"invalid escape sequence: `\8`"#), (#"a\C"#, #"invalid escape sequence: `\C`"#),
            (#"a\"#, #"trailing backslash at end of expression: ``"#),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?<n>a", "missing closing ): `(?<n>a`"),
        ]
    )
    func refusesWhatIsNoPattern(_ pattern: String, _ message: String) {
        let error = #expect(throws: PatternError.self) { try LinearPattern(pattern) }
        #expect(error?.description == "error parsing regexp: \(message)")
    }

    @Test(
        arguments: [
            ("x*", "axb", ["", "x", ""]), ("a*", "baac", ["", "aa", ""]), ("", "äb", ["", "", ""]),
            ("a", "banana", ["a", "a", "a"]), ("^", "aa", [""]), (#"\b"#, "ab cd", ["", "", "", ""]),
            ("a|", "aXa", ["a", "a"]), ("$", "", [""]),
        ] as [(String, String, [String])]
    )
    func findsAllMatchesAsGoDoes(_ pattern: String, _ text: String, _ expected: [String]) throws {
        #expect(try LinearPattern(pattern).allTexts(in: text) == expected)
    }

    @Test
    func findsGroupsWithTheirRanges() throws {
        let pattern = try LinearPattern(#"(?P<major>\d+)\.(?<minor>\d+)(-(\w+))?"#)
        #expect(pattern.groupCount == 4)
        #expect(pattern.groupNames == [nil, "major", "minor", nil, nil])
        #expect(pattern.group(named: "minor") == 2)
        let text = Array("é v1.29 and 1.30-rc".utf8)
        let matches = pattern.allMatches(in: text)
        #expect(matches.count == 2)
        #expect(matches.first?.range == 4..<8)
        #expect(matches.first?[2] == 6..<8)
        #expect(matches.first?[4] == nil)
        #expect(matches.last?.text(4, in: text) == "rc")
        #expect(pattern.firstGroups(in: "1.2") == ["1.2", "1", "2", "", ""])
        #expect(pattern.allMatches(in: text, limit: 1).count == 1)
        #expect(pattern.firstMatch(in: text, from: 8)?.text(0, in: text) == "1.30-rc")
        #expect(pattern.firstText(in: "none") == nil)
    }

    @Test
    func handlesMoreGroupsThanFitOnTheStack() throws {
        let pattern = try LinearPattern(String(repeating: "(.)", count: 30))
        let text = Array(String(repeating: "ab", count: 15).utf8)
        #expect(pattern.firstMatch(in: text)?[30] == 29..<30)
    }

    @Test(
        arguments: [
            ("a(x*)b", "-ab-axxb-", "T", "-T-T-"), ("a(x*)b", "-ab-axxb-", "$1", "--xx-"),
            ("a(x*)b", "-ab-axxb-", "$1W", "---"), ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"),
            ("a*", "baac", "x", "xbxcx"), ("", "äb", "-", "-ä-b-"), ("a(?P<n>x*)b", "axb", "<$n>", "<x>"),
            ("a(?P<n>x*)b", "axb", "$$n $ ${n ${} $", "$n $ ${n ${} $"), ("(a)|(b)", "ab", "[$2]", "[][b]"),
            ("a", "a", "$01", ""), ("(a)", "a", "$1é", ""), ("(a)", "a", "$1-é", "a-é"), ("b", "aaa", "c", "aaa"),
            ("^", "ab", "> ", "> ab"), ("$", "ab", "!", "ab!"),
        ]
    )
    func replacesAsGoDoes(_ pattern: String, _ text: String, _ template: String, _ expected: String) throws {
        #expect(try LinearPattern(pattern).replaceAll(in: text, with: template) == expected)
    }

    @Test
    func replacesLiterallyAndByClosure() throws {
        let pattern = try LinearPattern("a(x*)b")
        #expect(pattern.replaceAll(in: "-axb-", withLiteral: "${1}") == "-${1}-")
        #expect(pattern.replaceAll(in: "-axb-") { $0.uppercased() } == "-AXB-")
    }

    @Test(
        arguments: [
            ("a", "foo:and:bar", -1, ["foo:", "nd:b", "r"]), (":", "foo:and:bar", 2, ["foo", "and:bar"]),
            (":", "foo:and:bar", 0, []), ("", "äbc", -1, ["ä", "b", "c"]),
            ("a*", "abaabaccadaaae", 5, ["", "b", "b", "c", "cadaaae"]),
            ("[abc]+", "abc", -1, ["", ""]), (",", "", -1, [""]), ("", "", -1, []), ("x", "abc", -1, ["abc"]),
            ("z+", "pizza", 1, ["pizza"]),
        ] as [(String, String, Int, [String])]
    )
    func splitsAsGoDoes(_ pattern: String, _ text: String, _ limit: Int, _ expected: [String]) throws {
        #expect(try LinearPattern(pattern).split(text, limit: limit) == expected)
    }

    @Test
    func escapesWhatMeansSomething() throws {
        let text = #"a.b+(c)[d]{e}^$|*?\"#
        #expect(try LinearPattern(LinearPattern.escape(text)).matchesWhole(text))
        #expect(LinearPattern.escape("a.b") == #"a\.b"#)
    }
}
