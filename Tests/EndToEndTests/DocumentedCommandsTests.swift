import ArgumentParser
import Commands
import Foundation
import Testing

/// Every command line that a page shows is one that the program takes.
@Suite struct DocumentedCommandsTests {
    struct Line: Sendable, CustomTestStringConvertible {
        var page: String
        var arguments: [String]
        var testDescription: String { "\(page): martlet \(arguments.joined(separator: " "))" }
    }

    @Test(arguments: lines)
    func isTaken(_ line: Line) throws {
        // Commands of the daemon and of the repository alike; nothing is run.
        #expect(throws: Never.self, "\(line)") { _ = try Martlet.parseAsRoot(line.arguments) }
    }

    @Test func thereAreCommands() { #expect(Self.lines.count > 25) }

    /// The lines in fenced blocks, and the words in backquotes, that start with the program's name.
    static let lines: [Line] = {
        var found: [Line] = []
        for page in pages {
            guard let text = try? String(contentsOf: ExamplesTests.root.appending(path: page), encoding: .utf8) else {
                continue
            }
            var isFenced = false
            var blocks: [String] = []
            for line in text.replacing("\\\n", with: " ").split(separator: "\n") {
                if line.hasPrefix("```") {
                    isFenced.toggle()
                } else if isFenced {
                    blocks.append(String(line))
                }
            }
            found += blocks.compactMap { command(in: $0) }.map { Line(page: page, arguments: $0) }
        }
        return found
    }()

    private static let pages: [String] = {
        var pages = ["README.md", "CONTRIBUTING.md"]
        for folder in ["docs", "examples"] {
            let walk = FileManager.default.enumerator(atPath: ExamplesTests.root.appending(path: folder).path())
            pages += (walk?.compactMap { $0 as? String } ?? []).filter { $0.hasSuffix(".md") }.map { "\(folder)/\($0)" }
        }
        return pages.sorted()
    }()

    /// The arguments of a shell line that runs the program; nil for any other line.
    private static func command(in line: String) -> [String]? {
        var words = shellWords(line)
        while let first = words.first, first.contains("="), !first.hasPrefix("-") { words.removeFirst() }
        guard let program = words.first, program.split(separator: "/").last == "martlet" else { return nil }
        let end = words.firstIndex { ["|", "&", "&&", ";", ">", "2>", "<"].contains($0) } ?? words.endIndex
        return Array(words[1..<end])
    }

    /// Words as a shell splits them: quotes hold words together, a `#` ends the line.
    private static func shellWords(_ line: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if let open = quote {
                if character == open { quote = nil } else { word?.append(character) }
                continue
            }
            switch character {
            case "\"", "'":
                quote = character
                word = word ?? ""
            case " ":
                if let done = word { words.append(done) }
                word = nil
            case "#" where word == nil: return words
            default: word = (word ?? "") + String(character)
            }
        }
        if let done = word { words.append(done) }
        return words
    }
}
