import GoTemplate
import SourceDiagnostics
import Testing

@Suite struct FailureTests {
    static let failures: [(String, String)] = [
        ("{{ .a.b.c }}", #"template: t:1:5: executing "t" at <.a.b.c>: nil pointer evaluating interface {}.c"#),
        ("\n  {{ .s.b }}", #"template: t:2:7: executing "t" at <.s.b>: can't evaluate field b in type interface {}"#),
        ("{{ .none | upper }}", #"template: t:1:11: executing "t" at <upper>: invalid value; expected string"#),
        (
            "{{ upper .none }}",
            #"template: t:1:9: executing "t" at <.none>: wrong type for value; expected string; got interface {}"#
        ),
        (
            "{{ upper .n1 }}",
            #"template: t:1:9: executing "t" at <.n1>: wrong type for value; expected string; got float64"#
        ),
        ("{{ trunc \"a\" \"b\" }}", #"template: t:1:9: executing "t" at <"a">: expected integer; found "a""#),
        ("{{ upper }}", #"template: t:1:3: executing "t" at <upper>: wrong number of args for upper: want 1 got 0"#),
        (
            "{{ eq 1 1.0 }}",
            #"template: t:1:3: executing "t" at <eq 1 1.0>: error calling eq: incompatible types for comparison: int and float64"#
        ),
        (
            "{{ lt .none 1 }}",
            #"template: t:1:3: executing "t" at <lt .none 1>: error calling lt: invalid type for comparison"#
        ),
        (
            "{{ index .l 7 }}",
            #"template: t:1:3: executing "t" at <index .l 7>: error calling index: index out of range: 7"#
        ),
        ("{{ range .s }}{{ end }}", #"template: t:1:9: executing "t" at <.s>: range can't iterate over x"#),
        (
            "{{ include `x` . }}",
            #"template: t:1:3: executing "t" at <include `x` .>: error calling include: template: no template "x" associated with template "gotpl""#
        ),
        ("{{ template `x` . }}", #"template: t:1:12: executing "t" at <{{template "x" .}}>: template "x" not defined"#),
        (
            "{{ define `d` }}{{ fail `no` }}{{ end }}{{ include `d` . }}",
            #"template: t:1:43: executing "t" at <include `d` .>: error calling include: template: t:1:19: executing "d" at <fail `no`>: error calling fail: no"#
        ),
        ("{{ .s 1 }}", #"template: t:1:3: executing "t" at <.s>: s is not a method but has arguments"#),
        ("{{ 1 2 }}", #"template: t:1:3: executing "t" at <1>: can't give argument to non-function 1"#),
        ("{{ nil }}", #"template: t:1:3: executing "t" at <nil>: nil is not a command"#),
        (
            "{{ range .l }}{{ .b }}{{ end }}",
            #"template: t:1:17: executing "t" at <.b>: can't evaluate field b in type interface {}"#
        ),
        (
            "{{ range $k, $v := .d }}{{ with $v }}{{ $v.b }}{{ end }}{{ end }}",
            #"template: t:1:42: executing "t" at <$v.b>: can't evaluate field b in type interface {}"#
        ),
        (
            "{{ range .l }}{{ with . }}{{ .b }}{{ end }}{{ end }}",
            #"template: t:1:29: executing "t" at <.b>: can't evaluate field b in type float64"#
        ),
        (
            "{{ range $v := .l }}{{ $w := $v }}{{ $w.b }}{{ end }}",
            #"template: t:1:39: executing "t" at <$w.b>: can't evaluate field b in type float64"#
        ),
        (
            "{{ range 2 }}{{ .b }}{{ end }}",
            #"template: t:1:16: executing "t" at <.b>: can't evaluate field b in type int"#
        ),
        (
            "{{ define `d` }}{{ .b }}{{ end }}{{ range .l }}{{ include `d` . }}{{ end }}",
            #"template: t:1:50: executing "t" at <include `d` .>: error calling include: template: t:1:19: executing "d" at <.b>: can't evaluate field b in type float64"#
        ),
        (
            "{{ range .a }}{{ else }}{{ .s.b }}{{ end }}{{ $.s.c }}",
            #"template: t:1:29: executing "t" at <.s.b>: can't evaluate field b in type interface {}"#
        ),
        (
            "{{ ((.d).x).b }}",
            #"template: t:1:5: executing "t" at <.d>: can't evaluate field b in type string"#
        ),
        (
            "{{ (dict `a` 1).a.b }}",
            #"template: t:1:13: executing "t" at <1>: can't evaluate field b in type interface {}"#
        ),
        ("{{ call nil }}", #"template: t:1:3: executing "t" at <call nil>: error calling call: call of nil"#),
        (
            "{{ call 1 2 }}",
            #"template: t:1:3: executing "t" at <call 1 2>: error calling call: non-function 1 of type int"#
        ),
        ("{{ x }}", #"template: t:1: function "x" not defined"#),
        ("{{ $x }}", #"template: t:1: undefined variable "$x""#),
        ("{{ if }}{{ end }}", "template: t:1: missing value for if"),
        ("{{ if true }}", "template: t:1: unexpected EOF"),
        ("a\n{{ end }}", "template: t:2: unexpected {{end}}"),
        ("{{ \"a }}", "template: t:1: unterminated quoted string"),
        ("{{ (1 }}", "template: t:1: unclosed left paren"),
        ("{{ .a", "template: t:1: unclosed action"),
        ("{{ 1 | 2 }}", "template: t:1: non executable command in pipeline stage 2"),
        ("{{ break }}", "template: t:1: {{break}} outside {{range}}"),
        ("{{ 08 }}", #"template: t:1: integer overflow: "08""#),
        ("{{ 99999999999999999999 }}", #"template: t:1: integer overflow: "99999999999999999999""#),
        ("{{ 1.a }}", #"template: t:1: bad number syntax: "1.a""#),
        ("{{/* x }}", "template: t:1: unclosed comment"),
        ("{{ range $a, $b, $c := .l }}{{ end }}", "template: t:1: too many declarations in range"),
        ("{{ true.x }}", #"template: t:1: unexpected . after term "true""#),
        (
            "{{ define `d` }}a{{ end }}{{ define `d` }}b{{ end }}",
            #"template: t:1: template: multiple definition of template "d""#
        ),
    ]

    @Test(arguments: failures)
    func saysWhatGoSays(_ text: String, _ message: String) {
        let failure = #expect(throws: GoFailure.self) {
            try render(text, #"{"a": {}, "s": "x", "l": [1], "n1": 1, "d": {"x": "y"}}"#)
        }
        #expect(failure?.message == message)
    }

    @Test func aFailureKnowsWhereItAroseAndHowExecutionGotThere() {
        let texts = ["inner": "{{ define `d` }}\n {{ fail `no` }}{{ end }}", "t": "\n{{ include `d` . }}"]
        let failure = #expect(throws: GoFailure.self) { try render(texts, "t") }
        #expect(failure?.reason == "no")
        #expect(failure?.kind == .refusal)
        #expect(failure?.position?.description == "inner:2:5")
        #expect(failure?.trail.map(\.description) == ["t:2:4"])
    }

    @Test(arguments: [
        "{{ define `d` }}{{ include `d` . }}{{ end }}{{ include `d` . }}",
        "{{ define `d` }}{{ template `d` . }}{{ end }}{{ template `d` . }}",
        "{{ $t := `{{ tpl . . }}` }}{{ tpl $t $t }}",
    ])
    func endlessRecursionEnds(_ text: String) {
        let failure = #expect(throws: GoFailure.self) { try render(text, limits: GoLimits(stackBytes: 256 << 10)) }
        #expect(failure?.kind == .limit)
    }

    @Test func workAndOutputAreBounded() {
        let steps = #expect(throws: GoFailure.self) {
            try render(
                "{{ range 1000000000 }}{{ end }}{{ range 1000000000 }}{{ print 1 }}{{ end }}",
                limits: GoLimits(steps: 10_000)
            )
        }
        #expect(steps?.kind == .limit)
        let bytes = #expect(throws: GoFailure.self) {
            try render("{{ range 1000000 }}0123456789{{ end }}", limits: GoLimits(outputBytes: 10_000))
        }
        #expect(bytes?.kind == .limit)
    }

    @Test(arguments: ["(", "{{ if true }}", "{{ range . }}{{ with . }}"])
    func nestingIsBounded(_ opening: String) {
        let text = (opening.hasPrefix("{") ? "" : "{{ ") + String(repeating: opening, count: 100_000)
        let failure = #expect(throws: GoFailure.self) { try render(text) }
        #expect(failure?.reason == "the template is nested too deeply")
    }

    static let greedy = [
        "{{ $s := `0123456789` }}{{ range 60 }}{{ $s = print $s $s }}{{ end }}",
        "{{ $l := list 1 }}{{ range 1000000 }}{{ $l = list $l }}{{ end }}",
        "{{ $m := dict }}{{ $_ := set $m `m` $m }}{{ $m }}",
        "{{ $m := dict `a` 1 }}{{ range 40 }}{{ $m = dict `x` $m `y` $m }}{{ end }}{{ $m }}",
    ]

    @Test(arguments: greedy)
    func valuesThatGrowWithoutEndAreStopped(_ text: String) {
        let failure = #expect(throws: GoFailure.self) {
            try render(text, limits: GoLimits(steps: 1_000_000, outputBytes: 4 << 20))
        }
        #expect(failure?.kind == .limit)
    }

    @Test func aLongChainOfMapsIsFreed() throws {
        let text = """
            {{ $first := dict }}{{ $last := $first }}{{ range 200000 }}{{ $next := dict }}{{ $_ := set $last `n` $next \
            }}{{ $last = $next }}{{ end }}done
            """
        #expect(try render(text) == "done")
    }

    @Test(arguments: [
        "{{ $_ := set . `root` $ }}{{ .root.root.a }}",
        "{{ $b := dict `up` . }}{{ $_ := set . `b` (list $b) }}{{ .a }}",
    ])
    func mapsThatContainThemselvesAreFreed(_ text: String) throws {
        let data = GoMap([("a", .int(1))])
        weak let kept = data
        func run(_ data: consuming GoMap) throws -> String {
            var set = GoTemplateSet()
            set.add(try GoTemplateUnit(name: "t", source: Array(text.utf8), functions: testFunctions))
            return String(decoding: try GoExecution(set).execute("t", .map(data)), as: UTF8.self)
        }
        #expect(try run(data) == "1")
        #expect(kept?.contains("root") != true && kept?.contains("b") != true)
    }

    @Test func anyTextEitherParsesOrIsRefused() {
        var state: UInt64 = 88_172_645_463_325_252
        let pieces = [
            "{{", "}}", "{{-", "-}}", " ", ".", ".a", "$", "$x", ":=", "=", "|", "(", ")", "if", "else", "end", "range",
            "with", "define", "\"d\"", "template", "1", "1.5", "'", "`", "/*", "*/", "print", "é", "\u{1}", "break",
            ",", "nil", "\n",
        ]
        for _ in 0..<4_000 {
            var text = ""
            for _ in 0..<14 {
                state ^= state << 13
                state ^= state >> 7
                state ^= state << 17
                text += pieces[Int(state % UInt64(pieces.count))]
            }
            _ = try? render(text, limits: GoLimits(steps: 1_000))  // only a crash would be a failure
        }
    }
}
