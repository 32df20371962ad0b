package import StructuredValue
import Synchronization

/// One version of one object. It never changes; its JSON text is made once, when first asked for.
package final class StoredObject: Sendable {
    package let key: StoreKey
    /// The store's revision at which this version was written; it stands in `metadata.resourceVersion` as well.
    package let revision: Int
    package let value: Value
    private let encoded: Mutex<[UInt8]?>

    init(key: StoreKey, revision: Int, value: Value, encoded: [UInt8]? = nil) {
        self.key = key
        self.revision = revision
        self.value = value
        self.encoded = Mutex(encoded)
    }

    /// A version that takes its revision into its own metadata.
    convenience init(stamping value: Value, key: StoreKey, revision: Int) {
        var value = value
        value[path: "metadata", "resourceVersion"] = .string(String(revision))
        self.init(key: key, revision: revision, value: value)
    }

    /// The value as compact JSON.
    package var bytes: [UInt8] {
        encoded.withLock { cache in
            if let cache { return cache }
            let bytes = JSON.bytes(value)
            cache = bytes
            return bytes
        }
    }
}
