/// Why a text is not a regular expression, worded as Go's `regexp` words it.
package struct PatternError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: String, Sendable {
        case internalError = "regexp/syntax: internal error"
        case invalidEscape = "invalid escape sequence"
        case invalidCharacterClass = "invalid character class"
        case invalidCharacterRange = "invalid character class range"
        case missingBracket = "missing closing ]"
        case missingParenthesis = "missing closing )"
        case unexpectedParenthesis = "unexpected )"
        case trailingBackslash = "trailing backslash at end of expression"
        case missingRepeatArgument = "missing argument to repetition operator"
        case invalidRepeatCount = "invalid repeat count"
        case invalidNestedRepetition = "invalid nested repetition operator"
        case invalidPerlSyntax = "invalid or unsupported Perl syntax"
        case invalidUTF8 = "invalid UTF-8"
        case invalidNamedCapture = "invalid named capture"
        case tooLarge = "expression too large"
    }

    package var reason: Reason
    /// The part of the pattern that is wrong.
    package var fragment: String

    package init(_ reason: Reason, _ fragment: String) {
        self.reason = reason
        self.fragment = fragment
    }

    package var description: String { "error parsing regexp: \(reason.rawValue): `\(fragment)`" }
}

extension PatternError.Reason {
    /// The reason for RE2's error code.
    init(code: Int32) {
        self =
            switch code {
            case 2: .invalidEscape
            case 3: .invalidCharacterClass
            case 4: .invalidCharacterRange
            case 5: .missingBracket
            case 6: .missingParenthesis
            case 7: .unexpectedParenthesis
            case 8: .trailingBackslash
            case 9: .missingRepeatArgument
            case 10: .invalidRepeatCount
            case 11: .invalidNestedRepetition
            case 12: .invalidPerlSyntax
            case 13: .invalidUTF8
            case 14: .invalidNamedCapture
            case 15: .tooLarge
            default: .internalError
            }
    }
}
