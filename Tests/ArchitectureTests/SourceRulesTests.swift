import Foundation
import Testing

/// Rules that the compiler cannot check, over every file of the package.
@Suite struct SourceRulesTests {
    static let root = CoreIsPureTests.root

    static func files(_ folders: String...) -> [URL] {
        folders.flatMap { folder -> [URL] in
            let walk = FileManager.default.enumerator(
                at: root.appending(path: folder),
                includingPropertiesForKeys: nil
            )
            return (walk?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }
        }
    }

    static func lines(of file: URL) throws -> [Substring] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false)
    }

    static func path(_ file: URL) -> String { String(file.path().dropFirst(root.path().count)) }

    /// Files that are tables: rows of data whose length says nothing about structure.
    static func isTable(_ lines: [Substring]) -> Bool { lines.first?.hasPrefix("// Table:") ?? false }

    @Test func noFileIsTooLong() throws {
        for (folder, limit) in [("Sources", 600), ("Tests", 800)] {
            for file in Self.files(folder) {
                let lines = try Self.lines(of: file)
                if Self.isTable(lines) { continue }
                #expect(lines.count <= limit + 1, "\(Self.path(file)) has \(lines.count) lines")
            }
        }
    }

    @Test func nothingIsPublic() throws {
        for file in Self.files("Sources") {
            for (number, line) in try Self.lines(of: file).enumerated() {
                #expect(
                    !line.contains(#/^\s*(public|open) (?!import)/#),
                    "\(Self.path(file)):\(number + 1): \(line)"
                )
            }
        }
    }

    @Test func typesAreNamedByWhatTheyAre() throws {
        let banned =
            #/^\s*(?:package |private |fileprivate )?(?:final )?(?:struct|class|enum|actor|protocol) \w+(?:Manager|Helper|Util|Utils|Handler|Processor|Data|Info)\b/#
        for file in Self.files("Sources") {
            for (number, line) in try Self.lines(of: file).enumerated() {
                #expect(!line.contains(banned), "\(Self.path(file)):\(number + 1): \(line)")
            }
        }
    }

    /// A task that nobody owns outlives its reason. Each exception says who cancels it, on the line above.
    @Test func noTaskIsLeftAlone() throws {
        for file in Self.files("Sources") {
            var previous: Substring = ""
            for (number, line) in try Self.lines(of: file).enumerated() {
                let code = line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex)
                if code.contains(#/\bTask(?:\.detached)?(?:\([^)]*\))? \{/#) {
                    #expect(previous.contains("// Owner:"), "\(Self.path(file)):\(number + 1): \(line)")
                }
                previous = line
            }
        }
    }

    @Test func unsafeSharingSaysWhyItIsSafe() throws {
        for file in Self.files("Sources") {
            let lines = try Self.lines(of: file)
            for (number, line) in lines.enumerated()
            where line.contains("@unchecked Sendable") || line.contains("nonisolated(unsafe)") {
                let nearby = lines[max(0, number - 4)...number]
                #expect(nearby.contains { $0.contains("Safety:") }, "\(Self.path(file)):\(number + 1): \(line)")
            }
        }
    }

    @Test func supportStaysInTests() throws {
        for file in Self.files("Sources") where !Self.path(file).contains("Sources/Support") {
            for line in try Self.lines(of: file) {
                #expect(!line.contains(#/import (TestSupport|ServerTestSupport)\b/#), "\(Self.path(file)): \(line)")
            }
        }
    }
}
