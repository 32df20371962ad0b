import KubernetesModel
import Synchronization
import ValueSharing

/// What live objects of all clusters have in common is kept once.
final class LiveParts: Sendable {
    private let pool = Mutex(ValuePool())

    /// The same object, made of parts that others have as well.
    func shared(_ object: Manifest) -> Manifest { Manifest(pool.withLock { $0.shared(object.value) }) }
}
