/// One word of an expression.
enum CELToken: Hashable, Sendable {
    case end
    case identifier(String)
    case int(String)
    case uint(String)
    case double(String)
    case string(String)
    case bytes([UInt8])
    case symbol(String)
}

/// Cuts an expression into tokens.
struct CELLexer {
    struct Failure: Error {
        var offset: Int
        var message: String
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ source: String) { bytes = Array(source.utf8) }

    /// The next token and where it starts.
    mutating func next() throws(Failure) -> (token: CELToken, offset: Int) {
        skipSpace()
        let start = position
        guard position < bytes.count else { return (.end, start) }
        let byte = bytes[position]
        if isDigit(byte) || (byte == UInt8(ascii: ".") && isDigit(peek(1))) { return (try number(), start) }
        if isQuote(byte) { return (try quoted(isRaw: false, isBytes: false), start) }
        if let prefix = stringPrefix() {
            position += prefix.length
            return (try quoted(isRaw: prefix.isRaw, isBytes: prefix.isBytes), start)
        }
        if isLetter(byte) {
            while isLetter(peek(0)) || isDigit(peek(0)) { position += 1 }
            return (.identifier(text(from: start)), start)
        }
        if byte == UInt8(ascii: "`") {
            position += 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "`") { position += 1 }
            guard position < bytes.count else {
                throw Failure(offset: start, message: "Syntax error: unterminated identifier")
            }
            position += 1
            return (.identifier(String(decoding: bytes[start + 1..<position - 1], as: UTF8.self)), start)
        }
        for symbol in ["&&", "||", "==", "!=", "<=", ">="] where has(symbol) {
            position += 2
            return (.symbol(symbol), start)
        }
        if "!<>+-*/%?:.,()[]{}".utf8.contains(byte) {
            position += 1
            return (.symbol(text(from: start)), start)
        }
        throw Failure(offset: start, message: "Syntax error: token recognition error at: '\(Unicode.Scalar(byte))'")
    }

    private func peek(_ distance: Int) -> UInt8 { position + distance < bytes.count ? bytes[position + distance] : 0 }
    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    private func isLetter(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A)
    }
    private func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
    private func text(from start: Int) -> String { String(decoding: bytes[start..<position], as: UTF8.self) }

    private func has(_ symbol: String) -> Bool {
        position + symbol.utf8.count <= bytes.count && bytes[position...].starts(with: symbol.utf8)
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D, 0x0C: position += 1
            case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "/"):
                while position < bytes.count, bytes[position] != 0x0A { position += 1 }
            default: return
            }
        }
    }

    private func stringPrefix() -> (length: Int, isRaw: Bool, isBytes: Bool)? {
        let first = bytes[position] | 0x20
        let second = peek(1) | 0x20
        let r = UInt8(ascii: "r")
        let b = UInt8(ascii: "b")
        if first == r, isQuote(peek(1)) { return (1, true, false) }
        if first == b, isQuote(peek(1)) { return (1, false, true) }
        if (first == b && second == r) || (first == r && second == b), isQuote(peek(2)) { return (2, true, true) }
        return nil
    }

    private mutating func number() throws(Failure) -> CELToken {
        let start = position
        if bytes[position] == UInt8(ascii: "0"), peek(1) | 0x20 == UInt8(ascii: "x") {
            position += 2
            while isDigit(peek(0)) || (peek(0) | 0x20 >= 0x61 && peek(0) | 0x20 <= 0x66) { position += 1 }
            return integer(from: start)
        }
        var isDouble = false
        while isDigit(peek(0)) { position += 1 }
        if peek(0) == UInt8(ascii: "."), isDigit(peek(1)) {
            isDouble = true
            position += 1
            while isDigit(peek(0)) { position += 1 }
        }
        if peek(0) | 0x20 == UInt8(ascii: "e") {
            let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            if isDigit(peek(signed ? 2 : 1)) {
                isDouble = true
                position += signed ? 2 : 1
                while isDigit(peek(0)) { position += 1 }
            }
        }
        if isDouble { return .double(text(from: start)) }
        return integer(from: start)
    }

    private mutating func integer(from start: Int) -> CELToken {
        let digits = text(from: start)
        if peek(0) | 0x20 == UInt8(ascii: "u") {
            position += 1
            return .uint(digits)
        }
        return .int(digits)
    }

    private mutating func quoted(isRaw: Bool, isBytes: Bool) throws(Failure) -> CELToken {
        let start = position
        let quote = bytes[position]
        let isTriple = peek(1) == quote && peek(2) == quote
        position += isTriple ? 3 : 1
        var buffer: [UInt8] = []
        while position < bytes.count {
            let byte = bytes[position]
            if byte == quote, !isTriple || (peek(1) == quote && peek(2) == quote) {
                position += isTriple ? 3 : 1
                return isBytes ? .bytes(buffer) : .string(String(decoding: buffer, as: UTF8.self))
            }
            if byte == 0x0A, !isTriple { break }
            if byte == UInt8(ascii: "\\"), !isRaw {
                try escape(into: &buffer, isBytes: isBytes)
            } else {
                buffer.append(byte)
                position += 1
            }
        }
        throw Failure(offset: start, message: "Syntax error: unterminated string")
    }

    private mutating func escape(into buffer: inout [UInt8], isBytes: Bool) throws(Failure) {
        let start = position
        position += 1
        let byte = peek(0)
        position += 1
        switch byte {
        case UInt8(ascii: "a"): buffer.append(0x07)
        case UInt8(ascii: "b"): buffer.append(0x08)
        case UInt8(ascii: "f"): buffer.append(0x0C)
        case UInt8(ascii: "n"): buffer.append(0x0A)
        case UInt8(ascii: "r"): buffer.append(0x0D)
        case UInt8(ascii: "t"): buffer.append(0x09)
        case UInt8(ascii: "v"): buffer.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"), UInt8(ascii: "?"):
            buffer.append(byte)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            try codePoint(digits: 2, radix: 16, into: &buffer, isByte: isBytes, at: start)
        case UInt8(ascii: "u"): try codePoint(digits: 4, radix: 16, into: &buffer, isByte: false, at: start)
        case UInt8(ascii: "U"): try codePoint(digits: 8, radix: 16, into: &buffer, isByte: false, at: start)
        case UInt8(ascii: "0")...UInt8(ascii: "3"):
            position -= 1
            try codePoint(digits: 3, radix: 8, into: &buffer, isByte: isBytes, at: start)
        default: throw Failure(offset: start, message: "Syntax error: unknown escape sequence in a string")
        }
    }

    private mutating func codePoint(
        digits: Int,
        radix: Int,
        into buffer: inout [UInt8],
        isByte: Bool,
        at start: Int
    ) throws(Failure) {
        guard position + digits <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<position + digits], as: UTF8.self), radix: radix)
        else { throw Failure(offset: start, message: "Syntax error: unknown escape sequence in a string") }
        position += digits
        if isByte {
            buffer.append(UInt8(truncatingIfNeeded: code))
        } else {
            guard let scalar = Unicode.Scalar(code) else {
                throw Failure(offset: start, message: "Syntax error: invalid code point in a string")
            }
            buffer.append(contentsOf: String(Character(scalar)).utf8)
        }
    }
}
