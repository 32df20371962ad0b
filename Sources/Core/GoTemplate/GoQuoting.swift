/// Go's quoted literals: `strconv.Unquote`.
enum GoQuoting {
    /// The text of a literal in double or back quotes; nil when it is malformed.
    static func unquote(_ literal: ArraySlice<UInt8>) -> [UInt8]? {
        guard literal.count >= 2, let quote = literal.first, literal.last == quote else { return nil }
        let body = literal.dropFirst().dropLast()
        if quote == UInt8(ascii: "`") { return body.filter { $0 != 0x0D } }
        guard body.contains(UInt8(ascii: "\\")) else { return Array(body) }
        var output: [UInt8] = []
        output.reserveCapacity(body.count)
        var index = body.startIndex
        while index < body.endIndex {
            if body[index] != UInt8(ascii: "\\") {
                output.append(body[index])
                index += 1
                continue
            }
            guard let scalar = escape(body, &index, quote: quote) else { return nil }
            switch scalar {
            case .byte(let byte): output.append(byte)
            case .scalar(let value):
                guard let scalar = Unicode.Scalar(value) else { return nil }
                output.append(contentsOf: UTF8.encode(scalar) ?? .init())
            }
        }
        return output
    }

    /// The code point of a literal in single quotes.
    static func character(_ literal: [UInt8]) -> UInt32? {
        guard literal.count >= 3, literal.first == 0x27, literal.last == 0x27 else { return nil }
        let body = literal.dropFirst().dropLast()
        var index = body.startIndex
        if body[index] == UInt8(ascii: "\\") {
            guard let scalar = escape(body, &index, quote: 0x27), index == body.endIndex else { return nil }
            switch scalar {
            case .byte(let byte): return UInt32(byte)
            case .scalar(let value): return value
            }
        }
        let (scalar, length) = GoFormat.decodeScalar(Array(body), at: 0)
        guard let scalar, length == body.count, scalar != "'" else { return nil }
        return scalar.value
    }

    private enum Escaped {
        case byte(UInt8)
        case scalar(UInt32)
    }

    /// Reads the escape whose backslash stands at `index`.
    private static func escape(_ body: ArraySlice<UInt8>, _ index: inout Int, quote: UInt8) -> Escaped? {
        index += 1
        guard index < body.endIndex else { return nil }
        let byte = body[index]
        index += 1
        func hexadecimal(_ count: Int) -> UInt32? {
            guard index + count <= body.endIndex else { return nil }
            guard let value = UInt32(String(decoding: body[index..<(index + count)], as: UTF8.self), radix: 16) else {
                return nil
            }
            index += count
            return value
        }
        switch byte {
        case UInt8(ascii: "a"): return .byte(0x07)
        case UInt8(ascii: "b"): return .byte(0x08)
        case UInt8(ascii: "f"): return .byte(0x0C)
        case UInt8(ascii: "n"): return .byte(0x0A)
        case UInt8(ascii: "r"): return .byte(0x0D)
        case UInt8(ascii: "t"): return .byte(0x09)
        case UInt8(ascii: "v"): return .byte(0x0B)
        case UInt8(ascii: "\\"): return .byte(byte)
        case 0x22, 0x27: return byte == quote ? .byte(byte) : nil
        case UInt8(ascii: "x"): return hexadecimal(2).map { .byte(UInt8($0)) }
        case UInt8(ascii: "u"): return hexadecimal(4).map { .scalar($0) }
        case UInt8(ascii: "U"): return hexadecimal(8).flatMap { $0 <= 0x10FFFF ? .scalar($0) : nil }
        case 0x30...0x37:
            guard index + 2 <= body.endIndex else { return nil }
            guard let value = UInt32(String(decoding: body[(index - 1)..<(index + 2)], as: UTF8.self), radix: 8),
                value <= 255
            else { return nil }
            index += 2
            return .byte(UInt8(value))
        default: return nil
        }
    }
}
