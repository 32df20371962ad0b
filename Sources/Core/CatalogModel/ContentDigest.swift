import Crypto

/// The SHA-256 of some content, which names it.
package struct ContentDigest: Sendable, Hashable, CustomStringConvertible {
    /// 64 hexadecimal digits.
    package let digits: String

    /// Reads `sha256:…` or the bare digits; nil for anything else.
    package init?(_ text: String) {
        let digits = Self.digits(of: text)
        let isDigest =
            digits.utf8.count == 64
            && digits.utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
        if !isDigest { return nil }
        self.digits = digits
    }

    /// The digest of these bytes.
    package init(of bytes: some Sequence<UInt8>) {
        var hash = SHA256()
        hash.update(data: Array(bytes))
        let alphabet = Array("0123456789abcdef".utf8)
        var digits: [UInt8] = []
        for byte in hash.finalize() {
            digits.append(alphabet[Int(byte >> 4)])
            digits.append(alphabet[Int(byte & 15)])
        }
        self.digits = String(decoding: digits, as: UTF8.self)
    }

    package var description: String { "sha256:" + digits }

    static func digits(of text: String) -> String {
        let text = text.lowercased()
        return text.hasPrefix("sha256:") ? String(text.dropFirst("sha256:".count)) : text
    }
}
