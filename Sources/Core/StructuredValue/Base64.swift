/// Standard base64 (RFC 4648), as Secrets, `format: byte` and `!!binary` hold bytes.
package enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    private static let digits: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (index, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(index) }
        return table
    }()

    /// The bytes of a text; nil when it is not base64. Line breaks are skipped, as Go's decoder does.
    ///
    /// Without `requiresPadding` the padding at the end may be missing.
    package static func decode(_ text: String, requiresPadding: Bool = true) -> [UInt8]? {
        var output: [UInt8] = []
        output.reserveCapacity(text.utf8.count * 3 / 4)
        var bits: UInt32 = 0
        var count = 0
        var padding = 0
        for byte in text.utf8 where byte != 0x0A && byte != 0x0D {
            if byte == UInt8(ascii: "=") {
                padding += 1
                continue
            }
            let digit = digits[Int(byte)]
            guard digit < 64, padding == 0 else { return nil }
            bits = bits << 6 | UInt32(digit)
            count += 1
            if count % 4 == 0 {
                output.append(UInt8(truncatingIfNeeded: bits >> 16))
                output.append(UInt8(truncatingIfNeeded: bits >> 8))
                output.append(UInt8(truncatingIfNeeded: bits))
                bits = 0
            }
        }
        let rest = count % 4
        if rest == 1 { return nil }
        if padding > 0 || requiresPadding {
            guard (rest == 0 && padding == 0) || rest + padding == 4 else { return nil }
        }
        if rest == 2 { output.append(UInt8(truncatingIfNeeded: bits >> 4)) }
        if rest == 3 {
            output.append(UInt8(truncatingIfNeeded: bits >> 10))
            output.append(UInt8(truncatingIfNeeded: bits >> 2))
        }
        return output
    }

    /// The text of bytes, with padding and without line breaks.
    package static func encode(_ bytes: [UInt8]) -> String {
        var output: [UInt8] = []
        output.reserveCapacity((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let first = UInt32(bytes[index])
            let second = index + 1 < bytes.count ? UInt32(bytes[index + 1]) : 0
            let third = index + 2 < bytes.count ? UInt32(bytes[index + 2]) : 0
            let bits = first << 16 | second << 8 | third
            output.append(alphabet[Int(bits >> 18 & 63)])
            output.append(alphabet[Int(bits >> 12 & 63)])
            output.append(index + 1 < bytes.count ? alphabet[Int(bits >> 6 & 63)] : UInt8(ascii: "="))
            output.append(index + 2 < bytes.count ? alphabet[Int(bits & 63)] : UInt8(ascii: "="))
            index += 3
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The text behind base64, as Secrets hold it; nil when it is not base64 or not UTF-8.
    package static func text(_ encoded: String) -> String? {
        decode(encoded).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
