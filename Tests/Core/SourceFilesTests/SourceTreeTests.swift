import SourceFiles
import Testing

@Suite struct SourceTreeTests {
    let tree = SourceTree(texts: ["a/b.yaml": "1", "a-b/c.yaml": "2", "a/c/d.yaml": "3", "z.yaml": "4"])

    @Test func listsWhatLiesBelowADirectory() {
        #expect(tree.files(under: "a").map(\.path) == ["a/b.yaml", "a/c/d.yaml"])
        #expect(tree.files(under: "").count == 4)
        #expect(!tree.hasDirectory("b"))
    }

    @Test func neverResolvesOutsideTheTree() {
        #expect(SourceTree.resolve("../x", from: "a/b") == "a/x")
        #expect(SourceTree.resolve("../../x", from: "a") == nil)
        #expect(SourceTree.resolve("/etc/passwd", from: "a") == nil)
        #expect(SourceTree.resolve("./c//d", from: "") == "c/d")
    }
}
