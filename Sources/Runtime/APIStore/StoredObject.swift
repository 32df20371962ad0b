package import StructuredValue
import Synchronization

/// One version of one object. It never changes; its JSON text is made once, when first asked for.
///
/// The newest version of an object keeps its value at hand until it is put to rest. An old one, which only late watchers and
/// lists at old revisions ask for, keeps its text alone: a value takes several times the memory of its text. What rests is
/// packed, and unpacked for each reader.
package final class StoredObject: Sendable {
    package let key: StoreKey
    /// The store's revision at which this version was written; it stands in `metadata.resourceVersion` as well.
    package let revision: Int
    /// As it stands in the object, at hand without reading the rest.
    package let apiVersion: String
    private let content: Mutex<Content>

    /// At least one of them is there.
    private struct Content {
        var value: Value?
        var encoded: [UInt8]?
        var packed: PackedText?

        /// Makes the text, unless there is one.
        mutating func encode() {
            if encoded == nil, packed == nil, let value { encoded = JSON.bytes(value).withoutSlack }
        }
    }

    init(key: StoreKey, revision: Int, value: Value, encoded: [UInt8]? = nil) {
        self.key = key
        self.revision = revision
        apiVersion = value["apiVersion"]?.string ?? ""
        content = Mutex(Content(value: value, encoded: encoded))
    }

    /// A version that takes its revision into its own metadata.
    convenience init(stamping value: Value, key: StoreKey, revision: Int) {
        var value = value
        value[path: "metadata", "resourceVersion"] = .string(String(revision))
        self.init(key: key, revision: revision, value: value)
    }

    /// The object. For an old version or one that rests it is read from its text each time.
    package var value: Value {
        if let value = content.withLock({ $0.value }) { return value }
        do {
            return try JSON.parse(bytes)
        } catch {
            preconditionFailure("text that was written from a value cannot be read: \(error)")
        }
    }

    /// The value as compact JSON.
    package var bytes: [UInt8] {
        let (encoded, packed) = content.withLock { content in
            content.encode()
            return (content.encoded, content.packed)
        }
        return encoded ?? packed?.text ?? []
    }

    /// Keeps the packed text alone. Answers whether that changed anything.
    func rest() -> Bool {
        content.withLock { content in
            if content.value == nil, content.packed != nil { return false }
            let hadValue = content.value != nil
            content.encode()
            content.value = nil
            guard let text = content.encoded, let packed = PackedText(text, of: key.resource) else { return hadValue }
            content.packed = packed
            content.encoded = nil
            return true
        }
    }

    /// Keeps the text alone, now that a newer version took this one's place.
    func retire() {
        content.withLock { content in
            content.encode()
            content.value = nil
        }
    }
}
