import HelmCharts
import SourceFiles
import StructuredValue
import Testing

@Suite struct ChartArchiveTests {
    @Test func aPackedChartIsReadWithItsSubcharts() throws {
        let inner = gzip(tar([("sub/Chart.yaml", "0", "apiVersion: v2\nname: sub\nversion: 0.1.0\n")]))
        let chart = try Chart(
            archive: gzip(
                tar([
                    ("demo/Chart.yaml", "0", "apiVersion: v2\nname: demo\nversion: 1.0.0\n"),
                    ("demo/templates/a.yaml", "0", "a: b"), ("demo/crds", "5", ""),
                    ("demo/charts/other/Chart.yaml", "0", "apiVersion: v2\nname: other\nversion: 0.2.0\n"),
                    ("demo/README.md", "0", "hi"),
                ])
            ),
            name: "demo.tgz"
        )
        #expect(chart.metadata.name == "demo")
        #expect(chart.templates.map(\.path) == ["templates/a.yaml"])
        #expect(chart.files.map(\.path) == ["README.md"])
        #expect(chart.dependencies.map(\.metadata.name) == ["other"])
        #expect(try Chart(archive: inner, name: "sub.tgz").metadata.version == "0.1.0")
    }

    @Test func theLaterOfTwoEntriesWithOnePathCounts() throws {
        let archive = gzip(
            tar([
                ("demo/Chart.yaml", "0", "apiVersion: v2\nname: demo\nversion: 1.0.0\n"),
                ("demo/templates/a.yaml", "0", "a: one"), ("demo/note.txt", "0", "first"),
                ("demo/templates/a.yaml", "0", "a: {{ .Files.Get \"note.txt\" }}"), ("demo/note.txt", "0", "second"),
            ])
        )
        let rendered = try ChartEngine().render(
            try Chart(archive: archive, name: "demo.tgz"),
            values: ChartValues(.object(Object()), settings: []),
            release: ChartRelease(name: "r", namespace: "ns")
        )
        #expect(rendered.text == "---\n# Source: demo/templates/a.yaml\na: second\n")
    }

    static let hostile: [(String, [(path: String, flag: Character, content: String)], String)] = [
        ("a link", [("d/Chart.yaml", "2", "")], "the archive holds a link"),
        ("a hard link", [("d/x", "1", "")], "the archive holds a link"),
        ("a device", [("d/x", "3", "")], "is neither a file nor a folder"),
        ("a path upwards", [("d/../../etc/passwd", "0", "x")], "chart illegally references parent directory"),
        ("an absolute path", [("d//etc/passwd", "0", "x")], "chart illegally contains absolute paths"),
        ("no folder", [("Chart.yaml", "0", "x")], "chart yaml not in base directory"),
        ("a drive", [("d/c:/x", "0", "x")], "chart contains illegally named files"),
        ("nothing", [], "no files in chart archive"),
    ]

    @Test(arguments: hostile)
    func hostileArchivesAreRefused(
        _ name: String,
        _ entries: [(path: String, flag: Character, content: String)],
        _ message: String
    ) {
        let said = rejection { _ = try Chart(archive: gzip(tar(entries)), name: "x.tgz") }
        #expect(said?.contains(message) == true, "\(said ?? "accepted")")
    }

    @Test func damagedArchivesAreRefused() {
        let good = gzip(tar([("demo/Chart.yaml", "0", "apiVersion: v2\nname: demo\nversion: 1.0.0\n")]))
        for length in stride(from: 0, to: good.count - 8, by: 97) {
            #expect(rejection { _ = try Chart(archive: Array(good[..<length]), name: "x") } != nil)
        }
        var state: UInt64 = 99
        for _ in 0..<200 {
            var bytes = good
            state = state &* 6_364_136_223_846_793_005 &+ 1
            bytes[Int(state >> 33) % bytes.count] ^= UInt8(truncatingIfNeeded: state >> 20) | 1
            _ = rejection { _ = try Chart(archive: bytes, name: "x") }  // only a crash would be a failure
        }
    }

    @Test func aChartFolderLeavesOutWhatHelmignoreNames() throws {
        let files = [
            ".helmignore": "*.md\n/docs\nsecret/\n!keep", "Chart.yaml": "apiVersion: v2\nname: d\nversion: 1.0.0",
            "README.md": "x", "docs": "x", "keep": "x",
        ]
        let tree = SourceTree(
            revision: "t",
            files: files.map { pair in
                SourceTree.File(path: "charts/d/" + pair.key, contentID: pair.key) { Array(pair.value.utf8) }
            }
        )
        let rejected = rejection { _ = try Chart(tree: tree, folder: "charts/d") }
        // A negated rule leaves out everything else, as it does with Helm.
        #expect(rejected == "Chart.yaml file is missing")
    }
}
