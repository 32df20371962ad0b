/// One word of a template's text. The text itself stays in the source.
struct GoToken {
    enum Kind: UInt8 {
        case error, bool, char, charConstant, complex, assign, declare, eof, field, identifier, leftDelimiter
        case leftParenthesis, number, pipe, rawString, rightDelimiter, rightParenthesis, space, string, text, variable
        // Keywords.
        case dot, block, `break`, `continue`, define, `else`, end, `if`, `nil`, range, template, with

        var isKeyword: Bool { rawValue >= Kind.dot.rawValue }

        /// May begin an operand.
        var startsOperand: Bool {
            switch self {
            case .bool, .charConstant, .complex, .dot, .field, .identifier, .number, .nil, .rawString, .string,
                .variable, .leftParenthesis:
                true
            default: false
            }
        }
    }

    var kind: Kind
    var start: Int
    var end: Int
}
