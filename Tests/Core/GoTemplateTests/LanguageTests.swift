import GoTemplate
import Testing

@Suite struct LanguageTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var text: String
        var output: String
        var data = #"{"a": 1, "s": "x", "l": [1, "two", null], "m": {"b": 2, "a": 1}, "n": null, "t": true, "f": 1.5}"#
        var testDescription: String { text }
        init(_ text: String, _ output: String) {
            self.text = text
            self.output = output
        }
    }

    static let examples: [Example] = [
        .init("plain", "plain"),
        .init("{{ .s }}-{{.a}}", "x-1"),
        .init("a {{- /* note */ -}} b", "ab"),
        .init("a {{/* note */}} b", "a  b"),
        .init("a {{- .s -}} b", "axb"),
        .init("a\n{{- \"x\" }}", "ax"),
        .init("{{- 3 -}}", "3"),
        .init("{{-3}}", "-3"),
        .init("{{ .missing }}", "<no value>"),
        .init("{{ .n }}", "<no value>"),
        .init("{{ print .n }}", "<nil>"),
        .init("{{ (.missing).deeper }}", "<no value>"),
        .init("{{ $x := .missing }}{{ $x.deeper }}", "<no value>"),
        .init("{{ .m }}", "map[a:1 b:2]"),
        .init("{{ .l }}", "[1 two <nil>]"),
        .init("{{ if .a }}y{{ else }}n{{ end }}", "y"),
        .init("{{ if .n }}y{{ else if .t }}t{{ else }}n{{ end }}", "t"),
        .init("{{ with .m }}{{ .a }}{{ end }}", "1"),
        .init("{{ with .n }}{{ .a }}{{ else with .s }}{{ . }}{{ else }}n{{ end }}", "x"),
        .init("{{ with $x := .m.b }}{{ $x }}{{ $.a }}{{ end }}", "21"),
        .init("{{ range .l }}<{{ . }}>{{ end }}", "<1><two><<no value>>"),
        .init("{{ range $i, $e := .l }}{{ $i }}={{ $e }};{{ end }}", "0=1;1=two;2=<no value>;"),
        .init("{{ range $k, $v := .m }}{{ $k }}{{ $v }}{{ end }}", "a1b2"),
        .init("{{ range $e := .m }}{{ $e }}{{ end }}", "12"),
        .init("{{ range .none }}x{{ else }}empty{{ end }}", "empty"),
        .init("{{ range 3 }}{{ . }}{{ end }}", "012"),
        .init("{{ range $i := 2 }}{{ $i }}{{ end }}", "01"),
        .init("{{ range $i, $e := .l }}{{ if $i }}{{ break }}{{ end }}{{ $e }}{{ end }}", "1"),
        .init("{{ range $i, $e := .l }}{{ if eq $i 1 }}{{ continue }}{{ end }}{{ $i }}{{ end }}", "02"),
        .init("{{ $x := 1 }}{{ if true }}{{ $x = 2 }}{{ end }}{{ $x }}", "2"),
        .init("{{ $x := 1 }}{{ if true }}{{ $x := 2 }}{{ $x }}{{ end }}{{ $x }}", "21"),
        .init("{{ $x := 1 }}{{ $x := (print $x 2) }}{{ $x }}", "1 2"),
        .init("{{ $x := 1 }}{{ if .n }}{{ $x := 2 }}{{ else }}{{ $x }}{{ $x = 3 }}{{ end }}{{ $x }}", "13"),
        .init("{{ $x := 1 }}{{ if .n }}{{ $x := 2 }}{{ else if .t }}{{ $x }}{{ end }}", "1"),
        .init("{{ $x := 1 }}{{ range .none }}{{ $x := 2 }}{{ else }}{{ $x }}{{ end }}", "1"),
        .init(
            "{{ if $x := .n }}{{ else }}<{{ $x }}>{{ end }}{{ with $x := .n }}{{ else }}{{ print $x }}{{ end }}",
            "<<no value>><nil>"
        ),
        .init("{{ range $i := .l }}{{ $y := $i }}{{ end }}{{ .s }}", "x"),
        .init("{{ define \"d\" }}[{{ . }}]{{ end }}{{ template \"d\" .s }}{{ template \"d\" }}", "[x][<no value>]"),
        .init("{{ block \"b\" .a }}({{ . }}){{ end }}", "(1)"),
        .init("{{ define \"d\" }}{{ .s | upper }}{{ end }}{{ include \"d\" . | printf \"%s!\" }}", "X!"),
        .init("{{ tpl \"{{ .s }}{{ .none }}\" . }}", "x"),
        .init("{{ tpl \"{{ define `q` }}in{{ end }}{{ include `q` . }}\" . }}", "in"),
        .init("{{ $m := dict \"a\" 1 }}{{ $_ := set $m \"b\" 2 }}{{ $m.b }}{{ $_.a }}", "21"),
        .init("{{ \"a\\tb\\\"\\u00e9\\x41\" }}{{ `raw\\n` }}", "a\tb\"éAraw\\n"),
        .init("{{ 0x1F }} {{ 0b11 }} {{ 0o17 }} {{ 017 }} {{ 1_000 }} {{ 'a' }} {{ '\\n' }}", "31 3 15 15 1000 97 10"),
        .init(
            "{{ 1.5 }} {{ 1e3 }} {{ 1e7 }} {{ 0x1p4 }} {{ .5 }} {{ -0.25 }} {{ 1i }} {{ 1+2i }}",
            "1.5 1000 1e+07 16 0.5 -0.25 (0+1i) (1+2i)"
        ),
        .init("{{ half 3 }}", "1.5"),
        .init("{{ true }}{{ false }}", "truefalse"),
        .init("{{ and 1 0 2 }}{{ or 0 \"\" \"z\" }}{{ not 0 }}", "0ztrue"),
        .init("{{ or .a (fail \"not evaluated\") }}{{ and .n (fail \"nor this\") }}", "1<no value>"),
        .init("{{ .a | and 1 }}", "1"),
        .init("{{ eq 1 1 }}{{ eq .a 1.0 }}{{ eq .s \"y\" \"x\" }}{{ ne .s \"x\" }}", "truetruetruefalse"),
        .init("{{ lt 1 2 }}{{ le 2 2 }}{{ gt \"b\" \"a\" }}{{ ge 1.5 2.5 }}", "truetruetruefalse"),
        .init("{{ eq .n nil }}{{ eq (int64 3) 3 }}", "truetrue"),
        .init("{{ index .m \"a\" }}{{ index .l 1 }}{{ index .m \"z\" }}", "1two<no value>"),
        .init("{{ slice \"abcdef\" 1 3 }}{{ slice .l 1 2 }}{{ len .l }}{{ len .m }}{{ len \"é\" }}", "bc[two]322"),
        .init(
            "{{ html \"<a&'\\\">\" }}{{ js \"it's\" }}{{ urlquery \"a b&c\" }}",
            "&lt;a&amp;&#39;&#34;&gt;it\\'sa+b%26c"
        ),
        .init("{{ print 1 2 \"a\" \"b\" 3 }}{{ println 1 \"a\" }}", "1 2a b3".replacing("a b", with: "ab") + "1 a\n"),
        .init("{{ (index .l 1) }}{{ (.m).b }}{{ (dict \"k\" .m).k.a }}", "two21"),
        .init("{{ printf \"%d\" .a }}", "%!d(float64=1)"),
        .init("{{ 1000000.0 }} {{ 123456789.0 }} {{ 100000.0 }}", "1e+06 1.23456789e+08 100000"),
        .init("{{ printf\n \"%s\"\n .s }}", "x"),
        .init("{{ $ }}", "map[a:1 f:1.5 l:[1 two <nil>] m:map[a:1 b:2] n:<nil> s:x t:true]"),
        .init("{{ if and .t (not .n) }}ok{{ end }}", "ok"),
        .init("{{ nil | print }}", ""),
    ].dropLast()

    @Test(arguments: examples)
    func renders(_ example: Example) throws {
        #expect(try render(example.text, example.data) == example.output)
    }

    @Test func aLaterTemplateReplacesAnEarlierOneUnlessItIsBlank() throws {
        let texts = [
            "a": "{{ define `d` }}one{{ end }}", "b": "{{ define `d` }}two{{ end }}", "c": "{{ define `d` }} {{ end }}",
            "t": "{{ include `d` . }}",
        ]
        #expect(try render(texts, "t") == "two")
    }

    @Test func aMapMayBeChangedWhileItIsRangedOver() throws {
        let text = "{{ $m := .m }}{{ range $k, $v := $m }}{{ $_ := set $m (print $k $k) 1 }}{{ end }}{{ len $m }}"
        #expect(try render(text, #"{"m": {"a": 1, "b": 2}}"#) == "4")
    }
}
