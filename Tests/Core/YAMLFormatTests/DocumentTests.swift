import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

struct DocumentTests {
    @Test(
        arguments: [
            ("a: b: c\n", "1:5", "yaml-syntax"), ("a:\n\tb: 1\n", "2:1", "yaml-tab-indentation"),
            ("a: [1, 2\n", "2:1", "yaml-syntax"),
            ("a: *x\n", "1:4", "yaml-unknown-anchor"), ("a: &x [*x]\n", "1:8", "yaml-recursive-alias"),
            ("a: 1\nb: 2\na: 3\n", "3:1", "yaml-duplicate-key"), ("? [a]\n: 1\n", "1:3", "yaml-invalid-key"),
            ("~: 1\n", "1:1", "yaml-invalid-key"), ("<<: 1\n", "1:5", "yaml-invalid-merge"),
            ("a: \u{1}\n", "1:4", "yaml-encoding"),
            ("é: \u{2}\n", "1:4", "yaml-encoding"), ("a: 'x\n", "2:1", "yaml-syntax"),
            ("a: 1\n  b: 2\n", "2:4", "yaml-syntax"),
            ("{a: 1}}\n", "1:7", "yaml-syntax"), ("@a\n", "1:1", "yaml-syntax"),
        ]
    )
    func saysWhereAndWhat(_ text: String, _ place: String, _ code: String) {
        for documents in [
            YAML.documents(text, file: "f").flatMap(\.diagnostics),
            YAML.nodes(Array(text.utf8), file: "f").flatMap(\.diagnostics),
        ] {
            #expect(documents.map(\.code) == [code])
            #expect(documents.first?.position?.description == "f:\(place)")
        }
    }

    @Test
    func readsTheDocumentsAroundABrokenOne() {
        let text =
            "a: 1\n---\nb: [\n---\n# nothing\n---\nc: *no\n---\nd: \"\n---\ne: {x: 1, x: 2}\n--- f\n---\nbad: a: b\n...\n---\ng: 2\n"
        let documents = YAML.documents(text, file: "f")
        #expect(documents.map(\.value) == [["a": 1], nil, nil, nil, nil, "f", nil, ["g": 2]])
        #expect(documents.map(\.position.line) == [1, 3, 7, 9, 11, 12, 14, 17])
        #expect(documents.flatMap(\.diagnostics).map { $0.position?.line } == [4, 7, 10, 11, 14])
        #expect(YAML.nodes(Array(text.utf8), file: "f").map { $0.node?.value } == documents.map(\.value))
        #expect(throws: RejectedSource.self) { try YAML.values(text) }
    }

    @Test
    func readsTheDocumentsBeforeAndAfterBadBytes() {
        let text = Array("a: 1\n---\nb: \u{1}\n---\nc: 3\n---\n".utf8) + [0xFF, 0x0A] + Array("---\nd: 4\n".utf8)
        let documents = YAML.documents(text, file: "f")
        #expect(documents.map(\.value) == [["a": 1], nil, ["c": 3], nil, ["d": 4]])
        #expect(documents.flatMap(\.diagnostics).map(\.position?.description) == ["f:3:4", "f:7:1"])
    }

    @Test
    func namesBothPlacesOfADuplicateKey() {
        let text = "a:\n  b: 1\n  c: 2\n  b:\n    d: 3\n"
        let document = YAML.firstDocument(text, file: "f")
        #expect(
            document.diagnostics.map(\.description) == [
                "f:4:3: error: key “b” is set twice in this mapping, first in line 2 [yaml-duplicate-key]\n"
                    + "  from f:2:3\n  hint: remove one of the two"
            ]
        )
        #expect(document.goMessages == ["line 5: key \"b\" already set in map"])
        let warned = YAML.firstDocument(text, file: "f", .init(duplicateKeys: .warn))
        #expect(warned.value == ["a": ["b": ["d": 3], "c": 2]])
        #expect(warned.warnings.map(\.severity) == [.warning])
        #expect(warned.warnings.first?.trail.count == 1)
        #expect(YAML.firstDocument(text, .lenient).value == ["a": ["b": ["d": 3], "c": 2]])
    }

    @Test
    func findsDuplicatesAmongManyKeys() throws {
        var text = (0..<60).map { "key\($0): \($0)\n" }.joined()
        #expect(try YAML.value(text).object?.count == 60)
        text += "key7: 1\nkey59: 2\n"
        #expect(YAML.firstDocument(text, file: "f").diagnostics.map(\.position?.line) == [61, 62])
        #expect(YAML.firstDocument(text, .lenient).value?["key59"] == 2)
    }

    @Test(
        arguments: [
            ("a: &a {x: 1, w: 2}\nb: {<<: *a, w: 3}", ["x": 1, "w": 3]), ("a: &a {x: 1}\nb: {x: 3, <<: *a}", ["x": 1]),
            ("a: &a {x: 1}\nc: &c {x: 2, z: 5}\nb: {<<: [*a, *c]}", ["x": 1, "z": 5]),
            ("b: {\"<<\": 1}", ["<<": 1]), ("a: &a {x: [1]}\nb: *a", ["x": [1]]),
        ] as [(String, Value)]
    )
    func mergesAndFillsInAsTheGoLibraryDoes(_ text: String, _ expected: Value) throws {
        #expect(try YAML.value(text)["b"] == expected)
        #expect(YAML.nodes(Array(text.utf8), file: "f").first?.node?["b"]?.value == expected)
    }

    @Test
    func boundsWhatADocumentMayAskFor() {
        let laughs =
            "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
            + (1...9).map { n in "a\(n): &a\(n) [\(Array(repeating: "*a\(n - 1)", count: 10).joined(separator: ","))]\n"
            }.joined()
        #expect(YAML.documents(laughs).flatMap(\.diagnostics).map(\.code) == ["yaml-too-many-aliases"])
        #expect(
            YAML.nodes(Array(laughs.utf8), file: "f").flatMap(\.diagnostics).map(\.code) == ["yaml-too-many-aliases"]
        )
        let deep = String(repeating: "[", count: 2_000) + "\n---\na: 1\n"
        #expect(YAML.documents(deep).map { $0.diagnostics.first?.code } == ["yaml-too-deep", nil])
        let many = YAML.ReadOptions(limits: .init(nodes: 5))
        #expect(
            YAML.documents("[1,2,3,4,5]\n---\n[1]\n", many).map { $0.diagnostics.first?.code } == [
                "yaml-too-large", nil,
            ]
        )
    }

    @Test(
        arguments: [
            ("", 0), ("\n", 0), ("# x\n", 0), ("---\n", 0), ("---\n---\n", 0), ("a\n", 1), ("---\na\n...\n---\nb\n", 2),
            ("%YAML 1.1\n---\na\n", 1),
            ("\u{FEFF}a: 1\n", 1), ("null\n", 0), ("--- |\n x\n---\n", 1),
        ]
    )
    func leavesOutEmptyDocuments(_ text: String, _ count: Int) throws {
        #expect(try YAML.values(text).count == count)
        #expect(YAML.nodes(Array(text.utf8), file: "f").count == count)
        #expect(try YAML.values(Array(text.utf8)).count == count)
    }

    @Test
    func readsTheFirstDocumentOnly() throws {
        #expect(try YAML.value("a: 1\n---\n[") == ["a": 1])
        #expect(try YAML.value("") == .null)
        #expect(try YAML.value("# c\n---\n---\na: 1") == .null)
        #expect(try YAML.value([]) == .null)
        #expect(throws: RejectedSource.self) { try YAML.value("a: b: c") }
    }

    @Test
    func findsThePositionOfAPath() {
        let text = Array("---\n# c\n---\na:\n  - b: 1\n    c: {d: x}\n".utf8)
        #expect(YAML.position(of: ["a", 0, "c", "d"], inDocument: 0, of: text, file: "f")?.description == "f:6:12")
        #expect(YAML.position(of: ["a", 0, "nope"], inDocument: 0, of: text, file: "f")?.description == "f:5:5")
        #expect(YAML.position(of: ["a"], inDocument: 1, of: text, file: "f") == nil)
    }

    @Test
    func decodesFieldsWithPositions() {
        enum Mode: String, CaseIterable { case correct = "Correct", report = "Report" }
        let text =
            "name: app\nversion: 1.30\nreplicsa: 2\nmode: Corect\nlabels: {a: b, c: 1}\nlist: [x, 2]\ncount: x\nflag: 1\nsmall: 0\nempty: \n"
        var bag = DiagnosticBag()
        let nodes = YAML.nodes(Array(text.utf8), file: "f", findings: &bag)
        var fields = FieldReader(nodes[0], of: "App", &bag)
        #expect(fields.required("name", &bag)?.name(&bag) == Located("app", at: .init(file: "f", line: 1, column: 7)))
        #expect(fields.required("version", &bag)?.string(&bag) == nil)
        #expect(fields.optional("replicas") == nil)
        #expect(fields.optional("mode")?.choice(Mode.self, &bag) == nil)
        #expect(fields.optional("labels")?.stringMap(&bag).map(\.key.value) == ["a"])
        #expect(fields.optional("list")?.strings(&bag).map(\.value) == ["x"])
        #expect(fields.optional("count")?.int(&bag) == nil)
        #expect(fields.optional("flag")?.bool(&bag) == nil)
        #expect(fields.optional("small")?.int(&bag, in: 1...Int.max) == nil)
        #expect(fields.required("empty", &bag) == nil)
        #expect(fields.required("absent", &bag) == nil)
        #expect(fields.exactlyOne(of: ["git", "path"], &bag) == nil)
        fields.rejectUnknown(&bag)
        #expect(
            bag.diagnostics.map { "\($0.position?.line ?? 0) \($0.code)" } == [
                "2 wrong-type", "4 unknown-choice", "5 wrong-type", "6 wrong-type", "7 wrong-type", "8 wrong-type",
                "9 out-of-range", "10 missing-field", "1 missing-field", "1 missing-field", "3 unknown-field",
            ]
        )
        #expect(bag.diagnostics.first?.hint == "quote it: \"1.30\"")
        #expect(bag.diagnostics.last?.hint == "did you mean “replicas”?")
    }
}
