package import StructuredValue
import Synchronization

/// One version of one object. It never changes; its JSON text is made once, when first asked for.
///
/// The newest version of an object keeps its value at hand, until it is put to rest. An old one, which only late watchers and lists at old
/// revisions ask for, keeps its text alone: a value takes several times the memory of its text.
package final class StoredObject: Sendable {
    package let key: StoreKey
    /// The store's revision at which this version was written; it stands in `metadata.resourceVersion` as well.
    package let revision: Int
    private let content: Mutex<Content>

    /// At least one of the two is there.
    private struct Content {
        var value: Value?
        var encoded: [UInt8]?
    }

    init(key: StoreKey, revision: Int, value: Value, encoded: [UInt8]? = nil) {
        self.key = key
        self.revision = revision
        content = Mutex(Content(value: value, encoded: encoded))
    }

    /// A version that takes its revision into its own metadata.
    convenience init(stamping value: Value, key: StoreKey, revision: Int) {
        var value = value
        value[path: "metadata", "resourceVersion"] = .string(String(revision))
        self.init(key: key, revision: revision, value: value)
    }

    /// The object. For an old version it is read from its text each time.
    package var value: Value {
        let (value, encoded) = content.withLock { ($0.value, $0.encoded) }
        if let value { return value }
        do {
            return try JSON.parse(encoded ?? [])
        } catch {
            preconditionFailure("text that was written from a value cannot be read: \(error)")
        }
    }

    /// The value as compact JSON.
    package var bytes: [UInt8] {
        content.withLock { content in
            if let encoded = content.encoded { return encoded }
            let bytes = JSON.bytes(content.value ?? .null)
            content.encoded = bytes
            return bytes
        }
    }

    /// Keeps one form alone. Answers whether that changed anything.
    func rest(_ form: RestingForm) -> Bool {
        content.withLock { content in
            switch form {
            case .value:
                guard content.value != nil, content.encoded != nil else { return false }
                content.encoded = nil
            case .text:
                guard let value = content.value else { return false }
                if content.encoded == nil { content.encoded = JSON.bytes(value) }
                content.value = nil
            }
            return true
        }
    }

    /// Keeps the text alone, now that a newer version took this one's place.
    func retire() {
        content.withLock { content in
            if content.encoded == nil, let value = content.value { content.encoded = JSON.bytes(value) }
            content.value = nil
        }
    }
}
