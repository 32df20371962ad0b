/// Why a store refused or failed.
package struct StoreFailure: Error, Sendable, CustomStringConvertible {
    package enum Kind: Sendable {
        case alreadyExists, notFound
        /// The object has another revision than the writer saw.
        case conflict
        /// History before this revision is gone.
        case compacted(Int)
        /// The store has not reached this revision.
        case future(Int)
        /// The disk or its database failed.
        case storage
    }

    package var kind: Kind
    package var operation: String
    package var message: String
    package var isRetryable: Bool {
        switch kind {
        case .conflict, .future, .storage: true
        case .alreadyExists, .notFound, .compacted: false
        }
    }
    package var description: String { "\(operation): \(message)" }

    package init(_ kind: Kind, operation: String, message: String) {
        self.kind = kind
        self.operation = operation
        self.message = message
    }
}
