internal import KubernetesClient
internal import KubernetesModel
internal import StructuredValue
internal import Synchronization

/// Writes status where it differs, and remembers what a server does not keep, so that nothing is written in vain again.
final class StatusWriter: Sendable {
    private let client: APIClient
    private let manager: String
    private let fruitless = Mutex<[ObjectKey: (version: String?, patch: Value)]>([:])

    init(_ client: APIClient, manager: String) {
        self.client = client
        self.manager = manager
    }

    /// Makes an object's status what it should be; answers whether that took a write. The object must be the newest
    /// that is known: lists are replaced whole, so that somebody else's write in between is a conflict.
    @discardableResult
    func write(_ status: Value, of object: Manifest) async throws(KubernetesFailure) -> Bool {
        guard let change = Self.difference(from: object.status, to: status) else { return false }
        let isKnown = fruitless.withLock { known in
            known[object.key].map { $0.version == object.resourceVersion && $0.patch == change } ?? false
        }
        if isKnown { return false }
        var patch: Value = ["status": change]
        patch[path: "metadata", "resourceVersion"] = object.resourceVersion.map(Value.string)
        let answer = try await client.patch(
            object.groupVersionKind,
            namespace: object.namespace,
            name: object.name,
            with: patch,
            as: .merge,
            subresource: "status",
            fieldManager: manager
        )
        if answer.resourceVersion == object.resourceVersion {
            fruitless.withLock { $0[object.key] = (object.resourceVersion, change) }
            return false
        }
        return true
    }

    /// Forgets an object that is gone.
    func forget(_ key: ObjectKey) { _ = fruitless.withLock { $0.removeValue(forKey: key) } }

    /// The members of a status that differ; nil when none does.
    private static func difference(from old: Value, to new: Value) -> Value? {
        var change = Object()
        for pair in new.object ?? Object() where old[pair.key] != pair.value { change[pair.key] = pair.value }
        for pair in old.object ?? Object() where new[pair.key] == nil { change[pair.key] = .null }
        return change.isEmpty ? nil : .object(change)
    }
}
