import SourceDiagnostics
import StructuredValue
import TestSupport
import Testing
import YAMLFormat

/// Nothing that is read or written may trap, and what is written must be read back as it was.
struct RandomTests {
    static let pieces: [String] = [
        "a", "b: ", "- ", "\n", "\n  ", "\n    ", ": ", "?", "&x ", "*x", "<<: ", "[", "]", "{", "}", ",", "\"", "'",
        "|\n", ">-\n",
        "#", "---\n", "...\n", "%YAML 1.1\n", "!!int ", "!!binary ", "1", "0x", "1e5", ".inf", "~", "y", "\t", "\r\n",
        "é", "\u{85}",
        "\u{2028}", "\u{FEFF}", "😀", "\u{1}", "\\", " ", "null", "2024-01-01", "1_0", "-", "=", "@",
    ]

    @Test(arguments: 0..<20)
    func readsAnythingWithoutATrap(_ seed: Int) {
        var random = SeededGenerator(state: UInt64(seed))
        for _ in 0..<150 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                if Int.random(in: 0..<30, using: &random) == 0 {
                    bytes.append(UInt8.random(in: .min ... .max, using: &random))
                } else {
                    bytes += Array((Self.pieces.randomElement(using: &random) ?? "").utf8)
                }
            }
            for options in [YAML.ReadOptions.strict, .lenient, .init(duplicateKeys: .warn, keepsEmptyDocuments: true)] {
                let documents = YAML.documents(bytes, file: "f", options)
                let nodes = YAML.nodes(bytes, file: "f", options)
                #expect(documents.map(\.value) == nodes.map { $0.node?.value })
                #expect(documents.map { $0.diagnostics.map(\.code) } == nodes.map { $0.diagnostics.map(\.code) })
            }
            var edit = YAMLEdit(bytes, file: "f")
            // A refusal is as good as a change: the edit proves itself.
            try? edit.set("x: y", at: [.key("a"), .key("b")])
            try? edit.set([1, ["k": "v"]], at: [0])
        }
    }

    static let characters: [Character] = Array(
        "aabcxyzABCno01259 .-:#'\"\\/,[]{}&*!|>%@`?=~+_\n\t\r\u{1}\u{7F}\u{85}\u{A0}\u{2028}\u{FEFF}\u{FFFF}éßж中😀"
    )

    static func text(_ random: inout SeededGenerator) -> String {
        let words = [
            "yes", "null", "1e3", "0x1F", "12:30", "2024-01-01", "- a", "a: b", "---", "...", "  ", "\n\n", "~", "08",
        ]
        if Int.random(in: 0..<6, using: &random) == 0 { return words.randomElement(using: &random) ?? "" }
        let length = Int.random(in: 0..<3, using: &random) == 0 ? 200 : 8
        return String(
            (0..<Int.random(in: 0...length, using: &random)).map { _ in characters.randomElement(using: &random) ?? "a"
            }
        )
    }

    static func value(_ random: inout SeededGenerator, depth: Int) -> Value {
        switch Int.random(in: 0..<(depth > 4 ? 6 : 9), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int.random(in: .min ... .max, using: &random) >> Int.random(in: 0..<63, using: &random))
        case 3:
            let number = Double(bitPattern: UInt64.random(in: .min ... .max, using: &random))
            return number.isFinite && Int(exactly: number) == nil ? .double(number) : 0.5
        case 4, 5: return .string(text(&random))
        case 6: return .array((0..<Int.random(in: 0..<4, using: &random)).map { _ in value(&random, depth: depth + 1) })
        default:
            var object = Object()
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                let key = text(&random)
                // Go writes this key unquoted, and so it is read as a merge.
                if key != "<<" { object[key] = value(&random, depth: depth + 1) }
            }
            return .object(object)
        }
    }

    @Test(arguments: 0..<20)
    func readsBackWhatIsWritten(_ seed: Int) throws {
        var random = SeededGenerator(state: UInt64(seed) &* 977)
        for _ in 0..<100 {
            let value = Self.value(&random, depth: 0)
            for style in [YAML.Style.kubernetes, .pretty, .readable] {
                let text = YAML.text(value, style)
                #expect(YAML.firstDocument(text).value == value, "\(text.debugDescription)")
            }
        }
    }
}
