import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

/// The escape `\'`, which Go's library reads in double quotes and libyaml does not.
struct GoEscapeTests {
    @Test(
        arguments: [
            (#"a: "it\'s""#, ["a": "it's"]),
            (#""\'é\'": {b: "\\\'", c: ["\'", "x"]}"#, ["'é'": ["b": #"\'"#, "c": ["'", "x"]]]),
            // Elsewhere it is two characters, and ends a text in single quotes.
            (#"{a: "\'", b: 'c\', d: x\'y, e: "\a\"\'"}"#, ["a": "'", "b": #"c\"#, "d": #"x\'y"#, "e": "\u{7}\"'"]),
            ("a: \"\\'\"\nb: |\n  \"\\'\"\n# \"\\'\n", ["a": "'", "b": "\"\\'\"\n"]),
            (#"{a: 'b\', c: "d"}"#, ["a": #"b\"#, "c": "d"]),
        ] as [(String, Value)]
    )
    func standsForAnApostropheInDoubleQuotesOnly(_ text: String, _ expected: Value) throws {
        #expect(try YAML.value(text) == expected)
        #expect(YAML.nodes(Array(text.utf8), file: "f").first?.node?.value == expected)
    }

    @Test func keepsEveryPlace() throws {
        let text = "a: \"é\\'s\" # c\nb: \"\\'\"\n---\nc: \"\\'\\q\"\n---\nd: \"\\'\"\n"
        let documents = YAML.documents(Array(text.utf8), file: "f")
        #expect(documents.map(\.value) == [["a": "é's", "b": "'"], nil, ["d": "'"]])
        #expect(documents[1].diagnostics.map(\.code) == ["yaml-syntax"])
        #expect(documents[1].diagnostics.first?.position?.line == 4)
        #expect(documents[1].diagnostics.first?.position?.column == 7)
    }

    @Test func endsSoonOnTextThatIsFullOfThem() throws {
        let entries = (0..<150).map { "k\($0): \"\\'\"\n" }.joined()
        #expect(try YAML.value(entries).object?.count == 150)
        // More than it has patience for: refused, as text that is no YAML.
        let hostile = "a:\n" + String(repeating: "- \"\\'\"\n", count: 48_000)
        #expect(YAML.firstDocument(hostile).diagnostics.map(\.code) == ["yaml-syntax"])
    }

    @Test(
        arguments: [
            ("a: 1\n[x]: 2\nb: [\n", "line 3: did not find expected node content"),
            ("? {x: y}\n: 3\n*u : 5\n", "unknown anchor 'u' referenced"),
            ("[x]: 2\n", #"invalid map key: []interface {}{"x"}"#),
        ]
    )
    func whatTheParserFindsComesBeforeWhatNodesMean(_ text: String, _ goMessage: String) {
        #expect(YAML.firstDocument(text).goMessages.first == "yaml: " + goMessage)
    }
}
