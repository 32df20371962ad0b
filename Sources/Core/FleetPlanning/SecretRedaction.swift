import Crypto
package import KubernetesModel
import StructuredValue

/// Replaces the values of Secrets by digests that only the holder of a key can recompute, so that they can be compared
/// and shown but never read back.
package struct SecretRedaction: Sendable, Hashable {
    private var key: [UInt8]

    /// `key` is random and stays in the process.
    package init(key: [UInt8]) { self.key = key }

    /// A Secret with digests in place of its values and with `stringData` folded into `data`; other objects as they are.
    /// Redacting twice changes nothing.
    package func redacted(_ manifest: Manifest) -> Manifest {
        guard manifest.groupKind == .secret else { return manifest }
        var copy = Self.foldingStringData(manifest)
        guard var data = copy.value["data"]?.object else { return copy }
        data.updateValues { _, value in
            guard let text = value.string, !text.hasPrefix(Self.mark) else { return }
            value = .string(digest(of: text))
        }
        copy.value["data"] = .object(data)
        return copy
    }

    /// A Secret as a server stores it: `stringData` becomes part of `data`.
    static func foldingStringData(_ manifest: Manifest) -> Manifest {
        guard manifest.groupKind == .secret, let texts = manifest.value["stringData"]?.object else { return manifest }
        var copy = manifest
        var data = copy.value["data"]?.object ?? Object()
        for pair in texts { data[pair.key] = .string(Base64.encode(Array((pair.value.string ?? "").utf8))) }
        copy.value["stringData"] = nil
        copy.value["data"] = .object(data)
        return copy
    }

    private static let mark = "hmac-sha256:"

    private func digest(of text: String) -> String {
        var mac = HMAC<SHA256>(key: SymmetricKey(data: key))
        mac.update(data: Array(text.utf8))
        return Self.mark + hex(mac.finalize().prefix(8))
    }
}

/// Lower-case hexadecimal digits of bytes.
func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
}

/// The first 16 hexadecimal digits of the SHA-256 of a text.
func digest(_ text: String) -> String { hex(SHA256.hash(data: Array(text.utf8)).prefix(8)) }
