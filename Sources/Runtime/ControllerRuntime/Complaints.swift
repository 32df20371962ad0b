package import KubernetesModel
internal import Synchronization

/// What was last complained about, so that the same is said once.
package final class Complaints: Sendable {
    private let texts = Mutex<[ObjectKey: String]>([:])

    package init() {}

    /// Whether a text differs from the last one about an object; an empty text ends a complaint.
    package func isNew(_ text: String, of key: ObjectKey) -> Bool {
        texts.withLock { texts in
            defer { texts[key] = text.isEmpty ? nil : text }
            return (texts[key] ?? "") != text
        }
    }

    /// Forgets an object that is gone.
    package func forget(_ key: ObjectKey) { _ = texts.withLock { $0.removeValue(forKey: key) } }
}
