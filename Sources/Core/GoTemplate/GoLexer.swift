import StructuredValue

/// Cuts a template's text into tokens, with Go's rules for delimiters, trim markers and comments.
struct GoLexer {
    let input: [UInt8]
    /// Said by the last `error` token.
    private(set) var complaint = ""
    private var position = 0
    private var isInsideAction = false
    private var parentheses = 0
    /// White space at the start of the next text is to be dropped.
    private var trimsNextText = false
    private var isEnded = false

    init(_ input: [UInt8]) { self.input = input }

    mutating func next() -> GoToken {
        if isEnded { return GoToken(kind: .eof, start: input.count, end: input.count) }
        return isInsideAction ? insideAction() : text()
    }

    // MARK: Text

    private mutating func text() -> GoToken {
        while true {
            if trimsNextText {
                while position < input.count, Self.isSpace(input[position]) { position += 1 }
                trimsNextText = false
            }
            let start = position
            var open = position
            input.withUnsafeBufferPointer { input in
                while open + 1 < input.count, input[open] != 0x7B || input[open + 1] != 0x7B { open += 1 }
            }
            if open + 1 >= input.count {
                position = input.count
                if start < input.count { return GoToken(kind: .text, start: start, end: input.count) }
                isEnded = true
                return GoToken(kind: .eof, start: start, end: start)
            }
            let trimsLeft = open + 3 < input.count && input[open + 2] == 0x2D && Self.isSpace(input[open + 3])
            var end = open
            if trimsLeft { while end > start, Self.isSpace(input[end - 1]) { end -= 1 } }
            position = open
            if end > start { return GoToken(kind: .text, start: start, end: end) }
            let inner = open + (trimsLeft ? 4 : 2)
            // With a trim marker the comment may follow after any white space of the marker.
            if inner + 1 < input.count, input[inner] == 0x2F, input[inner + 1] == 0x2A {
                if let failed = comment(inner, open) { return failed }
                continue
            }
            position = open + (trimsLeft ? 3 : 2)
            isInsideAction = true
            parentheses = 0
            return GoToken(kind: .leftDelimiter, start: open, end: open + 2)
        }
    }

    /// Skips a comment whose `/*` stands at `start`.
    private mutating func comment(_ start: Int, _ open: Int) -> GoToken? {
        var close = start + 2
        while close + 1 < input.count, input[close] != 0x2A || input[close + 1] != 0x2F { close += 1 }
        guard close + 1 < input.count else { return fail("unclosed comment", at: open) }
        position = close + 2
        guard let trims = rightDelimiter() else { return fail("comment ends before closing delimiter", at: open) }
        position += trims ? 4 : 2
        trimsNextText = trims
        return nil
    }

    // MARK: Actions

    /// Whether `}}` or ` -}}` stands at the position, and if the latter.
    private func rightDelimiter() -> Bool? {
        let rest = input.count - position
        if rest >= 4, Self.isSpace(input[position]), input[position + 1] == 0x2D, input[position + 2] == 0x7D,
            input[position + 3] == 0x7D
        {
            return true
        }
        if rest >= 2, input[position] == 0x7D, input[position + 1] == 0x7D { return false }
        return nil
    }

    private mutating func insideAction() -> GoToken {
        let start = position
        if let trims = rightDelimiter() {
            if parentheses > 0 { return fail("unclosed left paren", at: start) }
            if trims { position += 2 }
            let token = GoToken(kind: .rightDelimiter, start: position, end: position + 2)
            position += 2
            trimsNextText = trims
            isInsideAction = false
            return token
        }
        guard position < input.count else { return fail("unclosed action", at: start) }
        let byte = input[position]
        switch byte {
        case 0x20, 0x09, 0x0A, 0x0D:
            while position < input.count, Self.isSpace(input[position]) {
                // The space before a closing trim marker belongs to the marker.
                if position > start, rightDelimiter() == true { break }
                position += 1
            }
            return token(.space, start)
        case UInt8(ascii: "="):
            position += 1
            return token(.assign, start)
        case UInt8(ascii: ":"):
            position += 1
            guard position < input.count, input[position] == UInt8(ascii: "=") else {
                return fail("expected :=", at: start)
            }
            position += 1
            return token(.declare, start)
        case UInt8(ascii: "|"):
            position += 1
            return token(.pipe, start)
        case UInt8(ascii: "\""): return quoted(.string, "unterminated quoted string", start)
        case UInt8(ascii: "'"): return quoted(.charConstant, "unterminated character constant", start)
        case UInt8(ascii: "`"):
            position += 1
            while position < input.count, input[position] != byte { position += 1 }
            guard position < input.count else { return fail("unterminated raw quoted string", at: start) }
            position += 1
            return token(.rawString, start)
        case UInt8(ascii: "$"):
            position += 1
            return word(.variable, start)
        case UInt8(ascii: "."):
            if position + 1 < input.count, !(0x30...0x39).contains(input[position + 1]) {
                position += 1
                return word(.field, start)
            }
            return number(start)
        case UInt8(ascii: "+"), UInt8(ascii: "-"), 0x30...0x39: return number(start)
        case UInt8(ascii: "("):
            position += 1
            parentheses += 1
            return token(.leftParenthesis, start)
        case UInt8(ascii: ")"):
            position += 1
            parentheses -= 1
            if parentheses < 0 { return fail("unexpected right paren U+0029 ')'", at: start) }
            return token(.rightParenthesis, start)
        default:
            if alphanumericLength() > 0 { return word(.identifier, start) }
            if (0x21...0x7E).contains(byte) {
                position += 1
                return token(.char, start)
            }
            return fail("unrecognized character in action: \(named())", at: start)
        }
    }

    private func token(_ kind: GoToken.Kind, _ start: Int) -> GoToken {
        GoToken(kind: kind, start: start, end: position)
    }

    private mutating func fail(_ message: String, at start: Int) -> GoToken {
        complaint = message
        isEnded = true
        return GoToken(kind: .error, start: start, end: min(position, input.count))
    }

    private mutating func quoted(_ kind: GoToken.Kind, _ complaint: String, _ start: Int) -> GoToken {
        let quote = input[position]
        position += 1
        while position < input.count {
            switch input[position] {
            case UInt8(ascii: "\\"):
                if position + 1 >= input.count || input[position + 1] == 0x0A { return fail(complaint, at: start) }
                position += 2
            case 0x0A: return fail(complaint, at: start)
            case quote:
                position += 1
                return token(kind, start)
            default: position += 1
            }
        }
        return fail(complaint, at: start)
    }

    /// Scans the rest of an identifier, field or variable.
    private mutating func word(_ kind: GoToken.Kind, _ start: Int) -> GoToken {
        while true {
            let length = alphanumericLength()
            if length == 0 { break }
            position += length
        }
        if !isAtTerminator() {
            return fail("bad character \(named())", at: start)
        }
        if kind == .field, position == start + 1 { return token(.dot, start) }
        if kind == .identifier, let keyword = Self.keyword(input[start..<position]) { return token(keyword, start) }
        return token(kind, start)
    }

    private static func keyword(_ bytes: ArraySlice<UInt8>) -> GoToken.Kind? {
        guard bytes.count <= 8 else { return nil }
        return switch String(decoding: bytes, as: UTF8.self) {
        case "if": .if
        case "else": .else
        case "end": .end
        case "range": .range
        case "with": .with
        case "define": .define
        case "template": .template
        case "block": .block
        case "nil": .nil
        case "true", "false": .bool
        case "break": .break
        case "continue": .continue
        default: nil
        }
    }

    private func isAtTerminator() -> Bool {
        guard position < input.count else { return true }
        switch input[position] {
        case 0x20, 0x09, 0x0A, 0x0D, UInt8(ascii: "."), UInt8(ascii: ","), UInt8(ascii: "|"), UInt8(ascii: ":"),
            UInt8(ascii: ")"), UInt8(ascii: "("):
            return true
        default: return rightDelimiter() != nil
        }
    }

    private mutating func number(_ start: Int) -> GoToken {
        guard scanNumber() else { return fail("bad number syntax: \(quotedText(start))", at: start) }
        if position < input.count, input[position] == UInt8(ascii: "+") || input[position] == UInt8(ascii: "-") {
            guard scanNumber(), input[position - 1] == UInt8(ascii: "i") else {
                return fail("bad number syntax: \(quotedText(start))", at: start)
            }
            return token(.complex, start)
        }
        return token(.number, start)
    }

    private mutating func accept(_ set: StaticString) -> Bool {
        guard position < input.count else { return false }
        let byte = input[position]
        let isIn = set.withUTF8Buffer { $0.contains(byte) }
        if isIn { position += 1 }
        return isIn
    }

    private mutating func scanNumber() -> Bool {
        _ = accept("+-")
        var digits: StaticString = "0123456789_"
        var isHexadecimal = false
        var isDecimal = true
        if accept("0") {
            if accept("xX") {
                digits = "0123456789abcdefABCDEF_"
                isHexadecimal = true
                isDecimal = false
            } else if accept("oO") {
                digits = "01234567_"
                isDecimal = false
            } else if accept("bB") {
                digits = "01_"
                isDecimal = false
            }
        }
        while accept(digits) {}
        if accept(".") { while accept(digits) {} }
        if isDecimal && accept("eE") || isHexadecimal && accept("pP") {
            _ = accept("+-")
            while accept("0123456789_") {}
        }
        _ = accept("i")
        let length = alphanumericLength()
        if length > 0 {
            position += length
            return false
        }
        return true
    }

    // MARK: Characters

    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D }

    /// How many bytes the letter, digit or underscore at the position takes; 0 when there is none.
    private func alphanumericLength() -> Int {
        guard position < input.count else { return 0 }
        let byte = input[position]
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: return 1
        case 0..<0x80: return 0
        default:
            let (scalar, length) = GoFormat.decodeScalar(input, at: position)
            switch scalar?.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
                return length
            default: return 0
            }
        }
    }

    /// The character at the position as Go's `%#U` shows it.
    private func named() -> String {
        guard position < input.count else { return "U+FFFFFFFFFFFFFFFF" }
        let scalar = GoFormat.decodeScalar(input, at: position).0 ?? "\u{FFFD}"
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
        return GoQuotation.isPrintable(scalar) ? "\(code) '\(Character(scalar))'" : code
    }

    private func quotedText(_ start: Int) -> String {
        GoQuotation.quote(String(decoding: input[start..<min(position, input.count)], as: UTF8.self))
    }
}
