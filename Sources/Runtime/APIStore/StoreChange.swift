package import StructuredValue

/// One write. An expected revision makes it conditional: the write fails when the object has another.
package enum StoreChange: Sendable {
    case create(StoreKey, Value)
    case update(StoreKey, Value, expected: Int?)
    case delete(StoreKey, expected: Int?)

    package var key: StoreKey {
        switch self {
        case .create(let key, _), .update(let key, _, _), .delete(let key, _): key
        }
    }
}
