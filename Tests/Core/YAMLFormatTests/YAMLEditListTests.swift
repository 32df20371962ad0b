import SourceDiagnostics
import StructuredValue
import Testing
import YAMLFormat

@Suite struct YAMLEditListTests {
    struct Example: Sendable {
        var name: String
        var text: String
        /// Appends this to `spec.list`; nil removes `index`.
        var item: Value?
        var index = 0
        /// Nil when the edit is refused.
        var expected: String?
    }

    private static let block =
        "# top\nspec:\n  list:\n    # one\n    - a: 1 # first\n      b: 2\n    - a: 3\n\n  after: x\n"

    static let examples = [
        Example(
            name: "appends to a block",
            text: block,
            item: ["a": 4, "b": "x: y"],
            expected:
                "# top\nspec:\n  list:\n    # one\n    - a: 1 # first\n      b: 2\n    - a: 3\n    - a: 4\n      b: 'x: y'\n\n  after: x\n"
        ),
        Example(
            name: "appends to a flow",
            text: "spec: {list: [{a: 1}]} # end\n",
            item: ["a": 2],
            expected: "spec: {list: [{a: 1}, {\"a\":2}]} # end\n"
        ),
        Example(
            name: "appends to an empty flow",
            text: "spec:\n  list: []\n",
            item: "x",
            expected: "spec:\n  list: [\"x\"]\n"
        ),
        Example(
            name: "appends at the end of the file",
            text: "spec:\n  list:\n  - a",
            item: "b",
            expected: "spec:\n  list:\n  - a\n  - b"
        ),
        Example(name: "refuses what is no list", text: "spec: {list: 1}\n", item: "b", expected: nil),
        Example(
            name: "removes the first of a block",
            text: block,
            item: nil,
            index: 0,
            expected: "# top\nspec:\n  list:\n    # one\n    - a: 3\n\n  after: x\n"
        ),
        Example(
            name: "removes the last of a block",
            text: block,
            item: nil,
            index: 1,
            expected: "# top\nspec:\n  list:\n    # one\n    - a: 1 # first\n      b: 2\n\n  after: x\n"
        ),
        Example(
            name: "removes the only one with its key",
            text: "spec:\n  list:\n  - a: 1\n    b: 2\n  after: x\n",
            item: nil,
            index: 0,
            expected: "spec:\n  after: x\n"
        ),
        Example(
            name: "removes from a flow",
            text: "spec: {list: [a, b, c]}\n",
            item: nil,
            index: 1,
            expected: "spec: {list: [a, c]}\n"
        ),
        Example(
            name: "removes the last of a flow",
            text: "spec: {list: [a, b ]}\n",
            item: nil,
            index: 1,
            expected: "spec: {list: [a ]}\n"
        ),
        Example(name: "refuses an index beyond the end", text: block, item: nil, index: 2, expected: nil),
        Example(name: "refuses the only one of a flow mapping", text: "spec: {list: [a]}\n", item: nil, expected: nil),
    ]

    @Test(arguments: examples)
    func changesOneListOnly(_ example: Example) {
        var edit = YAMLEdit(Array(example.text.utf8), file: "f.yaml")
        do {
            if let item = example.item {
                try edit.append(item, at: ["spec", "list"])
            } else {
                try edit.remove(at: ["spec", "list", .index(example.index)])
            }
            #expect(edit.text == example.expected)
        } catch {
            #expect(example.expected == nil, "\(error)")
            #expect(error.diagnostics.map(\.code) == ["yaml-edit-refused"])
            #expect(edit.text == example.text)
        }
    }
}
