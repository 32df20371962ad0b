/// Reading and writing JSON text.
package enum JSON {
    /// Why a text is not JSON, and where: byte offset, line and column (both from 1).
    package struct SyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
        package var message: String
        package var offset: Int
        package var line: Int
        package var column: Int
        package var description: String { "\(line):\(column): \(message)" }
    }

    /// The deepest nesting that is read; deeper input is an error rather than a stack overflow.
    package static let maximumDepth = 1_000

    /// Reads one JSON value from UTF-8 bytes. Of duplicate keys the last wins, as in Go; `duplicates` gets their paths (`spec.a[0].b`).
    package static func parse(_ bytes: [UInt8], duplicates: inout [String]) throws(SyntaxError) -> Value {
        let outcome: Result<(Value, [String]), SyntaxError> = bytes.withUnsafeBufferPointer { buffer in
            var parser = JSONParser(bytes: buffer)
            do throws(SyntaxError) {
                let value = try parser.document()
                return .success((value, parser.duplicates))
            } catch {
                return .failure(error)
            }
        }
        let (value, found) = try outcome.get()
        duplicates += found
        return value
    }

    /// Reads one JSON value from UTF-8 bytes; of duplicate keys the last wins.
    package static func parse(_ bytes: [UInt8]) throws(SyntaxError) -> Value {
        var duplicates: [String] = []
        return try parse(bytes, duplicates: &duplicates)
    }

    /// Reads one JSON value from a string; of duplicate keys the last wins.
    package static func parse(_ text: String) throws(SyntaxError) -> Value { try parse(Array(text.utf8)) }
}

private struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    var depth = 0
    var duplicates: [String] = []

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    func failure(_ message: String, at offset: Int? = nil) -> JSON.SyntaxError {
        let offset = offset ?? position
        var line = 1
        var lineStart = 0
        for index in 0..<min(offset, bytes.count) where bytes[index] == UInt8(ascii: "\n") {
            line += 1
            lineStart = index + 1
        }
        return JSON.SyntaxError(message: message, offset: offset, line: line, column: offset - lineStart + 1)
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    mutating func document() throws(JSON.SyntaxError) -> Value {
        let value = try value()
        skipSpace()
        if position < bytes.count { throw failure("unexpected text after the value") }
        return value
    }

    mutating func value() throws(JSON.SyntaxError) -> Value {
        skipSpace()
        guard position < bytes.count else { throw failure("unexpected end of JSON input") }
        switch bytes[position] {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"):
            try literal("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case let byte: throw failure("invalid character \(JSON.quotedCharacter(byte)) looking for beginning of value")
        }
    }

    mutating func literal(_ text: StaticString) throws(JSON.SyntaxError) {
        let count = text.utf8CodeUnitCount
        guard position + count <= bytes.count else { throw failure("unexpected end of JSON input", at: bytes.count) }
        for index in 0..<count where bytes[position + index] != text.utf8Start[index] {
            throw failure("invalid literal, expected \(text)")
        }
        position += count
    }

    mutating func enter() throws(JSON.SyntaxError) {
        depth += 1
        if depth > JSON.maximumDepth { throw failure("nested deeper than \(JSON.maximumDepth) levels") }
        position += 1
    }

    mutating func object() throws(JSON.SyntaxError) -> Value {
        try enter()
        defer { depth -= 1 }
        var pairs: [Object.Pair] = []
        var seen: Set<String>?
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
            position += 1
            return .object(Object())
        }
        while true {
            skipSpace()
            guard position < bytes.count else { throw failure("unexpected end of JSON input") }
            guard bytes[position] == UInt8(ascii: "\"") else { throw failure("expected a member name in quotes") }
            let key = try string()
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else {
                throw failure("expected “:” after a member name")
            }
            position += 1
            let known = duplicates.count
            let value = try value()
            // What is found inside a member is named from the outside.
            if duplicates.count > known { nameDuplicates(from: known, below: key) }
            var existing: Int?
            if pairs.count < 24 {
                existing = pairs.firstIndex { $0.key == key }
            } else {
                if seen == nil { seen = Set(pairs.map(\.key)) }
                if seen?.insert(key).inserted == false { existing = pairs.firstIndex { $0.key == key } }
            }
            if let existing {
                duplicates.append(key)
                pairs[existing].value = value
            } else {
                pairs.append(Object.Pair(key: key, value: value))
            }
            skipSpace()
            guard position < bytes.count else { throw failure("unexpected end of JSON input") }
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "}") { return .object(Object(pairs)) }
            if byte != UInt8(ascii: ",") { throw failure("expected “,” or “}” after a member", at: position - 1) }
        }
    }

    mutating func nameDuplicates(from start: Int, below name: String) {
        for index in start..<duplicates.count {
            duplicates[index] = name + (duplicates[index].hasPrefix("[") ? "" : ".") + duplicates[index]
        }
    }

    mutating func array() throws(JSON.SyntaxError) -> Value {
        try enter()
        defer { depth -= 1 }
        var items: [Value] = []
        skipSpace()
        if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
            position += 1
            return .array([])
        }
        while true {
            let known = duplicates.count
            items.append(try value())
            if duplicates.count > known { nameDuplicates(from: known, below: "[\(items.count - 1)]") }
            skipSpace()
            guard position < bytes.count else { throw failure("unexpected end of JSON input") }
            let byte = bytes[position]
            position += 1
            if byte == UInt8(ascii: "]") { return .array(items) }
            if byte != UInt8(ascii: ",") { throw failure("expected “,” or “]” after an element", at: position - 1) }
        }
    }

    mutating func number() throws(JSON.SyntaxError) -> Value {
        let start = position
        var isInteger = true
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        guard let first = peek(), first >= 0x30, first <= 0x39 else { throw failure("a number needs a digit") }
        if first == 0x30 { position += 1 } else { digits() }
        if peek() == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            guard let digit = peek(), digit >= 0x30, digit <= 0x39 else {
                throw failure("a number needs a digit after “.”")
            }
            digits()
        }
        if let byte = peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            isInteger = false
            position += 1
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            guard let digit = peek(), digit >= 0x30, digit <= 0x39 else { throw failure("an exponent needs a digit") }
            digits()
        }
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
        if isInteger { return Int(text).map(Value.int) ?? .number(text) }
        guard let double = Double(text), double.isFinite else {
            throw failure("the number \(text) is out of range", at: start)
        }
        return .double(double)
    }

    func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func digits() {
        while let byte = peek(), byte >= 0x30, byte <= 0x39 { position += 1 }
    }

    mutating func string() throws(JSON.SyntaxError) -> String {
        position += 1
        let start = position
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<position]), as: UTF8.self)
                position += 1
                return text
            }
            if byte == UInt8(ascii: "\\") { return try escapedString(from: start) }
            if byte < 0x20 { throw failure("invalid control character in a string") }
            position += 1
        }
        throw failure("unexpected end of JSON input")
    }

    mutating func escapedString(from start: Int) throws(JSON.SyntaxError) -> String {
        var buffer = Array(bytes[start..<position])
        while position < bytes.count {
            let byte = bytes[position]
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: buffer, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard position < bytes.count else { throw failure("unexpected end of JSON input") }
                let escape = bytes[position]
                position += 1
                switch escape {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): buffer.append(escape)
                case UInt8(ascii: "b"): buffer.append(0x08)
                case UInt8(ascii: "f"): buffer.append(0x0C)
                case UInt8(ascii: "n"): buffer.append(0x0A)
                case UInt8(ascii: "r"): buffer.append(0x0D)
                case UInt8(ascii: "t"): buffer.append(0x09)
                case UInt8(ascii: "u"): try unicodeEscape(into: &buffer)
                default: throw failure("invalid escape in a string", at: position - 1)
                }
            case 0..<0x20: throw failure("invalid control character in a string", at: position - 1)
            default: buffer.append(byte)
            }
        }
        throw failure("unexpected end of JSON input")
    }

    mutating func unicodeEscape(into buffer: inout [UInt8]) throws(JSON.SyntaxError) {
        var code = try hexadecimal()
        if code >= 0xD800, code < 0xDC00, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"),
            bytes[position + 1] == UInt8(ascii: "u")
        {
            let mark = position
            position += 2
            let low = try hexadecimal()
            if low >= 0xDC00, low < 0xE000 {
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            } else {
                position = mark
            }
        }
        // A lone surrogate becomes the replacement character, as in Go.
        let scalar = Unicode.Scalar(code) ?? "\u{FFFD}"
        buffer.append(contentsOf: UTF8.encode(scalar).map(Array.init) ?? [])
    }

    mutating func hexadecimal() throws(JSON.SyntaxError) -> UInt32 {
        guard position + 4 <= bytes.count else { throw failure("unexpected end of JSON input", at: bytes.count) }
        var code: UInt32 = 0
        for _ in 0..<4 {
            let byte = bytes[position]
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: throw failure("invalid digit in a \\u escape")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}

extension JSON {
    fileprivate static func quotedCharacter(_ byte: UInt8) -> String {
        byte >= 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
    }
}
