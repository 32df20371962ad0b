import HelmCharts
import Testing

@Suite struct PathPatternTests {
    struct Example: Sendable {
        var pattern: String
        var matching: [String]
        var other: [String]
    }

    static let examples: [Example] = [
        Example(pattern: "files/*", matching: ["files/a", "files/.b"], other: ["files/a/b", "file/a", "files"]),
        Example(pattern: "files/**", matching: ["files/a", "files/a/b"], other: ["other"]),
        Example(pattern: "**.yaml", matching: ["a.yaml", "x/y.yaml"], other: ["a.yml"]),
        Example(pattern: "a?c/[x-z]*", matching: ["abc/x1", "a-c/z"], other: ["a/c/x", "abc/w", "abbc/x"]),
        Example(pattern: "[!a]b", matching: ["cb"], other: ["ab", "/b"]),
        Example(pattern: "{one,two}/*.{json,yaml}", matching: ["one/a.json", "two/b.yaml"], other: ["three/a.json"]),
        Example(pattern: "a\\*", matching: ["a*"], other: ["ab"]),
        Example(pattern: "{a", matching: ["a", "{a"], other: []),
        Example(pattern: String(repeating: "{", count: 100_000), matching: ["{"], other: []),
        Example(
            pattern: String(repeating: "*a", count: 40) + "b",
            matching: [],
            other: [String(repeating: "a", count: 400)]
        ),
    ]

    /// Patterns are seen through `.Files.Glob`, where charts use them.
    @Test(arguments: examples)
    func filesAreFoundByPattern(_ example: Example) throws {
        var files = ["templates/t.yaml": "found: {{ range $p, $_ := .Files.Glob .Values.p }}{{ $p }}|{{ end }}"]
        for path in example.matching + example.other where !path.hasPrefix("/") && !path.contains("*") {
            files["f/" + path] = "x"
        }
        let rendered = try render(files, values: "p: '\(example.pattern.isEmpty ? "" : "f/" + example.pattern)'")
        let expected = example.matching.filter { !$0.contains("*") }.sorted().map { "f/\($0)|" }.joined()
        #expect(rendered.manifests.first?.text == "found: " + expected)
    }
}
