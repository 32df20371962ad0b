import GoTemplate
import StructuredValue
import Testing

/// Texts without sense must end in a result or a failure, never in a trap.
struct NeverCrashTests {
    static let functions = [
        "fromToml .", "fromYaml .", "fromJson .", "toDate . .", "toDate \"2006-01-02T15:04:05Z07:00 MST\" .",
        "date . 0",
        "urlParse .", "durationRound .", "durationSeconds .", "dateModify . (toDate \"2006\" \"2020\")", "semver .",
        "semverCompare . \"1.2.3\"", "b64dec .", "b32dec .", "snakecase .", "camelcase .", "title .", "swapcase .",
        "initials .",
        "wrap 3 .", "wrapWith 2 . .", "abbrev 5 .", "abbrevboth 3 9 .", "int .", "float64 .", "atoi .", "trunc 3 .",
        "substr 1 2 .",
        "nospace .", "quote .", "clean .", "dir .", "base .", "ext .", "replace \"a\" . .", "splitn \"1\" 2 .",
        "toDecimal .",
        "decryptAES \"k\" .", "regexReplaceAll . \"abc\" .", "printf . 1", "toToml (dict . .)", "addf . 1", "untitle .",
        "buildCustomCert (b64enc .) (b64enc .)", "indent 3 .", "urlJoin (dict \"host\" .)", "dateInZone . 5 .",
        "round . 2",
    ]

    @Test(arguments: functions)
    func oddTextsEndInAResultOrAFailure(_ source: String) {
        var state: UInt64 = 99
        func next(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let pieces = [
            "a", "B", "ä", "1", "0", "2006", "-", "_", ".", ",", ":", "/", "[", "]", "{", "}", "\"", "'", "\n", " ",
            "=", "#", "%", "\\",
            "T", "Z", "+", "Jan", "02", "9", "e", "x", "[[", "\"\"\"", "=1", "中", "\u{0}", "\t", "99999999999999999999",
            "^", ">", "*", "h", "ns",
        ]
        for _ in 0..<150 {
            let text = (0..<next(9)).map { _ in pieces[next(pieces.count)] }.joined()
            let data = JSON.text(.string(text))
            do throws(GoFailure) { _ = try render(source, data) } catch { #expect(!error.reason.isEmpty) }
        }
    }
}
