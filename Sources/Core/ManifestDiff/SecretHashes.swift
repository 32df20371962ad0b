import Crypto
import KubernetesMerge
import StructuredValue

/// Replaces what Secrets hold by short keyed hashes, so that a diff shows that a value changed but not the value.
package struct SecretHashes: Sendable {
    private let key: SymmetricKey

    /// The key is random and stays in the process; hashes of different keys cannot be compared.
    package init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// The changes of an object of a kind; those of Secrets without their values.
    package func masking(_ changes: [FieldChange], kind: String) -> [FieldChange] {
        guard kind == "Secret" else { return changes }
        return changes.map { change in
            guard let root = change.path.elements.first,
                root == .field("data") || root == .field("stringData")
            else { return change }
            return FieldChange(path: change.path, old: change.old.map(masked), new: change.new.map(masked))
        }
    }

    private func masked(_ value: Value) -> Value {
        switch value {
        case .object(var object):
            object.updateValues { _, member in member = masked(member) }
            return .object(object)
        case .null: return .null
        default:
            let text = value.string ?? JSON.text(value)
            let code = HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key)
            let digits = Array("0123456789abcdef".utf8)
            let hexadecimal = code.prefix(6).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
            return .string("(secret \(String(decoding: hexadecimal, as: UTF8.self)))")
        }
    }
}
