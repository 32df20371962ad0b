import StructuredValue

/// FNV-1a of some bytes: a number that tells texts apart, not a protection.
func fingerprint(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return hash
}

/// The same for a value, whatever the order of its members; as hexadecimal digits.
func fingerprint(_ value: Value) -> String {
    let text = String(fingerprint(JSON.text(value, .canonical).utf8), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
}
