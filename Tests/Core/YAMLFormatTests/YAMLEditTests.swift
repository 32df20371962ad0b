import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

struct YAMLEditTests {
    struct Example: CustomTestStringConvertible, Sendable {
        var name: String
        var text: String
        var path: [YAML.PathStep]
        var value: Value
        var expected: String
        var testDescription: String { name }
    }

    static let examples = [
        Example(
            name: "keeps comments and blank lines",
            text: "# top\na: 1 # one\n\nb:\n    version: 1.2.3   # the version\n    c: x\n",
            path: ["b", "version"],
            value: "1.2.4",
            expected: "# top\na: 1 # one\n\nb:\n    version: 1.2.4   # the version\n    c: x\n"
        ),
        Example(
            name: "keeps double quotes",
            text: "v: \"1\" # x\n",
            path: ["v"],
            value: "2",
            expected: "v: \"2\" # x\n"
        ),
        Example(
            name: "keeps single quotes",
            text: "v: 'it''s'\n",
            path: ["v"],
            value: "that's",
            expected: "v: 'that''s'\n"
        ),
        Example(
            name: "quotes what needs it",
            text: "v: 1.2.3\n",
            path: ["v"],
            value: "1.30",
            expected: "v: \"1.30\"\n"
        ),
        Example(name: "drops quotes of numbers", text: "v: \"1\"\n", path: ["v"], value: 3, expected: "v: 3\n"),
        Example(name: "fills an empty value", text: "a:\nb: 1\n", path: ["a"], value: "x", expected: "a: x\nb: 1\n"),
        Example(
            name: "works in a flow",
            text: "a: {b: 1, c: [x, y]} #c\n",
            path: ["a", "c", 1],
            value: "z",
            expected: "a: {b: 1, c: [x, z]} #c\n"
        ),
        Example(
            name: "quotes in a flow what needs it",
            text: "a: [x, y]\n",
            path: ["a", 1],
            value: "b, c",
            expected: "a: [x, \"b, c\"]\n"
        ),
        Example(
            name: "finds list items",
            text: "a:\n- n: x\n  v: 1\n- n: y\n  v: 2\n",
            path: ["a", 1, "v"],
            value: 3,
            expected: "a:\n- n: x\n  v: 1\n- n: y\n  v: 3\n"
        ),
        Example(
            name: "adds a key at the end of its mapping",
            text: "a:\n  b: 1 # one\n\n# next\nc: 2\n",
            path: ["a", "d"],
            value: "x",
            expected: "a:\n  b: 1 # one\n  d: x\n\n# next\nc: 2\n"
        ),
        Example(
            name: "adds mappings on the way",
            text: "a:\n  b: 1\n",
            path: ["a", "c", "d"],
            value: 2,
            expected: "a:\n  b: 1\n  c:\n    d: 2\n"
        ),
        Example(
            name: "adds below an empty key",
            text: "a:\nb: 1\n",
            path: ["a", "c"],
            value: 2,
            expected: "a:\n  c: 2\nb: 1\n"
        ),
        Example(
            name: "adds to a flow",
            text: "a: {b: 1}\nc: {}\n",
            path: ["a", "d"],
            value: 2,
            expected: "a: {b: 1, \"d\": 2}\nc: {}\n"
        ),
        Example(
            name: "adds to an empty flow",
            text: "c: {}\n",
            path: ["c", "d"],
            value: 2,
            expected: "c: {\"d\": 2}\n"
        ),
        Example(name: "adds without a final line break", text: "a: 1", path: ["b"], value: 2, expected: "a: 1\nb: 2"),
        Example(
            name: "adds after a block scalar",
            text: "a:\n  b: |\n    x\n    y\nc: 1\n",
            path: ["a", "d"],
            value: true,
            expected: "a:\n  b: |\n    x\n    y\n  d: true\nc: 1\n"
        ),
        Example(
            name: "replaces a block scalar",
            text: "a: |\n  x\n  y\n\nb: 1\n",
            path: ["a"],
            value: "z",
            expected: "a: z\n\nb: 1\n"
        ),
        Example(
            name: "keeps an anchor",
            text: "a: &v 1.2.3\nb: *v\n",
            path: ["a"],
            value: "1.2.3",
            expected: "a: &v 1.2.3\nb: *v\n"
        ),
        Example(
            name: "replaces an alias alone",
            text: "a: &v x\nb: *v\n",
            path: ["b"],
            value: "y",
            expected: "a: &v x\nb: \"y\"\n"
        ),
        Example(
            name: "counts characters, not bytes",
            text: "é: {ü: x, ö: y}\n",
            path: ["é", "ö"],
            value: "ß",
            expected: "é: {ü: x, ö: ß}\n"
        ),
        Example(
            name: "overrides a merged key",
            text: "a: &a\n  x: 1\nb:\n  <<: *a\n  y: 2\n",
            path: ["b", "x"],
            value: 3,
            expected: "a: &a\n  x: 1\nb:\n  <<: *a\n  y: 2\n  x: 3\n"
        ),
        Example(
            name: "keeps Windows line breaks",
            text: "a: 1\r\nb: x\r\n",
            path: ["a"],
            value: 2,
            expected: "a: 2\r\nb: x\r\n"
        ),
    ]

    @Test(arguments: examples)
    func changesOneValueOnly(_ example: Example) throws {
        var edit = YAMLEdit(Array(example.text.utf8), file: "f.yaml")
        try edit.set(example.value, at: example.path)
        #expect(edit.text == example.expected)
    }

    @Test
    func changesTheDocumentThatIsMeant() throws {
        var edit = YAMLEdit(Array("---\n# empty\n---\na: 1\n---\na: [\n---\na: 2\n".utf8), file: "f.yaml")
        try edit.set(3, at: ["a"], inDocument: 2)
        try edit.set(4, at: ["a"], inDocument: 0)
        #expect(edit.text == "---\n# empty\n---\na: 4\n---\na: [\n---\na: 3\n")
    }

    @Test(
        arguments: [
            ("a: &v 1\nb: *v\n", ["a"], 2), ("a: x\n", ["a", "b"], 1), ("a: [1]\n", ["a", 3], 1),
            ("a:\n  b: 1\n", ["a"], 1), ("a: &m {x: 1}\nb: *m\n", ["b", "x"], 1), ("a: [\n", ["a"], 1),
        ] as [(String, [YAML.PathStep], Value)]
    )
    func refusesWhatWouldChangeMore(_ text: String, _ path: [YAML.PathStep], _ value: Value) {
        var edit = YAMLEdit(Array(text.utf8), file: "f.yaml")
        #expect(throws: RejectedSource.self) { try edit.set(value, at: path) }
        #expect(edit.text == text)
    }
}
