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

    /// The line without its comment.
    static func code(of line: Substring) -> Substring {
        line.prefix(upTo: line.firstRange(of: "//")?.lowerBound ?? line.endIndex)
    }

    /// Whether a word stands in the line. By bytes, because patterns over every line of the package take a minute.
    static func mentions(_ line: Substring, _ word: String) -> Bool {
        let wanted = Array(word.utf8)
        let found = line.utf8.withContiguousStorageIfAvailable { bytes in
            guard bytes.count >= wanted.count else { return false }
            for start in 0...(bytes.count - wanted.count) where bytes[start] == wanted[0] {
                var length = 1
                while length < wanted.count, bytes[start + length] == wanted[length] { length += 1 }
                if length == wanted.count { return true }
            }
            return false
        }
        return found ?? line.contains(word)
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
            for (number, line) in try Self.lines(of: file).enumerated()
            where Self.mentions(line, "public ") || Self.mentions(line, "open ") {
                #expect(
                    !line.contains(#/^\s*(public|open) (?!import)(?=[a-z@])/#),
                    "\(Self.path(file)):\(number + 1): \(line)"
                )
            }
        }
    }

    @Test func typesAreNamedByWhatTheyAre() throws {
        let banned =
            #/^\s*(?:package |private |fileprivate )?(?:final )?(?:struct|class|enum|actor|protocol) \w+(?:Manager|Helper|Util|Utils|Handler|Processor|Data|Info)\b/#
        let kinds = ["struct ", "class ", "enum ", "actor ", "protocol "]
        for file in Self.files("Sources") {
            for (number, line) in try Self.lines(of: file).enumerated()
            where kinds.contains(where: { Self.mentions(line, $0) }) {
                #expect(!line.contains(banned), "\(Self.path(file)):\(number + 1): \(line)")
            }
        }
    }

    /// A task that nobody owns outlives its reason. Each exception says who cancels it, on the line above.
    @Test func noTaskIsLeftAlone() throws {
        for file in Self.files("Sources") {
            var previous: Substring = ""
            for (number, line) in try Self.lines(of: file).enumerated() {
                if Self.mentions(line, "Task"), Self.code(of: line).contains(#/\bTask(?:\.detached)?(?:\([^)]*\))? \{/#)
                {
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
            where Self.mentions(line, "@unchecked Sendable") || Self.mentions(line, "nonisolated(unsafe)") {
                let nearby = lines[max(0, number - 4)...number]
                #expect(nearby.contains { $0.contains("Safety:") }, "\(Self.path(file)):\(number + 1): \(line)")
            }
        }
    }

    @Test func supportStaysInTests() throws {
        for file in Self.files("Sources") where !Self.path(file).contains("Sources/Support") {
            for line in try Self.lines(of: file) where Self.mentions(line, "import ") {
                #expect(!line.contains(#/import (TestSupport|ServerTestSupport)\b/#), "\(Self.path(file)): \(line)")
            }
        }
    }
}
