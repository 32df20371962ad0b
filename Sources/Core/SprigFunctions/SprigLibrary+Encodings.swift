import GoTemplate
import StructuredValue

extension SprigLibrary {
    static let encodings: [GoFunction] = [
        GoFunction("b64enc", [.string]) { arguments, _ in .string(Base64.encode(arguments.bytes(0))) },
        GoFunction("b64dec", [.string]) { arguments, _ in
            do throws(BaseCoding.Corrupt) { return .string(bytes: try BaseCoding.decode64(arguments.bytes(0))) } catch {
                // Sprig gives the reason as the result.
                return .string("illegal base64 data at input byte \(error.offset)")
            }
        },
        GoFunction("b32enc", [.string]) { arguments, _ in .string(BaseCoding.base32(arguments.bytes(0))) },
        GoFunction("b32dec", [.string]) { arguments, _ in
            do throws(BaseCoding.Corrupt) { return .string(bytes: try BaseCoding.decode32(arguments.bytes(0))) } catch {
                return .string("illegal base32 data at input byte \(error.offset)")
            }
        },
    ]
}

/// Base 64 and base 32 with padding, with Go's idea of what is corrupt.
enum BaseCoding {
    /// Where a text stops to be base 64 or base 32.
    struct Corrupt: Error { var offset: Int }

    private static let digits64 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let digits32 = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
    private static let values64 = table(digits64)
    private static let values32 = table(digits32)

    private static func table(_ digits: [UInt8]) -> [UInt8] {
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (value, digit) in digits.enumerated() { table[Int(digit)] = UInt8(value) }
        return table
    }

    static func base32(_ bytes: [UInt8]) -> String { encode(bytes, digits32, bitsPerDigit: 5, group: 8) }

    private static func encode(_ bytes: [UInt8], _ digits: [UInt8], bitsPerDigit: Int, group: Int) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count * 8 / bitsPerDigit / group + 1) * group)
        var buffer = 0
        var bits = 0
        let mask = (1 << bitsPerDigit) - 1
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            bits += 8
            while bits >= bitsPerDigit {
                bits -= bitsPerDigit
                output.append(digits[buffer >> bits & mask])
            }
        }
        if bits > 0 { output.append(digits[buffer << (bitsPerDigit - bits) & mask]) }
        while !output.count.isMultiple(of: group) { output.append(UInt8(ascii: "=")) }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    static func decode64(_ text: [UInt8]) throws(Corrupt) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(text.count / 4 * 3)
        var quantum = 0
        var count = 0
        var index = 0
        func skipLineEnds() { while index < text.count, isLineEnd(text[index]) { index += 1 } }
        while index < text.count {
            let byte = text[index]
            index += 1
            let value = values64[Int(byte)]
            if value != 0xFF {
                quantum = quantum << 6 | Int(value)
                count += 1
                if count == 4 {
                    output += [UInt8(quantum >> 16 & 0xFF), UInt8(quantum >> 8 & 0xFF), UInt8(quantum & 0xFF)]
                    (quantum, count) = (0, 0)
                }
                continue
            }
            if isLineEnd(byte) { continue }
            guard byte == UInt8(ascii: "="), count >= 2 else { throw Corrupt(offset: index - 1) }
            if count == 2 {
                skipLineEnds()
                if index == text.count { throw Corrupt(offset: text.count) }
                if text[index] != UInt8(ascii: "=") { throw Corrupt(offset: index - 1) }
                index += 1
                output.append(UInt8(quantum >> 4 & 0xFF))
            } else {
                output += [UInt8(quantum >> 10 & 0xFF), UInt8(quantum >> 2 & 0xFF)]
            }
            skipLineEnds()
            if index < text.count { throw Corrupt(offset: index) }
            return output
        }
        if count > 0 { throw Corrupt(offset: index - count) }
        return output
    }

    static func decode32(_ text: [UInt8]) throws(Corrupt) -> [UInt8] {
        let text = text.filter { !isLineEnd($0) }
        var output: [UInt8] = []
        var index = 0
        while index < text.count {
            var quantum: UInt64 = 0
            var count = 0
            var padding = 0
            for offset in 0..<8 {
                guard index + offset < text.count else { throw Corrupt(offset: text.count - offset) }
                let byte = text[index + offset]
                if byte == UInt8(ascii: "="), offset >= 2 {
                    padding = 8 - offset
                    break
                }
                let value = values32[Int(byte)]
                if value == 0xFF { throw Corrupt(offset: index + offset) }
                quantum = quantum << 5 | UInt64(value)
                count += 1
            }
            if padding > 0 {
                guard text.count - index >= 8 else { throw Corrupt(offset: text.count) }
                for offset in count..<8 where text[index + offset] != UInt8(ascii: "=") {
                    throw Corrupt(offset: index + offset - 1)
                }
                if count == 1 || count == 3 || count == 6 { throw Corrupt(offset: index + count) }
                if index + 8 < text.count { throw Corrupt(offset: index + 8) }
                quantum <<= UInt64(5 * padding)
            }
            let whole = count * 5 / 8
            for place in 0..<whole { output.append(UInt8(quantum >> UInt64(32 - 8 * place) & 0xFF)) }
            index += 8
        }
        return output
    }
}
