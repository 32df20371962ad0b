internal import CLibgit2

/// The name of a Git object: 20 bytes of SHA-1, held inline.
package struct GitObjectID: Sendable, Hashable, Comparable, CustomStringConvertible {
    private var high: UInt64
    private var middle: UInt64
    private var low: UInt32

    init(_ id: git_oid) {
        (high, middle, low) = withUnsafeBytes(of: id) { bytes in
            (
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt32.self))
            )
        }
    }

    /// From 40 hexadecimal digits; nil for anything else.
    package init?(_ text: String) {
        guard text.utf8.count == 40 else { return nil }
        var id = git_oid()
        guard git_oid_fromstr(&id, text) == 0 else { return nil }
        self.init(id)
    }

    var raw: git_oid {
        var id = git_oid()
        withUnsafeMutableBytes(of: &id) { bytes in
            bytes.storeBytes(of: high.bigEndian, toByteOffset: 0, as: UInt64.self)
            bytes.storeBytes(of: middle.bigEndian, toByteOffset: 8, as: UInt64.self)
            bytes.storeBytes(of: low.bigEndian, toByteOffset: 16, as: UInt32.self)
        }
        return id
    }

    /// All 40 hexadecimal digits.
    package var description: String {
        func pad(_ text: String, _ width: Int) -> String {
            String(repeating: "0", count: width - text.utf8.count) + text
        }
        return pad(String(high, radix: 16), 16) + pad(String(middle, radix: 16), 16) + pad(String(low, radix: 16), 8)
    }

    /// The first ten digits, for people.
    package var short: String { String(description.prefix(10)) }

    package static func < (left: GitObjectID, right: GitObjectID) -> Bool {
        (left.high, left.middle, left.low) < (right.high, right.middle, right.low)
    }
}
